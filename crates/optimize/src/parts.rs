//! Single functions of a module, compiled in batches while the module runs.
//!
//! What all functions share is worked out once; memory that compiling needs is kept from one batch to the next. Not
//! here: which functions are worth it, and when; see whoever calls. Invariant: the same batch gives the same
//! bytes under the same profile.
//! Read next: [`crate::environment::Calls`], [`crate::link`].

use crate::environment::{Calls, Environment, Shared};
use crate::known::Known;
use crate::worker::{Compiled, Unit, Worker};
use crate::{Optimizer, called_thunks, link};
use holm_abi::{Code, CompileError, Entry, Part, PartCompiler, Profile, SharedBytes};
use holm_module::Module;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Batches that cost more leave memory behind that is not worth keeping.
const KEPT_COST_MAX: u64 = 50_000;

/// Compiles functions of one module.
pub(crate) struct Parts {
    optimizer: Optimizer,
    module: Arc<Module>,
    wasm: SharedBytes,
    shared: Shared,
    /// Those that nobody uses at the moment.
    workers: Mutex<Vec<Worker>>,
}

impl Parts {
    pub(crate) fn new(optimizer: Optimizer, module: &Arc<Module>, wasm: &SharedBytes) -> Self {
        let shared = Shared::new(module, &optimizer.settings, optimizer.targets.full());
        let (module, wasm) = (Arc::clone(module), wasm.clone());
        Self { optimizer, module, wasm, shared, workers: Mutex::default() }
    }

    fn workers(&self) -> MutexGuard<'_, Vec<Worker>> {
        self.workers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn compile_with(
        &self,
        worker: &mut Worker,
        batch: &[Part],
        profile: &dyn Profile,
    ) -> Result<Code, CompileError> {
        let starts = starts(&self.module, batch)?;
        let Optimizer { settings, targets, .. } = &self.optimizer;
        let known = Known::whole(&self.module, &self.wasm);
        let calls = Calls::Entries(&starts);
        let env = Environment::new(&self.shared, &self.module, settings, known, calls);
        let env = env.with_profile(profile);
        let mut compile = |unit: Unit| {
            let effort = self.optimizer.effort(&env.known, unit);
            let compiled = worker.compile(&env, targets, unit, effort);
            compiled.map_err(|failure| unit.failed(failure, &self.module))
        };
        let functions = batch.iter().map(|part| compile(Unit::Part(*part)));
        let mut functions = functions.collect::<Result<Vec<Compiled>, _>>()?;
        let called: BTreeSet<Unit> = called_thunks(functions.iter()).collect();
        let mut thunks = BTreeMap::new();
        for unit in called {
            if let Unit::Thunk(ty) = unit {
                thunks.insert(ty, compile(unit)?);
            }
        }
        let parts = link::link_parts(batch, &mut functions, &mut thunks)?;
        Ok(Code::from_parts(parts, settings))
    }
}

impl PartCompiler for Parts {
    fn compile(&self, batch: &[Part], profile: &dyn Profile) -> Result<Code, CompileError> {
        let idle = self.workers().pop();
        let mut worker = idle.unwrap_or_else(Worker::new);
        let code = self.compile_with(&mut worker, batch, profile);
        if batch.iter().map(|part| self.module.body_cost(part.defined)).sum::<u64>()
            <= KEPT_COST_MAX
        {
            self.workers().push(worker);
        }
        code
    }
}

/// The functions that a batch has from their starts on.
///
/// # Errors
/// When it names nothing, or something twice, or what is not in the module.
pub(crate) fn starts(module: &Module, batch: &[Part]) -> Result<BTreeSet<u32>, CompileError> {
    let bug = |text: String| Err(CompileError::Bug(text));
    if batch.is_empty() {
        return bug("a batch of no functions is to be compiled".to_owned());
    }
    let mut seen = BTreeSet::new();
    for part in batch {
        if part.defined as usize >= module.bodies.len() {
            let (asked, most) = (part.defined, module.bodies.len());
            return bug(format!("function body {asked} is to be compiled, of {most}"));
        }
        if !seen.insert(part) {
            return bug(format!("function body {} is to be compiled twice", part.defined));
        }
    }
    let starts = batch.iter().filter(|part| part.entry == Entry::Start);
    Ok(starts.map(|part| part.defined).collect())
}
