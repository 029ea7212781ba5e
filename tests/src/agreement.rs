//! The tiers agree: generated modules do the same when they are interpreted and when they are compiled.
//!
//! What it is: the n-th generated module runs interpreted, compiled, and moving up at moments that are drawn from its
//! number, call by call, with the same arguments; results, traps, fuel, memories and globals are compared after each,
//! every bit of them. One engine in four makes NaNs canonical; the others leave their bits to the tier.
//! What it is not: an oracle of any (the suite is). Where a call runs out of stack on one tier nothing is compared any more,
//! because frames have other sizes; likewise where the heap is full on one only, because the compiler's frames do not keep
//! what no operator reads again. Invariant: the n-th module and its arguments are the same on every machine.

use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use holm::{
    Config, Engine, Error, Extern, Features, Instance, MemoryStrategy, Module, Store, StoreLimits,
    Tiering, TrapReason, Val,
};

use crate::mutants::engine::{provide, value};
use crate::mutants::generated;
use crate::random::Random;

/// Operators that one call may run.
const FUEL: u64 = 50_000;
/// Exports that are called.
const CALLS_MAX: usize = 40;
/// Bytes of linear memory that a guest may have.
const MEMORY_BYTES_MAX: u64 = 4 << 20;
/// Bytes of objects that a guest may have. One operator can ask for all of them and more, so this bounds the time too.
const HEAP_BYTES_MAX: u64 = 1 << 20;
/// Modules per child process.
const CHILD_MODULES: u64 = 500;

/// When functions and loops move up: after how many calls and rounds at most. What it is for one function is by chance.
const MOMENTS: [(u32, u32); 8] =
    [(1, 1), (2, 2), (2, 8), (4, 16), (8, 64), (u32::MAX, 1), (u32::MAX, 4), (u32::MAX, 16)];

/// An engine that counts fuel; now and then one whose NaNs are all the same. Every module has engines of its own, because messages have
/// their numbers of types, and so that it does the same alone.
fn engine(n: u64, tier: &'static str, tiering: Option<Tiering>, optimize: bool) -> Engine {
    let checked = n % 2 == 1;
    let strategy = if checked { MemoryStrategy::Checked } else { MemoryStrategy::Reserved };
    let mut config = Config::new();
    config.features(features()).memory_strategy(Some(strategy)).tier(Some(tier));
    config.tiering(tiering).optimize(optimize).fuel(true).canonical_nans(n % 4 == 3);
    Engine::new(&config).expect("an engine with fuel")
}

/// The engine on which the n-th module moves up, at moments of its own. One in two optimizes what it compiles.
fn moving_up(n: u64) -> Engine {
    let mut random = Random::new(n ^ 0x7135_0be5);
    let (calls, rounds) = random.choose(&MOMENTS);
    let optimize = random.below(2) == 0;
    let tiering = Tiering { calls, rounds, at_once: true, seed: Some(random.next()) };
    engine(n, "auto", Some(tiering), optimize)
}

/// Runs the n-th module in all ways.
///
/// # Errors
/// With what was different.
///
/// # Panics
/// When the machine does not have the address space for guarded memories.
pub fn run_one(n: u64) -> Result<Ran, String> {
    let bytes = generated(n);
    let compiled = story(&engine(n, "optimize", None, false), n, &bytes)?;
    let interpreted = story(&engine(n, "interp", None, false), n, &bytes)?;
    let moved_up = story(&moving_up(n), n, &bytes)?;
    differ("compiled", &compiled, &interpreted)?;
    differ("moving up", &moved_up, &interpreted)?;
    Ok(Ran {
        functions: functions_in(&bytes),
        instances: u64::from(compiled.returned + compiled.trapped > 0),
        returned: compiled.returned,
        trapped: compiled.trapped,
        promoted: moved_up.promoted,
        loops: moved_up.loops,
    })
}

/// Compares what a module did with what it did when it was interpreted.
fn differ(how: &str, one: &Story, interpreted: &Story) -> Result<(), String> {
    for (at, (a, b)) in one.events.iter().zip(&interpreted.events).enumerate() {
        if a.contains(&exhausted()) || b.contains(&exhausted()) {
            return Ok(());
        }
        if a != b && [a, b].into_iter().any(|event| event.contains(&full())) {
            return Ok(());
        }
        if a != b {
            return Err(format!("event {at}: {how} {a}, interpreted {b}"));
        }
    }
    if one.events.len() == interpreted.events.len() {
        return Ok(());
    }
    Err(format!("{} events {how}, {} interpreted", one.events.len(), interpreted.events.len()))
}

/// What there was to compare.
#[derive(Clone, Copy, Debug, Default)]
pub struct Ran {
    /// Functions that the modules define.
    pub functions: u64,
    /// Modules that came as far as a call.
    pub instances: u64,
    /// Calls that returned.
    pub returned: u64,
    /// Calls that did not.
    pub trapped: u64,
    /// Functions that moved up while their module ran.
    pub promoted: u64,
    /// Loops that did.
    pub loops: u64,
}

impl Ran {
    fn add(&mut self, other: Self) {
        self.functions += other.functions;
        self.instances += other.instances;
        self.returned += other.returned;
        self.trapped += other.trapped;
        self.promoted += other.promoted;
        self.loops += other.loops;
    }

    fn read(line: &str) -> Option<Self> {
        let mut numbers = line.split(' ').map(|number| number.parse().ok());
        let mut next = || numbers.next().flatten();
        Some(Self {
            functions: next()?,
            instances: next()?,
            returned: next()?,
            trapped: next()?,
            promoted: next()?,
            loops: next()?,
        })
    }
}

impl std::fmt::Display for Ran {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { functions, instances, returned, trapped, promoted, loops } = self;
        write!(f, "{functions} functions, {instances} modules with calls, ")?;
        write!(f, "{returned} calls that returned, {trapped} that did not; ")?;
        write!(f, "{promoted} functions and {loops} loops moved up")
    }
}

/// What generated modules may use.
fn features() -> Features {
    let more = Features::CUSTOM_PAGE_SIZES.with(Features::WIDE_ARITHMETIC);
    Features::default().with(more)
}

fn exhausted() -> String {
    TrapReason::StackOverflow.to_string()
}

fn full() -> String {
    TrapReason::AllocationFailed.to_string()
}

/// How many functions a module defines.
fn functions_in(bytes: &[u8]) -> u64 {
    let limits = holm::ModuleLimits::default();
    let module = holm_module::Module::new(bytes, &limits, features());
    module.map_or(0, |module| u64::from(module.defined_functions()))
}

/// What a module did, as text.
#[derive(Default)]
struct Story {
    events: Vec<String>,
    returned: u64,
    trapped: u64,
    promoted: u64,
    loops: u64,
}

/// Everything that can be seen of a module on one engine.
fn story(engine: &Engine, n: u64, bytes: &[u8]) -> Result<Story, String> {
    let mut random = Random::new(n ^ 0x51de_b015);
    let mut story = Story::default();
    let module = match Module::new(engine, bytes) {
        Ok(module) => module,
        Err(error) => {
            story.events.push(format!("refused: {error}"));
            return Ok(story);
        }
    };
    let limits = StoreLimits {
        memory_bytes_max: MEMORY_BYTES_MAX,
        heap_bytes_max: HEAP_BYTES_MAX,
        ..StoreLimits::default()
    };
    let mut store = Store::try_new(engine, limits, ()).map_err(|e| format!("no store: {e}"))?;
    store.set_fuel(FUEL).map_err(|e| format!("no fuel: {e}"))?;
    let imports: Result<Vec<Extern>, Error> =
        module.imports().map(|import| provide(&mut store, import.ty())).collect();
    let instance = match imports.and_then(|imports| Instance::new(&mut store, &module, &imports)) {
        Ok(instance) => instance,
        Err(error) => {
            story.events.push(told(&error, &store));
            return Ok(story);
        }
    };
    let exports: Vec<Extern> = module
        .exports()
        .take(CALLS_MAX)
        .filter_map(|export| instance.get_export(&store, export.name()))
        .collect();
    for export in &exports {
        if let Extern::Func(func) = export {
            for noise in [false, true] {
                let ty = func.ty(&store);
                let params: Vec<Val> =
                    ty.params().iter().map(|ty| value(*ty, noise, &mut random)).collect();
                let mut results: Vec<Val> =
                    ty.results().iter().copied().map(Val::default_of).collect();
                store.set_fuel(FUEL).map_err(|e| format!("no fuel: {e}"))?;
                let answer = func.call(&mut store, &params, &mut results);
                let answer = match answer {
                    Ok(()) => {
                        story.returned += 1;
                        let results: Vec<String> = results.iter().map(bits).collect();
                        format!("{results:?} fuel {:?}", store.fuel_left())
                    }
                    Err(error) => {
                        story.trapped += 1;
                        told(&error, &store)
                    }
                };
                story.events.push(format!("{answer} {}", state(&store, &exports)));
            }
        }
    }
    if let Some(stats) = module.tier_stats() {
        (story.promoted, story.loops) = (stats.functions, stats.loops);
    }
    Ok(story)
}

/// An error, with the innermost function.
fn told(error: &Error, store: &Store<()>) -> String {
    let frame = error.backtrace().and_then(|trace| trace.frames().first());
    // Not the offset: the compiler may make a load part of the operator that uses it.
    let place = frame.map(|frame| frame.function_index());
    let depth = error.backtrace().map(|trace| trace.frames().len());
    let reason = error.trap_reason();
    format!("{error} {reason:?} at {place:?} of {depth:?} fuel {:?}", store.fuel_left())
}

/// What exported memories and globals hold.
fn state(store: &Store<()>, exports: &[Extern]) -> String {
    let mut text = String::new();
    for export in exports {
        let _ = match export {
            Extern::Memory(memory) => {
                let sum = sum_of(memory.data(store));
                write!(text, "memory {} {sum:x} ", memory.data_size(store))
            }
            Extern::Global(global) => write!(text, "global {:?} ", bits(&global.get(store))),
            Extern::Table(table) => write!(text, "table {} ", table.size(store)),
            Extern::Func(_) | Extern::Tag(_) => Ok(()),
        };
    }
    text
}

/// A number that depends on every byte and its place.
fn sum_of(bytes: &[u8]) -> u64 {
    let (words, rest) = bytes.as_chunks::<8>();
    let step =
        |sum: u64, word: u64| (sum ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(29);
    let sum = words.iter().fold(1, |sum, word| step(sum, u64::from_le_bytes(*word)));
    rest.iter().fold(sum, |sum, byte| step(sum, u64::from(*byte)))
}

/// A value, without what tells stores apart.
fn bits(value: &Val) -> String {
    match value {
        Val::FuncRef(function) => format!("function {}", function.is_some()),
        Val::ExternRef(object) => format!("object {}", object.is_some()),
        Val::AnyRef(object) => format!("anything {}", object.is_some()),
        Val::ExnRef(exception) => format!("exception {}", exception.is_some()),
        other => format!("{other:?}"),
    }
}

/// What a campaign found.
#[derive(Debug, Default)]
pub struct Report {
    /// What there was to compare.
    pub ran: Ran,
    /// Modules that did not do the same in all ways.
    pub findings: Vec<(u64, String)>,
}

impl Report {
    fn add(&mut self, other: Self) {
        self.ran.add(other.ran);
        self.findings.extend(other.findings);
    }
}

/// Runs modules in child processes, as many at a time as there are processors, so that an abort is a finding with a
/// number too. `progress` is told how many modules are done.
///
/// # Errors
/// When a child cannot be started.
pub fn run(
    program: &Path,
    first: u64,
    count: u64,
    progress: &(dyn Fn(u64) + Sync),
) -> std::io::Result<Report> {
    let end = first.saturating_add(count);
    let (next, done) = (AtomicU64::new(first), AtomicU64::new(0));
    let worker = || {
        let mut report = Report::default();
        loop {
            let from = next.fetch_add(CHILD_MODULES, Ordering::Relaxed);
            if from >= end {
                return Ok(report);
            }
            let to = end.min(from + CHILD_MODULES);
            report.add(piece(program, from, to)?);
            progress(done.fetch_add(to - from, Ordering::Relaxed) + to - from);
        }
    };
    let processors = thread::available_parallelism().map_or(1, usize::from);
    let parts: Vec<std::io::Result<Report>> = thread::scope(|scope| {
        let workers: Vec<_> = (0..processors).map(|_| scope.spawn(worker)).collect();
        let lost = || Err(std::io::Error::other("a worker panicked"));
        workers.into_iter().map(|worker| worker.join().unwrap_or_else(|_| lost())).collect()
    });
    let mut report = Report::default();
    for part in parts {
        report.add(part?);
    }
    report.findings.sort();
    Ok(report)
}

/// Runs some modules in a child process; where it does not come to its end, in halves.
fn piece(program: &Path, first: u64, end: u64) -> std::io::Result<Report> {
    let mut report = Report::default();
    let words = ["agree-child".to_owned(), first.to_string(), end.to_string()];
    let output = Command::new(program).args(words).output()?;
    let text = String::from_utf8_lossy(&output.stdout);
    match text.lines().find_map(|line| Ran::read(line.strip_prefix("ran ")?)) {
        Some(ran) if output.status.success() => {
            report.ran = ran;
            for line in text.lines().filter_map(|line| line.strip_prefix("finding ")) {
                let (n, what) = line.split_once(' ').unwrap_or((line, ""));
                report.findings.push((n.parse().unwrap_or(first), what.to_owned()));
            }
        }
        _ if end - first == 1 => {
            report.findings.push((first, format!("ended with {}", output.status)));
        }
        _ => {
            let middle = first + (end - first) / 2;
            report.add(piece(program, first, middle)?);
            report.add(piece(program, middle, end)?);
        }
    }
    Ok(report)
}

/// What a child process does; its findings, one per line.
#[must_use]
pub fn child(first: u64, end: u64) -> String {
    let mut text = String::new();
    let mut ran = Ran::default();
    for n in first..end {
        match run_one(n) {
            Ok(more) => ran.add(more),
            Err(what) => {
                let what = what.replace('\n', " ");
                let _ = writeln!(text, "finding {n} {what}");
            }
        }
    }
    let Ran { functions, instances, returned, trapped, promoted, loops } = ran;
    let _ = writeln!(text, "ran {functions} {instances} {returned} {trapped} {promoted} {loops}");
    text
}
