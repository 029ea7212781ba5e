//! Unit tests of the changelog check.

use super::check;
use crate::tidy::tree::samples::tree_of_files;

fn count(text: &str) -> usize {
    check(&tree_of_files(&[("CHANGELOG.md", text)])).len()
}

#[test]
fn a_filled_section_passes() {
    assert_eq!(count("# Changelog\n\n## Unreleased\n\n- A thing.\n\n## 0.1\n"), 0);
}

#[test]
fn missing_late_or_empty_fails() {
    assert_eq!(count("# Changelog\n"), 1);
    assert_eq!(count("# Changelog\n## 0.1\n## Unreleased\n- A thing.\n"), 1);
    assert_eq!(count("# Changelog\n## Unreleased\n\n## 0.1\n- A thing.\n"), 1);
    assert_eq!(check(&tree_of_files(&[])).len(), 1);
}
