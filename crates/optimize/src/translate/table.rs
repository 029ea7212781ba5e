//! `table.get`, `table.set` and the bulk operators on tables.
//!
//! Reading, and writing a table of externrefs, happens in line; what has to keep entries of functions
//! coherent is the host's. Read next: [`super::reference`].

use super::flags::Region;
use super::{Handled, Translator, trap};
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{InstBuilder, Value, types};
use holm_abi::{Builtin, layout};
use holm_module::wasm::Operator;
use holm_spec::trap::TrapReason;
use holm_spec::types::Hierarchy;

impl Translator<'_, '_> {
    pub(super) fn table_operator(&mut self, operator: &Operator<'_>) -> Handled {
        match operator {
            Operator::TableGet { table } => self.table_get(*table),
            Operator::TableSet { table } => self.table_set(*table),
            Operator::TableSize { table } => {
                let length = self.table_length(*table);
                let is_64 = self.env.module.tables[*table as usize].ty.is_64;
                let length = if is_64 { self.b.ins().uextend(types::I64, length) } else { length };
                self.push(length);
            }
            Operator::TableGrow { table } => self.table_grow(*table),
            Operator::TableFill { table } => {
                let (start, value, count) = self.pop3();
                self.table_builtin(Builtin::TableFill, u64::from(*table), &[start, value, count]);
            }
            Operator::TableCopy { dst_table, src_table } => {
                self.bulk_builtin(Builtin::TableCopy, *dst_table, *src_table);
            }
            Operator::TableInit { elem_index, table } => {
                self.bulk_builtin(Builtin::TableInit, *table, *elem_index);
            }
            Operator::ElemDrop { elem_index } => {
                self.table_builtin(Builtin::ElementDrop, u64::from(*elem_index), &[]);
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// A builtin whose first argument names things and whose others are operands of 32 or 64 bits.
    pub(super) fn table_builtin(&mut self, builtin: Builtin, names: u64, args: &[Value]) -> Value {
        let mut all = vec![self.b.ins().iconst(types::I64, names.cast_signed())];
        all.extend(args.iter().map(|arg| self.wide_index(*arg)));
        self.builtin(builtin, &all)
    }

    /// An operand of 32 or 64 bits as 64 bits.
    fn wide_index(&mut self, value: Value) -> Value {
        let is_wide = self.b.func.dfg.value_type(value) == types::I64;
        if is_wide { value } else { self.b.ins().uextend(types::I64, value) }
    }

    /// A bulk builtin between two things, with destination, source and count on the stack.
    pub(super) fn bulk_builtin(&mut self, builtin: Builtin, destination: u32, source: u32) {
        let (to, from, count) = self.pop3();
        let names = u64::from(destination) | u64::from(source) << 32;
        self.table_builtin(builtin, names, &[to, from, count]);
    }

    fn table_get(&mut self, table: u32) {
        let index = self.pop();
        let entry = self.table_entry(table, index, TrapReason::OutOfBoundsTable);
        let flags = self.flags(Region::Tables);
        let value = self.b.ins().load(types::I32, flags, entry, layout::ENTRY_REFERENCE);
        let element = self.env.module.tables[table as usize].ty.element;
        self.follow(value, element.into());
        self.push(value);
    }

    fn table_set(&mut self, table: u32) {
        let (index, value) = self.pop2();
        let element = self.env.module.tables[table as usize].ty.element;
        if element.heap.hierarchy() != Hierarchy::Func {
            let entry = self.table_entry(table, index, TrapReason::OutOfBoundsTable);
            let flags = self.flags(Region::Tables);
            self.b.ins().store(flags, value, entry, layout::ENTRY_REFERENCE);
        } else {
            self.table_builtin(Builtin::TableSet, u64::from(table), &[index, value]);
        }
    }

    fn table_grow(&mut self, table: u32) {
        let (value, count) = self.pop2();
        let old = self.table_builtin(Builtin::TableGrow, u64::from(table), &[value, count]);
        let is_64 = self.env.module.tables[table as usize].ty.is_64;
        let old = if is_64 { old } else { self.b.ins().ireduce(types::I32, old) };
        self.push(old);
    }

    /// The address of an entry. Traps for `reason` when there is no such entry; when the processor
    /// speculates past that, the address is that of entry 0.
    pub(super) fn table_entry(&mut self, table: u32, index: Value, reason: TrapReason) -> Value {
        let length = self.table_length(table);
        let is_64 = self.b.func.dfg.value_type(index) == types::I64;
        let length = if is_64 { self.b.ins().uextend(types::I64, length) } else { length };
        let outside = self.b.ins().icmp(IntCC::UnsignedGreaterThanOrEqual, index, length);
        self.b.ins().trapnz(outside, trap::code(reason));
        let (address, offset) = self.table_definition(table);
        let constant = self.table_is_constant(table);
        let flags = if constant { Self::constant_flags() } else { self.flags(Region::Context) };
        let base = self.b.ins().load(types::I64, flags, address, offset + layout::TABLE_BASE);
        let index = self.wide_index(index);
        let distance = self.b.ins().imul_imm_u(index, i64::from(layout::ENTRY_BYTES));
        let entry = self.b.ins().iadd(base, distance);
        self.b.ins().select_spectre_guard(outside, base, entry)
    }

    /// The number of entries, 32 bits wide.
    fn table_length(&mut self, table: u32) -> Value {
        let limits = &self.env.module.tables[table as usize].ty.limits;
        if self.table_is_constant(table)
            && let Ok(length) = i64::try_from(limits.min)
        {
            return self.b.ins().iconst(types::I32, length);
        }
        let (address, offset) = self.table_definition(table);
        let flags = self.flags(Region::Context);
        self.b.ins().load(types::I32, flags, address, offset + layout::TABLE_LENGTH)
    }

    /// Whether the table keeps its place and length.
    fn table_is_constant(&self, table: u32) -> bool {
        let module = self.env.module;
        let limits = &module.tables[table as usize].ty.limits;
        table >= module.imported_tables && limits.max == Some(limits.min)
            || self.env.known.table_is_fixed(table)
    }

    fn table_definition(&mut self, table: u32) -> (Value, i32) {
        let layout = &self.env.layout;
        match table.checked_sub(self.env.module.imported_tables) {
            Some(defined) => (self.anchor, layout.defined_table(defined)),
            None => (self.context_constant(types::I64, layout.imported_table(table)), 0),
        }
    }
}
