//! Takes the value of the pinned register anew wherever that is cheaper than keeping it.
//!
//! The translation uses one value for the whole function, so that the optimizer recognises equal
//! addresses everywhere. Kept as it is, that value would occupy a register of its own for the whole function
//! and be saved around calls, although the pinned register holds it all the time. After the optimizer this
//! pass gives every run of instructions without a call its own copy: a move that the processor
//! removes. Sums of the anchor and something else move along with their uses.
//! Invariant: the pinned register is constant inside a function (only thunks write it).

use cranelift_codegen::cursor::{Cursor, FuncCursor};
use cranelift_codegen::ir::{Function, Inst, InstBuilder, InstructionData, Opcode, Value, types};
use std::collections::BTreeMap;

/// Rewrites the uses of the pinned register's value in an optimized function.
pub(crate) fn localize(func: &mut Function) {
    let Some(entry) = func.layout.entry_block() else { return };
    let is_anchor = |inst: &Inst| func.dfg.insts[*inst].opcode() == Opcode::GetPinnedReg;
    let Some(anchor) = func.layout.block_insts(entry).find(is_anchor) else { return };
    let anchor = func.dfg.first_result(anchor);
    let mut cursor = FuncCursor::new(func);
    while cursor.next_block().is_some() {
        let mut copies = Copies { anchor, own: None, sums: BTreeMap::new() };
        while let Some(inst) = cursor.next_inst() {
            let opcode = cursor.func.dfg.insts[inst].opcode();
            if opcode == Opcode::GetPinnedReg {
                if cursor.func.dfg.first_result(inst) == anchor {
                    copies.own = Some(anchor);
                }
                continue;
            }
            copies.rewrite(&mut cursor, inst);
            if opcode.is_call() {
                copies.forget();
            }
        }
    }
}

/// What a run of instructions without a call has already.
struct Copies {
    anchor: Value,
    own: Option<Value>,
    /// Sums with the anchor: the value used elsewhere → its copy here.
    sums: BTreeMap<Value, Value>,
}

impl Copies {
    fn forget(&mut self) {
        self.own = None;
        self.sums.clear();
    }

    /// Makes one instruction use the copies of its run.
    fn rewrite(&mut self, cursor: &mut FuncCursor<'_>, inst: Inst) {
        if let Some(other) = self.sum(cursor.func, inst) {
            // The sum is made here: make it of this run's copy, and let this run use it.
            let anchor = self.own(cursor);
            replace(cursor.func, inst, self.anchor, anchor);
            let result = cursor.func.dfg.first_result(inst);
            self.sums.insert(result, result);
            debug_assert_ne!(other, self.anchor, "the anchor is added to an index");
            return;
        }
        let args = cursor.func.dfg.inst_args(inst).to_vec();
        for arg in args {
            let copy = if arg == self.anchor {
                self.own(cursor)
            } else if let Some(known) = self.sums.get(&arg) {
                *known
            } else if let Some(sum) = cursor.func.dfg.value_def(arg).inst()
                && let Some(other) = self.sum(cursor.func, sum)
            {
                let own = self.own(cursor);
                let copy = cursor.ins().iadd(own, other);
                self.sums.insert(arg, copy);
                copy
            } else {
                continue;
            };
            replace(cursor.func, inst, arg, copy);
        }
    }

    /// This run's copy of the anchor, made before the current instruction if need be.
    fn own(&mut self, cursor: &mut FuncCursor<'_>) -> Value {
        *self.own.get_or_insert_with(|| cursor.ins().get_pinned_reg(types::I64))
    }

    /// What an instruction adds to the anchor, or to a copy of it.
    fn sum(&self, func: &Function, inst: Inst) -> Option<Value> {
        let InstructionData::Binary { opcode: Opcode::Iadd, args: [a, b] } = func.dfg.insts[inst]
        else {
            return None;
        };
        match (self.is_copy(func, a), self.is_copy(func, b)) {
            (true, false) => Some(b),
            (false, true) => Some(a),
            _ => None,
        }
    }

    fn is_copy(&self, func: &Function, value: Value) -> bool {
        let definition = func.dfg.value_def(value).inst();
        value == self.anchor
            || definition.is_some_and(|i| func.dfg.insts[i].opcode() == Opcode::GetPinnedReg)
    }
}

/// Replaces a value among the arguments of an instruction.
fn replace(func: &mut Function, inst: Inst, from: Value, to: Value) {
    for arg in func.dfg.inst_args_mut(inst) {
        if *arg == from {
            *arg = to;
        }
    }
}
