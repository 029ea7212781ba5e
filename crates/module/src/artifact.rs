//! The module as bytes, to be kept beside compiled code.
//!
//! Not here: the WebAssembly file itself, which the ranges refer to. Invariant: bytes that do not come from
//! [`Module::to_bytes`] of the same version give an error, or a module whose every index and range is good
//! for every function of this crate; never a panic. Read next: [`crate::module`].

use crate::error::Invalid;
use crate::expr::{ConstExpr, ConstOp};
use crate::module::{
    DataMode, ElementItems, ElementMode, ExternKind, ImportKind, Module, TypeIndex,
};
use alloc::format;
use alloc::string::ToString as _;
use alloc::vec::Vec;
use core::ops::Range;
use holm_spec::types::CompositeType;

/// What the bytes start with; the last one is the version of the format.
const MAGIC: &[u8; 12] = b"holm module\x02";

impl Module {
    /// The module as bytes.
    ///
    /// # Errors
    /// Never for a module that was decoded; the format itself can refuse lengths that no module has.
    pub fn to_bytes(&self) -> Result<Vec<u8>, Invalid> {
        postcard::to_extend(self, MAGIC.to_vec())
            .map_err(|error| Invalid::broken_rule(format!("module cannot be written: {error}"), 0))
    }

    /// The module from what [`Module::to_bytes`] gave.
    ///
    /// # Errors
    /// The bytes are of another version, or damaged.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Invalid> {
        let Some(content) = bytes.strip_prefix(MAGIC) else {
            return Err(Invalid::malformed("stored module is of another version", 0));
        };
        let damaged =
            |what: &str| Invalid::malformed(format!("stored module is damaged: {what}"), 0);
        let (module, rest) = postcard::take_from_bytes::<Self>(content)
            .map_err(|error| damaged(&error.to_string()))?;
        if !rest.is_empty() {
            return Err(damaged(&format!("{} bytes too many", rest.len())));
        }
        match inconsistency(&module) {
            None => Ok(module),
            Some(what) => Err(damaged(what)),
        }
    }
}

type Check = fn(&Module) -> bool;
type IsKind = fn(&ImportKind) -> bool;

/// The first thing in a module that does not fit the rest, if there is one.
fn inconsistency(module: &Module) -> Option<&'static str> {
    let checks: [(Check, &str); 8] = [
        (counts, "counts of imports"),
        (types, "type of a function"),
        (exports, "an export"),
        (globals, "a global or table"),
        (elements, "an element segment"),
        (data, "a data segment"),
        (ranges, "a range of bytes"),
        (
            |module| module.names.is_consistent() && module.facts.is_consistent(module),
            "names or facts",
        ),
    ];
    checks.into_iter().find(|(is_good, _)| !is_good(module)).map(|(_, what)| what)
}

fn has<T>(list: &[T], index: u32) -> bool {
    (index as usize) < list.len()
}

fn counts(module: &Module) -> bool {
    let imported =
        |is_kind: IsKind| module.imports.iter().filter(|import| is_kind(&import.kind)).count();
    let kinds: [(u32, usize, IsKind); 5] = [
        (module.imported_functions, module.functions.len(), |k| matches!(k, ImportKind::Func(_))),
        (module.imported_tables, module.tables.len(), |k| matches!(k, ImportKind::Table(_))),
        (module.imported_memories, module.memories.len(), |k| matches!(k, ImportKind::Memory(_))),
        (module.imported_globals, module.globals.len(), |k| matches!(k, ImportKind::Global(_))),
        (module.imported_tags, module.tags.len(), |k| matches!(k, ImportKind::Tag(_))),
    ];
    let defined = module.functions.len().checked_sub(module.imported_functions as usize);
    defined == Some(module.bodies.len())
        && kinds.into_iter().all(|(count, all, is_kind)| {
            count as usize <= all && imported(is_kind) == count as usize
        })
}

fn types(module: &Module) -> bool {
    let good = |ty: &TypeIndex| module.ty(*ty).is_some();
    // A type's supertype comes before it, so that whoever climbs comes to an end.
    let climbs = (0..).zip(&module.types).all(|(index, ty)| ty.supertype.is_none_or(|s| s < index));
    let grouped: u64 = module.type_groups.iter().map(|members| u64::from(*members)).sum();
    if !climbs || grouped != module.types.len() as u64 {
        return false;
    }
    let imported = module.imports.iter().all(|import| match &import.kind {
        ImportKind::Func(ty) | ImportKind::Tag(ty) => good(ty),
        ImportKind::Memory(ty) => ty.page_bytes_log2 <= 16,
        ImportKind::Table(_) | ImportKind::Global(_) => true,
    });
    imported
        && module.functions.iter().all(good)
        && module.tags.iter().all(good)
        && module.memories.iter().all(|ty| ty.page_bytes_log2 <= 16)
        && module.start.is_none_or(|function| has(&module.functions, function))
}

fn exports(module: &Module) -> bool {
    module.exports.iter().all(|export| match export.kind {
        ExternKind::Func => has(&module.functions, export.index),
        ExternKind::Table => has(&module.tables, export.index),
        ExternKind::Memory => has(&module.memories, export.index),
        ExternKind::Global => has(&module.globals, export.index),
        ExternKind::Tag => has(&module.tags, export.index),
    })
}

fn is(module: &Module, ty: u32, kind: impl Fn(&CompositeType) -> bool) -> bool {
    module.types.get(ty as usize).is_some_and(|ty| kind(&ty.composite))
}

fn expr(module: &Module, expr: &ConstExpr) -> bool {
    match expr {
        ConstExpr::GlobalGet(global) => has(&module.globals, *global),
        ConstExpr::RefFunc(function) => has(&module.functions, *function),
        ConstExpr::Extended(operators) => operators.iter().all(|operator| match operator {
            ConstOp::GlobalGet(global) => has(&module.globals, *global),
            ConstOp::RefFunc(function) => has(&module.functions, *function),
            ConstOp::StructNew(ty) | ConstOp::StructNewDefault(ty) => {
                is(module, *ty, |ty| matches!(ty, CompositeType::Struct(_)))
            }
            ConstOp::ArrayNew(ty)
            | ConstOp::ArrayNewDefault(ty)
            | ConstOp::ArrayNewFixed(ty, _) => {
                is(module, *ty, |ty| matches!(ty, CompositeType::Array(_)))
            }
            _ => true,
        }),
        _ => true,
    }
}

fn globals(module: &Module) -> bool {
    let globals = module.globals.iter().enumerate().all(|(index, global)| match &global.init {
        None => index < module.imported_globals as usize,
        // A global reads only earlier ones, so that whoever follows the reading comes to an end.
        Some(init) => {
            index >= module.imported_globals as usize
                && expr(module, init)
                && init.globals().all(|other| (other as usize) < index)
        }
    });
    let tables =
        module.tables.iter().all(|table| table.init.as_ref().is_none_or(|init| expr(module, init)));
    globals && tables
}

fn elements(module: &Module) -> bool {
    module.elements.iter().all(|segment| {
        let placed = match &segment.mode {
            ElementMode::Passive | ElementMode::Declared => true,
            ElementMode::Active { table, offset } => {
                has(&module.tables, *table) && expr(module, offset)
            }
        };
        let items = match &segment.items {
            ElementItems::Functions(items) => {
                items.iter().all(|item| has(&module.functions, *item))
            }
            ElementItems::Expressions(items) => items.iter().all(|item| expr(module, item)),
        };
        placed && items
    })
}

fn data(module: &Module) -> bool {
    module.data.iter().all(|segment| match &segment.mode {
        DataMode::Passive => true,
        DataMode::Active { memory, offset } => {
            has(&module.memories, *memory) && expr(module, offset)
        }
    })
}

fn ranges(module: &Module) -> bool {
    let good = |range: &Range<u64>| range.start <= range.end && range.end <= module.wasm_bytes;
    good(&module.code_range)
        && module.bodies.iter().all(|body| good(&body.range))
        && module.data.iter().all(|segment| good(&segment.bytes))
        && module.custom_sections.iter().all(|section| good(&section.range))
}

#[cfg(test)]
mod tests;
