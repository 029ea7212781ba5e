//! Why something could not be granted: what an embedder is told before a guest starts.
//!
//! Not here: what a guest is told (`errno.rs`).
//!
//! Invariant: the text names the thing and what was found, and where the kernel does not confine paths, what can be
//! granted instead.
//!
//! Read next: `context.rs`.

use rustix::io::Errno as Kernel;
use std::path::{Path, PathBuf};

/// Why something could not be granted.
#[derive(Debug)]
#[non_exhaustive]
pub enum GrantError {
    /// The directory could not be opened.
    Open {
        /// The directory.
        path: PathBuf,
        /// What the kernel said.
        cause: std::io::Error,
    },
    /// The kernel, or a filter of system calls, does not offer openat2, without which no path is safe.
    NotConfined {
        /// The directory.
        path: PathBuf,
        /// What the kernel said.
        cause: std::io::Error,
    },
    /// The file is not an archive that can be granted.
    Archive {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// A NUL inside an argument or variable.
    Nul {
        /// "argument" or "variable"
        what: &'static str,
        /// The text.
        text: String,
    },
    /// All arguments, or all variables, together are too long.
    TooLong {
        /// "argument" or "variable"
        what: &'static str,
        /// How long they would be.
        bytes: usize,
        /// The limit.
        max: usize,
    },
    /// A variable without a name, or with `=` in it.
    VariableName {
        /// The name.
        name: String,
    },
    /// More grants than descriptors.
    Descriptors {
        /// The limit.
        max: usize,
    },
}

impl GrantError {
    pub(crate) fn of_probe(path: &Path, errno: Kernel) -> GrantError {
        let (path, cause) = (path.into(), errno.into());
        match errno {
            Kernel::NOSYS | Kernel::PERM => GrantError::NotConfined { path, cause },
            _ => GrantError::Open { path, cause },
        }
    }
}

impl std::fmt::Display for GrantError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            GrantError::Open { path, cause } => {
                write!(f, "directory {} cannot be opened: {cause}", path.display())
            }
            GrantError::NotConfined { path, cause } => write!(
                f,
                "directory {} cannot be granted safely: the system call openat2 is not available here \
                 ({cause}); use Linux 5.6 or newer, allow openat2 in the seccomp profile of this container \
                 or service, grant a directory in memory or an archive instead, or run without the \
                 directory",
                path.display()
            ),
            GrantError::Archive { path, why } => {
                write!(f, "archive {} cannot be granted: {why}", path.display())
            }
            GrantError::Nul { what, text } => write!(f, "{what} {text:?} has a NUL in it"),
            GrantError::TooLong { what, bytes, max } => {
                write!(f, "{what}s are too long together: {bytes} bytes, at most {max}")
            }
            GrantError::VariableName { name } => {
                write!(f, "variable name {name:?} is empty or has a '=' in it")
            }
            GrantError::Descriptors { max } => {
                write!(f, "the grants need more descriptors than the limit of {max}")
            }
        }
    }
}

impl std::error::Error for GrantError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            GrantError::Open { cause, .. } | GrantError::NotConfined { cause, .. } => Some(cause),
            _ => None,
        }
    }
}
