//! Forms of paths, and their last components.

use super::{GuestPath, Name};
use crate::Errno;

#[test]
fn forms() {
    let long = "x".repeat(4096);
    for (path, expected) in [
        ("", Err(Errno::Noent)),
        ("/", Err(Errno::Notcapable)),
        ("/a", Err(Errno::Notcapable)),
        ("a\0", Err(Errno::Inval)),
        (&long, Err(Errno::Nametoolong)),
        (&long[..4095], Ok(false)),
        ("a", Ok(false)),
        ("a/", Ok(true)),
        ("a//", Ok(true)),
        ("./", Ok(true)),
    ] {
        let answer = GuestPath::new(path.as_bytes()).map(GuestPath::must_be_directory);
        assert_eq!(answer, expected, "{path:.9}");
    }
    assert_eq!(GuestPath::new(b"a\xff").map(drop), Err(Errno::Ilseq));
}

#[test]
fn last_components() {
    for (path, parent, name) in [
        ("a", None, Name::Plain("a")),
        ("a/b", Some("a"), Name::Plain("b")),
        ("a/b///", Some("a"), Name::Plain("b")),
        ("a//b", Some("a/"), Name::Plain("b")),
        ("../b", Some(".."), Name::Plain("b")),
        (".", None, Name::Dot),
        ("a/.", Some("a"), Name::Dot),
        ("./", None, Name::Dot),
        ("..", None, Name::DotDot),
        ("a/../", Some("a"), Name::DotDot),
        ("...", None, Name::Plain("...")),
        (".a", None, Name::Plain(".a")),
        (" ", None, Name::Plain(" ")),
    ] {
        let split = GuestPath::new(path.as_bytes()).unwrap().split();
        assert_eq!(split, (parent, name), "{path:?}");
    }
}
