//! Operators that do what two would, for pairs that programs run often: their numbers.
//!
//! A sum or a global and the branch that compares it, a comparison and the choice it makes, a store and the step to the next
//! address, arithmetic on a float and its load. Which pairs are worth it was counted (see RATIONALE). Not here: two operators of
//! one kind, which are among the others (see [`super::misc`]). Invariant: a number is a place in the lists of
//! `executor::joined`. Read next: `translate::join`.

/// How many comparisons there are of 32-bit integers; they are the first operators with two operands.
const COMPARISONS: u16 = 10;
/// How many operators on floats there are that take a loaded operand.
const ARITHMETIC: u16 = 6;
/// Where the operand comes from that is not loaded: a slot, the accumulator.
const OTHERS: u16 = 2;
/// Forms of addresses of such loads.
const LOADS: u16 = 4;
/// Forms of the operands of a comparison that makes a choice: those of an operator, from the first on.
pub(crate) const CHOICE_PAIRS: u16 = 4;

// First numbers of the families, in the order of the table.
pub(crate) const SUM_BRANCH: u16 = super::VECTOR + super::count(super::vector::VECTORS);
pub(crate) const CHOICE: u16 = SUM_BRANCH + COMPARISONS * 4;
pub(crate) const LOADED: u16 = CHOICE + COMPARISONS * CHOICE_PAIRS * 2;
pub(crate) const STORE_SUM: u16 = LOADED + ARITHMETIC * 2 * OTHERS * LOADS * 2;
pub(crate) const GLOBAL_BRANCH: u16 = STORE_SUM + super::count(super::misc::STORES) * 2;
pub(crate) const END: u16 = GLOBAL_BRANCH + COMPARISONS;

/// Whether an operator with two operands compares 32-bit integers.
pub(crate) const fn is_comparison(number: u16) -> bool {
    number < COMPARISONS
}

/// The comparison of 32-bit integers that is true of exchanged operands.
pub(crate) const fn exchanged(number: u16) -> u16 {
    match number {
        2 => 4,
        3 => 5,
        4 => 2,
        5 => 3,
        6 => 8,
        7 => 9,
        8 => 6,
        9 => 7,
        same => same,
    }
}

/// A sum whose second operand may be a constant, compared with what may be one, and a branch if that is true.
pub(crate) const fn sum_branch(comparison: u16, added: bool, compared: bool) -> u16 {
    SUM_BRANCH + comparison * 4 + added as u16 * 2 + compared as u16
}

/// A choice by a comparison, by the form of its operands.
pub(crate) const fn choice(comparison: u16, pair: u16) -> u16 {
    CHOICE + (comparison * CHOICE_PAIRS + pair) * 2
}

/// A store to an address in a slot, of a slot or the accumulator, and a sum.
pub(crate) const fn store_sum(store: u16, value: u16) -> u16 {
    STORE_SUM + store * 2 + value
}

/// A global of 32 bits compared with a constant, and a branch if that is true.
pub(crate) const fn global_branch(comparison: u16) -> u16 {
    GLOBAL_BRANCH + comparison
}

/// Arithmetic on floats whose first or second operand is loaded and the other in a slot (0) or accumulated (1), if `number`
/// is such an operator.
pub(crate) const fn loaded(number: u16, second: bool, other: u16, address: u16) -> Option<u16> {
    use super::scalar::{F32_ADD, F64_ADD};
    let place = match number {
        F32_ADD.. if number < F32_ADD + 3 => number - F32_ADD,
        F64_ADD.. if number < F64_ADD + 3 => number - F64_ADD + 3,
        _ => return None,
    };
    // A slot, the accumulator, a slot and a constant, the accumulator and a slot.
    let address = match address {
        0 | 1 => address,
        4 => 2,
        6 => 3,
        _ => return None,
    };
    Some(LOADED + (((place * 2 + second as u16) * OTHERS + other) * LOADS + address) * 2)
}
