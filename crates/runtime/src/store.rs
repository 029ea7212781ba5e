//! The store: owner of everything that is alive, with the embedder's data beside it.
//!
//! Not here: what it owns (see `holm-vm`). Invariant: nothing of a store outlives it, nothing moves between
//! stores, and nobody holds a reference into it while a guest runs. Read next: [`crate::linker`].

use crate::context::{AsContext, AsContextMut, Data, StoreContext, StoreContextMut, VmStore};
use crate::engine::Engine;
use crate::error::{Error, Result};
use crate::usage::StoreUsage;
use holm_vm::{Budget, HeapStats, InterruptHandle, StoreLimits};
use std::fmt;

/// Owner of instances, memories, tables, globals and functions; `T` is the embedder's own data.
///
/// Nothing in it is freed before all of it is: make a store per request, job or document rather than one for
/// the life of the process.
pub struct Store<T: 'static> {
    inner: VmStore<T>,
}

impl<T: 'static> Store<T> {
    /// An empty store with the default [`StoreLimits`].
    ///
    /// # Panics
    /// When the system has no memory left for a guest's stack; see [`Store::try_new`].
    #[must_use]
    pub fn new(engine: &Engine, data: T) -> Self {
        match Self::try_new(engine, StoreLimits::default(), data) {
            Ok(store) => store,
            Err(error) => panic!("cannot make a store: {error}"),
        }
    }

    /// An empty store.
    ///
    /// # Errors
    /// When the system has no memory left for a guest's stack.
    pub fn try_new(engine: &Engine, limits: StoreLimits, data: T) -> Result<Self> {
        let data = Data::new(engine, data);
        Ok(Self { inner: VmStore::new(engine.pool(), limits, data)? })
    }

    /// The embedder's data.
    #[must_use]
    pub fn data(&self) -> &T {
        self.inner.data().user()
    }

    /// The embedder's data.
    pub fn data_mut(&mut self) -> &mut T {
        self.inner.data_mut().user_mut()
    }

    /// Frees everything else and gives back the embedder's data.
    #[must_use]
    pub fn into_data(mut self) -> T {
        self.inner.data_mut().take_user()
    }

    /// The engine that the store belongs to.
    #[must_use]
    pub fn engine(&self) -> &Engine {
        &self.inner.data().engine
    }

    /// What the store may hold.
    #[must_use]
    pub fn limits(&self) -> &StoreLimits {
        self.inner.objects().limits()
    }

    /// Sets what the store may hold. What it holds already stays, even where it is more.
    pub fn set_limits(&mut self, limits: StoreLimits) {
        self.inner.objects_mut().set_limits(limits);
    }

    /// Bytes of all linear memories together.
    #[must_use]
    pub fn memory_bytes(&self) -> u64 {
        self.inner.objects().memory_bytes_in_use()
    }

    /// Collects all garbage of the guests now.
    ///
    /// # Errors
    /// When the system has no memory for what survives.
    pub fn gc(&mut self) -> Result<()> {
        Ok(self.inner.objects_mut().collect_garbage()?)
    }

    /// What the collector did so far.
    #[must_use]
    pub fn heap_stats(&self) -> HeapStats {
        self.inner.objects().heap_stats()
    }

    /// Gives the guests of the store this much fuel, in operators. Until this is called, fuel does not run
    /// out. A guest that has used it up stops with an [`crate::ErrorKind::Exhausted`] error.
    ///
    /// # Errors
    /// When the engine does not count fuel; see [`crate::Config::fuel`].
    pub fn set_fuel(&mut self, fuel: u64) -> Result<()> {
        set_fuel(&mut self.inner, fuel)
    }

    /// Fuel that is left; nothing when the engine does not count fuel.
    #[must_use]
    pub fn fuel_left(&self) -> Option<u64> {
        fuel_left(&self.inner)
    }

    /// What the guests of the store have used.
    #[must_use]
    pub fn usage(&self) -> StoreUsage {
        StoreUsage::of(&self.inner)
    }

    /// Counts what the store holds together with what all stores hold that have the same budget; each still has limits of its
    /// own, which then are for the sum.
    ///
    /// # Errors
    /// When the store holds a memory or a table already.
    pub fn share_limits(&mut self, budget: &Budget) -> Result<()> {
        Ok(self.inner.objects_mut().set_budget(budget)?)
    }

    /// A way to stop the guests of this store from another thread, for deadlines. An interruption stays in
    /// force until it is cleared.
    #[must_use]
    pub fn interrupt_handle(&self) -> InterruptHandle {
        self.inner.interrupt_handle()
    }

    /// Whether a host function panicked. Guests of the store cannot be called any more.
    #[must_use]
    pub fn is_poisoned(&self) -> bool {
        self.inner.is_poisoned()
    }
}

pub(crate) fn set_fuel<T: 'static>(store: &mut VmStore<T>, fuel: u64) -> Result<()> {
    if !store.data().engine.config().fuel {
        return Err(Error::link(
            "this engine does not count fuel: switch it on with `Config::fuel`",
        ));
    }
    store.set_fuel(i64::try_from(fuel).unwrap_or(i64::MAX));
    store.data_mut().fuel_given = fuel;
    Ok(())
}

pub(crate) fn fuel_left<T: 'static>(store: &VmStore<T>) -> Option<u64> {
    let counts = store.data().engine.config().fuel;
    counts.then(|| u64::try_from(store.fuel()).unwrap_or(0))
}

impl<T: 'static> AsContext for Store<T> {
    type Data = T;

    #[inline]
    fn as_context(&self) -> StoreContext<'_, T> {
        StoreContext(&self.inner)
    }
}

impl<T: 'static> AsContextMut for Store<T> {
    #[inline]
    fn as_context_mut(&mut self) -> StoreContextMut<'_, T> {
        StoreContextMut(&mut self.inner)
    }
}

impl<T: fmt::Debug + 'static> fmt::Debug for Store<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store").field("data", self.data()).finish_non_exhaustive()
    }
}
