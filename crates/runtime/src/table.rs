//! Tables of references, seen from the host.
//!
//! Not here: the layout of their entries (see `holm-abi`). Invariant: every entry is null or a reference of
//! the table's element type in the same store. Read next: [`crate::global`].

use crate::context::{AsContext, AsContextMut, Owner, StoreContext, StoreId};
use crate::error::{Error, Result};
use crate::value::{Val, low32};
use holm_spec::types::TableType;
use holm_vm::TableId;

/// A table of one store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Table {
    pub(crate) store: StoreId,
    pub(crate) id: TableId,
}

impl Table {
    /// Makes a table that belongs to no instance, with `init` in every entry.
    ///
    /// # Errors
    /// When `init` is not of the element type or belongs to another store, or a limit of the store is
    /// reached.
    pub fn new(mut store: impl AsContextMut, ty: TableType, init: Val) -> Result<Self> {
        let store = store.as_context_mut();
        let id = store.id();
        let init = low32(init.to_bits(ty.element.into(), store.0)?);
        let table = store.0.objects_mut().table_new(&ty, init)?;
        Ok(Self { store: id, id: table })
    }

    /// The type; its minimum is the current size.
    ///
    /// # Panics
    /// When the table belongs to another store.
    #[must_use]
    pub fn ty(&self, store: impl AsContext) -> TableType {
        self.checked(store.as_context()).0.objects().table_type(self.id)
    }

    /// How many entries there are.
    ///
    /// # Panics
    /// When the table belongs to another store.
    #[must_use]
    pub fn size(&self, store: impl AsContext) -> u64 {
        self.checked(store.as_context()).0.objects().table_size(self.id)
    }

    /// The entry at `index`; nothing beyond the end.
    ///
    /// # Panics
    /// When the table belongs to another store.
    #[must_use]
    pub fn get(&self, store: impl AsContext, index: u64) -> Option<Val> {
        let store = self.checked(store.as_context());
        let objects = store.0.objects();
        let reference = objects.table_get(self.id, index)?;
        let element = objects.table_type(self.id).element;
        Some(Val::from_bits(u128::from(reference), element.into(), Owner::of(store.0)))
    }

    /// Sets the entry at `index`.
    ///
    /// # Errors
    /// When the index lies beyond the end, or the value is not of the element type or of another store.
    pub fn set(&self, mut store: impl AsContextMut, index: u64, value: Val) -> Result<()> {
        let store = store.as_context_mut();
        self.check(store.id())?;
        let objects = store.0.objects();
        let ty = objects.table_type(self.id);
        let reference = low32(value.to_bits(ty.element.into(), store.0)?);
        let set = store.0.objects_mut().table_set(self.id, index, reference);
        set.ok_or_else(|| {
            let message = format!("out of bounds table access: entry {index} of a {ty}");
            Error::link(message)
        })
    }

    /// Adds `delta` entries with `init` in each, and gives the size before.
    ///
    /// # Errors
    /// When the table's own maximum or a limit of the store does not allow it, or `init` is not of the
    /// element type or of another store.
    pub fn grow(&self, mut store: impl AsContextMut, delta: u64, init: Val) -> Result<u64> {
        let store = store.as_context_mut();
        self.check(store.id())?;
        let ty = store.0.objects().table_type(self.id);
        let init = low32(init.to_bits(ty.element.into(), store.0)?);
        let objects = store.0.objects_mut();
        if let Some(entries) = objects.table_grow(self.id, init, delta) {
            return Ok(entries);
        }
        Err(Error::exhausted(
            "table",
            format!(
                "a {ty} cannot grow by {delta}: its own maximum, or the {} entries that the store allows \
                 in all (`StoreLimits::table_entries_max`)",
                objects.limits().table_entries_max
            ),
        ))
    }

    fn check(&self, store: StoreId) -> Result<()> {
        if self.store == store { Ok(()) } else { Err(Error::other_store("table")) }
    }

    fn checked<'a, T>(&self, store: StoreContext<'a, T>) -> StoreContext<'a, T> {
        assert!(self.store == store.id(), "table belongs to another store");
        store
    }
}
