//! What indirect calls call: noted while functions are interpreted that may be promoted.
//!
//! An instruction of its own before each such call notes the target in the function's code, by the target's place among
//! the functions of the instance that references can be to. Of all targets one is kept: each further sight of it
//! is a vote for it, each of another one against it, and the one that has no votes left gives way.
//! Not here: what becomes of it (see `Profile`). Invariant: threads that note at the same time may lose votes, nothing else.
//! Read next: [`super::tiering`].

use super::atomic::AtomicU64;
use super::body::{Body, Field, Source, join};
use super::call::split;
use super::regs::{Regs, Step};
use crate::PROMOTES;
use core::marker::PhantomData;
use core::sync::atomic::Ordering;
use holm_abi::layout;

/// After so many calls nothing more is noted.
const SEEN_MAX: u64 = 1 << 12;
/// What has fewer votes than one in so many calls is not called nearly always.
const VOTES_SHARE: u64 = 2;
/// Calls that say nothing yet.
const SEEN_MIN: u64 = 2;

/// One call, and what was seen there: from the lowest bit on, 32 bits of the target, 16 of votes, 16 of calls.
#[derive(Debug)]
pub(crate) struct Site {
    /// The operator's offset in the wasm bytes.
    pub(crate) offset: u32,
    seen: AtomicU64,
}

impl Site {
    pub(crate) const fn new(offset: u32) -> Self {
        Self { offset, seen: AtomicU64::new(0) }
    }

    /// Notes a call.
    #[inline(always)]
    pub(super) fn note(&self, rank: u32) {
        let seen = self.seen.load(Ordering::Relaxed);
        let (calls, votes) = (seen >> 48, (seen >> 32) & 0xffff);
        if calls >= SEEN_MAX {
            return;
        }
        let same = seen & u64::from(u32::MAX) == u64::from(rank);
        let (target, votes) = match (same, votes) {
            (true, votes) => (rank.into(), votes + 1),
            (false, 0) => (rank.into(), 1),
            (false, votes) => (seen & u64::from(u32::MAX), votes - 1),
        };
        self.seen.store(((calls + 1) << 48) | (votes << 32) | target, Ordering::Relaxed);
    }

    /// The target that was called nearly every time, if there is one.
    pub(crate) fn target(&self) -> Option<u32> {
        let seen = self.seen.load(Ordering::Relaxed);
        let (calls, votes) = (seen >> 48, (seen >> 32) & 0xffff);
        let target = u32::try_from(seen & u64::from(u32::MAX)).ok()?;
        (calls >= SEEN_MIN && votes * VOTES_SHARE >= calls).then_some(target)
    }
}

/// Notes a reference that is about to be called.
#[inline(always)]
fn note(r: &Regs, reference: u32) {
    if !PROMOTES {
        return;
    }
    let first: u32 = r.context(layout::FUNCTIONS_FIRST);
    let code = r.function(1).code();
    if let Some(site) = code.and_then(|code| code.sites.get(usize::from(r.unit(3)))) {
        site.note(reference.wrapping_sub(first));
    }
}

/// The entry of a table that is about to be called: the function, the call's number in it, the table in the context; then the
/// index.
pub(super) struct NoteEntry<X, const IMPORTED: bool>(PhantomData<X>);

impl<X: Source<i32>, const IMPORTED: bool> Body for NoteEntry<X, IMPORTED> {
    const NAME: &'static str = "note.entry";
    const FIELDS: &'static [Field] =
        &join(&[&[Field::Function, Field::Small, Field::Context], X::FIELDS]);
    #[inline(always)]
    fn step(r: Regs) -> Step {
        let index = X::get(&r, 6).cast_unsigned();
        let definition = r.definition::<IMPORTED>(r.offset(4));
        if PROMOTES && let Some(entry) = r.table_entry(definition, u64::from(index)) {
            let (_, reference) = split((entry >> 64) as u64);
            #[expect(clippy::cast_possible_truncation, reason = "references have 32 bits")]
            note(&r, reference as u32);
        }
        Ok(r.advance(Self::UNITS))
    }
}

/// A reference that is about to be called: the function, the call's number in it, the reference.
pub(super) struct NoteReference;

impl Body for NoteReference {
    const NAME: &'static str = "note.reference";
    const FIELDS: &'static [Field] = &[Field::Function, Field::Small, Field::Slot];
    #[inline(always)]
    fn step(r: Regs) -> Step {
        #[expect(clippy::cast_possible_truncation, reason = "references have 32 bits")]
        note(&r, r.operand(4) as u32);
        Ok(r.advance(Self::UNITS))
    }
}
