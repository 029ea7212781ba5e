//! Globals, seen from the host.
//!
//! Not here: the cells they lie in (see `holm-vm`). Invariant: a cell always holds a value of the global's
//! type; an immutable global never changes once its instance is made. Read next: [`crate::externs`].

use crate::context::{AsContext, AsContextMut, Owner, StoreContext, StoreId};
use crate::error::{Error, Result};
use crate::value::Val;
use holm_spec::types::GlobalType;
use holm_vm::GlobalId;

/// A global of one store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Global {
    pub(crate) store: StoreId,
    pub(crate) id: GlobalId,
}

impl Global {
    /// Makes a global that belongs to no instance.
    ///
    /// # Errors
    /// When `value` is not of the global's type or belongs to another store.
    pub fn new(mut store: impl AsContextMut, ty: GlobalType, value: Val) -> Result<Self> {
        let store = store.as_context_mut();
        let id = store.id();
        let bits = value.to_bits(ty.value, store.0)?;
        let global = store.0.objects_mut().global_new(ty, bits);
        Ok(Self { store: id, id: global })
    }

    /// The type.
    ///
    /// # Panics
    /// When the global belongs to another store.
    #[must_use]
    pub fn ty(&self, store: impl AsContext) -> GlobalType {
        self.checked(store.as_context()).0.objects().global_type(self.id)
    }

    /// The value.
    ///
    /// # Panics
    /// When the global belongs to another store.
    #[must_use]
    pub fn get(&self, store: impl AsContext) -> Val {
        let store = self.checked(store.as_context());
        let objects = store.0.objects();
        let ty = objects.global_type(self.id);
        Val::from_bits(objects.global_get(self.id), ty.value, Owner::of(store.0))
    }

    /// Sets the value.
    ///
    /// # Errors
    /// When the global is immutable, or the value is not of its type or of another store.
    pub fn set(&self, mut store: impl AsContextMut, value: Val) -> Result<()> {
        let store = store.as_context_mut();
        if self.store != store.id() {
            return Err(Error::other_store("global"));
        }
        let ty = store.0.objects().global_type(self.id);
        if !ty.mutable {
            return Err(Error::link(format!("cannot set a {ty}: it is not mutable")));
        }
        let bits = value.to_bits(ty.value, store.0)?;
        store.0.objects_mut().global_set(self.id, bits);
        Ok(())
    }

    fn checked<'a, T>(&self, store: StoreContext<'a, T>) -> StoreContext<'a, T> {
        assert!(self.store == store.id(), "global belongs to another store");
        store
    }
}
