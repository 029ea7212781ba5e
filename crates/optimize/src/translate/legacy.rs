//! The earlier form of exceptions: `try`, `catch`, `catch_all`, `delegate`, `rethrow`.
//!
//! Clauses follow the body here, so the handler is translated clause by clause: each compares the tag and
//! leaves a block for what it does not catch. Inside a clause the try itself no longer catches.
//! Invariant: a clause keeps a reference to its exception, never the record. Read next: [`super::exception`].

use super::exception::{Clauses, Try};
use super::frames::Kind;
use super::{Handled, Translator};
use cranelift_codegen::ir::{Block, Value};
use holm_module::wasm::Operator;

/// A try whose body is over.
#[derive(Clone, Copy)]
pub(super) struct Caught {
    /// Where exceptions go that no clause so far has caught.
    uncaught: Option<Block>,
    /// The record of the exception, good until something else runs, and a reference to it; nothing when no
    /// exception can arrive.
    exception: Option<(Value, Value)>,
}

impl Translator<'_, '_> {
    pub(super) fn legacy_operator(&mut self, operator: &Operator<'_>) -> Handled {
        match operator {
            Operator::Try { blockty } => {
                self.open(Kind::LegacyTry, *blockty);
                let frame = self.frames.len() - 1;
                self.tries.push(Try { frame, handler: None, clauses: Clauses::Unknown });
            }
            Operator::Catch { tag_index } => self.clause(Some(*tag_index)),
            Operator::CatchAll => self.clause(None),
            Operator::Delegate { relative_depth } => self.delegate(*relative_depth),
            Operator::Rethrow { relative_depth } => self.rethrow(*relative_depth),
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// A clause of the innermost frame, which is a try that can be reached.
    pub(super) fn clause(&mut self, tag: Option<u32>) {
        let frame = self.frames.len() - 1;
        if self.reachable {
            self.fall_through(frame);
        }
        self.stack.truncate(self.frames[frame].base);
        let Some(mut open) = self.tries.pop() else { return };
        let mut caught = match open.clauses {
            Clauses::Caught(caught) => caught,
            _ => self.begin_clauses(open.handler),
        };
        if let (Some(block), Some((record, reference))) = (caught.uncaught, caught.exception) {
            if self.b.current_block() != Some(block) {
                self.switch_to_only(block);
            }
            caught.uncaught = tag.map(|tag| self.compare_tag(record, tag));
            self.keep_exception(reference);
            if let Some(tag) = tag {
                let values = self.values_of(record, tag);
                self.stack.extend(values);
            }
            self.reachable = true;
        }
        open.clauses = Clauses::Caught(caught);
        self.tries.push(open);
        if self.reachable {
            self.begin_segment();
        }
    }

    /// The end of a body. Ends in a block of its own, to which the first clause is to be added.
    fn begin_clauses(&mut self, handler: Option<Block>) -> Caught {
        let Some(handler) = handler else { return Caught { uncaught: None, exception: None } };
        self.switch_to_only(handler);
        let record = self.b.block_params(handler)[0];
        let reference = self.reference_to(record);
        Caught { uncaught: Some(handler), exception: Some((record, reference)) }
    }

    /// The end of a try; exceptions that no clause wanted go to the tries around it.
    pub(super) fn close_legacy_try(&mut self) {
        let Some(Try { frame, handler, clauses }) = self.tries.pop() else { return };
        let uncaught = match clauses {
            Clauses::Caught(Caught { uncaught, exception }) => {
                uncaught.zip(exception).map(|(block, (record, _))| (block, record))
            }
            _ => handler.map(|block| (block, self.b.block_params(block)[0])),
        };
        let Some((block, record)) = uncaught else { return };
        if self.reachable {
            self.fall_through(frame);
        }
        self.switch_to_only(block);
        self.pass_on(record, self.active_try());
    }

    /// The end of a try whose exceptions go to what is around another block.
    pub(super) fn delegate(&mut self, depth: u32) {
        let target = self.target(depth + 1);
        if let Some(Try { frame, handler: Some(handler), .. }) = self.tries.pop() {
            if self.reachable {
                self.fall_through(frame);
            }
            self.switch_to_only(handler);
            let record = self.b.block_params(handler)[0];
            self.pass_on(record, self.active_try_within(target));
        }
        self.close_frame();
    }

    /// Throws the exception of the clause that `depth` labels again.
    fn rethrow(&mut self, depth: u32) {
        let frame = self.target(depth);
        let open = self.tries.iter().find(|open| open.frame == frame);
        let exception = open.and_then(|open| match &open.clauses {
            Clauses::Caught(caught) => caught.exception,
            _ => None,
        });
        // Without an exception this place is not reached.
        if let Some((_, reference)) = exception {
            let reference = self.kept_exception(frame, reference);
            self.throw_reference(reference);
        }
    }
}
