//! One measured run of one command: wall time, CPU time and peak memory of exactly that child.
//!
//! The kernel adds up what all children of a process used, so each run gets a launcher of its own: this program
//! again, as `xtask bench measure OUT PROGRAM ARGS…`, which starts one child, waits, and writes what it took.
//! Invariant: between the two readings of the clock nothing happens but start, run and wait.
//! Read next: `xtask/src/bench/run.rs`.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use nix::sys::resource::{UsageWho, getrusage};

use crate::kit::process;
use crate::{Outcome, kit};

/// This very program, even where a newer build has taken its place since it started.
const THIS_PROGRAM: &str = "/proc/self/exe";
/// No run takes longer.
const LIMIT: Duration = Duration::from_secs(600);

/// What one run took.
#[derive(Clone, Copy)]
pub(crate) struct Sample {
    pub(crate) wall_ns: f64,
    /// User and system time.
    pub(crate) cpu_ns: f64,
    /// Peak memory; never below what the launcher itself has, about three MiB.
    pub(crate) peak_kib: f64,
    /// The guest's own measurement of its work, where it prints one.
    pub(crate) inner_ns: Option<f64>,
}

/// A measured run and what it answered.
pub(crate) struct Measured {
    pub(crate) sample: Sample,
    pub(crate) stdout: String,
}

/// Runs a command that must succeed under a launcher.
pub(crate) fn measure(command: &Command) -> Result<Measured, String> {
    let program = command.get_program().to_string_lossy().into_owned();
    let folder = kit::made_folder("bench")?;
    let out = folder.join("measured");
    let mut launcher = Command::new(THIS_PROGRAM);
    launcher.args(["bench", "measure"]).arg(&out).arg(command.get_program());
    launcher.args(command.get_args());
    // Compiled code of every engine is kept here and nowhere else.
    launcher.env("XDG_CACHE_HOME", folder.join("cache"));
    launcher.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let finished = process::finish(&mut launcher, b"", LIMIT)?;
    if finished.code != 0 {
        return Err(format!("{program} failed:\n{}", finished.complaint()));
    }
    let taken = kit::read_text(&out)?;
    let numbers: Vec<f64> = taken.split_whitespace().filter_map(|text| text.parse().ok()).collect();
    let [wall_ns, cpu_ns, peak_kib] = numbers[..] else {
        return Err(format!("the launcher wrote {taken:?}"));
    };
    let said = String::from_utf8_lossy(&finished.stderr);
    let inner = said.lines().find_map(|line| line.strip_prefix("inner_ns "));
    let inner_ns = inner.and_then(|text| text.trim().parse().ok());
    let sample = Sample { wall_ns, cpu_ns, peak_kib, inner_ns };
    Ok(Measured { sample, stdout: finished.text() })
}

/// The launcher: `OUT PROGRAM ARGS…`.
pub(crate) fn launched(arguments: &[String]) -> Outcome {
    let [out, program, rest @ ..] = arguments else {
        return Err("measure: expected OUT PROGRAM ARGS…".into());
    };
    let mut command = Command::new(program);
    command.args(rest);
    let before = Instant::now();
    let status = command.status().map_err(|error| format!("{program} did not start: {error}"))?;
    let wall_ns = before.elapsed().as_nanos();
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN).map_err(|error| error.to_string())?;
    let micros = |time: nix::sys::time::TimeVal| time.tv_sec() * 1_000_000 + time.tv_usec();
    let cpu_ns = (micros(usage.user_time()) + micros(usage.system_time())) * 1000;
    let text = format!("{wall_ns} {cpu_ns} {}\n", usage.max_rss());
    kit::write(Path::new(out), text.as_bytes())?;
    if status.success() { Ok(()) } else { Err(format!("{program} ended with {status}")) }
}
