//! Values as the embedder sees them, and the bits that cross the boundary.
//!
//! Not here: Rust types for the parameters of typed functions (see [`crate::typed`]). Invariant: bits made
//! here are of the type asked for and belong to the store asked for; scalars are zero-extended.
//! Read next: [`crate::externref`].

use crate::context::StoreId;
use crate::error::{Error, Result};
use crate::externref::ExternRef;
use crate::func::Func;
use holm_spec::types::ValType;

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
}

impl Val {
    /// Zero or null of a type.
    #[must_use]
    pub const fn default_of(ty: ValType) -> Self {
        match ty {
            ValType::I32 => Self::I32(0),
            ValType::I64 => Self::I64(0),
            ValType::F32 => Self::F32(0),
            ValType::F64 => Self::F64(0),
            ValType::V128 => Self::V128(0),
            ValType::FuncRef => Self::FuncRef(None),
            ValType::ExternRef => Self::ExternRef(None),
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
            Self::FuncRef(_) => ValType::FuncRef,
            Self::ExternRef(_) => ValType::ExternRef,
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

    /// The bits of the value, if it has type `ty` and belongs to `store`.
    pub(crate) fn to_bits(self, ty: ValType, store: StoreId) -> Result<u128> {
        if self.ty() != ty {
            return Err(Error::link(format!("value of type {} where {ty} is expected", self.ty())));
        }
        self.to_bits_unchecked_type(store)
    }

    fn to_bits_unchecked_type(self, store: StoreId) -> Result<u128> {
        Ok(match self {
            Self::I32(value) => u128::from(value.cast_unsigned()),
            Self::I64(value) => u128::from(value.cast_unsigned()),
            Self::F32(bits) => u128::from(bits),
            Self::F64(bits) => u128::from(bits),
            Self::V128(bits) => bits,
            Self::FuncRef(func) => u128::from(Func::to_reference(func, store)?),
            Self::ExternRef(object) => u128::from(ExternRef::to_reference(object, store)?),
        })
    }

    /// The value that `bits` mean in `store`; what lies above the type's width is ignored.
    pub(crate) fn from_bits(bits: u128, ty: ValType, store: StoreId) -> Self {
        match ty {
            ValType::I32 => Self::I32(low32(bits).cast_signed()),
            ValType::I64 => Self::I64(low64(bits).cast_signed()),
            ValType::F32 => Self::F32(low32(bits)),
            ValType::F64 => Self::F64(low64(bits)),
            ValType::V128 => Self::V128(bits),
            ValType::FuncRef => Self::FuncRef(Func::from_reference(low32(bits), store)),
            ValType::ExternRef => Self::ExternRef(ExternRef::from_reference(low32(bits), store)),
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
}
