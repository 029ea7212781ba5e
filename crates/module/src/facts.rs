//! What never happens in a module, so that compilers can rely on it.
//!
//! Not here: what depends on the values of imports. Invariant: a fact is only stated when nobody, inside or
//! outside of the module, can break it; facts drawn while bodies are still missing say so, and what they
//! state of a table, memory or global may still turn out to be wrong, never the other way round.
//! Read next: [`crate::body`], where the evidence is gathered.

use crate::bits::IndexSet;
use crate::expr::ConstExpr;
use crate::module::{ElementItems, ElementMode, ExternKind, Module};
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// What never happens in a module. The methods answer "not known" for whatever is not stated.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    /// Whether all bodies have been read.
    complete: bool,
    /// Functions that can be called other than by a direct call, sorted.
    escaped: Vec<u32>,
    /// Tables that keep the elements they had when the instance was made, sorted.
    fixed_tables: Vec<u32>,
    /// Memories that keep their size, sorted.
    fixed_memories: Vec<u32>,
    /// Globals that keep their first value, sorted.
    fixed_globals: Vec<u32>,
}

/// What bodies do to the things of their module, gathered while they are validated.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Effects {
    /// Functions that `ref.func` makes references to.
    pub(crate) functions_referenced: IndexSet,
    /// Tables that some operator writes or grows.
    pub(crate) tables_written: IndexSet,
    /// Memories that some operator grows.
    pub(crate) memories_grown: IndexSet,
    /// Globals that some operator sets.
    pub(crate) globals_written: IndexSet,
}

/// How many of each there are in a module.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Counts {
    functions: usize,
    tables: usize,
    memories: usize,
    globals: usize,
}

impl Counts {
    /// The counts of `module`, once the sections before the code are read.
    pub(crate) fn of(module: &Module) -> Self {
        Self {
            functions: module.functions.len(),
            tables: module.tables.len(),
            memories: module.memories.len(),
            globals: module.globals.len(),
        }
    }
}

impl Effects {
    /// Makes room for the indices of a module.
    pub(crate) fn make_room(&mut self, counts: Counts) {
        self.functions_referenced.make_room(counts.functions);
        self.tables_written.make_room(counts.tables);
        self.memories_grown.make_room(counts.memories);
        self.globals_written.make_room(counts.globals);
    }

    /// Adds what others gathered.
    pub(crate) fn merge(&mut self, other: &Self) {
        self.functions_referenced.insert_all(&other.functions_referenced);
        self.tables_written.insert_all(&other.tables_written);
        self.memories_grown.insert_all(&other.memories_grown);
        self.globals_written.insert_all(&other.globals_written);
    }
}

impl Facts {
    /// Whether the function can be called other than by a direct call from this module.
    #[must_use]
    pub fn is_escaped(&self, function: u32) -> bool {
        !self.complete || self.escaped.binary_search(&function).is_ok()
    }

    /// The functions that can be called other than by a direct call from this module, sorted.
    /// Only meaningful once all bodies have been read.
    #[must_use]
    pub fn escaped(&self) -> &[u32] {
        &self.escaped
    }

    /// Whether the table is this module's own and keeps, for the life of an instance, the length it is
    /// declared with and the elements that active segments gave it.
    #[must_use]
    pub fn table_is_fixed(&self, table: u32) -> bool {
        self.fixed_tables.binary_search(&table).is_ok()
    }

    /// Whether the memory is this module's own and keeps the size it is declared with.
    #[must_use]
    pub fn memory_never_grows(&self, memory: u32) -> bool {
        self.fixed_memories.binary_search(&memory).is_ok()
    }

    /// Whether the global keeps the value it has when the instance is made. True of immutable ones,
    /// imported or not, and of mutable ones that nobody can set.
    #[must_use]
    pub fn global_is_fixed(&self, global: u32) -> bool {
        self.fixed_globals.binary_search(&global).is_ok()
    }

    /// Whether all bodies have been read, so that the answers are as good as they get.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.complete
    }

    /// Draws the conclusions once everything has been read.
    pub(crate) fn conclude(module: &Module, effects: &Effects) -> Self {
        let mut referenced = effects.functions_referenced.clone();
        referenced.make_room(module.functions.len());
        let count = u32::try_from(module.functions.len()).unwrap_or(u32::MAX);
        let escaped = escaped(module, referenced).below(count).collect();
        Self { complete: true, escaped, ..Self::so_far(module, effects) }
    }

    /// What nobody has broken yet, while bodies are still missing.
    pub(crate) fn so_far(module: &Module, effects: &Effects) -> Self {
        let mut effects = effects.clone();
        effects.make_room(Counts::of(module));
        let (mut tables, mut memories) = (effects.tables_written, effects.memories_grown);
        let mut globals = effects.globals_written;
        globals.extend(0..module.imported_globals);
        for export in &module.exports {
            match export.kind {
                ExternKind::Table => tables.insert(export.index),
                ExternKind::Memory => memories.insert(export.index),
                ExternKind::Global => globals.insert(export.index),
                ExternKind::Func | ExternKind::Tag => {}
            }
        }
        let count = |things: usize| u32::try_from(things).unwrap_or(u32::MAX);
        let is_mutable = |global: u32| module.globals[global as usize].ty.mutable;
        Self {
            complete: false,
            escaped: Vec::new(),
            fixed_tables: (module.imported_tables..count(module.tables.len()))
                .filter(|table| !tables.contains(*table))
                .collect(),
            fixed_memories: (module.imported_memories..count(module.memories.len()))
                .filter(|memory| !memories.contains(*memory))
                .collect(),
            fixed_globals: (0..count(module.globals.len()))
                .filter(|global| !(is_mutable(*global) && globals.contains(*global)))
                .collect(),
        }
    }

    /// Whether the parts can belong to `module`; they may come from a file.
    pub(crate) fn is_consistent(&self, module: &Module) -> bool {
        let within = |list: &[u32], count: usize| {
            list.is_sorted_by(|a, b| a < b)
                && list.last().is_none_or(|last| (*last as usize) < count)
        };
        within(&self.escaped, module.functions.len())
            && within(&self.fixed_tables, module.tables.len())
            && within(&self.fixed_memories, module.memories.len())
            && within(&self.fixed_globals, module.globals.len())
    }
}

/// The functions somebody can hold a reference to, or call by name: those referenced in bodies and more.
fn escaped(module: &Module, referenced_in_bodies: IndexSet) -> IndexSet {
    let mut escaped = referenced_in_bodies;
    escaped.extend(module.start);
    for export in module.exports.iter().filter(|export| export.kind == ExternKind::Func) {
        escaped.insert(export.index);
    }
    let globals = module.globals.iter().filter_map(|global| global.init.as_ref());
    let tables = module.tables.iter().filter_map(|table| table.init.as_ref());
    escaped.extend(globals.chain(tables).flat_map(ConstExpr::functions));
    // A declared segment gives nobody a reference; the `ref.func` that it allows is among the effects.
    let alive = module.elements.iter().filter(|segment| segment.mode != ElementMode::Declared);
    for segment in alive {
        match &segment.items {
            ElementItems::Functions(items) => escaped.extend(items.iter().copied()),
            ElementItems::Expressions(items) => {
                escaped.extend(items.iter().flat_map(ConstExpr::functions));
            }
        }
    }
    escaped
}

impl Module {
    /// The value that a global has for the life of every instance, if the module alone decides it: the
    /// global is defined here, keeps its first value, and that is a number.
    #[must_use]
    pub fn global_constant(&self, global: u32) -> Option<&ConstExpr> {
        let init = self.globals.get(global as usize)?.init.as_ref()?;
        (init.is_number() && self.facts.global_is_fixed(global)).then_some(init)
    }
}

#[cfg(test)]
mod tests;
