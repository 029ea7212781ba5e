//! Unit tests of the size check.

use super::check;
use crate::tidy::tree::samples::tree_of_files;

fn findings(path: &str, lines: usize) -> Vec<bool> {
    let found = check(&tree_of_files(&[(path, "x\n".repeat(lines).as_str())]));
    found.iter().map(|finding| finding.is_warning).collect()
}

#[test]
fn small_passes() {
    assert!(findings("a.rs", 600).is_empty());
}

#[test]
fn middle_warns() {
    assert_eq!(findings("a.rs", 601), [true]);
    assert_eq!(findings("a.rs", 1_000), [true]);
}

#[test]
fn large_fails() {
    assert_eq!(findings("a.rs", 1_001), [false]);
}

#[test]
fn data_is_not_counted() {
    assert!(findings("a.wat", 5_000).is_empty());
}
