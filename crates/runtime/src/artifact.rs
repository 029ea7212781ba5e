//! From bytes to what a module is made of, and the file in which that is kept: a container with the module's
//! data, the bytes that instances need, and machine code.
//!
//! Not here: the container itself and the sections of code (see `holm-abi`). Invariant: code is used only by
//! the very build that compiled it and under the very same settings; nothing big is copied while loading.
//! Read next: [`crate::module`].

use crate::engine::Engine;
use crate::error::{Error, Result};
use crate::profile::{Kept, Profile};
use crate::tiering::{Earlier, Promotions};
use holm_abi::{
    Code, Container, ContainerWriter, Interpreted, NoProfile, Profile as Seen, SharedBytes,
};
use holm_module::{Invalid, Module as Meta};
use std::borrow::Cow;
use std::ops::{Deref, Range};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// Which build this is: version and a hash of the sources that compiled code depends on.
pub const BUILD_ID: &str = env!("HOLM_BUILD_ID");

/// Sections of an artifact besides those of code.
mod section {
    /// The text of [`super::BUILD_ID`].
    pub(super) const BUILD: u32 = 16;
    /// The module without its bytes.
    pub(super) const MODULE: u32 = 17;
    /// The bytes of the WebAssembly file without the code section.
    pub(super) const BYTES: u32 = 18;
    /// The text of the settings, if the code is only of functions that were promoted, or of none.
    #[cfg(feature = "machine-code")]
    pub(super) const PROMOTED: u32 = 19;
    /// The text of the profile, beside promoted functions.
    #[cfg(feature = "machine-code")]
    pub(super) const PROFILE: u32 = 20;
    /// The functions that were called but not promoted, by their indices among those defined, in words of four bytes.
    #[cfg(feature = "machine-code")]
    pub(super) const CALLED: u32 = 21;
}

/// Bodies that one worker validates, at least; fewer are not worth waking another one.
const BODIES_PER_WORKER: u32 = 64;

/// The bytes of a WebAssembly file without the content of its code section, addressed as if it was there.
#[derive(Clone, Debug)]
pub(crate) struct KeptBytes {
    bytes: SharedBytes,
    gap: Range<u64>,
}

impl KeptBytes {
    fn new(wasm: &[u8], meta: &Meta) -> Self {
        let part = |range: Range<u64>| {
            let start = usize::try_from(range.start).unwrap_or(usize::MAX);
            let end = usize::try_from(range.end).unwrap_or(usize::MAX);
            wasm.get(start..end).unwrap_or_default()
        };
        let gap = meta.code_range.clone();
        let bytes = [part(0..gap.start), part(gap.end..wasm.len() as u64)].concat();
        Self { bytes: bytes.into(), gap }
    }

    /// All of a file, where it is needed anyway.
    fn whole(wasm: &SharedBytes) -> Self {
        Self { bytes: wasm.clone(), gap: 0..0 }
    }

    /// Where a range of the file lies in what is kept of it.
    fn locate(&self, range: &Range<u64>) -> Option<Range<usize>> {
        let skipped = if range.start >= self.gap.end {
            self.gap.end - self.gap.start
        } else if range.end <= self.gap.start {
            0
        } else {
            return None;
        };
        let start = usize::try_from(range.start - skipped).ok()?;
        Some(start..usize::try_from(range.end - skipped).ok()?)
    }

    /// All that is kept.
    pub(crate) fn all(&self) -> &[u8] {
        &self.bytes
    }

    /// A range of the file; nothing if it is damaged or lies in the code section.
    pub(crate) fn get(&self, range: &Range<u64>) -> Option<&[u8]> {
        self.bytes.get(self.locate(range)?)
    }

    /// The same, shared.
    pub(crate) fn share(&self, range: &Range<u64>) -> Option<SharedBytes> {
        self.bytes.slice(self.locate(range)?)
    }
}

/// The bytes of a module, copied only where they have to be.
pub(crate) enum Source<'a> {
    Slice(&'a [u8]),
    Shared(SharedBytes),
}

impl Source<'_> {
    /// The same; copied, if they are not shared yet, where functions are read from them as they are needed.
    fn kept_by(self, engine: &Engine) -> Self {
        match self {
            Self::Slice(bytes) if engine.tier().interprets() => Self::Shared(bytes.to_vec().into()),
            other => other,
        }
    }

    /// The same to be kept.
    fn share(&self) -> SharedBytes {
        match self {
            Self::Slice(bytes) => bytes.to_vec().into(),
            Self::Shared(bytes) => bytes.clone(),
        }
    }
}

impl Deref for Source<'_> {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Self::Slice(bytes) => bytes,
            Self::Shared(bytes) => bytes,
        }
    }
}

/// What a module is made of.
#[derive(Debug)]
pub(crate) struct Ingredients {
    pub(crate) meta: Arc<Meta>,
    pub(crate) bytes: KeptBytes,
    pub(crate) code: Made,
}

/// What a tier makes of a module.
#[derive(Debug)]
pub(crate) enum Made {
    /// Machine code.
    Code(Box<Code>),
    /// Functions to be interpreted.
    Interpreted(Arc<dyn Interpreted>),
    /// Functions that begin so and are compiled when they run often.
    Tiered(Box<Tiered>),
}

/// Functions that may be promoted.
#[derive(Debug)]
pub(crate) struct Tiered {
    pub(crate) functions: Arc<dyn Interpreted>,
    pub(crate) promotions: Arc<Promotions>,
    pub(crate) earlier: Earlier,
}

impl Made {
    /// What the engine's tiers make of a module, whose bytes are `wasm`.
    pub(crate) fn by(engine: &Engine, meta: &Arc<Meta>, wasm: &Source<'_>) -> Result<Self> {
        let tier = engine.tier();
        if engine.moves_up() && meta.bodies.len() < holm_abi::layout::STUBS_MAX as usize {
            return Tiered::begin(engine, meta, &wasm.share(), Kept::default(), Earlier::default());
        }
        Ok(match tier.interpret(meta, &wasm.share()) {
            Some(functions) => Self::Interpreted(functions?),
            None => Self::Code(Box::new(tier.compile(meta, wasm, engine.workers())?)),
        })
    }

    /// What of it can be kept in a file.
    pub(crate) fn code(&self) -> Result<&Code> {
        match self {
            Self::Code(code) => Ok(code),
            Self::Interpreted(_) | Self::Tiered(_) => Err(nothing_compiled()),
        }
    }
}

impl Tiered {
    /// A module whose functions begin in the first tier, with what is kept of earlier runs.
    fn begin(
        engine: &Engine,
        meta: &Arc<Meta>,
        wasm: &SharedBytes,
        profile: Kept,
        earlier: Earlier,
    ) -> Result<Made> {
        let promotions = Promotions::new(engine, meta, wasm, profile);
        let functions = promotions.begin();
        let none = || Error::bug("the first tier lets no function go");
        let functions = functions.ok_or_else(none)??;
        Ok(Made::Tiered(Box::new(Self { functions, promotions, earlier })))
    }
}

/// There is nothing to be written into an artifact.
pub(crate) fn nothing_compiled() -> Error {
    Error::link("the interpreter compiles nothing: there is no code to keep, run the module itself")
}

impl Ingredients {
    /// From a module in the binary or text format, through the engine's cache if it has one.
    pub(crate) fn from_source(engine: &Engine, source: Source<'_>) -> Result<Self> {
        let wasm = match to_binary(engine, &source)? {
            Cow::Owned(binary) => Source::Shared(binary.into()),
            Cow::Borrowed(_) => source.kept_by(engine),
        };
        Self::cached(engine, &wasm, || {
            let meta = Arc::new(validate(engine, &wasm)?);
            let code = Made::by(engine, &meta, &wasm)?;
            Ok((meta, code))
        })
    }

    /// From what `compile` makes of a module.
    fn made(
        wasm: &Source<'_>,
        compile: impl FnOnce() -> Result<(Arc<Meta>, Made)>,
    ) -> Result<Self> {
        let (meta, code) = compile()?;
        let bytes = match &code {
            Made::Code(_) => KeptBytes::new(wasm, &meta),
            Made::Interpreted(_) | Made::Tiered(_) => KeptBytes::whole(&wasm.share()),
        };
        Ok(Self { bytes, meta, code })
    }

    /// From what `compile` makes of a module: code that could be cached is not run by this build.
    #[cfg(not(feature = "machine-code"))]
    pub(crate) fn cached(
        _: &Engine,
        wasm: &Source<'_>,
        compile: impl FnOnce() -> Result<(Arc<Meta>, Made)>,
    ) -> Result<Self> {
        Self::made(wasm, compile)
    }

    /// From the bytes of a module through the engine's cache if it has one; `compile` does it
    /// when it has to be done.
    #[cfg(feature = "machine-code")]
    pub(crate) fn cached(
        engine: &Engine,
        wasm: &Source<'_>,
        compile: impl FnOnce() -> Result<(Arc<Meta>, Made)>,
    ) -> Result<Self> {
        let made = || Self::made(wasm, compile);
        let Some(cache) = engine.code_cache().filter(|_| engine.compiling_tier().is_some()) else {
            return made();
        };
        let kept = with_key(engine, wasm, |key| cache.get(key));
        let kept = kept.and_then(|bytes| Self::read_kept(engine, bytes, wasm).ok());
        if let Some(kept) = kept {
            return Ok(kept);
        }
        let made = made()?;
        if let Made::Code(code) = &made.code {
            let meta = made.meta.to_bytes()?;
            let mut artifact = container(&meta, &made.bytes, code);
            with_key(engine, wasm, |key| cache.put(key, &artifact.pieces()));
        }
        Ok(made)
    }

    /// From what the cache had.
    #[cfg(feature = "machine-code")]
    fn read_kept(engine: &Engine, bytes: SharedBytes, wasm: &Source<'_>) -> Result<Self> {
        if !engine.moves_up() {
            return Self::read(engine, bytes);
        }
        let container = Container::read(bytes)?;
        check_build(&container)?;
        let settings = container.section(section::PROMOTED)?;
        check_settings(engine, &String::from_utf8_lossy(&settings))?;
        let meta = Arc::new(Meta::from_bytes(&container.section(section::MODULE)?)?);
        let has_code = container.section(holm_abi::code::section::TEXT).is_ok();
        let promoted = has_code.then(|| Code::read(&container).map(Box::new)).transpose()?;
        let wasm = wasm.share();
        let profile = Kept::new(container.section(section::PROFILE)?);
        // Of this module: its bytes are the key under which the cache had it.
        let called = container.section(section::CALLED)?;
        let functions = u32::try_from(meta.bodies.len()).unwrap_or(u32::MAX);
        let called = words(&called).filter(|defined| *defined < functions).collect();
        let earlier = Earlier { promoted, called, is_kept: true };
        let code = Tiered::begin(engine, &meta, &wasm, profile, earlier)?;
        Ok(Self { bytes: KeptBytes::whole(&wasm), meta, code })
    }

    /// From an artifact of the same build and settings.
    pub(crate) fn read(engine: &Engine, bytes: SharedBytes) -> Result<Self> {
        let this = Self::open(bytes)?;
        check_settings(engine, this.code.code()?.settings())?;
        Ok(this)
    }

    /// From an artifact of the same build, whatever its settings.
    #[cfg(feature = "machine-code")]
    fn open(bytes: SharedBytes) -> Result<Self> {
        let container = Container::read(bytes)?;
        check_build(&container)?;
        let code = Code::read(&container)?;
        let meta = Meta::from_bytes(&container.section(section::MODULE)?)?;
        if meta.bodies.len() != code.function_count() as usize {
            return Err(Error::malformed(format!(
                "artifact is damaged: {} function bodies, code for {}",
                meta.bodies.len(),
                code.function_count()
            )));
        }
        let gap = meta.code_range.clone();
        let bytes = KeptBytes { bytes: container.section(section::BYTES)?, gap };
        Ok(Self { meta: Arc::new(meta), bytes, code: Made::Code(Box::new(code)) })
    }

    /// From an artifact, which has code that this build cannot run.
    #[cfg(not(feature = "machine-code"))]
    fn open(bytes: SharedBytes) -> Result<Self> {
        check_build(&Container::read(bytes)?)?;
        Err(Error::invalid("artifact holds machine code, and this build only interprets"))
    }

    pub(crate) fn write(&self) -> Result<Vec<u8>> {
        write(&self.meta, &self.bytes, self.code.code()?)
    }
}

/// Refuses what another build made.
fn check_build(container: &Container) -> Result<()> {
    let build = container.section(section::BUILD)?;
    if *build == *BUILD_ID.as_bytes() {
        return Ok(());
    }
    let found = String::from_utf8_lossy(&build).into_owned();
    let message = format!("artifact was made by {found:?}, this is {BUILD_ID:?}: compile it again");
    Err(Error::invalid(message))
}

/// Refuses what was compiled for something else.
fn check_settings(engine: &Engine, settings: &str) -> Result<()> {
    if settings == engine.settings() {
        return Ok(());
    }
    Err(Error::invalid(format!(
        "artifact was compiled for {settings}, this engine is set to {}: compile it again",
        engine.settings()
    )))
}

/// Under which key the code of a module is cached.
#[cfg(feature = "machine-code")]
fn with_key<R>(engine: &Engine, wasm: &[u8], use_key: impl FnOnce(&[&[u8]]) -> R) -> R {
    // Limits and features are part of the key because code in the cache is not validated again.
    let rules = format!("{:?} {:?}", engine.limits(), engine.features());
    let tier = engine.tier_name().as_bytes();
    use_key(&[BUILD_ID.as_bytes(), tier, engine.settings().as_bytes(), rules.as_bytes(), wasm])
}

/// The words of a section.
#[cfg(feature = "machine-code")]
fn words(section: &[u8]) -> impl Iterator<Item = u32> {
    section.as_chunks::<4>().0.iter().map(|word| u32::from_le_bytes(*word))
}

/// What a run found out of a module, for the next one.
#[cfg_attr(
    not(feature = "machine-code"),
    expect(dead_code, reason = "there is nothing to be kept")
)]
pub(crate) struct Found<'a> {
    /// The code of what was promoted.
    pub(crate) promoted: Option<&'a Code>,
    /// The functions that were called besides.
    pub(crate) called: &'a [u32],
    pub(crate) profile: &'a Profile,
}

/// Puts the code of promoted functions into the engine's cache. Says whether there is one.
#[cfg(feature = "machine-code")]
pub(crate) fn keep_promoted(
    engine: &Engine,
    meta: &Meta,
    wasm: &KeptBytes,
    found: &Found<'_>,
) -> Result<bool> {
    let Some(cache) = engine.code_cache() else { return Ok(false) };
    let (meta, profile) = (meta.to_bytes()?, found.profile.to_text());
    let called: Vec<u8> = found.called.iter().flat_map(|word| word.to_le_bytes()).collect();
    let mut out = ContainerWriter::new();
    out.section(section::BUILD, 16, BUILD_ID.as_bytes());
    out.section(section::PROFILE, 16, profile.as_bytes());
    out.section(section::PROMOTED, 16, engine.settings().as_bytes());
    out.section(section::CALLED, 16, &called);
    out.section(section::MODULE, 16, &meta);
    if let Some(code) = found.promoted {
        code.append(&mut out);
    }
    with_key(engine, &wasm.bytes, |key| cache.put(key, &out.pieces()));
    Ok(true)
}

/// As above, where there is never any.
#[cfg(not(feature = "machine-code"))]
pub(crate) fn keep_promoted(_: &Engine, _: &Meta, _: &KeptBytes, _: &Found<'_>) -> Result<bool> {
    Ok(false)
}

/// What [`Engine::precompile`] made, opened to be looked at: nothing in it is loaded or run, so it may come
/// from anywhere.
#[derive(Debug)]
pub struct Artifact(Ingredients);

impl Artifact {
    /// Opens an artifact of this build.
    ///
    /// # Errors
    /// When the bytes are no artifact, are damaged in a way that shows, or were made by another build.
    pub fn open(bytes: impl Into<SharedBytes>) -> Result<Self> {
        Ingredients::open(bytes.into()).map(Self)
    }

    /// What its code was compiled for.
    #[must_use]
    pub fn settings(&self) -> &str {
        self.0.code.code().map_or("", Code::settings)
    }

    /// Bytes of machine code.
    #[must_use]
    pub fn code_bytes(&self) -> usize {
        self.0.code.code().map_or(0, |code| code.text().len())
    }

    /// The module; its ranges are those of the WebAssembly file it was made of.
    #[must_use]
    pub fn module(&self) -> &holm_module::Module {
        &self.0.meta
    }

    /// A range of the WebAssembly file outside of its code section, of which nothing is kept.
    #[must_use]
    pub fn bytes(&self, range: &Range<u64>) -> Option<&[u8]> {
        self.0.bytes.get(range)
    }
}

/// The artifact of a module's parts.
pub(crate) fn write(meta: &Meta, bytes: &KeptBytes, code: &Code) -> Result<Vec<u8>> {
    Ok(container(&meta.to_bytes()?, bytes, code).finish())
}

fn container<'a>(meta: &'a [u8], bytes: &'a KeptBytes, code: &'a Code) -> ContainerWriter<'a> {
    let mut out = ContainerWriter::new();
    out.section(section::BUILD, 16, BUILD_ID.as_bytes());
    out.section(section::MODULE, 16, meta);
    out.section(section::BYTES, 16, &*bytes.bytes);
    code.append(&mut out);
    out
}

/// Compiles a module into an artifact: all of it, whatever the engine's modules begin with.
pub(crate) fn precompile(engine: &Engine, source: &[u8]) -> Result<Vec<u8>> {
    if !engine.moves_up() {
        return Ingredients::from_source(engine, Source::Slice(source))?.write();
    }
    let wasm = to_binary(engine, source)?;
    write_whole(engine, &validate(engine, &wasm)?, &wasm, &NoProfile)
}

/// The same with a profile.
pub(crate) fn precompile_with(
    engine: &Engine,
    source: &[u8],
    profile: &Profile,
) -> Result<Vec<u8>> {
    let wasm = to_binary(engine, source)?;
    profile.check(&wasm)?;
    write_whole(engine, &validate(engine, &wasm)?, &wasm, profile)
}

/// Compiles every function of a module, and writes the artifact.
pub(crate) fn write_whole(
    engine: &Engine,
    meta: &Meta,
    wasm: &[u8],
    profile: &dyn Seen,
) -> Result<Vec<u8>> {
    let tier = engine.compiling_tier().ok_or_else(nothing_compiled)?;
    let code = tier.compile_with(meta, wasm, engine.workers(), profile)?;
    write(meta, &KeptBytes::new(wasm, meta), &code)
}

/// The binary form of `source`, which may be text.
pub(crate) fn to_binary<'a>(engine: &Engine, source: &'a [u8]) -> Result<Cow<'a, [u8]>> {
    if source.starts_with(b"\0asm") {
        return Ok(Cow::Borrowed(source));
    }
    if Container::recognizes(source) {
        let message = "this is a precompiled artifact: load it with `from_trusted_artifact`";
        return Err(Error::malformed(message));
    }
    match engine.text_to_binary(source)? {
        Some(binary) => Ok(Cow::Owned(binary)),
        None => Ok(Cow::Borrowed(source)),
    }
}

/// Decodes and validates, on as many threads as the host lends and the module is worth.
pub(crate) fn validate(engine: &Engine, wasm: &[u8]) -> Result<Meta> {
    let decoded = Meta::decode(wasm, engine.limits(), engine.features())?;
    let bodies = decoded.body_count();
    let workers = engine.workers();
    let useful = (bodies / BODIES_PER_WORKER).max(1) as usize;
    // Few bodies are for one thread: then it does not matter how many there could be, which takes time to find out.
    let count = if useful > 1 { workers.count().min(useful) } else { 1 };
    let next = AtomicU32::new(0);
    // Bodies are handed out in ascending order and nobody takes one beyond the first bad one, so that the
    // error told is the same however the threads run.
    let first_bad = AtomicU32::new(bodies);
    let reports = Mutex::new(Vec::new());
    let failure: Mutex<Option<(u32, Invalid)>> = Mutex::new(None);
    workers.run(count, &|_| {
        let mut validator = decoded.validator();
        loop {
            let body = next.fetch_add(1, Ordering::Relaxed);
            if body >= first_bad.load(Ordering::Relaxed) {
                break;
            }
            if let Err(error) = validator.validate_body(body) {
                first_bad.fetch_min(body, Ordering::Relaxed);
                let mut failure = failure.lock().unwrap_or_else(PoisonError::into_inner);
                if failure.as_ref().is_none_or(|(earlier, _)| body < *earlier) {
                    *failure = Some((body, error));
                }
                break;
            }
        }
        reports.lock().unwrap_or_else(PoisonError::into_inner).push(validator.finish());
    });
    if let Some((_, error)) = failure.into_inner().unwrap_or_else(PoisonError::into_inner) {
        return Err(error.into());
    }
    let reports = reports.into_inner().unwrap_or_else(PoisonError::into_inner);
    Ok(decoded.finish(reports)?)
}
