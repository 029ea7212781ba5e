//! The bytes of stubs, and that there are as many as are needed.

use super::*;

/// Where an instruction at `at` in `stub` that ends in a displacement reads, given that it is `bytes` long.
fn displaced(stub: &[u8], at: usize, bytes: usize) -> i64 {
    let end = at + bytes;
    i64::from(i32::from_le_bytes(stub[end - 4..end].try_into().unwrap()))
}

#[test]
fn stubs_are_what_they_should_be() {
    for defined in [0, 1, 77, STUBS_MAX - 1] {
        let stub = encode(defined);
        // mov r11, [r15 + displacement]: REX.WRB 8B, mod 10, reg 011, rm 111.
        assert_eq!(stub[1..4], [0x4d, 0x8b, 0b10_011_111]);
        assert_eq!(displaced(&stub, 1, 7), i64::from(ENTRIES));
        // jmp [r11 + displacement]: REX.B FF /4, mod 10, rm 011.
        assert_eq!(stub[8..11], [0x41, 0xff, 0b10_100_011]);
        assert_eq!(displaced(&stub, 8, 7), 48 * i64::from(defined) + 8);
        // mov eax, number
        assert_eq!(stub[16], 0xb8);
        assert_eq!(displaced(&stub, 16, 5), i64::from(defined));
        // jmp [rip + displacement]: FF /4, mod 00, rm 101; it counts from the next instruction.
        assert_eq!(stub[21..23], [0xff, 0b00_100_101]);
        let next = i64::from(defined * STUB_BYTES) + 27;
        assert_eq!(next + displaced(&stub, 21, 6), i64::from(AREA_BYTES));
        let rest = [&stub[..1], &stub[15..16], &stub[27..]].concat();
        assert!(rest.iter().all(|byte| *byte == 0xcc));
    }
}

#[test]
fn the_area_has_the_stubs_that_were_asked_for() {
    let area = stubs().unwrap();
    assert!(area.base().is_multiple_of(u64::from(AREA_BYTES)));
    let count = 2 * STUB_CHUNK + 1;
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| area.need(count).unwrap());
        }
    });
    for defined in [0, STUB_CHUNK - 1, STUB_CHUNK, 2 * STUB_CHUNK, 3 * STUB_CHUNK - 1] {
        let at = area.base() + u64::from(defined * STUB_BYTES);
        let at: *const [u8; 32] = std::ptr::with_exposed_provenance(usize::try_from(at).unwrap());
        // SAFETY: stubs that exist are readable, and never change.
        assert_eq!(unsafe { at.read() }, encode(defined));
    }
    let error = area.need(STUBS_MAX + 1).unwrap_err();
    let limit = "functions that are promoted exhausted: 1048577 wanted, 1048576 allowed";
    assert_eq!(error.to_string(), limit);
}

#[test]
fn code_numbers_lead_to_the_area() {
    let base = stubs().unwrap().base();
    for defined in [0, 5, STUBS_MAX - 1] {
        let number = holm_abi::layout::code_number(base, defined);
        assert_eq!(base_of(number), Some(base));
        assert_eq!(base_of(holm_abi::layout::code_number(0, defined)), None);
    }
}
