//! The comparison names the first line that differs.

use super::first_difference;

#[test]
fn equal_texts_do_not_differ() {
    assert_eq!(first_difference("a\nb\n", "a\nb\n"), None);
}

#[test]
fn names_the_first_line_that_differs() {
    let found = first_difference("a\nb\nc\n", "a\nx\nc\n");
    assert_eq!(found.as_deref(), Some("output line 2: expected \"b\", found \"x\""));
    let found = first_difference("a\n", "a\nb\n");
    assert_eq!(found.as_deref(), Some("output line 2: expected \"(the end)\", found \"b\""));
    assert!(first_difference("a\n", "a").is_some_and(|text| text.contains("line ends")));
}
