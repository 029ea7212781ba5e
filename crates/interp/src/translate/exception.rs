//! Exceptions, in both forms: bodies of tries as ranges of units, handlers as code behind the bodies.
//!
//! A handler takes the exception's values to where the label of a clause expects them and branches there; what no clause
//! wants it throws again. In the earlier form clauses follow the body; each keeps a reference to its exception
//! in the slot where the try's results will be, below its operands. Invariant: at every call inside of a body all operands below
//! it and all locals are in their slots. Not here: finding handlers (see `executor::frames`).
//! Read next: [`super::call`].

use super::control::{Kind, slots};
use super::stack::{Entry, Place, class_of};
use super::{Done, Failure, Translator};
use crate::executor::entry::{Handler, TryRange};
use crate::ops::misc::Misc;
use alloc::vec::Vec;
use holm_abi::interpreter::slots_of;
use holm_module::wasm::{Catch, Operator, TryTable};
use holm_spec::types::ValType;

/// A try whose body is being translated.
#[derive(Debug)]
pub(super) struct OpenTry {
    id: u32,
    /// Its block.
    frame: usize,
    /// Its first unit.
    start: usize,
    clauses: Vec<Clause>,
}

/// A clause of a `try_table`.
#[derive(Clone, Copy, Debug)]
struct Clause {
    /// What it catches; nothing means everything.
    tag: Option<u32>,
    /// Whether it wants a reference.
    reference: bool,
    /// The block that its label names.
    target: usize,
}

impl<'a> Translator<'a> {
    pub(super) fn exception_operator(&mut self, operator: &Operator<'_>) -> Result<bool, Failure> {
        match operator {
            Operator::TryTable { try_table } => self.open_try_table(try_table)?,
            Operator::Throw { tag_index } => self.throw(*tag_index)?,
            Operator::ThrowRef => {
                let reference = self.pop_near();
                self.throw_reference(reference);
            }
            Operator::Try { blockty } => {
                self.settle();
                self.open(Kind::Try, *blockty)?;
                self.open_try(Vec::new());
            }
            Operator::Catch { tag_index } => self.clause(Some(*tag_index))?,
            Operator::CatchAll => self.clause(None)?,
            Operator::Delegate { relative_depth } => self.delegate(*relative_depth)?,
            Operator::Rethrow { relative_depth } => {
                let frame = self.target(*relative_depth);
                let reference = self.near(self.frames[frame].slot);
                self.throw_reference(reference);
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn open_try_table(&mut self, table: &TryTable) -> Done {
        let clause = |catch: &Catch| {
            let (tag, reference, label) = match *catch {
                Catch::One { tag, label } => (Some(tag), false, label),
                Catch::OneRef { tag, label } => (Some(tag), true, label),
                Catch::All { label } => (None, false, label),
                Catch::AllRef { label } => (None, true, label),
            };
            Clause { tag, reference, target: self.target(label) }
        };
        let clauses = table.catches.iter().map(clause).collect();
        self.settle();
        self.open(Kind::Try, table.ty)?;
        self.open_try(clauses);
        Ok(())
    }

    fn open_try(&mut self, clauses: Vec<Clause>) {
        let (id, frame) = (self.tries_count, self.frames.len() - 1);
        self.tries_count += 1;
        self.open_tries.push(OpenTry { id, frame, start: self.units.len(), clauses });
        // What follows must not become part of an instruction before the body.
        self.forget();
        self.first = None;
    }

    /// The end of a body, over which the code that follows has to be jumped. Exceptions from it go to `handler`.
    fn end_body(&mut self, handler: impl FnOnce(&Self) -> Handler) -> Option<OpenTry> {
        let frame = self.frames.len() - 1;
        let open = self.open_tries.pop()?;
        let unit = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        let range = (unit(open.start), unit(self.units.len()));
        if self.reachable {
            self.fall_through(frame);
        }
        self.bind();
        let handler = handler(self);
        self.tries.push(TryRange { range, id: open.id, handler });
        Some(open)
    }

    /// Goes to the end of a block.
    fn fall_through(&mut self, frame: usize) {
        self.end_segment();
        self.move_values(frame);
        let start = self.misc(Misc::Branch);
        self.branch_field(start, frame);
        self.reachable = false;
    }

    /// A handler that begins here.
    fn here(&self) -> Handler {
        Handler::At(u32::try_from(self.units.len()).unwrap_or(u32::MAX))
    }

    /// The end of a body without clauses of the earlier form: its handler.
    pub(super) fn close_try(&mut self) -> Done {
        let Some(OpenTry { clauses, .. }) = self.end_body(Self::here) else { return Ok(()) };
        self.misc(Misc::Catch);
        for clause in clauses {
            let skip = clause.tag.map(|tag| self.compare_tag(tag));
            let mut slot = self.frames[clause.target].slot;
            for (index, ty) in (0..).zip(self.values_of(clause.tag)) {
                self.caught_value(index, *ty, slot);
                slot += slots_of(*ty);
            }
            if clause.reference {
                self.scratch_used = 0;
                self.misc(Misc::CatchRef);
                self.to(slot);
            } else {
                self.misc(Misc::CatchDone);
            }
            let start = self.misc(Misc::Branch);
            self.branch_field(start, clause.target);
            self.bind();
            match skip {
                Some(skip) => self.patch(skip),
                None => return Ok(()),
            }
        }
        self.misc(Misc::Rethrow);
        Ok(())
    }

    /// Begins to look whether the exception has a tag; the branch for when it has not.
    fn compare_tag(&mut self, tag: u32) -> (usize, usize) {
        let start = self.misc(Misc::CatchUnless);
        self.wide(0);
        self.wide(self.program.layout.tag(tag).cast_unsigned());
        (start, start + 1)
    }

    /// The types of what an exception of a tag carries.
    fn values_of(&self, tag: Option<u32>) -> &'a [ValType] {
        let ty = tag.and_then(|tag| self.module.ty(self.module.tags[tag as usize]));
        ty.map_or(&[], |ty| ty.params())
    }

    /// Puts a value of the exception into a slot.
    fn caught_value(&mut self, index: u16, ty: ValType, slot: u32) {
        self.scratch_used = 0;
        if ty == ValType::V128 {
            let near = self.near_to(slot);
            self.misc(Misc::CatchVector);
            self.units.extend([index, near]);
            self.written2(near, slot);
        } else {
            self.misc(Misc::CatchValue);
            self.units.push(index);
            self.to(slot);
        }
    }

    fn throw(&mut self, tag: u32) -> Done {
        self.end_segment();
        self.spill_all();
        let types = self.values_of(Some(tag));
        self.materialize_top(types.len());
        let area = self.next_slot();
        self.need(area + 2 * u32::try_from(types.len()).unwrap_or(u32::MAX / 4))?;
        let first = self.stack.len() - types.len();
        for (to, at) in (area..).step_by(2).zip(first..self.stack.len()) {
            let Entry { ty, slot, .. } = self.stack[at];
            self.scratch_used = 0;
            self.copy(slot, to, class_of(ty));
            if ty != ValType::V128 {
                self.put(0, to + 1);
            }
        }
        self.misc(Misc::Throw);
        self.wide(tag);
        self.wide(area);
        self.leave();
        Ok(())
    }

    /// Throws what a reference in a near slot refers to.
    fn throw_reference(&mut self, reference: u16) {
        self.end_segment();
        self.misc(Misc::ThrowRef);
        self.units.push(reference);
        self.leave();
    }

    /// A clause of the earlier form.
    pub(super) fn clause(&mut self, tag: Option<u32>) -> Done {
        let frame = self.frames.len() - 1;
        let slot = self.frames[frame].slot;
        if let Kind::Clause(uncaught) = self.frames[frame].kind {
            if self.reachable {
                self.fall_through(frame);
            }
            uncaught.into_iter().for_each(|uncaught| self.patch(uncaught));
        } else {
            self.end_body(Self::here);
            self.clauses += 1;
            self.misc(Misc::Catch);
            self.scratch_used = 0;
            self.misc(Misc::CatchRef);
            self.to(slot);
        }
        let uncaught = tag.map(|tag| self.compare_tag(tag));
        self.frames[frame].kind = Kind::Clause(uncaught);
        let types = self.values_of(tag);
        self.need(slot + 1 + slots(types))?;
        let mut to = slot + 1;
        for (index, ty) in (0..).zip(types) {
            self.caught_value(index, *ty, to);
            to += slots_of(*ty);
        }
        self.resume(frame, &[])?;
        self.push(Place::Slot, ValType::EXNREF)?;
        for ty in types {
            self.push(Place::Slot, *ty)?;
        }
        self.begin_segment();
        Ok(())
    }

    /// The end of the last clause; what it does not catch is thrown again.
    pub(super) fn close_clause(&mut self, uncaught: Option<(usize, usize)>) -> Done {
        let frame = self.frames.len() - 1;
        if self.reachable {
            self.fall_through(frame);
        }
        if let Some(uncaught) = uncaught {
            self.patch(uncaught);
            self.bind();
            self.misc(Misc::Rethrow);
        }
        Ok(())
    }

    /// The end of a try whose exceptions go to what is around another block.
    pub(super) fn delegate(&mut self, depth: u32) -> Done {
        let target = self.target(depth + 1);
        self.end_body(|this| {
            let around = this.open_tries.iter().rev().find(|open| open.frame <= target);
            Handler::Delegate(around.map(|open| open.id))
        });
        let frame = self.frames.len() - 1;
        self.frames[frame].kind = Kind::Block;
        self.close()
    }
}
