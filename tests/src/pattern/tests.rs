//! Unit tests of texts with holes.

use super::matches;

#[test]
fn without_holes_it_is_equality() {
    assert!(matches("a\nb\n", "a\nb"));
    assert!(matches("", ""));
    assert!(!matches("a", "a\nb"));
    assert!(!matches("a\nb", "a"));
    assert!(!matches("", "a"));
}

#[test]
fn holes_in_a_line() {
    assert!(matches("a [..] c", "a b c"));
    assert!(matches("[..]c", "c"));
    assert!(matches("a[..]a", "aa"));
    assert!(matches("[..]b[..]d", "abcd"));
    assert!(!matches("a[..]a", "a"));
    assert!(!matches("a[..]", "b"));
    assert!(!matches("a[..]b", "a\nb"));
}

#[test]
fn holes_of_lines() {
    assert!(matches("a\n...\nd", "a\nb\nc\nd"));
    assert!(matches("a\n...", "a"));
    assert!(matches("...", ""));
    assert!(!matches("a\n...\nd", "a\nb"));
}
