//! Files of every kind, and of none.

use super::*;

#[test]
fn kinds_are_told_by_content() {
    assert_eq!(classify(b"\0asm\x01\0\0\0"), Ok(Kind::Binary));
    assert_eq!(classify(b"(module)"), Ok(Kind::Text));
    assert_eq!(classify(b"\n;; a comment (\n (; another ;) (module"), Ok(Kind::Text));
    assert_eq!(classify(b"(; a (; b ;) c ;) (module)"), Ok(Kind::Text));
    assert_eq!(classify(b"(; a (; b ;) c (module)"), Ok(Kind::Text));
    assert_eq!(classify("(module ;; \u{20ac}".as_bytes()), Ok(Kind::Text));
    assert_eq!(classify(&"(module \u{20ac}".as_bytes()[..9]), Ok(Kind::Text));
}

#[test]
fn what_is_no_module_is_named() {
    assert_eq!(classify(b""), Err(Unknown::Empty));
    assert_eq!(classify(b"\0as"), Err(Unknown::CutShort));
    assert_eq!(classify(b"\0asm\x01\0"), Err(Unknown::CutShort));
    assert_eq!(classify(b"\0asm\x0d\0\x01\0"), Err(Unknown::Component));
    assert_eq!(classify(b"\0asm\x02\0\0\0"), Err(Unknown::Version([2, 0, 0, 0])));
    assert_eq!(classify(b"#include <stdio.h>\n"), Err(Unknown::Prose));
    assert_eq!(classify(b"\x7fELF\x02"), Err(Unknown::Known("a native program (ELF)")));
    assert_eq!(classify(&[0; 64]), Err(Unknown::Bytes([0; 4])));
}

#[test]
fn every_refusal_says_what_to_do() {
    let cases: [&[u8]; 5] = [b"", b"\0as", b"\0asm\x0d\0\x01\0", b"hello", &[7; 9]];
    for bytes in cases {
        let failure = open_from(Box::new(bytes), None, "x".to_owned()).err().unwrap();
        let text = failure.render(crate::terminal::Style::plain());
        assert!(text.starts_with("error: x ") && text.contains("\nhelp: "), "{text}");
        assert_eq!(failure.status(), 125);
    }
}

#[test]
fn a_device_without_end_is_refused_at_once() {
    let failure = read(Path::new("/dev/zero")).unwrap_err();
    assert!(failure.render(crate::terminal::Style::plain()).contains("00 00 00 00"));
}

#[test]
fn a_missing_file_and_a_directory_have_their_own_words() {
    let text =
        |path: &str| read(Path::new(path)).unwrap_err().render(crate::terminal::Style::plain());
    assert!(text("/no/such/file.wasm").contains("no such file or directory"));
    assert!(text("/").starts_with("error: / is a directory\nhelp: "));
}
