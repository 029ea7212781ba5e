//! Allegations against small memories, at their ends and at the end of the address space; borrowed and copied.

use super::{GuestPtr, GuestSlice, GuestVectors, View};
use crate::{Errno, limits};
use holm::{Engine, Limits, MemoryType, SharedMemory};

/// A memory of so many bytes that threads could share.
fn shared(bytes: u64) -> SharedMemory {
    let limits = Limits { min: bytes, max: Some(bytes) };
    let ty = MemoryType { limits, shared: true, page_bytes_log2: 0, ..MemoryType::new(0, None) };
    SharedMemory::new(&Engine::default(), ty).unwrap()
}

/// Runs a test on a memory that is borrowed and on one whose bytes are copied.
fn both(bytes: u64, test: impl Fn(&mut View<'_>)) {
    test(&mut View::Own(&mut vec![0; usize::try_from(bytes).unwrap()]));
    test(&mut View::Shared(&shared(bytes)));
}

#[test]
fn single_values_at_the_ends() {
    both(100, |memory| {
        for (at, expected) in [
            (0, Ok(())),
            (96, Ok(())),
            (97, Err(Errno::Fault)),
            (100, Err(Errno::Fault)),
            (u32::MAX, Err(Errno::Fault)),
            (u32::MAX - 3, Err(Errno::Fault)),
        ] {
            assert_eq!(GuestPtr(at).write_u32(memory, 7), expected, "{at}");
            assert_eq!(GuestPtr(at).read::<4>(memory).map(drop), expected, "{at}");
        }
        assert_eq!(GuestPtr(0).read::<4>(memory), Ok([7, 0, 0, 0]));
        assert_eq!(GuestPtr(0).write_count(memory, 1 << 32), Err(Errno::Overflow));
    });
    assert_eq!(GuestPtr(u32::MAX).offset(1), Err(Errno::Fault));
    assert_eq!(GuestPtr(u32::MAX - 1).offset(1), Ok(GuestPtr(u32::MAX)));
    assert_eq!(GuestPtr(0).read::<0>(&View::Own(&mut [])), Ok([]));
}

#[test]
fn ranges_at_the_ends() {
    both(100, |memory| {
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
            assert_eq!(slice.check(memory).is_ok(), fits, "{start} {len}");
            assert_eq!(slice.get(memory, 1000).is_ok(), fits, "{start} {len}");
            let filled = slice.fill(memory, 1000, |bytes| Ok::<usize, Errno>(bytes.len()));
            assert_eq!(filled.ok(), fits.then_some(len as usize), "{start} {len}");
        }
    });
}

#[test]
fn what_is_too_long_is_copied_so_far_that_it_shows() {
    let memory = shared(100);
    let view = View::Shared(&memory);
    for (len, max, copied) in [(10, 20, 10), (20, 20, 20), (21, 20, 21), (100, 20, 21), (0, 0, 0)] {
        let bytes = GuestPtr(0).slice(len).get(&view, max).unwrap();
        assert_eq!(bytes.len(), copied, "{len} {max}");
    }
}

#[test]
fn a_long_range_is_filled_in_pieces() {
    let bytes = limits::COPY_BYTES as u64 * 2 + 100;
    both(bytes, |memory| {
        let mut next = 0_u8;
        let slice = GuestPtr(50).slice(u32::try_from(bytes).unwrap() - 60);
        let filled = slice.fill_all(memory, |piece| {
            for byte in piece {
                next = next.wrapping_add(1);
                *byte = next;
            }
            Ok::<(), Errno>(())
        });
        assert_eq!(filled, Ok(()));
        for at in [50_u64, 51, 300_000, bytes - 11] {
            let expected = (at - 49).to_le_bytes()[0];
            let at = u32::try_from(at).unwrap();
            assert_eq!(GuestPtr(at).read::<1>(memory), Ok([expected]), "{at}");
        }
        let around = [49, u32::try_from(bytes).unwrap() - 10];
        assert_eq!(around.map(|at| GuestPtr(at).read::<1>(memory)), [Ok([0]), Ok([0])]);
    });
}

/// A shared memory that begins with a list of these ranges, and the list.
fn shared_with(bytes: u64, ranges: &[(u32, u32)]) -> (SharedMemory, GuestVectors) {
    let memory = shared(bytes);
    let (list, vectors) = memory_with(ranges);
    memory.write(0, &list[..ranges.len() * 8]).unwrap();
    (memory, vectors)
}

#[test]
fn reads_into_a_shared_memory_are_scattered_and_go_on_only_if_they_may() {
    let long = u32::try_from(limits::COPY_BYTES).unwrap() + 1000;
    let (memory, vectors) = shared_with(1 << 20, &[(4000, 3), (1000, 2), (100_000, long)]);
    for (again, most, expected) in [
        (false, usize::MAX, limits::COPY_BYTES),
        (true, usize::MAX, long as usize + 5),
        (true, 4, 4),
        (false, 0, 0),
    ] {
        memory.write(1000, &[0; 8]).unwrap();
        let mut view = View::Shared(&memory);
        let mut next = 0_u8;
        let count = vectors.read_into(&mut view, again, |slices| {
            let count = slices[0].len().min(most);
            for byte in &mut slices[0][..count] {
                next = next.wrapping_add(1);
                *byte = next;
            }
            Ok::<usize, Errno>(count)
        });
        assert_eq!(count, Ok(expected), "{again} {most}");
        let mut found = [0; 3];
        memory.read(1000, &mut found).unwrap();
        let second = if most > 4 { 5 } else { 0 };
        let first = if most > 0 { 4 } else { 0 };
        assert_eq!(found, [first, second, 0], "{again} {most}");
    }
    let mut last = [0; 2];
    memory.read(100_000 + long as usize - 1, &mut last).unwrap();
    assert_eq!(last, [(long + 5).to_le_bytes()[0], 0]);
    // An error after progress is another call's.
    let mut calls = 0;
    let count = vectors.read_into(&mut View::Shared(&memory), true, |slices| {
        calls += 1;
        if calls == 1 { Ok(slices[0].len()) } else { Err(Errno::Io) }
    });
    assert_eq!(count, Ok(limits::COPY_BYTES));
    let outside = shared_with(1000, &[(999, 2)]);
    let read = outside.1.read_into(&mut View::Shared(&outside.0), true, |_| Ok::<usize, Errno>(0));
    assert_eq!(read, Err(Errno::Fault));
}

#[test]
fn writes_from_a_shared_memory_are_gathered() {
    let long = u32::try_from(limits::COPY_BYTES).unwrap();
    let (memory, vectors) = shared_with(1 << 20, &[(4000, 3), (0, 0), (1000, 2), (100_000, long)]);
    memory.write(4000, b"abc").unwrap();
    memory.write(1000, b"de").unwrap();
    memory.write(100_000 + long as usize - 5, b"vwxyz").unwrap();
    let mut written = Vec::new();
    let count = vectors.write_from(&View::Shared(&memory), |slices| {
        slices.iter().for_each(|slice| written.extend_from_slice(slice));
        Ok::<usize, Errno>(slices.iter().map(|slice| slice.len()).sum())
    });
    assert_eq!((count, written.len()), (Ok(long as usize + 5), long as usize + 5));
    assert_eq!((&written[..5], &written[long as usize..]), (&b"abcde"[..], &b"vwxyz"[..]));
    for (answers, expected, times) in [
        (vec![Ok(7)], Ok(7), 1),
        (vec![Ok(limits::COPY_BYTES), Err(Errno::Nospc)], Ok(limits::COPY_BYTES), 2),
        (vec![Err(Errno::Nospc)], Err(Errno::Nospc), 1),
    ] {
        let mut calls = 0;
        let count = vectors.write_from(&View::Shared(&memory), |_| {
            calls += 1;
            answers[calls - 1]
        });
        assert_eq!((count, calls), (expected, times));
    }
    let nothing = GuestVectors { start: GuestPtr(0), len: 0 };
    let count =
        nothing.write_from(&View::Shared(&memory), |slices| Ok::<usize, Errno>(slices.len()));
    assert_eq!(count, Ok(0));
    let outside = shared_with(1000, &[(0, 8), (999, 2)]);
    let written = outside.1.write_from(&View::Shared(&outside.0), |_| Ok::<usize, Errno>(8));
    assert_eq!(written, Err(Errno::Fault));
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
    vectors.read_into(&mut View::Own(&mut memory), false, |slices| {
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
    let (mut memory, vectors) = memory_with(&many);
    let memory = View::Own(&mut memory);
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
        both(100, |memory| {
            let read = vectors.read_into(memory, true, |_| Ok::<usize, Errno>(0));
            assert_eq!(read, expected);
            assert_eq!(vectors.write_from(memory, |_| Ok::<usize, Errno>(0)), expected);
        });
    }
}
