//! Fuel: one unit per operator, charged for a whole segment at its start.
//!
//! A segment is a run of operators without a branch, a join or a loop header inside; calls do not end it.
//! The charge is emitted with a constant that is filled in when the segment ends. The counter is
//! the store's, so that it runs on through calls into other instances. Read next: [`super::poll`].

use super::flags::Region;
use super::{Translator, trap};
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{Inst, InstBuilder, InstructionData, Opcode, immediates::Imm64, types};
use holm_abi::layout;
use holm_spec::trap::TrapReason;

/// A segment whose end is not known yet.
pub(super) struct Segment {
    /// The constant that is to hold the charge.
    charge: Inst,
    operators: i64,
}

impl Translator<'_, '_> {
    /// Starts a segment here, if code counts fuel.
    pub(super) fn begin_segment(&mut self) {
        if !self.env.settings.fuel {
            return;
        }
        self.end_segment();
        let store = self.context_constant(types::I64, layout::STORE);
        let flags = self.flags(Region::Context);
        let left = self.b.ins().load(types::I64, flags, store, layout::STORE_FUEL);
        let charge = self.b.ins().iconst(types::I64, 0);
        let left = self.b.ins().isub(left, charge);
        self.b.ins().store(flags, left, store, layout::STORE_FUEL);
        let exhausted = self.b.ins().icmp_imm_s(IntCC::SignedLessThan, left, 0);
        self.b.ins().trapnz(exhausted, trap::code(TrapReason::OutOfFuel));
        let charge = self.b.func.dfg.value_def(charge).unwrap_inst();
        self.segment = Some(Segment { charge, operators: 0 });
    }

    /// Ends the segment in progress: its charge is known now.
    pub(super) fn end_segment(&mut self) {
        if let Some(segment) = self.segment.take() {
            self.b.func.dfg.insts[segment.charge] = InstructionData::UnaryImm {
                opcode: Opcode::Iconst,
                imm: Imm64::new(segment.operators),
            };
        }
    }

    /// Counts an operator that can be reached.
    pub(super) fn count_operator(&mut self) {
        if let Some(segment) = &mut self.segment {
            segment.operators += 1;
        }
    }
}
