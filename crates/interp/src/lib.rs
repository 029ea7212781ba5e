//! Tier 0: functions are translated to compact register code when they are first called, and interpreted.
//!
//! Works wherever Rust does: no machine code is made, no page is made executable, nothing here asks an operating
//! system for anything. Not here: modules (see `holm-module`), whatever is alive (see `holm-vm`).
//! Invariant: a program behaves as under the other tiers: same results, traps, fuel; unsafe code is in `executor` only.
//! Read next: [`program`] (a module), [`ops`] (the machine's operators), [`translate`], `executor`.
#![no_std]
#![deny(unsafe_code)]

extern crate alloc;

mod executor;
mod ops;
#[cfg(any(test, feature = "listing"))]
mod print;
mod program;
mod translate;

#[cfg(feature = "counting")]
pub use executor::counting;

use alloc::sync::Arc;
use holm_abi::interpreter::{Interpreted, Tiering};
use holm_abi::signature::RegisterFile;
use holm_abi::{Architecture, Code, CompileError, Settings, SharedBytes, Tier, Workers};
use holm_module::Module;

/// Whether functions can be promoted. Where they can not, everything that is only for that is dead code.
const PROMOTES: bool = cfg!(any(test, feature = "promotion"));

/// The interpreting tier.
#[derive(Clone, Debug)]
pub struct Interpreter {
    settings: Settings,
}

impl Interpreter {
    /// A tier for these settings. It always polls, whatever they say.
    #[must_use]
    pub fn new(settings: Settings) -> Self {
        Self { settings }
    }

    fn program(
        &self,
        module: &Arc<Module>,
        wasm: &SharedBytes,
        tiering: Option<Tiering<'_>>,
    ) -> Result<Arc<dyn Interpreted>, CompileError> {
        let registers = match self.settings.architecture {
            Architecture::X86_64 => RegisterFile::X86_64,
            Architecture::Aarch64 => RegisterFile::AARCH64,
        };
        let program = program::Program::new(module, wasm, &self.settings, &registers, tiering)?;
        Ok(Arc::new(program))
    }
}

impl Tier<Module> for Interpreter {
    fn name(&self) -> &'static str {
        "interp"
    }

    fn settings(&self) -> &Settings {
        &self.settings
    }

    fn interprets(&self) -> bool {
        true
    }

    fn interpret(
        &self,
        module: &Arc<Module>,
        wasm: &SharedBytes,
    ) -> Option<Result<Arc<dyn Interpreted>, CompileError>> {
        Some(self.program(module, wasm, None))
    }

    fn interpret_tiered(
        &self,
        module: &Arc<Module>,
        wasm: &SharedBytes,
        tiering: Tiering<'_>,
    ) -> Option<Result<Arc<dyn Interpreted>, CompileError>> {
        PROMOTES.then(|| self.program(module, wasm, Some(tiering)))
    }

    fn compile(&self, _: &Module, _: &[u8], _: &dyn Workers) -> Result<Code, CompileError> {
        Err(CompileError::Bug("the interpreter makes no machine code".into()))
    }
}

#[cfg(test)]
mod tests;
