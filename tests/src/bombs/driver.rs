//! Runs a bomb through the real `holm` program and measures what it cost.
//!
//! A child's peak of memory is counted from the fork and begins with its parent's peak, so whoever measures must be small.
//! Hence three processes: the caller, `bad_input measure` which starts `holm` and waits, and `bad_input make` before it,
//! which holds the module while it is made. The bounds are judged from the kernel's own figures (`wait4`); the limits that end
//! a run that goes wrong are wider, so that the report says how wrong. Read next: `../bombs.rs` for what is expected.

use std::fmt;
use std::fs::{self, File};
use std::io::{self, Read};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Resource, Rlimit, Signal};
use wait4::Wait4;

use super::{Bomb, Expect, Mode};

/// What a bomb may cost.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// Processor time of all threads.
    pub cpu: Duration,
    /// Peak of resident memory.
    pub resident_bytes: u64,
}

impl Bounds {
    /// What Holm promises of its release build.
    pub const PROMISE: Self = Self { cpu: Duration::from_secs(2), resident_bytes: 512 << 20 };

    /// The same for a build with debug assertions, which says nothing about speed but still must end.
    pub const DEBUG: Self = Self { cpu: Duration::from_secs(300), resident_bytes: 1 << 30 };

    /// The promise, or what a build with debug assertions can keep of it.
    #[must_use]
    pub const fn of_this_build() -> Self {
        if cfg!(debug_assertions) { Self::DEBUG } else { Self::PROMISE }
    }
}

/// How often the kernel is asked whether a bomb has ended.
const POLL: Duration = Duration::from_millis(2);
/// Ends a run so many times over its bounds: the machine has other work.
const PATIENCE: u32 = 3;

/// A message is for a person.
const MESSAGE_BYTES_MAX: usize = 16 << 10;

/// What became of a bomb.
#[derive(Debug)]
pub struct Outcome {
    /// How it ended.
    pub status: ExitStatus,
    /// Processor time of all threads.
    pub cpu: Duration,
    /// Peak of resident memory.
    pub resident_bytes: u64,
    /// The beginning of what it said on standard error.
    pub message: String,
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let end = match (self.status.code(), self.status.signal()) {
            (Some(code), _) => format!("exit {code}"),
            (None, signal) => format!("signal {}", signal.unwrap_or(0)),
        };
        let cpu = self.cpu.as_secs_f64();
        let mib = self.resident_bytes >> 20;
        let line: String = self.message.lines().next().unwrap_or("").chars().take(150).collect();
        write!(f, "{cpu:6.2} s {mib:5} MiB  {end:10} {line}")
    }
}

impl Outcome {
    /// The outcome as one process tells it to another: three numbers, then the message.
    #[must_use]
    pub fn report(&self) -> String {
        let (status, cpu) = (self.status.into_raw(), self.cpu.as_micros());
        format!("{status} {cpu} {} {}", self.resident_bytes, self.message)
    }

    fn from_report(text: &str) -> Option<Self> {
        let mut words = text.splitn(4, ' ');
        Some(Self {
            status: ExitStatus::from_raw(words.next()?.parse().ok()?),
            cpu: Duration::from_micros(words.next()?.parse().ok()?),
            resident_bytes: words.next()?.parse().ok()?,
            message: words.next()?.to_owned(),
        })
    }

    /// What is wrong with it, or nothing.
    #[must_use]
    pub fn fault(&self, bomb: &Bomb, bounds: Bounds) -> Option<String> {
        if self.message.contains("panicked at") {
            return Some("it panicked".into());
        }
        let Some(code) = self.status.code() else {
            return Some(format!("it died of signal {}", self.status.signal().unwrap_or(0)));
        };
        if self.cpu > bounds.cpu {
            return Some(format!("it took over {:?} of processor time", bounds.cpu));
        }
        if self.resident_bytes > bounds.resident_bytes {
            return Some(format!("it took over {} MiB", bounds.resident_bytes >> 20));
        }
        if self.message.len() > MESSAGE_BYTES_MAX {
            return Some(format!("its message has over {MESSAGE_BYTES_MAX} bytes"));
        }
        let allowed: Vec<(i32, &str)> = match bomb.expect {
            Expect::Ok => vec![(0, "")],
            Expect::OkOrLimit => {
                vec![(0, ""), (125, "over the limit of"), (134, "call stack exhausted")]
            }
            Expect::Refused(words) => vec![(125, words)],
            Expect::Stopped(code, words) => vec![(code, words)],
        };
        let Some((_, words)) = allowed.iter().find(|(allowed, _)| *allowed == code) else {
            return Some(format!("exit code: expected {:?}, found {code}", bomb.expect));
        };
        (!self.message.contains(words)).then(|| format!("its message does not contain \"{words}\""))
    }
}

/// Where bombs are made and which program they are given to.
#[derive(Clone, Debug)]
pub struct Driver {
    /// The `holm` program.
    pub holm: PathBuf,
    /// The program that makes bombs: `bad_input`.
    pub maker: PathBuf,
    /// An empty directory.
    pub dir: PathBuf,
}

impl Driver {
    /// Runs the bomb in processes of its own.
    ///
    /// # Errors
    /// When the module can not be made, or `holm` not be started.
    pub fn run(&self, bomb: &Bomb) -> io::Result<Outcome> {
        let mut command = Command::new(&self.maker);
        command.args(["measure", bomb.name]).arg(&self.holm).arg(&self.dir);
        let output = command.output()?;
        let text = String::from_utf8_lossy(&output.stdout);
        Outcome::from_report(&text)
            .ok_or_else(|| io::Error::other(format!("{} could not be measured: {text}", bomb.name)))
    }

    /// Makes the bomb's module, gives it to `holm`, and removes it. Only for a process that has never been large.
    ///
    /// # Errors
    /// When the module can not be made, or `holm` not be started.
    pub fn run_here(&self, bomb: &Bomb, bounds: Bounds) -> io::Result<Outcome> {
        let is_text = bomb.name.starts_with("text_");
        let file = self.dir.join(format!("{}.{}", bomb.name, if is_text { "wat" } else { "wasm" }));
        let made = Command::new(&self.maker).args(["make", bomb.name]).arg(&file).status()?;
        if !made.success() {
            return Err(io::Error::other(format!("{} could not be made: {made}", bomb.name)));
        }
        let outcome = self.measure(bomb, &file, bounds);
        fs::remove_file(&file)?;
        outcome
    }

    fn measure(&self, bomb: &Bomb, file: &Path, bounds: Bounds) -> io::Result<Outcome> {
        let errors = self.dir.join("stderr");
        let output = self.dir.join("output.holm");
        let mut command = Command::new(&self.holm);
        command.env_clear().env("HOLM_CACHE", "off").stdin(Stdio::null()).stdout(Stdio::null());
        command.stderr(File::create(&errors)?);
        match bomb.mode {
            Mode::Run(flags) => command.arg("run").args(flags).arg(file),
            Mode::Compile => command.arg("compile").arg(file).arg("-o").arg(&output),
        };
        let (status, usage) = wait(command.spawn()?, bounds)?;
        let mut message = String::new();
        let read = File::open(&errors)?.take(64 << 10).read_to_string(&mut message);
        if read.is_err() {
            message.push_str("(not text)");
        }
        // Not every bomb leaves one.
        let _ = fs::remove_file(&output);
        Ok(Outcome {
            status,
            cpu: usage.utime + usage.stime,
            resident_bytes: usage.maxrss,
            message,
        })
    }
}

/// Waits for the child, and ends it far beyond its bounds.
fn wait(mut child: Child, bounds: Bounds) -> io::Result<(ExitStatus, wait4::ResourceUsage)> {
    let pid = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
    let pid = pid.ok_or_else(|| io::Error::other("the child's id is none"))?;
    let seconds = Some((bounds.cpu * PATIENCE).as_secs());
    let limit = Rlimit { current: seconds, maximum: seconds };
    // Too late if it has ended already.
    let _ = rustix::process::prlimit(Some(pid), Resource::Cpu, limit);
    let begun = Instant::now();
    loop {
        if let Some(ended) = child.try_wait4()? {
            return Ok((ended.status, ended.rusage));
        }
        let too_long = begun.elapsed() > bounds.cpu * PATIENCE * 4;
        let too_large = resident_bytes(pid) > bounds.resident_bytes * u64::from(PATIENCE);
        if too_long || too_large {
            rustix::process::kill_process(pid, Signal::KILL)?;
        }
        std::thread::sleep(POLL);
    }
}

/// Resident memory of a process; none if it has just ended.
fn resident_bytes(pid: Pid) -> u64 {
    let statm = fs::read_to_string(format!("/proc/{}/statm", pid.as_raw_nonzero()));
    let pages = statm.ok().and_then(|text| text.split(' ').nth(1)?.parse::<u64>().ok());
    pages.unwrap_or(0) * rustix::param::page_size() as u64
}
