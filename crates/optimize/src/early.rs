//! Compiling a module that is still arriving.
//!
//! A function is compiled once all bodies are there that could be inlined into it. Helpers that have nothing
//! better to do guess: they compile a function as if the missing callees were too large to be inlined, which
//! most are. Facts (a table that is never written, a global that is never set) are taken as the bodies so far
//! have them. What a function's code depended on is kept beside it, and looked at again when more has arrived
//! and in the end: code whose answers turned out wrong is dropped. So a function is compiled twice at
//! worst, and the image is the one of [`holm_abi::Tier::compile`]. Not here: threads; helpers are the host's.
//! Invariant: every function is in at most one of the queues of [`State`], or in work, or done.
//! Read next: [`crate::known`].

use crate::environment::{Calls, Environment, Shared};
use crate::error::Failure;
use crate::known::{Asked, Chunk, Known, Snapshot};
use crate::worker::{Compiled, Unit, Worker};
use crate::{Optimizer, Whole, by_cost};
use holm_abi::{Code, CompileError, EarlyCompile, NoProfile, Workers};
use holm_module::Module;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

/// A module that is still arriving.
pub(crate) struct Early {
    optimizer: Optimizer,
    /// Everything before the first body.
    module: Module,
    shared: Shared,
    state: Mutex<State>,
    /// Told whenever a function is not in work any more.
    settled: Condvar,
}

/// Functions (by defined index) and how far they are.
#[derive(Default)]
struct State {
    snapshot: Arc<Snapshot>,
    /// To be tried.
    fresh: VecDeque<u32>,
    /// Waiting for a callee, by that callee.
    parked: BTreeMap<u32, Vec<u32>>,
    /// The same, if a guess was wrong already.
    unlucky: BTreeMap<u32, Vec<u32>>,
    refuted: BTreeSet<u32>,
    /// In work.
    busy: BTreeSet<u32>,
    /// Compiled; the answers may still turn out wrong.
    done: BTreeMap<u32, (Compiled, Asked)>,
    /// Those among them that are guesses, by the last callee that was missing.
    guessed: BTreeMap<u32, Vec<u32>>,
    /// How many helpers there are.
    helpers: usize,
    stopped: bool,
}

impl State {
    /// Everything in `queue` that waits for a body that is there.
    fn due(queue: &mut BTreeMap<u32, Vec<u32>>, ready: u32) -> Vec<u32> {
        let later = queue.split_off(&ready);
        std::mem::replace(queue, later).into_values().flatten().collect()
    }

    /// Takes code back, so that the function is compiled again.
    fn refute(&mut self, function: u32) {
        self.done.remove(&function);
        self.refuted.insert(function);
        self.fresh.push_back(function);
    }

    /// Looks again at what waited for bodies that are there now.
    fn review(&mut self) {
        let snapshot = Arc::clone(&self.snapshot);
        let parked = Self::due(&mut self.parked, snapshot.ready);
        let unlucky = Self::due(&mut self.unlucky, snapshot.ready);
        self.fresh.extend(parked.into_iter().chain(unlucky));
        for function in Self::due(&mut self.guessed, snapshot.ready) {
            let body = |callee| snapshot.body(callee).map(|(body, _)| body);
            // It may have been compiled again since, and may be waiting for other callees now.
            let Some((_, asked)) = self.done.get(&function) else { continue };
            let is_due = asked.last_missing().is_some_and(|missing| missing < snapshot.ready);
            if is_due && !asked.callees_are_large(body) {
                self.refute(function);
            }
        }
    }

    /// Drops what depends on facts that were broken.
    fn review_facts(&mut self) {
        let facts = &self.snapshot.facts;
        let wrong = self.done.iter().filter(|(_, (_, asked))| !asked.agrees_with(facts));
        let wrong: Vec<u32> = wrong.map(|(function, _)| *function).collect();
        wrong.into_iter().for_each(|function| self.refute(function));
    }

    /// How many functions helpers could work on.
    fn waiting(&self) -> usize {
        self.fresh.len() + self.parked.values().map(Vec::len).sum::<usize>()
    }

    /// The next function to work on, and whether to guess.
    fn take(&mut self) -> Option<(u32, bool)> {
        if self.stopped {
            return None;
        }
        let next = self.fresh.pop_front().map(|function| (function, false)).or_else(|| {
            // What waits for the last callee waits the longest.
            let mut last = self.parked.last_entry()?;
            let function = last.get_mut().pop();
            if last.get().is_empty() {
                last.remove();
            }
            Some((function?, true))
        });
        self.busy.extend(next.map(|(function, _)| function));
        next
    }

    /// What came of a function.
    fn settle(&mut self, function: u32, outcome: Result<(Compiled, Asked), Failure>) {
        self.busy.remove(&function);
        match outcome {
            Ok((_, asked)) if !self.stopped && !asked.agrees_with(&self.snapshot.facts) => {
                self.fresh.push_back(function);
            }
            Ok((compiled, asked)) => {
                if let Some(missing) = asked.last_missing() {
                    self.guessed.entry(missing).or_default().push(function);
                }
                self.done.insert(function, (compiled, asked));
            }
            Err(Failure::Early(Some(missing))) => {
                let unlucky = self.refuted.contains(&function);
                let queue = if unlucky { &mut self.unlucky } else { &mut self.parked };
                queue.entry(missing).or_default().push(function);
            }
            // Compiled in the end, whatever comes of it then.
            Err(_) => {}
        }
        if !self.stopped {
            self.review();
        }
    }
}

impl Early {
    pub(crate) fn new(optimizer: Optimizer, module: &Module) -> Self {
        let module = Module { bodies: Vec::new(), ..module.clone() };
        let shared = Shared::new(&module, &optimizer.settings, optimizer.targets.full());
        Self { optimizer, module, shared, state: Mutex::default(), settled: Condvar::new() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn compile(
        &self,
        worker: &mut Worker,
        snapshot: &Snapshot,
        function: u32,
        guess: bool,
    ) -> Result<(Compiled, Asked), Failure> {
        let Optimizer { settings, targets, .. } = &self.optimizer;
        let known = Known::so_far(&self.module, snapshot, guess);
        let env = Environment::new(&self.shared, &self.module, settings, known, Calls::Image);
        let unit = Unit::function(function);
        let effort = self.optimizer.effort(&env.known, unit);
        let compiled = worker.compile(&env, targets, unit, effort)?;
        Ok((compiled, env.known.into_asked()))
    }
}

impl EarlyCompile<Module> for Early {
    fn arrived(&self, module: &Module, wasm: &[u8], helpers_max: usize) -> usize {
        let mut state = self.state();
        let first = state.snapshot.ready;
        let bodies = module.bodies.get(first as usize..).unwrap_or_default();
        let ready = first.saturating_add(u32::try_from(bodies.len()).unwrap_or(u32::MAX));
        let mut snapshot = Snapshot::clone(&state.snapshot);
        if let (Some(one), Some(last)) = (bodies.first(), bodies.last()) {
            let start = one.range.start;
            let bytes = module.bytes(wasm, &(start..last.range.end)).unwrap_or_default().to_vec();
            let chunk = Chunk { first, bodies: bodies.to_vec(), start, bytes };
            snapshot.chunks.push(Arc::new(chunk));
        }
        snapshot.ready = ready;
        let same_facts = *snapshot.facts == module.facts;
        if !same_facts {
            snapshot.facts = Arc::new(module.facts.clone());
        }
        state.snapshot = Arc::new(snapshot);
        state.fresh.extend(first..ready);
        state.review();
        if !same_facts {
            state.review_facts();
        }
        let more = helpers_max.min(state.waiting()).saturating_sub(state.helpers);
        state.helpers += more;
        more
    }

    fn help(&self) {
        let mut worker = Worker::new();
        let mut state = self.state();
        while let Some((function, guess)) = state.take() {
            let snapshot = Arc::clone(&state.snapshot);
            drop(state);
            // Whatever happens, the function does not stay in work.
            let compile = || self.compile(&mut worker, &snapshot, function, guess);
            let outcome = catch_unwind(AssertUnwindSafe(compile))
                .unwrap_or_else(|_| Err(Failure::Bug("compiling it early failed".to_owned())));
            state = self.state();
            state.settle(function, outcome);
            self.settled.notify_all();
        }
        state.helpers = state.helpers.saturating_sub(1);
    }

    fn stop(&self) {
        self.state().stopped = true;
    }

    fn finish(
        &self,
        module: &Module,
        wasm: &[u8],
        workers: &dyn Workers,
    ) -> Result<Code, CompileError> {
        // What is compiled from here on sees the whole module; what is in work may still be of use.
        let all = 0..u32::try_from(module.bodies.len()).unwrap_or(u32::MAX);
        let missing: Vec<u32> = {
            let mut state = self.state();
            state.stopped = true;
            state.snapshot = Arc::default();
            keep_what_holds(&mut state.done, module);
            let is_missing = |f: &u32| !state.done.contains_key(f) && !state.busy.contains(f);
            all.clone().filter(is_missing).collect()
        };
        let shared = Shared::new(module, &self.optimizer.settings, self.optimizer.targets.full());
        let whole = Whole { module, wasm, shared: &shared, profile: &NoProfile };
        let compile =
            |missing| self.optimizer.compile_units(&whole, &by_cost(module, missing), workers);
        let mut functions = compile(missing)?;
        let mut state = self.state();
        while !state.busy.is_empty() {
            state = self.settled.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        let mut done = std::mem::take(&mut state.done);
        drop(state);
        keep_what_holds(&mut done, module);
        let compiled: BTreeSet<Unit> = functions.iter().map(|(unit, _)| *unit).collect();
        let is_missing = |f: &u32| !done.contains_key(f) && !compiled.contains(&Unit::function(*f));
        functions.extend(compile(all.filter(is_missing).collect())?);
        functions.extend(done.into_iter().map(|(f, (code, _))| (Unit::function(f), code)));
        functions.sort_unstable_by_key(|(unit, _)| *unit);
        self.optimizer.assemble(&whole, functions, workers)
    }
}

/// Drops code whose answers do not hold of the whole module.
fn keep_what_holds(done: &mut BTreeMap<u32, (Compiled, Asked)>, module: &Module) {
    done.retain(|_, (_, asked)| {
        asked.agrees_with(&module.facts)
            && asked.callees_are_large(|callee| module.bodies.get(callee as usize))
    });
}

#[cfg(test)]
mod tests;
