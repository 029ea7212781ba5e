//! The tiers agree: generated modules do the same when they are interpreted and when they are compiled.
//!
//! What it is: the n-th generated module runs on both tiers, call by call, with the same arguments; results, traps,
//! fuel, memories and globals are compared after each. What it is not: an oracle of either (the suite is). NaNs are
//! canonical, so that every bit counts. Where a call runs out of stack on one tier nothing is compared any more,
//! because frames have other sizes. Invariant: the n-th module and its arguments are the same on every machine.

use std::fmt::Write as _;
use std::process::Command;

use holm::{
    Config, Engine, Error, Extern, Features, Instance, MemoryStrategy, Module, Store, StoreLimits,
    TrapReason, Val,
};

use crate::mutants::engine::{provide, value};
use crate::mutants::generated;
use crate::random::Random;

/// Operators that one call may run.
const FUEL: u64 = 50_000;
/// Exports that are called.
const CALLS_MAX: usize = 40;
/// Bytes of linear memory that a guest may have.
const MEMORY_BYTES_MAX: u64 = 16 << 20;
/// Modules per child process.
const CHILD_MODULES: u64 = 2_000;

/// A pair of engines for each way of bounding memories.
pub struct Pairs(Vec<[Engine; 2]>);

impl std::fmt::Debug for Pairs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Pairs")
    }
}

impl Default for Pairs {
    fn default() -> Self {
        Self::new()
    }
}

impl Pairs {
    /// Makes the engines.
    ///
    /// # Panics
    /// When the machine does not have the address space for guarded memories.
    #[must_use]
    pub fn new() -> Self {
        let engine = |strategy, tier| {
            let mut config = Config::new();
            config.features(features());
            config.memory_strategy(Some(strategy)).optimize(false).fuel(true).canonical_nans(true);
            Engine::new(config.tier(Some(tier))).expect("an engine with fuel")
        };
        let strategies = [MemoryStrategy::Reserved, MemoryStrategy::Checked];
        Self(strategies.map(|s| [engine(s, "optimize"), engine(s, "interp")]).into())
    }

    /// Runs the n-th module on both tiers; how many functions it defines.
    ///
    /// # Errors
    /// With what was different.
    pub fn run(&self, n: u64) -> Result<u64, String> {
        let bytes = generated(n);
        let pair = &self.0[usize::from(n % 2 == 1)];
        let [compiled, interpreted] = pair.each_ref().map(|engine| story(engine, n, &bytes));
        let (a, b) = (compiled?, interpreted?);
        for (at, (a, b)) in a.events.iter().zip(&b.events).enumerate() {
            if a.contains(&exhausted()) || b.contains(&exhausted()) {
                return Ok(functions_in(&bytes));
            }
            if a != b {
                return Err(format!("event {at}: compiled {a}, interpreted {b}"));
            }
        }
        if a.events.len() == b.events.len() {
            return Ok(functions_in(&bytes));
        }
        Err(format!("{} events compiled, {} interpreted", a.events.len(), b.events.len()))
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
    let limits = StoreLimits { memory_bytes_max: MEMORY_BYTES_MAX, ..StoreLimits::default() };
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
                        let results: Vec<String> = results.iter().map(bits).collect();
                        format!("{results:?} fuel {:?}", store.fuel_left())
                    }
                    Err(error) => told(&error, &store),
                };
                story.events.push(format!("{answer} {}", state(&store, &exports)));
            }
        }
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
                let sum = memory.data(store).iter().fold(0_u64, |sum, byte| {
                    sum.rotate_left(5).wrapping_mul(0x9e37_79b9).wrapping_add(u64::from(*byte))
                });
                write!(text, "memory {} {sum:x} ", memory.data_size(store))
            }
            Extern::Global(global) => write!(text, "global {:?} ", bits(&global.get(store))),
            Extern::Table(table) => write!(text, "table {} ", table.size(store)),
            Extern::Func(_) | Extern::Tag(_) => Ok(()),
        };
    }
    text
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
    /// Functions of all modules.
    pub functions: u64,
    /// Modules that were not the same on both tiers.
    pub findings: Vec<(u64, String)>,
}

/// Runs modules in child processes, so that an abort is a finding with a number too.
///
/// # Errors
/// When a child cannot be started.
pub fn run(program: &std::path::Path, first: u64, count: u64) -> std::io::Result<Report> {
    let mut report = Report::default();
    let mut queue = vec![(first, first.saturating_add(count))];
    while let Some((first, end)) = queue.pop() {
        if end - first > CHILD_MODULES {
            queue.push((first + CHILD_MODULES, end));
            queue.push((first, first + CHILD_MODULES));
            continue;
        }
        let words = ["agree-child".to_owned(), first.to_string(), end.to_string()];
        let output = Command::new(program).args(words).output()?;
        let text = String::from_utf8_lossy(&output.stdout);
        let functions: Option<u64> =
            text.lines().find_map(|line| line.strip_prefix("functions ")?.parse().ok());
        match functions {
            Some(functions) if output.status.success() => {
                report.functions += functions;
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
                queue.push((middle, end));
                queue.push((first, middle));
            }
        }
    }
    Ok(report)
}

/// What a child process does; its findings, one per line.
#[must_use]
pub fn child(first: u64, end: u64) -> String {
    let pairs = Pairs::new();
    let mut text = String::new();
    let mut functions = 0;
    for n in first..end {
        match pairs.run(n) {
            Ok(count) => functions += count,
            Err(what) => {
                let what = what.replace('\n', " ");
                let _ = writeln!(text, "finding {n} {what}");
            }
        }
    }
    let _ = writeln!(text, "functions {functions}");
    text
}
