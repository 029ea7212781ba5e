//! What is known of tables that keep the entries they are made with.
//!
//! Most modules have one such table, filled from the element section and never written. For each of them and
//! each function type this says which entries a call through it can reach. Invariant: it is only said
//! of tables whose entries are the same in every instance that any code of the module can run in.
//! Read next: [`crate::translate`], where indirect calls use it.

use holm_module::{ConstExpr, ElementItems, ElementMode, Module};
use holm_spec::types::canonical;
use std::collections::BTreeMap;

/// Candidates of one type that are worth knowing by index.
pub(crate) const CANDIDATES_MAX: usize = 8;

/// Tables longer than this are not looked at.
const ENTRIES_MAX: u64 = 1 << 20;

/// An entry that a call of some type can reach.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Candidate {
    /// Its place in the table.
    pub(crate) index: u32,
    /// The function there.
    pub(crate) function: u32,
}

/// What calls of one type through a table can reach.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Reachable {
    /// The entries, in ascending order; the first ones if there are more than [`CANDIDATES_MAX`].
    pub(crate) candidates: Vec<Candidate>,
    /// Whether `candidates` is not all of them.
    pub(crate) truncated: bool,
    /// Whether one of all of them is an imported function.
    pub(crate) foreign: bool,
    /// Whether every entry of the table is one of them.
    pub(crate) uniform: bool,
}

/// The fixed tables of a module.
#[derive(Debug, Default)]
pub(crate) struct FixedTables {
    /// Per type index: the first type that is equal.
    canonical: Vec<u32>,
    /// Per table and canonical type; a table that is not fixed is missing.
    tables: BTreeMap<u32, BTreeMap<u32, Reachable>>,
}

impl FixedTables {
    pub(crate) fn new(module: &Module) -> Self {
        let canonical = canonical(&module.types, &module.type_groups);
        let mut tables = BTreeMap::new();
        if !writes_imported_table(module) {
            for table in (0..).take(module.tables.len()) {
                if let Some(entries) = entries(module, table) {
                    tables.insert(table, by_type(module, &canonical, &entries));
                }
            }
        }
        Self { canonical, tables }
    }

    /// What calls of type `ty` through `table` can reach, if that is known.
    pub(crate) fn reachable(&self, table: u32, ty: u32) -> Option<&Reachable> {
        static NOTHING: Reachable =
            Reachable { candidates: Vec::new(), truncated: false, foreign: false, uniform: false };
        let types = self.tables.get(&table)?;
        let ty = self.canonical.get(ty as usize)?;
        Some(types.get(ty).unwrap_or(&NOTHING))
    }
}

/// Whether making an instance can put its functions into somebody else's table. If it then fails, those
/// functions run although the instance's own tables were never filled.
fn writes_imported_table(module: &Module) -> bool {
    module.elements.iter().any(|segment| match segment.mode {
        ElementMode::Active { table, .. } => table < module.imported_tables,
        _ => false,
    })
}

/// The functions in a table, if they are known and stay.
fn entries(module: &Module, table: u32) -> Option<Vec<Option<u32>>> {
    let own = module.tables.get(table as usize)?;
    let length = own.ty.limits.min;
    let starts_null = matches!(own.init, None | Some(ConstExpr::RefNull(_)));
    if !module.facts.table_is_fixed(table) || !starts_null || length > ENTRIES_MAX {
        return None;
    }
    let mut entries = vec![None; usize::try_from(length).ok()?];
    for segment in &module.elements {
        let ElementMode::Active { table: target, offset } = &segment.mode else { continue };
        if *target != table {
            continue;
        }
        let start = usize::try_from(offset.integer(|_| None)?.as_offset()).ok()?;
        let places = entries.get_mut(start..start.checked_add(segment.items.len())?)?;
        match &segment.items {
            ElementItems::Functions(functions) => {
                for (place, function) in places.iter_mut().zip(functions) {
                    *place = Some(*function);
                }
            }
            ElementItems::Expressions(items) => {
                for (place, item) in places.iter_mut().zip(items) {
                    *place = match item {
                        ConstExpr::RefFunc(function) => Some(*function),
                        ConstExpr::RefNull(_) => None,
                        _ => return None,
                    };
                }
            }
        }
    }
    // What is given for an import may be of a type below the one asked for.
    let is_known = |function: u32| {
        let ty = module.functions.get(function as usize)?;
        let ty = module.types.get(ty.as_usize())?;
        Some(function >= module.imported_functions || ty.is_final)
    };
    entries.iter().flatten().all(|f| is_known(*f) == Some(true)).then_some(entries)
}

/// A type and all above it.
pub(crate) fn with_supertypes(module: &Module, ty: u32) -> impl Iterator<Item = u32> {
    std::iter::successors(Some(ty), |ty| module.types.get(*ty as usize)?.supertype)
}

/// The entries of a table by the canonical types of their functions, supertypes included.
fn by_type(
    module: &Module,
    canonical: &[u32],
    entries: &[Option<u32>],
) -> BTreeMap<u32, Reachable> {
    let mut types: BTreeMap<u32, (usize, Reachable)> = BTreeMap::new();
    for (index, entry) in (0..).zip(entries) {
        let Some(function) = *entry else { continue };
        let ty = module.functions.get(function as usize).map_or(0, |ty| ty.0);
        for ty in with_supertypes(module, ty) {
            let ty = canonical.get(ty as usize).copied().unwrap_or(0);
            let (count, reachable) = types.entry(ty).or_default();
            *count += 1;
            reachable.foreign |= function < module.imported_functions;
            if reachable.candidates.len() < CANDIDATES_MAX {
                reachable.candidates.push(Candidate { index, function });
            } else {
                reachable.truncated = true;
            }
        }
    }
    let finish = |(ty, (count, reachable)): (u32, (usize, Reachable))| {
        (ty, Reachable { uniform: count == entries.len(), ..reachable })
    };
    types.into_iter().map(finish).collect()
}

#[cfg(test)]
mod tests;
