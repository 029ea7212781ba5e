//! Suggestions and lists.

use super::*;

#[test]
fn a_close_name_is_suggested_and_a_far_one_is_not() {
    let names = ["fibonacci", "memory", "_start"];
    assert_eq!(closest("fibonaci", names), Some("fibonacci"));
    assert_eq!(closest("Fibonacci", names), Some("fibonacci"));
    assert_eq!(closest("quux", names), None);
    assert_eq!(closest("x", []), None);
}

#[test]
fn long_lists_are_cut() {
    assert_eq!(list(["a", "b"], 3), "a, b");
    assert_eq!(list(["a", "b", "c", "d"], 2), "a, b and 2 more");
}
