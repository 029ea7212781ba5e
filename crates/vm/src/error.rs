//! What can go wrong below the public API: limits, the operating system, and the ways out of a guest.

use crate::Frame;
use holm_spec::trap::TrapReason;
use std::any::Any;
use std::fmt;

/// What a host function failed with: its own business, or a [`crate::Thrown`].
pub type HostFailure = Box<dyn Any + Send>;

/// Why an object could not be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum VmError {
    /// A limit of the store.
    Exhausted {
        /// Which.
        limit: &'static str,
        /// What was asked for, in all.
        value: u64,
        /// The most there may be.
        max: u64,
    },
    /// The operating system refused.
    Os {
        /// What was being done.
        what: &'static str,
        /// Its words.
        error: String,
    },
    /// The guest is to be stopped, and what it asked for takes long.
    Interrupted,
}

impl VmError {
    /// What a guest traps with that asked for an object.
    pub(crate) fn trap(&self) -> TrapReason {
        match self {
            Self::Interrupted => TrapReason::Interrupted,
            Self::Exhausted { .. } | Self::Os { .. } => TrapReason::AllocationFailed,
        }
    }

    pub(crate) fn os(what: &'static str, error: impl fmt::Display) -> Self {
        Self::Os { what, error: error.to_string() }
    }
}

impl fmt::Display for VmError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exhausted { limit, value, max } => {
                write!(f, "{limit} exhausted: {value} wanted, {max} allowed")
            }
            Self::Os { what, error } => write!(f, "{what} failed: {error}"),
            Self::Interrupted => f.write_str("interrupted"),
        }
    }
}

impl std::error::Error for VmError {}

/// A guest was left before it returned.
#[derive(Debug)]
pub struct Exit {
    /// Why.
    pub cause: ExitCause,
    /// The guest's frames, innermost first; the outermost ones are left out when there are very many.
    pub backtrace: Vec<Frame>,
}

/// Why a guest was left.
pub enum ExitCause {
    /// It trapped.
    Trap(TrapReason),
    /// A host function returned an error.
    Host(HostFailure),
    /// An exception, by its reference, that no handler of the guest wanted.
    Exception(u32),
    /// A host function panicked; the store is poisoned.
    Panic(String),
}

impl fmt::Debug for ExitCause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Trap(reason) => write!(f, "Trap({reason})"),
            Self::Host(_) => f.write_str("Host"),
            Self::Exception(reference) => write!(f, "Exception({reference:#x})"),
            Self::Panic(text) => write!(f, "Panic({text})"),
        }
    }
}
