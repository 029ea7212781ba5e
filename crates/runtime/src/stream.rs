//! Modules whose bytes are still arriving, from a network or a pipe.
//!
//! Not here: decoding itself (see `holm-module`). Invariant: a stream accepts the same bytes as
//! [`Module::new`], in whatever pieces they come, and gives the same module; what is wrong is told as soon as
//! the wrong byte is there. Read next: [`crate::module`].

use crate::artifact::Ingredients;
use crate::engine::Engine;
use crate::error::Result;
use crate::module::Module;
use holm_module::Decoder;
use std::fmt;

pub use holm_module::Progress as StreamProgress;

/// A module in the making: feed it bytes in the binary format as they come.
pub struct ModuleStream {
    engine: Engine,
    decoder: Decoder,
}

impl ModuleStream {
    /// A stream that waits for the first byte.
    #[must_use]
    pub fn new(engine: &Engine) -> Self {
        let decoder = Decoder::new(engine.limits(), engine.features());
        Self { engine: engine.clone(), decoder }
    }

    /// Takes the next bytes. Sections and functions are validated as soon as they are complete.
    ///
    /// # Errors
    /// As soon as no continuation could make the bytes a module that this engine accepts.
    pub fn push(&mut self, bytes: &[u8]) -> Result<StreamProgress> {
        Ok(self.decoder.push(bytes)?)
    }

    /// The compiled module, when there are no more bytes.
    ///
    /// # Errors
    /// When the bytes end too early, and as for [`Module::new`].
    pub fn finish(self) -> Result<Module> {
        let (meta, wasm) = self.decoder.finish()?;
        Module::assemble(&self.engine, Ingredients::cached(&self.engine, &wasm, || Ok(meta))?)
    }
}

impl fmt::Debug for ModuleStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ModuleStream({:?})", self.decoder.progress())
    }
}
