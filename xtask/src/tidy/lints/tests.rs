//! Unit tests of the lint-settings check.

use super::{DENIED, NUMBERS, check};
use crate::tidy::tree::Tree;
use crate::tidy::tree::samples::{package, tree_of_files};

fn tree(root: &str, member: &str, settings: &str) -> Tree {
    let mut tree = tree_of_files(&[
        ("Cargo.toml", root),
        ("crates/holm/Cargo.toml", member),
        ("crates/clippy.toml", settings),
    ]);
    tree.packages = vec![package("holm", &[])];
    tree
}

fn all_denied() -> String {
    DENIED.iter().map(|lint| format!("{lint} = \"deny\"\n")).collect()
}

const MEMBER: &str = "[package]\n\n[lints]\nworkspace = true\n";

#[test]
fn the_agreed_settings_pass() {
    assert!(check(&tree(&all_denied(), MEMBER, &NUMBERS.join("\n"))).is_empty());
}

#[test]
fn a_lint_turned_down_fails() {
    let root = all_denied().replace("todo = \"deny\"", "todo = \"warn\"");
    assert_eq!(check(&tree(&root, MEMBER, &NUMBERS.join("\n"))).len(), 1);
}

#[test]
fn a_member_that_does_not_inherit_fails() {
    assert_eq!(check(&tree(&all_denied(), "[package]\n", &NUMBERS.join("\n"))).len(), 1);
}

#[test]
fn another_number_fails() {
    let settings = NUMBERS.join("\n").replace("70", "700");
    assert_eq!(check(&tree(&all_denied(), MEMBER, &settings)).len(), 1);
}
