//! Exception tags, seen from the host.
//!
//! Not here: exceptions themselves (see [`crate::exnref`]). Invariant: two tags are the same only if they are
//! one object of one store; a type in common does not make them so. Read next: [`crate::exnref`].

use crate::context::{AsContext, AsContextMut, StoreContext, StoreId};
use crate::error::{Error, Result};
use holm_spec::types::FuncType;
use holm_vm::{TagId, TagType};

/// A tag of one store: what an exception is told by. Equal to itself alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tag {
    pub(crate) store: StoreId,
    pub(crate) id: TagId,
}

impl Tag {
    /// Makes a tag for exceptions with values of the parameter types of `ty`.
    ///
    /// # Errors
    /// When the type has results, or the store has as many tags as [`crate::StoreLimits::tags_max`] allows.
    pub fn new(mut store: impl AsContextMut, ty: FuncType) -> Result<Self> {
        if !ty.results().is_empty() {
            return Err(Error::link(format!("a tag cannot have type {ty}: it has results")));
        }
        let store = store.as_context_mut();
        let owner = store.id();
        let registered = store.engine().registry().register(&ty)?;
        let ty = TagType { type_id: registered.id(), ty };
        let (data, objects) = store.0.data_and_objects();
        let id = objects.tag_new(&ty)?;
        data.tag_types.push(registered);
        Ok(Self { store: owner, id })
    }

    /// The type: its parameters are those of the exception's values.
    ///
    /// # Panics
    /// When the tag belongs to another store.
    #[must_use]
    pub fn ty(&self, store: impl AsContext) -> FuncType {
        let StoreContext(store) = store.as_context();
        assert!(self.store == store.data().id, "tag belongs to another store");
        store.objects().tag_type(self.id).ty.clone()
    }
}
