//! How grants are written.

use super::directory::Host;
use super::*;

#[track_caller]
fn check(text: &str, host: &str, guest: &str, read_only: bool) {
    let host = Host::Path(host.into());
    let expected = Directory { host, guest: guest.to_owned(), read_only, overlay: false };
    assert_eq!(directory(text), Ok(expected), "{text}");
}

fn directory(text: impl AsRef<OsStr>) -> Result<Directory, Failure> {
    directory::parse("--dir", text.as_ref(), None)
}

#[test]
fn directories() {
    check(".", ".", ".", false);
    check("/data::/", "/data", "/", false);
    check("/data:ro", "/data", "/data", true);
    check("a:b::/c:ro", "a:b", "/c", true);
    check("./x:ro::/x", "./x:ro", "/x", false);
    check("/data::/x:rw", "/data", "/x", false);
    check("a::/b:c:rw", "a", "/b:c", false);
    check("a::/b:c/d", "a", "/b:c/d", false);
}

#[test]
fn directories_in_memory_and_overlays() {
    let memory = directory("mem::/tmp").unwrap();
    assert_eq!((memory.host, &*memory.guest), (Host::Memory, "/tmp"));
    assert_eq!(directory("mem").unwrap().host, Host::Path("mem".into()));
    assert_eq!(directory("./mem::/x").unwrap().host, Host::Path("./mem".into()));
    let overlay = |text: &str| directory::parse("--overlay", text.as_ref(), None);
    assert!(overlay("a::/b").unwrap().overlay);
    assert_eq!(overlay("a::/b:ro").unwrap_err().status(), 2);
    assert_eq!(overlay("mem::/b").unwrap_err().status(), 2);
    let beside = directory::parse("--dir", "a::/b".as_ref(), Some(Path::new("/folder"))).unwrap();
    assert_eq!(beside.host, Host::Path("/folder/a".into()));
}

#[test]
fn what_is_no_directory() {
    for text in ["", "::/x", "/x::", ":ro", "/x:::ro", "a::/b:RO", "a::/b:r", "a::/b:ro,rw"] {
        assert_eq!(directory(text).unwrap_err().status(), 2, "{text}");
    }
    assert!(directory(OsStr::from_bytes(b"/\xff")).is_err());
    assert!(directory(OsStr::from_bytes(b"/\xff::/x")).is_ok());
}

#[test]
fn a_name_is_granted_once_and_the_last_value_counts() {
    let mut grants = Grants { dir: vec!["a::/x".into(), "b::/x/".into()], ..Grants::default() };
    assert_eq!(grants.directories(None).unwrap_err().status(), 2);
    grants.dir.pop();
    assert_eq!(grants.directories(None).unwrap().len(), 1);
    let variables = ["A=1", "B=2", "A=3"].map(OsString::from);
    let last = last_of_each(&variables).map(|text| text.to_str().unwrap()).collect::<Vec<_>>();
    assert_eq!(last, ["B=2", "A=3"]);
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
        assert_eq!(network::listen(address).unwrap_err().status(), 125, "{address}");
    }
}
