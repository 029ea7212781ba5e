//! A guest's memory during one call: the only type through which this crate reads and writes it.
//!
//! A memory that nobody else uses while the call runs is a slice. One that threads share can change at any moment, so that no
//! slice of it may exist: its bytes are copied in and out, through buffers that `limits::COPY_BYTES` bounds.
//!
//! Not here: a guest's addresses (`memory.rs`).
//!
//! Invariant: no byte that threads share is ever behind a reference, and none is copied twice to be checked and then used.
//!
//! Read next: `memory.rs`.

use crate::{Errno, limits};
use holm::SharedMemory;
use std::borrow::Cow;
use std::ops::Range;

/// A guest's memory during one call.
#[derive(Debug)]
pub(crate) enum View<'a> {
    /// Nobody else uses it.
    Own(&'a mut [u8]),
    /// Other threads of the guest use it too.
    Shared(&'a SharedMemory),
}

impl View<'_> {
    #[inline]
    pub(crate) fn len(&self) -> usize {
        match self {
            View::Own(bytes) => bytes.len(),
            View::Shared(memory) => memory.data_size(),
        }
    }

    /// `fault` if the range does not lie in the memory.
    #[inline]
    pub(crate) fn check(&self, range: &Range<usize>) -> Result<(), Errno> {
        if range.end > self.len() { Err(Errno::Fault) } else { Ok(()) }
    }

    /// Copies `N` bytes out.
    #[inline]
    pub(crate) fn read<const N: usize>(&self, at: usize) -> Result<[u8; N], Errno> {
        match self {
            View::Own(bytes) => {
                let bytes = bytes.get(at..).and_then(|rest| rest.first_chunk::<N>());
                bytes.copied().ok_or(Errno::Fault)
            }
            View::Shared(memory) => {
                let mut bytes = [0; N];
                memory.read(at, &mut bytes).map_err(|_| Errno::Fault)?;
                Ok(bytes)
            }
        }
    }

    /// Copies bytes in; none if they do not fit.
    #[inline]
    pub(crate) fn write(&mut self, at: usize, bytes: &[u8]) -> Result<(), Errno> {
        match self {
            View::Own(memory) => {
                let place = memory.get_mut(at..).and_then(|rest| rest.get_mut(..bytes.len()));
                place.ok_or(Errno::Fault)?.copy_from_slice(bytes);
                Ok(())
            }
            View::Shared(memory) => memory.write(at, bytes).map_err(|_| Errno::Fault),
        }
    }

    /// The bytes of a range; of one that is longer than `max` perhaps only one byte more than that, which is enough to see
    /// that it is too long.
    pub(crate) fn bytes(&self, range: Range<usize>, max: usize) -> Result<Cow<'_, [u8]>, Errno> {
        match self {
            View::Own(bytes) => bytes.get(range).map(Cow::Borrowed).ok_or(Errno::Fault),
            View::Shared(memory) => {
                self.check(&range)?;
                let mut copy = vec![0; range.len().min(max.saturating_add(1))];
                memory.read(range.start, &mut copy).map_err(|_| Errno::Fault)?;
                Ok(Cow::Owned(copy))
            }
        }
    }

    /// Has `fill` write to a range, and says how many bytes it says it has written. It gets all of the range, or a buffer of
    /// `max` bytes if that is less.
    pub(crate) fn fill<E: From<Errno>>(
        &mut self,
        range: Range<usize>,
        max: usize,
        fill: impl FnOnce(&mut [u8]) -> Result<usize, E>,
    ) -> Result<usize, E> {
        self.check(&range)?;
        match self {
            View::Own(bytes) => fill(bytes.get_mut(range).ok_or(Errno::Fault)?),
            View::Shared(memory) => {
                let mut copy = vec![0; range.len().min(max)];
                let count = fill(&mut copy)?.min(copy.len());
                memory.write(range.start, &copy[..count]).map_err(|_| Errno::Fault)?;
                Ok(count)
            }
        }
    }

    /// Has `fill` write to all of a range, piece by piece.
    pub(crate) fn fill_all<E: From<Errno>>(
        &mut self,
        range: Range<usize>,
        mut fill: impl FnMut(&mut [u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        self.check(&range)?;
        let mut at = range.start;
        while at < range.end {
            at += self.fill(at..range.end, limits::COPY_BYTES, |piece| {
                fill(piece).map(|()| piece.len())
            })?;
        }
        Ok(())
    }
}
