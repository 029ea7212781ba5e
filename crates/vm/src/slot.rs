//! Slots: where an instance lives.
//!
//! ```text
//!   [ context | poll page | guard page | linear memory 0: reservation | guard ]
//!                                      ^ anchor
//! ```
//!
//! The reservation and the guard behind it exist only where the strategy is `Reserved` and the module
//! defines a memory 0. A slot is reused: resetting it clears what the guest touched and nothing else, and
//! its pages stay, because a page that has to be faulted in again costs fifty times one that is cleared.
//! Which pages are resident is asked of the kernel only if the process had a page fault since the last time:
//! without one, no page can have become resident.

use crate::VmError;
use crate::context::Anchor;
use crate::limits::RESET_PAGES_MAX;
use crate::sys::map::{Access, Mapping, PAGE};
use holm_abi::layout::{
    CONTEXT_GAP_BYTES, CONTEXT_TOP, ContextLayout, GLOBAL_BYTES, HOST_PAGE_BYTES,
};
use std::ops::Range;

/// Bytes that a 32-bit memory can have.
pub(crate) const MEMORY32_BYTES: u64 = 1 << 32;
/// The same as far as this machine has addresses.
const RESERVATION_BYTES: usize = (1_usize << 16).saturating_mul(1 << 16);
/// Guard behind a reservation: static offsets below 2³¹ and the widest access stay inside it.
const RESERVATION_GUARD_BYTES: usize = (2 << 30) + 64 * 1024;
/// Bytes of a reservation with its guard.
pub(crate) const GUARDED_BYTES: usize = RESERVATION_BYTES.saturating_add(RESERVATION_GUARD_BYTES);

/// The address range of an instance.
#[derive(Debug)]
pub(crate) struct Slot {
    mapping: Mapping,
    /// Room for the context, without the gap.
    context_bytes: usize,
    /// The parts of the context in use, from the start of the slot.
    used: [Range<usize>; 2],
    /// Bytes of memory 0 that are accessible; `None` without a reservation.
    accessible: Option<usize>,
    /// What was resident of memory 0 at the last reset.
    resident: Option<Resident>,
    /// The poll page may be inaccessible.
    closed: bool,
}

/// The resident parts of a memory, by addresses.
#[derive(Debug)]
struct Resident {
    ranges: Vec<Range<usize>>,
    /// Faults of the process before the kernel was asked.
    faults: u64,
    /// Bytes that were accessible then.
    accessible: usize,
}

/// What a slot must offer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SlotKind {
    /// Room for the context, a multiple of the page size.
    pub(crate) context_bytes: usize,
    /// Whether memory 0 lives in it.
    pub(crate) reservation: bool,
}

impl Slot {
    pub(crate) fn new(kind: SlotKind) -> Result<Self, VmError> {
        let gap = CONTEXT_GAP_BYTES as usize;
        let behind = if kind.reservation { GUARDED_BYTES } else { 0 };
        let mapping = Mapping::reserve((kind.context_bytes + gap).saturating_add(behind))?;
        // The context and the poll page.
        mapping.protect(0, kind.context_bytes + PAGE, Access::ReadWrite)?;
        let accessible = kind.reservation.then_some(0);
        let context_bytes = kind.context_bytes;
        let used = [0..0, 0..0];
        Ok(Self { mapping, context_bytes, used, accessible, resident: None, closed: false })
    }

    pub(crate) fn kind(&self) -> SlotKind {
        let reservation = self.accessible.is_some();
        SlotKind { context_bytes: self.context_bytes, reservation }
    }

    /// What the pinned register holds for this slot.
    pub(crate) fn anchor(&self) -> Anchor {
        Anchor::new(self.mapping.at(self.memory_offset()))
    }

    /// Address of the poll page.
    pub(crate) fn poll_page(&self) -> usize {
        self.mapping.at(self.context_bytes).as_ptr().expose_provenance()
    }

    /// Notes that the poll page may be inaccessible.
    pub(crate) fn close(&mut self) {
        self.closed = true;
    }

    /// Makes the poll page accessible again: not when a guest ends, which may be one of many that end at once, but when the
    /// slot is used again.
    pub(crate) fn open(&mut self) -> Result<(), VmError> {
        if self.closed {
            self.mapping.protect(self.context_bytes, PAGE, Access::ReadWrite)?;
            self.closed = false;
        }
        Ok(())
    }

    /// Bytes of memory 0 that are accessible now.
    pub(crate) fn accessible(&self) -> usize {
        self.accessible.unwrap_or_default()
    }

    /// Makes exactly the first `bytes` of memory 0 accessible.
    pub(crate) fn set_accessible(&mut self, bytes: usize) -> Result<(), VmError> {
        let old = self.accessible();
        let bytes = bytes.next_multiple_of(PAGE);
        assert!(bytes as u64 <= MEMORY32_BYTES, "{bytes} bytes of a reservation");
        let memory = self.memory_offset();
        if bytes > old {
            self.mapping.protect(memory + old, bytes - old, Access::ReadWrite)?;
        } else if bytes < old {
            self.mapping.protect(memory + bytes, old - bytes, Access::None)?;
        }
        self.accessible = Some(bytes);
        Ok(())
    }

    /// Says which parts of the context an instance is going to use.
    pub(crate) fn set_used(&mut self, layout: &ContextLayout) {
        let top = self.context_bytes;
        let below_top = |offset: i32| top - (CONTEXT_TOP - offset).unsigned_abs() as usize;
        let globals = layout.shape().defined_globals as usize * GLOBAL_BYTES as usize;
        let bottom = below_top(layout.writable_bottom());
        self.used = [below_top(layout.read_only_bottom())..top, bottom..bottom + globals];
    }

    /// Clears everything that an instance may have left behind.
    pub(crate) fn reset(&mut self) -> Result<(), VmError> {
        for range in &self.used {
            let part = self.mapping.at(range.start);
            // SAFETY: the context area is mapped, writable and used by nobody: its instance is gone.
            unsafe { part.as_ptr().write_bytes(0, range.len()) };
        }
        let accessible = self.accessible();
        if accessible == 0 {
            return Ok(());
        }
        let memory = self.mapping.at(self.memory_offset());
        let start = memory.as_ptr().expose_provenance();
        let faults = crate::sys::scan::faults();
        let is_known =
            |known: &Resident| faults == Some(known.faults) && known.accessible == accessible;
        if !self.resident.as_ref().is_some_and(is_known) {
            let ranges = crate::sys::scan::resident(start..start + accessible, RESET_PAGES_MAX);
            let known = ranges.zip(faults);
            self.resident = known.map(|(ranges, faults)| Resident { ranges, faults, accessible });
        }
        let Some(Resident { ranges, .. }) = &self.resident else {
            return self.mapping.discard(self.memory_offset(), accessible);
        };
        for range in ranges {
            // SAFETY: the scan reports only parts of memory 0, which is accessible and used by nobody.
            let part = unsafe { memory.add(range.start - start) };
            // SAFETY: as above, so many bytes are reported.
            unsafe { part.as_ptr().write_bytes(0, range.len()) };
        }
        Ok(())
    }

    fn memory_offset(&self) -> usize {
        self.context_bytes + CONTEXT_GAP_BYTES as usize
    }
}

/// Rounds a context up to one of few sizes, so that slots can be shared between modules.
pub(crate) fn context_class(bytes: u32) -> usize {
    let page = HOST_PAGE_BYTES as usize;
    (bytes as usize).max(2 * page).next_power_of_two()
}
