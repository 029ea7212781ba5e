//! Interrupting a guest from another thread.
//!
//! Code loads from its instance's poll page at every loop header and at entry of every function that
//! calls. Interrupting makes those pages inaccessible; the fault is a trap like any other. Bulk operations
//! look at the flag between their pieces.

use crate::memory::SharedMemory;
use crate::sys::map::{Access, protect_poll_page};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A way to stop whatever guest runs in a store, from any thread. Cloning shares it.
#[derive(Clone, Debug, Default)]
pub struct InterruptHandle {
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    requested: AtomicBool,
    reach: Mutex<Reach>,
}

/// What an interruption has to reach.
#[derive(Debug, Default)]
struct Reach {
    /// Addresses of the poll pages of the store's instances; they stay mapped while they are listed.
    pages: Vec<usize>,
    /// Memories in which a guest of the store may wait.
    memories: Vec<SharedMemory>,
}

impl InterruptHandle {
    /// Stops the guest that runs now, or the next one, with the trap `interrupted`. Stays in force until
    /// [`clear`](Self::clear). Does nothing once the store is gone.
    pub fn interrupt(&self) {
        let reach = self.reach();
        self.shared.requested.store(true, Ordering::SeqCst);
        set_access(&reach.pages, Access::None);
        for memory in &reach.memories {
            memory.parking().stir();
        }
    }

    /// Whether an interruption is in force.
    #[must_use]
    pub fn is_interrupted(&self) -> bool {
        self.shared.requested.load(Ordering::Relaxed)
    }

    /// Lets guests run again.
    pub fn clear(&self) {
        let reach = self.reach();
        self.shared.requested.store(false, Ordering::SeqCst);
        set_access(&reach.pages, Access::Read);
    }

    /// Lists the poll page of a new instance.
    pub(crate) fn add(&self, page: usize) {
        let mut reach = self.reach();
        reach.pages.push(page);
        if self.is_interrupted() {
            set_access(&[page], Access::None);
        }
    }

    /// Lists a memory in which guests may wait.
    pub(crate) fn add_memory(&self, memory: &SharedMemory) {
        self.reach().memories.push(memory.clone());
    }

    /// Forgets all pages, accessible again, because their slots are about to go back to the pool.
    pub(crate) fn retire(&self) {
        let mut reach = self.reach();
        if self.is_interrupted() {
            set_access(&reach.pages, Access::Read);
        }
        reach.pages.clear();
        reach.memories.clear();
    }

    fn reach(&self) -> MutexGuard<'_, Reach> {
        self.shared.reach.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn set_access(pages: &[usize], access: Access) {
    for page in pages {
        // SAFETY: listed pages are poll pages of slots that live until `retire` has removed them, and the
        // list is locked.
        unsafe { protect_poll_page(*page, access) };
    }
}
