//! What the host holds of a heap: handles, which the collector follows and changes.
//!
//! Handles of a scope lie on a stack and die with it; an owned root lives as long as somebody holds it. A
//! handle that is used after its scope is found out by its stamp. Invariant: a stamp is used once, until 2³² of
//! them have been.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// A handle to a reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RootId {
    index: u32,
    stamp: u32,
}

/// Where a scope began.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RootMark(pub(super) u32);

/// A reference that stays until the last clone of this is dropped.
#[derive(Clone, Debug)]
pub struct OwnedRoot {
    cell: Arc<AtomicU32>,
}

impl OwnedRoot {
    /// The reference, as guests see it.
    #[must_use]
    pub fn reference(&self) -> u32 {
        self.cell.load(Ordering::Relaxed)
    }
}

/// See the module's documentation.
#[derive(Debug, Default)]
pub(crate) struct Roots {
    /// Handles may be made through a shared store.
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    scoped: Vec<(u32, u32)>,
    owned: Vec<Arc<AtomicU32>>,
    stamp: u32,
}

impl Roots {
    fn with<R>(&self, run: impl FnOnce(&mut Inner) -> R) -> R {
        run(&mut self.inner.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn inner_mut(&mut self) -> &mut Inner {
        self.inner.get_mut().unwrap_or_else(PoisonError::into_inner)
    }

    /// Holds a reference until the end of the scope.
    pub(crate) fn push(&self, reference: u32) -> RootId {
        self.with(|inner| {
            inner.stamp = inner.stamp.wrapping_add(1);
            let (index, stamp) = (crate::objects::index_of(inner.scoped.len()), inner.stamp);
            inner.scoped.push((reference, stamp));
            RootId { index, stamp }
        })
    }

    /// The reference of a handle whose scope has not ended.
    pub(crate) fn get(&self, id: RootId) -> Option<u32> {
        let found = self.with(|inner| inner.scoped.get(id.index as usize).copied());
        found.filter(|(_, stamp)| *stamp == id.stamp).map(|(reference, _)| reference)
    }

    /// Holds a reference until nobody wants it any more.
    pub(crate) fn own(&self, reference: u32) -> OwnedRoot {
        let cell = Arc::new(AtomicU32::new(reference));
        self.with(|inner| inner.owned.push(Arc::clone(&cell)));
        OwnedRoot { cell }
    }

    /// Begins a scope.
    #[inline]
    pub(crate) fn mark(&mut self) -> RootMark {
        RootMark(crate::objects::index_of(self.inner_mut().scoped.len()))
    }

    /// Ends a scope.
    #[inline]
    pub(crate) fn release(&mut self, mark: RootMark) {
        let scoped = &mut self.inner_mut().scoped;
        if scoped.len() > mark.0 as usize {
            scoped.truncate(mark.0 as usize);
        }
    }

    /// Ends all scopes.
    pub(super) fn release_all(&mut self) {
        self.inner_mut().scoped.clear();
    }

    /// Shows every reference that is held, to be changed.
    pub(super) fn visit(&mut self, mut visit: impl FnMut(u32) -> u32) {
        let inner = self.inner_mut();
        for (reference, _) in &mut inner.scoped {
            *reference = visit(*reference);
        }
        inner.owned.retain(|cell| {
            let held = Arc::strong_count(cell) > 1;
            if held {
                let reference = visit(cell.load(Ordering::Relaxed));
                cell.store(reference, Ordering::Relaxed);
            }
            held
        });
    }
}
