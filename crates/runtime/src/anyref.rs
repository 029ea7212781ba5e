//! References into the guests' own hierarchies, as the embedder holds them.
//!
//! Guests see 32 bits: 0 is null, an odd number is a small integer, anything else an object. The embedder holds
//! a handle, which the collector follows, because objects move. A handle made during a host function's call
//! dies with that call, one made inside a [`RootScope`] with the scope, any other with its store; an owned
//! handle ([`OwnedAnyRef`]) lives as long as somebody has it. Not here: what lies inside of objects (see
//! [`crate::object`]). Invariant: a handle whose scope has ended is refused and never reaches another object.
//! Read next: [`crate::value`].

use crate::context::{AsContext, AsContextMut, Owner, StoreContext, StoreContextMut, StoreId};
use crate::error::{Error, Result};
use holm_spec::types::HeapType;
use holm_vm::{OwnedRoot, RootId, RootMark};

/// A reference of the hierarchy of `anyref` in one store: a structure, an array, a small integer, or something
/// of the host's that was taken inside.
///
/// Two handles of one object are not equal as handles; [`AnyRef::is_same`] compares what they refer to.
#[derive(Clone, Copy, Debug)]
pub struct AnyRef(Inner);

#[derive(Clone, Copy, Debug)]
enum Inner {
    Small(u32),
    Object { store: StoreId, root: RootId },
}

impl AnyRef {
    /// The small integer with the low 31 bits of `value`; good in every store.
    #[must_use]
    pub const fn from_i31(value: u32) -> Self {
        Self(Inner::Small(value << 1 | 1))
    }

    /// The small integer, its sign extended, if it is one.
    #[must_use]
    pub const fn i31(&self) -> Option<i32> {
        match self.0 {
            Inner::Small(reference) => Some(reference.cast_signed() >> 1),
            Inner::Object { .. } => None,
        }
    }

    /// What it refers to: `i31`, the type of a structure or array by its number in the engine, or `any` for
    /// something of the host's.
    ///
    /// # Errors
    /// When it belongs to another store or its scope has ended.
    pub fn ty(&self, store: impl AsContext) -> Result<HeapType> {
        let store = store.as_context();
        let reference = self.reference(Owner::of(store.0))?;
        if reference & 1 == 1 {
            return Ok(HeapType::I31);
        }
        let Some(id) = store.0.objects().object_type(reference) else { return Ok(HeapType::Any) };
        let definition = store.engine().registry().definition(id);
        let definition = definition.ok_or_else(|| Error::bug("an object without a type"))?;
        Ok(definition.ty.composite.heap_type(id))
    }

    /// Whether both refer to the same: what `ref.eq` tells.
    ///
    /// # Errors
    /// When one belongs to another store or its scope has ended.
    pub fn is_same(&self, store: impl AsContext, other: &Self) -> Result<bool> {
        let store = store.as_context();
        let owner = Owner::of(store.0);
        Ok(self.reference(owner)? == other.reference(owner)?)
    }

    /// A handle that lives as long as somebody has it.
    ///
    /// # Errors
    /// When it belongs to another store or its scope has ended.
    pub fn to_owned_ref(&self, store: impl AsContext) -> Result<OwnedAnyRef> {
        let store = store.as_context();
        let reference = self.reference(Owner::of(store.0))?;
        Ok(OwnedAnyRef { store: store.id(), root: store.0.objects().own(reference) })
    }

    /// What guests see.
    pub(crate) fn reference(&self, owner: Owner<'_>) -> Result<u32> {
        match self.0 {
            Inner::Small(reference) => Ok(reference),
            Inner::Object { store, .. } if store != owner.id => Err(Error::other_store("anyref")),
            Inner::Object { root, .. } => rooted(owner, root, "anyref"),
        }
    }

    /// What guests see.
    pub(crate) fn to_reference(value: Option<Self>, owner: Owner<'_>) -> Result<u32> {
        value.map_or(Ok(0), |value| value.reference(owner))
    }

    /// From what guests see.
    pub(crate) fn from_reference(reference: u32, owner: Owner<'_>) -> Option<Self> {
        Some(Self(match reference {
            0 => return None,
            small if small & 1 == 1 => Inner::Small(small),
            object => Inner::Object { store: owner.id, root: owner.objects.root(object) },
        }))
    }
}

/// The reference of a handle.
pub(crate) fn rooted(owner: Owner<'_>, root: RootId, what: &str) -> Result<u32> {
    owner.objects.rooted(root).ok_or_else(|| {
        Error::link(format!(
            "{what} is used after its scope: it was made in a call of a host function or in a `RootScope` \
             that is over; own it to keep it"
        ))
    })
}

/// An [`AnyRef`] that lives as long as somebody has it.
#[derive(Clone, Debug)]
pub struct OwnedAnyRef {
    store: StoreId,
    root: OwnedRoot,
}

impl OwnedAnyRef {
    /// A handle of the present scope.
    ///
    /// # Errors
    /// When it belongs to another store.
    pub fn get(&self, store: impl AsContext) -> Result<AnyRef> {
        let store = store.as_context();
        if self.store != store.id() {
            return Err(Error::other_store("anyref"));
        }
        let found = AnyRef::from_reference(self.root.reference(), Owner::of(store.0));
        found.ok_or_else(|| Error::link("anyref is of a store that has ended"))
    }
}

/// A store, until the end of a scope: handles of references that are made through it die with it.
pub struct RootScope<'a, T: 'static> {
    store: StoreContextMut<'a, T>,
    mark: RootMark,
}

impl<'a, T: 'static> RootScope<'a, T> {
    /// Begins a scope.
    pub fn new(store: impl Into<StoreContextMut<'a, T>>) -> Self {
        let store = store.into();
        let mark = store.0.objects_mut().roots_mark();
        Self { store, mark }
    }
}

impl<T: 'static> Drop for RootScope<'_, T> {
    fn drop(&mut self) {
        self.store.0.objects_mut().roots_release(self.mark);
    }
}

impl<T: 'static> AsContext for RootScope<'_, T> {
    type Data = T;

    fn as_context(&self) -> StoreContext<'_, T> {
        self.store.as_context()
    }
}

impl<T: 'static> AsContextMut for RootScope<'_, T> {
    fn as_context_mut(&mut self) -> StoreContextMut<'_, T> {
        self.store.as_context_mut()
    }
}
