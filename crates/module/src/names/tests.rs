//! Names as they are read, from good and from broken sections.

use super::*;
use crate::{Features, Limits, Module};
use std::vec::Vec;

fn names(bytes: &[u8], limits: &Limits) -> Names {
    Module::new(bytes, limits, Features::WASM2).unwrap().names
}

#[test]
fn names_of_module_and_functions() {
    let text = r#"(module $mod (import "" "" (func $imported)) (func) (func $"naïve") (func $z))"#;
    let bytes = wat::parse_str(text).unwrap();
    let all = names(&bytes, &Limits::default());
    assert_eq!(all.module(), Some("mod"));
    let functions: Vec<_> = all.functions().collect();
    assert_eq!(functions, [(0, "imported"), (2, "naïve"), (3, "z")]);
    assert_eq!((all.function(1), all.function(2)), (None, Some("naïve")));
    let limits = Limits { name_bytes_max: 8, ..Limits::default() };
    assert_eq!(names(&bytes, &limits).functions().collect::<Vec<_>>(), [(0, "imported")]);
}

#[test]
fn broken_sections_are_no_errors() {
    // One function and a name section: (id, length, count, (index, length, text) …).
    let module = |section: &[u8]| {
        let mut bytes = wat::parse_str("(module (func))").unwrap();
        bytes.extend([0, u8::try_from(section.len() + 5).unwrap(), 4]);
        bytes.extend(b"name");
        bytes.extend(section);
        bytes
    };
    let cases: [(&[u8], Option<&str>); 6] = [
        (&[1, 4, 1, 0, 1, b'a'], Some("a")),
        (&[1, 7, 2, 0, 1, b'a', 1, 9, b'b'], Some("a")),
        (&[1, 7, 2, 0, 1, b'a', 0, 1, b'b'], Some("a")),
        (&[1, 4, 1, 5, 1, b'a'], None),
        (&[1, 4, 1, 0, 1, 0xff], None),
        (&[1, 99, 1], None),
    ];
    for (section, name) in cases {
        assert_eq!(names(&module(section), &Limits::default()).function(0), name, "{section:?}");
    }
}
