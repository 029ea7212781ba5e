//! Threads of one program (wasi-threads): each an instance and a store of its own, over the same memory and the same context.
//!
//! A guest asks for a thread with `thread-spawn`. It gets an instance of the same module on a thread of the host, which calls
//! `wasi_thread_start`. The program ends when its first thread returns, or when any thread traps or exits: then all others are
//! stopped, wherever they wait, and the embedder gets what ended it.
//!
//! Not here: how a call uses the context (`threads/shared.rs`), starting one thread (`threads/spawn.rs`).
//!
//! Invariant: whoever ends first, under the lock of `State`, decides what the program ended with; no thread begins after that,
//! and `end` returns only when none is left.
//!
//! Read next: `threads/spawn.rs`.

mod shared;
mod spawn;

pub use shared::WasiThread;

use crate::linker;
use crate::{Stopper, Usage, WasiCtx};
use holm::{
    Budget, Engine, Error, ExternType, Instance, InstancePre, InterruptHandle, Linker, Module,
    Result, SharedMemory, Store, StoreLimits, StoreUsage,
};
use shared::Together;
use std::collections::BTreeMap;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};

/// Threads that may run at once, the first one included, unless the embedder sets another number.
pub const THREADS_MAX_DEFAULT: u32 = 128;

/// The module and the name of the function that makes a thread.
pub const SPAWN: (&str, &str) = ("wasi", "thread-spawn");

/// What the threads of a program may use.
#[derive(Clone, Copy, Debug)]
pub struct ThreadLimits {
    /// How many may run at once, the first one included.
    pub threads_max: u32,
    /// What all of them together may hold.
    pub store: StoreLimits,
    /// Fuel for all of them together, where the engine counts it. Each thread gets an equal share of what its maker has left,
    /// by how many may run.
    pub fuel: Option<u64>,
}

impl Default for ThreadLimits {
    fn default() -> ThreadLimits {
        let store = StoreLimits::default();
        ThreadLimits { threads_max: THREADS_MAX_DEFAULT, store, fuel: None }
    }
}

/// What the threads of a program have used, together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ThreadUsage {
    /// Threads that were ever started, the first one included.
    pub threads: u64,
    /// The most that ran at once.
    pub threads_peak: u64,
    /// What the stores of threads that have ended had used; of memories that are shared and of fuel, nothing.
    pub ended: StoreUsage,
    /// Fuel that threads had left when they ended, and that no other was given.
    pub fuel_left: u64,
}

/// The threads of one program. Cloning gives another handle to the same.
#[derive(Clone, Debug)]
pub struct Threads(Arc<Group>);

#[derive(Debug)]
struct Group {
    ctx: Mutex<WasiCtx>,
    stopper: Stopper,
    limits: ThreadLimits,
    budget: Budget,
    program: OnceLock<InstancePre<WasiThread>>,
    state: Mutex<State>,
    ended: Condvar,
}

#[derive(Debug, Default)]
struct State {
    /// The number that was given out last.
    last: u32,
    running: BTreeMap<u32, InterruptHandle>,
    /// The first thread, for stopping it.
    first: Option<InterruptHandle>,
    /// Nothing runs any more, or will soon not.
    over: bool,
    /// What ended the program, if that was not the first thread.
    outcome: Option<Error>,
    /// Fuel of threads that have ended.
    fuel: u64,
    usage: ThreadUsage,
}

impl Threads {
    /// The threads of a program that has been granted `ctx`. Takes one descriptor of the host process, if the context has no
    /// stopper.
    ///
    /// # Errors
    /// When the kernel has none left.
    pub fn new(mut ctx: WasiCtx, limits: ThreadLimits) -> std::io::Result<Threads> {
        let stopper = match &ctx.stopper {
            Some(stopper) => stopper.clone(),
            None => Stopper::new()?,
        };
        ctx.stopper = Some(stopper.clone());
        ctx.elsewhere = Some(crate::capability::wait::Elsewhere::default());
        let usage = ThreadUsage { threads: 1, threads_peak: 1, ..ThreadUsage::default() };
        Ok(Threads(Arc::new(Group {
            ctx: Mutex::new(ctx),
            stopper,
            limits,
            budget: Budget::default(),
            program: OnceLock::new(),
            state: Mutex::new(State { usage, ..State::default() }),
            ended: Condvar::new(),
        })))
    }

    /// Offers the functions of WASI and `thread-spawn`.
    ///
    /// # Errors
    /// When a name is defined already.
    pub fn add_to_linker(linker: &mut Linker<WasiThread>) -> Result<()> {
        linker::add_all(linker, Together)?;
        linker.func_wrap(SPAWN.0, SPAWN.1, spawn::spawn)?;
        Ok(())
    }

    /// The store of the first thread.
    ///
    /// # Errors
    /// When the system has no memory left.
    pub fn store(&self, engine: &Engine) -> Result<Store<WasiThread>> {
        let mut store = Store::try_new(engine, self.0.limits.store, WasiThread::new(&self.0, 0))?;
        store.share_limits(&self.0.budget)?;
        if let Some(fuel) = self.0.limits.fuel {
            store.set_fuel(fuel)?;
        }
        self.0.state().first = Some(store.interrupt_handle());
        Ok(store)
    }

    /// Makes the memories that the threads share and the instance of the first thread; those of the other threads are given the
    /// same imports.
    ///
    /// # Errors
    /// As for `Linker::instantiate`, and when it was called before.
    pub fn instantiate(
        &self,
        store: &mut Store<WasiThread>,
        linker: &Linker<WasiThread>,
        module: &Module,
    ) -> Result<Instance> {
        let mut linker = linker.clone();
        for import in module.imports() {
            let ExternType::Memory(ty) = import.ty() else { continue };
            let (from, name) = (import.module(), import.name());
            if ty.shared && !linker.contains(from, name) {
                let memory = SharedMemory::new(module.engine(), *ty)?;
                linker.define_shared(from, name, &memory)?;
            }
        }
        // Known before anything of it runs: what runs first may make threads.
        let program = linker.instantiate_pre(module)?;
        if self.0.program.set(program.clone()).is_err() {
            return Err(Error::host("these threads have a program already"));
        }
        program.instantiate(store)
    }

    /// Ends the program, whose first thread came back with `result`: stops all other threads and waits until they are gone.
    /// Gives what the program ended with.
    ///
    /// # Errors
    /// When the first thread failed, or another one did before it came back. That can be an [`crate::Exit`].
    pub fn end(&self, result: Result<()>) -> Result<()> {
        let mut state = self.0.state();
        state.first = None;
        let was_over = state.over;
        self.0.stop(&mut state);
        while !state.running.is_empty() {
            state = self.0.ended.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        match state.outcome.take() {
            Some(outcome) if was_over => Err(outcome),
            _ => result,
        }
    }

    /// Stops all threads, from any thread; each ends with the trap `interrupted`.
    pub fn interrupt(&self) {
        let mut state = self.0.state();
        self.0.stop(&mut state);
    }

    /// What the program was granted, between two calls of its threads.
    pub fn with_context<R>(&self, f: impl FnOnce(&mut WasiCtx) -> R) -> R {
        f(&mut self.0.context())
    }

    /// What the program has used of its host.
    #[must_use]
    pub fn wasi_usage(&self) -> Usage {
        self.0.context().usage()
    }

    /// What the threads have used; that of the first one's store, and of those that still run, is theirs to tell.
    #[must_use]
    pub fn usage(&self) -> ThreadUsage {
        let state = self.0.state();
        ThreadUsage { fuel_left: state.fuel, ..state.usage }
    }
}

impl Group {
    fn context(&self) -> MutexGuard<'_, WasiCtx> {
        self.ctx.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Stops every thread that runs, wherever it is.
    fn stop(&self, state: &mut State) {
        state.over = true;
        let State { running, first, .. } = state;
        InterruptHandle::interrupt_all(running.values().chain(&*first));
        self.stopper.stop();
    }

    /// Notes that a thread has ended, and ends the program with it if it failed.
    fn leave(&self, id: u32, result: Result<()>, usage: StoreUsage, fuel: Option<u64>) {
        let mut state = self.state();
        state.running.remove(&id);
        state.fuel = state.fuel.saturating_add(fuel.unwrap_or(0));
        let ended = &mut state.usage.ended;
        ended.table_entries += usage.table_entries;
        ended.memory_bytes += usage.memory_bytes - usage.shared_memory_bytes;
        ended.heap_bytes += usage.heap_bytes;
        ended.heap_bytes_made += usage.heap_bytes_made;
        ended.instances += usage.instances;
        if let (Err(error), false) = (result, state.over) {
            state.outcome = Some(error);
            self.stop(&mut state);
        }
        if state.running.is_empty() {
            self.ended.notify_all();
        }
    }
}
