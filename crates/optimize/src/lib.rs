//! Tier 2: from a [`Module`] to optimized machine code, through Cranelift.
//!
//! The only crate that names Cranelift. A module's functions are translated, optimized and encoded
//! independently of each other, on whatever threads the host lends, and then laid out as one image
//! without relocations. Not here: anything alive; running code.
//! Invariant: the same module under the same settings gives the same bytes, on any number of threads.
//! Read next: [`environment`] (what functions share), [`translate`] (operators), [`worker`] (one function),
//! [`link`] (the image).
#![forbid(unsafe_code)]

mod anchor;
mod environment;
mod error;
mod fixed;
pub mod inspect;
mod isa;
mod latch;
mod link;
mod shape;
mod thunk;
mod translate;
mod worker;

use environment::Environment;
use holm_abi::{Code, CompileError, Settings, Tier, Workers};
use holm_module::{Limits, Module};
use isa::Effort;
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use worker::{Compiled, Targets, Unit, Worker};

pub use isa::{host_features, x86_features};

/// The optimizing tier.
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
        let full = isa::target(&settings, Effort::Full)?;
        let bounded = isa::target(&settings, Effort::Bounded)?;
        let limits = Limits::default();
        Ok(Self { settings, targets: Targets { full, bounded }, limits })
    }

    /// What a unit deserves.
    fn effort(&self, module: &Module, unit: Unit) -> Effort {
        match unit {
            Unit::Function(index) => {
                let body = &module.bodies[index as usize];
                let worth = self.limits.is_worth_optimizing(body);
                if worth { Effort::Full } else { Effort::Bounded }
            }
            Unit::Thunk(_) => Effort::Full,
        }
    }

    /// Compiles the units, on as many threads as there are.
    fn compile_units(
        &self,
        env: &Environment<'_>,
        units: &[Unit],
        workers: &dyn Workers,
    ) -> Result<Vec<(Unit, Compiled)>, CompileError> {
        let next = AtomicUsize::new(0);
        let done = Mutex::new(Vec::with_capacity(units.len()));
        let failed: Mutex<Option<(Unit, error::Failure)>> = Mutex::new(None);
        let job = |_: usize| {
            let mut worker = Worker::new();
            let mut own = Vec::new();
            while let Some(unit) = units.get(next.fetch_add(1, Ordering::Relaxed)) {
                let effort = self.effort(env.module, *unit);
                match worker.compile(env, &self.targets, *unit, effort) {
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
            let function = match unit {
                Unit::Function(defined) => env.module.function_index(defined),
                Unit::Thunk(ty) => ty,
            };
            return Err(failure.for_function(function));
        }
        let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
        done.sort_unstable_by_key(|(unit, _)| *unit);
        Ok(done)
    }
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
        let env = Environment::new(module, wasm, &self.settings, &*self.targets.full);
        let functions = self.compile_units(&env, &functions(module), workers)?;
        let thunks: Vec<Unit> = thunks(module, &functions).into_iter().collect();
        let thunks = self.compile_units(&env, &thunks, workers)?;
        let functions: Vec<Compiled> = functions.into_iter().map(|(_, code)| code).collect();
        let thunks = thunks.into_iter().filter_map(|(unit, code)| match unit {
            Unit::Thunk(ty) => Some((ty, code)),
            Unit::Function(_) => None,
        });
        let thunks = thunks.collect();
        let parts = link::link(&functions, &thunks, module.types.len())?;
        Ok(Code::from_parts(parts, &self.settings))
    }
}

/// The functions of a module, the most expensive first, so that threads end at about the same time.
fn functions(module: &Module) -> Vec<Unit> {
    let mut functions: Vec<(u64, u32)> =
        (0..).zip(&module.bodies).map(|(index, body)| (body.cost, index)).collect();
    functions.sort_unstable_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
    functions.into_iter().map(|(_, index)| Unit::Function(index)).collect()
}

/// The thunks that compiled functions call, and those of the types of imports.
fn thunks(module: &Module, functions: &[(Unit, Compiled)]) -> BTreeSet<Unit> {
    let calls = functions.iter().flat_map(|(_, function)| &function.calls);
    let called = calls.map(|call| call.target).filter(|target| matches!(target, Unit::Thunk(_)));
    let imports = module.functions.iter().take(module.imported_functions as usize);
    called.chain(imports.map(|ty| Unit::Thunk(ty.0))).collect()
}
