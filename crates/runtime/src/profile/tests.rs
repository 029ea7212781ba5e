//! Profiles as text, good and bad.

use super::{Print, Profile};
use holm_abi::{NoProfile, Profile as Seen};

/// Something that was seen.
struct Calls(&'static [(u32, u32, u32)]);

impl Seen for Calls {
    fn visit(&self, visit: &mut dyn FnMut(u32, u32, u32)) {
        self.0.iter().for_each(|(defined, offset, callee)| visit(*defined, *offset, *callee));
    }
}

#[test]
fn text_keeps_everything() {
    let profile = Profile::new(b"some module", &Calls(&[(3, 70, 9), (0, 30, 1)]), None);
    let text = profile.to_text();
    assert_eq!(text.lines().skip(2).collect::<Vec<_>>(), ["callee 0 30 1", "callee 3 70 9"]);
    assert_eq!(Profile::from_text(&text).unwrap(), profile);
    assert_eq!(profile.callee(3, 70), Some(9));
    assert_eq!(profile.callee(3, 71), None);
    assert_eq!(profile.len(), 2);
}

#[test]
fn what_is_seen_now_counts_more_than_what_was_seen_earlier() {
    let earlier = Profile::new(b"m", &Calls(&[(0, 30, 1), (1, 50, 2)]), None);
    let profile = Profile::new(b"m", &Calls(&[(0, 30, 7)]), Some(&earlier));
    assert_eq!((profile.callee(0, 30), profile.callee(1, 50)), (Some(7), Some(2)));
    assert!(Profile::new(b"m", &NoProfile, None).is_empty());
}

#[test]
fn only_the_module_that_it_is_of_can_use_it() {
    let profile = Profile::new(b"one module", &NoProfile, None);
    profile.check(b"one module").unwrap();
    let error = profile.check(b"one modulE").unwrap_err().to_string();
    let Print { hash, .. } = Print::of(b"one module");
    assert!(error.starts_with("profile is of another module, of 10 bytes with hash"), "{error}");
    assert!(error.contains(&format!("{hash:016x}")), "{error}");
}

#[test]
fn bad_text_is_refused_with_its_line() {
    let head = "holm profile 1\nmodule 8 00000000000000ff\n";
    for (text, expected) in [
        ("", "line 1 of the profile: expected holm profile 1, found \"\""),
        ("holm profile 2\n", "line 1 of the profile: expected holm profile 1, found"),
        ("holm profile 1\n", "line 2 of the profile: expected module BYTES HASH, found \"\""),
        ("holm profile 1\nmodule -1 ff\n", "line 2 of the profile: expected module BYTES HASH"),
        (&format!("{head}callee 1 2\n"), "line 3 of the profile: expected callee FUNCTION OFFSET"),
        (&format!("{head}callee 1 2 3 4\n"), "line 3 of the profile: expected callee FUNCTION"),
        (&format!("{head}callee 1 2 4294967296\n"), "line 3 of the profile: expected callee"),
        (&format!("{head}callee 1 2 3\ncallee 1 2 4\n"), "line 4 of the profile: there is a line"),
        (&format!("{head}{}", "x".repeat(500)), "line 3 of the profile: expected callee FUNCTION"),
    ] {
        let error = Profile::from_text(text).unwrap_err().to_string();
        assert!(error.contains(expected), "{text}: {error}");
        assert!(error.len() < 200, "{error}");
    }
}
