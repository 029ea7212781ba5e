//! Exceptions, seen from the host: made, thrown, caught, looked into.
//!
//! An exception that leaves a guest is an [`Error`] with [`Error::exception`]. A host function that returns such
//! an error throws it, whether it is one that it got or one that it made. Not here: how a handler is found
//! (see `holm-vm`). Invariant: an [`ExnRef`] is only an index; one whose exception is gone is found
//! out and refused. Read next: [`crate::tag`].

use crate::context::{AsContext, AsContextMut, Owner, StoreContext, StoreId, VmStore};
use crate::error::{Error, Result};
use crate::tag::Tag;
use crate::value::Val;
use holm_spec::types::FuncType;

/// A reference to an exception of one store.
///
/// It does not keep the exception: that lives as long as a guest can refer to it (from a frame, table, global
/// or another exception), or an [`Error`] that was made of it does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExnRef {
    store: StoreId,
    reference: u32,
}

impl ExnRef {
    /// Makes an exception of a tag with these values.
    ///
    /// It is kept only by what refers to it: throw it ([`Self::into_error`]) or hand it to a guest.
    ///
    /// # Errors
    /// When number or types of the values are not the tag's, when one of them or the tag belongs to another
    /// store, or when the store has as many exceptions in use as [`crate::StoreLimits::exceptions_max`] allows.
    pub fn new(mut store: impl AsContextMut, tag: Tag, values: &[Val]) -> Result<Self> {
        let store = store.as_context_mut();
        let id = store.id();
        if tag.store != id {
            return Err(Error::other_store("tag"));
        }
        let ty = store.0.objects().tag_type(tag.id).ty.clone();
        let (wanted, found) = (ty.params().len(), values.len());
        if wanted != found {
            let ty = described(&ty);
            let message = format!("exception of type {ty} has {wanted} values, {found} were given");
            return Err(Error::link(message));
        }
        let bits = ty.params().iter().zip(values).map(|(ty, value)| value.to_bits(*ty, store.0));
        let bits: Vec<u128> = bits.collect::<Result<_>>()?;
        let reference = store.0.objects_mut().exception_new(tag.id, &bits)?;
        Ok(Self { store: id, reference })
    }

    /// The error that throws the exception when a host function returns it. Keeps the exception.
    pub fn into_error(self, mut store: impl AsContextMut) -> Error {
        let store = store.as_context_mut();
        match self.alive(&StoreContext(store.0)) {
            Ok(_) => thrown(store.0, self.reference),
            Err(error) => error,
        }
    }

    /// The exception's tag.
    ///
    /// # Errors
    /// When the exception is gone or belongs to another store.
    pub fn tag(&self, store: impl AsContext) -> Result<Tag> {
        let (tag, _) = self.alive(&store.as_context())?;
        Ok(tag)
    }

    /// The exception's values.
    ///
    /// # Errors
    /// When the exception is gone or belongs to another store.
    pub fn values(&self, store: impl AsContext) -> Result<Vec<Val>> {
        let (_, values) = self.alive(&store.as_context())?;
        Ok(values)
    }

    fn alive<T: 'static>(&self, store: &StoreContext<'_, T>) -> Result<(Tag, Vec<Val>)> {
        if self.store != store.id() {
            return Err(Error::other_store("exnref"));
        }
        let objects = store.0.objects();
        let Some((id, values)) = objects.exception(self.reference) else {
            return Err(Error::link("exnref refers to an exception that is gone"));
        };
        let types = objects.tag_type(id).ty.params();
        let value = |(bits, ty): (&u128, &_)| Val::from_bits(*bits, *ty, Owner::of(store.0));
        let values = values.iter().zip(types).map(value).collect();
        Ok((Tag { store: self.store, id }, values))
    }

    /// Whether the exception still is, in its store.
    pub(crate) fn is_alive<T: 'static>(self, store: &VmStore<T>) -> bool {
        store.data().id == self.store && store.objects().exception(self.reference).is_some()
    }

    /// What guests see, if the exception is one of this store.
    pub(crate) fn thrown_in(self, store: StoreId) -> Option<u32> {
        (self.store == store).then_some(self.reference)
    }

    /// What guests see.
    pub(crate) fn to_reference(value: Option<Self>, store: StoreId) -> Result<u32> {
        match value {
            None => Ok(0),
            Some(value) if value.store == store => Ok(value.reference),
            Some(_) => Err(Error::other_store("exnref")),
        }
    }

    /// From what guests see.
    pub(crate) fn from_reference(reference: u32, store: StoreId) -> Option<Self> {
        (reference != 0).then_some(Self { store, reference })
    }
}

/// The error for an exception on its way through the host.
#[cold]
pub(crate) fn thrown<T: 'static>(store: &mut VmStore<T>, reference: u32) -> Error {
    let exception = ExnRef { store: store.data().id, reference };
    let held = store.objects_mut().exception_hold(reference);
    let message = match exception.alive(&StoreContext(store)) {
        Ok((tag, values)) => {
            let ty = described(&tag.ty(StoreContext(store)));
            let values: Vec<String> = values.iter().map(shown).collect();
            match values.is_empty() {
                true => format!("uncaught exception of type {ty}"),
                false => format!("uncaught exception of type {ty} with {}", values.join(", ")),
            }
        }
        Err(error) => return error,
    };
    Error::thrown(exception, held, message)
}

/// The types of an exception's values in a message.
fn described(ty: &FuncType) -> String {
    let types: Vec<String> = ty.params().iter().map(ToString::to_string).collect();
    format!("({})", types.join(", "))
}

/// A value of an exception in a message.
fn shown(value: &Val) -> String {
    match value {
        Val::I32(value) => value.to_string(),
        Val::I64(value) => value.to_string(),
        Val::F32(bits) => f32::from_bits(*bits).to_string(),
        Val::F64(bits) => f64::from_bits(*bits).to_string(),
        Val::V128(bits) => format!("{bits:#034x}"),
        Val::FuncRef(None) | Val::ExternRef(None) | Val::AnyRef(None) | Val::ExnRef(None) => {
            "null".to_owned()
        }
        reference => format!("a {}", reference.ty()),
    }
}
