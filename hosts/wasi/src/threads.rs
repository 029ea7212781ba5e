//! Threads of one program (wasi-threads): each an instance and a store of its own, over the same memory and the same context.
//!
//! A guest asks for a thread with `thread-spawn`. It gets an instance of the same module on a thread of the host, which calls
//! `wasi_thread_start`. The program ends when its first thread returns, or when any thread traps or exits: then all others are
//! stopped, wherever they wait, and the embedder gets what ended it.
//!
//! Not here: how a call uses the context (`threads/shared.rs`), starting one thread (`threads/spawn.rs`).
//!
//! Threads that end because the program is over take no lock that the others want: on two processors a queue of a hundred of
//! them would take longer than all that they have left to do.
//!
//! Invariant: whoever ends first, under the lock of `State`, decides what the program ended with; no thread begins after that,
//! and `end` returns only when none is left.
//!
//! Read next: `threads/spawn.rs`.

mod shared;
mod spawn;
mod used;

pub use shared::WasiThread;

use crate::linker;
use crate::{Stopper, Usage, WasiCtx};
use holm::{
    Budget, Engine, Error, ExternType, Instance, InstancePre, InterruptHandle, Linker, Module,
    Result, SharedMemory, Store, StoreLimits, StoreUsage,
};
use shared::Together;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use used::Used;

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
    /// Whether somebody is told what is refused.
    is_logged: bool,
    /// Nothing runs any more, or will soon not. Changed under the lock of `state`.
    over: AtomicBool,
    /// Whom the end has to reach, and how many of them it has.
    stopping: OnceLock<Vec<InterruptHandle>>,
    stopped: AtomicUsize,
    /// Threads that there are, or are about to be, without the first one.
    alive: AtomicU32,
    used: Used,
    state: Mutex<State>,
    ended: Condvar,
    /// Where threads wait that have nothing left to do but to end.
    gate: Mutex<()>,
    opened: Condvar,
}

#[derive(Debug, Default)]
struct State {
    /// The number that was given out last.
    last: u32,
    /// Threads that run; once the program is over also some that do not any more.
    running: BTreeMap<u32, InterruptHandle>,
    /// The first thread, for stopping it.
    first: Option<InterruptHandle>,
    /// What ended the program, if that was not the first thread.
    outcome: Option<Error>,
    /// Threads that were ever started, and the most at once, the first one included.
    threads: u64,
    threads_peak: u64,
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
        Ok(Threads(Arc::new(Group {
            is_logged: ctx.refusals.is_some(),
            ctx: Mutex::new(ctx),
            stopper,
            limits,
            budget: Budget::default(),
            program: OnceLock::new(),
            over: AtomicBool::new(false),
            stopping: OnceLock::new(),
            stopped: AtomicUsize::new(0),
            alive: AtomicU32::new(0),
            used: Used::default(),
            state: Mutex::new(State { threads: 1, threads_peak: 1, ..State::default() }),
            ended: Condvar::new(),
            gate: Mutex::new(()),
            opened: Condvar::new(),
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
        self.0.stop(state);
        let mut state = self.0.state();
        while self.0.alive.load(Ordering::SeqCst) > 0 {
            state = self.0.ended.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        state.outcome.take().map_or(result, Err)
    }

    /// Stops all threads, from any thread; each ends with the trap `interrupted`.
    pub fn interrupt(&self) {
        self.0.stop(self.0.state());
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
        let State { threads, threads_peak, .. } = *self.0.state();
        let (ended, fuel_left) = (self.0.used.stores(), self.0.used.fuel_left());
        ThreadUsage { threads, threads_peak, ended, fuel_left }
    }
}

impl Group {
    fn context(&self) -> MutexGuard<'_, WasiCtx> {
        self.ctx.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_over(&self) -> bool {
        self.over.load(Ordering::SeqCst)
    }

    /// Stops every thread that runs, wherever it is.
    fn stop(&self, state: MutexGuard<'_, State>) {
        let all = || state.running.values().chain(&state.first).cloned().collect();
        let handles = self.stopping.get_or_init(all);
        self.over.store(true, Ordering::SeqCst);
        drop(state);
        self.stopper.stop();
        InterruptHandle::announce_end(handles.iter());
        self.help_to_stop();
    }

    /// Stops threads that nobody has stopped yet. Each that has ended does that for others: among a hundred that do nothing but
    /// compute, the one that began may not get another turn for long.
    fn help_to_stop(&self) {
        let handles = self.stopping.get().map(Vec::as_slice).unwrap_or_default();
        // Whoever was told last ends last.
        while let Some(handle) =
            handles.iter().rev().nth(self.stopped.fetch_add(1, Ordering::Relaxed))
        {
            handle.enforce_end();
        }
    }

    /// Notes that a thread has ended, and ends the program with it if it failed.
    fn leave(&self, id: u32, result: Result<()>, usage: &StoreUsage, fuel: Option<u64>) {
        self.used.add(usage, fuel.unwrap_or(0));
        if !self.is_over() {
            let mut state = self.state();
            state.running.remove(&id);
            if let (Err(error), false) = (result, self.is_over()) {
                state.outcome = Some(error);
                self.stop(state);
            }
        }
        self.help_to_stop();
        self.one_less();
    }

    /// Waits, once the program is over, until all threads have come this far: a thread of the host that ends takes longer than
    /// a guest that does, and the program ends with the last guest.
    fn let_others_leave(&self) {
        if self.is_over() {
            let mut gate = self.gate.lock().unwrap_or_else(PoisonError::into_inner);
            while self.alive.load(Ordering::SeqCst) > 0 {
                gate = self.opened.wait(gate).unwrap_or_else(PoisonError::into_inner);
            }
        }
    }

    /// There is one thread less. The last one tells.
    fn one_less(&self) {
        if self.alive.fetch_sub(1, Ordering::SeqCst) == 1 {
            // Whoever waits has looked before, or looks again.
            drop(self.state());
            self.ended.notify_all();
            drop(self.gate.lock());
            self.opened.notify_all();
        }
    }
}
