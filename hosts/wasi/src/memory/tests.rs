//! Allegations against small memories, at their ends and at the end of the address space.

use super::{GuestPtr, GuestSlice, GuestVectors};
use crate::Errno;

#[test]
fn single_values_at_the_ends() {
    let mut memory = vec![0u8; 100];
    for (at, expected) in [
        (0, Ok(())),
        (96, Ok(())),
        (97, Err(Errno::Fault)),
        (100, Err(Errno::Fault)),
        (u32::MAX, Err(Errno::Fault)),
        (u32::MAX - 3, Err(Errno::Fault)),
    ] {
        assert_eq!(GuestPtr(at).write_u32(&mut memory, 7), expected, "{at}");
        assert_eq!(GuestPtr(at).read::<4>(&memory).map(drop), expected, "{at}");
    }
    assert_eq!(GuestPtr(u32::MAX).offset(1), Err(Errno::Fault));
    assert_eq!(GuestPtr(u32::MAX - 1).offset(1), Ok(GuestPtr(u32::MAX)));
    assert_eq!(GuestPtr(0).write_count(&mut memory, 1 << 32), Err(Errno::Overflow));
    assert_eq!(GuestPtr(0).read::<0>(&[]), Ok([]));
}

#[test]
fn ranges_at_the_ends() {
    let mut memory = vec![0u8; 100];
    for (start, len, fits) in [
        (0, 100, true),
        (100, 0, true),
        (0, 101, false),
        (100, 1, false),
        (101, 0, false),
        (u32::MAX, u32::MAX, false),
        (1, u32::MAX, false),
        (u32::MAX, 0, false),
    ] {
        let slice = GuestSlice { start, len };
        assert_eq!(slice.get(&memory).is_ok(), fits, "{start} {len}");
        assert_eq!(slice.get_mut(&mut memory).is_ok(), fits, "{start} {len}");
    }
}

/// A memory that begins with a list of these ranges.
fn memory_with(ranges: &[(u32, u32)]) -> (Vec<u8>, GuestVectors) {
    let mut memory: Vec<u8> = ranges
        .iter()
        .flat_map(|(start, len)| [start.to_le_bytes(), len.to_le_bytes()])
        .flatten()
        .collect();
    memory.resize(1000, 0);
    let len = u32::try_from(ranges.len()).unwrap();
    (memory, GuestVectors { start: GuestPtr(0), len })
}

/// Lengths of the slices that a read is given.
fn given(ranges: &[(u32, u32)]) -> Result<Vec<usize>, Errno> {
    let (mut memory, vectors) = memory_with(ranges);
    let mut lens = Vec::new();
    vectors.read_into(&mut memory, |slices| {
        lens.extend(slices.iter().map(|slice| slice.len()));
        Ok::<usize, Errno>(0)
    })?;
    Ok(lens)
}

#[test]
fn a_read_gets_disjoint_ranges_together_and_otherwise_the_first() {
    for (ranges, expected) in [
        (&[][..], vec![]),
        (&[(500, 0), (0, 0)], vec![]),
        (&[(500, 10)], vec![10]),
        (&[(500, 10), (0, 0), (400, 20), (520, 1)], vec![10, 20, 1]),
        (&[(500, 10), (509, 1)], vec![10]),
        (&[(500, 10), (500, 10)], vec![10]),
        (&[(0, 1000)], vec![1000]),
        (&[(0, 0), (500, 500), (0, 500)], vec![500, 500]),
    ] {
        assert_eq!(given(ranges), Ok(expected), "{ranges:?}");
    }
    for ranges in [&[(500, 501)][..], &[(0, 1), (1001, 0)], &[(u32::MAX, 1)], &[(1, u32::MAX)]] {
        assert_eq!(given(ranges), Err(Errno::Fault), "{ranges:?}");
    }
    let many: Vec<(u32, u32)> = (0..40).map(|n| (400 + n, 1)).collect();
    assert_eq!(given(&many), Ok(vec![1; 16]));
}

#[test]
fn a_write_goes_on_until_it_is_short() {
    let many: Vec<(u32, u32)> = (0..40).map(|n| (400 + n, u32::from(n % 2 == 0))).collect();
    let (memory, vectors) = memory_with(&many);
    let mut calls = Vec::new();
    let total = vectors.write_from(&memory, |slices| {
        let len = slices.iter().map(|slice| slice.len()).sum();
        calls.push(len);
        Ok::<usize, Errno>(len)
    });
    assert_eq!((total, calls), (Ok(20), vec![16, 4]));
    let mut calls = 0;
    let total = vectors.write_from(&memory, |_| {
        calls += 1;
        Ok::<usize, Errno>(15)
    });
    assert_eq!((total, calls), (Ok(15), 1));
    let mut calls = 0;
    let total = vectors.write_from(&memory, |_| {
        calls += 1;
        if calls == 1 { Ok(16) } else { Err(Errno::Nospc) }
    });
    assert_eq!((total, calls), (Ok(16), 2));
    assert_eq!(vectors.write_from(&memory, |_| Err(Errno::Nospc)), Err(Errno::Nospc));
}

#[test]
fn lists_that_do_not_fit_or_are_too_long() {
    let mut memory = vec![0; 100];
    for (start, len, expected) in [
        (0, 12, Ok(0)),
        (4, 12, Ok(0)),
        (5, 12, Err(Errno::Fault)),
        (0, 13, Err(Errno::Fault)),
        (u32::MAX, 1, Err(Errno::Fault)),
        (0, 1025, Err(Errno::Inval)),
        (0, u32::MAX, Err(Errno::Inval)),
    ] {
        let vectors = GuestVectors { start: GuestPtr(start), len };
        assert_eq!(vectors.read_into(&mut memory, |_| Ok::<usize, Errno>(0)), expected);
        assert_eq!(vectors.write_from(&memory, |_| Ok::<usize, Errno>(0)), expected);
    }
}
