//! Profiles as text, good and bad.

use super::{Chance, Kept, Print, Profile};
use holm_abi::{NoProfile, Profile as Hints, Seen, Share};

/// Something that was seen.
struct Calls(&'static [(u32, u32, Seen)]);

impl Hints for Calls {
    fn visit(&self, visit: &mut dyn FnMut(u32, u32, Seen)) {
        self.0.iter().for_each(|(defined, offset, seen)| visit(*defined, *offset, *seen));
    }
}

#[test]
fn text_keeps_everything() {
    const SOME: Share = Share { times: 3, of: 40 };
    const MANY: Share = Share { times: 250, of: 1 };
    let seen = &[
        (3, 70, Seen::Callee(9)),
        (0, 30, Seen::Callee(1)),
        (3, 60, Seen::Branch(SOME)),
        (3, 90, Seen::Call(MANY)),
    ];
    let profile = Profile::new(b"some module", &Calls(seen), None);
    let text = profile.to_text();
    let lines = ["callee 0 30 1", "branch 3 60 3 40", "callee 3 70 9", "call 3 90 250 1"];
    assert_eq!(text.lines().skip(2).collect::<Vec<_>>(), lines);
    assert_eq!(Profile::from_text(&text).unwrap(), profile);
    assert_eq!(profile.callee(3, 70), Some(9));
    assert_eq!(profile.callee(3, 71), None);
    assert_eq!((profile.branch(3, 60), profile.calls(3, 90)), (Some(SOME), Some(MANY)));
    assert_eq!((profile.branch(3, 90), profile.calls(3, 60)), (None, None));
    assert_eq!(profile.len(), 4);
}

#[test]
fn what_is_seen_now_counts_more_than_what_was_seen_earlier() {
    let earlier =
        Profile::new(b"m", &Calls(&[(0, 30, Seen::Callee(1)), (1, 50, Seen::Callee(2))]), None);
    let profile = Profile::new(b"m", &Calls(&[(0, 30, Seen::Callee(7))]), Some(&earlier));
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
fn what_is_made_up_is_the_same_every_time_and_of_every_kind() {
    let made_up: Vec<_> = (0..64).map(|offset| Chance(7).branch(1, offset)).collect();
    assert_eq!(made_up, (0..64).map(|offset| Chance(7).branch(1, offset)).collect::<Vec<_>>());
    for times in [Some(0), Some(255), Some(100), None] {
        let kind = times.map(|times| Share { times, of: 255 });
        assert!(made_up.contains(&kind), "{made_up:?}");
    }
    assert_ne!(made_up, (0..64).map(|offset| Chance(8).branch(1, offset)).collect::<Vec<_>>());
}

#[test]
fn bad_text_is_refused_with_its_line() {
    let head = "holm profile 2\nmodule 8 00000000000000ff\n";
    for (text, expected) in [
        ("", "line 1 of the profile: expected holm profile 2, found \"\""),
        (
            "holm profile 1\n",
            "line 1 of the profile: expected holm profile 2, found \"holm profile 1\"",
        ),
        ("holm profile 2\n", "line 2 of the profile: expected module BYTES HASH, found \"\""),
        ("holm profile 2\nmodule -1 ff\n", "line 2 of the profile: expected module BYTES HASH"),
        (&format!("{head}callee 1 2\n"), "line 3 of the profile: expected callee FUNCTION OFFSET"),
        (&format!("{head}callee 1 2 3 4\n"), "line 3 of the profile: expected callee FUNCTION"),
        (&format!("{head}callee 1 2 4294967296\n"), "line 3 of the profile: expected callee"),
        (&format!("{head}callee 1 2 3\ncallee 1 2 4\n"), "line 4 of the profile: there is a line"),
        (&format!("{head}branch 1 2 4 3\n"), "line 3 of the profile: expected branch FUNCTION"),
        (&format!("{head}branch 1 2 3\n"), "line 3 of the profile: expected branch FUNCTION"),
        (&format!("{head}call 1 2 3\n"), "line 3 of the profile: expected call FUNCTION OFFSET"),
        (&format!("{head}call 1 2 3 4\ncallee 1 2 4\n"), "line 4 of the profile: there is a line"),
        (&format!("{head}loop 1 2 3\n"), "line 3 of the profile: expected callee, branch or call"),
        (&format!("{head}{}", "x".repeat(500)), "line 3 of the profile: expected callee, branch"),
    ] {
        let error = Profile::from_text(text).unwrap_err().to_string();
        assert!(error.contains(expected), "{text}: {error}");
        assert!(error.len() < 200, "{error}");
    }
}

#[test]
fn what_is_kept_is_read_once_it_is_asked_for() {
    let profile = Profile::new(b"m", &Calls(&[(0, 30, Seen::Callee(7))]), None);
    let kept = Kept::new(profile.to_text().into_bytes().into());
    assert!(kept.profile.get().is_none());
    assert_eq!(kept.profile(), Some(&profile));
    for wrong in [&b""[..], b"\xff", b"holm profile 2\nmodule 8 ff\nwhat\n"] {
        assert_eq!(Kept::new(wrong.to_vec().into()).profile(), None);
    }
    assert_eq!(Kept::default().profile(), None);
}
