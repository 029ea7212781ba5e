//! One licence: in every manifest, in the file, and nothing published by accident.
//!
//! The licences of dependencies are the business of `deny.toml`.
//! Invariant: members inherit the expression from the root manifest.

use super::tree::{Finding, Tree};

#[cfg(test)]
mod tests;

const EXPRESSION: &str = "Apache-2.0 WITH LLVM-exception";
const FILE: &str = "LICENSE";
/// Words that the file must hold: the head of the licence and of the exception.
const PHRASES: &[&str] = &["Apache License", "Version 2.0, January 2004", "LLVM Exceptions"];

/// Checks the manifests and the licence file.
pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for package in &tree.packages {
        if package.licence.as_deref() != Some(EXPRESSION) {
            let found = package.licence.as_deref().unwrap_or("nothing");
            let message = format!("licence: expected {EXPRESSION}, found {found}");
            findings.push(Finding::error(&package.manifest, 0, message));
        }
        if package.is_published {
            let message = "expected publish.workspace = true (which is false)";
            findings.push(Finding::error(&package.manifest, 0, message));
        }
    }
    let text = tree.text(FILE).unwrap_or_default();
    for phrase in PHRASES.iter().filter(|phrase| !text.contains(**phrase)) {
        findings.push(Finding::error(FILE, 0, format!("expected the words {phrase}")));
    }
    findings
}
