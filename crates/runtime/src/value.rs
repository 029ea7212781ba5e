//! Values as the embedder sees them, and the bits that cross the boundary.
//!
//! Not here: Rust types for the parameters of typed functions (see [`crate::typed`]). Invariant: bits made
//! here are of the type asked for and belong to the store asked for; scalars are zero-extended.
//! Read next: [`crate::externref`].

use crate::anyref::AnyRef;
use crate::context::{Owner, StoreContext, VmStore};
use crate::error::{Error, Result};
use crate::exnref::ExnRef;
use crate::externref::ExternRef;
use crate::func::Func;
use holm_spec::types::{HeapType, Hierarchy, RefType, ValType};

/// A value of any type.
#[derive(Clone, Copy, Debug)]
pub enum Val {
    /// A 32-bit integer.
    I32(i32),
    /// A 64-bit integer.
    I64(i64),
    /// The bits of a 32-bit float. Bits, because a float that passes through a register of the host might
    /// lose the payload of a NaN.
    F32(u32),
    /// The bits of a 64-bit float.
    F64(u64),
    /// A vector; the first lane lies in the lowest bits.
    V128(u128),
    /// A function, or null.
    FuncRef(Option<Func>),
    /// Something of the host's, or null.
    ExternRef(Option<ExternRef>),
    /// Something under the collector or a small integer, or null.
    AnyRef(Option<AnyRef>),
    /// An exception, or null.
    ExnRef(Option<ExnRef>),
}

impl Val {
    /// Zero or null of a type; null also where the type excludes it.
    #[must_use]
    pub const fn default_of(ty: ValType) -> Self {
        match ty {
            ValType::I32 => Self::I32(0),
            ValType::I64 => Self::I64(0),
            ValType::F32 => Self::F32(0),
            ValType::F64 => Self::F64(0),
            ValType::V128 => Self::V128(0),
            ValType::Ref(ty) => Self::null(ty.heap),
        }
    }

    /// Null below a heap type.
    #[must_use]
    pub const fn null(heap: HeapType) -> Self {
        match heap.hierarchy() {
            Hierarchy::Func => Self::FuncRef(None),
            Hierarchy::Extern => Self::ExternRef(None),
            Hierarchy::Any => Self::AnyRef(None),
            Hierarchy::Exn => Self::ExnRef(None),
        }
    }

    /// The type of the value.
    #[must_use]
    pub const fn ty(&self) -> ValType {
        match self {
            Self::I32(_) => ValType::I32,
            Self::I64(_) => ValType::I64,
            Self::F32(_) => ValType::F32,
            Self::F64(_) => ValType::F64,
            Self::V128(_) => ValType::V128,
            Self::FuncRef(_) => ValType::FUNCREF,
            Self::ExternRef(_) => ValType::EXTERNREF,
            Self::AnyRef(_) => ValType::ANYREF,
            Self::ExnRef(_) => ValType::EXNREF,
        }
    }

    /// The integer, if it is one of 32 bits.
    #[must_use]
    pub const fn i32(&self) -> Option<i32> {
        if let Self::I32(value) = self { Some(*value) } else { None }
    }

    /// The integer, if it is one of 64 bits.
    #[must_use]
    pub const fn i64(&self) -> Option<i64> {
        if let Self::I64(value) = self { Some(*value) } else { None }
    }

    /// The float, if it is one of 32 bits.
    #[must_use]
    pub const fn f32(&self) -> Option<f32> {
        if let Self::F32(bits) = self { Some(f32::from_bits(*bits)) } else { None }
    }

    /// The float, if it is one of 64 bits.
    #[must_use]
    pub const fn f64(&self) -> Option<f64> {
        if let Self::F64(bits) = self { Some(f64::from_bits(*bits)) } else { None }
    }

    /// The vector, if it is one.
    #[must_use]
    pub const fn v128(&self) -> Option<u128> {
        if let Self::V128(value) = self { Some(*value) } else { None }
    }

    /// The reference to a function, if it is one; it may be null.
    #[must_use]
    pub const fn funcref(&self) -> Option<Option<&Func>> {
        if let Self::FuncRef(func) = self { Some(func.as_ref()) } else { None }
    }

    /// The reference to something of the host's, if it is one; it may be null.
    #[must_use]
    pub const fn externref(&self) -> Option<Option<&ExternRef>> {
        if let Self::ExternRef(object) = self { Some(object.as_ref()) } else { None }
    }

    /// The reference under the collector, if it is one; it may be null.
    #[must_use]
    pub const fn anyref(&self) -> Option<Option<&AnyRef>> {
        if let Self::AnyRef(reference) = self { Some(reference.as_ref()) } else { None }
    }

    /// The bits of the value, if it has type `ty` and belongs to `store`.
    pub(crate) fn to_bits<T: 'static>(self, ty: ValType, store: &VmStore<T>) -> Result<u128> {
        let bits = self.to_bits_unchecked_type(Owner::of(store))?;
        let fits = match ty {
            ValType::Ref(wanted) => self.refers_to(wanted, low32(bits), store),
            number => self.ty() == number,
        };
        if fits {
            return Ok(bits);
        }
        Err(Error::link(format!("value of type {} where {ty} is expected", self.describe(store))))
    }

    /// Whether this value, which is `reference` for guests, is one of type `wanted`.
    fn refers_to<T: 'static>(self, wanted: RefType, reference: u32, store: &VmStore<T>) -> bool {
        let Some(own) = self.ty().as_reference() else { return false };
        if own.heap.hierarchy() != wanted.heap.hierarchy() {
            return false;
        }
        if reference == 0 {
            return wanted.nullable;
        }
        match (self, wanted.heap) {
            (Self::ExnRef(Some(exception)), HeapType::Exn) => exception.is_alive(store),
            (_, HeapType::Func | HeapType::Extern | HeapType::Any) => true,
            (Self::FuncRef(Some(func)), HeapType::ConcreteFunc(wanted)) => {
                let record = store.objects().function(func.id);
                let registry = store.data().engine.registry();
                record.is_some_and(|record| registry.is_below(record.signature, wanted))
            }
            (Self::AnyRef(Some(_)), HeapType::I31) => reference & 1 == 1,
            (Self::AnyRef(Some(_)), heap) => {
                let objects = store.objects();
                let Some(id) = objects.object_type(reference) else {
                    return heap == HeapType::Eq && reference & 1 == 1;
                };
                match heap {
                    HeapType::Eq => true,
                    HeapType::Struct => objects.array_length(reference).is_none(),
                    HeapType::Array => objects.array_length(reference).is_some(),
                    HeapType::ConcreteStruct(wanted) | HeapType::ConcreteArray(wanted) => {
                        store.data().engine.registry().is_below(id, wanted)
                    }
                    _ => false,
                }
            }
            _ => false,
        }
    }

    /// The value's type as precisely as a message needs it.
    fn describe<T: 'static>(self, store: &VmStore<T>) -> String {
        match self {
            Self::FuncRef(Some(func)) => {
                let record = store.objects().function(func.id);
                let registry = store.data().engine.registry();
                let signature = record.and_then(|record| registry.signature(record.signature));
                signature.map_or_else(|| self.ty().to_string(), |s| format!("function {}", s.ty))
            }
            Self::ExnRef(Some(exception)) if !exception.is_alive(store) => {
                "an exnref whose exception is gone".to_owned()
            }
            Self::FuncRef(None)
            | Self::ExternRef(None)
            | Self::AnyRef(None)
            | Self::ExnRef(None) => {
                format!("null {}", self.ty())
            }
            Self::AnyRef(Some(any)) => match any.ty(StoreContext(store)) {
                Ok(HeapType::Any) | Err(_) => self.ty().to_string(),
                Ok(heap) => RefType::non_null(heap).to_string(),
            },
            _ => self.ty().to_string(),
        }
    }

    fn to_bits_unchecked_type(self, store: Owner<'_>) -> Result<u128> {
        Ok(match self {
            Self::I32(value) => u128::from(value.cast_unsigned()),
            Self::I64(value) => u128::from(value.cast_unsigned()),
            Self::F32(bits) => u128::from(bits),
            Self::F64(bits) => u128::from(bits),
            Self::V128(bits) => bits,
            Self::FuncRef(func) => u128::from(Func::to_reference(func, store.id)?),
            Self::ExternRef(object) => u128::from(ExternRef::to_reference(object, store)?),
            Self::AnyRef(reference) => u128::from(AnyRef::to_reference(reference, store)?),
            Self::ExnRef(reference) => u128::from(ExnRef::to_reference(reference, store.id)?),
        })
    }

    /// The value that `bits` mean in `store`; what lies above the type's width is ignored.
    pub(crate) fn from_bits(bits: u128, ty: ValType, store: Owner<'_>) -> Self {
        match ty {
            ValType::I32 => Self::I32(low32(bits).cast_signed()),
            ValType::I64 => Self::I64(low64(bits).cast_signed()),
            ValType::F32 => Self::F32(low32(bits)),
            ValType::F64 => Self::F64(low64(bits)),
            ValType::V128 => Self::V128(bits),
            ValType::Ref(ty) => {
                let reference = low32(bits);
                match ty.heap.hierarchy() {
                    Hierarchy::Func => Self::FuncRef(Func::from_reference(reference, store.id)),
                    Hierarchy::Extern => {
                        Self::ExternRef(ExternRef::from_reference(reference, store))
                    }
                    Hierarchy::Any => Self::AnyRef(AnyRef::from_reference(reference, store)),
                    Hierarchy::Exn => Self::ExnRef(ExnRef::from_reference(reference, store.id)),
                }
            }
        }
    }
}

/// The low 32 bits.
#[expect(clippy::cast_possible_truncation, reason = "the low part is what is asked for")]
#[inline]
pub(crate) const fn low32(bits: u128) -> u32 {
    bits as u32
}

/// The low 64 bits.
#[expect(clippy::cast_possible_truncation, reason = "the low part is what is asked for")]
#[inline]
pub(crate) const fn low64(bits: u128) -> u64 {
    bits as u64
}

macro_rules! from {
    ($($rust:ty => $variant:ident($value:ident) $bits:expr;)*) => {
        $(impl From<$rust> for Val {
            fn from($value: $rust) -> Self {
                Self::$variant($bits)
            }
        })*
    };
}

from! {
    i32 => I32(value) value;
    u32 => I32(value) value.cast_signed();
    i64 => I64(value) value;
    u64 => I64(value) value.cast_signed();
    f32 => F32(value) value.to_bits();
    f64 => F64(value) value.to_bits();
    u128 => V128(value) value;
    Func => FuncRef(value) Some(value);
    Option<Func> => FuncRef(value) value;
    ExternRef => ExternRef(value) Some(value);
    Option<ExternRef> => ExternRef(value) value;
    AnyRef => AnyRef(value) Some(value);
    Option<AnyRef> => AnyRef(value) value;
    ExnRef => ExnRef(value) Some(value);
    Option<ExnRef> => ExnRef(value) value;
}
