//! The bytes of a memory without a Rust reference to them.
//!
//! Guests on other threads may write a shared memory at any time, so that no slice of it may exist, and not even Rust's own
//! copies may touch it (see `sys/x86_64/racing.rs`). Invariant: every range is checked against the length; the bytes stay
//! mapped as long as the memory lives.

use crate::sys::arch::racing;
use std::ops::Range;
use std::ptr::NonNull;

/// Bytes that go through the host when one shared range is copied onto another that it overlaps.
const BOUNCE_BYTES: usize = 4096;

/// Address and length of a memory's bytes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct View {
    base: NonNull<u8>,
    length: usize,
    /// Other threads may use the bytes at any time.
    shared: bool,
}

impl View {
    /// # Safety
    /// `length` bytes at `base` are mapped, readable and writable, while the view is used, and nobody else uses them.
    pub(crate) unsafe fn new(base: NonNull<u8>, length: usize) -> Self {
        Self { base, length, shared: false }
    }

    /// # Safety
    /// As for `new`, but that others may use the bytes, as guests do.
    pub(crate) unsafe fn shared(base: NonNull<u8>, length: usize) -> Self {
        Self { base, length, shared: true }
    }

    /// How many bytes there are.
    pub(crate) fn length(self) -> usize {
        self.length
    }

    /// Sets bytes.
    pub(crate) fn fill(self, range: Range<usize>, value: u8) {
        let at = self.at(range.start, range.len());
        if self.shared {
            // SAFETY: the range was checked; the contract of `shared`.
            return unsafe { racing::fill(at.as_ptr(), value, range.len()) };
        }
        // SAFETY: the range was checked; the contract of `new`.
        unsafe { at.write_bytes(value, range.len()) };
    }

    /// Copies bytes from another memory or within this one.
    pub(crate) fn copy_from(self, to: usize, source: Self, from: usize, bytes: usize) {
        let (into, out_of) = (self.at(to, bytes), source.at(from, bytes));
        if self.shared || source.shared {
            let (low, high) = (out_of.addr().get(), into.addr().get());
            if low < high && high - low < bytes {
                return self.move_up(to, source, from, bytes);
            }
            // SAFETY: both ranges were checked; upwards is the right way for these.
            return unsafe { racing::copy(out_of.as_ptr(), into.as_ptr(), bytes) };
        }
        // SAFETY: both ranges were checked; `copy` allows them to overlap.
        unsafe { out_of.copy_to(into, bytes) };
    }

    /// Copies a range onto one that begins inside of it, from its end down.
    fn move_up(self, to: usize, source: Self, from: usize, bytes: usize) {
        let mut bounce = [0; BOUNCE_BYTES];
        let mut left = bytes;
        while left > 0 {
            let piece = left.min(BOUNCE_BYTES);
            left -= piece;
            source.read(from + left, &mut bounce[..piece]);
            self.write(to + left, &bounce[..piece]);
        }
    }

    /// Writes bytes of the host's.
    pub(crate) fn write(self, at: usize, bytes: &[u8]) {
        let into = self.at(at, bytes.len());
        if self.shared {
            // SAFETY: the range was checked; the host's bytes do not lie in a guest's memory.
            return unsafe { racing::copy(bytes.as_ptr(), into.as_ptr(), bytes.len()) };
        }
        // SAFETY: the range was checked; the host's bytes do not lie in a guest's memory.
        unsafe { into.copy_from_nonoverlapping(NonNull::from(bytes).cast(), bytes.len()) };
    }

    /// Reads bytes for the host.
    pub(crate) fn read(self, at: usize, bytes: &mut [u8]) {
        let out_of = self.at(at, bytes.len());
        if self.shared {
            // SAFETY: as in `write`.
            return unsafe { racing::copy(out_of.as_ptr(), bytes.as_mut_ptr(), bytes.len()) };
        }
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
