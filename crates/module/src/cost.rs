//! What compiling a function is expected to cost, added up while the function is validated.
//!
//! One unit is about what an optimizing compiler spends on one plain operator. Most of what a real function
//! costs is its operators; the other terms are small for real code and large for code that is made to
//! exhaust a compiler: values that cross blocks and calls, locals that stay in use across many blocks or
//! loops, operands that wait below many blocks, declared locals, deep nesting, jump tables.
//!
//! Not here: what to do about a cost (see [`crate::Limits`]). Invariant: every operator adds in constant
//! time, and the sum is the same on every machine. Read next: `check.rs`, which feeds the meter.
//!
//! The term for locals: a compiler in SSA form has to carry a local through every block between two uses,
//! and makes a parameter for it at every loop header in between. So each `local.get` pays for the distance
//! to the previous use of the same local, counted in block boundaries; a loop header counts as sixteen.

/// Costs are added in fractions of this.
const UNIT: u64 = 256;
/// A function, however small.
const FUNCTION: u64 = 64 * UNIT;
/// One operator.
const OPERATOR: u64 = UNIT;
/// A declared local.
const LOCAL: u64 = UNIT / 16;
/// A block, loop or branch, besides being an operator.
const BLOCK: u64 = 2 * UNIT;
/// A call, besides being an operator.
const CALL: u64 = 8 * UNIT;
/// A bulk operation, besides being an operator.
const BULK: u64 = 8 * UNIT;
/// A value that crosses a block boundary or a call …
const VALUE: u64 = UNIT;
/// … while there are registers for it; each one beyond costs this more.
const VALUE_BEYOND: u64 = 3 * UNIT;
/// How many values find registers.
const VALUES_IN_REGISTERS: u64 = 8;
/// One entry of a `br_table`.
const TARGET: u64 = UNIT / 4;
/// Each value that one entry of a `br_table` carries: validation alone compares every one of them.
const TARGET_VALUE: u64 = UNIT / 4;
/// Each level of nesting around a new block.
const NESTING: u64 = 2;
/// An operand that waits below a block boundary.
const WAITING: u64 = UNIT / 8;
/// A boundary that a `local.get` looks back over.
const LOOK_BACK: u64 = UNIT / 8;
/// A boundary between two uses of a local, whatever the uses are.
const SPAN: u64 = 1;
/// How many boundaries a loop header stands for.
const BOUNDARIES_PER_LOOP: u64 = 16;

/// The sum for one function at a time.
#[derive(Debug, Default)]
pub(crate) struct Meter {
    /// The cost so far, in fractions of a unit.
    sum: u64,
    /// Over this sum, `is_over` says so.
    sum_max: u64,
    /// Block boundaries passed, counted on from function to function.
    boundaries: u64,
    /// Where the function began.
    boundaries_at_start: u64,
    /// For each local, the boundaries passed at its last use, in this function or an earlier one.
    used_at: Vec<u64>,
    /// Blocks that are open.
    nesting: u64,
}

impl Meter {
    /// Starts with a function of `locals` locals (parameters included) that may cost `cost_max`.
    pub(crate) fn start(&mut self, cost_max: u64) {
        self.sum = FUNCTION;
        self.sum_max = cost_max.saturating_mul(UNIT);
        self.boundaries_at_start = self.boundaries;
        self.nesting = 0;
    }

    /// The function has so many locals, `params` of which are parameters.
    pub(crate) fn locals(&mut self, all: usize, params: usize) {
        if self.used_at.len() < all {
            self.used_at.resize(all, 0);
        }
        self.values(params as u64);
        self.sum += (all - params) as u64 * LOCAL;
    }

    /// The cost so far in units.
    pub(crate) const fn cost(&self) -> u64 {
        self.sum / UNIT
    }

    /// Whether the function costs too much.
    pub(crate) const fn is_over(&self) -> bool {
        self.sum > self.sum_max
    }

    /// Makes the function cost too much, whatever it costs.
    pub(crate) const fn end_now(&mut self) {
        self.sum_max = 0;
    }

    /// How many blocks are open.
    pub(crate) const fn nesting(&self) -> u64 {
        self.nesting
    }

    /// So many operators of any kind.
    pub(crate) const fn operators(&mut self, count: u64) {
        self.sum += count * OPERATOR;
    }

    /// A bulk operation.
    pub(crate) const fn bulk(&mut self) {
        self.sum += BULK;
    }

    /// So many values cross a boundary together.
    pub(crate) const fn values(&mut self, count: u64) {
        self.sum += count * VALUE + count.saturating_sub(VALUES_IN_REGISTERS) * VALUE_BEYOND;
    }

    /// A block begins, taking and giving so many values together.
    pub(crate) const fn block(&mut self, values: u64, is_loop: bool) {
        self.nesting += 1;
        self.sum += BLOCK + self.nesting * NESTING;
        self.values(values);
        self.boundaries += if is_loop { BOUNDARIES_PER_LOOP } else { 1 };
    }

    /// A block ends.
    pub(crate) const fn end(&mut self) {
        self.nesting = self.nesting.saturating_sub(1);
        self.boundaries += 1;
    }

    /// A branch carries so many values.
    pub(crate) const fn branch(&mut self, values: u64) {
        self.sum += BLOCK;
        self.values(values);
        self.boundaries += 1;
    }

    /// A `br_table` with so many targets carries so many values.
    pub(crate) const fn branch_table(&mut self, targets: u64, values: u64) {
        self.sum += targets * (TARGET + values * TARGET_VALUE);
        let distinct = if targets < self.nesting { targets } else { self.nesting };
        self.sum += distinct * values * (VALUE + VALUE_BEYOND);
        self.branch(values);
    }

    /// A call takes and gives so many values together.
    pub(crate) const fn call(&mut self, values: u64) {
        self.sum += CALL;
        self.values(values);
    }

    /// So many operands wait while a boundary is passed.
    pub(crate) const fn waiting(&mut self, operands: u64) {
        self.sum += operands * WAITING;
    }

    /// A local is read.
    pub(crate) fn local_get(&mut self, local: u32) {
        self.sum += self.distance(local) * LOOK_BACK;
    }

    /// A local is written.
    pub(crate) fn local_set(&mut self, local: u32) {
        self.sum += self.distance(local) * SPAN;
    }

    /// The boundaries since the last use of a local, which is now.
    fn distance(&mut self, local: u32) -> u64 {
        match self.used_at.get_mut(local as usize) {
            Some(used_at) => {
                let since = (*used_at).max(self.boundaries_at_start);
                *used_at = self.boundaries;
                self.boundaries - since
            }
            None => 0,
        }
    }
}

#[cfg(test)]
mod tests;
