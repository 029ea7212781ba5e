//! Builtins for objects under the collector: what code does not do in line.
//!
//! References in arguments are those of the moment of the call: what makes an object may move all others, so
//! none of these uses a reference after that.

use super::{Context, Run, split, to_u32, to_usize};
use crate::VmError;
use crate::limits::BULK_PIECE_BYTES;
use crate::objects::Objects;
use holm_spec::trap::TrapReason;

/// Why making an object failed.
pub(super) enum Failed {
    /// There is no memory or no time for it.
    Vm(VmError),
    /// Something else.
    Trap(TrapReason),
}

impl From<VmError> for Failed {
    fn from(error: VmError) -> Self {
        Self::Vm(error)
    }
}

impl From<Failed> for TrapReason {
    fn from(failed: Failed) -> Self {
        match failed {
            Failed::Vm(error) => error.trap(),
            Failed::Trap(reason) => reason,
        }
    }
}

impl Context<'_> {
    fn new_array(&mut self, header: u32, length: u32) -> Result<u32, TrapReason> {
        let interrupt = self.objects.interrupt.clone();
        let poll = |_: &Objects| {
            let stop = interrupt.is_interrupted();
            if stop { Err(Failed::Trap(TrapReason::Interrupted)) } else { Ok(()) }
        };
        Ok(self.make(|objects| objects.array_new::<Failed>(header, length, poll))?)
    }

    /// Makes something because the guest asks for it.
    fn make<R>(&mut self, make: impl FnOnce(&mut Objects) -> R) -> R {
        self.objects.guest_asks = true;
        let made = make(self.objects);
        self.objects.guest_asks = false;
        made
    }

    /// The bytes of a data segment, none if it was dropped.
    fn data(&self, segment: u64) -> Option<holm_abi::SharedBytes> {
        let segments = &self.objects.instances[self.instance].data;
        segments.get(to_usize(segment))?.clone()
    }

    /// Elements `start..start + count` of an element segment, in their form in an array.
    fn elements(&self, segment: u64, start: u64, count: u64) -> Result<Vec<u8>, TrapReason> {
        let segments = &self.objects.instances[self.instance].elements;
        let list = segments.get(to_usize(segment)).and_then(Option::as_deref).unwrap_or_default();
        let range = super::range(start, count, list.len());
        let range = range.map_err(|_| TrapReason::OutOfBoundsTable)?;
        Ok(list[range].iter().flat_map(|reference| reference.to_le_bytes()).collect())
    }

    /// Checks that an array has elements `start..start + count`.
    fn check(&self, array: u32, start: u64, count: u64) -> Result<(), TrapReason> {
        if array == 0 {
            return Err(TrapReason::NullArrayReference);
        }
        let length = self.objects.array_length(array).ok_or(TrapReason::Bug)?;
        let fits = start.checked_add(count).is_some_and(|end| end <= u64::from(length));
        if fits { Ok(()) } else { Err(TrapReason::OutOfBoundsArray) }
    }

    /// How many elements of an array make a piece.
    fn piece(&self, array: u32) -> u32 {
        let bytes = u32::try_from(BULK_PIECE_BYTES).unwrap_or(u32::MAX);
        bytes / self.objects.element_bytes(array)
    }

    /// Copies from a data segment into elements.
    fn init_data(&mut self, array: u32, to: u32, data: &[u8]) -> Result<(), TrapReason> {
        let bytes = self.objects.element_bytes(array);
        let piece = self.piece(array);
        let mut at = to;
        let mut chunks = data.chunks(to_usize(u64::from(piece) * u64::from(bytes))).peekable();
        while let Some(chunk) = chunks.next() {
            let count = to_u32(chunk.len() as u64) / bytes;
            self.objects.elements_write(array, at, count, chunk);
            at += count;
            if chunks.peek().is_some() {
                self.poll()?;
            }
        }
        Ok(())
    }
}

pub(super) struct ObjectNew;
impl Run for ObjectNew {
    fn run(context: &mut Context<'_>, [header, bytes, ..]: [u64; 4]) -> Result<u64, TrapReason> {
        let made = context.make(|objects| objects.object_new(to_u32(header), bytes));
        made.map(u64::from).map_err(|error| error.trap())
    }
}

pub(super) struct ArrayNew;
impl Run for ArrayNew {
    fn run(context: &mut Context<'_>, [header, length, ..]: [u64; 4]) -> Result<u64, TrapReason> {
        context.new_array(to_u32(header), to_u32(length)).map(u64::from)
    }
}

pub(super) struct ArrayNewData;
impl Run for ArrayNewData {
    fn run(
        context: &mut Context<'_>,
        [header, segment, from, length]: [u64; 4],
    ) -> Result<u64, TrapReason> {
        let data = context.data(segment);
        let data: &[u8] = data.as_deref().unwrap_or_default();
        let (from, length) = (u64::from(to_u32(from)), u64::from(to_u32(length)));
        let heap = context.objects.need_heap().map_err(|_| TrapReason::AllocationFailed)?;
        let bytes = length << heap.layouts_mut().element_bytes_log2(to_u32(header));
        let range = super::range(from, bytes, data.len())?;
        let array = context.new_array(to_u32(header), to_u32(length))?;
        context.init_data(array, 0, &data[range])?;
        Ok(u64::from(array))
    }
}

pub(super) struct ArrayNewElement;
impl Run for ArrayNewElement {
    fn run(
        context: &mut Context<'_>,
        [header, segment, from, length]: [u64; 4],
    ) -> Result<u64, TrapReason> {
        let (from, length) = (u64::from(to_u32(from)), u64::from(to_u32(length)));
        // Only a look whether they are there: making the array may move what they refer to.
        let segments = &context.objects.instances[context.instance].elements;
        let list = segments.get(to_usize(segment)).and_then(Option::as_deref);
        let known = list.map_or(0, <[u32]>::len);
        super::range(from, length, known).map_err(|_| TrapReason::OutOfBoundsTable)?;
        let array = context.new_array(to_u32(header), to_u32(length))?;
        let elements = context.elements(segment, from, length)?;
        context.objects.elements_write(array, 0, to_u32(length), &elements);
        Ok(u64::from(array))
    }
}

pub(super) struct ArrayFill;
impl Run for ArrayFill {
    fn run(
        context: &mut Context<'_>,
        [array, part, low, high]: [u64; 4],
    ) -> Result<u64, TrapReason> {
        let (array, (start, count)) = (to_u32(array), split(part));
        context.check(array, start, count)?;
        let value = u128::from(low) | u128::from(high) << 64;
        let piece = u64::from(context.piece(array));
        let mut done = 0;
        while done < count {
            let now = piece.min(count - done);
            context.objects.elements_fill(array, to_u32(start + done), to_u32(now), value);
            done += now;
            if done < count {
                context.poll()?;
            }
        }
        Ok(0)
    }
}

pub(super) struct ArrayCopy;
impl Run for ArrayCopy {
    fn run(
        context: &mut Context<'_>,
        [arrays, to, from, count]: [u64; 4],
    ) -> Result<u64, TrapReason> {
        let (into, out_of) = split(arrays);
        let (into, out_of) = (to_u32(into), to_u32(out_of));
        let [to, from, count] = [to, from, count].map(|number| u64::from(to_u32(number)));
        context.check(into, to, count)?;
        context.check(out_of, from, count)?;
        let backwards = into == out_of && to > from;
        let piece = u64::from(context.piece(into));
        let mut done = 0;
        while done < count {
            let now = piece.min(count - done);
            let at = if backwards { count - done - now } else { done };
            let (target, source) = ((into, to_u32(to + at)), (out_of, to_u32(from + at)));
            context.objects.elements_copy(target, source, to_u32(now));
            done += now;
            if done < count {
                context.poll()?;
            }
        }
        Ok(0)
    }
}

pub(super) struct ArrayInitData;
impl Run for ArrayInitData {
    fn run(
        context: &mut Context<'_>,
        [what, to, from, count]: [u64; 4],
    ) -> Result<u64, TrapReason> {
        let (array, segment) = split(what);
        let array = to_u32(array);
        let [to, from, count] = [to, from, count].map(|number| u64::from(to_u32(number)));
        context.check(array, to, count)?;
        let data = context.data(segment);
        let data: &[u8] = data.as_deref().unwrap_or_default();
        let bytes = count * u64::from(context.objects.element_bytes(array));
        let range = super::range(from, bytes, data.len())?;
        context.init_data(array, to_u32(to), &data[range])?;
        Ok(0)
    }
}

pub(super) struct ArrayInitElement;
impl Run for ArrayInitElement {
    fn run(
        context: &mut Context<'_>,
        [what, to, from, count]: [u64; 4],
    ) -> Result<u64, TrapReason> {
        let (array, segment) = split(what);
        let array = to_u32(array);
        let [to, from, count] = [to, from, count].map(|number| u64::from(to_u32(number)));
        context.check(array, to, count)?;
        let elements = context.elements(segment, from, count)?;
        context.objects.elements_write(array, to_u32(to), to_u32(count), &elements);
        Ok(0)
    }
}
