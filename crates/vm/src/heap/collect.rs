//! Collections: what is alive moves, the rest is forgotten.
//!
//! Both kinds copy into the old space in use and follow what they copied until nothing new comes up. A minor
//! collection moves objects out of the nursery; besides the roots it looks at marked cards. A major one first
//! exchanges the old spaces, so that everything moves. Memory that copies may need is made accessible before the
//! first one, so that a collection either does not begin or succeeds.
//! Invariant: a moved object's header says so, with its new place behind it.
//! Read next: [`super::frames`], [`super::layouts`].

use super::hosts::Thing;
use super::layouts::{Layouts, Shape};
use super::space::Space;
use super::{Heap, Old, frames};
use crate::VmError;
use crate::limits::{HEAP_KEPT_BYTES, MAJOR_BYTES_MIN, NURSERY_BYTES_MAX};
use crate::objects::Objects;
use holm_abi::object::{ARRAY_ELEMENTS, CARD_BYTES_LOG2, MOVED, NULL_BYTES, OBJECT_ALIGN};
use std::ops::Range;

/// Moves objects.
struct Mover<'a> {
    space: &'a mut Space,
    layouts: &'a Layouts,
    /// Where objects go.
    old: &'a mut Old,
    /// The nursery if nothing else moves.
    minor: Option<Range<u64>>,
}

impl Mover<'_> {
    /// Whether there is an object at `at` that has to move.
    #[inline]
    fn moves(&self, at: u64) -> bool {
        match &self.minor {
            Some(nursery) => nursery.contains(&at),
            None => at != 0 && !self.old.range.contains(&at),
        }
    }

    /// What a reference has become.
    #[inline]
    fn forward(&mut self, reference: u32) -> u32 {
        let at = u64::from(reference);
        if reference & 1 != 0 || !self.moves(at) {
            return reference;
        }
        let (header, second) = (self.space.word(at), self.space.word(at + 4));
        if header & MOVED != 0 { second } else { self.copy(at, header, second) }
    }

    fn copy(&mut self, at: u64, header: u32, length: u32) -> u32 {
        let bytes = self.layouts.bytes(header, length);
        let to = self.old.next;
        self.old.next = to + bytes;
        self.space.copy(at, to, bytes);
        let reference = offset(to);
        self.space.set_first(reference, bytes);
        self.space.set_word(at, header | MOVED);
        self.space.set_word(at + 4, reference);
        reference
    }

    /// Brings the reference at `slot` up to date.
    #[inline]
    fn update(&mut self, slot: u64) {
        let reference = self.space.word(slot);
        let forwarded = self.forward(reference);
        if forwarded != reference {
            self.space.set_word(slot, forwarded);
        }
    }

    /// Brings an object up to date, of an array the elements inside `part`, and gives its size.
    #[inline]
    fn scan(&mut self, at: u64, part: &Range<u64>) -> u64 {
        let (header, length) = (self.space.word(at), self.space.word(at + 4));
        let layouts = self.layouts;
        match layouts.shape(header) {
            Shape::Opaque => {}
            Shape::Struct(references) => {
                for distance in references {
                    self.update(at + u64::from(*distance));
                }
            }
            Shape::References => {
                let first = at + u64::from(ARRAY_ELEMENTS);
                let end = (first + 4 * u64::from(length)).min(part.end);
                let mut slot = first.max(part.start);
                while slot < end {
                    self.update(slot);
                    slot += 4;
                }
            }
        }
        layouts.bytes(header, length)
    }

    /// Follows everything copied from `from` on, and what that leads to.
    fn follow(&mut self, from: u64) {
        let mut at = from;
        while at < self.old.next {
            at += self.scan(at, &(0..u64::MAX));
        }
    }

    /// Looks at what lies on marked cards of the old space below `end`, and unmarks them.
    fn scan_cards(&mut self, end: u64) {
        let card_bytes = 1_u64 << CARD_BYTES_LOG2;
        let start = self.old.range.start;
        let cards = self.space.cards_mut(&(start..end.next_multiple_of(8 * card_bytes)));
        let mut marked = Vec::new();
        let mut card = start >> CARD_BYTES_LOG2;
        for group in cards.chunks_exact_mut(8) {
            if *group != [0; 8] {
                marked
                    .extend((card..).zip(&*group).filter(|(_, mark)| **mark != 0).map(|(c, _)| c));
                group.fill(0);
            }
            card += 8;
        }
        for card in marked {
            let (start, stop) = (card * card_bytes, ((card + 1) * card_bytes).min(end));
            // Code marks the card of an element's place without the array's header.
            let part = start..stop + u64::from(ARRAY_ELEMENTS);
            let mut at = self.space.first(card);
            while at < stop {
                at += self.scan(at, &part);
            }
        }
    }
}

impl Heap {
    fn mover(&mut self, minor: Option<Range<u64>>) -> Mover<'_> {
        let Self { space, layouts, old, .. } = self;
        Mover { space, layouts, old, minor }
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
    fn settle(&mut self, major: bool, survived: u64, nursery_used: u64) -> Result<(), VmError> {
        if survived > nursery_used / 8 && !major {
            self.nursery_bytes = (2 * self.nursery_bytes).min(NURSERY_BYTES_MAX);
        }
        if major {
            self.major_bytes = (2 * self.old.used()).max(MAJOR_BYTES_MIN);
            let Self { space, other, .. } = self;
            let card_group = 8 << CARD_BYTES_LOG2;
            let used = other.range.start..other.next.next_multiple_of(card_group);
            space.cards_mut(&used).fill(0);
            other.next = other.range.start;
            let kept = other.range.start + HEAP_KEPT_BYTES;
            if other.committed > kept {
                space.discard(kept..other.committed)?;
            }
        }
        self.open_nursery()
    }
}

impl Objects {
    /// Collects the garbage of the nursery, or all.
    ///
    /// # Errors
    /// When the system has no memory for what survives. Nothing has moved then.
    pub(crate) fn collect(&mut self, major: bool) -> Result<(), VmError> {
        let Some(mut heap) = self.heap.take() else { return Ok(()) };
        // SAFETY: the block outlives these objects.
        let block = unsafe { &*self.block };
        let began = heap.clock.map(|clock| clock());
        let start = u64::from(NULL_BYTES);
        let nursery = start..block.heap_next.get();
        let nursery_used = nursery.end - nursery.start;
        if let Err(error) = heap.prepare(major, nursery_used) {
            self.heap = Some(heap);
            return Err(error);
        }
        let first = heap.old.next;
        let mut mover = heap.mover((!major).then_some(nursery));
        if !major {
            mover.scan_cards(first);
        }
        self.visit_roots(|reference| mover.forward(reference));
        frames::visit(block, |reference| mover.forward(reference));
        mover.follow(first);
        let copied = heap.old.next - first;
        let dead = heap.bury(major);
        block.heap_next.set(start);
        let settled = heap.settle(major, copied, nursery_used);
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

    /// Shows every word of the heap in use.
    pub(crate) fn heap_words(&self, mut see: impl FnMut(u32)) {
        let Some(heap) = self.heap.as_deref() else { return };
        // SAFETY: the block outlives these objects.
        let block = unsafe { &*self.block };
        let nursery = u64::from(NULL_BYTES)..block.heap_next.get();
        for range in [nursery, heap.old.range.start..heap.old.next] {
            range.step_by(4).for_each(|at| see(heap.space.word(at)));
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
