//! The bytes of a memory without a Rust reference to them.
//!
//! Guests on other threads may write a shared memory at any time, so that no slice of it may exist. Invariant:
//! every range is checked against the length; the bytes stay mapped as long as the memory lives.

use std::ops::Range;
use std::ptr::NonNull;

/// Address and length of a memory's bytes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct View {
    base: NonNull<u8>,
    length: usize,
}

impl View {
    /// # Safety
    /// `length` bytes at `base` are mapped, readable and writable, while the view is used.
    pub(crate) unsafe fn new(base: NonNull<u8>, length: usize) -> Self {
        Self { base, length }
    }

    /// How many bytes there are.
    pub(crate) fn length(self) -> usize {
        self.length
    }

    /// Sets bytes.
    pub(crate) fn fill(self, range: Range<usize>, value: u8) {
        let at = self.at(range.start, range.len());
        // SAFETY: the range was checked; the contract of `new`.
        unsafe { at.write_bytes(value, range.len()) };
    }

    /// Copies bytes from another memory or within this one.
    pub(crate) fn copy_from(self, to: usize, source: Self, from: usize, bytes: usize) {
        let (into, out_of) = (self.at(to, bytes), source.at(from, bytes));
        // SAFETY: both ranges were checked; `copy` allows them to overlap.
        unsafe { out_of.copy_to(into, bytes) };
    }

    /// Writes bytes of the host's.
    pub(crate) fn write(self, at: usize, bytes: &[u8]) {
        let into = self.at(at, bytes.len());
        // SAFETY: the range was checked; the host's bytes do not lie in a guest's memory.
        unsafe { into.copy_from_nonoverlapping(NonNull::from(bytes).cast(), bytes.len()) };
    }

    /// Reads bytes for the host.
    pub(crate) fn read(self, at: usize, bytes: &mut [u8]) {
        let out_of = self.at(at, bytes.len());
        // SAFETY: as in `write`.
        unsafe { out_of.copy_to_nonoverlapping(NonNull::from(&mut *bytes).cast(), bytes.len()) };
    }

    /// Writes bytes of the host's, if they fit.
    pub(crate) fn try_write(self, at: usize, bytes: &[u8]) -> Option<()> {
        self.fits(at, bytes.len()).then(|| self.write(at, bytes))
    }

    /// Reads bytes for the host, if there are so many.
    pub(crate) fn try_read(self, at: usize, bytes: &mut [u8]) -> Option<()> {
        self.fits(at, bytes.len()).then(|| self.read(at, bytes))
    }

    fn fits(self, start: usize, bytes: usize) -> bool {
        start.checked_add(bytes).is_some_and(|end| end <= self.length)
    }

    /// The address of a checked range.
    pub(crate) fn at(self, start: usize, bytes: usize) -> NonNull<u8> {
        let fits = self.fits(start, bytes);
        assert!(fits, "{bytes} bytes at {start} of a memory of {}", self.length);
        // SAFETY: inside the memory, or at its end.
        unsafe { self.base.add(start) }
    }
}
