//! Why a guest was refused something, for those who granted too little.
//!
//! A guest is told an error number, which is all it has a right to. Whoever runs it may want to know more: which
//! grant, which path, what was in the way. Each place that refuses names its reason through [`refuse`]; a context
//! that keeps a log picks the reason up at the end of the call.
//!
//! Not here: which option of which program would have granted it; that is for the one who asks for the log.
//!
//! Invariant: `notcapable` and `rofs` are made here and nowhere else in this crate.
//!
//! Read next: `preview1/table.rs`, where the reason is picked up.

use crate::Errno;
use std::cell::Cell;

/// What was in the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Reason {
    /// The path leads out of the directory that was granted: by `..`, an absolute path or a link.
    Outside,
    /// The directory was granted for reading only.
    ReadOnly,
    /// The path names a device, a pipe or a socket of the file system.
    NotAFile,
    /// The guest gave up the right itself, or its standard stream has it not.
    NoRight,
    /// The two paths lie in different directories that were granted differently, or on different file systems.
    BetweenGrants,
    /// The guest has as many descriptors open as it may.
    Handles,
    /// Directories in memory hold as much as they may.
    Space,
    /// The host has no descriptors left, whatever the guest may.
    HostHandles,
    /// As many threads as may run at once are running.
    Threads,
    /// Other programs rename so much that the kernel gave up on the path time after time.
    Unsettled,
}

impl Reason {
    /// The number that the guest is told.
    #[must_use]
    pub fn errno(self) -> Errno {
        match self {
            Reason::Outside | Reason::NotAFile | Reason::NoRight => Errno::Notcapable,
            Reason::ReadOnly => Errno::Rofs,
            Reason::BetweenGrants => Errno::Xdev,
            Reason::Handles => Errno::Mfile,
            Reason::HostHandles => Errno::Nfile,
            Reason::Space => Errno::Nospc,
            Reason::Threads | Reason::Unsettled => Errno::Again,
        }
    }
}

/// A call that was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The function that was called.
    pub function: &'static str,
    /// What was in the way.
    pub reason: Reason,
    /// The number that the guest was told.
    pub errno: Errno,
    /// The name under which the directory concerned was granted, if one is.
    pub grant: Option<String>,
    /// The path that the guest gave, if it gave one.
    pub path: Option<String>,
}

thread_local! {
    static LAST: Cell<Option<Reason>> = const { Cell::new(None) };
}

/// The number for the guest, with the reason noted for the log.
#[cold]
pub(crate) fn refuse(reason: Reason) -> Errno {
    LAST.set(Some(reason));
    reason.errno()
}

/// The reason noted last on this thread, which is forgotten.
pub(crate) fn take() -> Option<Reason> {
    LAST.take()
}
