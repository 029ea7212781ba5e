//! Counts which instruction follows which, in builds that are made for that.
//!
//! Not here: what is made of it (see `xtask/src/bench/successors.rs`). Invariant: one thread is counted
//! exactly; threads that run at the same time may lose counts and make up pairs. Read next: [`super::likely`].

use super::describe::Description;
use super::table::NUMBERS;
use alloc::string::String;
use core::sync::atomic::{AtomicU32, AtomicUsize, Ordering};

static PAIRS: [AtomicU32; NUMBERS * NUMBERS] = [const { AtomicU32::new(0) }; NUMBERS * NUMBERS];
static LAST: AtomicUsize = AtomicUsize::new(0);

/// Counts that an instruction comes next.
pub(super) fn count(number: usize) {
    let last = LAST.load(Ordering::Relaxed);
    LAST.store(number, Ordering::Relaxed);
    let pair = &PAIRS[last * NUMBERS + number];
    // Much faster than adding at once.
    pair.store(pair.load(Ordering::Relaxed).wrapping_add(1), Ordering::Relaxed);
}

/// Tells all pairs that there were: the first instruction, the one after it, and how often.
pub(crate) fn visit(visitor: &mut dyn FnMut(u16, u16, u32)) {
    for first in 0..NUMBERS {
        for second in 0..NUMBERS {
            let count = PAIRS[first * NUMBERS + second].load(Ordering::Relaxed);
            if count > 0 {
                #[expect(clippy::cast_possible_truncation, reason = "numbers have 16 bits")]
                visitor(first as u16, second as u16, count);
            }
        }
    }
}

/// An instruction's name and those of its fields.
pub(crate) fn name(number: u16) -> String {
    Description::of(number).map(Description::text).unwrap_or_default()
}
