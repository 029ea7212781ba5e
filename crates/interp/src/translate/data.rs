//! Memories, globals, tables, references.
//!
//! Read next: [`super::call`].

use super::emit::{Last, LastKind, low};
use super::join::FirstKind;
use super::stack::{Place, class_of};
use super::{Done, Failure, Translator};
use crate::ops::misc::{LoadNumber, Misc, StoreNumber};
use crate::ops::scalar::Class;
use crate::ops::{self, From};
use holm_abi::Builtin;
use holm_module::wasm::{MemArg, MemArgTarget, Operator};
use holm_spec::types::ValType;

/// The load of an operator, and the type of its value.
const fn load(operator: &Operator<'_>) -> Option<(LoadNumber, ValType, MemArg)> {
    use LoadNumber as L;
    use ValType::{F32, F64, I32, I64};
    Some(match operator {
        Operator::I32Load { memarg } => (L::I32Load, I32, *memarg),
        Operator::I32Load8S { memarg } => (L::I32Load8S, I32, *memarg),
        Operator::I32Load8U { memarg } => (L::I32Load8U, I32, *memarg),
        Operator::I32Load16S { memarg } => (L::I32Load16S, I32, *memarg),
        Operator::I32Load16U { memarg } => (L::I32Load16U, I32, *memarg),
        Operator::I64Load { memarg } => (L::I64Load, I64, *memarg),
        Operator::I64Load8S { memarg } => (L::I64Load8S, I64, *memarg),
        Operator::I64Load16S { memarg } => (L::I64Load16S, I64, *memarg),
        Operator::I64Load32S { memarg } => (L::I64Load32S, I64, *memarg),
        // 32-bit integers are kept zero-extended.
        Operator::I64Load8U { memarg } => (L::I32Load8U, I64, *memarg),
        Operator::I64Load16U { memarg } => (L::I32Load16U, I64, *memarg),
        Operator::I64Load32U { memarg } => (L::I32Load, I64, *memarg),
        Operator::F32Load { memarg } => (L::F32Load, F32, *memarg),
        Operator::F64Load { memarg } => (L::F64Load, F64, *memarg),
        _ => return None,
    })
}

/// The store of an operator.
const fn store(operator: &Operator<'_>) -> Option<(StoreNumber, MemArg)> {
    use StoreNumber as S;
    Some(match operator {
        Operator::I32Store { memarg } | Operator::I64Store32 { memarg } => (S::I32Store, *memarg),
        Operator::I32Store8 { memarg } | Operator::I64Store8 { memarg } => (S::I32Store8, *memarg),
        Operator::I32Store16 { memarg } | Operator::I64Store16 { memarg } => {
            (S::I32Store16, *memarg)
        }
        Operator::I64Store { memarg } => (S::I64Store, *memarg),
        Operator::F32Store { memarg } => (S::F32Store, *memarg),
        Operator::F64Store { memarg } => (S::F64Store, *memarg),
        _ => return None,
    })
}

/// The memory of an access.
pub(super) const fn memory_of(memarg: &MemArg) -> u32 {
    match memarg.target {
        MemArgTarget::Memory(memory) => memory,
        _ => 0,
    }
}

/// The type of indices.
const fn index_type(is_64: bool) -> ValType {
    if is_64 { ValType::I64 } else { ValType::I32 }
}

/// An address: its form, the operands that are fields or accumulated, and the offset.
#[derive(Clone, Copy, Debug)]
pub(super) struct Address {
    pub(super) form: u16,
    operands: [Option<From>; 2],
    offset: u32,
}

impl Translator<'_> {
    /// Loads and stores of scalars.
    pub(super) fn access_operator(&mut self, operator: &Operator<'_>) -> Result<bool, Failure> {
        if let Some((load, ty, memarg)) = load(operator) {
            self.load(load, ty, &memarg)?;
        } else if let Some((store, memarg)) = store(operator) {
            self.store(store, &memarg)?;
        } else {
            return Ok(false);
        }
        Ok(true)
    }

    /// Everything else that is about memories, and data.
    pub(super) fn memory_operator(&mut self, operator: &Operator<'_>) -> Result<bool, Failure> {
        match operator {
            Operator::MemorySize { mem } => self.memory_size(*mem)?,
            Operator::MemoryGrow { mem } => {
                let delta = self.pop_to_slot();
                let ty = index_type(self.module.memories[*mem as usize].is_64);
                self.grow(Builtin::MemoryGrow, *mem, [delta, delta], ty)?;
            }
            Operator::MemoryFill { mem } => self.builtin3(Builtin::MemoryFill, *mem, 0),
            Operator::MemoryCopy { dst_mem, src_mem } => {
                self.builtin3(Builtin::MemoryCopy, *dst_mem, *src_mem);
            }
            Operator::MemoryInit { data_index, mem } => {
                self.builtin3(Builtin::MemoryInit, *mem, *data_index);
            }
            Operator::DataDrop { data_index } => {
                self.builtin(Builtin::DataDrop, u64::from(*data_index), [self.header; 3]);
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    pub(super) fn data_operator(&mut self, operator: &Operator<'_>) -> Result<bool, Failure> {
        match operator {
            Operator::GlobalGet { global_index } => self.global_get(*global_index)?,
            Operator::GlobalSet { global_index } => self.global_set(*global_index),
            Operator::TableGet { table } => self.table_get(*table)?,
            Operator::TableSet { table } => {
                let (reference, index) = (self.pop_to_slot(), self.pop_to_slot());
                let slots = [index, reference, self.header];
                self.builtin(Builtin::TableSet, u64::from(*table), slots);
            }
            Operator::TableSize { table } => self.table_size(*table)?,
            Operator::TableGrow { table } => {
                let (delta, init) = (self.pop_to_slot(), self.pop_to_slot());
                let ty = index_type(self.module.tables[*table as usize].ty.is_64);
                self.grow(Builtin::TableGrow, *table, [init, delta], ty)?;
            }
            Operator::TableFill { table } => self.builtin3(Builtin::TableFill, *table, 0),
            Operator::TableCopy { dst_table, src_table } => {
                self.builtin3(Builtin::TableCopy, *dst_table, *src_table);
            }
            Operator::TableInit { elem_index, table } => {
                self.builtin3(Builtin::TableInit, *table, *elem_index);
            }
            Operator::ElemDrop { elem_index } => {
                self.builtin(Builtin::ElementDrop, u64::from(*elem_index), [self.header; 3]);
            }
            Operator::RefFunc { function_index } => self.ref_func(*function_index)?,
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// An address. A constant and its offset are added; a sum that was just made becomes part of the access.
    fn address(&mut self, memarg: &MemArg) -> Result<Address, Failure> {
        let at = self.stack.len() - 1;
        let waits = self.stack[at].place == Place::Accumulator;
        let last = self.last.filter(|last| waits && last.entry == at);
        let entry = self.pop();
        let offset = u32::try_from(memarg.offset)
            .map_err(|_| super::bug("an offset of more than 32 bits".into()))?;
        if let Some(Last { start, before, kind: LastKind::Sum(operands), .. }) = last
            && let Some(form) = ops::sum(operands[0], operands[1])
        {
            self.units.truncate(start);
            self.last = None;
            self.cached = before;
            return Ok(Address { form, operands: [Some(operands[0]), Some(operands[1])], offset });
        }
        Ok(match self.fetch(&entry) {
            From::Constant(address) => match u32::try_from(address + u64::from(offset)) {
                Ok(offset) => Address { form: 2, operands: [None, None], offset },
                Err(_) => {
                    self.put(address, entry.slot);
                    let from = self.bring_near(From::Slot(entry.slot));
                    Address { form: 0, operands: [Some(from), None], offset }
                }
            },
            from => Address { form: ops::single(from), operands: [Some(from), None], offset },
        })
    }

    /// The fields of an address.
    pub(super) fn address_fields(&mut self, address: &Address) {
        for from in address.operands.into_iter().flatten() {
            self.operand(from, false);
        }
        self.wide(address.offset);
    }

    /// Whether accesses to a memory need a window: everything but a plain memory 0.
    pub(super) fn needs_window(&self, memarg: &MemArg) -> bool {
        let memory = memory_of(memarg);
        let ty = self.module.memories.get(memory as usize);
        memory != 0 || ty.is_some_and(|ty| ty.is_64 || ty.shared)
    }

    /// Makes what an address on top of the stack names the start of memory, for an access that follows; the address
    /// must be a multiple of `align`.
    pub(super) fn open_window(&mut self, memarg: &MemArg, align: u16) {
        let address = self.pop_to_slot();
        let near = self.near(address);
        let (imported, definition) = self.memory(memory_of(memarg));
        self.misc(if imported { Misc::WindowImported } else { Misc::Window });
        self.wide(definition.cast_unsigned());
        self.units.push(near);
        self.long(memarg.offset);
        self.units.push(align);
    }

    /// After an access through a window.
    pub(super) fn close_window(&mut self) {
        self.misc(Misc::Reload);
    }

    /// Where a memory's definition is in the context, and whether that is only a pointer to it.
    fn memory(&self, memory: u32) -> (bool, i32) {
        match memory.checked_sub(self.module.imported_memories) {
            Some(defined) => (false, self.program.layout.defined_memory(defined)),
            None => (true, self.program.layout.imported_memory(memory)),
        }
    }

    fn load(&mut self, load: LoadNumber, ty: ValType, memarg: &MemArg) -> Done {
        if self.needs_window(memarg) {
            self.spill(load.class());
            self.open_window(memarg, 1);
            let before = self.cached;
            let start = self.op(ops::load(load as u16, 2, false));
            self.wide(0);
            self.result(start, ty, LastKind::Other, before)?;
            self.close_window();
            return Ok(());
        }
        let cell = self.accessed(load.bytes(), ty, memarg.offset);
        if self.load_known(cell)? {
            return Ok(());
        }
        let address = self.address(memarg)?;
        self.spill(load.class());
        let before = self.cached;
        let start = self.op(ops::load(load as u16, address.form, false));
        self.address_fields(&address);
        let is_float = matches!(ty, ValType::F32 | ValType::F64);
        let kind = if is_float { LastKind::Load(address, self.offset) } else { LastKind::Other };
        self.note_load(cell);
        self.result(start, ty, kind, before)
    }

    fn store(&mut self, store: StoreNumber, memarg: &MemArg) -> Done {
        if self.needs_window(memarg) {
            let value = self.pop_to_slot();
            let near = self.near(value);
            self.open_window(memarg, 1);
            self.op(ops::store(store as u16, 2, 0));
            self.wide(0);
            self.units.push(near);
            self.close_window();
            // It may be the same memory by another index.
            self.known.forget();
            return Ok(());
        }
        let entry = self.pop();
        let mut value = self.fetch(&entry);
        let cell = self.accessed(store.bytes(), entry.ty, memarg.offset);
        let address = self.address(memarg)?;
        if address.operands.contains(&Some(From::Accumulator))
            && value == From::Accumulator
            && store.class() == Class::Int
            && class_of(entry.ty) == Class::Int
        {
            // Both are the same local; it is in its slot as well.
            value = match entry.place {
                Place::Local(local) => {
                    let slot = self.locals[local as usize].slot;
                    self.bring_near(From::Slot(slot))
                }
                Place::Slot => self.bring_near(From::Slot(entry.slot)),
                _ => return Err(super::bug("two operands in one accumulator".into())),
            };
        }
        if let From::Constant(bits) = value
            && store == StoreNumber::I64Store
            && i32::try_from(bits.cast_signed()).is_err()
        {
            self.put(bits, entry.slot);
            value = self.bring_near(From::Slot(entry.slot));
        }
        let start = self.op(ops::store(store as u16, address.form, ops::single(value)));
        self.address_fields(&address);
        match value {
            From::Constant(bits) if store == StoreNumber::F64Store => self.long(bits),
            From::Constant(bits) => self.wide(low(bits)),
            value => self.operand(value, store.is_64()),
        }
        self.note_store(cell, &entry, value == From::Accumulator);
        if address.form == 0 && !matches!(value, From::Constant(_)) {
            self.offer(start, FirstKind::Store(store, ops::single(value)));
        }
        Ok(())
    }

    fn memory_size(&mut self, memory: u32) -> Done {
        self.spill(Class::Int);
        let before = self.cached;
        let ty = &self.module.memories[memory as usize];
        let (log2, ty) = (ty.page_bytes_log2, index_type(ty.is_64));
        let start = if memory == 0 && !self.module.memories[0].shared {
            self.misc(Misc::MemorySize)
        } else {
            let (imported, definition) = self.memory(memory);
            let misc = if imported { Misc::ImportedMemorySize } else { Misc::OtherMemorySize };
            let start = self.misc(misc);
            self.wide(definition.cast_unsigned());
            start
        };
        self.units.push(u16::from(log2));
        self.result(start, ty, LastKind::Other, before)
    }

    fn grow(&mut self, builtin: Builtin, what: u32, slots: [u32; 2], ty: ValType) -> Done {
        let fields = slots.map(|slot| self.near(slot));
        self.spill(Class::Int);
        let before = self.cached;
        let start = self.misc(Misc::Grow);
        self.units.push(builtin as u16);
        self.long(u64::from(what));
        self.units.extend(fields);
        self.units.push(if ty == ValType::I64 { 64 } else { 32 });
        self.result(start, ty, LastKind::Other, before)
    }

    /// A builtin with three operands; the first argument has `first` in its lower half and `second` in the upper.
    fn builtin3(&mut self, builtin: Builtin, first: u32, second: u32) {
        let (c, b, a) = (self.pop_to_slot(), self.pop_to_slot(), self.pop_to_slot());
        self.builtin(builtin, u64::from(first) | u64::from(second) << 32, [a, b, c]);
    }

    fn builtin(&mut self, builtin: Builtin, first: u64, slots: [u32; 3]) {
        let fields = slots.map(|slot| self.near(slot));
        self.misc(Misc::Builtin);
        self.units.push(builtin as u16);
        self.long(first);
        self.units.extend(fields);
    }

    /// Where a global's cell is in the context, and whether that is only a pointer to it.
    fn global(&self, global: u32) -> (bool, i32) {
        match global.checked_sub(self.module.imported_globals) {
            Some(defined) => (false, self.program.layout.defined_global(defined)),
            None => (true, self.program.layout.imported_global(global)),
        }
    }

    fn global_get(&mut self, global: u32) -> Done {
        let (imported, offset) = self.global(global);
        let ty = self.module.globals[global as usize].ty.value;
        let class = class_of(ty);
        if class != Class::Vector {
            self.spill(class);
        }
        let before = self.cached;
        let start = self.misc(match (class, imported) {
            (Class::Int, false) => Misc::GlobalGetInt,
            (Class::Int, true) => Misc::ImportedGetInt,
            (Class::F32, false) => Misc::GlobalGetF32,
            (Class::F32, true) => Misc::ImportedGetF32,
            (Class::F64, false) => Misc::GlobalGetF64,
            (Class::F64, true) => Misc::ImportedGetF64,
            (Class::Vector, false) => Misc::GlobalGetV,
            (Class::Vector, true) => Misc::ImportedGetV,
        });
        self.wide(offset.cast_unsigned());
        if ty == ValType::I32 && !imported {
            self.offer(start, FirstKind::Global(offset));
        }
        if class == Class::Vector {
            self.result_in_slot(ty)
        } else {
            self.result(start, ty, LastKind::Other, before)
        }
    }

    fn global_set(&mut self, global: u32) {
        let (imported, offset) = self.global(global);
        let ty = self.module.globals[global as usize].ty.value;
        let class = class_of(ty);
        if class == Class::Vector {
            let slot = self.pop_to_slot();
            let near = self.near2(slot);
            self.misc(if imported { Misc::ImportedSetV } else { Misc::GlobalSetV });
            self.wide(offset.cast_unsigned());
            self.units.push(near);
            return;
        }
        if !imported && self.join_global_set(offset) {
            return;
        }
        let entry = self.pop();
        let from = self.fetch_value(&entry);
        self.misc(match (class, from == From::Accumulator, imported) {
            (Class::F32, true, false) => Misc::GlobalSetF32A,
            (Class::F32, true, true) => Misc::ImportedSetF32A,
            (Class::F64, true, false) => Misc::GlobalSetF64A,
            (Class::F64, true, true) => Misc::ImportedSetF64A,
            (_, true, false) => Misc::GlobalSetIntA,
            (_, true, true) => Misc::ImportedSetIntA,
            // Cells and slots hold the same bits.
            (_, false, false) => Misc::GlobalSetIntS,
            (_, false, true) => Misc::ImportedSetIntS,
        });
        self.wide(offset.cast_unsigned());
        self.operand(from, false);
    }

    /// Makes an index on top of the stack one of 32 bits.
    pub(super) fn narrow_index(&mut self, table: u32) -> Done {
        if !self.module.tables[table as usize].ty.is_64 {
            return Ok(());
        }
        let slot = self.pop_to_slot();
        let near = self.near(slot);
        self.spill(Class::Int);
        let before = self.cached;
        let start = self.misc(Misc::Narrow);
        self.units.push(near);
        self.result(start, ValType::I32, LastKind::Other, before)
    }

    fn table_get(&mut self, table: u32) -> Done {
        self.narrow_index(table)?;
        let slot = self.pop_to_slot();
        let near = self.near(slot);
        self.spill(Class::Int);
        let before = self.cached;
        let (imported, definition) = self.table(table);
        let start = self.misc(if imported { Misc::ImportedTableGet } else { Misc::TableGet });
        self.wide(definition.cast_unsigned());
        self.units.push(near);
        let ty = self.module.tables[table as usize].ty.element.into();
        self.result(start, ty, LastKind::Other, before)
    }

    fn table_size(&mut self, table: u32) -> Done {
        self.spill(Class::Int);
        let before = self.cached;
        let (imported, definition) = self.table(table);
        let start = self.misc(if imported { Misc::ImportedTableSize } else { Misc::TableSize });
        self.wide(definition.cast_unsigned());
        let ty = index_type(self.module.tables[table as usize].ty.is_64);
        self.result(start, ty, LastKind::Other, before)
    }

    fn ref_func(&mut self, function: u32) -> Done {
        let rank = self.module.facts.escaped().binary_search(&function);
        let rank = rank.ok().and_then(|rank| u32::try_from(rank).ok());
        let rank = rank.ok_or_else(|| {
            super::bug(alloc::format!("function {function} is not known to escape"))
        })?;
        self.spill(Class::Int);
        let before = self.cached;
        let start = self.misc(Misc::RefFunc);
        self.wide(rank);
        self.result(start, ValType::FUNCREF, LastKind::Other, before)
    }
}
