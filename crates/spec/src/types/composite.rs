//! Types with a definition: functions, structures, arrays, and where they stand below each other.
//!
//! Not here: when two definitions are the same type, which depends on the groups they are defined in (an
//! engine's registry decides). Invariant: plain data, ordered and comparable. Read next: [`super::matching`].

use super::{HeapType, RefType, ValType};
use alloc::boxed::Box;
use core::fmt;

/// The type of a function: what it takes and what it gives.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct FuncType {
    params: Box<[ValType]>,
    results: Box<[ValType]>,
}

impl FuncType {
    /// A function type from its parameters and results.
    #[must_use]
    pub fn new(params: impl Into<Box<[ValType]>>, results: impl Into<Box<[ValType]>>) -> Self {
        Self { params: params.into(), results: results.into() }
    }

    /// The types of the parameters, in order.
    #[must_use]
    pub fn params(&self) -> &[ValType] {
        &self.params
    }

    /// The types of the results, in order.
    #[must_use]
    pub fn results(&self) -> &[ValType] {
        &self.results
    }

    /// The same type with every concrete type renumbered.
    #[must_use]
    pub fn map_concrete(&self, map: &mut impl FnMut(u32) -> u32) -> Self {
        let mut list = |types: &[ValType]| types.iter().map(|ty| ty.map_concrete(map)).collect();
        Self { params: list(&self.params), results: list(&self.results) }
    }
}

/// Writes `(i32, i64) -> (f32)`.
impl fmt::Display for FuncType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(")?;
        list(f, &self.params)?;
        f.write_str(") -> (")?;
        list(f, &self.results)?;
        f.write_str(")")
    }
}

fn list<T: fmt::Display>(f: &mut fmt::Formatter<'_>, types: &[T]) -> fmt::Result {
    for (index, ty) in types.iter().enumerate() {
        if index > 0 {
            f.write_str(", ")?;
        }
        write!(f, "{ty}")?;
    }
    Ok(())
}

/// How a field or element is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum StorageType {
    /// An 8-bit integer; an `i32` outside.
    I8,
    /// A 16-bit integer; an `i32` outside.
    I16,
    /// A whole value.
    Val(ValType),
}

impl StorageType {
    /// Bytes that it takes, references being 4.
    #[must_use]
    pub const fn bytes(self) -> u32 {
        match self {
            Self::I8 => 1,
            Self::I16 => 2,
            Self::Val(ValType::I32 | ValType::F32 | ValType::Ref(_)) => 4,
            Self::Val(ValType::I64 | ValType::F64) => 8,
            Self::Val(ValType::V128) => 16,
        }
    }

    /// The type of the value outside.
    #[must_use]
    pub const fn unpacked(self) -> ValType {
        match self {
            Self::I8 | Self::I16 => ValType::I32,
            Self::Val(ty) => ty,
        }
    }

    /// The reference type, if it keeps references.
    #[must_use]
    pub const fn as_reference(self) -> Option<RefType> {
        match self {
            Self::Val(ty) => ty.as_reference(),
            _ => None,
        }
    }
}

/// Writes the name in the text format.
impl fmt::Display for StorageType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::I8 => f.write_str("i8"),
            Self::I16 => f.write_str("i16"),
            Self::Val(ty) => ty.fmt(f),
        }
    }
}

/// A field of a structure, or the elements of an array.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct FieldType {
    /// How it is kept.
    pub storage: StorageType,
    /// Whether it can be set.
    pub mutable: bool,
}

/// Writes `i8` or `(mut i8)`.
impl fmt::Display for FieldType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.mutable { write!(f, "(mut {})", self.storage) } else { self.storage.fmt(f) }
    }
}

/// What a definition defines.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum CompositeType {
    /// A function type.
    Func(FuncType),
    /// A structure type with these fields.
    Struct(Box<[FieldType]>),
    /// An array type with such elements.
    Array(FieldType),
}

impl CompositeType {
    /// The function type, if it is one.
    #[must_use]
    pub const fn as_func(&self) -> Option<&FuncType> {
        match self {
            Self::Func(ty) => Some(ty),
            _ => None,
        }
    }

    /// Functions, structures or arrays of this type, which has this number.
    #[must_use]
    pub const fn heap_type(&self, index: u32) -> HeapType {
        match self {
            Self::Func(_) => HeapType::ConcreteFunc(index),
            Self::Struct(_) => HeapType::ConcreteStruct(index),
            Self::Array(_) => HeapType::ConcreteArray(index),
        }
    }

    /// The same type with every concrete type renumbered.
    #[must_use]
    pub fn map_concrete(&self, map: &mut impl FnMut(u32) -> u32) -> Self {
        let mut field = |field: &FieldType| FieldType {
            storage: match field.storage {
                StorageType::Val(ty) => StorageType::Val(ty.map_concrete(map)),
                packed => packed,
            },
            mutable: field.mutable,
        };
        match self {
            Self::Struct(fields) => Self::Struct(fields.iter().map(field).collect()),
            Self::Array(element) => Self::Array(field(element)),
            Self::Func(ty) => Self::Func(ty.map_concrete(map)),
        }
    }
}

/// Writes `function (i32) -> ()`, `struct (i32, (mut i64))` or `array i8`.
impl fmt::Display for CompositeType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Func(ty) => write!(f, "function {ty}"),
            Self::Struct(fields) => {
                f.write_str("struct (")?;
                list(f, fields)?;
                f.write_str(")")
            }
            Self::Array(element) => write!(f, "array {element}"),
        }
    }
}

/// A definition: a type, and where it stands.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct SubType {
    /// Whether nothing can be below it.
    pub is_final: bool,
    /// The definition right above it.
    pub supertype: Option<u32>,
    /// What it defines.
    pub composite: CompositeType,
}

impl SubType {
    /// A definition without relatives: what a plain function type is.
    #[must_use]
    pub const fn lone(composite: CompositeType) -> Self {
        Self { is_final: true, supertype: None, composite }
    }

    /// The function type, if it defines one.
    #[must_use]
    pub const fn as_func(&self) -> Option<&FuncType> {
        self.composite.as_func()
    }

    /// The same definition with every concrete type renumbered.
    #[must_use]
    pub fn map_concrete(&self, map: &mut impl FnMut(u32) -> u32) -> Self {
        Self {
            is_final: self.is_final,
            supertype: self.supertype.map(&mut *map),
            composite: self.composite.map_concrete(map),
        }
    }
}

impl From<FuncType> for SubType {
    fn from(ty: FuncType) -> Self {
        Self::lone(CompositeType::Func(ty))
    }
}
