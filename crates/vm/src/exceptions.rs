//! Exceptions and their tags: what a throw makes and a reference names.
//!
//! A reference is a number: the place in the arena and, above it, how often that place was used before, so that
//! one that has outlived its exception is found out. What lies at the place is a record that code reads (see
//! `holm_abi::layout`). Not here: finding handlers ([`crate::unwind`]).
//! Invariants: a record stays where it is while its exception lives; an exception is freed only when no
//! guest and no host holds a reference (see [`collect`]). Read next: [`collect`].

mod collect;

use crate::VmError;
use crate::objects::{Objects, TagId, check, index_of};
use holm_abi::layout::{
    EXCEPTION_CAUGHT, EXCEPTION_ESCAPED, EXCEPTION_REFERENCE, EXCEPTION_STATE, EXCEPTION_TAG,
    EXCEPTION_VALUES,
};
use holm_abi::object::is_collected;
use holm_spec::types::{FuncType, StorageType};
use std::ptr::NonNull;
use std::sync::{Arc, Weak};

/// Bits of a reference that say which place; 0 is none.
const PLACE_BITS: u32 = 20;
const PLACE: u32 = (1 << PLACE_BITS) - 1;
/// Spreads the first uses of places over the numbers that references can be.
const SCATTER: u32 = 0x9e37_79b1;
/// Bytes of a unit of a record: its head is one, and so is each value.
const UNIT_BYTES: usize = 16;
/// Exceptions that may exist before the first look at which are still in use.
const COLLECT_AT_MIN: usize = 1024;

const _: () = assert!(EXCEPTION_VALUES as usize == UNIT_BYTES);

/// An exception tag: a type of exceptions.
#[derive(Clone, Debug)]
pub struct TagType {
    /// The engine-wide id of its function type.
    pub type_id: u32,
    /// The types of the values.
    pub ty: FuncType,
}

/// A host's hold on an exception: while it lives, the exception does.
#[derive(Clone, Debug)]
pub struct HeldException {
    _token: Arc<()>,
}

/// The exceptions of a store.
#[derive(Debug)]
pub(crate) struct Exceptions {
    places: Vec<Place>,
    /// Places that hold no exception.
    free: Vec<u32>,
    /// The place that was filled last.
    latest: usize,
    /// How many places may be in use before the next look.
    collect_at: usize,
    held: Vec<(Weak<()>, u32)>,
}

/// A place in the arena.
#[derive(Debug)]
struct Place {
    /// What references to the present exception are, or 0 when there is none.
    reference: u32,
    /// What the latest reference was.
    latest: u32,
    record: Record,
}

/// The memory of a record, which code reads and writes by its address.
#[derive(Debug)]
struct Record {
    at: NonNull<u128>,
    units: usize,
}

impl Record {
    fn new(units: usize) -> Self {
        let memory = Box::leak(vec![0_u128; units].into_boxed_slice());
        Self { at: NonNull::from(memory).cast(), units }
    }

    fn field(&self, offset: i32) -> *mut u32 {
        let offset = usize::try_from(offset).unwrap_or_default();
        debug_assert!(offset < UNIT_BYTES, "fields lie in the head");
        self.at.as_ptr().cast::<u32>().wrapping_byte_add(offset)
    }

    fn get(&self, offset: i32) -> u32 {
        // SAFETY: the head of a record is as large as a unit, of which every record has one; the only others
        // who use it are guests, on this thread (rule 1).
        unsafe { self.field(offset).read() }
    }

    fn set(&self, offset: i32, value: u32) {
        // SAFETY: as in `get`.
        unsafe { self.field(offset).write(value) }
    }

    fn value(&self, index: usize) -> u128 {
        assert!(index + 1 < self.units, "no value {index} in a record of {} units", self.units);
        // SAFETY: inside the record (checked).
        let at = unsafe { self.at.add(index + 1) };
        // SAFETY: as in `get`.
        unsafe { at.read() }
    }

    fn set_value(&self, index: usize, value: u128) {
        assert!(index + 1 < self.units, "no value {index} in a record of {} units", self.units);
        // SAFETY: inside the record (checked).
        let at = unsafe { self.at.add(index + 1) };
        // SAFETY: as in `get`.
        unsafe { at.write(value) }
    }
}

impl Drop for Record {
    fn drop(&mut self) {
        let memory = std::ptr::slice_from_raw_parts_mut(self.at.as_ptr(), self.units);
        // SAFETY: made by `Box::leak` in `new`, with this length, and dropped once.
        drop(unsafe { Box::from_raw(memory) });
    }
}

impl Default for Exceptions {
    fn default() -> Self {
        Self {
            places: Vec::new(),
            free: Vec::new(),
            latest: 0,
            collect_at: COLLECT_AT_MIN,
            held: Vec::new(),
        }
    }
}

impl Exceptions {
    /// The place of a live exception.
    fn place(&self, reference: u32) -> Option<&Place> {
        let index = (reference & PLACE).checked_sub(1)?;
        self.places.get(index as usize).filter(|place| place.reference == reference)
    }

    /// How many exceptions there are.
    fn count(&self) -> usize {
        self.places.len() - self.free.len()
    }

    /// The address of an exception's record, if the exception is alive.
    pub(crate) fn record(&self, reference: u32) -> Option<u64> {
        Some(self.place(reference)?.record.at.as_ptr().expose_provenance() as u64)
    }

    /// Notes that there may be references to an exception from now on.
    pub(crate) fn escape(&self, reference: u32) {
        if let Some(place) = self.place(reference) {
            let state = place.record.get(EXCEPTION_STATE);
            place.record.set(EXCEPTION_STATE, state | EXCEPTION_ESCAPED);
        }
    }

    /// Shows the values of exceptions that are the collector's to it, to be changed.
    pub(crate) fn visit(&self, tags: &[TagType], mut visit: impl FnMut(u32) -> u32) {
        for place in self.places.iter().filter(|place| place.reference != 0) {
            let Some(tag) = tags.get(place.record.get(EXCEPTION_TAG) as usize) else { continue };
            for (index, ty) in tag.ty.params().iter().enumerate() {
                if is_collected(StorageType::Val(*ty)) {
                    let reference = crate::frame::low(place.record.value(index));
                    // Only the low half is the reference.
                    let reference = u32::try_from(reference & u64::from(u32::MAX)).unwrap_or(0);
                    place.record.set_value(index, u128::from(visit(reference)));
                }
            }
        }
    }

    fn release(&mut self, index: usize) {
        if let Some(place) = self.places.get_mut(index)
            && place.reference != 0
        {
            place.reference = 0;
            self.free.push(index_of(index));
        }
    }

    /// Whether the exception at a place was caught by somebody who cannot refer to it.
    fn is_over(&self, index: usize) -> bool {
        let over = |place: &Place| {
            place.reference != 0 && place.record.get(EXCEPTION_STATE) == EXCEPTION_CAUGHT
        };
        self.places.get(index).is_some_and(over)
    }

    /// Makes an exception in a free place. The caller has made sure that there may be one more.
    fn add(&mut self, tag: TagId, values: &[u128]) -> u32 {
        let units = values.len() + 1;
        let index = self.free.pop().unwrap_or_else(|| {
            let number = index_of(self.places.len()) + 1;
            // Something that few other words look like.
            let latest = number.wrapping_mul(SCATTER) & !PLACE | number;
            self.places.push(Place { reference: 0, latest, record: Record::new(units) });
            number - 1
        });
        self.latest = index as usize;
        let place = &mut self.places[self.latest];
        place.reference = place.latest.wrapping_add(PLACE + 1);
        place.latest = place.reference;
        if place.record.units < units {
            place.record = Record::new(units);
        }
        place.record.set(EXCEPTION_TAG, tag.index());
        place.record.set(EXCEPTION_REFERENCE, place.reference);
        place.record.set(EXCEPTION_STATE, 0);
        for (index, value) in values.iter().enumerate() {
            place.record.set_value(index, *value);
        }
        place.reference
    }
}

impl Objects {
    /// Makes a tag.
    ///
    /// # Errors
    /// When there are too many.
    pub fn tag_new(&mut self, ty: &TagType) -> Result<TagId, VmError> {
        let count = self.tags.len() as u64 + 1;
        check("exception tags", count, u64::from(self.limits().tags_max))?;
        self.tags.push(ty.clone());
        Ok(TagId(index_of(self.tags.len() - 1)))
    }

    /// A tag's type.
    ///
    /// # Panics
    /// When the handle is another store's.
    #[must_use]
    pub fn tag_type(&self, tag: TagId) -> &TagType {
        &self.tags[tag.index() as usize]
    }

    /// Makes an exception; what references to it are.
    ///
    /// # Errors
    /// When there are too many that may still be in use, and when looking for others takes long and is interrupted.
    ///
    /// # Panics
    /// When the number of values is not the tag's.
    pub fn exception_new(&mut self, tag: TagId, values: &[u128]) -> Result<u32, VmError> {
        let wanted = self.tag_type(tag).ty.params().len();
        assert!(wanted == values.len(), "{} values for a tag of {wanted}", values.len());
        let latest = self.exceptions.latest;
        if self.exceptions.is_over(latest) {
            self.exceptions.release(latest);
        }
        let max = (self.limits().exceptions_max.min(PLACE)) as usize;
        if self.exceptions.count() >= self.exceptions.collect_at.min(max) {
            collect::collect(self, values)?;
            let count = self.exceptions.count();
            check("exceptions", count as u64 + 1, max as u64)?;
        }
        Ok(self.exceptions.add(tag, values))
    }

    /// The tag and the values of an exception, if it is alive; scalars are in the low bits.
    #[must_use]
    pub fn exception(&self, reference: u32) -> Option<(TagId, Vec<u128>)> {
        let place = self.exceptions.place(reference)?;
        let tag = TagId(place.record.get(EXCEPTION_TAG));
        let count = self.tag_type(tag).ty.params().len();
        Some((tag, (0..count).map(|index| place.record.value(index)).collect()))
    }

    /// Keeps an exception alive for as long as the answer lives.
    pub fn exception_hold(&mut self, reference: u32) -> HeldException {
        let token = Arc::new(());
        self.exceptions.escape(reference);
        let held = &mut self.exceptions.held;
        if held.len().is_power_of_two() {
            held.retain(|(token, _)| token.strong_count() > 0);
        }
        held.push((Arc::downgrade(&token), reference));
        HeldException { _token: token }
    }

    /// How many exceptions there are, those included that nobody uses any more.
    #[must_use]
    pub fn exceptions_count(&self) -> usize {
        self.exceptions.count()
    }
}

#[cfg(test)]
mod tests;
