//! Interrupting a guest from another thread.
//!
//! Interpreted functions look at a word of their instance's context instead of loading from the page.
//! Code loads from its instance's poll page at every loop header and at entry of every function that
//! calls. Interrupting makes those pages inaccessible; the fault is a trap like any other. Bulk operations
//! look at the flag between their pieces.

use crate::memory::SharedMemory;
use crate::sys::map::{Access, protect_poll_page};
use holm_abi::layout::{CONTEXT_TOP, INTERRUPTED};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A way to stop whatever guest runs in a store, from any thread. Cloning shares it.
#[derive(Clone, Debug, Default)]
pub struct InterruptHandle {
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    requested: AtomicBool,
    /// It is for ever: what takes long may be left half done.
    ending: AtomicBool,
    /// The guest waits, and looks at `requested` before it goes on.
    parked: AtomicBool,
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
        Self::announce(std::iter::once(self));
        self.enforce();
    }

    /// The same, for ever: a collection of garbage that the guest is in is given up, with all that was in the heap, so that
    /// even that takes no time. Afterwards the store is good for what it has used, and for being dropped.
    pub fn end(&self) {
        Self::announce_end(std::iter::once(self));
        self.enforce();
    }

    /// The first part of [`end`](Self::end) for several stores: everybody learns of it who looks at a flag, or waits. Guests
    /// that wait in a memory they share are woken once, not once per store. What is missing is
    /// [`enforce_end`](Self::enforce_end) for each, which costs all processors a moment; stores that are gone by then need none.
    pub fn announce_end<'a>(handles: impl Iterator<Item = &'a Self> + Clone) {
        handles.clone().for_each(Self::set_ending);
        Self::announce(handles);
    }

    /// The second part for one store: compiled code that runs is stopped. May be done before the first part, by anybody, and
    /// more than once.
    pub fn enforce_end(&self) {
        self.set_ending();
        drop(self.request());
        self.enforce();
    }

    fn set_ending(&self) {
        self.shared.ending.store(true, Ordering::SeqCst);
    }

    /// Has everybody know of it who looks.
    fn request(&self) -> MutexGuard<'_, Reach> {
        let reach = self.reach();
        self.shared.requested.store(true, Ordering::SeqCst);
        reach.pages.iter().for_each(|page| set_word(*page, true));
        reach
    }

    fn announce<'a>(handles: impl Iterator<Item = &'a Self>) {
        let mut memories: Vec<SharedMemory> = Vec::new();
        for handle in handles {
            for memory in &handle.request().memories {
                if !memories.iter().any(|known| known.is_same(memory)) {
                    memories.push(memory.clone());
                }
            }
        }
        for memory in &memories {
            memory.parking().stir();
        }
    }

    fn enforce(&self) {
        let reach = self.reach();
        // Whoever is parked after the request will see it.
        if self.is_interrupted() && !self.shared.parked.load(Ordering::SeqCst) {
            reach.pages.iter().for_each(|page| set_page(*page, Access::None));
        }
    }

    /// Whether an interruption is in force.
    #[must_use]
    pub fn is_interrupted(&self) -> bool {
        self.shared.requested.load(Ordering::SeqCst)
    }

    /// Has the guest wait in `wait`; says also whether it was interrupted before it could go on.
    pub(crate) fn park<R>(&self, wait: impl FnOnce() -> R) -> (R, bool) {
        self.shared.parked.store(true, Ordering::SeqCst);
        let waited = wait();
        self.shared.parked.store(false, Ordering::SeqCst);
        (waited, self.is_interrupted())
    }

    /// Whether that interruption is for ever.
    pub(crate) fn is_ending(&self) -> bool {
        self.shared.ending.load(Ordering::Relaxed)
    }

    /// Lets guests run again, unless they were told to end.
    pub fn clear(&self) {
        let reach = self.reach();
        if self.is_ending() {
            return;
        }
        self.shared.requested.store(false, Ordering::SeqCst);
        for page in &reach.pages {
            set_word(*page, false);
            set_page(*page, Access::Read);
        }
    }

    /// Lists the poll page of a new instance.
    pub(crate) fn add(&self, page: usize) {
        let mut reach = self.reach();
        reach.pages.push(page);
        if self.is_interrupted() {
            set_word(page, true);
            set_page(page, Access::None);
        }
    }

    /// Lists a memory in which guests may wait.
    pub(crate) fn add_memory(&self, memory: &SharedMemory) {
        self.reach().memories.push(memory.clone());
    }

    /// Forgets all pages, because their slots are about to go back to the pool. Says whether they may be inaccessible.
    #[must_use]
    pub(crate) fn retire(&self) -> bool {
        let mut reach = self.reach();
        let interrupted = self.is_interrupted();
        if interrupted {
            reach.pages.iter().for_each(|page| set_word(*page, false));
        }
        reach.pages.clear();
        reach.memories.clear();
        interrupted
    }

    fn reach(&self) -> MutexGuard<'_, Reach> {
        self.shared.reach.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Changes the protection of a listed page.
fn set_page(page: usize, access: Access) {
    // SAFETY: listed pages are poll pages of slots that live until `retire` has removed them, and the list is locked.
    unsafe { protect_poll_page(page, access) };
}

/// Sets the word of the context below a listed page.
fn set_word(page: usize, interrupted: bool) {
    let word = page.wrapping_add_signed((INTERRUPTED - CONTEXT_TOP) as isize);
    let word: *const AtomicU32 = std::ptr::with_exposed_provenance(word);
    // SAFETY: the context right below the poll page lives as long as the page is listed, and this word of it is only
    // accessed atomically while that is so.
    let word = unsafe { &*word };
    word.store(u32::from(interrupted), Ordering::Relaxed);
}
