//! Ways to reach a store: [`AsContext`] and [`AsContextMut`], and what a store holds besides the guests.
//!
//! Not here: making and limiting stores (see [`crate::store`]). Invariant: a handle (function, memory …) is
//! only an index and the [`StoreId`] of its store; each use passes the store in and compares the two, so
//! that a handle used with another store is refused and never reaches something else's memory.
//! Read next: [`crate::store`].

use crate::engine::Engine;
use crate::module::Module;
use crate::registry::{ObjectTypeId, TypeId};
use crate::value::Val;
use holm_vm::Objects;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};

/// Which store a handle belongs to; never used twice in a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct StoreId(u64);

impl StoreId {
    pub(crate) fn next() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        Self(NEXT.fetch_add(1, Ordering::Relaxed))
    }
}

/// What turns references into handles and back: a store without its type.
#[derive(Clone, Copy)]
#[doc(hidden)]
pub struct Owner<'a> {
    pub(crate) id: StoreId,
    pub(crate) objects: &'a Objects,
}

impl<'a> Owner<'a> {
    #[inline]
    pub(crate) fn of<T: 'static>(store: &'a VmStore<T>) -> Self {
        Self { id: store.data().id, objects: store.objects() }
    }
}

/// What `holm-vm` keeps for us beside the guests.
pub(crate) struct Data<T> {
    pub(crate) id: StoreId,
    pub(crate) engine: Engine,
    /// The module of each instance, by instance index.
    pub(crate) modules: Vec<Module>,
    /// Types of objects that the host made, kept registered.
    pub(crate) object_types: BTreeMap<u32, ObjectTypeId>,
    /// A buffer for the arguments of untyped host functions, kept to save allocations.
    pub(crate) values: Vec<Val>,
    /// The types of tags that the embedder made, kept for as long as the tags.
    pub(crate) tag_types: Vec<TypeId>,
    /// What `set_fuel` was last told.
    pub(crate) fuel_given: u64,
    /// The embedder's own, until `Store::into_data` takes it.
    user: Option<T>,
}

impl<T> Data<T> {
    pub(crate) fn new(engine: &Engine, user: T) -> Self {
        Self {
            id: StoreId::next(),
            engine: engine.clone(),
            modules: Vec::new(),
            object_types: BTreeMap::new(),
            values: Vec::new(),
            tag_types: Vec::new(),
            fuel_given: 0,
            user: Some(user),
        }
    }

    #[inline]
    pub(crate) fn user(&self) -> &T {
        self.user.as_ref().expect("taken only with the store")
    }

    #[inline]
    pub(crate) fn user_mut(&mut self) -> &mut T {
        self.user.as_mut().expect("taken only with the store")
    }

    /// For `Store::into_data`, which consumes the store.
    pub(crate) fn take_user(&mut self) -> T {
        self.user.take().expect("taken only with the store")
    }
}

/// The store as `holm-vm` sees it.
pub(crate) type VmStore<T> = holm_vm::Store<Data<T>>;

/// A store, for reading.
pub struct StoreContext<'a, T: 'static>(pub(crate) &'a VmStore<T>);

/// A store, for everything.
pub struct StoreContextMut<'a, T: 'static>(pub(crate) &'a mut VmStore<T>);

impl<T: 'static> Clone for StoreContext<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: 'static> Copy for StoreContext<'_, T> {}

impl<'a, T: 'static> StoreContext<'a, T> {
    /// The embedder's data.
    #[must_use]
    pub fn data(&self) -> &'a T {
        self.0.data().user()
    }

    /// The engine that the store belongs to.
    #[must_use]
    pub fn engine(&self) -> &'a Engine {
        &self.0.data().engine
    }

    pub(crate) fn id(&self) -> StoreId {
        self.0.data().id
    }
}

impl<T: 'static> StoreContextMut<'_, T> {
    /// The embedder's data.
    #[must_use]
    pub fn data(&self) -> &T {
        self.0.data().user()
    }

    /// The embedder's data.
    pub fn data_mut(&mut self) -> &mut T {
        self.0.data_mut().user_mut()
    }

    /// The engine that the store belongs to.
    #[must_use]
    pub fn engine(&self) -> &Engine {
        &self.0.data().engine
    }

    pub(crate) fn id(&self) -> StoreId {
        self.0.data().id
    }
}

/// What gives a [`StoreContext`]: a store, a context, a caller, and references to them.
pub trait AsContext {
    /// The embedder's data in the store.
    type Data: 'static;

    /// The store, for reading.
    fn as_context(&self) -> StoreContext<'_, Self::Data>;
}

/// What gives a [`StoreContextMut`].
pub trait AsContextMut: AsContext {
    /// The store, for everything.
    fn as_context_mut(&mut self) -> StoreContextMut<'_, Self::Data>;
}

impl<T: 'static> AsContext for StoreContext<'_, T> {
    type Data = T;

    fn as_context(&self) -> StoreContext<'_, T> {
        *self
    }
}

impl<T: 'static> AsContext for StoreContextMut<'_, T> {
    type Data = T;

    fn as_context(&self) -> StoreContext<'_, T> {
        StoreContext(self.0)
    }
}

impl<T: 'static> AsContextMut for StoreContextMut<'_, T> {
    fn as_context_mut(&mut self) -> StoreContextMut<'_, T> {
        StoreContextMut(self.0)
    }
}

impl<C: AsContext> AsContext for &C {
    type Data = C::Data;

    fn as_context(&self) -> StoreContext<'_, C::Data> {
        C::as_context(self)
    }
}

impl<C: AsContext> AsContext for &mut C {
    type Data = C::Data;

    fn as_context(&self) -> StoreContext<'_, C::Data> {
        C::as_context(self)
    }
}

impl<C: AsContextMut> AsContextMut for &mut C {
    fn as_context_mut(&mut self) -> StoreContextMut<'_, C::Data> {
        C::as_context_mut(self)
    }
}

impl<'a, C: AsContext> From<&'a C> for StoreContext<'a, C::Data> {
    fn from(store: &'a C) -> Self {
        store.as_context()
    }
}

impl<'a, C: AsContext> From<&'a mut C> for StoreContext<'a, C::Data> {
    fn from(store: &'a mut C) -> Self {
        C::as_context(store)
    }
}

impl<'a, C: AsContextMut> From<&'a mut C> for StoreContextMut<'a, C::Data> {
    fn from(store: &'a mut C) -> Self {
        store.as_context_mut()
    }
}
