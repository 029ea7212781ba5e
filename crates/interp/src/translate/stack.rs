//! The operand stack while translating: where each operand is, and how it gets into its slot.
//!
//! Every operand has a slot of its own, given by its height; it only goes there when it must. Invariants: a local
//! counts how many operands are it; an accumulator holds at most one operand that is nowhere else; an operand that
//! waits in an accumulator is known to `waiting`. Read next: [`super::emit`].

use super::emit::{index, short};
use super::join::FirstKind;
use super::{Done, Translator};
use crate::ops::From;
use crate::ops::misc::Misc;
use crate::ops::scalar::Class;
use holm_abi::interpreter::slots_of;
use holm_module::wasm::Operator;
use holm_spec::types::ValType;

/// So many operands are looked through for copies of a local before all of them are put into their slots.
const SEARCH_MAX: usize = 64;

/// Where an operand is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// In its slot.
    Slot,
    /// It is a local, by index.
    Local(u32),
    /// It is a constant, as a slot would hold it.
    Constant(u64),
    /// In the accumulator of its class and nowhere else.
    Accumulator,
}

/// An operand.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry {
    pub(super) place: Place,
    pub(super) ty: ValType,
    /// The slot that is its own.
    pub(super) slot: u32,
}

/// The accumulator for values of a type.
pub(super) const fn class_of(ty: ValType) -> Class {
    match ty {
        ValType::F32 => Class::F32,
        ValType::F64 => Class::F64,
        ValType::V128 => Class::Vector,
        _ => Class::Int,
    }
}

impl Translator<'_> {
    pub(super) fn local_operator(
        &mut self,
        operator: &Operator<'_>,
    ) -> Result<bool, super::Failure> {
        match operator {
            Operator::LocalGet { local_index } => {
                let local = &mut self.locals[*local_index as usize];
                local.operands += 1;
                let ty = local.ty;
                self.push(Place::Local(*local_index), ty)?;
            }
            Operator::LocalSet { local_index } => self.set_local(*local_index)?,
            Operator::LocalTee { local_index } => {
                self.set_local(*local_index)?;
                let local = &mut self.locals[*local_index as usize];
                local.operands += 1;
                let ty = local.ty;
                self.push(Place::Local(*local_index), ty)?;
            }
            Operator::Drop => {
                self.pop();
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// The slot of the next operand.
    pub(super) fn next_slot(&self) -> u32 {
        self.stack.last().map_or(self.first_operand, |top| top.slot + slots_of(top.ty))
    }

    pub(super) fn push(&mut self, place: Place, ty: ValType) -> Done {
        let slot = self.next_slot();
        self.stack.push(Entry { place, ty, slot });
        self.need(slot + slots_of(ty))
    }

    /// Takes an operand off the stack; what it refers to is still as it was.
    pub(super) fn pop(&mut self) -> Entry {
        let entry = self.stack.pop().expect("validation proved the operand");
        self.clean = self.clean.min(self.stack.len());
        match entry.place {
            Place::Local(local) => self.locals[local as usize].operands -= 1,
            Place::Accumulator => self.waiting[index(class_of(entry.ty))] = None,
            Place::Slot | Place::Constant(_) => {}
        }
        entry
    }

    /// Where an instruction gets an operand from that was just popped. Constants that do not fit into an
    /// instruction are put into the operand's slot.
    pub(super) fn source(&mut self, entry: &Entry) -> From {
        let class = class_of(entry.ty);
        let slot = match entry.place {
            Place::Accumulator => return From::Accumulator,
            Place::Constant(value) if fits(entry.ty, value) => return From::Constant(value),
            Place::Constant(value) => {
                self.put(value, entry.slot);
                return From::Slot(entry.slot);
            }
            Place::Local(local) => self.locals[local as usize].slot,
            Place::Slot => entry.slot,
        };
        if class != Class::Vector && self.cached[index(class)] == Some(slot) {
            From::Accumulator
        } else {
            From::Slot(slot)
        }
    }

    /// The same for operands that have to be in a slot; it may wait in an accumulator while it is popped.
    pub(super) fn pop_to_slot(&mut self) -> u32 {
        let top = self.stack.len() - 1;
        if !matches!(self.stack[top].place, Place::Local(_)) {
            self.materialize(top);
        }
        let entry = self.pop();
        match entry.place {
            Place::Local(local) => self.locals[local as usize].slot,
            _ => entry.slot,
        }
    }

    /// Puts an operand into its slot.
    pub(super) fn materialize(&mut self, at: usize) {
        let Entry { place, ty, slot } = self.stack[at];
        let class = class_of(ty);
        match place {
            Place::Slot => return,
            Place::Accumulator => return self.spill(class),
            Place::Constant(value) => self.put(value, slot),
            Place::Local(local) => {
                self.locals[local as usize].operands -= 1;
                let from = self.locals[local as usize].slot;
                self.copy(from, slot, class);
            }
        }
        self.stack[at].place = Place::Slot;
    }

    /// Puts the upper `count` operands into their slots.
    pub(super) fn materialize_top(&mut self, count: usize) {
        (self.stack.len() - count..self.stack.len()).for_each(|at| self.materialize(at));
    }

    /// Copies a slot, from the accumulator if its value is there.
    pub(super) fn copy(&mut self, from: u32, to: u32, class: Class) {
        if from == to {
            return;
        }
        if class == Class::Vector && self.scratch.is_some() {
            self.copy_far(from, to);
            self.copy_far(from + 1, to + 1);
        } else if class == Class::Vector {
            self.misc(Misc::CopyV);
            self.units.extend([short(from), short(to)]);
            self.written2(short(to), to);
        } else if self.cached[index(class)] == Some(from) {
            self.misc(spill_of(class));
            self.to(to);
        } else if self.scratch.is_some() {
            self.copy_far(from, to);
        } else if let Some(start) = self.last_copy.take() {
            self.units[start] = Misc::Copy2.number();
            self.units.push(short(from));
            self.to(to);
        } else {
            let start = self.misc(Misc::Copy);
            self.units.push(short(from));
            self.to(to);
            self.last_copy = Some(start);
        }
    }

    /// Puts a constant into a slot.
    pub(super) fn put(&mut self, value: u64, slot: u32) {
        if let Ok(small) = u32::try_from(value) {
            let start = self.misc(Misc::PutU32);
            self.wide(small);
            self.to(slot);
            return self.join_put(start);
        } else if let Ok(small) = i32::try_from(value.cast_signed()) {
            self.misc(Misc::PutS32);
            self.wide(small.cast_unsigned());
        } else {
            self.misc(Misc::PutI64);
            self.long(value);
        }
        self.to(slot);
    }

    /// Puts the operand that waits in an accumulator into its slot. The accumulator still holds it.
    pub(super) fn spill(&mut self, class: Class) {
        let Some(at) = self.waiting[index(class)].take() else { return };
        let slot = self.stack[at].slot;
        self.stack[at].place = Place::Slot;
        self.keep(class, Some(at), slot);
    }

    /// Writes an accumulator to a slot: as part of the instruction that made the value, if that is the latest.
    fn keep(&mut self, class: Class, entry: Option<usize>, slot: u32) {
        match self.last {
            Some(last) if last.class == class && (entry.is_none() || entry == Some(last.entry)) => {
                self.units[last.start] += 1;
                self.to(slot);
                self.join_written(last.start);
            }
            _ => {
                let start = self.misc(spill_of(class));
                self.to(slot);
                self.offer(start, FirstKind::Spill(slot));
            }
        }
        self.last = None;
        self.cached[index(class)] = Some(slot);
    }

    /// Spills whatever waits in any accumulator.
    pub(super) fn spill_all(&mut self) {
        [Class::Int, Class::F32, Class::F64].into_iter().for_each(|class| self.spill(class));
    }

    /// Makes all operands independent of locals and accumulators, as they must be when a block begins.
    pub(super) fn settle(&mut self) {
        self.spill_all();
        self.settle_up_to(self.stack.len());
    }

    /// The same for the operands below the one at `top`, without those that wait in accumulators.
    pub(super) fn settle_up_to(&mut self, top: usize) {
        for at in self.clean..top {
            match self.stack[at].place {
                Place::Local(_) => self.materialize(at),
                // Machine code may go on at a loop in the block: it looks for every operand in its slot.
                Place::Constant(_) if self.program.loop_weight > 0 => self.materialize(at),
                _ => {}
            }
        }
        self.clean = top;
    }

    /// Saves the operands that are a local which is about to change.
    fn preserve(&mut self, local: u32) {
        let mut at = self.stack.len();
        let lowest = at.saturating_sub(SEARCH_MAX);
        while self.locals[local as usize].operands > 0 {
            if at == lowest {
                // Each operand is looked at here once at most: afterwards none is a local any more.
                return self.settle();
            }
            at -= 1;
            if self.stack[at].place == Place::Local(local) {
                self.materialize(at);
            }
        }
    }

    fn set_local(&mut self, local: u32) -> Done {
        let Local { slot, ty } = Local::of(self, local);
        let class = class_of(ty);
        let top = self.stack.len() - 1;
        if self.stack[top].place == Place::Local(local) {
            self.pop();
            return Ok(());
        }
        if self.locals[local as usize].operands > 0 {
            self.preserve(local);
        }
        let entry = self.pop();
        let cell = self.accumulated_cell().filter(|_| entry.place == Place::Accumulator);
        self.note_local(cell, local);
        match entry.place {
            // What the latest instruction made goes straight to the local.
            Place::Accumulator => self.keep(class, Some(top), slot),
            Place::Slot
                if self.last_to.is_some_and(|(_, to)| to == entry.slot) && !self.is_far(slot) =>
            {
                let Some((at, _)) = self.last_to else { return Ok(()) };
                self.units[at] = self.near(slot);
                self.overwritten(slot);
                self.overwritten(entry.slot);
                self.last_to = None;
            }
            Place::Slot => self.copy(entry.slot, slot, class),
            Place::Constant(value) => self.put(value, slot),
            Place::Local(from) => self.copy(self.locals[from as usize].slot, slot, class),
        }
        Ok(())
    }
}

/// What `set_local` needs of a local.
struct Local {
    slot: u32,
    ty: ValType,
}

impl Local {
    fn of(translator: &Translator<'_>, local: u32) -> Self {
        let super::Local { slot, ty, .. } = translator.locals[local as usize];
        Self { slot, ty }
    }
}

/// Whether a constant can be part of an instruction.
const fn fits(ty: ValType, value: u64) -> bool {
    match ty {
        ValType::I64 => {
            let signed = value.cast_signed();
            signed >= i32::MIN as i64 && signed <= i32::MAX as i64
        }
        _ => true,
    }
}

/// The instruction that writes an accumulator to a slot.
const fn spill_of(class: Class) -> Misc {
    match class {
        Class::F32 => Misc::SpillF32,
        Class::F64 => Misc::SpillF64,
        Class::Int | Class::Vector => Misc::SpillInt,
    }
}
