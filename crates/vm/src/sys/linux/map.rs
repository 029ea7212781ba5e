//! Mappings of address space: reserved first, made accessible piece by piece, unmapped when dropped.
//!
//! A [`Mapping`] owns its range: nothing else in the process maps, unmaps or protects inside it. What the
//! bytes mean is its owner's business.

use crate::VmError;
#[cfg(feature = "machine-code")]
use rustix::fd::AsFd;
use rustix::mm::{Advice, MapFlags, MprotectFlags, MremapFlags, MsyncFlags, ProtFlags};
use std::ptr::NonNull;

/// Bytes of a page.
pub(crate) const PAGE: usize = holm_abi::layout::HOST_PAGE_BYTES as usize;

/// Bytes of a huge page.
pub(crate) const HUGE_PAGE_BYTES: u64 = 2 << 20;

/// Whether addresses can be reserved without memory, so that what leads into them faults.
pub(crate) const CAN_RESERVE: bool = true;

/// A range of address space that belongs to this value.
#[derive(Debug)]
pub(crate) struct Mapping {
    base: NonNull<u8>,
    bytes: usize,
}

// SAFETY: a mapping is an address range, valid from every thread; access to its bytes is the owner's duty.
unsafe impl Send for Mapping {}
// SAFETY: as above; shared references to it give out only addresses.
unsafe impl Sync for Mapping {}

impl Mapping {
    /// Reserves `bytes` (rounded up to pages) that nothing can access yet.
    pub(crate) fn reserve(bytes: usize) -> Result<Self, VmError> {
        Self::anonymous(bytes, ProtFlags::empty())
    }

    /// Maps `bytes` (rounded up to pages) of zeros, readable and writable.
    pub(crate) fn zeroed(bytes: usize) -> Result<Self, VmError> {
        Self::anonymous(bytes, ProtFlags::READ | ProtFlags::WRITE)
    }

    fn anonymous(bytes: usize, protection: ProtFlags) -> Result<Self, VmError> {
        let bytes = bytes.max(1).next_multiple_of(PAGE);
        let flags = MapFlags::PRIVATE | MapFlags::NORESERVE;
        // SAFETY: an anonymous mapping at an address of the kernel's choice touches no existing memory.
        let base =
            unsafe { rustix::mm::mmap_anonymous(std::ptr::null_mut(), bytes, protection, flags) };
        let base = base.map_err(|error| VmError::os("mapping memory", error))?;
        Ok(Self { base: NonNull::new(base.cast()).expect("mmap never returns null"), bytes })
    }

    /// Maps the first `bytes` of a sealed file as code: readable and executable.
    #[cfg(feature = "machine-code")]
    pub(crate) fn executable(file: impl AsFd, bytes: usize) -> Result<Self, VmError> {
        let bytes = bytes.max(1).next_multiple_of(PAGE);
        let protection = ProtFlags::READ | ProtFlags::EXEC;
        // SAFETY: a new mapping at an address of the kernel's choice touches no existing memory; the file
        // is sealed against writing, so that its bytes stay what they are.
        let base = unsafe {
            let null = std::ptr::null_mut();
            rustix::mm::mmap(null, bytes, protection, MapFlags::SHARED, file, 0)
        };
        let base = base.map_err(|error| VmError::os("mapping code", error))?;
        Ok(Self { base: NonNull::new(base.cast()).expect("mmap never returns null"), bytes })
    }

    /// Reserves `bytes` that nothing can access yet, at a multiple of `align`, a power of two.
    #[cfg(feature = "machine-code")]
    pub(crate) fn reserve_aligned(bytes: usize, align: usize) -> Result<Self, VmError> {
        let bytes = bytes.max(1).next_multiple_of(PAGE);
        let whole = std::mem::ManuallyDrop::new(Self::reserve(bytes + align)?);
        let before = whole.base.as_ptr().addr().wrapping_neg() & (align - 1);
        // The ends go back; what is left belongs to the value that is returned.
        for (offset, length) in [(0, before), (before + bytes, whole.bytes - before - bytes)] {
            if length > 0 {
                drop(Self { base: whole.at(offset), bytes: length });
            }
        }
        Ok(Self { base: whole.at(before), bytes })
    }

    /// Maps the first `bytes` of a sealed file as code, readable and executable, over a part of this reservation that
    /// nothing is in.
    #[cfg(feature = "machine-code")]
    pub(crate) fn make_executable(
        &self,
        offset: usize,
        file: impl AsFd,
        bytes: usize,
    ) -> Result<(), VmError> {
        let bytes = bytes.max(1).next_multiple_of(PAGE);
        assert!(offset.is_multiple_of(PAGE) && bytes <= self.bytes - offset, "code inside a range");
        let protection = ProtFlags::READ | ProtFlags::EXEC;
        let flags = MapFlags::SHARED | MapFlags::FIXED;
        // SAFETY: the pages lie inside this reservation (checked), whose owner says that nothing is there yet; the file
        // is sealed against writing, so that its bytes stay what they are.
        let at = unsafe {
            rustix::mm::mmap(self.at(offset).as_ptr().cast(), bytes, protection, flags, file, 0)
        };
        at.map(drop).map_err(|error| {
            reclaim(self.at(offset), bytes);
            VmError::os("mapping code", error)
        })
    }

    /// First address.
    pub(crate) fn base(&self) -> NonNull<u8> {
        self.base
    }

    /// Length in bytes.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    /// The address `offset` bytes from the base.
    ///
    /// # Panics
    /// When it lies outside.
    pub(crate) fn at(&self, offset: usize) -> NonNull<u8> {
        assert!(offset <= self.bytes, "offset {offset} in a mapping of {} bytes", self.bytes);
        // SAFETY: the offset lies inside the mapping or at its end.
        unsafe { self.base.add(offset) }
    }

    /// Makes pages readable and writable, or inaccessible.
    pub(crate) fn protect(
        &self,
        offset: usize,
        bytes: usize,
        access: Access,
    ) -> Result<(), VmError> {
        protect(self.at(offset), bytes, access, self.bytes - offset)
    }

    /// Asks for memory to come in huge pages from now on. It is a wish: a system that has none says no, and nothing
    /// is different.
    pub(crate) fn want_huge_pages(&self, offset: usize, bytes: usize) {
        assert!(bytes <= self.bytes - offset, "range inside the mapping");
        // SAFETY: the range lies inside this mapping; advice about the size of pages changes no byte of it.
        let _ = unsafe {
            rustix::mm::madvise(self.at(offset).as_ptr().cast(), bytes, Advice::LinuxHugepage)
        };
    }

    /// Moves pages, with what is in them, to other addresses of the mapping; what was there is gone, and where they were
    /// there are zeros. Gives `false`, and changes nothing, where the system cannot do that.
    pub(crate) fn move_pages(&self, from: usize, to: usize, bytes: usize) -> bool {
        assert!(bytes <= self.bytes - from && bytes <= self.bytes - to, "ranges in the mapping");
        assert!(from.abs_diff(to) >= bytes, "ranges apart");
        let target = self.at(to);
        let (from, to) = (self.at(from).as_ptr().cast(), target.as_ptr().cast());
        // By number: where system calls go through the C library, as under a sanitizer, the flag has no name.
        let dont_unmap = MremapFlags::from_bits_retain(libc::MREMAP_DONTUNMAP.cast_unsigned());
        let flags = MremapFlags::MAYMOVE | dont_unmap;
        // SAFETY: both ranges lie inside this mapping, do not overlap, and stay mapped; their owner asks for their
        // contents to be moved and dropped.
        if unsafe { rustix::mm::mremap_fixed(from, bytes, bytes, flags, to) }.is_ok() {
            return true;
        }
        reclaim(target, bytes);
        false
    }

    /// Gives pages back: they read as zero from now on.
    pub(crate) fn discard(&self, offset: usize, bytes: usize) -> Result<(), VmError> {
        assert!(bytes <= self.bytes - offset, "range inside the mapping");
        // SAFETY: the range lies inside this mapping, whose owner asks for its contents to be dropped.
        let done = unsafe {
            rustix::mm::madvise(self.at(offset).as_ptr().cast(), bytes, Advice::LinuxDontNeed)
        };
        done.map_err(|error| VmError::os("discarding pages", error))
    }
}

/// Asks for the room behind what a vector holds to come in huge pages.
pub(crate) fn want_huge_pages(bytes: &mut Vec<u8>) {
    let room = bytes.spare_capacity_mut();
    let before = room.as_ptr().align_offset(PAGE).min(room.len());
    let room = &mut room[before..];
    let whole = room.len() / PAGE * PAGE;
    if whole > 0 {
        // SAFETY: these are whole pages of the vector's own allocation; advice about their size changes no byte of them.
        let _ =
            unsafe { rustix::mm::madvise(room.as_mut_ptr().cast(), whole, Advice::LinuxHugepage) };
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        // SAFETY: the range was mapped by this value and nothing refers to it any more.
        let done = unsafe { rustix::mm::munmap(self.base.as_ptr().cast(), self.bytes) };
        debug_assert!(done.is_ok(), "unmapping {} bytes", self.bytes);
    }
}

/// Makes sure that a part of a mapping is still there after something could not be put in its place: the system may have
/// taken it away before it failed. Asked first is whether it is there, because a process that has all the mappings it may
/// have can make none, not even to be told that there is one.
#[cold]
fn reclaim(at: NonNull<u8>, bytes: usize) {
    let at = at.as_ptr().cast();
    // SAFETY: writes nothing and changes nothing; it says whether all of it is mapped.
    if unsafe { rustix::mm::msync(at, bytes, MsyncFlags::ASYNC) }.is_ok() {
        return;
    }
    let flags = MapFlags::PRIVATE | MapFlags::NORESERVE | MapFlags::FIXED_NOREPLACE;
    // SAFETY: this replaces nothing: it fails where something is.
    let there = unsafe { rustix::mm::mmap_anonymous(at, bytes, ProtFlags::empty(), flags) };
    match there {
        Ok(there) if there == at => {}
        Err(rustix::io::Errno::EXIST) => {}
        // Not to own all of one's range is not to be survived.
        Ok(_) | Err(_) => std::process::abort(),
    }
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

fn protect(at: NonNull<u8>, bytes: usize, access: Access, room: usize) -> Result<(), VmError> {
    assert!(bytes <= room, "range inside the mapping");
    if bytes == 0 {
        return Ok(());
    }
    // SAFETY: the range lies inside a mapping of ours, checked above.
    let done = unsafe { rustix::mm::mprotect(at.as_ptr().cast(), bytes, flags(access)) };
    done.map_err(|error| VmError::os("changing the protection of memory", error))
}

fn flags(access: Access) -> MprotectFlags {
    match access {
        Access::None => MprotectFlags::empty(),
        Access::Read => MprotectFlags::READ,
        Access::ReadWrite => MprotectFlags::READ | MprotectFlags::WRITE,
    }
}

/// Changes the protection of one page, a poll page.
///
/// # Safety
/// `page` is the address of a page inside a live [`Mapping`] that has nothing but poll words in it.
pub(crate) unsafe fn protect_poll_page(page: usize, access: Access) {
    let address = std::ptr::with_exposed_provenance_mut(page);
    // SAFETY: by contract the page is mapped and used only for polls.
    let done = unsafe { rustix::mm::mprotect(address, PAGE, flags(access)) };
    debug_assert!(done.is_ok(), "protecting a poll page");
}

#[cfg(test)]
mod tests;
