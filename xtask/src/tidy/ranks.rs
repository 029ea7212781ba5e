//! Dependencies between our crates point downward, and a few that would point downward are refused too.
//!
//! The ranks are those of `ARCHITECTURE.md`. Development dependencies keep the same rule: a test that needs
//! a higher crate belongs to that crate or to `tests/`.
//! Invariant: every member of the workspace has a rank here.
//! Read next: `xtask/src/tidy/walls.rs`.

use super::tree::{Finding, Tree};

#[cfg(test)]
mod tests;

/// Crates by rank, lowest first; crates of one rank do not know each other.
const RANKS: &[&[&str]] = &[
    &["holm-spec"],
    &["holm-module", "holm-abi"],
    &["holm-interp", "holm-baseline", "holm-optimize", "holm-verify", "holm-vm"],
    &["holm-runtime"],
    &["holm-component"],
    &["holm"],
    &["holm-wasi", "holm-wast", "holm-cache"],
    &["holm-c-api", "holm-cli"],
    &["holm-tests", "holm-bench"],
    &["xtask"],
];

/// Edges that point downward and are refused all the same, each with the reason.
const REFUSED: &[(&str, &str, &str)] = &[
    ("holm-vm", "holm-module", "a live instance is built from layouts, never from a module"),
    ("holm-runtime", "holm-optimize", "only holm knows the tiers"),
    ("holm-runtime", "holm-interp", "only holm knows the tiers"),
    ("holm-runtime", "holm-baseline", "only holm knows the tiers"),
];

/// Compares every edge between members with the ranks.
pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for package in &tree.packages {
        let Some(rank) = rank_of(&package.name) else {
            findings.push(Finding::error(
                &package.manifest,
                0,
                format!("{} has no rank: give it one in xtask/src/tidy/ranks.rs", package.name),
            ));
            continue;
        };
        for dependency in &package.dependencies {
            let Some(below) = rank_of(&dependency.name) else { continue };
            if below >= rank {
                findings.push(Finding::error(
                    &package.manifest,
                    0,
                    format!(
                        "{} (rank {rank}) depends on {} (rank {below}): expected a lower rank",
                        package.name, dependency.name
                    ),
                ));
            }
            let refused = REFUSED
                .iter()
                .find(|(from, to, _)| *from == package.name && *to == dependency.name);
            if let Some((from, to, reason)) = refused {
                let message = format!("{from} depends on {to}: {reason}");
                findings.push(Finding::error(&package.manifest, 0, message));
            }
        }
    }
    findings
}

fn rank_of(name: &str) -> Option<usize> {
    RANKS.iter().position(|crates| crates.contains(&name))
}
