//! `CHANGELOG.md` has a section for what is not released yet, first and not empty.
//!
//! It does not judge the words. Invariant: the first heading of the second level is that section.

use super::tree::{Finding, Tree};

#[cfg(test)]
mod tests;

const FILE: &str = "CHANGELOG.md";
const HEADING: &str = "## Unreleased";

/// Looks for the section.
pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
    let text = tree.text(FILE).unwrap_or_default();
    let mut sections = text.lines().skip_while(|line| !line.starts_with("## "));
    if sections.next().map(str::trim) != Some(HEADING) {
        return vec![Finding::error(FILE, 0, format!("expected {HEADING} as its first section"))];
    }
    let mut body = sections.take_while(|line| !line.starts_with("## "));
    if body.all(|line| line.trim().is_empty()) {
        return vec![Finding::error(FILE, 0, format!("{HEADING} is empty"))];
    }
    Vec::new()
}
