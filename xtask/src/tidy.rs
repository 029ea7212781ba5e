//! `cargo xtask tidy`: the house rules that a machine can check.
//!
//! Each rule is one file in `xtask/src/tidy/` with a `check` function from the tree to findings, and a test
//! that shows it fail. Rules that clippy or rustfmt already know are not here.
//! Invariant: a check reads the tree and never changes it.
//! Read next: `xtask/src/tidy/tree.rs`.

mod changelog;
mod headers;
mod islands;
mod licence;
mod lints;
mod named_paths;
mod ranks;
mod rust_text;
mod sizes;
mod text;
mod tree;
mod walls;

use crate::{Outcome, complain, say};
use tree::{Finding, Tree};

/// A rule: what it finds in a tree.
type Check = fn(&Tree) -> Vec<Finding>;

/// The rules, in the order they are reported.
const CHECKS: &[(&str, Check)] = &[
    ("ranks", ranks::check),
    ("walls", walls::check),
    ("islands", islands::check),
    ("lints", lints::check),
    ("licence", licence::check),
    ("headers", headers::check),
    ("sizes", sizes::check),
    ("named paths", named_paths::check),
    ("text", text::check),
    ("changelog", changelog::check),
];

/// Runs every check and fails when one of them has found an error.
pub(crate) fn run(_arguments: &[String]) -> Outcome {
    let tree = Tree::read(&crate::root())?;
    let mut errors = 0_usize;
    let mut warnings = 0_usize;
    for (name, check) in CHECKS {
        for finding in check(&tree) {
            if finding.is_warning {
                warnings += 1;
                say(&format!("warning: {finding} [{name}]"));
            } else {
                errors += 1;
                complain(&format!("error: {finding} [{name}]"));
            }
        }
    }
    let checks = CHECKS.len();
    let files = tree.files.len();
    say(&format!("tidy: {checks} checks, {files} files, {errors} errors, {warnings} warnings"));
    if errors == 0 { Ok(()) } else { Err(format!("{errors} house rules broken")) }
}
