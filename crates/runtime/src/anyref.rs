//! References into the guests' own hierarchies, as the embedder holds them.
//!
//! Guests see 32 bits: 0 is null, an odd number is a small integer, anything else an object. Not here: what
//! lies behind an object. Invariant: a handle is only an index and its store. Read next: [`crate::value`].

use crate::context::StoreId;
use crate::error::{Error, Result};

/// A reference of the hierarchy of `anyref` in one store: a small integer so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AnyRef {
    store: Option<StoreId>,
    reference: u32,
}

impl AnyRef {
    /// The small integer with the low 31 bits of `value`; good in every store.
    #[must_use]
    pub const fn from_i31(value: u32) -> Self {
        Self { store: None, reference: value << 1 | 1 }
    }

    /// The small integer, its sign extended, if it is one.
    #[must_use]
    pub const fn i31(&self) -> Option<i32> {
        if self.reference & 1 == 1 { Some(self.reference.cast_signed() >> 1) } else { None }
    }

    /// What guests see.
    pub(crate) fn to_reference(value: Option<Self>, store: StoreId) -> Result<u32> {
        match value {
            None => Ok(0),
            Some(value) if value.store.is_none_or(|own| own == store) => Ok(value.reference),
            Some(_) => Err(Error::other_store("anyref")),
        }
    }

    /// From what guests see.
    pub(crate) fn from_reference(reference: u32, store: StoreId) -> Option<Self> {
        let store = (reference & 1 == 0).then_some(store);
        (reference != 0).then_some(Self { store, reference })
    }
}
