//! What compiling a function is expected to cost, added up while the function is validated.
//!
//! One unit is about what an optimizing compiler spends on one plain operator, about a microsecond when this
//! was measured. Most of what a real function costs is its operators; the other terms are small for real code and large for code that is made to
//! exhaust a compiler: values that cross blocks and calls, locals that stay in use across many blocks or
//! loops, operands that wait below many blocks, declared locals, loops in loops, jump tables.
//!
//! Not here: what to do about a cost (see [`crate::Limits`]). Invariant: every operator adds in constant
//! time, and the sum is the same on every machine. Read next: `check.rs`, which feeds the meter.
//!
//! The terms for locals follow what compilers in SSA form do. To find the value of a local they walk back
//! over the blocks since its last use, so each `local.get` pays for that distance in block boundaries. Where
//! different values of a local meet they make a block parameter; the register allocator's time grows with
//! the square of their number, which is measured to be harmless up to about ten thousand in a function. And
//! they keep a map from blocks to values for each local, which takes memory in proportion to the distance
//! from a local's first use to its last.

use alloc::vec::Vec;
mod flow;

pub(crate) use flow::Kind;
use flow::{Flow, Local};
use holm_spec::types::FuncType;

/// Costs are added in fractions of this.
const UNIT: u64 = 256;
/// A function, however small.
const FUNCTION: u64 = 64 * UNIT;
/// What leads out of the module to an imported function of some type, however few values it takes along.
const WAY_OUT: u64 = 3 * FUNCTION;
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
/// An operand that waits below a block boundary.
const WAITING: u64 = UNIT / 8;
/// A boundary that a `local.get` looks back over.
const LOOK_BACK: u64 = UNIT / 8;
/// How many boundaries a loop header stands for.
const BOUNDARIES_PER_LOOP: u64 = 8;
/// A boundary between two uses of a local, whatever the uses are …
const SPAN: u64 = UNIT / 8;
/// … after so many of them, which stand for about 160 MB of memory.
const SPANS_FREE: u64 = 64 << 20;
/// A block parameter for a local.
const PARAMETER: u64 = 2 * UNIT;
/// The square of the number of block parameters is divided by this.
const PARAMETERS_SQUARED: u64 = 5;
/// For each block parameter the targets of every `br_table` that goes there are looked through; they are
/// divided by this.
const PARAMETER_TARGETS: u64 = 2;
/// A loop that a `local.set` looks at.
const LOOP_LOOKED_AT: u64 = UNIT / 16;
/// Each loop around a new loop.
const LOOP_NESTING: u64 = 1;

/// The cost of the code between the module's functions and imported ones of this type, in units.
pub(crate) fn way_out(ty: &FuncType) -> u64 {
    let mut meter = Meter { sum: WAY_OUT, ..Meter::default() };
    meter.values(ty.params().len() as u64);
    meter.values(ty.results().len() as u64);
    meter.cost()
}

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
    /// When each local was used last, in this function or an earlier one.
    used_at: Vec<u64>,
    /// What else is known of each local.
    locals: Vec<Local>,
    /// Boundaries between uses of locals.
    spans: u64,
    /// How many of these are free or have been charged for.
    spans_charged: u64,
    /// Block parameters.
    parameters: u64,
    /// The blocks that are open.
    flow: Flow,
}

impl Meter {
    /// Starts with a function of so many results that may cost so much.
    pub(crate) fn start(&mut self, results: u32, cost_max: u64) {
        self.sum = FUNCTION;
        self.sum_max = cost_max.saturating_mul(UNIT);
        // The next function is later than all uses in earlier ones.
        self.boundaries += 1;
        self.boundaries_at_start = self.boundaries;
        (self.spans, self.spans_charged, self.parameters) = (0, SPANS_FREE, 0);
        self.flow.start(self.boundaries, results);
    }

    /// The function has so many locals, `params` of which are parameters.
    pub(crate) fn locals(&mut self, all: usize, params: usize) {
        // What is known from earlier functions stays: its times show that it is old.
        if self.locals.len() < all {
            self.used_at.resize(all, 0);
            self.locals.resize(all, Local::default());
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
    pub(crate) fn nesting(&self) -> u64 {
        self.flow.nesting()
    }

    /// How many block parameters locals need, at most.
    pub(crate) const fn parameters(&self) -> u64 {
        self.parameters
    }

    /// The function ends after so many operators of any kind.
    pub(crate) const fn operators(&mut self, count: u64) {
        self.sum += count * OPERATOR;
        self.charge_spans();
    }

    /// A bulk operation.
    pub(crate) const fn bulk(&mut self) {
        self.sum += BULK;
    }

    /// So many values cross a boundary together.
    pub(crate) const fn values(&mut self, count: u64) {
        self.sum += count * VALUE + count.saturating_sub(VALUES_IN_REGISTERS) * VALUE_BEYOND;
    }

    /// A block with so many parameters and results begins.
    pub(crate) fn block(&mut self, kind: Kind, arity: (u32, u32)) {
        self.boundaries += if kind == Kind::Loop { BOUNDARIES_PER_LOOP } else { 1 };
        self.flow.open(kind, self.boundaries, arity);
        self.sum += BLOCK;
        if kind == Kind::Loop {
            self.sum += self.flow.loop_nesting() * LOOP_NESTING;
        }
        self.values(u64::from(arity.0) + u64::from(arity.1));
    }

    /// The other half of an `if` begins.
    pub(crate) fn other_half(&mut self) {
        self.boundary(self.flow.results());
        self.flow.other_half();
    }

    /// A block ends.
    pub(crate) fn end(&mut self) {
        self.boundaries += 1;
        self.values(self.flow.results());
        self.flow.close(self.boundaries);
    }

    fn parameters_needed(&mut self, count: u64) {
        let before = self.parameters;
        self.parameters += count;
        self.sum += count * (PARAMETER + self.flow.table_targets() / PARAMETER_TARGETS);
        self.sum += (self.parameters.pow(2) - before.pow(2)) / PARAMETERS_SQUARED;
    }

    /// A branch to this label may be taken.
    pub(crate) fn branch(&mut self, depth: u32) {
        self.boundary(self.flow.carried(depth));
        self.flow.branch(depth);
    }

    /// A `br_table` has so many targets, which carry as many values as its default.
    pub(crate) fn branch_table(&mut self, targets: u64, default: u32) {
        let values = self.flow.carried(default);
        self.sum += targets * (TARGET + values * TARGET_VALUE);
        self.sum += targets.min(self.nesting()) * values * (VALUE + VALUE_BEYOND);
        self.boundary(values);
    }

    /// One of the targets of the last `br_table`, which has so many.
    pub(crate) fn target(&mut self, depth: u32, targets: u64) {
        self.flow.table(depth, targets, self.boundaries);
    }

    /// The function is left.
    pub(crate) fn leave(&mut self) {
        self.boundary(self.flow.function_results());
        self.flow.stop();
    }

    /// Control does not go on from here.
    pub(crate) fn stop(&mut self) {
        self.flow.stop();
    }

    const fn boundary(&mut self, values: u64) {
        self.boundaries += 1;
        self.sum += BLOCK;
        self.values(values);
    }

    /// A call takes and gives so many values together.
    pub(crate) const fn call(&mut self, values: u64) {
        self.sum += CALL;
        self.values(values);
    }

    /// So many operands wait while a boundary is passed.
    pub(crate) const fn waiting(&mut self, operands: u64) {
        self.sum += operands * WAITING;
        self.charge_spans();
    }

    /// A local is read.
    pub(crate) fn local_get(&mut self, local: u32) {
        let (local, now) = (local as usize, self.boundaries);
        let Some(used_at) = self.used_at.get_mut(local) else { return };
        let used_at = core::mem::replace(used_at, now);
        let distance = now - used_at.max(self.boundaries_at_start);
        self.spans += distance;
        self.sum += distance * LOOK_BACK;
        if used_at < self.flow.merged_at() {
            let parameters = self.flow.read(&mut self.locals[local], now);
            self.parameters_needed(parameters);
        }
    }

    /// A local is written.
    pub(crate) fn local_set(&mut self, local: u32) {
        let (local, now) = (local as usize, self.boundaries);
        let Some(used_at) = self.used_at.get_mut(local) else { return };
        let used_at = core::mem::replace(used_at, now);
        self.spans += now - used_at.max(self.boundaries_at_start);
        let (parameters, loops) = self.flow.set(&mut self.locals[local], used_at, now);
        self.sum += loops * LOOP_LOOKED_AT;
        self.parameters_needed(parameters);
    }

    /// Charges for the spans since it was done last.
    const fn charge_spans(&mut self) {
        if self.spans > self.spans_charged {
            self.sum += (self.spans - self.spans_charged) * SPAN;
            self.spans_charged = self.spans;
        }
    }
}

#[cfg(test)]
mod tests;
