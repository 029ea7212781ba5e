//! Unit tests of the island check.

use super::check;
use crate::tidy::tree::Tree;
use crate::tidy::tree::samples::{package, tree_of_files};

const SAFE: &str = "//! A crate.\n#![forbid(unsafe_code)]\n";

fn with_root(name: &str, root: &str, text: &str) -> Tree {
    let mut tree = tree_of_files(&[(root, text)]);
    let mut member = package(name, &[]);
    member.roots = vec![root.to_string()];
    tree.packages = vec![member];
    tree
}

#[test]
fn crate_that_forbids_passes() {
    assert!(check(&with_root("holm-spec", "crates/spec/src/lib.rs", SAFE)).is_empty());
}

#[test]
fn crate_that_does_not_forbid_fails() {
    let commented = "//! A crate.\n// #![forbid(unsafe_code)]\n";
    let found = check(&with_root("holm-spec", "crates/spec/src/lib.rs", commented));
    assert_eq!(found.len(), 1);
}

#[test]
fn island_passes() {
    let text = "//! An island.\nfn f() { unsafe { g() } }\n";
    assert!(check(&with_root("holm-vm", "crates/vm/src/lib.rs", text)).is_empty());
}

#[test]
fn the_word_elsewhere_fails_with_its_line() {
    let found = check(&tree_of_files(&[("crates/spec/src/a.rs", "//! A.\n\nunsafe fn f() {}\n")]));
    assert_eq!((found.len(), found[0].line), (1, 3));
}

#[test]
fn the_word_in_an_attribute_fails() {
    let text = "//! A.\n#[unsafe(no_mangle)]\nfn f() {}\n";
    assert_eq!(check(&tree_of_files(&[("crates/spec/src/a.rs", text)])).len(), 1);
}

#[test]
fn comments_and_strings_are_not_code() {
    let text = "//! No unsafe here.\n// unsafe\nconst A: &str = \"unsafe\";\nfn unsafe_name() {}\n";
    assert!(check(&tree_of_files(&[("crates/spec/src/a.rs", text)])).is_empty());
}
