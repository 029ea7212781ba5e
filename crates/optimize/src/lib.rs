//! Tier 2: from a [`Module`] to optimized machine code, through Cranelift.
//!
//! The only crate that names Cranelift. A module's functions are translated, optimized and encoded
//! independently of each other, on whatever threads the host lends, and then laid out as one image
//! without relocations. Not here: anything alive; running code.
//! Invariant: the same module under the same settings and profile gives the same bytes, on any number of threads.
//! Read next: [`environment`] (what functions share), [`early`] (while the module arrives), [`parts`] (a few functions
//! of a module that runs), [`translate`] (operators), [`worker`] (one function), [`link`] (the image).
#![forbid(unsafe_code)]

mod anchor;
mod early;
mod environment;
mod error;
mod fixed;
pub mod inspect;
mod isa;
mod known;
mod latch;
mod lines;
mod link;
mod named;
mod parts;
mod shape;
mod thunk;
mod translate;
mod worker;

use environment::{Calls, Environment, Shared};
use holm_abi::{
    Code, CompileError, EarlyCompile, NoProfile, PartCompiler, Profile, Settings, SharedBytes,
    Tier, Workers,
};
use holm_module::{Limits, Module};
use isa::Effort;
use known::Known;
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use worker::{Compiled, Targets, Unit, Worker};

pub use isa::{host_features, x86_features};

/// The optimizing tier.
#[derive(Clone)]
pub struct Optimizer {
    settings: Settings,
    targets: Targets,
    /// Says which functions are compiled without the optimizer.
    limits: Limits,
}

impl Optimizer {
    /// A tier for these settings.
    ///
    /// # Errors
    /// When the processor described by the settings cannot run the code that this tier makes.
    pub fn new(settings: Settings) -> Result<Self, CompileError> {
        let targets = Targets::new(&settings)?;
        Ok(Self { settings, targets, limits: Limits::default() })
    }

    /// What a unit deserves.
    fn effort(&self, known: &Known<'_>, unit: Unit) -> Effort {
        match unit {
            Unit::Part(part) => {
                let worth =
                    known.body(part.defined).is_some_and(|b| self.limits.is_worth_optimizing(b));
                if worth { Effort::Full } else { Effort::Bounded }
            }
            Unit::Thunk(_) => Effort::Full,
        }
    }

    /// Compiles the units, on as many threads as there are.
    fn compile_units(
        &self,
        whole: &Whole<'_>,
        units: &[Unit],
        workers: &dyn Workers,
    ) -> Result<Vec<(Unit, Compiled)>, CompileError> {
        let next = AtomicUsize::new(0);
        let done = Mutex::new(Vec::with_capacity(units.len()));
        let failed: Mutex<Option<(Unit, error::Failure)>> = Mutex::new(None);
        let job = |_: usize| {
            let mut worker = Worker::new();
            let known = Known::whole(whole.module, whole.wasm);
            let calls = Calls::Image;
            let env = Environment::new(whole.shared, whole.module, &self.settings, known, calls);
            let env = env.with_profile(whole.profile);
            let mut own = Vec::new();
            while let Some(unit) = units.get(next.fetch_add(1, Ordering::Relaxed)) {
                let effort = self.effort(&env.known, *unit);
                match worker.compile(&env, &self.targets, *unit, effort) {
                    Ok(compiled) => own.push((*unit, compiled)),
                    Err(failure) => {
                        let mut failed = failed.lock().unwrap_or_else(PoisonError::into_inner);
                        if failed.as_ref().is_none_or(|(first, _)| unit < first) {
                            *failed = Some((*unit, failure));
                        }
                        break;
                    }
                }
                workers.progress(next.load(Ordering::Relaxed).min(units.len()), units.len());
            }
            done.lock().unwrap_or_else(PoisonError::into_inner).append(&mut own);
        };
        workers.run(workers.count().clamp(1, units.len().max(1)), &job);
        if let Some((unit, failure)) = failed.into_inner().unwrap_or_else(PoisonError::into_inner) {
            return Err(unit.failed(failure, whole.module));
        }
        let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
        done.sort_unstable_by_key(|(unit, _)| *unit);
        Ok(done)
    }

    /// Compiles the thunks that functions (all of them, in order) call, and makes an image of it all.
    fn assemble(
        &self,
        whole: &Whole<'_>,
        functions: Vec<(Unit, Compiled)>,
        workers: &dyn Workers,
    ) -> Result<Code, CompileError> {
        let thunks: Vec<Unit> = thunks(whole.module, &functions).into_iter().collect();
        let thunks = self.compile_units(whole, &thunks, workers)?;
        let mut functions: Vec<Compiled> = functions.into_iter().map(|(_, code)| code).collect();
        let thunks = thunks.into_iter().filter_map(|(unit, code)| match unit {
            Unit::Thunk(ty) => Some((ty, code)),
            Unit::Part(_) => None,
        });
        let types = whole.module.types.len();
        let parts = link::link(&mut functions, &mut thunks.collect(), types)?;
        drop(functions);
        Ok(Code::from_parts(parts, &self.settings))
    }
}

/// A module that is there from the first byte to the last.
struct Whole<'a> {
    module: &'a Module,
    wasm: &'a [u8],
    shared: &'a Shared,
    profile: &'a dyn Profile,
}

impl Tier<Module> for Optimizer {
    fn name(&self) -> &'static str {
        "optimize"
    }

    fn settings(&self) -> &Settings {
        &self.settings
    }

    fn compile(
        &self,
        module: &Module,
        wasm: &[u8],
        workers: &dyn Workers,
    ) -> Result<Code, CompileError> {
        self.compile_with(module, wasm, workers, &NoProfile)
    }

    fn compile_with(
        &self,
        module: &Module,
        wasm: &[u8],
        workers: &dyn Workers,
        profile: &dyn Profile,
    ) -> Result<Code, CompileError> {
        let shared = Shared::new(module, &self.settings, self.targets.full());
        let whole = Whole { module, wasm, shared: &shared, profile };
        let all = 0..u32::try_from(module.bodies.len()).unwrap_or(u32::MAX);
        let functions = self.compile_units(&whole, &by_cost(module, all), workers)?;
        self.assemble(&whole, functions, workers)
    }

    fn parts(&self, module: &Arc<Module>, wasm: &SharedBytes) -> Option<Arc<dyn PartCompiler>> {
        Some(Arc::new(parts::Parts::new(self.clone(), module, wasm)))
    }

    fn begin(&self, module: &Module) -> Option<Arc<dyn EarlyCompile<Module>>> {
        Some(Arc::new(early::Early::new(self.clone(), module)))
    }
}

/// Functions, the most expensive first, so that threads end at about the same time.
fn by_cost(module: &Module, defined: impl IntoIterator<Item = u32>) -> Vec<Unit> {
    let mut functions: Vec<(u64, u32)> =
        defined.into_iter().map(|index| (module.body_cost(index), index)).collect();
    functions.sort_unstable_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
    functions.into_iter().map(|(_, index)| Unit::function(index)).collect()
}

/// The thunks that compiled functions call, and those of the types of imports.
fn thunks(module: &Module, functions: &[(Unit, Compiled)]) -> BTreeSet<Unit> {
    let imports = module.functions.iter().take(module.imported_functions as usize);
    let called = called_thunks(functions.iter().map(|(_, function)| function));
    called.chain(imports.map(|ty| Unit::Thunk(ty.0))).collect()
}

/// The thunks that compiled functions call, once per call.
fn called_thunks<'a>(functions: impl Iterator<Item = &'a Compiled>) -> impl Iterator<Item = Unit> {
    let calls = functions.flat_map(|function| &function.calls);
    calls.map(|call| call.target).filter(|target| matches!(target, Unit::Thunk(_)))
}
