//! Memory that looks like mappings: what is in it, and what cannot be had.

use super::*;

fn byte(mapping: &Mapping, offset: usize) -> u8 {
    // SAFETY: the tests ask for accessible bytes only.
    unsafe { mapping.at(offset).read() }
}

fn set(mapping: &Mapping, offset: usize, value: u8) {
    // SAFETY: as in `byte`; nobody else uses the mapping.
    unsafe { mapping.at(offset).write(value) }
}

#[test]
fn pages_are_zero_once_and_keep_what_is_in_them() {
    let mapping = Mapping::reserve(3 * PAGE + 1).unwrap();
    assert_eq!(mapping.bytes(), 4 * PAGE);
    assert!(mapping.base().addr().get().is_multiple_of(PAGE));
    mapping.protect(PAGE, PAGE, Access::ReadWrite).unwrap();
    set(&mapping, 2 * PAGE - 1, 7);
    mapping.protect(PAGE, PAGE, Access::None).unwrap();
    mapping.protect(PAGE, 2 * PAGE, Access::ReadWrite).unwrap();
    assert_eq!([PAGE, 2 * PAGE - 1, 2 * PAGE].map(|at| byte(&mapping, at)), [0, 7, 0]);
}

#[test]
fn what_is_discarded_is_zero() {
    for mapping in [Mapping::zeroed(2 * PAGE).unwrap(), Mapping::reserve(2 * PAGE).unwrap()] {
        mapping.protect(0, PAGE, Access::ReadWrite).unwrap();
        set(&mapping, 5, 7);
        mapping.discard(0, 2 * PAGE).unwrap();
        assert_eq!(byte(&mapping, 5), 0);
    }
}

#[test]
fn too_much_is_an_error() {
    for bytes in [usize::MAX, usize::MAX / 2] {
        let error = Mapping::reserve(bytes).unwrap_err();
        assert!(error.to_string().starts_with("allocating memory failed: no room"), "{error}");
    }
}
