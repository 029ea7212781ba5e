//! `--stats`: how long each step of a run took.
//!
//! Not here: what the steps do. Invariant: costs a few readings of the clock whether asked for or not.

use std::fmt;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use holm::HeapStats;

use crate::cached::Origin;
use crate::input::Received;
use crate::units::{show_size, show_time};

/// Nanoseconds since the first reading: a clock for the collector.
pub(super) fn nanoseconds() -> u64 {
    static FIRST: OnceLock<Instant> = OnceLock::new();
    let passed = FIRST.get_or_init(Instant::now).elapsed();
    u64::try_from(passed.as_nanos()).unwrap_or(u64::MAX)
}

/// The steps of a run so far.
pub(super) struct Stats {
    last: Instant,
    steps: Vec<(&'static str, Duration, String)>,
}

impl Stats {
    pub(super) fn begin() -> Self {
        Self { last: Instant::now(), steps: Vec::new() }
    }

    pub(super) fn read(&mut self, file: &Received) {
        let size = show_size(file.len() as u64);
        self.step(
            "read",
            match file {
                Received::Whole(_) => size,
                Received::Arriving(_) => format!("{size}, the rest while compiling"),
            },
        );
    }

    pub(super) fn loaded(&mut self, origin: Origin) {
        let (name, remark) = match origin {
            Origin::Ahead => ("load", "compiled ahead of time".to_owned()),
            Origin::Cached => ("load", "from the cache".to_owned()),
            Origin::Kept => ("compile", "kept in the cache".to_owned()),
            Origin::NotKept(why) => ("compile", format!("not cached: {why}")),
        };
        self.step(name, remark);
    }

    pub(super) fn instantiated(&mut self) {
        self.step("instantiate", String::new());
    }

    pub(super) fn ran(&mut self) {
        self.step("run", String::new());
    }

    /// What the collector did, if there was anything to do.
    pub(super) fn collected(&mut self, heap: &HeapStats) {
        if heap.bytes_allocated == 0 {
            return;
        }
        let longest = show_time(Duration::from_nanos(heap.pause_max_ns));
        let (minor, major) = (heap.minor_collections, heap.major_collections);
        let made = show_size(heap.bytes_allocated);
        let remark = format!("{minor} minor, {major} major, longest {longest}, {made} made");
        self.steps.push(("collect", Duration::from_nanos(heap.pause_total_ns), remark));
    }

    fn step(&mut self, name: &'static str, remark: String) {
        let now = Instant::now();
        self.steps.push((name, now - self.last, remark));
        self.last = now;
    }
}

impl fmt::Display for Stats {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, time, remark) in &self.steps {
            let line = format!("{name:<12} {:>9}  {remark}", show_time(*time));
            writeln!(f, "{}", line.trim_end())?;
        }
        Ok(())
    }
}
