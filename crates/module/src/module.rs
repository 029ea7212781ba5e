//! The module as data: what the sections of the file say, ready to be compiled and instantiated.
//!
//! Not here: how it is read (see [`crate::decode`]). Invariant: every index is in range and every type fits,
//! because validation said so; byte ranges refer to the file the module was read from, which the holder of
//! the module keeps. Read next: [`crate::expr`] for initial values, [`crate::facts`] for what never happens.

use crate::body::FunctionBody;
use crate::cost;
use crate::expr::ConstExpr;
use crate::facts::Facts;
use crate::features::Features;
use crate::hints::BranchHints;
use crate::names::Names;
use alloc::string::String;
use alloc::vec::Vec;
use core::ops::Range;
use holm_spec::types::{ExternType, FuncType, GlobalType, MemoryType, RefType, SubType, TableType};
use serde::{Deserialize, Serialize};

/// A validated module: plain data.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Module {
    /// What the module was allowed to use.
    pub features: Features,
    /// The length of the file.
    pub wasm_bytes: u64,
    /// The type section, its groups laid out one after the other. Concrete types inside are numbered by
    /// their place here.
    pub types: Vec<SubType>,
    /// The groups of types that may name each other, in order: how many types each has.
    pub type_groups: Vec<u32>,
    /// The import section.
    pub imports: Vec<Import>,
    /// The export section.
    pub exports: Vec<Export>,
    /// The type of every function, imported ones first.
    pub functions: Vec<TypeIndex>,
    /// Every table, imported ones first.
    pub tables: Vec<Table>,
    /// Every memory, imported ones first.
    pub memories: Vec<MemoryType>,
    /// Every global, imported ones first.
    pub globals: Vec<Global>,
    /// The type of every exception tag, imported ones first.
    pub tags: Vec<TypeIndex>,
    /// How many of the functions are imported.
    pub imported_functions: u32,
    /// How many of the tables are imported.
    pub imported_tables: u32,
    /// How many of the memories are imported.
    pub imported_memories: u32,
    /// How many of the globals are imported.
    pub imported_globals: u32,
    /// How many of the tags are imported.
    pub imported_tags: u32,
    /// The function to call when an instance is made.
    pub start: Option<u32>,
    /// The element section.
    pub elements: Vec<ElementSegment>,
    /// The data section.
    pub data: Vec<DataSegment>,
    /// The code section: one body per defined function.
    pub bodies: Vec<FunctionBody>,
    /// Where the content of the code section lies in the file; the addresses of DWARF count from its start.
    pub code_range: Range<u64>,
    /// The names that the file gives to itself and its functions.
    pub names: Names,
    /// Which way its branches mostly go.
    pub branch_hints: BranchHints,
    /// Every custom section, in order.
    pub custom_sections: Vec<CustomSection>,
    /// What never happens in the module.
    pub facts: Facts,
}

/// The index of a type in its module.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct TypeIndex(pub u32);

impl TypeIndex {
    /// The index as one into [`Module::types`].
    #[must_use]
    pub const fn as_usize(self) -> usize {
        self.0 as usize
    }
}

/// One import.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Import {
    /// The module asked for.
    pub module: String,
    /// The name asked for in it.
    pub name: String,
    /// What it has to be.
    pub kind: ImportKind,
}

/// What an import has to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ImportKind {
    /// A function of this type.
    Func(TypeIndex),
    /// A table.
    Table(TableType),
    /// A memory.
    Memory(MemoryType),
    /// A global.
    Global(GlobalType),
    /// An exception tag of this type; only with the feature `exceptions`.
    Tag(TypeIndex),
}

/// One export.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Export {
    /// The name it is given.
    pub name: String,
    /// What it is.
    pub kind: ExternKind,
    /// Its index among the module's things of that kind.
    pub index: u32,
}

/// The kinds of things that can be imported and exported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum ExternKind {
    /// A function.
    Func,
    /// A table.
    Table,
    /// A memory.
    Memory,
    /// A global.
    Global,
    /// An exception tag; only with the feature `exceptions`.
    Tag,
}

/// One table.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Table {
    /// Its type.
    pub ty: TableType,
    /// What its elements are at first, if that is not null.
    pub init: Option<ConstExpr>,
}

/// One global.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Global {
    /// Its type.
    pub ty: GlobalType,
    /// Its first value; nothing for an imported global.
    pub init: Option<ConstExpr>,
}

/// One element segment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ElementSegment {
    /// What happens to it when an instance is made.
    pub mode: ElementMode,
    /// The type of its elements.
    pub ty: RefType,
    /// Its elements.
    pub items: ElementItems,
}

/// What happens to an element segment when an instance is made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum ElementMode {
    /// Nothing: it waits for `table.init`.
    Passive,
    /// Nothing, ever: it only declares functions as referenced.
    Declared,
    /// It is copied into a table and dropped.
    Active {
        /// The table.
        table: u32,
        /// Where in the table.
        offset: ConstExpr,
    },
}

/// The elements of a segment, in one of two forms.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum ElementItems {
    /// References to these functions.
    Functions(Vec<u32>),
    /// The values of these expressions.
    Expressions(Vec<ConstExpr>),
}

impl ElementItems {
    /// How many elements there are.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Self::Functions(items) => items.len(),
            Self::Expressions(items) => items.len(),
        }
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// One data segment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DataSegment {
    /// What happens to it when an instance is made.
    pub mode: DataMode,
    /// Where its bytes lie in the file.
    pub bytes: Range<u64>,
}

/// What happens to a data segment when an instance is made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum DataMode {
    /// Nothing: it waits for `memory.init`.
    Passive,
    /// It is copied into a memory and dropped.
    Active {
        /// The memory.
        memory: u32,
        /// Where in the memory.
        offset: ConstExpr,
    },
}

/// One custom section.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CustomSection {
    /// Its name.
    pub name: String,
    /// Where its content (after the name) lies in the file.
    pub range: Range<u64>,
}

impl Module {
    /// The function type with this index.
    #[must_use]
    pub fn ty(&self, index: TypeIndex) -> Option<&FuncType> {
        self.types.get(index.as_usize())?.as_func()
    }

    /// The type of a function, imported or defined.
    #[must_use]
    pub fn function_type(&self, function: u32) -> Option<&FuncType> {
        self.ty(*self.functions.get(function as usize)?)
    }

    /// The index among all functions of a defined one.
    #[must_use]
    pub const fn function_index(&self, defined: u32) -> u32 {
        self.imported_functions + defined
    }

    /// The index among the defined functions, unless it is imported.
    #[must_use]
    pub const fn defined_index(&self, function: u32) -> Option<u32> {
        function.checked_sub(self.imported_functions)
    }

    /// How many functions are defined here.
    #[must_use]
    pub fn defined_functions(&self) -> u32 {
        u32::try_from(self.functions.len()).map_or(u32::MAX, |all| all - self.imported_functions)
    }

    /// The type of an import.
    #[must_use]
    pub fn import_type(&self, import: &Import) -> Option<ExternType> {
        Some(match import.kind {
            ImportKind::Func(index) => ExternType::Func(self.ty(index)?.clone()),
            ImportKind::Table(ty) => ExternType::Table(ty),
            ImportKind::Memory(ty) => ExternType::Memory(ty),
            ImportKind::Global(ty) => ExternType::Global(ty),
            ImportKind::Tag(index) => ExternType::Tag(self.ty(index)?.clone()),
        })
    }

    /// The type of an export.
    #[must_use]
    pub fn export_type(&self, export: &Export) -> Option<ExternType> {
        let index = export.index as usize;
        Some(match export.kind {
            ExternKind::Func => ExternType::Func(self.function_type(export.index)?.clone()),
            ExternKind::Table => ExternType::Table(self.tables.get(index)?.ty),
            ExternKind::Memory => ExternType::Memory(*self.memories.get(index)?),
            ExternKind::Global => ExternType::Global(self.globals.get(index)?.ty),
            ExternKind::Tag => ExternType::Tag(self.ty(*self.tags.get(index)?)?.clone()),
        })
    }

    /// The export of this name.
    #[must_use]
    pub fn export(&self, name: &str) -> Option<&Export> {
        self.exports.iter().find(|export| export.name == name)
    }

    /// Where the content of the first custom section of this name lies in the file.
    #[must_use]
    pub fn custom_section(&self, name: &str) -> Option<Range<u64>> {
        self.custom_sections
            .iter()
            .find(|section| section.name == name)
            .map(|section| section.range.clone())
    }

    /// The sections with debugging information in DWARF: `.debug_info` and its relatives.
    pub fn debug_sections(&self) -> impl Iterator<Item = &CustomSection> {
        self.custom_sections.iter().filter(|section| section.name.starts_with(".debug_"))
    }

    /// How many operators all bodies have together.
    #[must_use]
    pub fn operators(&self) -> u64 {
        self.bodies.iter().map(|body| u64::from(body.operators)).sum()
    }

    /// What the ways out of the module, one for each type of an imported function, are expected to cost their
    /// compiler.
    #[must_use]
    pub fn import_cost(&self) -> u64 {
        let imported = self.functions.iter().take(self.imported_functions as usize);
        let mut types: Vec<u32> = imported.map(|ty| ty.0).collect();
        types.sort_unstable();
        types.dedup();
        let types = types.into_iter().filter_map(|ty| self.ty(TypeIndex(ty)));
        types.fold(0, |sum, ty| sum.saturating_add(cost::way_out(ty)))
    }

    /// What a body is expected to cost its compiler, by the defined index of its function; nothing if there is none.
    #[must_use]
    pub fn body_cost(&self, defined: u32) -> u64 {
        self.bodies.get(defined as usize).map_or(0, |body| body.cost)
    }

    /// What all bodies are expected to cost their compiler.
    #[must_use]
    pub fn cost(&self) -> u64 {
        self.bodies.iter().fold(0, |sum, body| sum.saturating_add(body.cost))
    }
}
