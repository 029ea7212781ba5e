//! Memory from the allocator, in the shape of mappings.
//!
//! Where an operating system reserves addresses and makes pages accessible later, here the memory is there from the start and is
//! cleared when it is asked for: its pages read as zero the first time they are made accessible, and keep what
//! is in them when they are made so again. An allocator that gets untouched memory from a system costs no more than a
//! reservation does. Nothing is ever inaccessible.
//! Invariant: a page that was never accessible is never read.

use crate::VmError;
use std::alloc::Layout;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicBool, Ordering};

/// Bytes of a page.
pub(crate) const PAGE: usize = holm_abi::layout::HOST_PAGE_BYTES as usize;

/// Bytes of a huge page: the unit in which heaps grow; there are none here.
pub(crate) const HUGE_PAGE_BYTES: u64 = 2 << 20;

/// Whether addresses can be reserved without memory, so that what leads into them faults.
pub(crate) const CAN_RESERVE: bool = false;

/// A range of memory that belongs to this value.
#[derive(Debug)]
pub(crate) struct Mapping {
    base: NonNull<u8>,
    layout: Layout,
    /// Which pages have been accessible; nothing if all are from the start.
    known: Option<Box<[AtomicBool]>>,
}

// SAFETY: an allocation is good on every thread; access to its bytes is the owner's duty.
unsafe impl Send for Mapping {}
// SAFETY: as above; shared references to it give out only addresses, and clear only pages that nobody has used.
unsafe impl Sync for Mapping {}

impl Mapping {
    /// Allocates `bytes` (rounded up to pages) that nothing may access yet.
    pub(crate) fn reserve(bytes: usize) -> Result<Self, VmError> {
        let layout = layout(bytes)?;
        let unknown = || AtomicBool::new(false);
        let known = std::iter::repeat_with(unknown).take(layout.size() / PAGE).collect();
        // SAFETY: the size is at least a page.
        let base = unsafe { std::alloc::alloc(layout) };
        let base = NonNull::new(base).ok_or_else(|| exhausted(layout.size()))?;
        Ok(Self { base, layout, known: Some(known) })
    }

    /// Allocates `bytes` (rounded up to pages) of zeros.
    pub(crate) fn zeroed(bytes: usize) -> Result<Self, VmError> {
        let layout = layout(bytes)?;
        // SAFETY: the size is at least a page.
        let base = unsafe { std::alloc::alloc_zeroed(layout) };
        let base = NonNull::new(base).ok_or_else(|| exhausted(layout.size()))?;
        Ok(Self { base, layout, known: None })
    }

    /// First address.
    pub(crate) fn base(&self) -> NonNull<u8> {
        self.base
    }

    /// Length in bytes.
    pub(crate) fn bytes(&self) -> usize {
        self.layout.size()
    }

    /// The address `offset` bytes from the base.
    ///
    /// # Panics
    /// When it lies outside.
    pub(crate) fn at(&self, offset: usize) -> NonNull<u8> {
        assert!(offset <= self.bytes(), "offset {offset} in a mapping of {} bytes", self.bytes());
        // SAFETY: the offset lies inside the allocation or at its end.
        unsafe { self.base.add(offset) }
    }

    /// Makes pages accessible that were not; nothing makes them inaccessible.
    ///
    /// # Errors
    /// None here.
    pub(crate) fn protect(
        &self,
        offset: usize,
        bytes: usize,
        access: Access,
    ) -> Result<(), VmError> {
        let Some(known) = &self.known else { return Ok(()) };
        if access != Access::None {
            for page in self.pages(offset, bytes) {
                if !known[page].swap(true, Ordering::Relaxed) {
                    self.clear(page);
                }
            }
        }
        Ok(())
    }

    /// There are no huge pages.
    pub(crate) fn want_huge_pages(&self, offset: usize, bytes: usize) {
        assert!(bytes <= self.bytes() - offset, "range inside the mapping");
    }

    /// Pages cannot be moved.
    pub(crate) fn move_pages(&self, from: usize, to: usize, bytes: usize) -> bool {
        assert!(bytes <= self.bytes() - from && bytes <= self.bytes() - to, "ranges inside");
        false
    }

    /// Has pages read as zero from now on.
    ///
    /// # Errors
    /// None here.
    pub(crate) fn discard(&self, offset: usize, bytes: usize) -> Result<(), VmError> {
        for page in self.pages(offset, bytes) {
            if self.known.as_ref().is_none_or(|known| known[page].load(Ordering::Relaxed)) {
                self.clear(page);
            }
        }
        Ok(())
    }

    /// The pages of a range.
    fn pages(&self, offset: usize, bytes: usize) -> std::ops::Range<usize> {
        assert!(bytes <= self.bytes() - offset, "range inside the mapping");
        offset / PAGE..(offset + bytes).div_ceil(PAGE)
    }

    /// Clears a page.
    fn clear(&self, page: usize) {
        let at = self.at(page * PAGE);
        // SAFETY: the page lies in the allocation, which is whole pages; nobody has used it, or its owner asks for what is
        // in it to be dropped.
        unsafe { at.write_bytes(0, PAGE) };
    }
}

/// There are no huge pages.
pub(crate) const fn want_huge_pages(_: &mut Vec<u8>) {}

impl Drop for Mapping {
    fn drop(&mut self) {
        // SAFETY: it was allocated with this layout, and nothing refers to it any more.
        unsafe { std::alloc::dealloc(self.base.as_ptr(), self.layout) };
    }
}

/// What to allocate for so many bytes.
fn layout(bytes: usize) -> Result<Layout, VmError> {
    let whole = bytes.max(1).checked_next_multiple_of(PAGE);
    let layout = whole.and_then(|bytes| Layout::from_size_align(bytes, PAGE).ok());
    layout.ok_or_else(|| exhausted(bytes))
}

#[cold]
fn exhausted(bytes: usize) -> VmError {
    VmError::os("allocating memory", format_args!("no room for {bytes} bytes"))
}

/// What may be done with pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    /// Nothing.
    None,
    /// Reading.
    Read,
    /// Reading and writing.
    ReadWrite,
}

/// Poll pages are for machine code.
///
/// # Safety
/// None is needed here.
pub(crate) unsafe fn protect_poll_page(_: usize, _: Access) {}

// By its path, because this file is read by its own where tests run.
#[cfg(test)]
#[path = "map/tests.rs"]
mod tests;
