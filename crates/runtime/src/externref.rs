//! Things of the host's that guests can hold and pass around without looking inside.
//!
//! Not here: the arena they lie in (see `holm-vm`). Invariant: an [`ExternRef`] lives as long as its store;
//! guests see an index, never an address. Read next: [`crate::value`].

use crate::context::{AsContextMut, StoreContext, StoreId};
use crate::error::{Error, Result};
use std::any::Any;

/// A reference to something of the host's, in one store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExternRef {
    store: StoreId,
    reference: u32,
}

impl ExternRef {
    /// Puts `object` into the store, where it stays until the store is dropped.
    ///
    /// # Errors
    /// When the store already holds as many objects as [`crate::StoreLimits::externrefs_max`] allows.
    pub fn new(mut store: impl AsContextMut, object: impl Any + Send + Sync) -> Result<Self> {
        let store = store.as_context_mut();
        let id = store.id();
        let reference = store.0.objects_mut().externref_new(Box::new(object))?;
        Ok(Self { store: id, reference })
    }

    /// The object.
    ///
    /// # Errors
    /// When the reference belongs to another store.
    pub fn data<'a, T: 'static>(
        &self,
        store: impl Into<StoreContext<'a, T>>,
    ) -> Result<&'a (dyn Any + Send + Sync)> {
        let store = store.into();
        if self.store != store.id() {
            return Err(Error::other_store("externref"));
        }
        let object = store.0.objects().externref(self.reference);
        object.ok_or_else(|| Error::bug("externref without an object"))
    }

    /// What guests see: an index, or 0 for null.
    pub(crate) fn to_reference(object: Option<Self>, store: StoreId) -> Result<u32> {
        match object {
            None => Ok(0),
            Some(object) if object.store == store => Ok(object.reference),
            Some(_) => Err(Error::other_store("externref")),
        }
    }

    /// From what guests see.
    #[inline]
    pub(crate) fn from_reference(reference: u32, store: StoreId) -> Option<Self> {
        (reference != 0).then_some(Self { store, reference })
    }
}
