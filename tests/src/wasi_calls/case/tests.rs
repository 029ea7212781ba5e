//! Cases as text.

use super::*;

#[test]
fn text_is_read_back() {
    for number in 0..200 {
        let case = Case::numbered(number);
        let again = Case::from_text(&case.to_text()).map(|case| case.to_text());
        assert_eq!(again, Ok(case.to_text()), "case {number}");
    }
    assert!(Case::from_text("call 1 fd_nothing 1").is_err());
    assert!(Case::from_text("put 1 0g").is_err());
}

/// Every function is called, and with parameters for all it has.
#[test]
fn nothing_is_left_out() {
    let mut called = std::collections::BTreeSet::new();
    for number in 0..200 {
        for call in Case::numbered(number).calls {
            called.insert((call.unstable, call.function.name));
        }
    }
    assert_eq!(called.len(), SNAPSHOT_0.len() + SNAPSHOT_1.len());
}
