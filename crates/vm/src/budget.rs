//! What several stores may hold together.
//!
//! Not here: the limits themselves (`limits.rs`), and memories that threads share, which each store that holds them counts,
//! because they are the same bytes. Invariant: what a store took it gives back when it is dropped.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Counts what several stores hold, against the limits of each. Cloning shares it.
#[derive(Clone, Debug, Default)]
pub struct Budget(Arc<Counts>);

#[derive(Debug, Default)]
struct Counts {
    memory_bytes: AtomicU64,
    table_entries: AtomicU64,
    heap_bytes: AtomicU64,
}

/// What is counted.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Item {
    MemoryBytes,
    TableEntries,
    HeapBytes,
}

impl Budget {
    /// Bytes of all linear memories that are not shared between threads.
    #[must_use]
    pub fn memory_bytes(&self) -> u64 {
        self.count(Item::MemoryBytes).load(Ordering::Relaxed)
    }

    /// Entries of all tables.
    #[must_use]
    pub fn table_entries(&self) -> u64 {
        self.count(Item::TableEntries).load(Ordering::Relaxed)
    }

    /// Takes so many if there are never more than `max`; otherwise how many it would be.
    pub(crate) fn take(&self, item: Item, count: u64, max: u64) -> Result<(), u64> {
        let more = |held: u64| held.checked_add(count).filter(|sum| *sum <= max);
        let taken = self.count(item).fetch_update(Ordering::Relaxed, Ordering::Relaxed, more);
        taken.map(drop).map_err(|held| held.saturating_add(count))
    }

    /// Takes half of what is left of `max`: how much that is. For what cannot be counted while it grows.
    pub(crate) fn take_half(&self, item: Item, max: u64) -> u64 {
        let half = |held: u64| max.saturating_sub(held) / 2;
        let more = |held: u64| Some(held + half(held));
        self.count(item).fetch_update(Ordering::Relaxed, Ordering::Relaxed, more).map_or(0, half)
    }

    /// Gives back.
    pub(crate) fn give(&self, item: Item, count: u64) {
        self.count(item).fetch_sub(count, Ordering::Relaxed);
    }

    fn count(&self, item: Item) -> &AtomicU64 {
        match item {
            Item::MemoryBytes => &self.0.memory_bytes,
            Item::TableEntries => &self.0.table_entries,
            Item::HeapBytes => &self.0.heap_bytes,
        }
    }
}
