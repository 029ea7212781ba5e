//! Shapes of functions on which Cranelift takes far more than its usual time per instruction.
//!
//! The cost that `holm-module` adds up sees operators one by one. Two shapes show only in the graph:
//! * Chains like `((x + 1) + 2) + 3 …`: each link is rewritten against all those below it, at 70 µs and 8 kB each
//!   (an instruction otherwise takes 2 µs). Compilers fold such chains, so real code has none.
//! * Very many values alive at the same time: the backtracking register allocator takes about 50 ns for each value
//!   at each instruction that it lives across. Besides deep operand stacks and wide signatures, this is what
//!   moving invariant code out of a very large loop ends in, so it is looked at after optimizing.
//!
//! Neither check changes what code computes; they choose the level of effort. Both take one pass.
//! Read next: [`crate::worker`], which asks.

use cranelift_codegen::entity::SecondaryMap;
use cranelift_codegen::ir::{Function, Inst, Opcode, Value, ValueDef};

/// Links of chains of constants that a function may have.
const CHAIN_LINKS_MAX: usize = 2_000;
/// Values alive at an instruction, on average, that the backtracking register allocator is asked to handle: several
/// times what the largest real functions have.
const ALIVE_MAX: u64 = 128;
/// Below this sum of lengths (10 ms of the allocator's time) a function may look as it likes.
const LENGTHS_FREE: u64 = 200_000;

/// Whether there are so many chains of constants that rewriting them would take too long.
pub(crate) fn has_long_chains(func: &Function) -> bool {
    let all = func.layout.blocks().flat_map(|block| func.layout.block_insts(block));
    all.filter(|inst| is_link(func, *inst)).nth(CHAIN_LINKS_MAX).is_some()
}

/// Whether an instruction is `(y ∘ constant) ∘ constant`, for an operator that is associative.
fn is_link(func: &Function, inst: Inst) -> bool {
    let opcode = func.dfg.insts[inst].opcode();
    let [a, b] = *func.dfg.inst_args(inst) else { return false };
    let associates =
        matches!(opcode, Opcode::Iadd | Opcode::Imul | Opcode::Band | Opcode::Bor | Opcode::Bxor);
    let below = |value| {
        definition(func, value).is_some_and(|below| {
            func.dfg.insts[below].opcode() == opcode
                && func.dfg.inst_args(below).iter().any(|arg| is_constant(func, *arg))
        })
    };
    associates && (is_constant(func, b) && below(a) || is_constant(func, a) && below(b))
}

fn definition(func: &Function, value: Value) -> Option<Inst> {
    match func.dfg.value_def(func.dfg.resolve_aliases(value)) {
        ValueDef::Result(inst, _) => Some(inst),
        _ => None,
    }
}

/// Constants are made again wherever they are used, so they are alive nowhere.
fn is_constant(func: &Function, value: Value) -> bool {
    let made_by = definition(func, value).map(|inst| func.dfg.insts[inst].opcode());
    matches!(made_by, Some(Opcode::Iconst | Opcode::F32const | Opcode::F64const))
}

/// Whether so many values are alive at once that the register allocator would take too long.
///
/// Blocks are taken as they are laid out; a loop that a value lives around is not counted twice.
pub(crate) fn has_crowded_blocks(func: &Function) -> bool {
    let mut born: SecondaryMap<Value, u64> = SecondaryMap::with_capacity(func.dfg.num_values());
    let mut last_used: SecondaryMap<Value, u64> =
        SecondaryMap::with_capacity(func.dfg.num_values());
    let mut values = Vec::new();
    let mut place = 0;
    for block in func.layout.blocks() {
        for value in func.dfg.block_params(block) {
            born[*value] = place;
            values.push(*value);
        }
        for inst in func.layout.block_insts(block) {
            place += 1;
            for value in func.dfg.inst_values(inst) {
                last_used[func.dfg.resolve_aliases(value)] = place;
            }
            for value in func.dfg.inst_results(inst) {
                born[*value] = place;
                values.push(*value);
            }
        }
    }
    let length = |value: &Value| last_used[*value].saturating_sub(born[*value]);
    let lengths: u64 = values.iter().filter(|value| !is_constant(func, **value)).map(length).sum();
    lengths > LENGTHS_FREE && lengths > place * ALIVE_MAX
}
