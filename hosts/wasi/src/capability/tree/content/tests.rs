//! Content against a plain vector of bytes.

use super::*;
use std::fs::File;
use std::io::Write;
use std::sync::Arc;

const ROOM: u64 = 8 << 20;

fn read(content: &Content, at: u64, len: usize) -> Vec<u8> {
    let mut bytes = vec![0xaa; len];
    let count = content.read(&mut [IoSliceMut::new(&mut bytes)], at).unwrap();
    bytes.truncate(count);
    bytes
}

/// A base of so many bytes behind ten others, in a file that has more behind them.
fn base(len: u64) -> (Base, Vec<u8>) {
    let mut file = tempfile();
    let bytes: Vec<u8> = (0..len).map(|at| u8::try_from(at % 251).unwrap()).collect();
    file.write_all(&[0xee; 10]).unwrap();
    file.write_all(&bytes).unwrap();
    file.write_all(&[0xee; 10]).unwrap();
    (Base::archive(&Arc::new(file), 10, len), bytes)
}

fn tempfile() -> File {
    let flags = rustix::fs::OFlags::TMPFILE | rustix::fs::OFlags::RDWR;
    let mode = rustix::fs::Mode::from_raw_mode(0o600);
    rustix::fs::open(std::env::temp_dir(), flags, mode).unwrap().into()
}

/// Writes, cuts and growths at places that lie around the ends of pieces, on content and on the vector.
#[test]
fn it_is_what_a_vector_is() {
    let piece = PIECE_BYTES as u64;
    let places = [0, 1, piece - 1, piece, piece + 1, 3 * piece, 3 * piece + 7];
    let lengths = [1, 2, 100, PIECE_BYTES - 1, PIECE_BYTES, PIECE_BYTES + 1, 2 * PIECE_BYTES];
    for base_len in [0, 1, 100, piece, piece + 5, 5 * piece] {
        let space = Space::new(ROOM);
        let (base, mut model) = base(base_len);
        let mut content = Content::over(base);
        let mut step = 0_usize;
        for at in places {
            for len in lengths {
                step += 1;
                let bytes = vec![u8::try_from(step % 255).unwrap(); len];
                let start = usize::try_from(at).unwrap();
                if step.is_multiple_of(3) {
                    content.set_size(&space, at);
                    model.resize(start, 0);
                } else {
                    let count = content.write(&space, &[IoSlice::new(&bytes)], at).unwrap();
                    assert_eq!(count, len);
                    model.resize(model.len().max(start + len), 0);
                    model[start..start + len].copy_from_slice(&bytes);
                }
                assert_eq!(content.size(), model.len() as u64, "step {step}");
                assert!(read(&content, 0, model.len() + 10) == model, "step {step}");
            }
        }
        content.clear(&space);
        assert_eq!(space.used(), 0);
    }
}

#[test]
fn holes_cost_nothing_and_room_ends() {
    let space = Space::new(4 * PIECE_BYTES as u64);
    let mut content = Content::default();
    content.set_size(&space, 1 << 50);
    assert_eq!(space.used(), 0);
    assert_eq!(read(&content, (1 << 50) - 3, 10), [0; 3]);
    let bytes = vec![7; 10 * PIECE_BYTES];
    let count = content.write(&space, &[IoSlice::new(&bytes)], 5).unwrap();
    assert!(count > 2 * PIECE_BYTES && count < 4 * PIECE_BYTES, "{count}");
    assert!(space.used() <= space.max());
    let error = content.write(&space, &[IoSlice::new(&bytes)], 1 << 40);
    assert_eq!(error, Err(Errno::Nospc));
    assert_eq!(read(&content, 1 << 40, 4), [0; 4]);
    content.set_size(&space, 0);
    assert_eq!(space.used(), 0);
}

#[test]
fn the_end_of_numbers_is_too_far() {
    let space = Space::new(ROOM);
    let mut content = Content::default();
    let bytes = [IoSlice::new(b"xy")];
    assert_eq!(content.write(&space, &bytes, i64::MAX as u64 - 1), Err(Errno::Fbig));
    assert_eq!(content.write(&space, &bytes, u64::MAX), Err(Errno::Fbig));
    assert_eq!(content.write(&space, &bytes, i64::MAX as u64 - 2), Ok(2));
}
