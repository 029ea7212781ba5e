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
    /// Addresses of the poll pages of the store's instances; they stay mapped while they are listed.
    pages: Mutex<Vec<usize>>,
    /// Memories in which a guest of the store may wait.
    memories: Mutex<Vec<SharedMemory>>,
}

impl InterruptHandle {
    /// Stops the guest that runs now, or the next one, with the trap `interrupted`. Stays in force until
    /// [`clear`](Self::clear). Does nothing once the store is gone.
    pub fn interrupt(&self) {
        Self::interrupt_all(std::iter::once(self));
    }

    /// The same for several stores at once; guests that wait in a memory they share are woken once, not once per store.
    pub fn interrupt_all<'a>(handles: impl Iterator<Item = &'a Self>) {
        let mut memories: Vec<SharedMemory> = Vec::new();
        for handle in handles {
            let pages = handle.pages();
            handle.shared.requested.store(true, Ordering::SeqCst);
            set_access(&pages, Access::None);
            drop(pages);
            for memory in &*handle.memories() {
                if !memories.iter().any(|known| known.is_same(memory)) {
                    memories.push(memory.clone());
                }
            }
        }
        for memory in &memories {
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
        let pages = self.pages();
        self.shared.requested.store(false, Ordering::SeqCst);
        set_access(&pages, Access::Read);
    }

    /// Lists the poll page of a new instance.
    pub(crate) fn add(&self, page: usize) {
        let mut pages = self.pages();
        pages.push(page);
        if self.is_interrupted() {
            set_access(&[page], Access::None);
        }
    }

    /// Lists a memory in which guests may wait.
    pub(crate) fn add_memory(&self, memory: &SharedMemory) {
        self.memories().push(memory.clone());
    }

    /// Forgets all pages, accessible again, because their slots are about to go back to the pool.
    pub(crate) fn retire(&self) {
        let mut pages = self.pages();
        if self.is_interrupted() {
            set_access(&pages, Access::Read);
        }
        pages.clear();
        drop(pages);
        self.memories().clear();
    }

    fn memories(&self) -> MutexGuard<'_, Vec<SharedMemory>> {
        self.shared.memories.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn pages(&self) -> MutexGuard<'_, Vec<usize>> {
        self.shared.pages.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn set_access(pages: &[usize], access: Access) {
    for page in pages {
        // SAFETY: listed pages are poll pages of slots that live until `retire` has removed them, and the
        // list is locked.
        unsafe { protect_poll_page(*page, access) };
    }
}
