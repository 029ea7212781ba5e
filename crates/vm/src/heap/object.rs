//! Making objects, and reading and writing them from the host's side.
//!
//! Invariant: what is made here is valid from the moment its reference is given away: its header says its
//! type, its length is right, references in it are null or good.

use super::collect::offset;
use super::layouts::Shape;
use super::{Heap, HeapStats, OwnedRoot, RootId, RootMark};
use crate::VmError;
use crate::limits::{BULK_PIECE_BYTES, LARGE_BYTES, STRESS_MAJOR_EVERY};
use crate::objects::{Objects, check};
use holm_abi::object::{
    ARRAY_ELEMENTS, HOST_BYTES, ID_MASK, KIND_ARRAY, KIND_HOST, KIND_MASK, NULL_BYTES,
};
use std::any::Any;
use std::ops::Range;

/// Room that a full collection must leave, or the heap counts as full: otherwise a guest close to its limit
/// would do nothing but collect.
const ROOM_MIN: u64 = 1 << 20;

impl Objects {
    /// Makes the heap, if there is none yet.
    ///
    /// # Errors
    /// When the system has no addresses or memory left.
    pub(crate) fn need_heap(&mut self) -> Result<&mut Heap, VmError> {
        if self.heap.is_none() {
            let config = self.pool.config().heap;
            let limits = self.heap_limits()?;
            let heap = Heap::new(self.pool.strategy(), &limits, config)?;
            // SAFETY: the block outlives these objects.
            let block = unsafe { &*self.block };
            block.heap_next.set(u64::from(NULL_BYTES));
            block.heap_limit.set(heap.limit_for_code());
            self.heap = Some(Box::new(heap));
        }
        Ok(self.the_heap_mut())
    }

    fn the_heap(&self) -> &Heap {
        self.heap.as_deref().expect("a store with objects has a heap")
    }

    fn the_heap_mut(&mut self) -> &mut Heap {
        self.heap.as_deref_mut().expect("a store with objects has a heap")
    }

    /// Room in the nursery for a small object, whose contents are unspecified. Its caller fills it before
    /// anything else happens.
    ///
    /// # Errors
    /// When the heap is full.
    pub(crate) fn object_new(&mut self, header: u32, bytes: u64) -> Result<u32, VmError> {
        let heap = self.need_heap()?;
        heap.ticks = heap.ticks.wrapping_add(1);
        let (stress, ticks) = (heap.stress, heap.ticks);
        if stress {
            self.collect(ticks.is_multiple_of(STRESS_MAJOR_EVERY))?;
        }
        if let Some(at) = self.bump(header, bytes) {
            return Ok(at);
        }
        let used = self.nursery_used();
        let major = self.the_heap().wants_major(used);
        self.collect(major)?;
        if let Some(at) = self.bump(header, bytes) {
            return Ok(at);
        }
        if !major {
            self.collect(true)?;
        }
        let heap = self.the_heap();
        let room = heap.bytes_max.saturating_sub(heap.old.used());
        if room >= ROOM_MIN.min(heap.bytes_max / 64)
            && let Some(at) = self.bump(header, bytes)
        {
            return Ok(at);
        }
        Err(self.heap_is_full(bytes))
    }

    fn heap_is_full(&self, bytes: u64) -> VmError {
        let heap = self.the_heap();
        let value = heap.old.used().saturating_add(self.nursery_used()).saturating_add(bytes);
        VmError::Exhausted { limit: "heap bytes", value, max: heap.bytes_max }
    }

    fn nursery_used(&self) -> u64 {
        // SAFETY: the block outlives these objects.
        let block = unsafe { &*self.block };
        block.heap_next.get() - self.the_heap().young_start
    }

    /// Takes room in the nursery, if it has any.
    fn bump(&mut self, header: u32, bytes: u64) -> Option<u32> {
        // SAFETY: the block outlives these objects.
        let block = unsafe { &*self.block };
        let heap = self.heap.as_deref_mut()?;
        let at = block.heap_next.get();
        let end = at.checked_add(bytes)?;
        if end > heap.young_limit {
            return None;
        }
        block.heap_next.set(end);
        heap.space.set_word(at, header);
        Some(offset(at))
    }

    /// Makes an array of zeros and nulls. `poll` is asked between pieces of long ones.
    ///
    /// # Errors
    /// When the heap is full, or what `poll` says.
    pub(crate) fn array_new<E: From<VmError>>(
        &mut self,
        header: u32,
        length: u32,
        poll: impl Fn(&Self) -> Result<(), E>,
    ) -> Result<u32, E> {
        let heap = self.need_heap()?;
        let bytes = heap.layouts.array_bytes(header, length);
        if bytes <= LARGE_BYTES {
            let at = self.object_new(header, bytes)?;
            let space = &mut self.the_heap_mut().space;
            space.set_word(u64::from(at) + 4, length);
            space.slice_mut(u64::from(at) + 8, bytes - 8).fill(0);
            return Ok(at);
        }
        let at = self.large_new(bytes)?;
        let heap = self.the_heap_mut();
        heap.space.set_word(at, header);
        heap.space.set_word(at + 4, length);
        let mut done = u64::from(ARRAY_ELEMENTS);
        while done < bytes {
            let piece = (bytes - done).min(BULK_PIECE_BYTES as u64);
            self.the_heap_mut().space.slice_mut(at + done, piece).fill(0);
            done += piece;
            if done < bytes {
                poll(self)?;
            }
        }
        Ok(offset(at))
    }

    /// Room in the old space.
    fn large_new(&mut self, bytes: u64) -> Result<u64, VmError> {
        let room = |heap: &Heap| heap.young_limit - heap.young_start;
        let heap = self.the_heap();
        let total = heap.old.used().saturating_add(room(heap)).saturating_add(bytes);
        if heap.stress || total > heap.bytes_max || heap.old.used() + bytes > heap.major_bytes {
            if bytes > heap.bytes_max {
                return Err(self.heap_is_full(bytes));
            }
            self.collect(true)?;
            let heap = self.the_heap();
            if heap.old.used() + bytes + ROOM_MIN.min(heap.bytes_max / 64) > heap.bytes_max {
                return Err(self.heap_is_full(bytes));
            }
        }
        // SAFETY: the block outlives these objects.
        let block = unsafe { &*self.block };
        let heap = self.the_heap_mut();
        heap.absorb(block.heap_next.get());
        let at = heap.old.next;
        let Heap { space, old, .. } = &mut *heap;
        old.commit(space, at + bytes)?;
        space.set_first(offset(at), bytes);
        old.next = at + bytes;
        heap.major_bytes = heap.major_bytes.max(heap.old.used());
        heap.stats.bytes_allocated += bytes;
        if block.heap_next.get() == heap.young_start {
            let opened = heap.open_room();
            block.heap_next.set(heap.young_start);
            block.heap_limit.set(heap.limit_for_code());
            opened?;
        }
        Ok(at)
    }

    /// The header word of an object; nothing for null and small integers.
    #[must_use]
    pub fn object_header(&self, reference: u32) -> Option<u32> {
        if reference == 0 || reference & 1 != 0 {
            return None;
        }
        Some(self.heap.as_deref()?.space.word(u64::from(reference)))
    }

    /// The id of an object's type; nothing for null, small integers and things of the host's.
    #[must_use]
    pub fn object_type(&self, reference: u32) -> Option<u32> {
        let header = self.object_header(reference)?;
        (header & KIND_MASK != KIND_HOST).then_some(header & ID_MASK)
    }

    /// The length of an array; nothing for anything else.
    #[must_use]
    pub fn array_length(&self, reference: u32) -> Option<u32> {
        let header = self.object_header(reference)?;
        let length = || self.the_heap().space.word(u64::from(reference) + 4);
        (header & KIND_MASK == KIND_ARRAY).then(length)
    }

    /// The bytes of an object, its header included.
    fn object_range(&self, reference: u32) -> Range<u64> {
        let heap = self.the_heap();
        let at = u64::from(reference);
        at..at + heap.layouts.bytes(heap.space.word(at), heap.space.word(at + 4))
    }

    /// The number of `bytes` bytes, at most 16, at a distance from an object's header.
    ///
    /// # Panics
    /// When that lies outside of the object.
    #[must_use]
    pub fn object_read(&self, reference: u32, distance: u32, bytes: u32) -> u128 {
        let range = self.object_range(reference);
        let at = range.start + u64::from(distance);
        assert!(at + u64::from(bytes) <= range.end, "distance {distance} in an object");
        let mut number = [0; 16];
        let found = self.the_heap().space.slice(at, u64::from(bytes));
        number[..bytes as usize].copy_from_slice(found);
        u128::from_le_bytes(number)
    }

    /// Writes a number of `bytes` bytes, at most 16, at a distance from an object's header.
    ///
    /// # Panics
    /// When that lies outside of the object.
    pub fn object_write(&mut self, reference: u32, distance: u32, bytes: u32, value: u128) {
        let range = self.object_range(reference);
        let at = range.start + u64::from(distance);
        assert!(at + u64::from(bytes) <= range.end, "distance {distance} in an object");
        let space = &mut self.the_heap_mut().space;
        let value = value.to_le_bytes();
        space.slice_mut(at, u64::from(bytes)).copy_from_slice(&value[..bytes as usize]);
        space.mark(range.start, 1);
        space.mark(at, 1);
    }

    /// Makes a structure of a type that [`Objects::need_type`] was told of, all zeros and nulls.
    ///
    /// # Errors
    /// When the heap is full.
    pub fn struct_new_zeroed(&mut self, header: u32) -> Result<u32, VmError> {
        let bytes = self.need_heap()?.layouts.bytes(header, 0);
        let at = self.object_new(header, bytes)?;
        self.the_heap_mut().space.slice_mut(u64::from(at) + 4, bytes - 4).fill(0);
        Ok(at)
    }

    /// Makes an array of a type that [`Objects::need_type`] was told of, all zeros and nulls.
    ///
    /// # Errors
    /// When the heap is full.
    pub fn array_new_zeroed(&mut self, header: u32, length: u32) -> Result<u32, VmError> {
        self.array_new(header, length, |_| Ok(()))
    }

    /// Tells the heap how objects of a type are laid out.
    ///
    /// # Errors
    /// When there is no heap and none can be made.
    pub fn need_type(
        &mut self,
        id: u32,
        layout: &holm_abi::object::ObjectLayout,
    ) -> Result<(), VmError> {
        self.need_heap()?.layouts.add(id, layout);
        Ok(())
    }

    /// Sets all elements of an array.
    ///
    /// # Panics
    /// When the reference is not an array.
    pub fn array_fill(&mut self, array: u32, value: u128) {
        let length = self.array_length(array).expect("an array");
        self.elements_fill(array, 0, length, value);
    }

    /// The bytes of elements `start..start + count` of an array, which has them.
    fn element_range(&self, array: u32, start: u32, count: u32) -> Range<u64> {
        let heap = self.the_heap();
        let shift = heap.layouts.element_bytes_log2(heap.space.word(u64::from(array)));
        let first = u64::from(array) + u64::from(ARRAY_ELEMENTS);
        let range = first + (u64::from(start) << shift)
            ..first + ((u64::from(start) + u64::from(count)) << shift);
        debug_assert!(range.end <= self.object_range(array).end, "elements of an array");
        range
    }

    /// Bytes of an element of an array.
    pub(crate) fn element_bytes(&self, array: u32) -> u32 {
        let heap = self.the_heap();
        1 << heap.layouts.element_bytes_log2(heap.space.word(u64::from(array)))
    }

    /// Marks the cards of a range, if the array keeps references.
    fn mark_elements(&mut self, array: u32, range: &Range<u64>) {
        let heap = self.the_heap_mut();
        let header = heap.space.word(u64::from(array));
        let old = heap.old.range.contains(&u64::from(array));
        if old && matches!(heap.layouts.shape(header), Shape::References) && !range.is_empty() {
            heap.space.mark(range.start, range.end - range.start);
        }
    }

    /// Writes bytes to elements, which the array has.
    pub(crate) fn elements_write(&mut self, array: u32, start: u32, count: u32, bytes: &[u8]) {
        let range = self.element_range(array, start, count);
        let space = &mut self.the_heap_mut().space;
        space.slice_mut(range.start, range.end - range.start).copy_from_slice(bytes);
        self.mark_elements(array, &range);
    }

    /// Sets elements, which the array has.
    pub(crate) fn elements_fill(&mut self, array: u32, start: u32, count: u32, value: u128) {
        let bytes = self.element_bytes(array) as usize;
        let value = value.to_le_bytes();
        let range = self.element_range(array, start, count);
        let space = &mut self.the_heap_mut().space;
        let into = space.slice_mut(range.start, range.end - range.start);
        match value {
            [byte, ..] if bytes == 1 => into.fill(byte),
            _ => into.chunks_exact_mut(bytes).for_each(|e| e.copy_from_slice(&value[..bytes])),
        }
        self.mark_elements(array, &range);
    }

    /// Copies elements between arrays with elements of one size; both have them.
    pub(crate) fn elements_copy(&mut self, to: (u32, u32), from: (u32, u32), count: u32) {
        let target = self.element_range(to.0, to.1, count);
        let source = self.element_range(from.0, from.1, count);
        let bytes = target.end - target.start;
        self.the_heap_mut().space.copy(source.start, target.start, bytes);
        self.mark_elements(to.0, &target);
    }

    /// Keeps a host object and makes an externref of it; never 0.
    ///
    /// # Errors
    /// When there are too many, or the heap is full.
    pub fn externref_new(&mut self, object: Box<dyn Any + Send + Sync>) -> Result<u32, VmError> {
        let max = self.limits().externrefs_max;
        if self.need_heap()?.hosts.alive() >= max {
            self.collect(true)?;
        }
        let count = u64::from(self.the_heap().hosts.alive()) + 1;
        check("host references", count, u64::from(max))?;
        let at = self.object_new(KIND_HOST, u64::from(HOST_BYTES))?;
        let heap = self.the_heap_mut();
        let place = heap.hosts.add(object);
        heap.space.set_word(u64::from(at) + 4, place);
        heap.hosts.young.push(at);
        Ok(at)
    }

    /// The place of a host object among those alive; nothing for other references.
    #[must_use]
    pub fn externref_place(&self, reference: u32) -> Option<u32> {
        let header = self.object_header(reference)?;
        let place = || self.the_heap().space.word(u64::from(reference) + 4);
        (header & KIND_MASK == KIND_HOST).then(place)
    }

    /// The host object of an externref, if it is one of the host's.
    #[must_use]
    pub fn externref(&self, reference: u32) -> Option<&(dyn Any + Send + Sync)> {
        let place = self.externref_place(reference)?;
        self.the_heap().hosts.get(place)
    }

    /// Collects all garbage now.
    ///
    /// # Errors
    /// When the system has no memory for what survives.
    pub fn collect_garbage(&mut self) -> Result<(), VmError> {
        self.collect(true)
    }

    /// What the collector did so far.
    #[must_use]
    pub fn heap_stats(&self) -> HeapStats {
        let Some(heap) = self.heap.as_deref() else { return HeapStats::default() };
        let nursery = self.nursery_used();
        HeapStats {
            bytes_allocated: heap.stats.bytes_allocated + nursery,
            bytes_in_use: heap.old.used() + nursery,
            host_objects: heap.hosts.alive(),
            ..heap.stats
        }
    }

    // ---- what the host holds

    /// Holds a reference until the end of the scope.
    #[must_use]
    pub fn root(&self, reference: u32) -> RootId {
        self.roots.push(reference)
    }

    /// The reference of a handle; nothing when its scope has ended.
    #[must_use]
    pub fn rooted(&self, id: RootId) -> Option<u32> {
        self.roots.get(id)
    }

    /// Holds a reference until the last clone of what this gives is dropped.
    #[must_use]
    pub fn own(&self, reference: u32) -> OwnedRoot {
        self.roots.own(reference)
    }

    /// Begins a scope of handles.
    #[inline]
    pub fn roots_mark(&mut self) -> RootMark {
        self.roots.mark()
    }

    /// Ends a scope: handles made since are dead.
    #[inline]
    pub fn roots_release(&mut self, mark: RootMark) {
        self.roots.release(mark);
    }
}
