//! Unit tests of the licence check.

use super::{PHRASES, check};
use crate::tidy::tree::Tree;
use crate::tidy::tree::samples::{package, tree_of_files};

fn tree() -> Tree {
    let mut tree = tree_of_files(&[("LICENSE", PHRASES.join("\n").as_str())]);
    tree.packages = vec![package("holm", &[])];
    tree
}

#[test]
fn the_licence_passes() {
    assert!(check(&tree()).is_empty());
}

#[test]
fn another_licence_or_none_fails() {
    let mut other = tree();
    other.packages[0].licence = Some("MIT".to_string());
    assert_eq!(check(&other).len(), 1);
    other.packages[0].licence = None;
    assert_eq!(check(&other).len(), 1);
}

#[test]
fn a_publishable_member_fails() {
    let mut open = tree();
    open.packages[0].is_published = true;
    assert_eq!(check(&open).len(), 1);
}

#[test]
fn a_missing_file_fails() {
    let mut bare = tree();
    bare.files.clear();
    assert_eq!(check(&bare).len(), PHRASES.len());
}
