//! Collections: what is alive moves, the rest is forgotten.
//!
//! Both kinds copy into the old space in use and follow what they copied until nothing new comes up. A minor
//! collection moves objects out of the nursery; besides the roots it looks at marked cards. A major one first
//! exchanges the old spaces, so that everything moves. Memory that copies may need is made accessible before the
//! first one, so that a collection either does not begin or succeeds.
//! A collection that a guest asks for is given up when its store is about to end: everything that was in the heap is lost
//! then, so that no reference to it may be left anywhere.
//! Invariant: between the first object that moves and the last nothing else fails.
//! Read next: [`super::mover`], [`super::frames`].

use super::hosts::Thing;
use super::mover::{From, Mover};
use super::room::Room;
use super::{Heap, frames};
use crate::VmError;
use crate::limits::{HEAP_KEPT_BYTES, MAJOR_BYTES_MIN, NURSERY_BYTES_MAX, NURSERY_BYTES_MIN};
use crate::objects::Objects;
use crate::sys::map::HUGE_PAGE_BYTES;
use holm_abi::object::{CARD_BYTES_LOG2, MOVED, NULL_BYTES, OBJECT_ALIGN};

/// Bytes that were copied.
#[derive(Clone, Copy)]
struct Survived {
    all: u64,
    /// Of what was made in the old space in the phase that ends.
    of_phase: u64,
}

impl Heap {
    fn mover<'a>(&'a mut self, from: From, stop: &'a dyn Fn() -> bool) -> Mover<'a> {
        let Self { space, layouts, old, .. } = self;
        let mover = Mover::new(space, layouts, old, from, stop);
        match self.room {
            Room::Nursery => mover,
            Room::Old(began) => mover.counting(offset(began)),
        }
    }

    /// Whether it is time to move everything.
    pub(super) fn wants_major(&self, nursery_used: u64) -> bool {
        self.old.used() >= self.major_bytes || self.old.used() + nursery_used > self.bytes_max
    }

    /// Makes room for what may survive, so that nothing can fail later.
    fn prepare(&mut self, major: bool, nursery_used: u64) -> Result<(), VmError> {
        let Self { space, old, other, .. } = self;
        if !major {
            return old.commit(space, old.next + nursery_used);
        }
        let most = old.used() + nursery_used;
        other.commit(space, other.range.start + most)?;
        std::mem::swap(old, other);
        Ok(())
    }

    /// Forgets host objects that did not survive, and gives what they stood for.
    fn bury(&mut self, major: bool) -> Vec<Thing> {
        let mut old = std::mem::take(&mut self.hosts.old);
        let candidates = std::mem::take(&mut self.hosts.young);
        let mut alive = if major { Vec::new() } else { std::mem::take(&mut old) };
        let mut dead = Vec::new();
        for at in candidates.into_iter().chain(old) {
            let second = self.space.word(u64::from(at) + 4);
            if self.space.word(u64::from(at)) & MOVED != 0 {
                alive.push(second);
            } else {
                dead.extend(self.hosts.take(second));
            }
        }
        self.hosts.old = alive;
        dead
    }

    /// Readies spaces and sizes for what comes next.
    fn settle(
        &mut self,
        major: bool,
        survived: Survived,
        nursery_used: u64,
    ) -> Result<(), VmError> {
        if self.nursery_bytes < NURSERY_BYTES_MIN {
            self.nursery_bytes = NURSERY_BYTES_MIN;
        } else if survived.all > nursery_used / 8 && !major {
            self.nursery_bytes = (2 * self.nursery_bytes).min(NURSERY_BYTES_MAX);
        }
        if !major {
            self.choose_room(survived.all, nursery_used);
        }
        if major {
            self.choose_room_again(survived.of_phase);
            let alive = self.old.used();
            self.major_bytes = alive + alive.max(MAJOR_BYTES_MIN);
            let Self { space, other, .. } = self;
            let card_group = 8 << CARD_BYTES_LOG2;
            let used = other.range.start..other.next.next_multiple_of(card_group);
            space.cards_mut(&used).fill(0);
            other.next = other.range.start;
            self.share_memory(alive)?;
        }
        self.open_room()
    }

    /// After a major collection: the space that is left keeps as much memory as the next one will need, if about as much is
    /// alive then; the one in use gets what it will need until then; the system gets the rest back.
    fn share_memory(&mut self, alive: u64) -> Result<(), VmError> {
        let Self { space, old, other, .. } = self;
        let kept = (alive + HEAP_KEPT_BYTES).next_multiple_of(HUGE_PAGE_BYTES);
        let mut left = other.range.start + kept..other.committed;
        let wanted = (old.range.start + self.major_bytes).saturating_sub(old.committed);
        let moved = wanted.min(left.end.saturating_sub(left.start)) / HUGE_PAGE_BYTES;
        let moved = moved * HUGE_PAGE_BYTES;
        if moved > 0
            && old.committed.is_multiple_of(HUGE_PAGE_BYTES)
            && space.move_pages(left.start..left.start + moved, old.committed)
        {
            old.committed += moved;
            left.start += moved;
        }
        if left.start < left.end {
            space.discard(left)?;
        }
        Ok(())
    }
}

impl Objects {
    /// Collects the garbage of the nursery, or all.
    ///
    /// # Errors
    /// When the system has no memory for what survives. Nothing has moved then. When it was given up: there is no heap any
    /// more.
    pub(crate) fn collect(&mut self, major: bool) -> Result<(), VmError> {
        let Some(mut heap) = self.heap.take() else { return Ok(()) };
        // SAFETY: the block outlives these objects.
        let block = unsafe { &*self.block };
        // The guest traps at once, and no host function is in between that could go on with what it has.
        let gives_up = self.guest_asks && block.nested.get() == 0;
        let interrupt = self.interrupt.clone();
        let stop = || gives_up && interrupt.is_ending();
        let began = heap.clock.map(|clock| clock());
        heap.absorb(block.heap_next.get());
        if let (false, Room::Old(_)) = (major, heap.room) {
            if !heap.end_long_phase(&stop) {
                return Err(self.lose(heap));
            }
            let opened = heap.open_room();
            block.heap_next.set(heap.young_start);
            block.heap_limit.set(heap.limit_for_code());
            self.heap = Some(heap);
            return opened;
        }
        let start = heap.young_start;
        let nursery_used = block.heap_next.get() - start;
        if let Err(error) = heap.prepare(major, nursery_used) {
            self.heap = Some(heap);
            return Err(error);
        }
        let first = heap.old.next;
        let all = From::Nursery(NULL_BYTES, offset(nursery_used));
        let mut mover = heap.mover(if major { From::Everything } else { all }, &stop);
        if !major {
            mover.scan_cards(first);
        }
        self.visit_roots(
            |reference| {
                if mover.ask_now_and_then() { 0 } else { mover.forward(reference) }
            },
        );
        frames::visit(block, |reference| mover.forward(reference));
        let of_phase = mover.follow();
        if mover.has_stopped() {
            return Err(self.lose(heap));
        }
        let copied = heap.old.next - first;
        let dead = heap.bury(major);
        let survived = Survived { all: copied, of_phase };
        let settled = heap.settle(major, survived, nursery_used);
        block.heap_next.set(heap.young_start);
        block.heap_limit.set(heap.limit_for_code());
        let stats = &mut heap.stats;
        stats.bytes_allocated += nursery_used;
        stats.bytes_copied += copied;
        stats.minor_collections += u64::from(!major);
        stats.major_collections += u64::from(major);
        if let Some((clock, began)) = heap.clock.zip(began) {
            let pause = clock().saturating_sub(began);
            stats.pause_total_ns += pause;
            stats.pause_max_ns = stats.pause_max_ns.max(pause);
        }
        self.heap = Some(heap);
        // What the host put in may do anything when it is dropped, except reach this store.
        drop(dead);
        settled
    }

    /// Gives up what is in a heap. It is kept, out of reach: giving it back takes time as well.
    #[cold]
    fn lose(&mut self, heap: Box<Heap>) -> VmError {
        // SAFETY: the block outlives these objects.
        let block = unsafe { &*self.block };
        block.heap_next.set(u64::from(NULL_BYTES));
        block.heap_limit.set(0);
        self.lost = Some(heap);
        self.roots.release_all();
        self.visit_roots(|_| 0);
        VmError::Interrupted
    }

    /// Shows every word of the heap in use, until `see` says false.
    pub(crate) fn heap_words(&self, mut see: impl FnMut(u32) -> bool) {
        let Some(heap) = self.heap.as_deref() else { return };
        // SAFETY: the block outlives these objects.
        let block = unsafe { &*self.block };
        let young = heap.young_start..block.heap_next.get();
        for range in [young, heap.old.range.start..heap.old.next] {
            for at in range.step_by(4) {
                if !see(heap.space.word(at)) {
                    return;
                }
            }
        }
    }

    /// Shows every reference outside of frames and objects, to be changed.
    fn visit_roots(&mut self, mut visit: impl FnMut(u32) -> u32) {
        self.roots.visit(&mut visit);
        for global in &self.globals {
            global.visit(&mut visit);
        }
        for table in &mut self.tables {
            table.visit(&mut visit);
        }
        self.exceptions.visit(&self.tags, &mut visit);
        for instance in &mut self.instances {
            for (list, collected) in instance.elements.iter_mut().zip(&instance.elements_collected)
            {
                let references = list.iter_mut().filter(|_| *collected).flatten();
                references.for_each(|reference| *reference = visit(*reference));
            }
        }
    }
}

/// Offsets in a heap have 32 bits.
#[expect(clippy::cast_possible_truncation, reason = "heaps are not longer than 2^32 bytes")]
pub(super) fn offset(at: u64) -> u32 {
    debug_assert!(at.is_multiple_of(u64::from(OBJECT_ALIGN)) && at >> 32 == 0, "object at {at}");
    at as u32
}
