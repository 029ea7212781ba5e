//! Ends of loops: a comparison with the next value of a counter in place of the present one.
//!
//! Producers write `if (i != 96) { i = i + 4; again }`. The present value is then still needed when the next
//! one exists, so the two get different registers, and going round takes a move and one more jump.
//! `i + 4 != 100` says the same and lets both share a register: the branch goes straight back.
//! Invariant: only equality is rewritten, which no wrap-around can break.
//! Read next: [`crate::worker`], which runs this after the optimizer.

use cranelift_codegen::cursor::{Cursor, FuncCursor};
use cranelift_codegen::entity::EntitySet;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{
    Block, BlockArg, Function, Inst, InstBuilder, InstructionData, Opcode, Type, Value,
};

/// A comparison for equality with a constant.
struct Comparison {
    condition: IntCC,
    value: Value,
    constant: i64,
    ty: Type,
}

/// Rewrites the comparisons at the ends of loops.
pub(crate) fn compare_next_values(func: &mut Function) {
    let mut cursor = FuncCursor::new(func);
    let mut seen = EntitySet::new();
    while let Some(block) = cursor.next_block() {
        seen.insert(block);
        let Some(branch) = cursor.func.layout.last_inst(block) else { continue };
        let Some(comparison) = comparison(cursor.func, branch) else { continue };
        let Some((next, step)) = next_value(cursor.func, &seen, branch, &comparison) else {
            continue;
        };
        cursor.goto_inst(branch);
        let constant = truncated(comparison.constant.wrapping_add(step), comparison.ty);
        let constant = cursor.ins().iconst(comparison.ty, constant);
        let condition = cursor.ins().icmp(comparison.condition, next, constant);
        cursor.func.dfg.inst_args_mut(branch)[0] = condition;
        cursor.goto_bottom(block);
    }
}

/// What a branch compares, if that is a value and a constant, for equality.
fn comparison(func: &Function, branch: Inst) -> Option<Comparison> {
    let InstructionData::Brif { arg, .. } = func.dfg.insts[branch] else { return None };
    let made_by = func.dfg.value_def(arg).inst()?;
    let InstructionData::IntCompare { cond, args: [a, b], .. } = func.dfg.insts[made_by] else {
        return None;
    };
    let equality = matches!(cond, IntCC::Equal | IntCC::NotEqual);
    let ty = func.dfg.value_type(a);
    if !equality || !ty.is_int() || ty.bits() > 64 {
        return None;
    }
    let (value, constant) = match (constant(func, a), constant(func, b)) {
        (None, Some(constant)) => (a, constant),
        (Some(constant), None) => (b, constant),
        _ => return None,
    };
    Some(Comparison { condition: cond, value, constant, ty })
}

/// A value that the branch hands back to a block that was seen before, the header of a loop, and that differs from the compared one by a constant:
/// the value and the difference.
fn next_value(
    func: &Function,
    seen: &EntitySet<Block>,
    branch: Inst,
    comparison: &Comparison,
) -> Option<(Value, i64)> {
    let (base, offset) = parts(func, comparison.value);
    let dfg = &func.dfg;
    let calls = dfg.insts[branch].branch_destination(&dfg.jump_tables, &dfg.exception_tables);
    for call in calls {
        let target = call.block(&dfg.value_lists);
        if !seen.contains(target) {
            continue;
        }
        for arg in call.args(&dfg.value_lists) {
            let BlockArg::Value(arg) = arg else { continue };
            let arg = dfg.resolve_aliases(arg);
            let (other_base, other_offset) = parts(func, arg);
            if other_base == base && other_offset != offset && dfg.value_type(arg) == comparison.ty
            {
                return Some((arg, other_offset.wrapping_sub(offset)));
            }
        }
    }
    None
}

/// A value as another value plus a constant.
fn parts(func: &Function, value: Value) -> (Value, i64) {
    let value = func.dfg.resolve_aliases(value);
    let sum = func.dfg.value_def(value).inst().and_then(|inst| match func.dfg.insts[inst] {
        InstructionData::Binary { opcode: Opcode::Iadd, args: [a, b] } => {
            Some((func.dfg.resolve_aliases(a), constant(func, b)?))
        }
        _ => None,
    });
    sum.unwrap_or((value, 0))
}

fn constant(func: &Function, value: Value) -> Option<i64> {
    match func.dfg.insts[func.dfg.value_def(value).inst()?] {
        InstructionData::UnaryImm { opcode: Opcode::Iconst, imm } => Some(imm.bits()),
        _ => None,
    }
}

/// The bits of a constant of a type, as Cranelift wants them: the others are zero.
fn truncated(value: i64, ty: Type) -> i64 {
    if ty.bits() < 64 { value & ((1 << ty.bits()) - 1) } else { value }
}
