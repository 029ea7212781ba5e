//! Blocks: opening and closing them, and what is known of the open ones.
//!
//! Read next: [`super::branch`].

use super::stack::{Entry, Place};
use super::{Done, Failure, Translator};
use crate::ops::misc::Misc;
use alloc::vec::Vec;
use core::ops::Deref;
use holm_abi::interpreter::slots_of;
use holm_module::TypeIndex;
use holm_module::wasm::{BlockType, Operator};
use holm_spec::types::ValType;

/// An open block.
pub(super) struct Frame<'a> {
    pub(super) kind: Kind,
    /// Height of the operand stack below the block's parameters.
    pub(super) base: usize,
    /// The slot of the first parameter or result.
    pub(super) slot: u32,
    params: Types<'a>,
    results: Types<'a>,
    /// Branches to the end: where the instruction starts, and where its field is.
    pub(super) exits: Vec<(usize, usize)>,
}

/// Types in a row.
#[derive(Clone, Copy, Debug)]
pub(super) enum Types<'a> {
    List(&'a [ValType]),
    One([ValType; 1]),
}

impl Types<'_> {
    const NONE: Self = Self::List(&[]);
}

impl<'a> From<&'a [ValType]> for Types<'a> {
    fn from(types: &'a [ValType]) -> Self {
        Self::List(types)
    }
}

impl Deref for Types<'_> {
    type Target = [ValType];

    fn deref(&self) -> &[ValType] {
        match self {
            Self::List(types) => types,
            Self::One(types) => types,
        }
    }
}

/// What an open block is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Function,
    Block,
    /// A loop, with its first unit.
    Loop(usize),
    /// The first arm of an `if`, with the branch to the second.
    If(usize, usize),
    Else,
    /// The body of a try, of either form.
    Try,
    /// A clause of a try of the earlier form, with the branch of what it does not catch.
    Clause(Option<(usize, usize)>),
}

impl<'a> Frame<'a> {
    /// What a branch to it takes along.
    pub(super) fn label(&self) -> Types<'a> {
        if let Kind::Loop(_) = self.kind { self.params } else { self.results }
    }
}

/// Slots of values.
pub(super) fn slots(types: &[ValType]) -> u32 {
    types.iter().map(|ty| slots_of(*ty)).sum()
}

impl<'a> Translator<'a> {
    pub(super) fn control_operator(&mut self, operator: &Operator<'_>) -> Result<bool, Failure> {
        match operator {
            Operator::Block { blockty } => {
                self.settle();
                self.open(Kind::Block, *blockty)?;
            }
            Operator::Loop { blockty } => self.open_loop(*blockty)?,
            Operator::If { blockty } => self.open_if(*blockty)?,
            Operator::Else => self.otherwise()?,
            Operator::End => self.close()?,
            Operator::Br { relative_depth } => self.branch(*relative_depth)?,
            Operator::BrIf { relative_depth } => self.branch_if(*relative_depth)?,
            Operator::BrTable { targets } => self.branch_table(targets)?,
            Operator::BrOnNull { relative_depth } => self.branch_on_null(*relative_depth, true)?,
            Operator::BrOnNonNull { relative_depth } => {
                self.branch_on_null(*relative_depth, false)?;
            }
            Operator::RefAsNonNull => self.as_non_null(),
            Operator::Return => self.return_operator()?,
            Operator::Unreachable => {
                self.misc(Misc::Unreachable);
                self.leave();
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn as_non_null(&mut self) {
        let slot = self.top_slot();
        let near = self.near(slot);
        self.misc(Misc::NonNull);
        self.units.push(near);
    }

    /// An operator that no execution reaches: only the nesting counts.
    pub(super) fn unreachable_operator(&mut self, operator: &Operator<'_>) -> Done {
        match operator {
            Operator::Block { .. }
            | Operator::Loop { .. }
            | Operator::If { .. }
            | Operator::TryTable { .. }
            | Operator::Try { .. } => self.dead += 1,
            Operator::Catch { tag_index } if self.dead == 0 => {
                return self.clause(Some(*tag_index));
            }
            Operator::CatchAll if self.dead == 0 => return self.clause(None),
            Operator::Delegate { relative_depth } if self.dead == 0 => {
                return self.delegate(*relative_depth);
            }
            Operator::Delegate { .. } => self.dead -= 1,
            Operator::Else if self.dead == 0 => return self.otherwise(),
            Operator::End if self.dead == 0 => return self.close(),
            Operator::End => self.dead -= 1,
            _ => {}
        }
        Ok(())
    }

    /// What follows cannot be reached until a block ends.
    pub(super) fn leave(&mut self) {
        self.end_segment();
        self.reachable = false;
        self.dead = 0;
    }

    /// What a block takes and gives.
    fn block_type(&self, ty: BlockType) -> (Types<'a>, Types<'a>) {
        match ty {
            BlockType::Empty => (Types::NONE, Types::NONE),
            BlockType::Type(ty) => {
                (Types::NONE, self.module.val_type(ty).map_or(Types::NONE, |ty| Types::One([ty])))
            }
            BlockType::FuncType(index) => self
                .module
                .ty(TypeIndex(index))
                .map_or((Types::NONE, Types::NONE), |ty| (ty.params().into(), ty.results().into())),
        }
    }

    /// Opens a block whose parameters are on the stack already.
    pub(super) fn open(&mut self, kind: Kind, ty: BlockType) -> Done {
        let (params, results) = self.block_type(ty);
        let base = self.stack.len() - params.len();
        let slot = self.next_slot() - slots(&params);
        self.need(slot + slots(&results))?;
        self.frames.push(Frame { kind, base, slot, params, results, exits: Vec::new() });
        Ok(())
    }

    /// Opens the frame of the body itself.
    pub(super) fn open_function(&mut self, results: &'a [ValType]) -> Done {
        let (params, results) = (Types::NONE, Types::List(results));
        let slot = self.first_operand;
        let kind = Kind::Function;
        self.frames.push(Frame { kind, base: 0, slot, params, results, exits: Vec::new() });
        self.need(slot + slots(&results))
    }

    /// From here on nothing is known of the accumulators: something may branch here.
    pub(super) fn bind(&mut self) {
        self.forget();
        self.first = None;
        self.known.forget();
        self.cached = [None; 3];
    }

    /// Makes a branch go to the end of what there is.
    pub(super) fn patch(&mut self, (start, field): (usize, usize)) {
        let by = i32::try_from(self.units.len() - start).unwrap_or(i32::MAX);
        self.set_wide(field, by.cast_unsigned());
        self.first = None;
    }

    fn open_loop(&mut self, ty: BlockType) -> Done {
        self.end_segment();
        let (params, _) = self.block_type(ty);
        self.materialize_top(params.len());
        self.settle();
        self.open(Kind::Loop(self.units.len()), ty)?;
        self.bind();
        self.count_loop();
        self.begin_segment();
        Ok(())
    }

    /// Counts turns of a loop, if they are.
    fn count_loop(&mut self) {
        let weight = self.program.loop_weight;
        if weight > 0 && self.clauses > 0 {
            // There are operands below that WebAssembly does not know of.
            self.count(Misc::Count, weight);
        } else if weight > 0 {
            #[cfg(test)]
            assert!(self.stack.iter().all(|entry| entry.place == Place::Slot), "{:?}", self.stack);
            self.count(Misc::CountLoop, weight);
            self.wide(self.offset);
        }
    }

    fn open_if(&mut self, ty: BlockType) -> Done {
        self.end_segment();
        let (params, _) = self.block_type(ty);
        let top = self.stack.len() - 1;
        // The parameters are needed again at the start of the second arm.
        (top - params.len()..top).for_each(|at| self.materialize(at));
        self.settle_below_top();
        let (start, field) = self.watched_conditional(false)?;
        self.open(Kind::If(start, field), ty)?;
        self.begin_segment();
        Ok(())
    }

    /// Settles all operands but the uppermost.
    fn settle_below_top(&mut self) {
        let top = self.stack.len() - 1;
        for class in [
            crate::ops::scalar::Class::Int,
            crate::ops::scalar::Class::F32,
            crate::ops::scalar::Class::F64,
        ] {
            if self.waiting[super::emit::index(class)].is_some_and(|at| at != top) {
                self.spill(class);
            }
        }
        self.settle_up_to(top);
    }

    fn otherwise(&mut self) -> Done {
        let frame = self.frames.len() - 1;
        if self.reachable {
            self.end_segment();
            self.materialize_top(self.frames[frame].results.len());
            let start = self.misc(Misc::Branch);
            self.wide(0);
            self.frames[frame].exits.push((start, start + 1));
        }
        let Kind::If(start, field) = self.frames[frame].kind else {
            return Err(super::bug("`else` without `if`".into()));
        };
        self.frames[frame].kind = Kind::Else;
        self.patch((start, field));
        let params = self.frames[frame].params;
        self.resume(frame, &params)?;
        self.begin_segment();
        Ok(())
    }

    /// Goes on at a place that branches reach, with these values on the stack above the frame's base.
    pub(super) fn resume(&mut self, frame: usize, values: &[ValType]) -> Done {
        while self.stack.len() > self.frames[frame].base {
            self.pop();
        }
        let mut slot = self.frames[frame].slot;
        for ty in values {
            self.stack.push(Entry { place: Place::Slot, ty: *ty, slot });
            slot += slots_of(*ty);
        }
        self.need(slot)?;
        self.bind();
        self.reachable = true;
        Ok(())
    }

    pub(super) fn close(&mut self) -> Done {
        let at = self.frames.len() - 1;
        match self.frames[at].kind {
            Kind::Try => self.close_try()?,
            Kind::Clause(uncaught) => {
                self.close_clause(uncaught)?;
                self.clauses -= 1;
            }
            _ => {}
        }
        if self.frames[at].kind == Kind::Function {
            return self.close_function();
        }
        if let Kind::If(start, field) = self.frames[at].kind {
            // There is no second arm: parameters and results are the same.
            self.frames[at].exits.push((start, field));
        }
        let joined = !self.frames[at].exits.is_empty();
        if self.reachable {
            self.end_segment();
            if joined {
                self.materialize_top(self.frames[at].results.len());
            }
        }
        if joined {
            let results = self.frames[at].results;
            self.resume(at, &results)?;
            let exits = core::mem::take(&mut self.frames[at].exits);
            exits.into_iter().for_each(|exit| self.patch(exit));
        } else if !self.reachable {
            while self.stack.len() > self.frames[at].base {
                self.pop();
            }
        }
        self.frames.pop();
        if self.reachable {
            self.begin_segment();
        }
        Ok(())
    }

    /// The end of the body: what is on the stack is the result.
    fn close_function(&mut self) -> Done {
        let exits = core::mem::take(&mut self.frames[0].exits);
        let results = self.frames[0].results;
        if self.reachable {
            self.return_operator()?;
        }
        if !exits.is_empty() {
            exits.into_iter().for_each(|exit| self.patch(exit));
            self.resume(0, &results)?;
            self.return_operator()?;
        }
        self.frames.pop();
        Ok(())
    }
}
