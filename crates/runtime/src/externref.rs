//! Things of the host's that guests can hold and pass around without looking inside.
//!
//! Each lies behind a small object in the guests' heap and is dropped when that is found dead. Not here: the
//! heap (see `holm-vm`). Invariant: guests see a reference, never an address; an [`ExternRef`] is a handle with
//! a scope, like [`crate::AnyRef`]. Read next: [`crate::value`].

use crate::anyref::{AnyRef, rooted};
use crate::context::{AsContext, AsContextMut, Owner, StoreContext, StoreId};
use crate::error::{Error, Result};
use holm_vm::{OwnedRoot, RootId};
use std::any::Any;

/// A reference to something of the host's, in one store; or to something of a guest's that it handed out.
///
/// Two handles of one thing of the host's are equal.
#[derive(Clone, Copy, Debug)]
pub struct ExternRef {
    store: StoreId,
    root: RootId,
    /// The place of a thing of the host's, which is its own as long as it lives.
    place: Option<u32>,
}

impl PartialEq for ExternRef {
    fn eq(&self, other: &Self) -> bool {
        let same_thing = self.place.is_some() && self.place == other.place;
        self.store == other.store && (same_thing || self.root == other.root)
    }
}

impl Eq for ExternRef {}

impl ExternRef {
    /// Puts `object` into the store, where it stays until no guest and no handle refers to it.
    ///
    /// # Errors
    /// When the store already holds as many objects as [`crate::StoreLimits::externrefs_max`] allows, or has
    /// no memory left.
    pub fn new(mut store: impl AsContextMut, object: impl Any + Send + Sync) -> Result<Self> {
        let store = store.as_context_mut();
        let reference = store.0.objects_mut().externref_new(Box::new(object))?;
        let made = Self::from_reference(reference, Owner::of(store.0));
        made.ok_or_else(|| Error::bug("a new externref is null"))
    }

    /// The object.
    ///
    /// # Errors
    /// When the reference belongs to another store, its scope has ended, or it is a guest's own that was handed
    /// out.
    pub fn data<'a, T: 'static>(
        &self,
        store: impl Into<StoreContext<'a, T>>,
    ) -> Result<&'a (dyn Any + Send + Sync)> {
        let store = store.into();
        let reference = self.reference(Owner::of(store.0))?;
        let object = store.0.objects().externref(reference);
        object.ok_or_else(|| Error::link("externref is a guest's own reference, not the host's"))
    }

    /// The same reference as seen from inside: what `any.convert_extern` gives.
    ///
    /// # Errors
    /// When the reference belongs to another store or its scope has ended.
    pub fn to_any(&self, store: impl AsContext) -> Result<AnyRef> {
        let store = store.as_context();
        let owner = Owner::of(store.0);
        let found = AnyRef::from_reference(self.reference(owner)?, owner);
        found.ok_or_else(|| Error::bug("a reference is null"))
    }

    /// An internal reference as seen from outside: what `extern.convert_any` gives.
    ///
    /// # Errors
    /// When the reference belongs to another store or its scope has ended.
    pub fn from_any(store: impl AsContext, internal: &AnyRef) -> Result<Self> {
        let store = store.as_context();
        let owner = Owner::of(store.0);
        let found = Self::from_reference(internal.reference(owner)?, owner);
        found.ok_or_else(|| Error::bug("a reference is null"))
    }

    /// A handle that lives as long as somebody has it.
    ///
    /// # Errors
    /// When it belongs to another store or its scope has ended.
    pub fn to_owned_ref(&self, store: impl AsContext) -> Result<OwnedExternRef> {
        let store = store.as_context();
        let reference = self.reference(Owner::of(store.0))?;
        Ok(OwnedExternRef { store: store.id(), root: store.0.objects().own(reference) })
    }

    fn reference(&self, owner: Owner<'_>) -> Result<u32> {
        if self.store != owner.id {
            return Err(Error::other_store("externref"));
        }
        rooted(owner, self.root, "externref")
    }

    /// What guests see; 0 for null.
    pub(crate) fn to_reference(object: Option<Self>, owner: Owner<'_>) -> Result<u32> {
        object.map_or(Ok(0), |object| object.reference(owner))
    }

    /// From what guests see.
    #[inline]
    pub(crate) fn from_reference(reference: u32, owner: Owner<'_>) -> Option<Self> {
        if reference == 0 {
            return None;
        }
        let place = owner.objects.externref_place(reference);
        Some(Self { store: owner.id, root: owner.objects.root(reference), place })
    }
}

/// An [`ExternRef`] that lives as long as somebody has it.
#[derive(Clone, Debug)]
pub struct OwnedExternRef {
    store: StoreId,
    root: OwnedRoot,
}

impl OwnedExternRef {
    /// A handle of the present scope.
    ///
    /// # Errors
    /// When it belongs to another store.
    pub fn get(&self, store: impl AsContext) -> Result<ExternRef> {
        let store = store.as_context();
        if self.store != store.id() {
            return Err(Error::other_store("externref"));
        }
        let found = ExternRef::from_reference(self.root.reference(), Owner::of(store.0));
        found.ok_or_else(|| Error::link("externref is of a store that has ended"))
    }
}
