//! Indirect calls: the operator `call_indirect`.
//!
//! In general, through a table defined here: one comparison with the length, one 32-bit comparison of the
//! signature, a call. The signature of an entry that belongs to another instance carries a bit that makes the
//! comparison fail; the cold path then finds out what it is. A table that is imported always takes
//! that path, because its entries say "foreign" relative to the instance that defines it.
//! Where a profile names the usual target, the reference in the entry is compared with that of this function first.
//! Through a table whose entries are known: comparisons of the index with those of the few functions of the
//! right type, each followed by a direct call; whatever is left over traps. Read next: [`super::table`].

use super::flags::Region;
use super::reference_call::Found;
use super::{Translator, trap};
use crate::error::Failure;
use crate::fixed::{Candidate, Reachable};
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{Block, InstBuilder, MemFlagsData, Value, types};
use holm_abi::{Builtin, layout};
use holm_spec::trap::TrapReason;

/// What an indirect call names.
#[derive(Clone, Copy)]
pub(super) struct Site {
    pub(super) ty: u32,
    pub(super) table: u32,
}

/// The most direct calls in place of an indirect one, if at least one of them stays a call.
const CALLS_MAX: usize = 3;

impl Translator<'_, '_> {
    pub(super) fn call_indirect(&mut self, ty: u32, table: u32) -> Result<(), Failure> {
        let index = self.pop();
        let args = self.pop_canonical(self.env.ty(ty).params().len());
        let site = Site { ty, table };
        if let Some(reachable) = self.env.reachable(table, ty)
            && self.wants_candidates(reachable)
        {
            return self.call_candidates(site, index, &args, &reachable.candidates);
        }
        let entry = self.table_entry(table, index, TrapReason::UndefinedElement);
        let Some(likely) = self.likely_callee(ty) else {
            self.call_entry(site, entry, args);
            return Ok(());
        };
        let joined = self.block_with_params(self.env.ty(ty).results());
        let base = self.stack.len();
        let flags = self.flags(Region::Tables);
        let reference = self.b.ins().load(types::I32, flags, entry, layout::ENTRY_REFERENCE);
        self.call_if(reference, likely, &args, joined)?;
        self.call_entry(site, entry, args);
        let values = self.peek_canonical(self.stack.len() - base);
        self.jump(joined, &values);
        self.stack.truncate(base);
        self.b.seal_block(joined);
        self.enter(joined, base);
        Ok(())
    }

    /// Whether direct calls of all that can be reached are better than a call through the table.
    fn wants_candidates(&self, reachable: &Reachable) -> bool {
        let small = |candidate: &Candidate| {
            let defined = self.env.module.defined_index(candidate.function);
            defined.is_some_and(|defined| self.wants_inlined(defined))
        };
        let candidates = &reachable.candidates;
        !reachable.truncated
            && !candidates.is_empty()
            && self.expands
            && (candidates.len() <= CALLS_MAX || candidates.iter().all(small))
    }

    /// Compares the index with that of every function that it can name.
    fn call_candidates(
        &mut self,
        site: Site,
        index: Value,
        args: &[Value],
        candidates: &[Candidate],
    ) -> Result<(), Failure> {
        let Site { ty, table } = site;
        let base = self.stack.len();
        let results = self.env.ty(ty).results();
        let joined = self.block_with_params(results);
        for candidate in candidates {
            let same = self.b.ins().icmp_imm_u(IntCC::Equal, index, i64::from(candidate.index));
            let (chosen, other) = (self.b.create_block(), self.b.create_block());
            self.b.ins().brif(same, chosen, &[], other, &[]);
            self.switch_to_only(chosen);
            self.stack.extend_from_slice(args);
            self.call(candidate.function)?;
            if self.reachable {
                let values = self.peek_canonical(results.len());
                self.jump(joined, &values);
            }
            self.stack.truncate(base);
            self.reachable = true;
            self.switch_to_only(other);
        }
        if let Some(last) = self.b.current_block() {
            self.b.set_cold_block(last);
        }
        let entry = self.table_entry(table, index, TrapReason::UndefinedElement);
        let found =
            self.b.ins().load(types::I32, Self::constant_flags(), entry, layout::ENTRY_SIGNATURE);
        self.trap_if_null(found);
        self.b.ins().trap(trap::code(TrapReason::IndirectCallTypeMismatch));
        self.b.seal_block(joined);
        self.enter(joined, base);
        Ok(())
    }

    /// Calls what an entry of the table has.
    fn call_entry(&mut self, site: Site, entry: Value, args: Vec<Value>) {
        let Site { ty, table } = site;
        let reachable = self.env.reachable(table, ty);
        // A table without entries has no memory that a load could be moved to.
        let fixed = reachable.is_some_and(|reachable| !reachable.candidates.is_empty());
        let flags = if fixed { Self::constant_flags() } else { self.flags(Region::Tables) };
        if reachable.is_some_and(|reachable| reachable.uniform && !reachable.foreign) {
            return self.call_code(ty, entry, args, flags);
        }
        let wanted = self.context_constant(types::I32, self.env.layout.type_id(ty));
        let found = self.b.ins().load(types::I32, flags, entry, layout::ENTRY_SIGNATURE);
        if table < self.env.module.imported_tables {
            self.check_plain(ty, found, wanted);
            let results = self.call_record(ty, entry, args);
            self.stack.extend(results);
            return;
        }
        let same = self.b.ins().icmp(IntCC::Equal, found, wanted);
        let (near, far) = (self.b.create_block(), self.b.create_block());
        self.b.set_cold_block(far);
        self.b.ins().brif(same, near, &[], far, &[]);
        self.switch_to_only(far);
        self.trap_if_null(found);
        let mismatch = trap::code(TrapReason::IndirectCallTypeMismatch);
        let foreign = i64::from(layout::FOREIGN);
        let all_near = reachable.is_some_and(|reachable| !reachable.foreign);
        if self.env.is_final(ty) {
            if all_near {
                self.b.ins().trap(mismatch);
                self.switch_to_only(near);
                return self.call_code(ty, entry, args, flags);
            }
            let difference = self.b.ins().bxor(found, wanted);
            let differs = self.b.ins().icmp_imm_u(IntCC::NotEqual, difference, foreign);
            self.b.ins().trapnz(differs, mismatch);
        } else {
            self.trap_unless_below(found, wanted);
            if all_near {
                self.b.ins().jump(near, &[]);
                self.switch_to_only(near);
                return self.call_code(ty, entry, args, flags);
            }
            let away = self.b.ins().band_imm_u(found, foreign);
            let leave = self.b.create_block();
            self.b.set_cold_block(leave);
            self.b.ins().brif(away, leave, &[], near, &[]);
            self.switch_to_only(leave);
        }
        let joined = self.block_with_params(self.env.ty(ty).results());
        let results = self.call_record(ty, entry, args.clone());
        self.jump(joined, &results);
        self.switch_to_only(near);
        let base = self.stack.len();
        self.call_code(ty, entry, args, flags);
        let results = self.pop_canonical(self.stack.len() - base);
        self.jump(joined, &results);
        self.b.seal_block(joined);
        self.enter(joined, base);
    }

    /// The function in an entry, checked; for calls that replace their caller.
    pub(super) fn checked_entry(&mut self, site: Site, index: Value) -> Found {
        let entry = self.table_entry(site.table, index, TrapReason::UndefinedElement);
        let wanted = self.context_constant(types::I32, self.env.layout.type_id(site.ty));
        let flags = self.flags(Region::Tables);
        let found = self.b.ins().load(types::I32, flags, entry, layout::ENTRY_SIGNATURE);
        self.check_plain(site.ty, found, wanted);
        if site.table < self.env.module.imported_tables {
            // "Foreign" would be meant from another instance's point of view.
            let reference = self.b.ins().load(types::I32, flags, entry, layout::ENTRY_REFERENCE);
            return self.checked_reference(reference);
        }
        let away = self.b.ins().band_imm_u(found, i64::from(layout::FOREIGN));
        Found { at: entry, is_entry: true, away }
    }

    /// Traps unless the signature in an entry, foreign or not, is the wanted one or below it.
    fn check_plain(&mut self, ty: u32, found: Value, wanted: Value) {
        let plain = self.b.ins().band_imm_u(found, i64::from(!layout::FOREIGN));
        let same = self.b.ins().icmp(IntCC::Equal, plain, wanted);
        let (next, other) = (self.b.create_block(), self.b.create_block());
        self.b.set_cold_block(other);
        self.b.ins().brif(same, next, &[], other, &[]);
        self.switch_to_only(other);
        self.trap_if_null(found);
        if self.env.is_final(ty) {
            self.b.ins().trap(trap::code(TrapReason::IndirectCallTypeMismatch));
        } else {
            self.trap_unless_below(found, wanted);
            self.b.ins().jump(next, &[]);
        }
        self.switch_to_only(next);
    }

    /// Traps unless a signature, foreign or not, is below the wanted one.
    fn trap_unless_below(&mut self, found: Value, wanted: Value) {
        let plain = self.b.ins().band_imm_u(found, i64::from(!layout::FOREIGN));
        let plain = self.b.ins().uextend(types::I64, plain);
        let wanted = self.b.ins().uextend(types::I64, wanted);
        let below = self.builtin(Builtin::TypeIsBelow, &[plain, wanted]);
        self.b.ins().trapz(below, trap::code(TrapReason::IndirectCallTypeMismatch));
    }

    /// Calls the code of an entry with this instance's anchor.
    fn call_code(&mut self, ty: u32, entry: Value, args: Vec<Value>, flags: MemFlagsData) {
        let code = self.b.ins().load(types::I64, flags, entry, layout::ENTRY_CODE);
        let signature = self.signature(ty);
        let call = |t: &mut Self, args: &[Value]| t.emit_call_indirect(signature, code, args);
        let results = self.with_results(ty, args, call);
        self.stack.extend(results);
    }

    /// Calls the function of an entry through its record in the store.
    fn call_record(&mut self, ty: u32, entry: Value, args: Vec<Value>) -> Vec<Value> {
        let flags = self.flags(Region::Tables);
        let reference = self.b.ins().load(types::I32, flags, entry, layout::ENTRY_REFERENCE);
        let record = self.record_at(reference);
        self.call_foreign(ty, record, args)
    }

    /// Traps when the entry's signature is null's.
    fn trap_if_null(&mut self, found: Value) {
        let null = i64::from(layout::NEVER);
        let null = self.b.ins().icmp_imm_u(IntCC::Equal, found, null);
        self.b.ins().trapnz(null, trap::code(TrapReason::UninitializedElement));
    }

    /// Continues in a block that has all its predecessors.
    pub(super) fn switch_to_only(&mut self, block: Block) {
        self.b.seal_block(block);
        self.b.switch_to_block(block);
    }
}
