//! From a file to a module that can run: compiled, out of the cache, or compiled ahead of time.
//!
//! Not here: the cache's format (see `holm-cache`), what code depends on (the engine names it in the key).
//! Invariant: an artifact is loaded only from the user's own file or from the cache, which gives back
//! exactly what was put in. Read next: `cached.rs`.

use std::sync::Arc;

use holm::{Config, Engine, Features, MemoryStrategy, Module, ModuleStream, SharedBytes, Tiering};
use holm_abi::Container;

use crate::cached::{CacheOptions, DiskCache, Origin};
use crate::failure::Failure;
use crate::input::{self, Input, Kind, Opened, Received};
use crate::options::rows::{Options, Row, text};
use crate::workers::AllCores;
use crate::{explain, features};

/// How code is made.
#[derive(Clone, Debug, Default)]
pub(crate) struct CodeOptions {
    unoptimized: bool,
    tier: Option<&'static str>,
    tiering: Option<Tiering>,
    features: Option<Features>,
    memory_strategy: Option<MemoryStrategy>,
    gc_stress: bool,
}

impl Options for CodeOptions {
    const HEADING: Option<&'static str> = Some("Code");
    const ROWS: &'static [Row<Self>] = &[
        Row::<Self>::value(
            "optimize",
            "on|off",
            "Optimize; off compiles faster and runs slower [default: on]",
            |to, value| {
                to.unoptimized = value == "off";
                Ok(())
            },
        )
        .short('O')
        .choices(&["on", "off"]),
        Row::<Self>::value(
            "tier",
            "TIER",
            "How functions are run: auto begins at once and compiles what runs often, which is how holm run does it unless \
             told otherwise; optimize compiles everything first; interp makes no machine code",
            |to, value| {
                to.tier = value.to_str().and_then(found);
                Ok(())
            },
        )
        .choices(holm::TIERS),
        Row::<Self>::value(
            "tiering",
            "WHEN",
            "When functions move up under --tier auto: eager, loops, or chance:SEED (for tests)",
            |to, value| text(value, tiering).map(|when| to.tiering = Some(when)),
        )
        .hidden(),
        Row::<Self>::value(
            "features",
            "NAME,…",
            "Switch proposals on, or off with a minus in front; `help` lists them",
            |to, value| text(value, features::parse).map(|chosen| to.features = Some(chosen)),
        )
        .hyphens(),
        Row::<Self>::value(
            "memory-strategy",
            "STRATEGY",
            "How memories are bounded (for tests)",
            |to, value| {
                to.memory_strategy = match value.as_encoded_bytes() {
                    b"reserved" => Some(MemoryStrategy::Reserved),
                    b"checked" => Some(MemoryStrategy::Checked),
                    _ => None,
                };
                Ok(())
            },
        )
        .choices(&["auto", "reserved", "checked"])
        .hidden(),
        Row::<Self>::flag("gc-stress", "Collect garbage at every allocation (for tests)", |to, _| {
            to.gc_stress = true;
            Ok(())
        })
        .hidden(),
    ];
}

impl CodeOptions {
    /// The settings that these options ask for, with all cores to compile on; the caller adds its limits.
    pub(crate) fn config(&self) -> Config {
        let mut config = Config::new();
        config.workers(Arc::new(AllCores::default()));
        config.optimize(!self.unoptimized);
        config.tier(self.tier);
        config.tiering(self.tiering);
        config.gc_stress(self.gc_stress);
        if let Some(features) = self.features {
            config.features(features);
        }
        config.memory_strategy(self.memory_strategy);
        config
    }
}

impl CodeOptions {
    /// The same for a program that is to run now: it begins at once, if this build can do that.
    pub(crate) fn config_to_run(&self) -> Config {
        let mut config = self.config();
        config.tier(self.tier.or_else(|| found("auto")));
        config
    }
}

/// The tier of this name, if this build has it.
fn found(name: &str) -> Option<&'static str> {
    holm::TIERS.iter().copied().find(|tier| *tier == name)
}

/// When functions move up.
fn tiering(text: &str) -> Result<Tiering, String> {
    match text {
        "eager" => return Ok(Tiering::EAGER),
        "loops" => return Ok(Tiering::LOOPS),
        _ => {}
    }
    let seed = text.strip_prefix("chance:").and_then(|seed| seed.parse().ok());
    let seed = seed.ok_or_else(|| "it is eager, loops, or chance: and a number".to_owned())?;
    Ok(Tiering { calls: 64, rounds: 64, seed: Some(seed), ..Tiering::EAGER })
}

/// Sets up an engine for a file: code that is compiled already says itself what it needs. Returns whether it
/// counts fuel.
///
/// # Errors
/// When fuel is asked for and the code was compiled without.
pub(crate) fn adapt(config: &mut Config, file: &Received, fuel: bool) -> Result<bool, Failure> {
    let input = match file {
        Received::Whole(input) if input.kind == Kind::Artifact => input,
        _ => {
            config.fuel(fuel);
            return Ok(fuel);
        }
    };
    // Damage is found, and told, when it is loaded.
    let says =
        |word: &str| settings(&input.bytes).is_some_and(|text| text.split(' ').any(|w| w == word));
    if fuel && says("fuel=false") {
        let name = &input.name;
        return Err(Failure::start(format!("{name} was compiled without counting fuel"))
            .help("compile it with holm compile --fuel, or leave --fuel out"));
    }
    config.optimize(!says("optimize=false"));
    config.fuel(says("fuel=true"));
    Ok(says("fuel=true"))
}

/// Sets up an engine for runs that are alike, in which every NaN has the same bits.
///
/// # Errors
/// When the code was compiled without that.
pub(crate) fn adapt_nans(
    config: &mut Config,
    file: &Received,
    deterministic: bool,
) -> Result<(), Failure> {
    let input = match file {
        Received::Whole(input) if input.kind == Kind::Artifact => input,
        _ => {
            config.canonical_nans(deterministic);
            return Ok(());
        }
    };
    let text = settings(&input.bytes).unwrap_or_default();
    let has = text.split(' ').any(|word| word == "canonical-nans=true");
    if deterministic && !has {
        let name = &input.name;
        return Err(Failure::start(format!("{name} was compiled without --deterministic"))
            .help("compile it with holm compile --deterministic, or run the module itself"));
    }
    config.canonical_nans(has);
    Ok(())
}

/// What an artifact's code was compiled for.
fn settings(artifact: &SharedBytes) -> Option<String> {
    let container = Container::read(artifact.clone()).ok()?;
    let text = container.section(holm_abi::code::section::SETTINGS).ok()?;
    Some(String::from_utf8_lossy(&text).into_owned())
}

/// An engine and the cache behind it.
pub(crate) struct Loader {
    pub(crate) engine: Engine,
    cache: Arc<DiskCache>,
}

impl Loader {
    /// An engine of `config` with the cache that `options` name.
    ///
    /// # Errors
    /// When this machine can not do what is asked for.
    pub(crate) fn new(mut config: Config, options: &CacheOptions) -> Result<Self, Failure> {
        let cache = Arc::new(DiskCache::new(options));
        if !options.is_off() {
            config.code_cache(Some(Arc::clone(&cache) as Arc<dyn holm::CodeCache>));
        }
        let engine = Engine::new(&config).map_err(|error| explain::engine(&error))?;
        Ok(Self { engine, cache })
    }

    /// Makes a module of a file.
    ///
    /// # Errors
    /// When the file is not a module, or was compiled for another build or machine.
    pub(crate) fn load(&self, file: Received) -> Result<(Module, Origin), Failure> {
        let Input { name, kind, bytes } = match file {
            Received::Whole(input) => input,
            Received::Arriving(rest) => {
                let name = rest.name.clone();
                let module = stream(&self.engine, rest)?.finish();
                let module = module.map_err(|error| explain::load(&name, &error))?;
                return Ok((module, self.cache.origin()));
            }
        };
        let wasm = match kind {
            Kind::Artifact => {
                let module = Module::from_trusted_artifact(&self.engine, bytes);
                let module = module.map_err(|error| explain::artifact(&name, &error))?;
                return Ok((module, Origin::Ahead));
            }
            Kind::Binary => bytes,
            Kind::Text => input::text_to_binary(&name, &bytes)?.into(),
        };
        let module = Module::from_shared(&self.engine, wasm)
            .map_err(|error| explain::load(&name, &error))?;
        Ok((module, self.cache.origin()))
    }
}

/// Feeds a module to the compiler while it arrives.
///
/// # Errors
/// When it can not be read, and as soon as it is wrong.
pub(crate) fn stream(engine: &Engine, mut file: Opened) -> Result<ModuleStream, Failure> {
    let mut stream = ModuleStream::new(engine);
    loop {
        let piece = file.next_piece()?;
        if piece.is_empty() {
            return Ok(stream);
        }
        stream.push(&piece).map_err(|error| explain::load(&file.name, &error))?;
    }
}
