//! The types of WebAssembly, named as in the chapter "Types" of the standard.
//!
//! Not here: type *indices* (they belong to a module, see `holm-module`) and canonical type ids (they belong
//! to an engine). Invariant: plain data, ordered and comparable, so that a type can be a key.
//! Read next: [`value`], [`composite`], [`matching`], then [`crate::trap`].

mod canonical;
mod composite;
mod matching;
mod value;

pub use canonical::canonical;
pub use composite::{CompositeType, FieldType, FuncType, StorageType, SubType};
pub use matching::Definitions;
pub use value::{HeapType, Hierarchy, RefType, ValType};

use core::fmt;

/// How small something starts and how large it may grow, both inclusive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Limits {
    /// The size at the start.
    pub min: u64,
    /// The largest size, if the module names one.
    pub max: Option<u64>,
}

impl Limits {
    /// Whether something that is `self` may be given where `wanted` is asked for: at least as large now,
    /// and never larger than allowed.
    #[must_use]
    pub const fn satisfies(&self, wanted: &Self) -> bool {
        self.min >= wanted.min
            && match (self.max, wanted.max) {
                (_, None) => true,
                (Some(own), Some(wanted)) => own <= wanted,
                (None, Some(_)) => false,
            }
    }
}

/// Writes `1..=4` or `1..`.
impl fmt::Display for Limits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.max {
            Some(max) => write!(f, "{}..={max}", self.min),
            None => write!(f, "{}..", self.min),
        }
    }
}

/// The type of a linear memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct MemoryType {
    /// Size in pages.
    pub limits: Limits,
    /// Whether addresses are 64 bits wide.
    pub is_64: bool,
    /// Whether threads share it.
    pub shared: bool,
    /// The binary logarithm of the size of its pages: 16 unless the module says otherwise.
    pub page_bytes_log2: u8,
}

impl MemoryType {
    /// A 32-bit memory of ordinary pages that nobody shares.
    #[must_use]
    pub const fn new(min: u64, max: Option<u64>) -> Self {
        Self {
            limits: Limits { min, max },
            is_64: false,
            shared: false,
            page_bytes_log2: crate::PAGE_BYTES_LOG2,
        }
    }

    /// The size of a page in bytes.
    #[must_use]
    pub const fn page_bytes(&self) -> u64 {
        1 << self.page_bytes_log2
    }

    /// The most pages that addresses of this width can reach.
    #[must_use]
    pub const fn pages_reachable(&self) -> u64 {
        let address_bits: u32 = if self.is_64 { 64 } else { 32 };
        let page_bits = self.page_bytes_log2 as u32;
        if address_bits - page_bits >= 64 { u64::MAX } else { 1 << (address_bits - page_bits) }
    }
}

/// Writes `memory 1..=4`, with `64-bit`, `shared` and the page size where they are unusual.
impl fmt::Display for MemoryType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.shared { "shared " } else { "" })?;
        f.write_str(if self.is_64 { "64-bit " } else { "" })?;
        write!(f, "memory {}", self.limits)?;
        if self.page_bytes_log2 != crate::PAGE_BYTES_LOG2 {
            write!(f, " of pages of {} bytes", self.page_bytes())?;
        }
        Ok(())
    }
}

/// The type of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct TableType {
    /// The type of its elements.
    pub element: RefType,
    /// Size in elements.
    pub limits: Limits,
    /// Whether indices are 64 bits wide.
    pub is_64: bool,
}

impl TableType {
    /// The same type with every concrete type renumbered.
    #[must_use]
    pub fn map_concrete(&self, map: &mut impl FnMut(u32) -> u32) -> Self {
        Self { element: self.element.map_concrete(map), ..*self }
    }
}

/// Writes `table 1..=4 of funcref`.
impl fmt::Display for TableType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_64 { "64-bit " } else { "" })?;
        write!(f, "table {} of {}", self.limits, self.element)
    }
}

/// The type of a global.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct GlobalType {
    /// The type of the value it holds.
    pub value: ValType,
    /// Whether it can be set.
    pub mutable: bool,
}

impl GlobalType {
    /// The same type with every concrete type renumbered.
    #[must_use]
    pub fn map_concrete(&self, map: &mut impl FnMut(u32) -> u32) -> Self {
        Self { value: self.value.map_concrete(map), ..*self }
    }
}

/// Writes `global i32` or `mutable global i32`.
impl fmt::Display for GlobalType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}global {}", if self.mutable { "mutable " } else { "" }, self.value)
    }
}

/// The type of something that is imported or exported.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum ExternType {
    /// A function.
    Func(FuncType),
    /// A table.
    Table(TableType),
    /// A linear memory.
    Memory(MemoryType),
    /// A global.
    Global(GlobalType),
    /// An exception tag: the values that an exception carries are the parameters.
    Tag(FuncType),
}

impl ExternType {
    /// The same type with every concrete type renumbered.
    #[must_use]
    pub fn map_concrete(&self, map: &mut impl FnMut(u32) -> u32) -> Self {
        match self {
            Self::Func(ty) => Self::Func(ty.map_concrete(map)),
            Self::Tag(ty) => Self::Tag(ty.map_concrete(map)),
            Self::Table(ty) => Self::Table(ty.map_concrete(map)),
            Self::Global(ty) => Self::Global(ty.map_concrete(map)),
            Self::Memory(ty) => Self::Memory(*ty),
        }
    }

    /// What kind of thing it is, in one word.
    #[must_use]
    pub const fn kind_name(&self) -> &'static str {
        match self {
            Self::Func(_) => "function",
            Self::Table(_) => "table",
            Self::Memory(_) => "memory",
            Self::Global(_) => "global",
            Self::Tag(_) => "tag",
        }
    }
}

/// Writes `function (i32) -> ()` and the like: what a link error shows on both sides.
impl fmt::Display for ExternType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Func(ty) => write!(f, "function {ty}"),
            Self::Table(ty) => write!(f, "{ty}"),
            Self::Memory(ty) => write!(f, "{ty}"),
            Self::Global(ty) => write!(f, "{ty}"),
            Self::Tag(ty) => write!(f, "tag {ty}"),
        }
    }
}

#[cfg(test)]
mod tests;
