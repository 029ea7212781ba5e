//! Writing instructions.
//!
//! Operands that lie beyond the reach of 16-bit slot numbers (only in functions with enormous frames) are brought
//! into scratch slots before the instruction and taken out of them after it. Invariant: fields are written in the
//! order in which the table lists them. Read next: [`super::numeric`].

use super::data::Address;
use super::stack::{Entry, Place};
use super::{Done, NEAR_SLOTS, Notes, SCRATCH_SLOTS, Translator};
use crate::PROMOTES;
use crate::ops::From;
use crate::ops::misc::Misc;
use crate::ops::scalar::Class;
use holm_spec::types::ValType;

/// The latest instruction, while its result waits in an accumulator and nothing came after it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Last {
    /// Its first unit.
    pub(super) start: usize,
    /// The accumulator.
    pub(super) class: Class,
    /// The operand that is its result.
    pub(super) entry: usize,
    pub(super) kind: LastKind,
    /// What the accumulators held before it.
    pub(super) before: [Option<u32>; 3],
}

/// What of the latest instruction can be made part of a branch.
#[derive(Clone, Copy, Debug)]
pub(super) enum LastKind {
    Other,
    /// An operator with two operands that can be fused, its form, and its operands.
    Test {
        number: u16,
        pair: u16,
        operands: [From; 2],
        wide_constant: bool,
    },
    /// A test for zero of what such an operator gave: also where that begins, and what was accumulated before.
    Not {
        number: u16,
        pair: u16,
        operands: [From; 2],
        wide_constant: bool,
        start: usize,
        before: [Option<u32>; 3],
    },
    /// A sum of 32-bit integers.
    Sum([From; 2]),
    /// A load of a float: from where, and the place of the operator.
    Load(Address, u32),
    /// A test for zero of a 32-bit integer.
    IsZero(From),
}

/// The place of an accumulator in lists of three; vectors have none.
pub(super) const fn index(class: Class) -> usize {
    match class {
        Class::Int | Class::Vector => 0,
        Class::F32 => 1,
        Class::F64 => 2,
    }
}

impl Translator<'_> {
    /// Begins an instruction.
    #[inline(never)]
    pub(super) fn op(&mut self, number: u16) -> usize {
        let start = self.units.len();
        let at = u32::try_from(start).unwrap_or(u32::MAX);
        if self.notes == Notes::Sources
            && self.sources.last().is_none_or(|last| last.1 != self.offset)
        {
            self.sources.push((at, self.offset));
        }
        if PROMOTES {
            self.unwatch(start);
        }
        self.units.push(number);
        self.forget();
        start
    }

    /// Nothing can be made part of the latest instruction any more.
    pub(super) fn forget(&mut self) {
        self.last = None;
        self.last_to = None;
        self.last_copy = None;
    }

    /// Begins an instruction without regular forms.
    pub(super) fn misc(&mut self, misc: Misc) -> usize {
        self.op(misc.number())
    }

    /// A field of 32 bits.
    #[inline(never)]
    pub(super) fn wide(&mut self, value: u32) {
        self.units.extend(halves(value));
    }

    /// A field of 64 bits.
    pub(super) fn long(&mut self, value: u64) {
        let [a, b, c, d, e, f, g, h] = value.to_le_bytes();
        self.wide(u32::from_le_bytes([a, b, c, d]));
        self.wide(u32::from_le_bytes([e, f, g, h]));
    }

    /// Changes a field of 32 bits.
    #[inline(never)]
    pub(super) fn set_wide(&mut self, at: usize, value: u32) {
        let [a, b, c, d] = value.to_le_bytes();
        self.units[at] = u16::from_le_bytes([a, b]);
        self.units[at + 1] = u16::from_le_bytes([c, d]);
    }

    /// Whether a slot is beyond the reach of short numbers.
    pub(super) const fn is_far(&self, slot: u32) -> bool {
        self.scratch.is_some() && slot + 2 > NEAR_SLOTS
    }

    /// The short number of a slot that is read; brings it near if need be. To be called before the instruction is
    /// begun.
    pub(super) fn near(&mut self, slot: u32) -> u16 {
        if self.is_far(slot) {
            let scratch = self.take_scratch(1);
            self.copy_far(slot, scratch);
            return short(scratch);
        }
        short(slot)
    }

    /// The same for a vector.
    pub(super) fn near2(&mut self, slot: u32) -> u16 {
        if self.is_far(slot) {
            let scratch = self.take_scratch(2);
            self.copy_far(slot, scratch);
            self.copy_far(slot + 1, scratch + 1);
            return short(scratch);
        }
        short(slot)
    }

    /// The short number for a slot that is written; [`Self::written2`] or [`Self::to`] takes it where it belongs.
    pub(super) fn near_to(&mut self, slot: u32) -> u16 {
        if self.is_far(slot) { short(self.take_scratch(2)) } else { short(slot) }
    }

    fn take_scratch(&mut self, slots: u32) -> u32 {
        debug_assert!(self.scratch_used + slots <= SCRATCH_SLOTS, "too few scratch slots");
        let scratch = self.scratch.unwrap_or_default() + self.scratch_used;
        self.scratch_used += slots;
        scratch
    }

    /// Copies a slot, wherever it is.
    pub(super) fn copy_far(&mut self, from: u32, to: u32) {
        self.misc(Misc::CopyFar);
        self.wide(from);
        self.wide(to);
        self.overwritten(to);
    }

    /// The last field of an instruction that writes a scalar to a slot.
    pub(super) fn to(&mut self, slot: u32) {
        let near = self.near_to(slot);
        self.units.push(near);
        self.last_to = Some((self.units.len() - 1, slot));
        self.overwritten(slot);
        if self.is_far(slot) {
            self.scratch_used -= 2;
            self.copy_far(u32::from(near), slot);
        }
    }

    /// The same for a vector, whose field `near` is written already.
    pub(super) fn written2(&mut self, near: u16, slot: u32) {
        self.overwritten(slot);
        self.overwritten(slot + 1);
        if self.is_far(slot) {
            self.copy_far(u32::from(near), slot);
            self.copy_far(u32::from(near) + 1, slot + 1);
        } else {
            self.last_to = Some((self.units.len() - 1, slot));
        }
    }

    /// A slot has a new value: no accumulator holds it any more.
    pub(super) fn overwritten(&mut self, slot: u32) {
        for cached in &mut self.cached {
            *cached = cached.filter(|cached| *cached != slot);
        }
    }

    /// The fields of an operand. `from` has a near slot.
    pub(super) fn operand(&mut self, from: From, wide_constant: bool) {
        match from {
            From::Slot(slot) => self.units.push(short(slot)),
            From::Accumulator => {}
            From::Constant(value) if wide_constant => self.long(value),
            From::Constant(value) => self.wide(low(value)),
        }
    }

    /// The operand with its slot near.
    pub(super) fn bring_near(&mut self, from: From) -> From {
        match from {
            From::Slot(slot) => From::Slot(u32::from(self.near(slot))),
            other => other,
        }
    }

    /// The result of the instruction begun at `start` waits in its accumulator.
    pub(super) fn result(
        &mut self,
        start: usize,
        ty: ValType,
        kind: LastKind,
        before: [Option<u32>; 3],
    ) -> Done {
        let class = super::stack::class_of(ty);
        self.push(Place::Accumulator, ty)?;
        let entry = self.stack.len() - 1;
        self.waiting[index(class)] = Some(entry);
        self.cached[index(class)] = None;
        self.last = Some(Last { start, class, entry, kind, before });
        Ok(())
    }

    /// The result of an instruction that writes it to a slot: the field, and the operand.
    pub(super) fn result_in_slot(&mut self, ty: ValType) -> Done {
        let slot = self.next_slot();
        self.need(slot + 2)?;
        if ty == ValType::V128 {
            let near = self.near_to(slot);
            self.units.push(near);
            self.written2(near, slot);
        } else {
            self.to(slot);
        }
        self.stack.push(Entry { place: Place::Slot, ty, slot });
        Ok(())
    }
}

/// A slot's short number.
pub(super) fn short(slot: u32) -> u16 {
    u16::try_from(slot).expect("near slots have short numbers")
}

/// A field of 32 bits as units.
pub(super) fn halves(value: u32) -> [u16; 2] {
    let [a, b, c, d] = value.to_le_bytes();
    [u16::from_le_bytes([a, b]), u16::from_le_bytes([c, d])]
}

/// The lower half.
#[expect(clippy::cast_possible_truncation, reason = "the lower half is what is asked for")]
pub(super) const fn low(value: u64) -> u32 {
    value as u32
}
