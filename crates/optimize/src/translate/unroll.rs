//! Small innermost loops, translated several times over.
//!
//! The copies are chained: the way back from each leads to the next, from the last to the first. Only the first
//! polls, and what one copy has computed or loaded is known in the next. A copy can be left at any
//! point, so the number of rounds does not matter.
//! Invariant: every cycle passes the first copy's header, hence a poll. Read next: [`super::poll`].

use super::Translator;
use super::frames::{Frame, Kind};
use crate::error::Failure;
use holm_module::FunctionBody;
use holm_module::wasm::{BlockType, Operator, OperatorsReader};

/// How large a loop may be to be translated several times.
struct Sizes {
    /// The most operators for four times.
    fourfold: u32,
    /// The most operators for twice.
    twofold: u32,
}

/// For a loop that lies in no other.
const OUTER: Sizes = Sizes { fourfold: 14, twofold: 24 };
/// For a loop inside of another, where more of the time goes.
const INNER: Sizes = Sizes { fourfold: 20, twofold: 36 };
/// Operators that a function may gain whatever its size, besides a sixteenth of its own.
const GROWTH_MIN: u32 = 48;
/// Operators that a function may gain at most.
const GROWTH_MAX: u32 = 128;

impl Translator<'_, '_> {
    /// Operators that the loops of a function with this body may add.
    pub(super) fn loop_growth(body: &FunctionBody) -> u32 {
        (GROWTH_MIN + body.operators / 16).min(GROWTH_MAX)
    }

    /// How often the body of a loop, which `operators` stand at, is to be translated.
    pub(super) fn loop_copies(
        &mut self,
        operators: &OperatorsReader<'_>,
    ) -> Result<usize, Failure> {
        if !self.expands {
            return Ok(1);
        }
        let in_loop = |frame: &Frame<'_>| matches!(frame.kind, Kind::Loop(_));
        let sizes = if self.frames.iter().any(in_loop) { INNER } else { OUTER };
        let mut operators = operators.clone();
        let (mut nesting, mut goes_back) = (0, false);
        for count in 1..=sizes.twofold {
            match operators.read()? {
                Operator::Block { .. } | Operator::If { .. } => nesting += 1,
                Operator::End if nesting == 0 => {
                    let copies = if count <= sizes.fourfold { 4 } else { 2 };
                    let growth = count * (copies - 1);
                    if !goes_back || growth > self.loop_growth {
                        return Ok(1);
                    }
                    self.loop_growth -= growth;
                    return Ok(copies as usize);
                }
                Operator::End => nesting -= 1,
                Operator::Br { relative_depth } | Operator::BrIf { relative_depth } => {
                    goes_back |= relative_depth == nesting;
                }
                Operator::Loop { .. }
                | Operator::TryTable { .. }
                | Operator::Try { .. }
                | Operator::BrTable { .. }
                | Operator::Call { .. }
                | Operator::CallIndirect { .. } => return Ok(1),
                _ => {}
            }
        }
        Ok(1)
    }

    /// Translates a loop, whose body is next in `operators`, so many times.
    pub(super) fn unrolled_loop(
        &mut self,
        ty: BlockType,
        operators: &mut OperatorsReader<'_>,
        copies: usize,
    ) -> Result<(), Failure> {
        let (params, results) = self.block_type(ty);
        let headers: Vec<_> = (0..copies).map(|_| self.block_with_params(&params)).collect();
        let exit = self.block_with_params(&results);
        let values = self.pop_canonical(params.len());
        let base = self.stack.len();
        self.jump(headers[0], &values);
        self.enter_from_slots(headers[0], &params)?;
        let (mut ends, is_cold) = (false, self.is_cold);
        for copy in 0..copies {
            if copy > 0 {
                self.b.seal_block(headers[copy]);
            }
            self.enter(headers[copy], base);
            self.set_cold(is_cold);
            if copy == 0 {
                self.poll_loop();
            }
            let kind = Kind::LoopCopy(headers[(copy + 1) % copies]);
            let frame = Frame::new(kind, base, params, results);
            self.frames.push(Frame { exit: Some(exit), ..frame });
            if copy + 1 < copies {
                self.until_closed(&mut operators.clone())?;
            } else {
                self.until_closed(operators)?;
            }
            ends |= self.reachable;
        }
        self.b.seal_block(headers[0]);
        self.b.seal_block(exit);
        self.reachable = ends;
        if ends {
            self.enter(exit, base);
            self.set_cold(is_cold);
        } else {
            self.stack.truncate(base);
        }
        self.restore_operands();
        Ok(())
    }

    /// Translates operators until the innermost frame is closed.
    fn until_closed(&mut self, operators: &mut OperatorsReader<'_>) -> Result<(), Failure> {
        let depth = self.frames.len();
        while self.frames.len() >= depth {
            self.step(operators)?;
        }
        Ok(())
    }
}
