//! Which instruction followed which, in builds with the feature `counting`.
//!
//! Not here: the counting (see `executor::counting`). Invariant: what is told is of the whole process so far.
//! Read next: `ops::successors`, which is made of this.

use crate::executor::counting;
use alloc::format;
use alloc::string::String;

/// A line per pair of instructions that ran one after the other: how often, then the number of each and its name with its
/// fields, separated by tabulators.
#[must_use]
pub fn pairs() -> String {
    let mut lines = String::new();
    counting::visit(&mut |first, second, count| {
        let [first, second] =
            [first, second].map(|number| format!("{number}\t{}", counting::name(number)));
        lines.push_str(&format!("{count}\t{first}\t{second}\n"));
    });
    lines
}
