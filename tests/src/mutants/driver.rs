//! Runs mutants in child processes and collects what went wrong.
//!
//! The child says on standard output which module it is about to run and what came of it; when it dies, hangs or says nothing
//! more, that module is the finding and another child goes on behind it. So one abort costs one process, not the campaign.
//! Read next: `engine.rs` for what a child does with a module.

use std::collections::BTreeMap;
use std::fmt;
use std::io::{self, BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

use super::engine::{Engines, Outcome};
use crate::bombs::driver::Bounds;

/// A child that is silent for so many times its bound of processor time is ended.
const PATIENCE: u32 = 20;
/// Findings after which a campaign stops: it has something to do first.
const FINDINGS_MAX: usize = 50;

/// What became of a campaign.
#[derive(Debug, Default)]
pub struct Report {
    /// How many modules had each outcome.
    pub outcomes: BTreeMap<String, u64>,
    /// What must not be: the module's number and what it did.
    pub findings: Vec<(u64, String)>,
    /// The most processor time that one module took.
    pub cpu_max: (Duration, u64),
    /// The most resident memory that one module took.
    pub resident_bytes_max: (u64, u64),
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (outcome, count) in &self.outcomes {
            writeln!(f, "{count:8} {outcome}")?;
        }
        let (cpu, n) = self.cpu_max;
        writeln!(f, "slowest: {:.2} s of processor time, module {n}", cpu.as_secs_f64())?;
        let (bytes, n) = self.resident_bytes_max;
        writeln!(f, "largest: {} MiB, module {n}", bytes >> 20)?;
        for (n, finding) in &self.findings {
            writeln!(f, "module {n}: {finding}")?;
        }
        Ok(())
    }
}

/// Runs the modules `first..first + count` in children of `program`, which calls [`child`].
///
/// # Errors
/// When the program can not be started.
pub fn run(program: &Path, first: u64, count: u64) -> io::Result<Report> {
    let mut report = Report::default();
    let end = first + count;
    let mut next = first;
    while next < end && report.findings.len() < FINDINGS_MAX {
        next = follow(program, next, end, &mut report)?;
    }
    Ok(report)
}

/// Follows one child until it ends; gives the number to go on with.
fn follow(program: &Path, first: u64, end: u64, report: &mut Report) -> io::Result<u64> {
    let mut child = Command::new(program)
        .args(["mutants-child", &first.to_string(), &end.to_string()])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    let lines = receive(child.stdout.take());
    let errors = receive(child.stderr.take());
    let mut current = first;
    while let Ok(line) = lines.recv_timeout(Bounds::of_this_build().cpu * PATIENCE) {
        current = report.note(&line).unwrap_or(current);
    }
    // Either it has ended, or it hangs.
    let ended = child.try_wait()?;
    if ended.is_none() {
        thread::sleep(Duration::from_millis(100));
    }
    let hung = child.try_wait()?.is_none();
    if hung {
        child.kill()?;
    }
    let status = child.wait()?;
    if status.success() {
        return Ok(end);
    }
    let said: Vec<String> = errors.iter().collect();
    let what = if hung { "hung".to_owned() } else { format!("ended the process: {status}") };
    report.findings.push((current, format!("{what}; {}", said.join(" / "))));
    Ok(current + 1)
}

/// The lines of a child's stream.
fn receive(stream: Option<impl io::Read + Send + 'static>) -> Receiver<String> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        for line in stream.into_iter().flat_map(|stream| BufReader::new(stream).lines()) {
            if line.is_err() || sender.send(line.unwrap_or_default()).is_err() {
                break;
            }
        }
    });
    receiver
}

impl Report {
    /// Takes in a child's line: `at N`, `done N CPU_MICROSECONDS BYTES OUTCOME` or `finding N TEXT`. Gives N.
    fn note(&mut self, line: &str) -> Option<u64> {
        let (word, rest) = line.split_once(' ')?;
        let (n, rest) = rest.split_once(' ').unwrap_or((rest, ""));
        let n = n.parse().ok()?;
        match word {
            "done" => {
                let mut words = rest.splitn(3, ' ');
                let cpu = Duration::from_micros(words.next()?.parse().ok()?);
                let bytes = words.next()?.parse().ok()?;
                self.cpu_max = self.cpu_max.max((cpu, n));
                self.resident_bytes_max = self.resident_bytes_max.max((bytes, n));
                *self.outcomes.entry(words.next()?.to_owned()).or_default() += 1;
                self.judge(n, cpu, bytes);
            }
            "finding" => self.findings.push((n, rest.to_owned())),
            _ => {}
        }
        Some(n)
    }

    fn judge(&mut self, n: u64, cpu: Duration, bytes: u64) {
        let bounds = Bounds::of_this_build();
        if cpu > bounds.cpu {
            self.findings.push((n, format!("took {:.2} s of processor time", cpu.as_secs_f64())));
        }
        if bytes > bounds.resident_bytes {
            self.findings.push((n, format!("took {} MiB", bytes >> 20)));
        }
    }
}

/// The child's side: runs the modules `first..end` and says so.
///
/// # Errors
/// When standard output is closed.
pub fn child(first: u64, end: u64) -> io::Result<()> {
    let mut out = io::stdout().lock();
    let engines = Engines::new();
    for n in first..end {
        writeln!(out, "at {n}")?;
        out.flush()?;
        let (kind, bytes) = super::module(n);
        reset_peak();
        let before = cpu_time();
        let result = engines.run(n, &bytes);
        let cpu = cpu_time().saturating_sub(before);
        let outcome = match result {
            Ok(Outcome::Refused) => "refused",
            Ok(Outcome::NotInstantiated) => "compiled, not instantiated",
            Ok(Outcome::Ran) => "ran",
            Err(finding) => {
                writeln!(out, "finding {n} {}", finding.replace('\n', " / "))?;
                "finding"
            }
        };
        writeln!(out, "done {n} {} {} {kind:?}: {outcome}", cpu.as_micros(), peak_bytes())?;
    }
    out.flush()
}

/// Processor time of this process so far.
fn cpu_time() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Duration::try_from(time).unwrap_or_default()
}

/// Makes the peak of resident memory start from now.
fn reset_peak() {
    // Where the kernel does not offer this, the peak is that of all modules so far: stricter, not laxer.
    let _ = std::fs::write("/proc/self/clear_refs", "5");
}

/// The peak of resident memory.
fn peak_bytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.and_then(|line| line.trim().split(' ').next()?.parse::<u64>().ok());
    kib.unwrap_or(0) << 10
}
