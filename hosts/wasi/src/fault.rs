//! How a call can end other than well: with an error number for the guest, or with the end of the guest.
//!
//! Not here: errors of building a context (`context.rs`), which a guest never sees.
//!
//! Invariant: only `Fault::Errno` goes back into the guest; `Exit` and `Trap` unwind it.
//!
//! Read next: `errno.rs`, `preview1/mod.rs`.

use crate::Errno;

/// Why a call did not succeed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The guest is told this number and goes on.
    Errno(Errno),
    /// The guest asked to end with this code.
    Exit(u32),
    /// The guest ends here.
    Trap(Trap),
    /// The call has to wait and may not do so here: it is made again.
    Wait,
}

/// Ends of a guest that it did not ask for with an exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trap {
    /// The embedder stopped the context while the guest was in a call.
    Stopped,
    /// The guest raised this signal against itself (numbers of the standard).
    Raised(u8),
}

/// The guest ended itself with an exit code. This is what an embedder finds in the error of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exit(pub u32);

impl std::fmt::Display for Exit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "exited with code {}", self.0)
    }
}

impl std::error::Error for Exit {}

impl std::fmt::Display for Trap {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Trap::Stopped => f.write_str("stopped by the host"),
            Trap::Raised(signal) => write!(f, "raised signal {signal}"),
        }
    }
}

impl std::error::Error for Trap {}

impl From<Errno> for Fault {
    fn from(errno: Errno) -> Fault {
        Fault::Errno(errno)
    }
}

impl From<rustix::io::Errno> for Fault {
    fn from(errno: rustix::io::Errno) -> Fault {
        Fault::Errno(Errno::from(errno))
    }
}
