//! The lints that carry house rules are on: in the workspace, in every member, with the agreed numbers.
//!
//! It runs no lint itself; `.ci/run` runs clippy. Invariant: every member inherits `[workspace.lints]`, so
//! that a rule switched on once is on everywhere.
//! Read next: `clippy.toml`, `crates/clippy.toml`.

use super::tree::{Finding, Tree};

#[cfg(test)]
mod tests;

/// Lints that must be `deny` in the root manifest.
const DENIED: &[&str] = &[
    "allow_attributes_without_reason",
    "cast_possible_truncation",
    "cast_sign_loss",
    "dbg_macro",
    "disallowed_methods",
    "disallowed_types",
    "missing_docs",
    "missing_errors_doc",
    "missing_panics_doc",
    "missing_safety_doc",
    "multiple_unsafe_ops_per_block",
    "print_stderr",
    "print_stdout",
    "todo",
    "too_many_arguments",
    "too_many_lines",
    "undocumented_unsafe_blocks",
    "uninlined_format_args",
    "unreachable_pub",
    "unsafe_code",
    "unsafe_op_in_unsafe_fn",
    "unwrap_used",
];

/// Numbers that every `clippy.toml` must carry: clippy reads only the nearest one.
const NUMBERS: &[&str] = &["too-many-lines-threshold = 70", "too-many-arguments-threshold = 5"];

/// Checks the root manifest, the members and the settings of clippy.
pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    let root = tree.text("Cargo.toml").unwrap_or_default();
    for lint in DENIED {
        if !root.lines().any(|line| line.trim() == format!("{lint} = \"deny\"")) {
            findings.push(Finding::error("Cargo.toml", 0, format!("expected {lint} = \"deny\"")));
        }
    }
    for package in &tree.packages {
        let manifest = tree.text(&package.manifest).unwrap_or_default();
        if !manifest.contains("[lints]\nworkspace = true") {
            let message = "expected [lints] workspace = true";
            findings.push(Finding::error(&package.manifest, 0, message));
        }
    }
    let settings = |path: &str| path == "clippy.toml" || path.ends_with("/clippy.toml");
    for file in tree.files.iter().filter(|file| settings(&file.path)) {
        for number in NUMBERS {
            if !file.text.lines().any(|line| line.trim() == *number) {
                findings.push(Finding::error(&file.path, 0, format!("expected {number}")));
            }
        }
    }
    findings
}
