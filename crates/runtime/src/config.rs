//! The switches of an engine.
//!
//! Not here: limits of one store (see [`crate::StoreLimits`]) and of modules (see
//! [`crate::ModuleLimits`]). Invariant: a [`Config`] is only data; what it asks for is checked when an engine
//! is made of it. Read next: [`crate::engine`].

use crate::cache::CodeCache;
use crate::tiering::thresholds::Tiering;
use holm_abi::{MemoryStrategy, OneWorker, Workers};
use holm_module::{Features, Limits};
use std::fmt;
use std::sync::Arc;

/// What an engine is like. Each method says what the default is, what another choice costs and what can
/// reject it.
#[derive(Clone)]
pub struct Config {
    pub(crate) memory_strategy: Option<MemoryStrategy>,
    pub(crate) stack_bytes: usize,
    pub(crate) host_stack_bytes_max: usize,
    pub(crate) fuel: bool,
    pub(crate) interruption: bool,
    pub(crate) canonical_nans: bool,
    pub(crate) optimize: bool,
    pub(crate) tier: Option<&'static str>,
    pub(crate) tiering: Option<Tiering>,
    pub(crate) gc_stress: bool,
    pub(crate) clock: Option<fn() -> u64>,
    pub(crate) processor_clock: Option<fn() -> u64>,
    pub(crate) features: Features,
    pub(crate) module_limits: Limits,
    pub(crate) workers: Arc<dyn Workers + Send + Sync>,
    pub(crate) code_cache: Option<Arc<dyn CodeCache>>,
}

impl Default for Config {
    fn default() -> Self {
        Self::new()
    }
}

impl Config {
    /// The defaults.
    #[must_use]
    pub fn new() -> Self {
        let pool = holm_vm::PoolConfig::default();
        Self {
            memory_strategy: None,
            stack_bytes: pool.stack_bytes,
            host_stack_bytes_max: pool.host_stack_bytes_max,
            fuel: false,
            interruption: true,
            canonical_nans: false,
            optimize: true,
            tier: None,
            tiering: None,
            gc_stress: false,
            clock: None,
            processor_clock: None,
            features: Features::default(),
            module_limits: Limits::default(),
            workers: Arc::new(OneWorker),
            code_cache: None,
        }
    }

    /// How linear memories are kept inside their bounds.
    ///
    /// Default: `None`, which chooses. `Reserved` reserves 4 GiB of addresses (no memory) for each 32-bit
    /// memory, so that accesses need no check; `Checked` works anywhere and costs about 10 to 30 % of run
    /// time. `None` takes `Reserved` where the system gives that much address space and `Checked` elsewhere.
    ///
    /// Rejected: `Reserved` on a system that does not give the address space (`ulimit -v`, some containers).
    pub fn memory_strategy(&mut self, strategy: Option<MemoryStrategy>) -> &mut Self {
        self.memory_strategy = strategy;
        self
    }

    /// The size of the stack that the guests of one store share.
    ///
    /// Default: 2 MiB. A guest that needs more traps with "call stack exhausted". A larger stack costs
    /// address space, and memory only as far as guests use it.
    ///
    /// Rejected: never; a store cannot be made when the system has not that much memory.
    pub fn stack_bytes(&mut self, bytes: usize) -> &mut Self {
        self.stack_bytes = bytes;
        self
    }

    /// How much of the host's own stack nested calls (host → guest → host → guest …) may use.
    ///
    /// Default: 512 KiB, which suits threads with 2 MiB. A guest that nests deeper traps with "call stack
    /// exhausted". Costs nothing; threads that run guests must have that much stack left when they enter the
    /// first one.
    pub fn host_stack_bytes_max(&mut self, bytes: usize) -> &mut Self {
        self.host_stack_bytes_max = bytes;
        self
    }

    /// Whether guests count the operators they execute, so that [`crate::Store::set_fuel`] can limit them.
    ///
    /// Default: off. On costs 10 to 40 % of run time. The same module with the same input uses the same fuel
    /// on every machine.
    pub fn fuel(&mut self, on: bool) -> &mut Self {
        self.fuel = on;
        self
    }

    /// Whether running guests can be stopped through [`crate::InterruptHandle`].
    ///
    /// Default: on. Costs about 3 % of run time. Off, a guest that never returns can only be stopped by
    /// ending the process.
    pub fn interruption(&mut self, on: bool) -> &mut Self {
        self.interruption = on;
        self
    }

    /// Whether every NaN that an operator produces has the same bits, which makes guests deterministic.
    ///
    /// Default: off, as the standard allows. On costs up to a third of run time in code full of floats.
    pub fn canonical_nans(&mut self, on: bool) -> &mut Self {
        self.canonical_nans = on;
        self
    }

    /// Whether code is optimized.
    ///
    /// Default: on. Off compiles about twice as fast and runs about half as fast; it is meant for tests.
    pub fn optimize(&mut self, on: bool) -> &mut Self {
        self.optimize = on;
        self
    }

    /// Which way functions are run, by name. `optimize` compiles all of them to machine code before anything runs;
    /// `interp` interprets them; `auto` begins with that and compiles, in the background, those that run often, and
    /// a loop that is running goes on in the new code.
    ///
    /// Default: `None`, which is `optimize` where a build has it. `interp` makes no machine code, so that it works where
    /// none may be made; programs run five to fifteen times as long. Results, traps and fuel are the same.
    ///
    /// Rejected: a name that this build does not have.
    pub fn tier(&mut self, name: Option<&'static str>) -> &mut Self {
        self.tier = name;
        self
    }

    /// When functions move up under the tier `auto`.
    ///
    /// Default: `None`, which is [`Tiering::BACKGROUND`] if [`Config::workers`] has a background and
    /// [`Tiering::ALONE`] otherwise: then the thread that runs the guest compiles. Costs nothing.
    pub fn tiering(&mut self, tiering: Option<Tiering>) -> &mut Self {
        self.tiering = tiering;
        self
    }

    /// Whether the collector runs at every allocation, which finds references that it was not told of.
    ///
    /// Default: off. On is slow and meant for tests.
    pub fn gc_stress(&mut self, on: bool) -> &mut Self {
        self.gc_stress = on;
        self
    }

    /// A clock that never goes back, in nanoseconds, to measure the collector's pauses with. The engine has none
    /// of its own.
    ///
    /// Default: none; [`crate::HeapStats`] then counts collections without their time.
    pub fn clock(&mut self, clock: Option<fn() -> u64>) -> &mut Self {
        self.clock = clock;
        self
    }

    /// A clock of the processor time of the thread that asks, in nanoseconds, for [`crate::StoreUsage::processor_ns`].
    ///
    /// Default: none. It is read twice per call from outside into a store, which is one or two system calls and too dear
    /// for calls that take less than a microsecond. What runs inside costs nothing.
    pub fn processor_clock(&mut self, clock: Option<fn() -> u64>) -> &mut Self {
        self.processor_clock = clock;
        self
    }

    /// Which proposals modules may use.
    ///
    /// Default: WebAssembly 3.0. Costs nothing. A module that uses another one is refused with the
    /// proposal's name.
    ///
    /// Rejected: when a module is compiled, for proposals that can be decoded but not yet run.
    pub fn features(&mut self, features: Features) -> &mut Self {
        self.features = features;
        self
    }

    /// What modules may contain, so that a hostile one cannot exhaust the compiler.
    ///
    /// Default: [`crate::ModuleLimits::default`], which every real program known to us passes.
    pub fn module_limits(&mut self, limits: Limits) -> &mut Self {
        self.module_limits = limits;
        self
    }

    /// Threads that the host lends for validating and compiling. The engine never starts one itself.
    ///
    /// Default: the thread that asks for the module, alone.
    pub fn workers(&mut self, workers: Arc<dyn Workers + Send + Sync>) -> &mut Self {
        self.workers = workers;
        self
    }

    /// Where compiled code is kept between runs.
    ///
    /// Default: nowhere. The engine runs what the cache gives it; see [`CodeCache`] for what that demands.
    pub fn code_cache(&mut self, cache: Option<Arc<dyn CodeCache>>) -> &mut Self {
        self.code_cache = cache;
        self
    }
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config")
            .field("memory_strategy", &self.memory_strategy)
            .field("stack_bytes", &self.stack_bytes)
            .field("host_stack_bytes_max", &self.host_stack_bytes_max)
            .field("fuel", &self.fuel)
            .field("interruption", &self.interruption)
            .field("canonical_nans", &self.canonical_nans)
            .field("optimize", &self.optimize)
            .field("tier", &self.tier)
            .field("tiering", &self.tiering)
            .field("gc_stress", &self.gc_stress)
            .field("features", &self.features)
            .field("module_limits", &self.module_limits)
            .field("code_cache", &self.code_cache.is_some())
            .finish_non_exhaustive()
    }
}
