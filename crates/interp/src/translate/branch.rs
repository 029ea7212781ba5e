//! Branches: where they go, and how the values that they take along get to where the target expects them.
//!
//! A target expects its values in the slots of their heights. Invariant: nothing that only a taken branch does
//! changes what is known of the operands, because the other path goes on with it.
//! Read next: [`super::call`].

use super::control::{Kind, slots};
use super::emit::{LastKind, index};
use super::stack::{Place, class_of};
use super::{Done, Failure, Translator};
use crate::ops::misc::Misc;
use crate::ops::scalar::Class;
use crate::ops::{self, From};
use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use holm_module::wasm::BrTable;
use holm_spec::types::ValType;

/// Up to so many values are copied one by one.
const COPIES_MAX: usize = 4;

impl Translator<'_> {
    /// The index of the frame that `depth` labels.
    pub(super) fn target(&self, depth: u32) -> usize {
        self.frames.len() - 1 - depth as usize
    }

    /// A field for a branch to a frame, in the instruction begun at `start`.
    pub(super) fn branch_field(&mut self, start: usize, frame: usize) {
        let field = self.units.len();
        if let Kind::Loop(header) = self.frames[frame].kind {
            let by = i32::try_from(start - header).unwrap_or(i32::MAX);
            self.wide(by.wrapping_neg().cast_unsigned());
        } else {
            self.frames[frame].exits.push((start, field));
            self.wide(0);
        }
    }

    pub(super) fn branch(&mut self, depth: u32) -> Done {
        let frame = self.target(depth);
        if self.frames[frame].kind == Kind::Function {
            return self.return_operator();
        }
        self.end_segment();
        self.move_values(frame);
        let start = self.misc(Misc::Branch);
        self.branch_field(start, frame);
        self.leave();
        Ok(())
    }

    /// Takes the uppermost operands to where a frame's label wants them; the place after it is not reached.
    pub(super) fn move_values(&mut self, frame: usize) {
        let types = self.frames[frame].label();
        let first = self.stack.len() - types.len();
        if types.len() > COPIES_MAX {
            self.materialize_top(types.len());
            self.move_slots(first, frame);
            return;
        }
        let mut to = self.frames[frame].slot;
        // Upwards: a value's new slot is never above its old one.
        for (at, ty) in (first..).zip(types.iter()) {
            let entry = self.stack[at];
            let class = class_of(*ty);
            match entry.place {
                Place::Constant(value) => self.put(value, to),
                Place::Local(local) => self.copy(self.locals[local as usize].slot, to, class),
                Place::Slot => self.copy(entry.slot, to, class),
                Place::Accumulator => {
                    // As if the label's slot was the operand's own.
                    self.stack[at].slot = to;
                    self.spill(class);
                }
            }
            to += holm_abi::interpreter::slots_of(*ty);
        }
    }

    /// Moves operands that are in their slots to where a frame's label wants them.
    fn move_slots(&mut self, first: usize, frame: usize) {
        let types = self.frames[frame].label();
        let (to, count) = (self.frames[frame].slot, slots(&types));
        let Some(entry) = self.stack.get(first).filter(|entry| entry.slot != to) else { return };
        let from = entry.slot;
        self.misc(Misc::MoveSlots);
        self.wide(from);
        self.wide(to);
        self.wide(count);
        for slot in to..to + count {
            self.overwritten(slot);
        }
    }

    /// Whether the values for a frame's label are at the right height already.
    pub(super) fn is_in_place(&self, frame: usize) -> bool {
        let types = self.frames[frame].label();
        let Some(first) = self.stack.get(self.stack.len() - types.len()) else { return true };
        types.is_empty() || first.slot == self.frames[frame].slot
    }

    pub(super) fn branch_if(&mut self, depth: u32) -> Done {
        self.end_segment();
        let frame = self.target(depth);
        let values = self.frames[frame].label().len();
        let top = self.stack.len() - 1;
        // What the target gets has to be in slots on both ways; the condition stays where it is.
        (top - values..top).for_each(|at| self.materialize(at));
        let condition = self.stack[top];
        self.stack.pop();
        let in_place = self.is_in_place(frame);
        self.stack.push(condition);
        self.branch_when(frame, in_place, |this, when| this.watched_conditional(when))
    }

    /// `br_on_null` and, with the reference among what the target gets, `br_on_non_null`.
    pub(super) fn branch_on_null(&mut self, depth: u32, when: bool) -> Done {
        self.end_segment();
        let frame = self.target(depth);
        let values = self.frames[frame].label().len();
        let top = self.stack.len() - 1;
        let first = if when { top - values } else { top + 1 - values };
        (first..top).for_each(|at| self.materialize(at));
        if !when {
            self.materialize(top);
        }
        let slot = self.top_slot();
        let reference = self.stack[top];
        if when {
            self.stack.pop();
        }
        let in_place = self.is_in_place(frame);
        self.branch_when(frame, in_place, |this, taken| {
            let from = this.bring_near(From::Slot(slot));
            Ok(this.simple(from, taken != when))
        })?;
        if when {
            self.stack.push(reference);
        } else {
            self.pop();
        }
        Ok(())
    }

    /// A branch to a frame, whose values are the uppermost operands, if a condition holds. That begins a branch
    /// which is taken when it does, or when it does not.
    pub(super) fn branch_when(
        &mut self,
        frame: usize,
        in_place: bool,
        condition: impl FnOnce(&mut Self, bool) -> Result<(usize, usize), Failure>,
    ) -> Done {
        let values = self.frames[frame].label().len();
        if in_place {
            let (start, field) = condition(self, true)?;
            if let Kind::Loop(header) = self.frames[frame].kind {
                let by = i32::try_from(start - header).unwrap_or(i32::MAX);
                self.set_wide(field, by.wrapping_neg().cast_unsigned());
            } else {
                self.frames[frame].exits.push((start, field));
            }
        } else {
            let skip = condition(self, false)?;
            let cached = self.cached;
            let first = self.stack.len() - values;
            self.move_slots(first, frame);
            let start = self.misc(Misc::Branch);
            self.branch_field(start, frame);
            self.patch(skip);
            self.cached = cached;
        }
        self.forget();
        self.begin_segment();
        Ok(())
    }

    /// The same as [`Self::conditional`], for the condition of `if` and `br_if`.
    pub(super) fn watched_conditional(&mut self, when: bool) -> Result<(usize, usize), Failure> {
        let (start, field) = self.conditional(when)?;
        self.watch(start, !when);
        Ok((start, field))
    }

    /// Pops a condition and begins the branch that is taken when it is not zero, or when it is. Gives the
    /// branch's first unit and its field, which is still to be filled in.
    pub(super) fn conditional(&mut self, when: bool) -> Result<(usize, usize), Failure> {
        let top = self.stack.len() - 1;
        let fused = self
            .last
            .filter(|last| last.entry == top && self.stack[top].place == Place::Accumulator);
        let fused = fused.filter(|last| {
            !matches!(last.kind, LastKind::Other | LastKind::Sum(_) | LastKind::Load(..))
        });
        let condition = self.pop();
        if let Some(last) = fused {
            // The test is made again, as part of the branch.
            self.units.truncate(last.start);
            self.cached = last.before;
            match last.kind {
                LastKind::Test { number, pair, operands, wide_constant } => {
                    if let Some(joined) = self.join_branch((number, pair, operands), when) {
                        return Ok(joined);
                    }
                    let start = self.op(ops::fused(number, pair, when));
                    self.wide(0);
                    self.operand(operands[0], wide_constant);
                    self.operand(operands[1], wide_constant);
                    return Ok((start, start + 1));
                }
                LastKind::Not { number, pair, operands, wide_constant, start, before } => {
                    self.units.truncate(start);
                    self.cached = before;
                    let start = self.op(ops::fused(number, pair, !when));
                    self.wide(0);
                    self.operand(operands[0], wide_constant);
                    self.operand(operands[1], wide_constant);
                    return Ok((start, start + 1));
                }
                LastKind::IsZero(operand) => return Ok(self.simple(operand, !when)),
                LastKind::Sum(_) | LastKind::Load(..) | LastKind::Other => {}
            }
        }
        let from = self.fetch_value(&condition);
        Ok(self.simple(from, when))
    }

    pub(super) fn simple(&mut self, from: From, when: bool) -> (usize, usize) {
        // A comparison with zero: that it is another, or that it is not.
        let operands = [from, From::Constant(0)];
        let pair = ops::pair(from, From::Constant(0)).unwrap_or_default();
        if let Some(joined) = self.join_branch((1, pair, operands), when) {
            return joined;
        }
        let start = self.misc(match (from, when) {
            (From::Accumulator, true) => Misc::BranchIfA,
            (From::Accumulator, false) => Misc::BranchUnlessA,
            (_, true) => Misc::BranchIfS,
            (_, false) => Misc::BranchUnlessS,
        });
        self.wide(0);
        self.operand(from, false);
        (start, start + 1)
    }

    pub(super) fn branch_table(&mut self, targets: &BrTable<'_>) -> Done {
        self.end_segment();
        let default = self.target(targets.default());
        let values = self.frames[default].label().len();
        let top = self.stack.len() - 1;
        (top - values..top).for_each(|at| self.materialize(at));
        let index = self.pop();
        let from = self.fetch_value(&index);
        let in_accumulator = from == From::Accumulator;
        let start = self.misc(if in_accumulator { Misc::BranchTableA } else { Misc::BranchTableS });
        self.operand(from, false);
        self.wide(targets.len());
        // Branches whose values are not in place go through a piece of code that moves them.
        let mut moved: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        let mut go = |this: &mut Self, frame: usize| {
            if this.is_in_place(frame) {
                this.branch_field(start, frame);
            } else {
                moved.entry(frame).or_default().push(this.units.len());
                this.wide(0);
            }
        };
        go(self, default);
        for depth in targets.targets() {
            let frame = self.target(depth?);
            go(self, frame);
        }
        for (frame, fields) in moved {
            fields.into_iter().for_each(|field| self.patch((start, field)));
            self.move_slots(self.stack.len() - values, frame);
            let start = self.misc(Misc::Branch);
            self.branch_field(start, frame);
        }
        self.leave();
        Ok(())
    }

    pub(super) fn return_operator(&mut self) -> Done {
        self.end_segment();
        let results = self.frames[0].label();
        let header = super::emit::short(self.header);
        match *results {
            [] => {
                self.misc(Misc::Return);
                self.units.push(header);
            }
            [ty] if ty != ValType::V128 => self.return_one(ty, header),
            _ => {
                self.materialize_top(results.len());
                let first = self.stack[self.stack.len() - results.len()].slot;
                self.misc(Misc::ReturnMany);
                self.units.push(header);
                self.wide(first);
                self.wide(slots(&results));
            }
        }
        self.leave();
        Ok(())
    }

    fn return_one(&mut self, ty: ValType, header: u16) {
        let entry = self.pop();
        let class = class_of(ty);
        let from = match self.fetch(&entry) {
            // The instruction extends the sign.
            From::Constant(value) if class == Class::Int && i32::try_from(value).is_ok() => {
                From::Constant(value)
            }
            From::Constant(value) => {
                self.put(value, entry.slot);
                self.bring_near(From::Slot(entry.slot))
            }
            from => from,
        };
        let misc = match (class, from) {
            (Class::F32, From::Accumulator) => Misc::ReturnF32A,
            (Class::F32, _) => Misc::ReturnF32S,
            (Class::F64, From::Accumulator) => Misc::ReturnF64A,
            (Class::F64, _) => Misc::ReturnF64S,
            (_, From::Accumulator) => Misc::ReturnIntA,
            (_, From::Constant(_)) => Misc::ReturnIntI,
            (_, From::Slot(_)) => Misc::ReturnIntS,
        };
        debug_assert!(index(class) < 3);
        self.misc(misc);
        self.units.push(header);
        self.operand(from, false);
    }
}
