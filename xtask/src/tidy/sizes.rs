//! Files stay small: an error over 1,000 lines, a warning over 600.
//!
//! Only sources that people write and read are counted; test data is not. The length of functions is
//! clippy's part, and `xtask/src/tidy/lints.rs` checks that clippy is told so.
//! Invariant: there is no list of exceptions.

use super::tree::{Finding, Tree};

#[cfg(test)]
mod tests;

const LINES_MAX: usize = 1_000;
const LINES_WARN: usize = 600;
const EXTENSIONS: &[&str] = &["rs", "md", "sh", "toml", "c", "cpp", "h", "zig", "go", "ts", "py"];

/// Counts the lines of every source.
pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in tree.files.iter().filter(|file| EXTENSIONS.contains(&file.extension())) {
        let lines = file.text.lines().count();
        if lines > LINES_MAX {
            let message = format!("{lines} lines: expected at most {LINES_MAX}; split by concept");
            findings.push(Finding::error(&file.path, 0, message));
        } else if lines > LINES_WARN {
            let message = format!("{lines} lines: more than {LINES_WARN}");
            findings.push(Finding::warning(&file.path, message));
        }
    }
    findings
}
