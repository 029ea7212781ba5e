//! The engine: what all modules and stores of a host share.
//!
//! Not here: which tiers there are; whoever makes an engine hands in [`Parts`]. Invariant: an engine names
//! no tier, starts no thread and opens no file. Read next: [`crate::Module`].

#[cfg(feature = "machine-code")]
use crate::cache::CodeCache;
use crate::config::Config;
use crate::error::{Error, Result};
use crate::registry::TypeRegistry;
use crate::tiering::MOVES_UP;
use crate::tiering::thresholds::Tiering;
use holm_abi::{MemoryStrategy, Tier, Workers};
use holm_module::{Features, Limits};
use holm_vm::{HeapConfig, Pool, PoolConfig};
use std::fmt;
use std::sync::{Arc, OnceLock};

/// What an engine asks of a tier.
#[derive(Clone, Copy, Debug)]
pub struct TierRequest {
    /// How memories are bounded on this machine.
    pub memory: MemoryStrategy,
    /// Whether code counts fuel.
    pub fuel: bool,
    /// Whether code polls for interruption.
    pub polls: bool,
    /// Whether every NaN that an operator makes is the canonical one.
    pub canonical_nans: bool,
    /// Whether the optimizer runs.
    pub optimize: bool,
    /// The tier's name, if one is asked for.
    pub tier: Option<&'static str>,
}

/// A tier, or why this machine cannot have it.
pub type MadeTier = Result<Arc<dyn Tier<holm_module::Module>>, String>;

/// Makes a tier.
pub type MakeTier = Box<dyn Fn() -> MadeTier + Send + Sync>;

/// What modules are run by.
pub struct Tiers {
    /// What is asked for, by name.
    pub name: &'static str,
    /// What every function begins with.
    pub first: Arc<dyn Tier<holm_module::Module>>,
    /// Makes what compiles the functions that turn out to run often, if that is another one. Called once, when something has turned
    /// out to: finding out about the processor takes longer than a short program runs.
    pub upper: Option<MakeTier>,
}

/// Gives the binary form of a module in the text format; nothing if the bytes are not text, and a message
/// that shows the place if the text is not well formed.
pub type TextParser = fn(&[u8]) -> Result<Option<Vec<u8>>, String>;

/// What an engine is built from besides its [`Config`]: the crate on top knows the tiers, this one does not.
pub trait Parts {
    /// The way, or ways, from modules to code for this machine.
    ///
    /// # Errors
    /// When the machine is not supported.
    fn tier(&self, request: &TierRequest) -> Result<Tiers, String>;

    /// The way from the text format to the binary format, if there is one.
    fn text_to_binary(&self) -> Option<TextParser>;
}

/// What modules and stores share: compiled-code settings, types, idle memory. Cheap to clone.
#[derive(Clone)]
pub struct Engine {
    inner: Arc<Inner>,
}

struct Inner {
    pool: Pool,
    registry: TypeRegistry,
    tiers: Tiers,
    /// What `tiers` makes.
    upper: OnceLock<MadeTier>,
    /// The settings, as text, of the tier that compiles: what code must have been compiled for.
    settings: OnceLock<String>,
    /// Where the stubs are through which machine code calls functions that are interpreted; 0 if there are none.
    stubs: u64,
    text_to_binary: Option<TextParser>,
    config: Config,
}

impl Engine {
    /// An engine of `config` with `parts`. Users of the crate `holm` call `holm::Engine::new` instead.
    ///
    /// # Errors
    /// When the machine or the system cannot do what `config` asks for.
    pub fn with_parts(config: &Config, parts: &dyn Parts) -> Result<Self> {
        let registry = TypeRegistry::default();
        let pool_config = PoolConfig {
            strategy: config.memory_strategy,
            stack_bytes: config.stack_bytes,
            host_stack_bytes_max: config.host_stack_bytes_max,
            heap: HeapConfig { stress: config.gc_stress, clock: config.clock },
            processor_clock: config.processor_clock,
        };
        let pool = Pool::new(pool_config, registry.clone());
        let pool = pool.map_err(|error| match config.memory_strategy {
            Some(MemoryStrategy::Reserved) => Error::exhausted(
                "address space",
                format!("{error}: memory strategy `reserved` needs more addresses, `None` chooses"),
            ),
            _ => error.into(),
        })?;
        let request = TierRequest {
            memory: pool.strategy(),
            fuel: config.fuel,
            polls: config.interruption,
            canonical_nans: config.canonical_nans,
            optimize: config.optimize,
            tier: config.tier,
        };
        let tiers = parts.tier(&request).map_err(Error::link)?;
        let stubs = if tiers.upper.is_some() { stub_base()? } else { 0 };
        Ok(Self {
            inner: Arc::new(Inner {
                pool,
                registry,
                tiers,
                upper: OnceLock::new(),
                settings: OnceLock::new(),
                stubs,
                text_to_binary: parts.text_to_binary(),
                config: config.clone(),
            }),
        })
    }

    /// How memories are bounded: as the [`Config`] says, or as was chosen for it.
    #[must_use]
    pub fn memory_strategy(&self) -> MemoryStrategy {
        self.inner.pool.strategy()
    }

    /// What code is compiled for, in one line. Code runs only in engines with the same line.
    #[must_use]
    pub fn settings(&self) -> &str {
        self.inner
            .settings
            .get_or_init(|| self.compiling_tier().unwrap_or(self.tier()).settings().to_string())
    }

    /// The name of the tier that runs functions: `auto` if they move from one to another.
    #[must_use]
    pub fn tier_name(&self) -> &'static str {
        self.inner.tiers.name
    }

    /// What it was made of.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.inner.config
    }

    /// Whether both are the same engine.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.inner, &other.inner)
    }

    /// Compiles a module ahead of time; [`crate::Module::from_trusted_artifact`] loads the result.
    ///
    /// # Errors
    /// As for [`crate::Module::new`].
    pub fn precompile(&self, bytes: impl AsRef<[u8]>) -> Result<Vec<u8>> {
        crate::artifact::precompile(self, bytes.as_ref())
    }

    /// The same with what was seen of the module in an earlier run, see [`crate::Module::profile`]: calls that nearly always
    /// called the same function become faster, as does what is called often, and code that is seldom reached moves out of the way.
    ///
    /// # Errors
    /// As for [`Engine::precompile`], and when the profile is of another module.
    pub fn precompile_with(
        &self,
        bytes: impl AsRef<[u8]>,
        profile: &crate::Profile,
    ) -> Result<Vec<u8>> {
        crate::artifact::precompile_with(self, bytes.as_ref(), profile)
    }

    pub(crate) fn pool(&self) -> &Pool {
        &self.inner.pool
    }

    pub(crate) fn registry(&self) -> &TypeRegistry {
        &self.inner.registry
    }

    /// The tier that functions begin with.
    pub(crate) fn tier(&self) -> &dyn Tier<holm_module::Module> {
        &*self.inner.tiers.first
    }

    /// Whether there is a tier that they move up to.
    pub(crate) fn moves_up(&self) -> bool {
        MOVES_UP && self.inner.tiers.upper.is_some()
    }

    /// The tier that they move up to, or why there is none.
    pub(crate) fn upper_tier(&self) -> Result<&dyn Tier<holm_module::Module>, &str> {
        let Some(make) = self.inner.tiers.upper.as_ref().filter(|_| MOVES_UP) else {
            return Err("there is no upper tier");
        };
        self.inner.upper.get_or_init(make).as_deref().map_err(String::as_str)
    }

    /// The tier that makes machine code; nothing if functions are only ever interpreted.
    pub(crate) fn compiling_tier(&self) -> Option<&dyn Tier<holm_module::Module>> {
        let first = || Some(self.tier()).filter(|tier| !tier.interprets());
        self.upper_tier().ok().or_else(first)
    }

    /// Where the stubs of functions are that are interpreted.
    pub(crate) fn stubs(&self) -> u64 {
        self.inner.stubs
    }

    /// When functions move up.
    pub(crate) fn tiering(&self) -> Tiering {
        self.inner.config.tiering.unwrap_or_else(|| {
            if self.workers().has_background() { Tiering::BACKGROUND } else { Tiering::ALONE }
        })
    }

    /// The time, by the host's clock, if it has lent one.
    pub(crate) fn now_ns(&self) -> Option<u64> {
        self.inner.config.clock.map(|clock| clock())
    }

    pub(crate) fn workers(&self) -> &(dyn Workers + Send + Sync) {
        &*self.inner.config.workers
    }

    #[cfg(feature = "machine-code")]
    pub(crate) fn code_cache(&self) -> Option<&dyn CodeCache> {
        self.inner.config.code_cache.as_deref()
    }

    /// Whether code is kept for the next run.
    pub(crate) fn keeps_code(&self) -> bool {
        self.inner.config.code_cache.is_some()
    }

    pub(crate) fn limits(&self) -> &Limits {
        &self.inner.config.module_limits
    }

    pub(crate) fn features(&self) -> Features {
        self.inner.config.features
    }

    pub(crate) fn text_to_binary(&self, bytes: &[u8]) -> Result<Option<Vec<u8>>> {
        match self.inner.text_to_binary {
            Some(convert) => convert(bytes).map_err(Error::malformed),
            None => Ok(None),
        }
    }
}

/// Where the stubs of this process are.
#[cfg(feature = "machine-code")]
fn stub_base() -> Result<u64> {
    Ok(holm_vm::stubs()?.base())
}

/// This build runs no machine code.
#[cfg(not(feature = "machine-code"))]
fn stub_base() -> Result<u64> {
    Err(Error::link("this build of Holm only interprets: there is no tier to move up to"))
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Engine({})", self.settings())
    }
}

impl From<holm_vm::VmError> for Error {
    fn from(error: holm_vm::VmError) -> Self {
        match error {
            holm_vm::VmError::Exhausted { limit, value, max } => Self::exhausted(
                limit,
                format!("limit on {limit} reached: {value} wanted, {max} allowed by `StoreLimits`"),
            ),
            holm_vm::VmError::Os { what, error } => {
                Self::exhausted("system", format!("{what} failed: {error}"))
            }
            holm_vm::VmError::Interrupted => Self::trap(holm_spec::trap::TrapReason::Interrupted),
        }
    }
}
