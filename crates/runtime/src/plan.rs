//! What has to be done to make an instance, worked out once per module.
//!
//! Not here: doing it (see [`crate::instantiate`]). Invariant: a plan depends on the module alone; steps are
//! in the order of the standard, numbers that need no instance are computed already.
//! Read next: [`crate::instantiate`].

use crate::artifact::KeptBytes;
use crate::constant::is_reference;
use crate::error::{Error, Result};
use holm_abi::{ContextLayout, ContextShape, SharedBytes};
use holm_module::{
    ConstExpr, DataMode, ElementItems, ElementMode, ElementSegment, Module as Meta, TypeIndex,
};
use holm_spec::types::{CompositeType, GlobalType, MemoryType, TableType, ValType};
use holm_vm::TagType;
use std::ops::Range;

/// The steps to an instance of one module.
#[derive(Debug)]
pub(crate) struct Plan {
    /// Whether an instance may come across objects, so that its store has to have a heap.
    pub(crate) needs_heap: bool,
    pub(crate) layout: ContextLayout,
    /// The types of imported functions, as indices.
    pub(crate) function_types: Box<[u32]>,
    pub(crate) memories: Box<[MemoryType]>,
    pub(crate) tables: Box<[TableType]>,
    pub(crate) globals: Box<[GlobalType]>,
    /// The tags that it defines.
    pub(crate) tags: Box<[TagType]>,
    /// Globals (by index among all) that start with a number other than zero.
    pub(crate) numbers: Vec<(u32, u128)>,
    /// Globals whose first value needs the instance, in order.
    pub(crate) late_globals: Vec<(u32, ConstExpr)>,
    /// Tables (by index among all) that do not start with nulls.
    pub(crate) filled_tables: Vec<(u32, ConstExpr)>,
    pub(crate) active_elements: Vec<ActiveElements>,
    /// Per element segment: what `table.init` may use. Empty when there is no passive one.
    pub(crate) passive_elements: Vec<Option<Items>>,
    pub(crate) active_data: Vec<ActiveData>,
    /// Per data segment: what `memory.init` may use. Empty when there is no passive one.
    pub(crate) passive_data: Vec<Option<SharedBytes>>,
}

/// Elements to be copied into a table.
#[derive(Debug)]
pub(crate) struct ActiveElements {
    pub(crate) table: u32,
    pub(crate) offset: Offset,
    pub(crate) items: Items,
}

/// Bytes to be copied into a memory.
#[derive(Debug)]
pub(crate) struct ActiveData {
    pub(crate) memory: u32,
    pub(crate) offset: Offset,
    pub(crate) bytes: Range<u64>,
}

/// Where a segment goes.
#[derive(Debug)]
pub(crate) enum Offset {
    Number(u64),
    Late(ConstExpr),
}

/// The elements of a segment.
#[derive(Debug)]
pub(crate) enum Items {
    /// Per element 0 for null, or 1 + the position of the function among the escaping ones.
    Ranks(Box<[u32]>),
    Late {
        exprs: Box<[ConstExpr]>,
        /// Whether the collector follows them.
        collected: bool,
    },
}

impl Plan {
    /// Works out the plan.
    /// The types in it name concrete types by their ids.
    pub(crate) fn new(meta: &Meta, type_ids: &[u32], bytes: &KeptBytes) -> Result<Self> {
        let defined = |imported: u32| imported as usize..;
        let mut id = |index: u32| type_ids[index as usize];
        let tables = meta.tables[defined(meta.imported_tables)].iter();
        let tables = tables.map(|table| table.ty.map_concrete(&mut id)).collect();
        let globals = meta.globals[defined(meta.imported_globals)].iter();
        let globals = globals.map(|global| global.ty.map_concrete(&mut id)).collect();
        let tag = |index: &TypeIndex| {
            let ty = meta.ty(*index).cloned().unwrap_or_default();
            let ty = ty.map_concrete(&mut |index| type_ids[index as usize]);
            TagType { type_id: type_ids[index.as_usize()], ty }
        };
        let tags = meta.tags[defined(meta.imported_tags)].iter().map(tag).collect();
        let imported = &meta.functions[..meta.imported_functions as usize];
        let mut plan = Self {
            needs_heap: needs_heap(meta),
            layout: ContextLayout::new(shape(meta)),
            function_types: imported.iter().map(|ty| ty.0).collect(),
            memories: meta.memories[defined(meta.imported_memories)].into(),
            tables,
            globals,
            tags,
            numbers: Vec::new(),
            late_globals: Vec::new(),
            filled_tables: Vec::new(),
            active_elements: Vec::new(),
            passive_elements: Vec::new(),
            active_data: Vec::new(),
            passive_data: Vec::new(),
        };
        plan.plan_globals(meta);
        for (index, table) in (0..).zip(&meta.tables) {
            match &table.init {
                None | Some(ConstExpr::RefNull(_)) => {}
                Some(init) => plan.filled_tables.push((index, init.clone())),
            }
        }
        plan.plan_elements(meta)?;
        plan.plan_data(meta, bytes)?;
        Ok(plan)
    }

    fn plan_globals(&mut self, meta: &Meta) {
        for (index, global) in (0..).zip(&meta.globals) {
            let Some(init) = &global.init else { continue };
            match number(init) {
                Some(0) => {}
                Some(bits) => self.numbers.push((index, bits)),
                None => self.late_globals.push((index, init.clone())),
            }
        }
    }

    fn plan_elements(&mut self, meta: &Meta) -> Result<()> {
        let has_passive = meta.elements.iter().any(|e| matches!(e.mode, ElementMode::Passive));
        for segment in &meta.elements {
            let is_passive = matches!(segment.mode, ElementMode::Passive);
            if let ElementMode::Active { table, offset } = &segment.mode {
                let (offset, items) = (Offset::new(offset), Items::new(meta, segment)?);
                self.active_elements.push(ActiveElements { table: *table, offset, items });
            }
            if has_passive {
                let items = is_passive.then(|| Items::new(meta, segment)).transpose()?;
                self.passive_elements.push(items);
            }
        }
        Ok(())
    }

    fn plan_data(&mut self, meta: &Meta, bytes: &KeptBytes) -> Result<()> {
        let outside = || Error::malformed("a data segment lies outside the kept bytes");
        let has_passive = meta.data.iter().any(|data| matches!(data.mode, DataMode::Passive));
        for segment in &meta.data {
            let kept = match &segment.mode {
                DataMode::Passive => Some(bytes.share(&segment.bytes).ok_or_else(outside)?),
                DataMode::Active { memory, offset } => {
                    bytes.get(&segment.bytes).ok_or_else(outside)?;
                    self.active_data.push(ActiveData {
                        memory: *memory,
                        offset: Offset::new(offset),
                        bytes: segment.bytes.clone(),
                    });
                    None
                }
            };
            if has_passive {
                self.passive_data.push(kept);
            }
        }
        Ok(())
    }
}

impl Offset {
    fn new(expr: &ConstExpr) -> Self {
        match expr.integer(|_| None) {
            Some(value) => Self::Number(value.as_offset()),
            None => Self::Late(expr.clone()),
        }
    }
}

impl Items {
    fn new(meta: &Meta, segment: &ElementSegment) -> Result<Self> {
        let collected = is_reference(segment.ty.into());
        match &segment.items {
            ElementItems::Functions(functions) => {
                let ranks = functions.iter().map(|function| rank(meta, *function));
                Ok(Self::Ranks(ranks.collect::<Result<_>>()?))
            }
            ElementItems::Expressions(items) => {
                let ranks: Option<Result<_>> = items
                    .iter()
                    .map(|item| match item {
                        ConstExpr::RefNull(_) => Some(Ok(0)),
                        ConstExpr::RefFunc(function) => Some(rank(meta, *function)),
                        _ => None,
                    })
                    .collect();
                Ok(match ranks {
                    Some(ranks) => Self::Ranks(ranks?),
                    None => Self::Late { exprs: items.as_slice().into(), collected },
                })
            }
        }
    }
}

/// 1 + the position of a function among the escaping ones.
pub(crate) fn rank(meta: &Meta, function: u32) -> Result<u32> {
    let position = meta.facts.escaped().binary_search(&function);
    let position = position.ok().and_then(|position| u32::try_from(position).ok());
    position
        .map(|position| position + 1)
        .ok_or_else(|| Error::bug(format!("function {function} escapes without being listed")))
}

/// The bits of an expression that is a number, or null.
fn number(expr: &ConstExpr) -> Option<u128> {
    Some(match expr {
        ConstExpr::I32(value) => u128::from(value.cast_unsigned()),
        ConstExpr::I64(value) => u128::from(value.cast_unsigned()),
        ConstExpr::F32(bits) => u128::from(*bits),
        ConstExpr::F64(bits) => u128::from(*bits),
        ConstExpr::V128(bits) => *bits,
        ConstExpr::RefNull(_) => 0,
        ConstExpr::GlobalGet(_) | ConstExpr::RefFunc(_) | ConstExpr::Extended(_) => return None,
    })
}

/// Whether instances may come across objects: they have types of objects, or something of theirs can hold
/// a reference that the collector follows.
fn needs_heap(meta: &Meta) -> bool {
    let holds = |types: &[ValType]| types.iter().any(|ty| is_reference(*ty));
    let types = meta.types.iter().any(|ty| match &ty.composite {
        CompositeType::Func(ty) => holds(ty.params()) || holds(ty.results()),
        CompositeType::Struct(_) | CompositeType::Array(_) => true,
    });
    types
        || meta.globals.iter().any(|global| is_reference(global.ty.value))
        || meta.tables.iter().any(|table| is_reference(table.ty.element.into()))
}

/// How many of each thing an instance's context holds.
fn shape(meta: &Meta) -> ContextShape {
    let count = |length: usize| u32::try_from(length).unwrap_or(u32::MAX);
    let defined = |length: usize, imported: u32| count(length) - imported;
    ContextShape {
        types: count(meta.types.len()),
        imported_functions: meta.imported_functions,
        imported_memories: meta.imported_memories,
        defined_memories: defined(meta.memories.len(), meta.imported_memories),
        imported_tables: meta.imported_tables,
        defined_tables: defined(meta.tables.len(), meta.imported_tables),
        imported_globals: meta.imported_globals,
        defined_globals: defined(meta.globals.len(), meta.imported_globals),
        tags: count(meta.tags.len()),
    }
}
