//! Which exceptions are still in use.
//!
//! There are no maps yet that say which words of a frame are references, so every word of a stack counts as
//! one that is the number of a live exception; numbers are chosen so that few others look like them.
//! Looked at are: the guest's stack, the host's stack with what its functions saved of the guest's registers,
//! globals, tables, segments, objects under the collector (dead ones too), the values of exceptions in use, and
//! what the host holds.
//! Invariant: what can be reached stays; what cannot may stay until the next look.

use crate::VmError;

use super::{COLLECT_AT_MIN, Exceptions, PLACE};
use crate::objects::Objects;
use crate::sys::arch;
use holm_spec::types::{Hierarchy, ValType};

/// Words that are looked at between two looks at the interruption flag.
const PIECE_WORDS: u32 = 1 << 16;

/// Frees every exception that nobody refers to. `values` are those of one that is being made.
pub(super) fn collect(objects: &mut Objects, values: &[u128]) -> Result<(), VmError> {
    let mut marks = Marks {
        marked: vec![false; objects.exceptions.places.len()],
        exceptions: &objects.exceptions,
        found: Vec::new(),
    };
    // SAFETY: the block outlives these objects (rule 3).
    let block = unsafe { &*objects.block };
    marks.guest_stack(block.guest_sp.get()..block.stack.end);
    marks.guest_stack(crate::interpret::slots_in_use(block, objects));
    if block.host_sp.get() != 0 {
        let saved = arch::callee_saved();
        saved.iter().for_each(|word| marks.word(*word));
        let here = (&raw const saved).addr() as u64;
        marks.host_stack(here..block.host_stack_start.get() as u64);
    }
    values.iter().for_each(|value| marks.value(*value));
    marks.objects(objects)?;
    for (token, reference) in &objects.exceptions.held {
        if token.strong_count() > 0 {
            marks.reference(*reference);
        }
    }
    marks.follow(objects);
    let marked = marks.marked;
    let exceptions = &mut objects.exceptions;
    exceptions.held.retain(|(token, _)| token.strong_count() > 0);
    for (index, is_marked) in marked.into_iter().enumerate() {
        if !is_marked || exceptions.is_over(index) {
            exceptions.release(index);
        }
    }
    exceptions.collect_at = (2 * exceptions.count()).max(COLLECT_AT_MIN);
    Ok(())
}

/// What has been found to be in use.
struct Marks<'a> {
    exceptions: &'a Exceptions,
    /// Per place.
    marked: Vec<bool>,
    /// Places that were marked and whose values have not been looked at.
    found: Vec<usize>,
}

impl Marks<'_> {
    fn reference(&mut self, reference: u32) {
        if self.exceptions.place(reference).is_none() {
            return;
        }
        let index = (reference & PLACE) as usize - 1;
        if !std::mem::replace(&mut self.marked[index], true) {
            self.found.push(index);
        }
    }

    /// A word that may be a reference or two.
    #[expect(clippy::cast_possible_truncation, reason = "both halves are looked at")]
    fn word(&mut self, word: u64) {
        self.reference(word as u32);
        self.reference((word >> 32) as u32);
    }

    #[expect(clippy::cast_possible_truncation, reason = "references are in the low bits")]
    fn value(&mut self, value: u128) {
        self.reference(value as u32);
    }

    fn guest_stack(&mut self, range: std::ops::Range<u64>) {
        for at in range.step_by(8) {
            let at: *const u64 = std::ptr::with_exposed_provenance(crate::frame::as_usize(at));
            // SAFETY: between the place where guests were left and the end of their stack, which is mapped;
            // nobody runs on it now.
            self.word(unsafe { at.read_volatile() });
        }
    }

    fn host_stack(&mut self, range: std::ops::Range<u64>) {
        for at in (range.start.next_multiple_of(8)..range.end).step_by(8) {
            let at: *const u64 = std::ptr::with_exposed_provenance(crate::frame::as_usize(at));
            // SAFETY: between a local of this call and one of the outermost entry: this thread's stack in use.
            self.word(unsafe { arch::stack_word(at) });
        }
    }

    /// What globals, tables and segments hold.
    fn objects(&mut self, objects: &Objects) -> Result<(), VmError> {
        let is_exception =
            |ty: ValType| ty.as_reference().is_some_and(|ty| ty.heap.hierarchy() == Hierarchy::Exn);
        for (id, ty) in objects.all_globals() {
            if is_exception(ty.value) {
                self.value(objects.global_get(id));
            }
        }
        for table in &objects.tables {
            if is_exception(table.ty.element.into()) {
                (0..table.size()).filter_map(|at| table.get(at)).for_each(|r| self.reference(r));
            }
        }
        let segments = objects.instances.iter().flat_map(|instance| &instance.elements);
        segments.flatten().flatten().for_each(|reference| self.reference(*reference));
        let (mut words, mut stopped) = (0_u32, false);
        objects.heap_words(|word| {
            self.reference(word);
            words = words.wrapping_add(1);
            stopped = words.is_multiple_of(PIECE_WORDS) && objects.interrupt.is_interrupted();
            !stopped
        });
        if stopped { Err(VmError::Interrupted) } else { Ok(()) }
    }

    /// The values of what was found, and so on.
    fn follow(&mut self, objects: &Objects) {
        while let Some(index) = self.found.pop() {
            let reference = self.exceptions.places[index].reference;
            let Some((tag, values)) = objects.exception(reference) else { continue };
            let types = objects.tag_type(tag).ty.params();
            for (value, _) in values.iter().zip(types).filter(|(_, ty)| ty.as_reference().is_some())
            {
                self.value(*value);
            }
        }
    }
}
