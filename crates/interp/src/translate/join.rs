//! Two instructions become one, where `ops::joined` has one for both.
//!
//! The latest complete instruction that could be the first of such a pair is remembered; one that follows it directly
//! is written behind its fields. Not here: tests that become part of a branch (see [`super::branch`]). Invariants: nothing branches to between
//! the two; what the second one reads of the first one's result is where it was. Read next: [`super::numeric`].

use super::emit::{Last, LastKind, index};
use super::numeric::type_of;
use super::stack::{Entry, Place};
use super::{Failure, Translator};
use crate::ops::misc::{Misc, StoreNumber};
use crate::ops::scalar::{I32_ADD, I32_SUB, Row};
use crate::ops::{self, From, joined};

/// An instruction that another may be joined to.
#[derive(Clone, Copy, Debug)]
pub(super) struct First {
    start: usize,
    end: usize,
    kind: FirstKind,
}

/// What it does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FirstKind {
    /// Puts a constant of 32 bits into a slot.
    Put,
    /// Adds to a slot into a slot; whether it adds a constant.
    Sum(bool),
    /// Gets the global that is so far in the context, of 32 bits.
    Global(i32),
    /// Subtracts a constant from such a global into a slot.
    Reserve(i32),
    /// Writes an accumulator to a slot.
    Spill(u32),
    /// Stores a slot or, if it is 1, the accumulator, at an address in a slot.
    Store(StoreNumber, u16),
}

/// A comparison: its number, its form, its operands.
pub(super) type Comparison = (u16, u16, [From; 2]);

/// Forms of operands, see [`ops::pair`].
const SLOT_SLOT: u16 = 0;
const SLOT_CONSTANT: u16 = 1;
const ACCUMULATOR_CONSTANT: u16 = 3;

impl Translator<'_> {
    /// Remembers the instruction that was just completed.
    pub(super) fn offer(&mut self, start: usize, kind: FirstKind) {
        if self.scratch.is_none() {
            self.first = Some(First { start, end: self.units.len(), kind });
        }
    }

    /// The instruction that ends at a unit, if another may be joined to it.
    fn first_before(&mut self, start: usize) -> Option<First> {
        self.first.take().filter(|first| first.end == start)
    }

    /// After a constant of 32 bits was put into a slot by the instruction begun at `start`.
    pub(super) fn join_put(&mut self, start: usize) {
        match self.first_before(start) {
            Some(First { start: first, kind: FirstKind::Put, .. }) => {
                self.units.remove(start);
                self.units[first] = Misc::Put2.number();
                self.last_field_moved();
            }
            _ => self.offer(start, FirstKind::Put),
        }
    }

    /// After the instruction begun at `start` was made to write its result to a slot.
    pub(super) fn join_written(&mut self, start: usize) {
        let number = self.units[start];
        if number == ops::binary(I32_SUB, ACCUMULATOR_CONSTANT, true) {
            if let Some(First { start: first, kind: FirstKind::Global(global), .. }) =
                self.first_before(start)
            {
                self.units.remove(start);
                self.units[first] = Misc::Reserve.number();
                self.last_field_moved();
                self.offer(first, FirstKind::Reserve(global));
            }
        } else if (ops::binary(I32_ADD, 0, false)..ops::binary(I32_ADD + 1, 0, false))
            .contains(&number)
        {
            self.join_sum(start);
        }
    }

    /// After a sum was written to a slot by the instruction begun at `start`.
    fn join_sum(&mut self, start: usize) {
        let form = |pair| ops::binary(I32_ADD, pair, true);
        let number = self.units[start];
        let first = self.first_before(start);
        if let Some(First { start: first, kind, .. }) = first {
            match kind {
                FirstKind::Sum(true) if number == form(SLOT_CONSTANT) => {
                    self.units.remove(start);
                    self.units[first] = Misc::Add2.number();
                    return self.last_field_moved();
                }
                FirstKind::Sum(true) if number == form(ACCUMULATOR_CONSTANT) => {
                    // What is accumulated is in the slot that was written as well.
                    self.units[start] = self.units[start - 1];
                    self.units[first] = Misc::Add2.number();
                    return;
                }
                FirstKind::Store(store, value) if number == form(SLOT_CONSTANT) => {
                    self.units.remove(start);
                    self.units[first] = joined::store_sum(store as u16, value);
                    return self.last_field_moved();
                }
                _ => {}
            }
        }
        if number == form(SLOT_SLOT) || number == form(SLOT_CONSTANT) {
            self.offer(start, FirstKind::Sum(number == form(SLOT_CONSTANT)));
        }
    }

    /// The field for a slot that was written last is one unit before where it was.
    fn last_field_moved(&mut self) {
        self.last_to = self.last_to.map(|(at, slot)| (at - 1, slot));
    }

    /// Makes a test that is about to be made part of a branch one with the sum or the global that it is of, if that was just
    /// made or got. Gives the
    /// branch's first unit and its field.
    pub(super) fn join_branch(
        &mut self,
        (number, pair, operands): Comparison,
        when: bool,
    ) -> Option<(usize, usize)> {
        let (number, other) = match operands {
            [From::Accumulator, other] => (number, other),
            [other @ From::Slot(_), From::Accumulator] => (joined::exchanged(number), other),
            _ => return None,
        };
        if !joined::is_comparison(number) || pair >= ops::FUSED_PAIRS {
            return None;
        }
        let number = if when { number } else { super::numeric::opposite(number)? };
        let First { start, kind, .. } = self.first_before(self.units.len())?;
        let compared = matches!(other, From::Constant(_));
        self.units[start] = match kind {
            FirstKind::Sum(constant) => joined::sum_branch(number, constant, compared),
            FirstKind::Global(_) if compared => joined::global_branch(number),
            _ => return None,
        };
        self.units.splice(start + 1..start + 1, [0, 0]);
        self.operand(other, false);
        self.forget();
        Some((start, start + 1))
    }

    /// The comparison that the uppermost operand is the result of, if it was just made and a choice may be part of it.
    pub(super) fn chosen_by(&self) -> Option<(Last, Comparison)> {
        let top = self.stack.len() - 1;
        let waits = self.stack[top].place == Place::Accumulator && self.scratch.is_none();
        let last = self.last.filter(|last| waits && last.entry == top)?;
        let comparison = match last.kind {
            LastKind::Test { number, pair, operands, .. } => (number, pair, operands),
            LastKind::IsZero(operand) => {
                // As a comparison with zero.
                let zero = From::Constant(0);
                (0, ops::pair(operand, zero)?, [operand, zero])
            }
            _ => return None,
        };
        let (number, pair, _) = comparison;
        let joins = joined::is_comparison(number) && pair < joined::CHOICE_PAIRS;
        joins.then_some((last, comparison))
    }

    /// An operator with two operands whose latest one was just loaded, if there is an instruction for both. The operands
    /// have been popped; `last` was the latest instruction before.
    pub(super) fn join_load(
        &mut self,
        row: &Row,
        operands: [&Entry; 2],
        last: Option<Last>,
    ) -> Result<bool, Failure> {
        let Some(Last { start, entry, before, kind: LastKind::Load(address, offset), .. }) = last
        else {
            return Ok(false);
        };
        // The load is the operand at the height of its entry, the other one is in a slot.
        let second = entry == self.stack.len() + 1;
        let [loaded, other] = if second { [operands[1], operands[0]] } else { operands };
        let (Some(slot), None) = (self.slot_of(other), self.scratch) else { return Ok(false) };
        let held = before[index(row.operand)] == Some(slot);
        let number = joined::loaded(row.number, second, held.into(), address.form);
        let (Some(number), Place::Accumulator) = (number, loaded.place) else { return Ok(false) };
        self.units.truncate(start);
        self.cached = before;
        if let Some(First { start: spill, kind: FirstKind::Spill(to), .. }) =
            self.first_before(start)
            && held
            && other.place == Place::Slot
            && to == other.slot
        {
            // Nothing else reads the slot of an operand.
            self.units.truncate(spill);
        }
        // It is the load that may trap.
        let at = core::mem::replace(&mut self.offset, offset);
        let start = self.op(number);
        self.offset = at;
        let other = if held { From::Accumulator } else { From::Slot(slot) };
        if second {
            self.operand(other, false);
            self.address_fields(&address);
        } else {
            self.address_fields(&address);
            self.operand(other, false);
        }
        self.result(start, type_of(row.value, row.is_64), LastKind::Other, before)?;
        Ok(true)
    }

    /// Makes setting a global to the uppermost operand one with what was just done, if there is an instruction for both.
    pub(super) fn join_global_set(&mut self, global: i32) -> bool {
        let top = self.stack.len() - 1;
        if let Some(Last { start, entry, before, kind: LastKind::Sum(operands), .. }) = self.last
            && let [From::Slot(_), From::Constant(_)] = operands
            && entry == top
            && self.stack[top].place == Place::Accumulator
        {
            self.pop();
            self.units.truncate(start);
            self.cached = before;
            self.misc(Misc::SetSum);
            self.wide(global.cast_unsigned());
            operands.into_iter().for_each(|operand| self.operand(operand, false));
            return true;
        }
        // The difference is what is accumulated, and what the operand is.
        let end = self.units.len();
        let reserved = self.first.filter(|first| first.end == end);
        let Some(First { start, kind: FirstKind::Reserve(of), .. }) = reserved else {
            return false;
        };
        let written = self.units[end - 1];
        let is_it = match self.stack[top].place {
            Place::Slot => self.stack[top].slot == u32::from(written),
            Place::Local(local) => self.locals[local as usize].slot == u32::from(written),
            _ => false,
        };
        if of != global || !is_it {
            return false;
        }
        self.pop();
        self.units[start] = Misc::ReserveSet.number();
        self.forget();
        true
    }
}
