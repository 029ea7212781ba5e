//! Modules whose bytes are still arriving, from a network or a pipe.
//!
//! Functions are validated as soon as they are there, and compiled in the background where the engine's
//! [`holm_abi::Workers`] have one. Not here: decoding itself (see `holm-module`), what can be compiled when
//! (see the tiers). Invariant: a stream accepts the same bytes as [`Module::new`], in whatever pieces they
//! come, and gives the same module; what is wrong is told as soon as the wrong byte is there.
//! Read next: [`crate::module`].

use crate::artifact::{Ingredients, Made, Source};
use crate::engine::Engine;
use crate::error::Result;
use crate::module::Module;
use crate::usage::Stopwatch;
use holm_abi::{EarlyCompile, NoProfile};
use holm_module::{Decoder, Module as Meta};
use std::fmt;
use std::sync::Arc;

pub use holm_module::Progress as StreamProgress;

/// Functions are handed to the compiler when so many bytes have arrived since …
const BATCH_BYTES_MIN: u64 = 4096;
/// … and not less than the file so far divided by this, so that there are few batches however long it is.
const BATCHES: u64 = 64;

/// A module in the making: feed it bytes in the binary format as they come.
pub struct ModuleStream {
    engine: Engine,
    decoder: Decoder,
    early: Early,
    /// Nanoseconds spent on what has come so far.
    spent: Option<u64>,
}

/// What is compiled before the file has ended.
#[derive(Default)]
struct Early {
    compiler: Option<Arc<dyn EarlyCompile<Meta>>>,
    /// How many bytes and functions there were when functions were handed over last.
    bytes: u64,
    bodies: u32,
}

impl Drop for Early {
    fn drop(&mut self) {
        if let Some(compiler) = &self.compiler {
            compiler.stop();
        }
    }
}

impl Early {
    /// Hands over the functions that are ready, if there are enough of them.
    fn go_on(&mut self, engine: &Engine, decoder: &mut Decoder) {
        let background = engine.workers().background();
        let StreamProgress { bytes, bodies_ready, bodies_expected } = decoder.progress();
        let batch = BATCH_BYTES_MIN.max(bytes / BATCHES);
        let enough = bytes - self.bytes >= batch || bodies_ready == bodies_expected;
        if background == 0 || bodies_ready == self.bodies || !enough {
            return;
        }
        (self.bytes, self.bodies) = (bytes, bodies_ready);
        let module = decoder.module_so_far();
        if self.compiler.is_none() {
            self.compiler = engine.tier().begin(module);
        }
        let Some(compiler) = &self.compiler else { return };
        for _ in 0..compiler.arrived(decoder.module(), decoder.bytes(), background) {
            let compiler = Arc::clone(compiler);
            engine.workers().start(Box::new(move || compiler.help()));
        }
    }

    fn finish(&self, engine: &Engine, meta: &Arc<Meta>, wasm: &Source<'_>) -> Result<Made> {
        match &self.compiler {
            Some(compiler) => {
                let code = compiler.finish(meta, wasm, engine.workers())?;
                Ok(Made::Code(Box::new(code)))
            }
            None => Made::by(engine, meta, wasm),
        }
    }
}

impl ModuleStream {
    /// A stream that waits for the first byte.
    #[must_use]
    pub fn new(engine: &Engine) -> Self {
        let decoder = Decoder::new(engine.limits(), engine.features());
        Self { engine: engine.clone(), decoder, early: Early::default(), spent: None }
    }

    /// Takes the next bytes. Sections and functions are validated as soon as they are complete.
    ///
    /// # Errors
    /// As soon as no continuation could make the bytes a module that this engine accepts.
    pub fn push(&mut self, bytes: &[u8]) -> Result<StreamProgress> {
        let clock = Stopwatch::start(&self.engine);
        let progress = self.decoder.push(bytes)?;
        self.early.go_on(&self.engine, &mut self.decoder);
        self.spent = clock.passed_with(self.spent);
        Ok(progress)
    }

    /// The compiled module, when there are no more bytes.
    ///
    /// # Errors
    /// When the bytes end too early, and as for [`Module::new`].
    pub fn finish(self) -> Result<Module> {
        let (engine, spent) = (self.engine.clone(), self.spent);
        let clock = Stopwatch::start(&engine);
        let ingredients = self.ingredients()?;
        Module::assemble(&engine, ingredients, clock.passed_with(spent))
    }

    /// The compiled module as an artifact, when there are no more bytes; see [`Engine::precompile`].
    ///
    /// # Errors
    /// As for [`ModuleStream::finish`].
    pub fn precompile(self) -> Result<Vec<u8>> {
        if !self.engine.moves_up() {
            return self.ingredients()?.write();
        }
        let (meta, wasm) = self.decoder.finish()?;
        crate::artifact::write_whole(&self.engine, &meta, &wasm, &NoProfile)
    }

    fn ingredients(self) -> Result<Ingredients> {
        let Self { engine, decoder, early, .. } = self;
        let (meta, wasm) = decoder.finish()?;
        let (meta, wasm) = (Arc::new(meta), Source::Shared(wasm.into()));
        Ingredients::cached(&engine, &wasm, || {
            let code = early.finish(&engine, &meta, &wasm)?;
            Ok((meta, code))
        })
    }
}

impl fmt::Debug for ModuleStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ModuleStream({:?})", self.decoder.progress())
    }
}
