//! Branch hints as they are read, from good and from broken sections.

use super::*;
use crate::{Features, Limits, Module};
use std::vec::Vec;

/// A module with two functions, the second of which has a branch, and with custom sections before its code.
fn module(sections: &[&[u8]], behind: &[u8]) -> Vec<u8> {
    let plain =
        wat::parse_str("(module (func) (func (param i32) (br_if 0 (local.get 0))))").unwrap();
    let code = plain.len() - (2 + 1 + 3 + 7);
    assert_eq!(plain[code], 10, "the code section");
    let custom = |content: &[u8]| {
        let length = u8::try_from(SECTION.len() + 1 + content.len()).unwrap();
        let name = u8::try_from(SECTION.len()).unwrap();
        [&[0, length, name], SECTION.as_bytes(), content].concat()
    };
    let before: Vec<u8> = sections.iter().flat_map(|content| custom(content)).collect();
    let behind = if behind.is_empty() { Vec::new() } else { custom(behind) };
    [&plain[..code], &before, &plain[code..], &behind].concat()
}

fn hints(bytes: &[u8]) -> BranchHints {
    Module::new(bytes, &Limits::default(), Features::WASM2).unwrap().branch_hints
}

/// Functions 0 and 1: in each one hint.
const GOOD: &[u8] = &[2, 0, 1, 4, 1, 1, 1, 1, 3, 1, 0];

#[test]
fn good_hints_are_found() {
    let hints = hints(&module(&[GOOD], &[]));
    assert_eq!((hints.is_taken(0, 4), hints.is_taken(1, 3)), (Some(true), Some(false)));
    assert_eq!((hints.is_taken(0, 3), hints.is_taken(2, 3)), (None, None));
}

#[test]
fn only_the_first_section_before_the_code_counts() {
    assert_eq!(hints(&module(&[GOOD, &[1, 0, 1, 4, 1, 0]], &[])).is_taken(0, 4), Some(true));
    assert!(hints(&module(&[], GOOD)).is_empty());
}

#[test]
fn bad_sections_say_nothing() {
    let bad: [&[u8]; 10] = [
        &[],
        &[0xff],
        &[2, 0, 1, 4, 1, 1],
        &[1, 0, 1, 4, 2, 1, 1],
        &[1, 0, 1, 4, 1, 2],
        &[1, 0, 2, 4, 1, 1, 4, 1, 1],
        &[1, 0, 2, 5, 1, 1, 4, 1, 1],
        &[2, 1, 1, 4, 1, 1, 0, 1, 4, 1, 1],
        &[2, 1, 1, 4, 1, 1, 1, 1, 4, 1, 1],
        &[1, 0, 0xff, 0xff, 0xff, 0xff, 0x0f],
    ];
    for section in bad {
        assert!(hints(&module(&[section], &[])).is_empty(), "{section:?}");
    }
    let few = Limits { branch_hints_max: 1, ..Limits::default() };
    let refused = Module::new(&module(&[GOOD], &[]), &few, Features::WASM2).unwrap();
    assert!(refused.branch_hints.is_empty());
}
