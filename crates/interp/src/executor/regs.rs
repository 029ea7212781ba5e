//! What handlers hold in registers, and the few ways in which they reach memory through it.
//!
//! All handlers are safe code on top of this file. The rules that make its blocks sound:
//!
//! 1. **Registers are made once**, in [`Regs::enter`], for an activation whose caller vouches for it; handlers
//!    only pass them on.
//! 2. **Code is translated code** of the activation's own module: every instruction is complete, every slot it
//!    names lies in its function's frame, every branch goes to an instruction, every offset into the context is
//!    one of the module's layout. The translator makes nothing else, and nobody changes what it made, except for the
//!    number of an instruction that is watched, see [`super::watch`].
//! 3. **Frames lie inside the slots**: a function's first instruction checks that the whole frame does, and
//!    callers keep [`FRAME_RESERVE`] slots above theirs for what is written before that check.
//! 4. **Memory 0 is `len` bytes at `mem`**: set on entry, set again by whatever can change it. Between `window` and
//!    `reload` it is the rest of another memory, or of a shared one, from some byte on.
//!
//! Not here: what instructions do. Read next: [`super::body`].

use super::atomic::AtomicU64;
use super::entry::FunctionEntry;
use crate::ops::function_field;
use core::sync::atomic::{AtomicU16, AtomicU32, Ordering};
use holm_abi::Activation;
use holm_abi::layout::{self, FunctionRecord};
use holm_abi::object;
use holm_spec::trap::TrapReason;

/// Slots above the last frame that a caller may write before its callee checks the space: the return address, the
/// caller's frame, and a link.
pub(crate) const FRAME_RESERVE: u32 = 8;

/// Slots of a link, what is kept below the arguments of a call into another instance: the instruction after the
/// call, the caller's frame, anchor and program, and how many slots the results take.
pub(super) const LINK_SLOTS: usize = 5;

/// The registers of the machine that instructions are for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Regs {
    /// The instruction.
    pub(super) ip: *const u16,
    /// Slot 0 of the function.
    pub(super) sp: *mut u64,
    /// Byte 0 of memory 0.
    pub(super) mem: *mut u8,
    /// Bytes of memory 0.
    pub(super) len: usize,
    /// The instance.
    pub(super) anchor: *mut u8,
    /// The latest integer.
    pub(super) acc: u64,
    /// The latest 32-bit float.
    pub(super) f: f32,
    /// The latest 64-bit float.
    pub(super) d: f64,
}

/// Why the interpreter is left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Leave {
    /// The outermost function returned.
    Returned,
    /// What was called outside did not return.
    Failed,
    /// A trap at this instruction.
    Trap(TrapReason),
    /// A trap at the instruction that has been noted already.
    Noted(TrapReason),
}

impl From<TrapReason> for Leave {
    #[inline(always)]
    fn from(reason: TrapReason) -> Self {
        Self::Trap(reason)
    }
}

/// What a handler gives: the registers for the next instruction.
pub(super) type Step = Result<Regs, Leave>;

/// Plain numbers that may be read from contexts.
pub(super) trait Plain: Copy {}
impl Plain for u32 {}
impl Plain for u64 {}
impl Plain for u128 {}

impl Regs {
    /// The registers for an activation that is about to run from `ip` with its first frame at `sp`.
    ///
    /// # Safety
    /// The activation is as [`holm_abi::Executor::run`] wants it, `ip` is an instruction of its program, and
    /// there is space for [`FRAME_RESERVE`] slots above the arguments and results.
    pub(super) unsafe fn enter(activation: &Activation, ip: *const u16, sp: *mut u64) -> Self {
        let (mem, len) = (core::ptr::null_mut(), 0);
        let anchor = activation.anchor;
        let mut regs = Self { ip, sp, mem, len, anchor, acc: 0, f: 0.0, d: 0.0 };
        regs.reload_memory();
        regs
    }

    /// Registers that know a frame of the activation that runs, and no instruction.
    pub(super) fn at_frame(anchor: *mut u8, sp: *mut u64) -> Self {
        let (ip, mem) = (core::ptr::null(), core::ptr::null_mut());
        Self { ip, sp, mem, len: 0, anchor, acc: 0, f: 0.0, d: 0.0 }
    }

    /// The number of the instruction, which another thread may be changing.
    #[inline(always)]
    pub(super) fn number(&self) -> usize {
        // SAFETY: rule 2: instructions are complete.
        unsafe { super::machine::load(self.ip) }
    }

    /// Changes it to another with the same fields.
    pub(super) fn set_number(&self, to: u16) {
        // SAFETY: rule 2; instructions that are watched lie in the units of a function's code, which are atomic.
        let number = unsafe { &*self.ip.cast::<AtomicU16>() };
        number.store(to, Ordering::Relaxed);
    }

    /// The unit `at` units into the instruction.
    #[inline(always)]
    pub(super) fn unit(&self, at: usize) -> u16 {
        // SAFETY: rule 2: instructions are complete.
        unsafe { self.ip.wrapping_add(at).read() }
    }

    /// The 32-bit number `at` units into the instruction.
    #[inline(always)]
    pub(super) fn imm32(&self, at: usize) -> u32 {
        // SAFETY: rule 2: instructions are complete.
        unsafe { self.ip.wrapping_add(at).cast::<u32>().read_unaligned() }
    }

    /// The 64-bit number `at` units into the instruction.
    #[inline(always)]
    pub(super) fn imm64(&self, at: usize) -> u64 {
        // SAFETY: rule 2: instructions are complete.
        unsafe { self.ip.wrapping_add(at).cast::<u64>().read_unaligned() }
    }

    /// The offset into the context `at` units into the instruction.
    #[inline(always)]
    pub(super) fn offset(&self, at: usize) -> i32 {
        self.imm32(at).cast_signed()
    }

    /// Goes on `units` further.
    #[inline(always)]
    pub(super) fn advance(mut self, units: usize) -> Self {
        self.ip = self.ip.wrapping_add(units);
        self
    }

    /// Goes where the branch `at` units into the instruction goes, unless the guest is to be interrupted.
    #[inline(always)]
    pub(super) fn branch(mut self, at: usize) -> Step {
        self.poll()?;
        let by = self.imm32(at).cast_signed();
        self.ip = self.ip.wrapping_offset(by as isize);
        Ok(self)
    }

    /// Traps when the guest is to be interrupted.
    #[inline(always)]
    pub(super) fn poll(&self) -> Result<(), Leave> {
        let word: *const AtomicU32 = self.field(layout::INTERRUPTED).cast();
        // SAFETY: every context has this word (rule 1); it is only ever accessed atomically.
        let word = unsafe { &*word };
        if word.load(Ordering::Relaxed) == 0 {
            Ok(())
        } else {
            Err(Leave::Trap(TrapReason::Interrupted))
        }
    }

    /// The value of a slot.
    #[inline(always)]
    pub(super) fn slot(&self, index: usize) -> u64 {
        self.check_slot(index);
        // SAFETY: rules 2 and 3: the slot lies in the frame.
        unsafe { self.sp.wrapping_add(index).read() }
    }

    /// Sets a slot.
    #[inline(always)]
    pub(super) fn set_slot(&mut self, index: usize, value: u64) {
        self.check_slot(index);
        // SAFETY: rules 2 and 3: the slot lies in the frame.
        unsafe { self.sp.wrapping_add(index).write(value) }
    }

    /// The slot named by the unit `at` units into the instruction.
    #[inline(always)]
    pub(super) fn operand(&self, at: usize) -> u64 {
        self.slot(usize::from(self.unit(at)))
    }

    /// The same, read before it is known whether it is wanted: otherwise the compiler has which slot to read wait for that,
    /// which takes longer than both reads.
    #[inline(always)]
    pub(super) fn operand_ahead(&self, at: usize) -> u64 {
        let index = usize::from(self.unit(at));
        self.check_slot(index);
        // SAFETY: rules 2 and 3: the slot lies in the frame.
        unsafe { self.sp.wrapping_add(index).read_volatile() }
    }

    /// A vector in two slots.
    #[inline(always)]
    pub(super) fn vector(&self, index: usize) -> u128 {
        self.check_slot(index + 1);
        // SAFETY: rules 2 and 3: both slots lie in the frame.
        let slots = unsafe { self.sp.wrapping_add(index).cast::<u128>().read_unaligned() };
        // Slot 0 holds the low half on every machine that this runs on.
        if cfg!(target_endian = "big") { slots.rotate_left(64) } else { slots }
    }

    /// Sets two slots to a vector.
    #[inline(always)]
    pub(super) fn set_vector(&mut self, index: usize, value: u128) {
        self.check_slot(index + 1);
        let value = if cfg!(target_endian = "big") { value.rotate_left(64) } else { value };
        // SAFETY: rules 2 and 3: both slots lie in the frame.
        unsafe { self.sp.wrapping_add(index).cast::<u128>().write_unaligned(value) }
    }

    /// Moves `count` slots; they may overlap.
    #[inline(always)]
    pub(super) fn move_slots(&mut self, from: usize, to: usize, count: usize) {
        self.check_slot(from + count);
        let source = self.sp.wrapping_add(from);
        let target = self.sp.wrapping_add(to);
        // SAFETY: rules 2 and 3: both ranges lie in the frame.
        unsafe { core::ptr::copy(source, target, count) }
    }

    /// Sets `count` slots to zero, of the frame or of the reserve that a function's first instruction found behind it.
    #[inline(always)]
    pub(super) fn clear_slots(&mut self, from: usize, count: usize) {
        self.check_slot(from + count.saturating_sub(1));
        // SAFETY: rules 2 and 3: the range lies in the frame or its reserve.
        unsafe { self.sp.wrapping_add(from).write_bytes(0, count) }
    }

    /// In builds with assertions: whether the slot lies between the activation's first slot and the end.
    #[inline(always)]
    fn check_slot(&self, index: usize) {
        if cfg!(debug_assertions) {
            let address = self.sp.wrapping_add(index) as u64;
            let start = self.with_activation(|activation| activation.slots as u64);
            let end = self.slots_end();
            assert!((start..end).contains(&address), "slot {index} is outside of the frames");
        }
    }

    /// `N` bytes of memory 0 at `address`.
    #[inline(always)]
    pub(super) fn load<const N: usize>(&self, address: u64) -> Result<[u8; N], Leave> {
        if address + N as u64 > self.len as u64 {
            return Err(Leave::Trap(TrapReason::OutOfBoundsMemory));
        }
        let source = self.mem.wrapping_add(as_usize(address)).cast::<[u8; N]>();
        // SAFETY: rule 4, and the bounds were checked.
        Ok(unsafe { source.read() })
    }

    /// Writes `N` bytes to memory 0 at `address`.
    #[inline(always)]
    pub(super) fn store<const N: usize>(&self, address: u64, bytes: [u8; N]) -> Result<(), Leave> {
        if address + N as u64 > self.len as u64 {
            return Err(Leave::Trap(TrapReason::OutOfBoundsMemory));
        }
        let target = self.mem.wrapping_add(as_usize(address)).cast::<[u8; N]>();
        // SAFETY: rule 4, and the bounds were checked.
        unsafe { target.write(bytes) }
        Ok(())
    }

    /// The address of a field of the context.
    #[inline(always)]
    pub(super) fn field(&self, offset: i32) -> *mut u8 {
        self.anchor.wrapping_offset(offset as isize)
    }

    /// A field of the context.
    #[inline(always)]
    pub(super) fn context<T: Plain>(&self, offset: i32) -> T {
        // SAFETY: rule 2: the offset is one of the layout, of a field of this type.
        unsafe { self.field(offset).cast::<T>().read() }
    }

    /// What a pointer in the context points at, `by` bytes on.
    #[inline(always)]
    pub(super) fn behind<T: Plain>(&self, offset: i32, by: i32) -> T {
        let pointer = self.pointer(offset).wrapping_offset(by as isize).cast::<T>();
        // SAFETY: rule 2: the field holds the address of a definition, a cell or the store's block, all of which
        // live as long as the instance; `by` is one of its fields.
        unsafe { pointer.read() }
    }

    /// Writes to what a pointer in the context points at.
    #[inline(always)]
    pub(super) fn set_behind<T: Plain>(&self, offset: i32, by: i32, value: T) {
        let pointer = self.pointer(offset).wrapping_offset(by as isize).cast::<T>();
        // SAFETY: as in `behind`.
        unsafe { pointer.write(value) }
    }

    /// Writes a field of the context.
    #[inline(always)]
    pub(super) fn set_context<T: Plain>(&self, offset: i32, value: T) {
        // SAFETY: as in `context`.
        unsafe { self.field(offset).cast::<T>().write(value) }
    }

    /// A field of the context that is a pointer.
    #[inline(always)]
    fn pointer(&self, offset: i32) -> *mut u8 {
        // SAFETY: rule 2: the offset is one of the layout, of a pointer.
        unsafe { self.field(offset).cast::<*mut u8>().read() }
    }

    /// Entry `index` of the table whose definition is at `definition`; nothing if it has fewer.
    #[inline(always)]
    pub(super) fn table_entry(&self, definition: *const u8, index: u64) -> Option<u128> {
        let length = definition.wrapping_offset(layout::TABLE_LENGTH as isize).cast::<u64>();
        // SAFETY: the address is that of a table's definition (rule 2).
        let length = unsafe { length.read() };
        if index >= length {
            return None;
        }
        let base = definition.wrapping_offset(layout::TABLE_BASE as isize).cast::<*const u128>();
        // SAFETY: as above.
        let base = unsafe { base.read() };
        // SAFETY: a table has as many entries as its definition says.
        Some(unsafe { base.wrapping_add(as_usize(index)).read() })
    }

    /// The definition of a table: in the context, or where the context points.
    #[inline(always)]
    pub(super) fn definition<const IMPORTED: bool>(&self, offset: i32) -> *const u8 {
        if IMPORTED { self.pointer(offset) } else { self.field(offset) }
    }

    /// The cell of a global: in the context, or where the context points.
    #[inline(always)]
    pub(super) fn cell<const IMPORTED: bool, T: Plain>(&self, offset: i32) -> T {
        if IMPORTED { self.behind(offset, 0) } else { self.context(offset) }
    }

    /// Sets the cell of a global.
    #[inline(always)]
    pub(super) fn set_cell<const IMPORTED: bool, T: Plain>(&self, offset: i32, value: T) {
        if IMPORTED { self.set_behind(offset, 0, value) } else { self.set_context(offset, value) }
    }

    /// Looks again where memory 0 is.
    #[inline(always)]
    pub(super) fn reload_memory(&mut self) {
        let definition = self.pointer(layout::MEMORY_0);
        let base = definition.wrapping_offset(layout::MEMORY_BASE as isize).cast::<*mut u8>();
        // SAFETY: every interpreted instance's context points to a definition of memory 0.
        self.mem = unsafe { base.read() };
        self.len = as_usize(Self::length_of(definition));
    }

    /// Makes the rest of a memory from `address` on what accesses go to.
    #[inline(always)]
    pub(super) fn set_window(&mut self, definition: *const u8, address: u64) {
        let base = definition.wrapping_offset(layout::MEMORY_BASE as isize).cast::<*mut u8>();
        // SAFETY: the address is that of a memory's definition (rule 2).
        let base = unsafe { base.read() };
        let length = Self::length_of(definition);
        self.mem = base.wrapping_add(as_usize(address.min(length)));
        self.len = as_usize(length.saturating_sub(address));
    }

    /// The length of the memory with this definition.
    #[inline(always)]
    pub(super) fn length_of(definition: *const u8) -> u64 {
        let length = definition.wrapping_offset(layout::MEMORY_LENGTH as isize).cast::<AtomicU64>();
        // SAFETY: the address is that of a memory's definition (rule 2); another thread may let a shared memory
        // grow.
        unsafe { &*length }.load(Ordering::Relaxed)
    }

    /// The number at the start of the window, if there is room for one.
    #[inline(always)]
    pub(super) fn cell_at<C: super::atomic::Cell>(&self) -> Result<&C, Leave> {
        if size_of::<C>() > self.len {
            return Err(Leave::Trap(TrapReason::OutOfBoundsMemory));
        }
        // SAFETY: rule 4, and the bounds were checked; memories begin at pages, and the window's distance from there
        // was checked to be a multiple of the size. Cells are atomic numbers, of which any bits are one.
        Ok(unsafe { &*self.mem.cast::<C>() })
    }

    /// The record of a function, by its reference.
    #[inline(always)]
    pub(super) fn record(&self, reference: u64) -> *const FunctionRecord {
        let field = self.pointer(layout::STORE).wrapping_offset(layout::STORE_FUNCTIONS as isize);
        // SAFETY: every store's block has this field.
        let records = unsafe { field.cast::<*const FunctionRecord>().read() };
        records.wrapping_byte_add(as_usize(reference) * layout::RECORD_BYTES as usize)
    }

    /// Where the slots end.
    #[inline(always)]
    pub(super) fn slots_end(&self) -> u64 {
        self.behind(layout::STORE, layout::STORE_SLOTS_END)
    }

    /// The address of the activation that is running.
    #[inline(always)]
    pub(super) fn activation(&self) -> *mut Activation {
        let pointer = self.pointer(layout::STORE);
        let pointer = pointer.wrapping_offset(layout::STORE_ACTIVATION as isize);
        // SAFETY: every store's block has this field.
        unsafe { pointer.cast::<*mut Activation>().read() }
    }

    /// Looks at the activation that is running, or changes it.
    #[inline(always)]
    pub(super) fn with_activation<T>(&self, f: impl FnOnce(&mut Activation) -> T) -> T {
        // SAFETY: while handlers run the block names the activation that `run` was called with, which nobody else
        // uses; the reference ends with this call.
        f(unsafe { &mut *self.activation() })
    }

    /// The entry of the function named by the field `at` units into the instruction.
    #[inline(always)]
    pub(super) fn function(&self, at: usize) -> &FunctionEntry {
        self.entry(self.imm32(at) as usize)
    }

    /// The entry so many bytes after the first one.
    #[inline(always)]
    fn entry(&self, by: usize) -> &FunctionEntry {
        let entry = self.pointer(layout::ENTRIES).wrapping_add(by).cast::<FunctionEntry>();
        // SAFETY: rule 2, and callers know that the module has this function; the entries live as long as its
        // instances.
        unsafe { &*entry }
    }

    /// Where a call goes of the function with a code number, one of this instance's.
    #[inline(always)]
    pub(super) fn start_of(&self, code: u64) -> *const u16 {
        // Whatever holds it is of this instance, or has this instance's anchor beside it: the module has the function.
        self.entry(function_field(layout::function_of_code_number(code)) as usize).ip()
    }

    /// Starts a function at its first instruction: its frame begins `base` slots on, its parameters take `header` of
    /// them.
    #[inline(always)]
    pub(super) fn push_frame(
        &mut self,
        base: usize,
        header: usize,
        next: usize,
        start: *const u16,
    ) {
        let back = self.ip.wrapping_add(next) as u64;
        let frame = self.sp;
        self.sp = self.sp.wrapping_add(base);
        self.set_slot(header, back);
        self.set_slot(header + 1, frame as u64);
        self.ip = start;
    }

    /// Returns from a function whose parameters take `header` slots.
    #[inline(always)]
    pub(super) fn pop_frame(&mut self, header: usize) {
        let back = self.slot(header);
        let frame = self.slot(header + 1);
        self.ip = core::ptr::with_exposed_provenance(as_usize(back));
        self.sp = core::ptr::with_exposed_provenance_mut(as_usize(frame));
    }

    /// Moves the arguments of a call up and puts a link below them. The slots of this function end there: what
    /// follows is relative to the link.
    #[inline(always)]
    pub(super) fn push_link(&mut self, base: usize, back: *const u16, params: u32, results: u32) {
        self.move_slots(base, base + LINK_SLOTS, params as usize);
        let link = [
            back as u64,
            self.sp as u64,
            self.anchor as u64,
            self.with_activation(|activation| activation.program as u64),
            u64::from(results),
        ];
        for (slot, value) in (base..).zip(link) {
            self.set_slot(slot, value);
        }
        self.sp = self.sp.wrapping_add(base);
    }

    /// Goes back to where the link says on which this frame begins, and moves the results to where it was; the first
    /// of them.
    #[inline(always)]
    pub(super) fn pop_link(&mut self) -> u64 {
        let link: [u64; LINK_SLOTS] = core::array::from_fn(|slot| self.slot(slot));
        let [back, frame, anchor, program, results] = link.map(as_usize);
        let value = if results > 0 { self.slot(LINK_SLOTS) } else { 0 };
        self.move_slots(LINK_SLOTS, 0, results);
        self.ip = core::ptr::with_exposed_provenance(back);
        self.sp = core::ptr::with_exposed_provenance_mut(frame);
        self.with_activation(|activation| {
            activation.anchor = core::ptr::with_exposed_provenance_mut(anchor);
            activation.program = core::ptr::with_exposed_provenance(program);
        });
        self.anchor = core::ptr::with_exposed_provenance_mut(anchor);
        self.reload_memory();
        value
    }

    /// Goes on in the instance of another anchor.
    #[inline(always)]
    pub(super) fn change_instance(&mut self, anchor: usize) {
        self.anchor = core::ptr::with_exposed_provenance_mut(anchor);
        let program = self.pointer(layout::PROGRAM).cast_const().cast();
        self.with_activation(|activation| {
            activation.anchor = self.anchor;
            activation.program = program;
        });
        self.reload_memory();
    }

    /// The same end as if this instruction were the one that runs.
    #[inline(always)]
    pub(super) fn leave_here(self, leave: Leave) -> Leave {
        self.advance(1).save();
        match leave {
            Leave::Trap(reason) => Leave::Noted(reason),
            other => other,
        }
    }

    /// The value of a slot by its address.
    #[inline(always)]
    pub(super) fn slot_at(slot: *const u64) -> u64 {
        // SAFETY: only slots inside of frames are asked for (rule 3).
        unsafe { slot.read() }
    }

    /// The address of `bytes` bytes at a distance in the heap.
    #[inline(always)]
    fn heap_at(&self, place: u32, offset: u32, bytes: usize) -> Result<*mut u8, Leave> {
        let at = u64::from(place) + u64::from(offset);
        // No reference that a guest can have leads there.
        if at + bytes as u64 > self.context::<u64>(layout::HEAP_BYTES) {
            return Err(Leave::Trap(TrapReason::Bug));
        }
        Ok(self.pointer(layout::HEAP_BASE).wrapping_add(as_usize(at)))
    }

    /// `N` bytes in the heap.
    #[inline(always)]
    pub(super) fn heap_load<const N: usize>(
        &self,
        place: u32,
        offset: u32,
    ) -> Result<[u8; N], Leave> {
        let at = self.heap_at(place, offset, N)?.cast::<[u8; N]>();
        // SAFETY: inside the heap's reservation (checked); places of objects are accessible, and instances whose
        // code looks into objects have these fields of the context.
        Ok(unsafe { at.read() })
    }

    /// Writes `N` bytes in the heap.
    #[inline(always)]
    pub(super) fn heap_store<const N: usize>(
        &self,
        place: u32,
        offset: u32,
        bytes: [u8; N],
    ) -> Result<(), Leave> {
        let at = self.heap_at(place, offset, N)?.cast::<[u8; N]>();
        // SAFETY: as in `heap_load`.
        unsafe { at.write(bytes) };
        Ok(())
    }

    /// Sets bytes in the heap to zero.
    #[inline(always)]
    pub(super) fn heap_clear(&self, place: u32, offset: u32, bytes: u32) -> Result<(), Leave> {
        let at = self.heap_at(place, offset, bytes as usize)?;
        // SAFETY: as in `heap_load`.
        unsafe { at.write_bytes(0, bytes as usize) };
        Ok(())
    }

    /// Marks the card of a place in the heap, after a reference was stored there.
    #[inline(always)]
    pub(super) fn mark_card(&self, place: u32) {
        let card = object::CARDS as isize + (place >> object::CARD_BYTES_LOG2) as isize;
        let at = self.pointer(layout::HEAP_BASE).wrapping_offset(card);
        // SAFETY: every place of the reservation has a card before its base.
        unsafe { at.write(1) };
    }

    /// An entry of the row of a type in the engine's table of types.
    #[inline(always)]
    pub(super) fn type_above(&self, id: u32, depth: u32) -> u32 {
        let row = (id as usize) << object::DISPLAY_BYTES_LOG2;
        let at = self.pointer(layout::TYPE_TABLE).wrapping_add(row + 4 * depth as usize);
        // SAFETY: ids come from headers and records, and all types that are alive have rows.
        unsafe { at.cast::<u32>().read() }
    }

    /// The type of a function, by its reference.
    #[inline(always)]
    pub(super) fn function_type(&self, reference: u32) -> u32 {
        // SAFETY: references to functions are indices of records of the store.
        unsafe { (*self.record(u64::from(reference))).signature }
    }

    /// A field in the head of the exception whose record the accumulator has the address of.
    #[inline(always)]
    pub(super) fn record_word(&self, offset: i32) -> u32 {
        // SAFETY: handlers begin with the instruction that puts the address of a live exception's record into the
        // accumulator, and nothing in between changes it or runs anything else.
        unsafe { self.record_at(offset).cast::<u32>().read() }
    }

    /// Adds a bit to the exception's state.
    #[inline(always)]
    pub(super) fn mark_record(&self, bit: u32) {
        let state = self.record_word(layout::EXCEPTION_STATE) | bit;
        // SAFETY: as for `record_word`.
        unsafe { self.record_at(layout::EXCEPTION_STATE).cast::<u32>().write(state) }
    }

    /// A value that the exception carries, its lower half first.
    #[inline(always)]
    pub(super) fn record_value(&self, index: usize) -> [u64; 2] {
        let value = self.record_at(layout::EXCEPTION_VALUES).cast::<[u64; 2]>().wrapping_add(index);
        // SAFETY: as for `record_word`; the tag was compared, so that there is such a value.
        unsafe { value.read() }
    }

    #[inline(always)]
    fn record_at(&self, offset: i32) -> *mut u8 {
        let record: *mut u8 = core::ptr::with_exposed_provenance_mut(as_usize(self.acc));
        record.wrapping_offset(offset as isize)
    }

    /// Goes where the activation says.
    #[inline(always)]
    pub(super) fn restore(&mut self) {
        let (ip, frame) = self.with_activation(|activation| (activation.ip, activation.frame));
        self.ip = core::ptr::with_exposed_provenance(as_usize(ip));
        self.sp = core::ptr::with_exposed_provenance_mut(as_usize(frame));
    }

    /// Notes in the activation where it is.
    #[inline(always)]
    pub(super) fn save(&self) {
        self.with_activation(|activation| {
            activation.ip = self.ip as u64;
            activation.frame = self.sp as u64;
        });
    }
}

/// An address or length of this machine.
#[expect(clippy::cast_possible_truncation, reason = "addresses and lengths are of this machine")]
#[inline(always)]
pub(super) const fn as_usize(value: u64) -> usize {
    value as usize
}
