//! What can be imported and exported, alive.
//!
//! Not here: the types (see `holm-spec`). Invariant: an [`Extern`] is a handle and belongs to one store.
//! Read next: [`crate::instance`].

use crate::context::{AsContext, StoreId};
use crate::func::Func;
use crate::global::Global;
use crate::memory::Memory;
use crate::table::Table;
use crate::tag::Tag;
use holm_spec::types::ExternType;

/// A function, memory, table, global or exception tag of one store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extern {
    /// A function.
    Func(Func),
    /// A table.
    Table(Table),
    /// A linear memory.
    Memory(Memory),
    /// A global.
    Global(Global),
    /// An exception tag.
    Tag(Tag),
}

impl Extern {
    /// The function, if it is one.
    #[must_use]
    pub const fn into_func(self) -> Option<Func> {
        if let Self::Func(func) = self { Some(func) } else { None }
    }

    /// The table, if it is one.
    #[must_use]
    pub const fn into_table(self) -> Option<Table> {
        if let Self::Table(table) = self { Some(table) } else { None }
    }

    /// The memory, if it is one.
    #[must_use]
    pub const fn into_memory(self) -> Option<Memory> {
        if let Self::Memory(memory) = self { Some(memory) } else { None }
    }

    /// The global, if it is one.
    #[must_use]
    pub const fn into_global(self) -> Option<Global> {
        if let Self::Global(global) = self { Some(global) } else { None }
    }

    /// The exception tag, if it is one.
    #[must_use]
    pub const fn into_tag(self) -> Option<Tag> {
        if let Self::Tag(tag) = self { Some(tag) } else { None }
    }

    /// Its type.
    ///
    /// # Panics
    /// When it belongs to another store.
    #[must_use]
    pub fn ty(&self, store: impl AsContext) -> ExternType {
        match self {
            Self::Func(func) => ExternType::Func(func.ty(store)),
            Self::Table(table) => ExternType::Table(table.ty(store)),
            Self::Memory(memory) => ExternType::Memory(memory.ty(store)),
            Self::Global(global) => ExternType::Global(global.ty(store)),
            Self::Tag(tag) => ExternType::Tag(tag.ty(store)),
        }
    }

    /// The store that it belongs to.
    pub(crate) const fn store(&self) -> StoreId {
        match self {
            Self::Func(func) => func.store,
            Self::Table(table) => table.store,
            Self::Memory(memory) => memory.store,
            Self::Global(global) => global.store,
            Self::Tag(tag) => tag.store,
        }
    }
}

macro_rules! from {
    ($($name:ident)*) => {
        $(impl From<$name> for Extern {
            fn from(value: $name) -> Self {
                Self::$name(value)
            }
        })*
    };
}
from! { Func Table Memory Global Tag }
