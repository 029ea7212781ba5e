//! What guests have used, per store and per instance.
//!
//! Not here: what hosts hold for a guest (files, buffers, descriptors: they count themselves). Invariant: the instances of a
//! store together have what their store has, but for what the embedder made itself and for what belongs to the store as a
//! whole: fuel, processor time, and objects under the collector. Instances call each other directly, so that nothing could
//! tell whose a moment is; an embedder who wants to know gives each a store.
//!
//! Read next: [`crate::store`].

use crate::context::{AsContext, VmStore};
use crate::engine::Engine;
use crate::instance::Instance;
use crate::store::fuel_left;

/// What the guests of a store have used. Memories and tables only grow and are freed with their store, so that what they take
/// now is also the most that they took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct StoreUsage {
    /// Bytes of all linear memories together.
    pub memory_bytes: u64,
    /// How many of those are in memories that other stores hold too.
    pub shared_memory_bytes: u64,
    /// Entries of all tables together, 16 bytes each.
    pub table_entries: u64,
    /// Bytes of objects under the collector, garbage since the last collection included.
    pub heap_bytes: u64,
    /// Bytes of all objects that were ever made.
    pub heap_bytes_made: u64,
    /// Instances.
    pub instances: u64,
    /// Fuel used since it was last set; nothing when the engine does not count it.
    pub fuel_used: Option<u64>,
    /// Nanoseconds of processor time in calls of the store, host functions that guests called and collections included;
    /// nothing without a [`crate::Config::processor_clock`].
    pub processor_ns: Option<u64>,
}

impl StoreUsage {
    pub(crate) fn of<T: 'static>(store: &VmStore<T>) -> Self {
        let objects = store.objects();
        let heap = objects.heap_stats();
        let given = store.data().fuel_given;
        Self {
            memory_bytes: objects.memory_bytes_in_use(),
            shared_memory_bytes: objects.shared_memory_bytes(),
            table_entries: objects.table_entries_in_use(),
            heap_bytes: heap.bytes_in_use,
            heap_bytes_made: heap.bytes_allocated,
            instances: store.data().modules.len() as u64,
            fuel_used: fuel_left(store).map(|left| given.saturating_sub(left)),
            processor_ns: store.processor_ns(),
        }
    }
}

/// What an instance has, without what it imports.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct InstanceUsage {
    /// Bytes of the memories that its module defines.
    pub memory_bytes: u64,
    /// Entries of the tables that its module defines, 16 bytes each.
    pub table_entries: u64,
    /// Globals that its module defines.
    pub globals: u64,
    /// Machine code of its module, which all its instances share.
    pub code_bytes: u64,
}

impl Instance {
    /// What the instance has used by itself.
    ///
    /// # Panics
    /// When the instance belongs to another store.
    #[must_use]
    pub fn usage(&self, store: impl AsContext) -> InstanceUsage {
        let store = store.as_context();
        let module = self.module(store);
        let (meta, objects) = (module.meta(), store.0.objects());
        let instance = objects.instance(self.id);
        let memories = instance.memories().iter().skip(meta.imported_memories as usize);
        let tables = instance.tables().iter().skip(meta.imported_tables as usize);
        let globals = instance.globals().len().saturating_sub(meta.imported_globals as usize);
        InstanceUsage {
            memory_bytes: memories.map(|id| objects.memory_length(*id) as u64).sum(),
            table_entries: tables.map(|id| objects.table_size(*id)).sum(),
            globals: globals as u64,
            code_bytes: module.code_bytes() as u64,
        }
    }
}

/// Measures by the engine's clock, if it was given one.
pub(crate) struct Stopwatch(Option<(fn() -> u64, u64)>);

impl Stopwatch {
    pub(crate) fn start(engine: &Engine) -> Self {
        Self(engine.config().clock.map(|clock| (clock, clock())))
    }

    /// Nanoseconds since the start.
    pub(crate) fn passed(&self) -> Option<u64> {
        self.0.map(|(clock, start)| clock().saturating_sub(start))
    }

    /// The same and what passed before.
    pub(crate) fn passed_with(&self, before: Option<u64>) -> Option<u64> {
        self.passed().map(|passed| passed.saturating_add(before.unwrap_or(0)))
    }
}
