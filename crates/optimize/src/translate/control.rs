//! Blocks, branches, `unreachable`, `return`.
//!
//! A block's exit is made by the first branch to it; a block that is only left at its end costs nothing.
//! `br_table` has one shape: Cranelift's clamped table of offsets. Read next: [`super::frames`].

use super::frames::{Kind, Otherwise, block_args};
use super::{Handled, Translator, trap};
use crate::error::Failure;
use cranelift_codegen::ir::{Block, InstBuilder, JumpTableData, Value};
use holm_module::wasm::{BlockType, BrTable, Operator};
use holm_spec::trap::TrapReason;

impl Translator<'_, '_> {
    pub(super) fn control_operator(&mut self, operator: &Operator<'_>) -> Handled {
        match operator {
            Operator::Block { blockty } => self.open(Kind::Block, *blockty),
            Operator::Loop { blockty } => self.open_loop(*blockty)?,
            Operator::If { blockty } => self.open_if(*blockty),
            Operator::Else => self.otherwise(),
            Operator::End => self.close(),
            Operator::Br { relative_depth } => self.branch(*relative_depth),
            Operator::BrIf { relative_depth } => self.branch_if(*relative_depth),
            Operator::BrTable { targets } => self.branch_table(targets)?,
            Operator::Return => self.return_operator(),
            Operator::Unreachable => {
                self.b.ins().trap(trap::code(TrapReason::Unreachable));
                self.leave();
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// An operator that no execution reaches: only the nesting counts.
    pub(super) fn unreachable_operator(&mut self, operator: &Operator<'_>) -> Result<(), Failure> {
        match operator {
            Operator::Block { blockty }
            | Operator::Loop { blockty }
            | Operator::Try { blockty } => self.open(Kind::Block, *blockty),
            Operator::TryTable { try_table } => self.open(Kind::Block, try_table.ty),
            Operator::If { blockty } => self.open(Kind::If(Otherwise::Nowhere), *blockty),
            Operator::Else => self.otherwise(),
            Operator::Catch { tag_index } if self.is_in_try() => self.clause(Some(*tag_index)),
            Operator::CatchAll if self.is_in_try() => self.clause(None),
            Operator::Delegate { relative_depth } if self.is_in_try() => {
                self.delegate(*relative_depth);
            }
            Operator::End | Operator::Delegate { .. } => self.close(),
            _ => {}
        }
        Ok(())
    }

    /// Whether the innermost block is a `try` that could be reached.
    fn is_in_try(&self) -> bool {
        self.frames.last().is_some_and(|frame| matches!(frame.kind, Kind::LegacyTry))
    }

    /// What follows cannot be reached until a block ends.
    pub(super) fn leave(&mut self) {
        self.end_segment();
        self.reachable = false;
    }

    fn open_loop(&mut self, ty: BlockType) -> Result<(), Failure> {
        self.end_segment();
        let (params, _) = self.block_type(ty);
        let header = self.block_with_params(&params);
        let values = self.pop_canonical(params.len());
        self.jump(header, &values);
        self.enter_from_slots(header, &params)?;
        let base = self.stack.len();
        self.enter(header, base);
        self.poll_loop();
        self.open(Kind::Loop(header), ty);
        self.begin_segment();
        Ok(())
    }

    fn open_if(&mut self, ty: BlockType) {
        self.end_segment();
        let condition = self.pop();
        let (params, results) = self.block_type(ty);
        let values = self.peek_canonical(params.len());
        let then = self.b.create_block();
        let hint = self.hint();
        self.open(Kind::If(Otherwise::Nowhere), ty);
        let frame = self.frames.len() - 1;
        let otherwise = if *params == *results {
            let exit = self.cold_target_block(frame, hint == Some(true));
            let args = block_args(&values);
            Otherwise::Exit(self.b.ins().brif(condition, then, &[], exit, &args))
        } else {
            let block = self.b.create_block();
            self.b.ins().brif(condition, then, &[], block, &[]);
            Otherwise::Block(block)
        };
        self.frames[frame].kind = Kind::If(otherwise);
        self.frames[frame].is_otherwise_cold = self.is_cold || hint == Some(true);
        self.b.seal_block(then);
        self.b.switch_to_block(then);
        self.set_cold(self.is_cold || hint == Some(false));
        let base = self.frames[frame].base;
        self.stack.truncate(base);
        self.stack.extend_from_slice(&values);
        self.frames[frame].if_params = values;
        self.begin_segment();
    }

    fn otherwise(&mut self) {
        let frame = self.frames.len() - 1;
        if self.reachable {
            self.fall_through(frame);
        }
        let Kind::If(otherwise) = self.frames[frame].kind else { return };
        self.frames[frame].kind = Kind::Else;
        let values = std::mem::take(&mut self.frames[frame].if_params);
        let base = self.frames[frame].base;
        let is_cold = self.frames[frame].is_otherwise_cold;
        match otherwise {
            Otherwise::Nowhere => return,
            Otherwise::Block(block) => {
                self.switch_to_only(block);
                self.stack.truncate(base);
                self.stack.extend_from_slice(&values);
            }
            Otherwise::Exit(branch) => {
                // The branch hands the parameters to whatever it goes to.
                let block = self.block_with_params(&{ self.frames[frame].params });
                self.redirect(branch, block);
                self.b.seal_block(block);
                self.enter(block, base);
            }
        }
        self.reachable = true;
        self.set_cold(is_cold);
        self.begin_segment();
    }

    /// Makes the zero case of an `if` go to `block` instead of the exit.
    fn redirect(&mut self, branch: cranelift_codegen::ir::Inst, block: Block) {
        let frame = self.frames.len() - 1;
        let exit = self.exit_block(frame);
        self.b.change_jump_destination(branch, exit, block);
    }

    fn close(&mut self) {
        let frame = self.frames.len() - 1;
        if let Kind::Function = self.frames[frame].kind {
            return self.close_function();
        }
        if let Kind::LoopCopy(_) = self.frames[frame].kind {
            return self.close_copy();
        }
        match self.frames[frame].kind {
            Kind::Try => self.close_try(),
            Kind::LegacyTry => self.close_legacy_try(),
            _ => {}
        }
        self.close_frame();
    }

    /// The end of a block that is not a body.
    pub(super) fn close_frame(&mut self) {
        let frame = self.frames.len() - 1;
        let joined = self.frames[frame].exit.is_some();
        if joined && self.reachable {
            self.fall_through(frame);
        } else if self.reachable {
            self.end_segment();
        }
        let Some(frame) = self.frames.pop() else { return };
        if let Kind::Loop(header) = frame.kind {
            self.b.seal_block(header);
        }
        match frame.exit {
            Some(exit) => {
                self.b.seal_block(exit);
                self.enter(exit, frame.base);
                self.set_cold(!frame.is_warm);
            }
            None if !self.reachable => self.stack.truncate(frame.base),
            None => {}
        }
        self.restore_operands();
        if self.reachable {
            self.begin_segment();
        }
    }

    /// The end of a loop's copy: all copies end at the same place.
    fn close_copy(&mut self) {
        let ends = self.reachable;
        if ends {
            self.fall_through(self.frames.len() - 1);
        }
        self.frames.pop();
        self.reachable = ends;
    }

    /// The end of the body: what is on the stack is the result.
    fn close_function(&mut self) {
        let exit = self.frames[0].exit;
        if self.reachable {
            if exit.is_some() {
                self.fall_through(0);
            } else {
                self.return_operator();
            }
        }
        if let Some(exit) = exit {
            self.b.seal_block(exit);
            self.enter(exit, 0);
            self.set_cold(!self.frames[0].is_warm);
            self.return_operator();
        }
        self.frames.pop();
    }

    /// Reaches the end of a frame from above.
    pub(super) fn fall_through(&mut self, frame: usize) {
        self.end_segment();
        let values = self.peek_canonical(self.frames[frame].results.len());
        let exit = self.exit_block(frame);
        self.jump(exit, &values);
        self.reachable = false;
    }

    fn branch(&mut self, depth: u32) {
        self.end_segment();
        let frame = self.target(depth);
        let values = self.peek_canonical(self.target_arity(frame));
        let block = self.target_block(frame);
        self.jump(block, &values);
        self.leave();
    }

    fn branch_if(&mut self, depth: u32) {
        self.end_segment();
        let condition = self.pop();
        let frame = self.target(depth);
        let values = self.peek_canonical(self.target_arity(frame));
        let hint = self.hint_within_round(frame);
        let block = self.cold_target_block(frame, hint == Some(false));
        let next = self.b.create_block();
        let args = block_args(&values);
        self.b.ins().brif(condition, block, &args, next, &[]);
        self.b.seal_block(next);
        self.b.switch_to_block(next);
        self.set_cold(self.is_cold || hint == Some(true));
        self.begin_segment();
    }

    fn branch_table(&mut self, targets: &BrTable<'_>) -> Result<(), Failure> {
        self.end_segment();
        let index = self.pop();
        let default = self.target(targets.default());
        let values = self.peek_canonical(self.target_arity(default));
        let args = block_args(&values);
        let mut calls = Vec::with_capacity(targets.len() as usize);
        for depth in targets.targets() {
            let frame = self.target(depth?);
            let block = self.target_block(frame);
            calls.push(self.b.func.dfg.block_call(block, &args));
        }
        let block = self.target_block(default);
        let default = self.b.func.dfg.block_call(block, &args);
        let table = self.b.create_jump_table(JumpTableData::new(default, &calls));
        self.b.ins().br_table(index, table);
        self.leave();
        Ok(())
    }

    fn return_operator(&mut self) {
        self.end_segment();
        let values = self.peek_canonical(self.frames[self.body_frame].results.len());
        if self.body_frame == 0 {
            self.return_values(&values);
        } else {
            let exit = self.exit_block(self.body_frame);
            self.jump(exit, &values);
        }
        self.leave();
    }

    /// Leaves the function with these results.
    fn return_values(&mut self, values: &[Value]) {
        match self.result_buffer {
            Some(buffer) => {
                self.store_results(buffer, values);
                self.b.ins().return_(&[]);
            }
            None => {
                self.b.ins().return_(values);
            }
        }
    }
}
