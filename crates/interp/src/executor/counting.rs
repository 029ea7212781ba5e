//! Counts which instruction follows which, in builds that are made for that.
//!
//! Not here: what is made of it (see `xtask/src/bench/successors.rs`). Invariant: one thread is counted
//! exactly; threads that run at the same time may lose counts and make up pairs. Read next: [`super::likely`].

use super::describe::Description;
use super::table::NUMBERS;
use alloc::format;
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

/// A line per pair of instructions that ran one after the other: how often, then the number of each and its name with its
/// fields, separated by tabulators.
#[must_use]
pub fn pairs() -> String {
    let named = |number: usize| {
        let description = u16::try_from(number).ok().and_then(Description::of);
        format!("{number}\t{}", description.map(Description::text).unwrap_or_default())
    };
    let mut lines = String::new();
    for first in 0..NUMBERS {
        for second in 0..NUMBERS {
            let count = PAIRS[first * NUMBERS + second].load(Ordering::Relaxed);
            if count > 0 {
                lines.push_str(&format!("{count}\t{}\t{}\n", named(first), named(second)));
            }
        }
    }
    lines
}
