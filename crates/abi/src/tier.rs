//! What a tier is: a way from a module to code.
//!
//! A tier sees a module and an instance's layout, never a live instance. It is generic over the module
//! type because this crate does not know it. Threads are the host's: a tier is handed [`Workers`].

use crate::{Code, Interpreted, Settings};
use std::fmt;
use std::sync::Arc;

/// A way from a module to code.
pub trait Tier<M: ?Sized>: Send + Sync {
    /// Short name, e.g. `optimize`.
    fn name(&self) -> &'static str;

    /// What its code is compiled for.
    fn settings(&self) -> &Settings;

    /// Whether it interprets functions instead of compiling them. Then it is never asked to compile.
    fn interprets(&self) -> bool {
        false
    }

    /// The module as something to be interpreted, if this tier makes no code.
    fn interpret(
        &self,
        module: &Arc<M>,
        wasm: &[u8],
    ) -> Option<Result<Arc<dyn Interpreted>, CompileError>> {
        let _ = (module, wasm);
        None
    }

    /// Compiles every function of `module`, whose bytes are `wasm`.
    ///
    /// # Errors
    /// When a function exceeds what the compiler can handle, or the compiler is at fault.
    fn compile(&self, module: &M, wasm: &[u8], workers: &dyn Workers)
    -> Result<Code, CompileError>;
}

/// Threads that the host lends for a while, and a place to report progress.
pub trait Workers: Sync {
    /// How many jobs can run at the same time; at least 1.
    fn count(&self) -> usize;

    /// Calls `job(0)` … `job(count - 1)`, perhaps at the same time, and returns when all have returned.
    fn run(&self, count: usize, job: &(dyn Fn(usize) + Sync));

    /// Told now and then how many of the functions are done.
    fn progress(&self, done: usize, total: usize) {
        let _ = (done, total);
    }
}

/// The calling thread alone.
#[derive(Clone, Copy, Debug, Default)]
pub struct OneWorker;

impl Workers for OneWorker {
    fn count(&self) -> usize {
        1
    }

    fn run(&self, count: usize, job: &(dyn Fn(usize) + Sync)) {
        (0..count).for_each(job);
    }
}

/// Why a module could not be compiled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CompileError {
    /// A function needs more than the compiler can give: what, how much, the most there is.
    Limit(String),
    /// The compiler is at fault.
    Bug(String),
}

impl fmt::Display for CompileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Limit(text) | Self::Bug(text) => f.write_str(text),
        }
    }
}

impl std::error::Error for CompileError {}
