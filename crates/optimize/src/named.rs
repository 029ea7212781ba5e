//! Which functions of the module a reference of some type can be to.
//!
//! A function that nothing in front of the bodies names cannot be referred to: `ref.func` takes only those. So the
//! few functions of a type that are named are good guesses for a call through a reference. Whether a guess is
//! right is decided when the call is made; others may hand in references of their own.
//! Invariant: the answer depends on nothing behind the first body, so that it is the same while a module arrives.
//! Read next: [`crate::translate`], where calls through references use it.

use crate::fixed::with_supertypes;
use holm_module::{ConstExpr, ElementItems, ExternKind, Module};
use holm_spec::types::canonical;
use std::collections::{BTreeMap, BTreeSet};

/// Functions of one type that are worth knowing.
const KNOWN_MAX: usize = 8;

/// See the module's documentation.
#[derive(Debug, Default)]
pub(crate) struct Named {
    /// Per type index: the first type that is equal.
    canonical: Vec<u32>,
    /// Per canonical type the defined functions of it or of a type below it, in ascending order; nothing if there
    /// are too many.
    by_type: BTreeMap<u32, Option<Vec<u32>>>,
}

impl Named {
    pub(crate) fn new(module: &Module) -> Self {
        let canonical = canonical(&module.types, &module.type_groups);
        let mut by_type: BTreeMap<u32, Option<Vec<u32>>> = BTreeMap::new();
        for function in named(module).range(module.imported_functions..) {
            let Some(ty) = module.functions.get(*function as usize) else { continue };
            for ty in with_supertypes(module, ty.0) {
                let ty = canonical.get(ty as usize).copied().unwrap_or(0);
                let known = by_type.entry(ty).or_insert_with(|| Some(Vec::new()));
                let room = known.as_ref().is_some_and(|list| list.len() < KNOWN_MAX);
                if room {
                    known.iter_mut().for_each(|list| list.push(*function));
                } else {
                    *known = None;
                }
            }
        }
        Self { canonical, by_type }
    }

    /// The functions of a type that somebody may refer to; none if there are too many.
    pub(crate) fn of_type(&self, ty: u32) -> &[u32] {
        let ty = self.canonical.get(ty as usize).copied().unwrap_or(ty);
        self.by_type.get(&ty).and_then(Option::as_deref).unwrap_or_default()
    }
}

/// The functions that something in front of the bodies names.
fn named(module: &Module) -> BTreeSet<u32> {
    let exports = module.exports.iter().filter(|export| export.kind == ExternKind::Func);
    let mut named: BTreeSet<u32> = exports.map(|export| export.index).collect();
    let globals = module.globals.iter().filter_map(|global| global.init.as_ref());
    let tables = module.tables.iter().filter_map(|table| table.init.as_ref());
    named.extend(globals.chain(tables).flat_map(ConstExpr::functions));
    for segment in &module.elements {
        match &segment.items {
            ElementItems::Functions(items) => named.extend(items),
            ElementItems::Expressions(items) => {
                named.extend(items.iter().flat_map(ConstExpr::functions));
            }
        }
    }
    named
}

#[cfg(test)]
mod tests;
