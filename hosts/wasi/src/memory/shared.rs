//! Reading into and writing from memory that threads share, by way of a buffer.
//!
//! Not here: memory that is borrowed (`memory.rs`).
//!
//! Invariant: the buffer holds `limits::COPY_BYTES` at most, and the addresses of a list are read once and then believed.
//!
//! Read next: `memory/view.rs`.

use super::{Batch, pair_of};
use crate::{Errno, limits};
use holm::SharedMemory;
use std::io::{IoSlice, IoSliceMut};
use std::ops::Range;

/// Fills the ranges of a batch from their beginning, until a read is short or has filled one buffer and may not be repeated.
pub(super) fn read<E: From<Errno>>(
    memory: &SharedMemory,
    batch: &Batch,
    again: bool,
    mut read: impl FnMut(&mut [IoSliceMut<'_>]) -> Result<usize, E>,
) -> Result<usize, E> {
    // What one read puts into ranges that overlap is in the order of the list only if it takes them one by one.
    let overlap = |(index, range): (usize, &Range<usize>)| {
        let before = &batch.ranges[..index];
        before.iter().any(|other| other.start < range.end && range.start < other.end)
    };
    let all = &batch.ranges[..batch.len];
    let ranges = if all.iter().enumerate().any(overlap) { &all[..1] } else { all };
    let total: usize = ranges.iter().map(ExactSizeIterator::len).sum();
    if total == 0 {
        return read(&mut []);
    }
    let mut buffer = vec![0; total.min(limits::COPY_BYTES)];
    let mut done = 0;
    while done < total {
        let want = buffer.len().min(total - done);
        let count = match read(&mut [IoSliceMut::new(&mut buffer[..want])]) {
            Ok(count) => count.min(want),
            Err(_) if done > 0 => return Ok(done),
            Err(error) => return Err(error),
        };
        scatter(memory, batch, done, &buffer[..count])?;
        done += count;
        if count < want || !again {
            break;
        }
    }
    Ok(done)
}

/// Writes bytes to the ranges of a batch, beginning `skip` bytes behind their beginning.
fn scatter(
    memory: &SharedMemory,
    batch: &Batch,
    mut skip: usize,
    mut bytes: &[u8],
) -> Result<(), Errno> {
    for range in &batch.ranges[..batch.len] {
        let at = range.start + skip.min(range.len());
        skip -= skip.min(range.len());
        let (now, later) = bytes.split_at(bytes.len().min(range.end - at));
        memory.write(at, now).map_err(|_| Errno::Fault)?;
        bytes = later;
    }
    Ok(())
}

/// Hands what a list names to `write`, one buffer after the other, until one is not taken whole.
pub(super) fn write<E: From<Errno>>(
    memory: &SharedMemory,
    list: &[u8],
    mut write: impl FnMut(&mut [IoSlice<'_>]) -> Result<usize, E>,
) -> Result<usize, E> {
    let mut pairs = list.chunks_exact(8).map(pair_of);
    let mut rest = 0..0;
    let mut done = 0;
    let mut buffer = Vec::new();
    loop {
        buffer.clear();
        let room = limits::COPY_BYTES.min(limits::TRANSFER_BYTES_MAX - done);
        while buffer.len() < room {
            if rest.is_empty() {
                let Some(pair) = pairs.next() else { break };
                match pair.checked(memory.data_size()) {
                    Ok(range) => rest = range,
                    Err(_) if done > 0 => return Ok(done),
                    Err(errno) => return Err(errno.into()),
                }
                continue;
            }
            let (at, filled) = (rest.start, buffer.len());
            rest.start += rest.len().min(room - filled);
            buffer.resize(filled + (rest.start - at), 0);
            memory.read(at, &mut buffer[filled..]).map_err(|_| Errno::Fault)?;
        }
        let mut slices = [IoSlice::new(&buffer)];
        let slices = if buffer.is_empty() { &mut slices[..0] } else { &mut slices[..] };
        if done > 0 && slices.is_empty() {
            return Ok(done);
        }
        match write(slices) {
            Ok(count) => {
                done += count;
                if count < buffer.len() || buffer.len() < limits::COPY_BYTES {
                    return Ok(done);
                }
            }
            Err(_) if done > 0 => return Ok(done),
            Err(error) => return Err(error),
        }
    }
}
