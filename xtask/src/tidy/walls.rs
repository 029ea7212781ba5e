//! A wall around a dependency: an outside crate that only named crates of ours may depend on.
//!
//! It looks at direct dependencies of every kind; what those pull in themselves is the business of
//! `deny.toml`. Invariant: a wall names its owners, and an owner that does not exist is harmless.
//! Read next: `xtask/src/tidy/islands.rs`.

use super::tree::{Finding, Package, Tree};

#[cfg(test)]
mod tests;

/// One wall: the crates whose name starts with `prefix` belong to `owners`.
struct Wall {
    prefix: &'static str,
    owners: &'static [&'static str],
    /// Whether tests and benchmarks of other crates may name it.
    is_open_to_tests: bool,
}

const WALLS: &[Wall] = &[
    Wall { prefix: "wasmparser", owners: &["holm-module"], is_open_to_tests: false },
    Wall { prefix: "cranelift", owners: &["holm-optimize"], is_open_to_tests: false },
    Wall {
        prefix: "rustix",
        owners: &["holm-vm", "holm-wasi", "holm-cache", "holm-cli", "holm-tests", "holm-bench"],
        is_open_to_tests: true,
    },
    Wall {
        prefix: "libc",
        owners: &["holm-vm", "holm-cli", "holm-tests", "holm-bench"],
        is_open_to_tests: true,
    },
];

/// Compares every direct dependency with the walls.
pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for package in &tree.packages {
        for wall in WALLS {
            if !wall.owners.contains(&package.name.as_str()) {
                findings.extend(breaches(package, wall));
            }
        }
    }
    findings
}

fn breaches<'a>(package: &'a Package, wall: &'a Wall) -> impl Iterator<Item = Finding> + 'a {
    let inside =
        move |name: &str| name == wall.prefix || name.starts_with(&format!("{}-", wall.prefix));
    package
        .dependencies
        .iter()
        .filter(move |dependency| inside(&dependency.name))
        .filter(move |dependency| !(dependency.is_dev && wall.is_open_to_tests))
        .map(move |dependency| {
            let owners = wall.owners.join(", ");
            let message =
                format!("{} depends on {}: only {owners} may", package.name, dependency.name);
            Finding::error(&package.manifest, 0, message)
        })
}
