//! `call_indirect`.
//!
//! In a table defined here: one comparison with the length, one 32-bit comparison of the signature, a call.
//! The signature of an entry that belongs to another instance carries a bit that makes the comparison
//! fail; the cold path then finds out what it is. A table that is imported always takes that
//! path, because its entries say "foreign" relative to the instance that defines it.
//! Read next: [`super::table`].

use super::flags::Region;
use super::{Translator, trap};
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{Block, InstBuilder, Value, types};
use holm_abi::layout;
use holm_spec::trap::TrapReason;

impl Translator<'_, '_> {
    pub(super) fn call_indirect(&mut self, ty: u32, table: u32) {
        let index = self.pop();
        let args = self.pop_canonical(self.env.ty(ty).params().len());
        let entry = self.table_entry(table, index, TrapReason::UndefinedElement);
        let wanted = self.context_constant(types::I32, self.env.layout.type_id(ty));
        let flags = self.flags(Region::Tables);
        let found = self.b.ins().load(types::I32, flags, entry, layout::ENTRY_SIGNATURE);
        if table < self.env.module.imported_tables {
            let mask = i64::from(!layout::FOREIGN);
            let plain = self.b.ins().band_imm_u(found, mask);
            let differs = self.b.ins().icmp(IntCC::NotEqual, plain, wanted);
            self.trap_if_mismatch(found, differs);
            let results = self.call_record(ty, entry, args);
            self.stack.extend(results);
            return;
        }
        let joined = self.block_with_params(self.env.ty(ty).results());
        let same = self.b.ins().icmp(IntCC::Equal, found, wanted);
        let (near, far) = (self.b.create_block(), self.b.create_block());
        self.b.set_cold_block(far);
        self.b.ins().brif(same, near, &[], far, &[]);
        self.switch_to_only(near);
        let code = self.b.ins().load(types::I64, flags, entry, layout::ENTRY_CODE);
        let signature = self.signature(ty);
        let results = self.with_results(ty, args.clone(), |t, args| {
            t.b.ins().call_indirect(signature, code, args)
        });
        self.jump(joined, &results);
        self.switch_to_only(far);
        let difference = self.b.ins().bxor(found, wanted);
        let foreign = i64::from(layout::FOREIGN);
        let differs = self.b.ins().icmp_imm_u(IntCC::NotEqual, difference, foreign);
        self.trap_if_mismatch(found, differs);
        let results = self.call_record(ty, entry, args);
        self.jump(joined, &results);
        self.b.seal_block(joined);
        let base = self.stack.len();
        self.enter(joined, base);
    }

    /// Traps when the entry's signature is null's, or `differs` from the one asked for.
    fn trap_if_mismatch(&mut self, found: Value, differs: Value) {
        let null = i64::from(layout::NEVER);
        let null = self.b.ins().icmp_imm_u(IntCC::Equal, found, null);
        self.b.ins().trapnz(null, trap::code(TrapReason::UninitializedElement));
        self.b.ins().trapnz(differs, trap::code(TrapReason::IndirectCallTypeMismatch));
    }

    /// Calls the function of an entry through its record in the store.
    fn call_record(&mut self, ty: u32, entry: Value, args: Vec<Value>) -> Vec<Value> {
        let flags = self.flags(Region::Tables);
        let reference = self.b.ins().uload32(flags, entry, layout::ENTRY_REFERENCE);
        let store = self.context_constant(types::I64, layout::STORE);
        let flags = self.flags(Region::Context);
        let records = self.b.ins().load(types::I64, flags, store, layout::STORE_FUNCTIONS);
        let offset = self.b.ins().imul_imm_u(reference, i64::from(layout::RECORD_BYTES));
        let record = self.b.ins().iadd(records, offset);
        self.call_foreign(ty, record, args)
    }

    /// Continues in a block that has all its predecessors.
    pub(super) fn switch_to_only(&mut self, block: Block) {
        self.b.seal_block(block);
        self.b.switch_to_block(block);
    }
}
