//! The heap of a store: where the objects of guests lie, and how they get there.
//!
//! ```text
//!   [ first objects of cards | cards | null | nursery | old space A | old space B | guard ]
//!                                    ^ base: offset 0
//! ```
//!
//! New objects go to the nursery, one behind the other; code does that by itself and asks for a collection when
//! it is full. What survives moves to the old space in use. When that has grown enough, everything alive moves
//! to the other old space. Objects too large for the nursery start in the old space, and so do all while most of
//! the nursery survives. References are distances
//! from the base, 32 bits wide, so that none of them leaves the reservation whatever its value.
//! Invariants: after a collection the nursery is empty, so that no card needs to be marked; an object in the old
//! space that refers to the nursery lies on a marked card.
//! Read next: [`collect`], [`space`], [`roots`].

mod collect;
mod frames;
mod hosts;
mod layouts;
mod mover;
mod object;
mod room;
pub(crate) mod roots;
mod space;
mod stats;
mod table;

pub use roots::{OwnedRoot, RootId, RootMark};
pub use stats::HeapStats;
pub use table::TypeTable;

use crate::limits::{
    HEAP_COMMIT_BYTES, HEAP_SMALL_BYTES, MAJOR_BYTES_MIN, NURSERY_BYTES_FIRST, NURSERY_BYTES_MAX,
};
use crate::sys::map::HUGE_PAGE_BYTES;
use crate::{StoreLimits, VmError};
use holm_abi::MemoryStrategy;
use holm_abi::object::{CARD_BYTES_LOG2, NULL_BYTES};
use hosts::Hosts;
pub(crate) use layouts::Layouts;
use room::Room;
use space::Space;
use std::ops::Range;

/// Bytes of a reservation where addresses are plenty, or of the largest on a machine that has few.
const RESERVED_BYTES: u64 = if usize::BITS > 32 { 1 << 32 } else { 256 << 20 };
/// The least that is reserved where they are not.
const RESERVED_BYTES_MIN: u64 = 64 << 20;
/// Where the nursery may end.
const NURSERY_END: u64 = NULL_BYTES as u64 + NURSERY_BYTES_MAX;

/// One of the two old spaces.
#[derive(Debug)]
pub(super) struct Old {
    /// All of it.
    range: Range<u64>,
    /// Where the next object goes.
    next: u64,
    /// Up to where memory is accessible.
    committed: u64,
}

/// See the module's documentation.
#[derive(Debug)]
pub(crate) struct Heap {
    space: Space,
    layouts: Layouts,
    hosts: Hosts,
    /// The old space in use, and the other one.
    old: Old,
    other: Old,
    /// Bytes of the nursery as it would be if there was room.
    nursery_bytes: u64,
    /// Up to where the nursery's memory is accessible.
    nursery_committed: u64,
    /// Where new objects go.
    room: Room,
    /// Where the room for them starts, and where they must end, whatever code is told.
    young_start: u64,
    young_limit: u64,
    /// How much the old space holds when it is time to move everything.
    major_bytes: u64,
    /// The most that may be in use.
    bytes_max: u64,
    stress: bool,
    /// Allocations under stress.
    ticks: u32,
    clock: Option<fn() -> u64>,
    stats: HeapStats,
}

impl Old {
    fn new(range: Range<u64>) -> Self {
        Self { next: range.start, committed: range.start, range }
    }

    fn used(&self) -> u64 {
        self.next - self.range.start
    }

    /// Makes memory up to `end` accessible.
    fn commit(&mut self, space: &Space, end: u64) -> Result<(), VmError> {
        if end > self.committed {
            let large = self.range.start + HEAP_SMALL_BYTES;
            let step = if end > large { HUGE_PAGE_BYTES } else { HEAP_COMMIT_BYTES };
            let end = end.next_multiple_of(step).min(self.range.end);
            if end > large && self.committed <= large {
                space.want_huge_pages(large..self.range.end);
            }
            space.commit(self.committed..end)?;
            self.committed = end;
        }
        Ok(())
    }
}

/// How a store's heap behaves.
#[derive(Clone, Copy, Debug, Default)]
pub struct HeapConfig {
    /// Collect at every allocation.
    pub stress: bool,
    /// Gives nanoseconds, to measure pauses with; the engine has no clock of its own.
    pub clock: Option<fn() -> u64>,
}

impl Heap {
    /// Reserves addresses for a heap.
    pub(crate) fn new(
        strategy: MemoryStrategy,
        limits: &StoreLimits,
        config: HeapConfig,
    ) -> Result<Self, VmError> {
        let mut bytes = RESERVED_BYTES;
        if strategy == MemoryStrategy::Checked {
            // Code compares references with what there is.
            bytes = limits.heap_bytes_max.saturating_mul(2).saturating_add(2 * NURSERY_END);
            bytes = bytes.next_power_of_two().clamp(RESERVED_BYTES_MIN, RESERVED_BYTES);
        }
        let mut space = Space::new(bytes);
        while strategy == MemoryStrategy::Checked && space.is_err() && bytes > RESERVED_BYTES_MIN {
            bytes /= 2;
            space = Space::new(bytes);
        }
        let space = space?;
        const { assert!(HUGE_PAGE_BYTES.is_multiple_of(8 << CARD_BYTES_LOG2)) };
        let start = NURSERY_END.next_multiple_of(HUGE_PAGE_BYTES);
        let half = (space.bytes() - start) / 2 / HUGE_PAGE_BYTES * HUGE_PAGE_BYTES;
        let old = Old::new(start..start + half);
        let other = Old::new(start + half..start + 2 * half);
        let nursery_bytes = NURSERY_BYTES_FIRST;
        let mut heap = Self {
            space,
            layouts: Layouts::default(),
            hosts: Hosts::default(),
            old,
            other,
            nursery_bytes,
            nursery_committed: u64::from(NULL_BYTES),
            room: Room::Nursery,
            young_start: u64::from(NULL_BYTES),
            young_limit: 0,
            major_bytes: MAJOR_BYTES_MIN,
            bytes_max: 0,
            stress: config.stress,
            ticks: 0,
            clock: config.clock,
            stats: HeapStats::default(),
        };
        heap.set_bytes_max(limits.heap_bytes_max);
        heap.open_room()?;
        Ok(heap)
    }

    /// Limits what may be in use from the next collection on.
    pub(crate) fn set_bytes_max(&mut self, bytes: u64) {
        let half = self.old.range.end - self.old.range.start;
        self.bytes_max = bytes.min(half - NURSERY_BYTES_MAX);
    }

    /// The address of offset 0.
    pub(crate) fn base(&self) -> u64 {
        self.space.base()
    }

    /// Bytes that references can reach.
    pub(crate) fn reserved_bytes(&self) -> u64 {
        self.space.bytes()
    }

    pub(crate) fn layouts_mut(&mut self) -> &mut Layouts {
        &mut self.layouts
    }

    /// What code may fill by itself.
    fn limit_for_code(&self) -> u64 {
        if self.stress { 0 } else { self.young_limit }
    }
}

#[cfg(test)]
mod tests;
