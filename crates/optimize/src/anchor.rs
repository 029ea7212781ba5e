//! Takes the value of the pinned register anew wherever that is cheaper than keeping it.
//!
//! The translation uses one value for the whole function, so that the optimizer recognises equal
//! addresses everywhere. Kept as it is, that value would occupy a register of its own for the whole function
//! and be saved around calls, although the pinned register holds it all the time. After the optimizer this
//! pass gives every run of instructions without a call its own copy: a move that the processor
//! removes. Sums of the anchor and something else move along with their uses.
//! Invariant: the pinned register is constant inside a function (only thunks write it).

use cranelift_codegen::cursor::{Cursor, FuncCursor};
use cranelift_codegen::entity::packed_option::PackedOption;
use cranelift_codegen::entity::{EntitySet, SecondaryMap};
use cranelift_codegen::ir::{Function, Inst, InstBuilder, InstructionData, Opcode, Value, types};

/// Rewrites the uses of the pinned register's value in an optimized function.
pub(crate) fn localize(func: &mut Function) {
    let Some(entry) = func.layout.entry_block() else { return };
    let is_anchor = |inst: &Inst| func.dfg.insts[*inst].opcode() == Opcode::GetPinnedReg;
    let Some(anchor) = func.layout.block_insts(entry).find(is_anchor) else { return };
    let anchor = func.dfg.first_result(anchor);
    let sums = sums(func, anchor);
    let own_sums = SecondaryMap::with_capacity(func.dfg.num_values());
    let mut copies = Copies { anchor, sums, run: 0, own: None, own_sums };
    let mut cursor = FuncCursor::new(func);
    while cursor.next_block().is_some() {
        copies.forget();
        while let Some(inst) = cursor.next_inst() {
            copies.rewrite(&mut cursor, inst);
            if cursor.func.dfg.insts[inst].opcode().is_call() {
                copies.forget();
            }
        }
    }
}

/// The values that are the anchor plus something.
fn sums(func: &Function, anchor: Value) -> EntitySet<Value> {
    let mut sums = EntitySet::with_capacity(func.dfg.num_values());
    for block in func.layout.blocks() {
        for inst in func.layout.block_insts(block) {
            if other_summand(func, inst, anchor).is_some() {
                sums.insert(func.dfg.first_result(inst));
            }
        }
    }
    sums
}

/// What an instruction adds to the anchor.
fn other_summand(func: &Function, inst: Inst, anchor: Value) -> Option<Value> {
    match func.dfg.insts[inst] {
        InstructionData::Binary { opcode: Opcode::Iadd, args: [a, b] } if a == anchor => Some(b),
        InstructionData::Binary { opcode: Opcode::Iadd, args: [a, b] } if b == anchor => Some(a),
        _ => None,
    }
}

/// The anchor, its sums, and what the present run of instructions without a call has of them.
struct Copies {
    anchor: Value,
    sums: EntitySet<Value>,
    /// The number of the run.
    run: u32,
    own: Option<Value>,
    /// For each sum: the last run that has a copy, and that copy.
    own_sums: SecondaryMap<Value, (u32, PackedOption<Value>)>,
}

impl Copies {
    /// Starts a new run.
    fn forget(&mut self) {
        self.own = None;
        self.run += 1;
    }

    /// Makes one instruction use the copies of its run.
    fn rewrite(&mut self, cursor: &mut FuncCursor<'_>, inst: Inst) {
        let count = cursor.func.dfg.inst_args(inst).len();
        for at in 0..count {
            let arg = cursor.func.dfg.inst_args(inst)[at];
            if arg == self.anchor {
                let own = self.own(cursor);
                cursor.func.dfg.inst_args_mut(inst)[at] = own;
            } else if self.sums.contains(arg) {
                let own = self.own_sum(cursor, arg);
                cursor.func.dfg.inst_args_mut(inst)[at] = own;
            }
        }
        if let [result] = *cursor.func.dfg.inst_results(inst) {
            if result == self.anchor {
                self.own = Some(result);
            } else if self.sums.contains(result) {
                self.own_sums[result] = (self.run, result.into());
            }
        }
    }

    /// This run's copy of the anchor, made before the current instruction if need be.
    fn own(&mut self, cursor: &mut FuncCursor<'_>) -> Value {
        *self.own.get_or_insert_with(|| cursor.ins().get_pinned_reg(types::I64))
    }

    /// This run's copy of a sum, made before the current instruction if need be.
    fn own_sum(&mut self, cursor: &mut FuncCursor<'_>, sum: Value) -> Value {
        let (run, here) = self.own_sums[sum];
        if let Some(here) = here.expand()
            && run == self.run
        {
            return here;
        }
        let own = self.own(cursor);
        let made_by = cursor.func.dfg.value_def(sum).unwrap_inst();
        // Its anchor has become that of its own run by now, or is still the function's.
        let InstructionData::Binary { args: [a, b], .. } = cursor.func.dfg.insts[made_by] else {
            return sum;
        };
        let other = if self.is_anchor(cursor.func, a) { b } else { a };
        let here = cursor.ins().iadd(own, other);
        self.own_sums[sum] = (self.run, here.into());
        here
    }

    fn is_anchor(&self, func: &Function, value: Value) -> bool {
        let made_by = func.dfg.value_def(value).inst();
        value == self.anchor
            || made_by.is_some_and(|inst| func.dfg.insts[inst].opcode() == Opcode::GetPinnedReg)
    }
}
