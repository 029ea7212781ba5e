//! Playing cases for a time, one number after the other.
//!
//! Before a case is played its number is known to a thread that ends the process if the case does not end. What a case found
//! is written as text, so that it can be played again whatever becomes of the numbers.
//!
//! Invariant: a campaign that ends well has played every number from the first to the last.

use std::fmt;
use std::fs;
use std::io::{self, Write as _};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use super::{Case, Found, Playground};

/// A case that takes longer hangs.
const CASE_MAX: Duration = Duration::from_secs(60);
/// Findings after which a campaign stops: there is something to do first.
const FOUND_MAX: usize = 20;
/// More resident memory than this is a leak, whatever took it.
const RESIDENT_BYTES_MAX: u64 = 512 << 20;

/// What became of a campaign.
#[derive(Debug, Default)]
pub struct Report {
    /// The first number and the one behind the last.
    pub numbers: (u64, u64),
    /// Calls that were made.
    pub calls: u64,
    /// What was found, with the number of the case.
    pub found: Vec<(u64, Found)>,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, Found(text)) in &self.found {
            writeln!(f, "case {number}: {text}")?;
        }
        let (first, end) = self.numbers;
        let (calls, found) = (self.calls, self.found.len());
        write!(f, "cases {first} to {end}, {calls} calls: {found} found something")
    }
}

/// Plays cases from number `first` on until the time is up.
///
/// # Errors
/// When there is no place to play, or a finding cannot be written to `kept`.
pub fn campaign(first: u64, time: Duration, kept: &Path) -> io::Result<Report> {
    let folder = tempfile::tempdir()?;
    let playground = Playground::new(folder.path());
    let mut report = Report { numbers: (first, first), ..Report::default() };
    let began = Instant::now();
    let current = AtomicU64::new(first);
    let done = std::sync::mpsc::channel::<()>();
    std::thread::scope(|scope| {
        let (sender, receiver) = done;
        let current = &current;
        scope.spawn(move || watch(current, &receiver));
        while began.elapsed() < time && report.found.len() < FOUND_MAX {
            let number = report.numbers.1;
            current.store(number, Ordering::Relaxed);
            let case = Case::numbered(number);
            let mut result = playground.play(&case);
            if let (Ok(()), Some(bytes)) = (&result, resident_bytes())
                && bytes > RESIDENT_BYTES_MAX
            {
                result = Err(Found(format!("{} MiB are resident", bytes >> 20)));
            }
            if let Err(found) = result {
                fs::create_dir_all(kept)?;
                let text = format!("# {}\n{}", found.0.replace('\n', " "), case.to_text());
                fs::write(kept.join(format!("{number}.txt")), text)?;
                report.found.push((number, found));
            }
            report.calls += case.calls.len() as u64;
            report.numbers.1 += 1;
        }
        drop(sender);
        Ok(report)
    })
}

/// Ends the process when the number does not change for too long.
fn watch(current: &AtomicU64, done: &std::sync::mpsc::Receiver<()>) {
    let mut last = u64::MAX;
    while let Err(std::sync::mpsc::RecvTimeoutError::Timeout) = done.recv_timeout(CASE_MAX) {
        let now = current.load(Ordering::Relaxed);
        if now == last {
            // Nothing else ends a thread that does not come back.
            let _ = writeln!(io::stderr(), "case {now} does not end");
            std::process::abort();
        }
        last = now;
    }
}

fn resident_bytes() -> Option<u64> {
    let text = fs::read_to_string("/proc/self/statm").ok()?;
    let pages: u64 = text.split(' ').nth(1)?.parse().ok()?;
    Some(pages * rustix::param::page_size() as u64)
}
