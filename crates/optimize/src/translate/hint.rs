//! Code that is seldom reached, as far as the file's branch hints tell, or a profile where there are none: it lies behind the
//! rest of its function, and calls there are not inlined.
//!
//! A place is cold if every way there is a branch that is seldom taken or begins at a cold place. Only ways
//! within one round of a loop count: a loop is left less often than it goes round, yet what follows may be
//! reached as often as what is before it. Not here: reading hints (see `holm-module`).
//! Invariant: hints move blocks and change nothing else. Read next: [`super::control`].

use super::Translator;
use super::frames::Kind;
use cranelift_codegen::ir::Block;
use holm_abi::Share;

/// What was seen fewer times says nothing.
pub(super) const SEEN_MIN: u32 = 32;
/// What happened fewer times than one in so many is seldom.
const SELDOM_DIVISOR: u32 = 50;

/// Whether enough was seen to say that something is seldom so.
pub(super) fn is_seldom(Share { times, of }: Share) -> bool {
    of >= SEEN_MIN && times <= of / SELDOM_DIVISOR
}

impl Translator<'_, '_> {
    /// Whether the branch at hand is mostly taken, if the file says so.
    pub(super) fn hint(&self) -> Option<bool> {
        self.hint_of_file().or_else(|| self.hint_of_profile())
    }

    fn hint_of_profile(&self) -> Option<bool> {
        let seen = self.env.profile.branch(self.inlining.current()?, self.places.here())?;
        match seen.of.checked_sub(seen.times) {
            _ if is_seldom(seen) => Some(false),
            Some(times) if is_seldom(Share { times, ..seen }) => Some(true),
            _ => None,
        }
    }

    fn hint_of_file(&self) -> Option<bool> {
        let hints = &self.env.module.branch_hints;
        if hints.is_empty() {
            return None;
        }
        let defined = self.inlining.current()?;
        let start = self.env.known.body(defined)?.range.start;
        let distance = u64::from(self.places.here()).checked_sub(start)?;
        let function = self.env.module.function_index(defined);
        hints.is_taken(function, u32::try_from(distance).ok()?)
    }

    /// The same for a branch to a frame; nothing if it leaves a loop or begins its next round.
    pub(super) fn hint_within_round(&self, frame: usize) -> Option<bool> {
        let is_loop = |kind| matches!(kind, Kind::Loop(_) | Kind::LoopCopy(_));
        let crosses = self.frames[frame..].iter().any(|frame| is_loop(frame.kind));
        if crosses { None } else { self.hint() }
    }

    /// The block that a branch to a frame goes to, if that way is seldom taken.
    pub(super) fn cold_target_block(&mut self, frame: usize, is_cold: bool) -> Block {
        let before = self.is_cold;
        self.is_cold |= is_cold;
        let block = self.target_block(frame);
        self.is_cold = before;
        block
    }

    /// Says whether the present block, and what follows, is cold.
    pub(super) fn set_cold(&mut self, is_cold: bool) {
        self.is_cold = is_cold;
        if is_cold && let Some(block) = self.b.current_block() {
            self.b.set_cold_block(block);
        }
    }
}
