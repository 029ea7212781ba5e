//! `unsafe` only on the islands, and `#![forbid(unsafe_code)]` on every library and program of
//! every other crate.
//!
//! The word is looked for in code only: comments and strings are blanked first. That each block says why
//! it is sound is clippy's part (`undocumented_unsafe_blocks`).
//! Invariant: an island is a path prefix, so that a crate can be an island in one module only.
//! Read next: `xtask/src/tidy/rust_text.rs`.

use super::rust_text::{code_only, words};
use super::tree::{Finding, Tree};

#[cfg(test)]
mod tests;

/// Where the word may stand. The file of `abi` only has the types of the interpreter's unsafe entries; its crate
/// forbids unsafe code all the same.
const ISLANDS: &[&str] =
    &["crates/vm/", "crates/interp/src/executor", "crates/abi/src/interpreter.rs", "hosts/c-api/"];

/// Crates that hold an island and so cannot forbid.
const ISLAND_CRATES: &[&str] = &["holm-vm", "holm-interp", "holm-c-api"];

const FORBID: &str = "#![forbid(unsafe_code)]";

/// Looks for missing attributes, then for the word itself.
pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for package in &tree.packages {
        if ISLAND_CRATES.contains(&package.name.as_str()) {
            continue;
        }
        for root in &package.roots {
            let forbids = tree.text(root).is_some_and(|text| code_only(text).contains(FORBID));
            if !forbids {
                findings.push(Finding::error(root, 0, format!("expected {FORBID}, found none")));
            }
        }
    }
    for file in tree.rust() {
        if ISLANDS.iter().any(|island| file.path.starts_with(island)) {
            continue;
        }
        for (line, text) in code_only(&file.text).lines().enumerate() {
            if words(text).any(|word| word == "unsafe") {
                let message = format!("unsafe outside the islands {}", ISLANDS.join(", "));
                findings.push(Finding::error(&file.path, line + 1, message));
            }
        }
    }
    findings
}
