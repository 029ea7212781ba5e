//! Panics that are caught where they happen, and one that nobody catches.

use super::*;

#[test]
fn a_panic_is_noted_and_ends_in_an_exit_code() {
    let code = guard(|| {
        let caught = panic::catch_unwind(|| panic!("thirteen"));
        assert!(caught.is_err());
        let noted = place("bug: the code generator failed: thirteen").unwrap();
        assert!(noted.contains("panics/tests.rs:"), "{noted}");
        assert_eq!(place("another error"), None);
        panic!("fourteen");
    });
    // Other tests get their messages back.
    drop(panic::take_hook());
    assert_eq!(format!("{code:?}"), format!("{:?}", ExitCode::from(125)));
    assert_eq!(place("fourteen"), None, "it was told");
}
