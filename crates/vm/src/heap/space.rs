//! The memory of a heap: words and bytes at offsets, cards, and which object covers the start of each card.
//!
//! Everything here takes offsets and stays inside the reservation. Whether an offset is an object is its caller's
//! business; a wrong one faults or reads another object, and never leaves the heap.

use crate::VmError;
use crate::limits::HEAP_GUARD_BYTES;
use crate::sys::map::{Access, HUGE_PAGE_BYTES, Mapping};
use holm_abi::object::{CARD_BYTES_LOG2, CARDS};
use std::ops::Range;
use std::ptr::NonNull;

/// See the module's documentation.
#[derive(Debug)]
pub(super) struct Space {
    mapping: Mapping,
    /// Where offset 0 is in the mapping.
    base: usize,
    /// Where the table of first objects is in the mapping.
    firsts: usize,
    bytes: u64,
}

/// Distance from the card of offset 0 to offset 0.
const CARD_DISTANCE: usize = CARDS.unsigned_abs() as usize;

impl Space {
    /// Reserves `bytes`, at most 2³².
    pub(super) fn new(bytes: u64) -> Result<Self, VmError> {
        let size = usize::try_from(bytes).map_err(|error| VmError::os("sizing a heap", error))?;
        let cards = size >> CARD_BYTES_LOG2;
        let firsts_bytes = 4 * cards;
        let huge = crate::frame::as_usize(HUGE_PAGE_BYTES);
        let base = firsts_bytes + CARD_DISTANCE;
        let mapping = Mapping::reserve(huge + base + size + HEAP_GUARD_BYTES)?;
        // Offsets that are multiples of a huge page are addresses that are.
        let address = mapping.at(base).addr().get();
        let base = base + (address.next_multiple_of(huge) - address);
        mapping.protect(0, firsts_bytes, Access::ReadWrite)?;
        mapping.protect(base - CARD_DISTANCE, cards, Access::ReadWrite)?;
        Ok(Self { mapping, base, firsts: 0, bytes })
    }

    pub(super) fn base(&self) -> u64 {
        self.mapping.at(self.base).as_ptr().expose_provenance() as u64
    }

    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Makes a range of whole pages accessible.
    pub(super) fn commit(&self, range: Range<u64>) -> Result<(), VmError> {
        let start = self.base + crate::frame::as_usize(range.start);
        let bytes = crate::frame::as_usize(range.end - range.start);
        self.mapping.protect(start, bytes, Access::ReadWrite)
    }

    /// Asks for memory of a range to come in huge pages, which it need not.
    pub(super) fn want_huge_pages(&self, range: Range<u64>) {
        let start = self.base + crate::frame::as_usize(range.start);
        let bytes = crate::frame::as_usize(range.end - range.start);
        self.mapping.want_huge_pages(start, bytes);
    }

    /// Gives the memory of a range of whole pages back.
    pub(super) fn discard(&self, range: Range<u64>) -> Result<(), VmError> {
        let start = self.base + crate::frame::as_usize(range.start);
        let bytes = crate::frame::as_usize(range.end - range.start);
        self.mapping.discard(start, bytes)
    }

    /// Moves the memory of a range of whole pages to where nothing is; the range reads as zeros then. Whether the system
    /// can do that.
    pub(super) fn move_pages(&self, from: Range<u64>, to: u64) -> bool {
        let bytes = crate::frame::as_usize(from.end - from.start);
        let [from, to] = [from.start, to].map(|at| self.base + crate::frame::as_usize(at));
        self.mapping.move_pages(from, to, bytes)
    }

    /// The address of `bytes` bytes at an offset.
    #[inline]
    fn at(&self, offset: u64, bytes: u64) -> NonNull<u8> {
        assert!(offset <= self.bytes && bytes <= self.bytes - offset, "offset {offset} in a heap");
        let start = self.base + crate::frame::as_usize(offset);
        // SAFETY: inside the mapping, as was just checked.
        unsafe { self.mapping.base().add(start) }
    }

    /// The address of at most 8 bytes at an offset.
    #[inline]
    fn near(&self, offset: u64) -> NonNull<u8> {
        const { assert!(HEAP_GUARD_BYTES >= 8) };
        assert!(offset < self.bytes, "offset {offset} in a heap");
        let start = self.base + crate::frame::as_usize(offset);
        // SAFETY: inside the mapping, as was just checked; behind the heap it goes on with a guard.
        unsafe { self.mapping.base().add(start) }
    }

    /// The word at an offset that is a multiple of 4.
    #[inline]
    pub(super) fn word(&self, offset: u64) -> u32 {
        // SAFETY: inside the heap; no reference to its memory outlives a method of this type, and guests do
        // not run now (rule 2).
        unsafe { self.near(offset).cast::<u32>().read_unaligned() }
    }

    /// The word at an offset and the one behind it.
    #[inline]
    pub(super) fn two_words(&self, offset: u64) -> (u32, u32) {
        // SAFETY: as in `word`.
        let both = unsafe { self.near(offset).cast::<u64>().read_unaligned() };
        split(u64::from_le(both))
    }

    /// Sets the word at an offset.
    #[inline]
    pub(super) fn set_word(&mut self, offset: u64, value: u32) {
        // SAFETY: as in `word`, and `&mut self` makes it exclusive.
        unsafe { self.near(offset).cast::<u32>().write_unaligned(value) }
    }

    /// Sets the word at an offset and the one behind it.
    #[inline]
    pub(super) fn set_two_words(&mut self, offset: u64, first: u32, second: u32) {
        let both = u64::from(first) | u64::from(second) << 32;
        // SAFETY: as in `set_word`.
        unsafe { self.near(offset).cast::<u64>().write_unaligned(both.to_le()) }
    }

    /// Has the processor fetch what is at an offset.
    #[inline]
    pub(super) fn fetch(&self, offset: u64) {
        crate::sys::arch::prefetch(self.near(offset));
    }

    /// Copies an object, whose size is a multiple of 8, to where nothing is.
    #[inline]
    pub(super) fn copy_object(&mut self, from: u64, to: u64, bytes: u64) {
        const SMALL: u64 = 64;
        let (source, target) = (self.at(from, bytes), self.at(to, bytes));
        if bytes > SMALL {
            // SAFETY: both are inside the heap, as in `set_word`.
            unsafe { source.copy_to(target, crate::frame::as_usize(bytes)) };
            return;
        }
        let mut done = 0;
        if bytes & 8 != 0 {
            // SAFETY: both ranges were just checked, and are multiples of 8 long.
            unsafe { target.cast::<u64>().copy_from(source.cast(), 1) };
            done = 8;
        }
        while done < bytes {
            let at = crate::frame::as_usize(done);
            let (from, to) = (source.as_ptr().wrapping_add(at), target.as_ptr().wrapping_add(at));
            let (from, to) = (from.cast::<[u64; 2]>(), to.cast::<[u64; 2]>());
            // SAFETY: as above; what is left is a multiple of 16 long.
            unsafe { to.copy_from(from, 1) };
            done += 16;
        }
    }

    /// The bytes of a range.
    #[inline]
    pub(super) fn slice(&self, offset: u64, bytes: u64) -> &[u8] {
        let start = self.at(offset, bytes).as_ptr();
        // SAFETY: as in `word`; the borrow ends before anything can change the bytes.
        unsafe { std::slice::from_raw_parts(start, crate::frame::as_usize(bytes)) }
    }

    /// The bytes of a range, to change.
    #[inline]
    pub(super) fn slice_mut(&mut self, offset: u64, bytes: u64) -> &mut [u8] {
        let start = self.at(offset, bytes).as_ptr();
        // SAFETY: as in `set_word`.
        unsafe { std::slice::from_raw_parts_mut(start, crate::frame::as_usize(bytes)) }
    }

    /// Copies between ranges, which may overlap.
    #[inline]
    pub(super) fn copy(&mut self, from: u64, to: u64, bytes: u64) {
        let (from, to) = (self.at(from, bytes), self.at(to, bytes));
        // SAFETY: both are inside the heap, as in `set_word`.
        unsafe { from.copy_to(to, crate::frame::as_usize(bytes)) }
    }

    /// The cards of a range that starts and ends at multiples of 8 cards.
    pub(super) fn cards_mut(&mut self, range: &Range<u64>) -> &mut [u8] {
        assert!(range.start <= range.end && range.end <= self.bytes, "cards of {range:?}");
        let first =
            self.base - CARD_DISTANCE + crate::frame::as_usize(range.start >> CARD_BYTES_LOG2);
        let count = (range.end - range.start).div_ceil(1 << CARD_BYTES_LOG2);
        let start = self.mapping.at(first).as_ptr();
        // SAFETY: every offset of the heap has its card, which is accessible memory of the mapping.
        unsafe { std::slice::from_raw_parts_mut(start, crate::frame::as_usize(count)) }
    }

    /// Marks the cards of the bytes from an offset on.
    pub(super) fn mark(&mut self, offset: u64, bytes: u64) {
        let card = 1 << CARD_BYTES_LOG2;
        self.cards_mut(&(offset / card * card..offset + bytes.max(1))).fill(1);
    }

    /// The object that covers the start of a card.
    #[inline]
    pub(super) fn first(&self, card: u64) -> u64 {
        assert!(card < self.bytes >> CARD_BYTES_LOG2, "card {card}");
        let at = self.mapping.at(self.firsts + 4 * crate::frame::as_usize(card));
        // SAFETY: inside the table, as was just checked.
        u64::from(unsafe { at.cast::<u32>().read() })
    }

    /// Notes an object of the old space for the cards that start in it.
    #[inline]
    pub(super) fn set_first(&mut self, offset: u32, bytes: u64) {
        let card_bytes = 1_u64 << CARD_BYTES_LOG2;
        let start = u64::from(offset);
        let mut card = start.div_ceil(card_bytes);
        let end = (start + bytes).div_ceil(card_bytes).min(self.bytes >> CARD_BYTES_LOG2);
        while card < end {
            let at = self.mapping.at(self.firsts + 4 * crate::frame::as_usize(card));
            // SAFETY: inside the table, whose last card was just compared with.
            unsafe { at.cast::<u32>().write(offset) };
            card += 1;
        }
    }
}

/// The halves of 64 bits, the low one first.
#[inline]
#[expect(clippy::cast_possible_truncation, reason = "the halves are what is wanted")]
fn split(both: u64) -> (u32, u32) {
    (both as u32, (both >> 32) as u32)
}
