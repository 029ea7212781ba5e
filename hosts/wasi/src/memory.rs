//! Guest addresses, and the only ways to turn them into host memory.
//!
//! A `GuestPtr` or `GuestSlice` is an allegation: holding one proves nothing at all, not even that it lies inside
//! the memory. Each access names the memory and is checked there; arithmetic on addresses never wraps.
//! Alignment is not asked for.
//!
//! Invariant: no other file of this crate than this and `memory/view.rs` indexes guest memory.
//!
//! Read next: `memory/view.rs`, then `preview1/args.rs`, which makes these values from a call's parameters.

mod shared;
mod view;

pub(crate) use view::View;

use crate::{Errno, limits};
use std::borrow::Cow;
use std::io::{IoSlice, IoSliceMut};
use std::ops::Range;

/// A place in guest memory, as the guest alleges.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct GuestPtr(pub(crate) u32);

/// A range of guest memory, as the guest alleges.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct GuestSlice {
    pub(crate) start: u32,
    pub(crate) len: u32,
}

impl GuestPtr {
    /// The place `bytes` further on; `fault` past the end of the address space.
    pub(crate) fn offset(self, bytes: u32) -> Result<GuestPtr, Errno> {
        self.0.checked_add(bytes).map(GuestPtr).ok_or(Errno::Fault)
    }

    /// The `len` bytes from here.
    pub(crate) fn slice(self, len: u32) -> GuestSlice {
        GuestSlice { start: self.0, len }
    }

    /// Copies `N` bytes out of the guest.
    #[inline]
    pub(crate) fn read<const N: usize>(self, memory: &View<'_>) -> Result<[u8; N], Errno> {
        memory.read(self.0 as usize)
    }

    /// Copies bytes into the guest.
    #[inline]
    pub(crate) fn write(self, memory: &mut View<'_>, bytes: &[u8]) -> Result<(), Errno> {
        memory.write(self.0 as usize, bytes)
    }

    pub(crate) fn write_u32(self, memory: &mut View<'_>, value: u32) -> Result<(), Errno> {
        self.write(memory, &value.to_le_bytes())
    }

    pub(crate) fn write_u64(self, memory: &mut View<'_>, value: u64) -> Result<(), Errno> {
        self.write(memory, &value.to_le_bytes())
    }

    /// Writes a count that the kernel bounds below 2³².
    pub(crate) fn write_count(self, memory: &mut View<'_>, count: usize) -> Result<(), Errno> {
        self.write_u32(memory, u32::try_from(count).map_err(|_| Errno::Overflow)?)
    }
}

impl GuestSlice {
    fn range(self) -> Range<usize> {
        // Two numbers below 2³² cannot wrap in 64 bits.
        let start = self.start as usize;
        start..start + self.len as usize
    }

    /// `fault` if it does not lie in the memory.
    pub(crate) fn check(self, memory: &View<'_>) -> Result<(), Errno> {
        memory.check(&self.range())
    }

    /// Its bytes; see `View::bytes` for those of one longer than `max`.
    pub(crate) fn get<'m>(self, memory: &'m View<'_>, max: usize) -> Result<Cow<'m, [u8]>, Errno> {
        memory.bytes(self.range(), max)
    }

    /// Has `fill` write to it; see `View::fill`.
    pub(crate) fn fill<E: From<Errno>>(
        self,
        memory: &mut View<'_>,
        max: usize,
        fill: impl FnOnce(&mut [u8]) -> Result<usize, E>,
    ) -> Result<usize, E> {
        memory.fill(self.range(), max, fill)
    }

    /// Has `fill` write to all of it, piece by piece.
    pub(crate) fn fill_all<E: From<Errno>>(
        self,
        memory: &mut View<'_>,
        fill: impl FnMut(&mut [u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        memory.fill_all(self.range(), fill)
    }

    /// A range that has been found to lie in a memory, as a list element.
    fn checked(self, memory_bytes: usize) -> Result<Range<usize>, Errno> {
        let range = self.range();
        if range.end > memory_bytes { Err(Errno::Fault) } else { Ok(range) }
    }
}

/// A scatter or gather list: `len` pairs of address and length, as the guest alleges.
#[derive(Clone, Copy, Debug)]
pub(crate) struct GuestVectors {
    pub(crate) start: GuestPtr,
    pub(crate) len: u32,
}

/// The first non-empty ranges of a list, all inside the memory they were checked against.
struct Batch {
    ranges: [Range<usize>; limits::VECTORS_BATCH],
    len: usize,
    /// Elements of the list that were looked at to fill the batch.
    taken: u32,
}

impl GuestVectors {
    /// The list itself.
    fn list<'m>(self, memory: &'m View<'_>) -> Result<Cow<'m, [u8]>, Errno> {
        if self.len > limits::VECTORS_MAX {
            return Err(Errno::Inval);
        }
        self.start.slice(self.len * 8).get(memory, limits::VECTORS_MAX as usize * 8)
    }

    /// Reads up to a batch of non-empty elements, from element `from` on, of `room` bytes at most.
    fn batch(self, memory: &View<'_>, from: u32, mut room: usize) -> Result<Batch, Errno> {
        let list = self.list(memory)?;
        let memory_bytes = memory.len();
        let mut batch = Batch { ranges: [const { 0..0 }; _], len: 0, taken: from };
        for pair in list.chunks_exact(8).skip(from as usize) {
            if batch.len == limits::VECTORS_BATCH {
                break;
            }
            batch.taken += 1;
            let mut range = pair_of(pair).checked(memory_bytes)?;
            range.end = range.end.min(range.start + room);
            room -= range.len();
            if !range.is_empty() {
                batch.ranges[batch.len] = range;
                batch.len += 1;
            }
        }
        Ok(batch)
    }

    /// Hands the list to `read` as slices to be filled. One call takes a prefix of the list: all of it in every
    /// usual case, but only the first range if ranges overlap (a short read is always allowed). Where the bytes have to be
    /// copied, `read` is called again for what is behind the first buffer if `again` says that this waits for nothing.
    pub(crate) fn read_into<E: From<Errno>>(
        self,
        memory: &mut View<'_>,
        again: bool,
        mut read: impl FnMut(&mut [IoSliceMut<'_>]) -> Result<usize, E>,
    ) -> Result<usize, E> {
        let batch = self.batch(memory, 0, limits::TRANSFER_BYTES_MAX)?;
        let memory = match memory {
            View::Own(memory) => memory,
            View::Shared(memory) => return shared::read(memory, &batch, again, read),
        };
        if batch.len > 1
            && let Ok(slices) = memory.get_disjoint_mut(batch.ranges.clone())
        {
            let mut slices = slices.map(IoSliceMut::new);
            return read(&mut slices[..batch.len]);
        }
        if batch.len == 0 {
            return read(&mut []);
        }
        let first = memory.get_mut(batch.ranges[0].clone()).ok_or(Errno::Fault)?;
        read(&mut [IoSliceMut::new(first)])
    }

    /// Hands the list to `write`, batch after batch, until one is not taken whole. An error after progress
    /// is kept for the next call.
    pub(crate) fn write_from<E: From<Errno>>(
        self,
        memory: &View<'_>,
        mut write: impl FnMut(&mut [IoSlice<'_>]) -> Result<usize, E>,
    ) -> Result<usize, E> {
        let bytes = match memory {
            View::Own(bytes) => bytes,
            View::Shared(shared) => return shared::write(shared, &self.list(memory)?, write),
        };
        let mut done = 0;
        let mut from = 0;
        loop {
            let batch = self.batch(memory, from, limits::TRANSFER_BYTES_MAX - done)?;
            let mut slices = [IoSlice::new(&[]); limits::VECTORS_BATCH];
            let mut want = 0;
            for (slice, range) in slices.iter_mut().zip(&batch.ranges[..batch.len]) {
                let bytes = bytes.get(range.clone()).ok_or(Errno::Fault)?;
                *slice = IoSlice::new(bytes);
                want += bytes.len();
            }
            match write(&mut slices[..batch.len]) {
                Ok(written) => {
                    done += written;
                    from = batch.taken;
                    if written < want || from >= self.len || done == limits::TRANSFER_BYTES_MAX {
                        return Ok(done);
                    }
                }
                Err(_) if done > 0 => return Ok(done),
                Err(error) => return Err(error),
            }
        }
    }
}

fn pair_of(pair: &[u8]) -> GuestSlice {
    let word = |at: usize| pair[at..].first_chunk::<4>().map_or(0, |b| u32::from_le_bytes(*b));
    GuestSlice { start: word(0), len: word(4) }
}

#[cfg(test)]
mod tests;
