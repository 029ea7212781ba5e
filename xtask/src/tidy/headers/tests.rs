//! Unit tests of the header check.

use super::check;
use crate::tidy::tree::samples::tree_of_files;

fn count(text: &str) -> usize {
    check(&tree_of_files(&[("a.rs", text)])).len()
}

#[test]
fn described_file_passes() {
    assert_eq!(count("//! The frame layout.\nuse a;\n"), 0);
}

#[test]
fn undescribed_file_fails() {
    assert_eq!(count("use a;\n"), 1);
    assert_eq!(count(""), 1);
    assert_eq!(count("\n//! Too late.\n"), 1);
    assert_eq!(count("#![no_std]\n//! Too late.\n"), 1);
    assert_eq!(count("//!\n"), 1);
    assert_eq!(count("//! Word.\n"), 1);
}
