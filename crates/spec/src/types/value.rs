//! Types of values: numbers, vectors and references.
//!
//! A reference type says what may be referred to (its heap type) and whether it may be null. Heap types form
//! three hierarchies with a top and a bottom each, and concrete types below the tops. Not here: what a
//! concrete type is (see [`super::composite`]). Invariant: the number of a concrete type counts in
//! whatever space its holder says: a module's type section, or the canonical types of an engine.
//! Read next: [`super::matching`], which says when one type may stand for another.

use core::fmt;

/// The type of one value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum ValType {
    /// 32-bit integer without a sign of its own.
    I32,
    /// 64-bit integer without a sign of its own.
    I64,
    /// 32-bit float, IEEE 754.
    F32,
    /// 64-bit float, IEEE 754.
    F64,
    /// 128 bits, split into lanes by each operator.
    V128,
    /// Reference to something, perhaps null.
    Ref(RefType),
}

impl ValType {
    /// Reference to any function, or null: `funcref`.
    pub const FUNCREF: Self = Self::Ref(RefType::FUNCREF);
    /// Reference to something of the host's, or null: `externref`.
    pub const EXTERNREF: Self = Self::Ref(RefType::EXTERNREF);
    /// Reference to anything under the collector, or null: `anyref`.
    pub const ANYREF: Self = Self::Ref(RefType::nullable(HeapType::Any));
    /// Reference to an exception, or null: `exnref`.
    pub const EXNREF: Self = Self::Ref(RefType::nullable(HeapType::Exn));

    /// Whether this is a reference type.
    #[must_use]
    pub const fn is_reference(self) -> bool {
        matches!(self, Self::Ref(_))
    }

    /// The reference type, if it is one.
    #[must_use]
    pub const fn as_reference(self) -> Option<RefType> {
        match self {
            Self::Ref(ty) => Some(ty),
            _ => None,
        }
    }

    /// Whether a local of this type has a value before it is set: everything but a reference without null.
    #[must_use]
    pub const fn is_defaultable(self) -> bool {
        match self {
            Self::Ref(ty) => ty.nullable,
            _ => true,
        }
    }

    /// The same type with every concrete type renumbered.
    #[must_use]
    pub fn map_concrete(self, map: &mut impl FnMut(u32) -> u32) -> Self {
        match self {
            Self::Ref(ty) => Self::Ref(ty.map_concrete(map)),
            number => number,
        }
    }
}

impl From<RefType> for ValType {
    fn from(ty: RefType) -> Self {
        Self::Ref(ty)
    }
}

/// Writes the name in the text format.
impl fmt::Display for ValType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::I32 => f.write_str("i32"),
            Self::I64 => f.write_str("i64"),
            Self::F32 => f.write_str("f32"),
            Self::F64 => f.write_str("f64"),
            Self::V128 => f.write_str("v128"),
            Self::Ref(ty) => ty.fmt(f),
        }
    }
}

/// The type of a reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct RefType {
    /// Whether it may be null.
    pub nullable: bool,
    /// What it refers to.
    pub heap: HeapType,
}

impl RefType {
    /// `funcref`.
    pub const FUNCREF: Self = Self::nullable(HeapType::Func);
    /// `externref`.
    pub const EXTERNREF: Self = Self::nullable(HeapType::Extern);

    /// A reference that may be null: `(ref null HEAP)`.
    #[must_use]
    pub const fn nullable(heap: HeapType) -> Self {
        Self { nullable: true, heap }
    }

    /// A reference that is never null: `(ref HEAP)`.
    #[must_use]
    pub const fn non_null(heap: HeapType) -> Self {
        Self { nullable: false, heap }
    }

    /// The same type with every concrete type renumbered.
    #[must_use]
    pub fn map_concrete(self, map: &mut impl FnMut(u32) -> u32) -> Self {
        let heap = match self.heap {
            HeapType::ConcreteFunc(index) => HeapType::ConcreteFunc(map(index)),
            HeapType::ConcreteStruct(index) => HeapType::ConcreteStruct(map(index)),
            HeapType::ConcreteArray(index) => HeapType::ConcreteArray(map(index)),
            heap => heap,
        };
        Self { heap, ..self }
    }
}

/// Writes `funcref`, `(ref null 3)` or `(ref func)`.
impl fmt::Display for RefType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.nullable, self.heap) {
            (true, HeapType::None) => f.write_str("nullref"),
            (true, HeapType::NoFunc) => f.write_str("nullfuncref"),
            (true, HeapType::NoExtern) => f.write_str("nullexternref"),
            (true, HeapType::NoExn) => f.write_str("nullexnref"),
            (true, heap) if heap.concrete().is_some() => write!(f, "(ref null {heap})"),
            (true, heap) => write!(f, "{heap}ref"),
            (false, heap) => write!(f, "(ref {heap})"),
        }
    }
}

/// What a reference refers to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum HeapType {
    /// Any function.
    Func,
    /// No function: below every function type.
    NoFunc,
    /// Anything of the host's, or something internal that was handed out as such.
    Extern,
    /// Nothing of the host's.
    NoExtern,
    /// Anything under the collector.
    Any,
    /// What can be compared with `ref.eq`.
    Eq,
    /// A small integer without memory of its own.
    I31,
    /// Any structure.
    Struct,
    /// Any array.
    Array,
    /// Nothing under the collector.
    None,
    /// Any exception.
    Exn,
    /// No exception.
    NoExn,
    /// Functions of the type with this number.
    ConcreteFunc(u32),
    /// Structures of the type with this number.
    ConcreteStruct(u32),
    /// Arrays of the type with this number.
    ConcreteArray(u32),
}

/// The three hierarchies of references and the one of exceptions; values of different ones never mix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hierarchy {
    /// Below `func`.
    Func,
    /// Below `extern`.
    Extern,
    /// Below `any`.
    Any,
    /// Below `exn`.
    Exn,
}

impl HeapType {
    /// The hierarchy that the type belongs to.
    #[must_use]
    pub const fn hierarchy(self) -> Hierarchy {
        match self {
            Self::Func | Self::NoFunc | Self::ConcreteFunc(_) => Hierarchy::Func,
            Self::Extern | Self::NoExtern => Hierarchy::Extern,
            Self::Any
            | Self::Eq
            | Self::I31
            | Self::Struct
            | Self::Array
            | Self::None
            | Self::ConcreteStruct(_)
            | Self::ConcreteArray(_) => Hierarchy::Any,
            Self::Exn | Self::NoExn => Hierarchy::Exn,
        }
    }

    /// The concrete type's number, if it is one.
    #[must_use]
    pub const fn concrete(self) -> Option<u32> {
        match self {
            Self::ConcreteFunc(index)
            | Self::ConcreteStruct(index)
            | Self::ConcreteArray(index) => Some(index),
            _ => None,
        }
    }
}

impl Hierarchy {
    /// The type above all others.
    #[must_use]
    pub const fn top(self) -> HeapType {
        match self {
            Self::Func => HeapType::Func,
            Self::Extern => HeapType::Extern,
            Self::Any => HeapType::Any,
            Self::Exn => HeapType::Exn,
        }
    }

    /// The type below all others.
    #[must_use]
    pub const fn bottom(self) -> HeapType {
        match self {
            Self::Func => HeapType::NoFunc,
            Self::Extern => HeapType::NoExtern,
            Self::Any => HeapType::None,
            Self::Exn => HeapType::NoExn,
        }
    }
}

/// Writes the name in the text format.
impl fmt::Display for HeapType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Func => "func",
            Self::NoFunc => "nofunc",
            Self::Extern => "extern",
            Self::NoExtern => "noextern",
            Self::Any => "any",
            Self::Eq => "eq",
            Self::I31 => "i31",
            Self::Struct => "struct",
            Self::Array => "array",
            Self::None => "none",
            Self::Exn => "exn",
            Self::NoExn => "noexn",
            Self::ConcreteFunc(index)
            | Self::ConcreteStruct(index)
            | Self::ConcreteArray(index) => {
                return write!(f, "{index}");
            }
        })
    }
}
