//! How grants are written.

use super::*;

#[track_caller]
fn check(text: &str, host: &str, guest: &str, read_only: bool) {
    let expected = Directory { host: host.into(), guest: guest.to_owned(), read_only };
    assert_eq!(directory(text.as_ref()), Ok(expected), "{text}");
}

#[test]
fn directories() {
    check(".", ".", ".", false);
    check("/data::/", "/data", "/", false);
    check("/data:ro", "/data", "/data", true);
    check("a:b::/c:ro", "a:b", "/c", true);
    check("./x:ro::/x", "./x:ro", "/x", false);
}

#[test]
fn what_is_no_directory() {
    for text in ["", "::/x", "/x::", ":ro", "/x:::ro"] {
        assert_eq!(directory(text.as_ref()).unwrap_err().status(), 2, "{text}");
    }
    assert!(directory(OsStr::from_bytes(b"/\xff")).is_err());
    assert!(directory(OsStr::from_bytes(b"/\xff::/x")).is_ok());
}

#[test]
fn variables() {
    let here = |name: &OsStr| (name == "HOME").then(|| OsString::from("/h"));
    let read = |text: &str| variable(text.as_ref(), here);
    assert_eq!(read("A=b=c"), Ok(("A".into(), "b=c".into())));
    assert_eq!(read("A="), Ok(("A".into(), "".into())));
    assert_eq!(read("HOME"), Ok(("HOME".into(), "/h".into())));
    assert_eq!(read("NONE").unwrap_err().status(), 125);
}

#[test]
fn an_address_that_is_none_is_refused() {
    for address in ["", "8080", "127.0.0.1", "127.0.0.1:99999"] {
        assert_eq!(listen(address).unwrap_err().status(), 125, "{address}");
    }
}
