//! What a tier is: a way from a module to code.
//!
//! A tier sees a module and an instance's layout, never a live instance. It is generic over the module
//! type because this crate does not know it. Threads are the host's: a tier is handed [`Workers`].

use crate::interpreter::Tiering;
use crate::{Code, Interpreted, Settings, SharedBytes};
use alloc::boxed::Box;
use alloc::string::String;
use alloc::sync::Arc;
use core::fmt;

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
        wasm: &SharedBytes,
    ) -> Option<Result<Arc<dyn Interpreted>, CompileError>> {
        let _ = (module, wasm);
        None
    }

    /// The same for a module whose functions may be promoted one by one; nothing if this tier does not interpret, or
    /// does not count.
    fn interpret_tiered(
        &self,
        module: &Arc<M>,
        wasm: &SharedBytes,
        tiering: Tiering<'_>,
    ) -> Option<Result<Arc<dyn Interpreted>, CompileError>> {
        let _ = (module, wasm, tiering);
        None
    }

    /// Compiles every function of `module`, whose bytes are `wasm`.
    ///
    /// # Errors
    /// When a function exceeds what the compiler can handle, or the compiler is at fault.
    fn compile(&self, module: &M, wasm: &[u8], workers: &dyn Workers)
    -> Result<Code, CompileError>;

    /// The same with what was seen of the module while it ran. The same profile gives the same bytes.
    ///
    /// # Errors
    /// As for [`Tier::compile`].
    fn compile_with(
        &self,
        module: &M,
        wasm: &[u8],
        workers: &dyn Workers,
        profile: &dyn Profile,
    ) -> Result<Code, CompileError> {
        let _ = profile;
        self.compile(module, wasm, workers)
    }

    /// Prepares to compile single functions of a module, at any time later, for a program that begins under
    /// another tier; nothing if this tier compiles whole modules only.
    fn parts(&self, module: &Arc<M>, wasm: &SharedBytes) -> Option<Arc<dyn PartCompiler>> {
        let _ = (module, wasm);
        None
    }

    /// Begins to compile a module that is still arriving, of which everything before the first function body
    /// is there; nothing if this tier waits for the whole. The code is the same either way.
    fn begin(&self, module: &M) -> Option<Arc<dyn EarlyCompile<M>>> {
        let _ = module;
        None
    }
}

/// Where code of a function begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Entry {
    /// At its start: an ordinary function.
    Start,
    /// At the header of a loop, before its poll and its charge of fuel, to go on with what the interpreter had
    /// begun. The code is a function from one `i64`, the address of slot 0 of the interpreter's frame, to the
    /// results of the whole function. Parameters lie in the frame from slot 0 on, declared locals from slot
    /// `locals_at` on, after them all operands that are on the stack when the loop begins, its parameters
    /// included; vectors in two slots.
    Loop {
        /// Where the `loop` operator is in the wasm bytes.
        offset: u32,
        /// The slot of the first declared local.
        locals_at: u32,
    },
}

/// One piece of code to be compiled: a defined function, by its index among them, from one of its entries on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Part {
    /// The function.
    pub defined: u32,
    /// Where it begins.
    pub entry: Entry,
}

/// What was seen of a program while it ran: hints, which may be wrong about everything.
pub trait Profile: Send + Sync {
    /// What the indirect call at an offset in the wasm bytes called nearly every time, by its index among all functions. The
    /// call is an operator of the defined function `defined`.
    fn callee(&self, defined: u32, offset: u32) -> Option<u32> {
        let _ = (defined, offset);
        None
    }

    /// Of how many times that the `if` or `br_if` at an offset was seen its condition was not zero.
    fn branch(&self, defined: u32, offset: u32) -> Option<Share> {
        let _ = (defined, offset);
        None
    }

    /// How often the call at an offset was made, of how often its function was called meanwhile. In a loop that can be
    /// more.
    fn calls(&self, defined: u32, offset: u32) -> Option<Share> {
        let _ = (defined, offset);
        None
    }

    /// Tells everything that there is: the defined function, the offset, what was seen there.
    fn visit(&self, visit: &mut dyn FnMut(u32, u32, Seen)) {
        let _ = visit;
    }
}

/// How often something was so, of how often it was looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Share {
    /// How often it was so.
    pub times: u32,
    /// Of how many.
    pub of: u32,
}

/// What was seen at a place; see [`Profile`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seen {
    /// Of an indirect call.
    Callee(u32),
    /// Of a branch.
    Branch(Share),
    /// Of a direct call.
    Call(Share),
}

/// Nothing was seen.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoProfile;

impl Profile for NoProfile {}

/// Compiles single functions of one module.
///
/// Calls of functions outside of a batch go through the function entries (see
/// [`crate::layout::FUNCTION_ENTRY_MACHINE`]), so that the code runs only in instances that have them.
pub trait PartCompiler: Send + Sync {
    /// Compiles a batch into one image, whose [`Code::members`] are the parts, in this order. The same batch gives the
    /// same bytes as long as the profile says the same.
    ///
    /// # Errors
    /// As for [`Tier::compile`]; then no code of the batch is to be had. Retry its functions one by one.
    fn compile(&self, batch: &[Part], profile: &dyn Profile) -> Result<Code, CompileError>;
}

/// The compilation of a module that is still arriving. Helpers on other threads work on what is there.
pub trait EarlyCompile<M: ?Sized>: Send + Sync {
    /// Takes note of the functions that are validated by now; `wasm` is what arrived of the file. Gives how
    /// many more helpers have something to do, if there may be `helpers_max` at the same time: for each of
    /// them [`EarlyCompile::help`] is to be called on some thread.
    fn arrived(&self, module: &M, wasm: &[u8], helpers_max: usize) -> usize;

    /// Compiles what is there and returns when nothing is left to do for now.
    fn help(&self);

    /// The result is not wanted any more: helpers return after the function that they are at.
    fn stop(&self);

    /// Compiles what is left of the module, now that it is complete.
    ///
    /// # Errors
    /// As for [`Tier::compile`].
    fn finish(&self, module: &M, wasm: &[u8], workers: &dyn Workers) -> Result<Code, CompileError>;
}

/// Threads that the host lends for a while, and a place to report progress.
pub trait Workers: Sync {
    /// How many jobs can run at the same time; at least 1.
    fn count(&self) -> usize;

    /// Calls `job(0)` … `job(count - 1)`, perhaps at the same time, and returns when all have returned.
    fn run(&self, count: usize, job: &(dyn Fn(usize) + Sync));

    /// How many jobs can run in the background while the caller goes on with something else.
    fn background(&self) -> usize {
        0
    }

    /// Whether that is more than none, which a host may know without counting.
    fn has_background(&self) -> bool {
        self.background() > 0
    }

    /// Runs `job` in the background. Only called if there is a background, never for more jobs at the same
    /// time than it allows. A job that can not be run is dropped.
    fn start(&self, job: Box<dyn FnOnce() + Send>) {
        drop(job);
    }

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

impl core::error::Error for CompileError {}
