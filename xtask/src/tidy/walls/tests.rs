//! Unit tests of the wall check.

use super::check;
use crate::tidy::tree::samples::{package, tree_of_packages};

#[test]
fn owners_pass() {
    let tree = tree_of_packages(vec![
        package("holm-module", &["wasmparser"]),
        package("holm-optimize", &["cranelift-codegen", "cranelift-frontend"]),
        package("holm-vm", &["rustix"]),
    ]);
    assert!(check(&tree).is_empty());
}

#[test]
fn others_fail() {
    let tree = tree_of_packages(vec![
        package("holm-runtime", &["wasmparser"]),
        package("holm", &["cranelift-native"]),
        package("holm-spec", &["libc"]),
    ]);
    assert_eq!(check(&tree).len(), 3);
}

#[test]
fn a_name_that_only_begins_alike_passes() {
    assert!(check(&tree_of_packages(vec![package("holm", &["wasmparserish"])])).is_empty());
}

#[test]
fn development_dependencies_stay_outside_the_two_hard_walls() {
    let mut tests_only = package("holm-runtime", &["wasmparser", "libc"]);
    for dependency in &mut tests_only.dependencies {
        dependency.is_dev = true;
    }
    let found = check(&tree_of_packages(vec![tests_only]));
    assert_eq!(found.len(), 1);
    assert!(found[0].message.contains("wasmparser"));
}
