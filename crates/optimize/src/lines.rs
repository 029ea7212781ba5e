//! Where in a line of code a function may begin.
//!
//! Processors fetch instructions by lines of 64 bytes. If a loop's head is among the last bytes of a line, each round begins
//! with a fetch of an instruction or two, and so does whatever follows a branch that was predicted wrongly.
//! Cranelift aligns functions and nothing inside of them. So a function may begin at those halves of a line from
//! which its loops' heads lie well, the inner ones first. A head is found by its poll.
//! Not here: putting functions there, see [`crate::link`].
//! Invariant: the answer depends on the function's code alone; a function without loops begins where functions do.

use holm_abi::code::LINE_BYTES;

/// Functions begin at multiples of this. In between one gained nothing and another lost 7 %.
const STEP_BYTES: u32 = 32;
/// Steps of a line.
const STEPS: u32 = LINE_BYTES / STEP_BYTES;
/// A head with fewer bytes than this behind it in its line lies badly.
const AHEAD_BYTES: u32 = 16;
/// What stands between a loop's head and its poll: a copy of the anchor.
const BEFORE_POLL_BYTES: u32 = 3;
/// Loops nested deeper count as being nested so deep.
const DEPTH_MAX: u32 = 6;

/// A poll at the head of a loop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Head {
    /// Where it is in the function's code.
    pub(crate) poll: u32,
    /// How many loops there are around the loop.
    pub(crate) depth: u32,
}

/// The steps of a line at which a function may begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Begins(u32);

impl Default for Begins {
    /// Those of a function without loops.
    fn default() -> Self {
        Self((1 << STEPS) - 1)
    }
}

impl Begins {
    /// Those from which heads lie best.
    pub(crate) fn best(heads: &[Head]) -> Self {
        let badness = |step: u32| heads.iter().map(|head| badness(*head, step)).sum::<u64>();
        let least = (0..STEPS).map(badness).min().unwrap_or_default();
        let best = (0..STEPS).filter(|step| badness(*step) == least);
        Self(best.fold(0, |all, step| all | 1 << step))
    }

    /// The first place from `at` on.
    pub(crate) fn next(self, at: usize) -> usize {
        let (step, line) = (STEP_BYTES as usize, LINE_BYTES as usize);
        let at = at.next_multiple_of(step);
        let fits = |at: &usize| self.0 >> (at % line / step) & 1 != 0;
        (at..).step_by(step).take(STEPS as usize).find(fits).unwrap_or(at)
    }
}

/// How badly a head lies if its function begins at this step of a line.
fn badness(head: Head, step: u32) -> u64 {
    let at = (head.poll + step * STEP_BYTES).wrapping_sub(BEFORE_POLL_BYTES) % LINE_BYTES;
    if LINE_BYTES - at < AHEAD_BYTES { 1 << (4 * head.depth.min(DEPTH_MAX)) } else { 0 }
}

#[cfg(test)]
mod tests;
