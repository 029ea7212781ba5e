//! Unit tests of the rank check.

use super::check;
use crate::tidy::tree::samples::{package, tree_of_packages};

#[test]
fn downward_edges_pass() {
    let tree = tree_of_packages(vec![
        package("holm-spec", &[]),
        package("holm-module", &["holm-spec", "serde"]),
        package("holm-vm", &["holm-spec"]),
        package("holm", &["holm-runtime", "holm-optimize"]),
    ]);
    assert!(check(&tree).is_empty());
}

#[test]
fn upward_edge_fails() {
    let found = check(&tree_of_packages(vec![package("holm-spec", &["holm-module"])]));
    assert_eq!(found.len(), 1);
    assert!(found[0].message.contains("expected a lower rank"));
}

#[test]
fn sideways_edge_fails() {
    let found = check(&tree_of_packages(vec![package("holm-optimize", &["holm-vm"])]));
    assert_eq!(found.len(), 1);
}

#[test]
fn refused_edge_fails_although_it_points_downward() {
    let found = check(&tree_of_packages(vec![package("holm-vm", &["holm-module"])]));
    assert_eq!(found.len(), 1);
    assert!(found[0].message.contains("layouts"));
}

#[test]
fn crate_without_rank_fails() {
    let found = check(&tree_of_packages(vec![package("holm-new", &[])]));
    assert_eq!(found.len(), 1);
    assert!(found[0].message.contains("has no rank"));
}
