//! Every Rust file says in its first line what it is, with `//!`.
//!
//! What the words should say (what it is, what it is not, its invariant, what to read next) is for a
//! reviewer; that they are there is for this check.
//! Invariant: nothing stands above the words, no attribute and no blank line.

use super::tree::{Finding, Tree};

#[cfg(test)]
mod tests;

/// Reads the first line of every Rust file.
pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
    let says_something = |text: &str| {
        text.lines()
            .next()
            .and_then(|first| first.strip_prefix("//! "))
            .is_some_and(|words| words.split_whitespace().count() >= 2)
    };
    tree.rust()
        .filter(|file| !says_something(&file.text))
        .map(|file| Finding::error(&file.path, 1, "expected a `//!` line that says what it is"))
        .collect()
}
