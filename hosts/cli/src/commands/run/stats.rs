//! `--stats`: how long each step of a run took, and a bill for all of it.
//!
//! Not here: what the steps do. Invariant: costs a few readings of the clock whether asked for or not.

use std::fmt;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use holm::{HeapStats, Module, StoreUsage, TierStats};
use holm_wasi::{ThreadUsage, Usage};

use super::tiers;
use crate::cached::Origin;
use crate::input::Received;
use crate::limits::Limits;
use crate::units::{show_size, show_time};

/// Nanoseconds since the first reading: a clock for the collector.
pub(super) fn nanoseconds() -> u64 {
    static FIRST: OnceLock<Instant> = OnceLock::new();
    let passed = FIRST.get_or_init(Instant::now).elapsed();
    u64::try_from(passed.as_nanos()).unwrap_or(u64::MAX)
}

/// Nanoseconds that this thread has had a processor: a clock for what guests take.
pub(super) fn processor_nanoseconds() -> u64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    let passed = Duration::try_from(time).unwrap_or_default();
    u64::try_from(passed.as_nanos()).unwrap_or(u64::MAX)
}

/// The steps of a run so far.
pub(super) struct Stats {
    last: Instant,
    steps: Vec<(&'static str, Duration, String)>,
    /// What took time during these.
    sums: Vec<(&'static str, Duration, String)>,
    /// What moved from tier to tier, and why; a line each.
    moves: Vec<String>,
}

impl Stats {
    pub(super) fn begin() -> Self {
        // Times of the collector and of tiers are counted from here.
        nanoseconds();
        Self { last: Instant::now(), steps: Vec::new(), sums: Vec::new(), moves: Vec::new() }
    }

    /// The steps so far: what they are called, when they began, how long they took.
    #[cfg_attr(not(feature = "optimize"), expect(dead_code, reason = "no time line is drawn"))]
    pub(super) fn steps(&self) -> impl Iterator<Item = (&'static str, Duration, Duration)> {
        let mut began = Duration::ZERO;
        self.steps.iter().map(move |(name, time, _)| {
            let at = began;
            began += *time;
            (*name, at, *time)
        })
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
        self.sums.push(("collect", Duration::from_nanos(heap.pause_total_ns), remark));
    }

    /// What moved from tier to tier, if anything did.
    pub(super) fn promoted(&mut self, module: &Module) {
        self.moves = tiers::moves(module);
        let tiers = module.tier_stats();
        let Some(tiers) = tiers.filter(|tiers| tiers.compilations + tiers.refused > 0) else {
            return;
        };
        let TierStats { functions, loops, refused, cooled, compilations, .. } = tiers;
        let bytes = show_size(tiers.code_bytes);
        let remark = format!(
            "{functions} functions and {loops} loops in {compilations} pieces, {bytes} of code; \
             {cooled} cooled, {refused} refused"
        );
        self.sums.push(("promote", Duration::from_nanos(tiers.compile_ns), remark));
    }

    fn step(&mut self, name: &'static str, remark: String) {
        let now = Instant::now();
        self.steps.push((name, now - self.last, remark));
        self.last = now;
    }
}

/// What the program used.
pub(super) struct Bill(Vec<(&'static str, String)>);

impl Bill {
    pub(super) fn of(
        engine: &StoreUsage,
        wasi: &Usage,
        threads: Option<&ThreadUsage>,
        limits: &Limits,
    ) -> Self {
        let of = |used: u64, max: u64| format!("{} of {}", show_size(used), show_size(max));
        let mut rows = Vec::new();
        let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
        if let Ok(time) = Duration::try_from(time) {
            let guest = engine.processor_ns.map_or(String::new(), |time| {
                format!("{} of the guest, ", show_time(Duration::from_nanos(time)))
            });
            let all = show_time(time);
            rows.push(("processor time", format!("{guest}{all} in all, compiling included")));
        }
        if let Some(used) = engine.fuel_used {
            let max = limits.fuel.map_or(String::new(), |fuel| format!(" of {fuel}"));
            rows.push(("fuel", format!("{used}{max}")));
        }
        if let Some(threads) = threads {
            let (all, peak, max) = (threads.threads, threads.threads_peak, limits.max_threads);
            rows.push(("threads", format!("{all}, at most {peak} of {max} at once")));
        }
        rows.push(("memory", of(engine.memory_bytes, limits.max_memory)));
        if engine.heap_bytes > 0 {
            rows.push(("objects", of(engine.heap_bytes, limits.max_heap)));
        }
        let (entries, max) = (engine.table_entries, limits.max_table_entries);
        rows.push(("table entries", format!("{entries} of {max}")));
        let now = show_size(wasi.file_bytes);
        let peak = of(wasi.file_bytes_peak, limits.max_files);
        rows.push(("files in memory", format!("{now} now, at most {peak}")));
        let (now, peak, max) = (wasi.handles, wasi.handles_peak, limits.max_handles);
        rows.push(("open handles", format!("{now} now, at most {peak} of {max}")));
        rows.push(("calls of WASI", format!("{}, {} refused", wasi.calls, wasi.refusals)));
        rows.push(("read", show_size(wasi.bytes_read)));
        rows.push(("written", show_size(wasi.bytes_written)));
        Self(rows)
    }
}

impl fmt::Display for Bill {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, value) in &self.0 {
            writeln!(f, "{name:<16} {value}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Stats {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, time, remark) in self.steps.iter().chain(&self.sums) {
            let line = format!("{name:<12} {:>9}  {remark}", show_time(*time));
            writeln!(f, "{}", line.trim_end())?;
        }
        self.moves.iter().try_for_each(|line| writeln!(f, "{line}"))
    }
}
