//! Which store's guest runs on this thread.
//!
//! Not here: what becomes of a fault, see [`fault`]. Invariant: a store that is noted is in a call.

#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
pub(crate) mod fault;

use crate::block::StoreBlock;
use std::cell::Cell;

thread_local! {
    /// The store whose guest runs on this thread.
    static CURRENT: Cell<*const StoreBlock> = const { Cell::new(std::ptr::null()) };
    static PREPARED: Cell<bool> = const { Cell::new(false) };
}

/// Marks a store as running until dropped; the previous one then runs again.
pub(crate) struct Running {
    previous: *const StoreBlock,
}

impl Running {
    #[inline]
    pub(crate) fn new(block: *const StoreBlock) -> Self {
        if !PREPARED.get() {
            prepare();
        }
        Self { previous: CURRENT.replace(block) }
    }
}

#[cold]
fn prepare() {
    crate::sys::signals::prepare_thread();
    PREPARED.set(true);
}

impl Drop for Running {
    #[inline]
    fn drop(&mut self) {
        CURRENT.set(self.previous);
    }
}
