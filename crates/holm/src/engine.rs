//! The engine with its tiers: the one place that knows which ways to code there are.
//!
//! Not here: what an engine does (see `holm-runtime`). Invariant: what a tier is asked for is exactly what
//! the configuration and the machine say.

use holm_abi::{Architecture, Settings};
use holm_runtime::engine::{MadeTier, Parts, TextParser, TierRequest, Tiers};
use holm_runtime::{Config, Result};
use std::ops::Deref;
use std::sync::Arc;

/// What modules and stores share. Cheap to clone. Everything that takes a `&holm_runtime::Engine` takes a
/// reference to this.
#[derive(Clone, Debug)]
pub struct Engine {
    inner: holm_runtime::Engine,
}

impl Engine {
    /// An engine that compiles for the machine it runs on.
    ///
    /// # Errors
    /// When the machine or the system cannot do what `config` asks for.
    pub fn new(config: &Config) -> Result<Self> {
        Ok(Self { inner: holm_runtime::Engine::with_parts(config, &ThisMachine)? })
    }
}

/// An engine of the default [`Config`].
///
/// # Panics
/// When the processor is too old or the system refuses what every engine needs; see [`Engine::new`].
impl Default for Engine {
    fn default() -> Self {
        match Self::new(&Config::new()) {
            Ok(engine) => engine,
            Err(error) => panic!("cannot make an engine: {error}"),
        }
    }
}

impl Deref for Engine {
    type Target = holm_runtime::Engine;

    fn deref(&self) -> &Self::Target {
        &self.inner
    }
}

impl From<holm_runtime::Engine> for Engine {
    fn from(inner: holm_runtime::Engine) -> Self {
        Self { inner }
    }
}

/// Begins with one tier and moves what runs often to the other.
#[cfg(all(feature = "optimize", feature = "interp"))]
const AUTO: &str = "auto";

/// The names of the tiers that this build has, the default first; what [`Config::tier`] takes.
pub const TIERS: &[&str] = &[
    #[cfg(feature = "optimize")]
    "optimize",
    #[cfg(feature = "interp")]
    "interp",
    #[cfg(all(feature = "optimize", feature = "interp"))]
    AUTO,
];

/// Tiers for the machine that this program runs on.
struct ThisMachine;

impl Parts for ThisMachine {
    fn tier(&self, request: &TierRequest) -> Result<Tiers, String> {
        let architecture = if cfg!(target_arch = "x86_64") {
            Architecture::X86_64
        } else if cfg!(target_arch = "aarch64") {
            Architecture::Aarch64
        } else if cfg!(feature = "optimize") {
            return Err("no tier makes code for this processor".to_owned());
        } else {
            // Where host functions have their values is all that it says to an interpreter; see `holm-runtime`.
            Architecture::X86_64
        };
        let settings = Settings {
            architecture,
            cpu_features: String::new(),
            memory: request.memory,
            fuel: request.fuel,
            polls: request.polls,
            canonical_nans: request.canonical_nans,
            optimize: request.optimize,
        };
        let name = request.tier.or(TIERS.first().copied()).unwrap_or_default();
        let make = move |name: &str| {
            make_tier(name, settings.clone()).unwrap_or_else(|| {
                let has = if TIERS.is_empty() { "none".to_owned() } else { TIERS.join(", ") };
                Err(format!("there is no tier {name:?} in this build, which has {has}"))
            })
        };
        #[cfg(all(feature = "optimize", feature = "interp"))]
        if name == AUTO {
            let first = make("interp")?;
            let upper = Box::new(move || make("optimize"));
            return Ok(Tiers { name: AUTO, first, upper: Some(upper) });
        }
        let first = make(name)?;
        Ok(Tiers { name: first.name(), first, upper: None })
    }

    fn text_to_binary(&self) -> Option<TextParser> {
        #[cfg(feature = "text")]
        return Some(text_to_binary);
        #[cfg(not(feature = "text"))]
        None
    }
}

/// The tier of this name, if this build has it.
fn make_tier(name: &str, settings: Settings) -> Option<MadeTier> {
    match name {
        #[cfg(feature = "optimize")]
        "optimize" => {
            let cpu_features = holm_optimize::host_features();
            let tier = holm_optimize::Optimizer::new(Settings { cpu_features, ..settings });
            Some(match tier {
                Ok(tier) => Ok(Arc::new(tier)),
                Err(error) => Err(error.to_string()),
            })
        }
        #[cfg(feature = "interp")]
        "interp" => Some(Ok(Arc::new(holm_interp::Interpreter::new(settings)))),
        _ => {
            drop(settings);
            None
        }
    }
}

/// The binary form of `bytes`, if they look like text.
#[cfg(feature = "text")]
fn text_to_binary(bytes: &[u8]) -> Result<Option<Vec<u8>>, String> {
    let looks_like_text = matches!(bytes.trim_ascii_start(), [b'(', ..] | [b';', b';', ..]);
    match std::str::from_utf8(bytes) {
        Ok(text) if looks_like_text => {
            wat::parse_str(text).map(Some).map_err(|error| error.to_string())
        }
        _ => Ok(None),
    }
}
