//! The block: what assembly, compiled code and the signal handler see of a store.
//!
//! One heap allocation per store at a fixed address. Its first fields have offsets that code knows
//! (`holm_abi::layout::STORE_*`) or the stubs know (below). Everything is a `Cell`, because foreign code
//! changes the fields behind Rust's back while shared references exist; rule 1 of the crate (one thread)
//! makes that enough.

use crate::backtrace::{CodeMap, LeftStay};
use crate::objects::Objects;
use crate::sys::arch::NESTED_MAX;
use holm_abi::Activation;
use holm_abi::code::KEPT_REGISTERS;
use holm_abi::layout::{
    FunctionRecord, STORE_ACTIVATION, STORE_CALLER, STORE_FUEL, STORE_FUNCTIONS, STORE_HEAP_LIMIT,
    STORE_HEAP_NEXT, STORE_SLOTS_END,
};
use holm_spec::trap::TrapReason;
use std::cell::{Cell, RefCell};
use std::ops::Range;
use std::ptr::NonNull;

/// The host's stack pointer while guest code runs; 0 when none does.
pub(crate) const HOST_SP: i32 = 40;
/// Where the next entry starts on the guest's stack.
pub(crate) const GUEST_SP: i32 = 48;
/// The frame pointer of the stub through which the guest was last left.
pub(crate) const EXIT_FP: i32 = 56;

/// Where a guest goes on that was left through a stub, when an exception has a handler; see [`Resume`]. Before
/// that, the registers that functions keep as the guest left them are in its last field.
pub(crate) const RESUME: i32 = 80;

/// A place in a guest to go on at, with what its registers are to hold.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub(crate) struct Resume {
    /// The instruction.
    pub(crate) pc: u64,
    pub(crate) sp: u64,
    pub(crate) fp: u64,
    pub(crate) anchor: u64,
    /// The address of an exception's record, for the first result register.
    pub(crate) record: u64,
    /// For the registers that functions keep (`holm_abi::code::KEPT_REGISTERS`).
    pub(crate) kept: [u64; KEPT_REGISTERS],
}

impl Resume {
    pub(crate) const NOWHERE: Self =
        Self { pc: 0, sp: 0, fp: 0, anchor: 0, record: 0, kept: [0; KEPT_REGISTERS] };
}

/// See the module's documentation.
#[repr(C)]
pub(crate) struct StoreBlock {
    pub(crate) functions: Cell<*const FunctionRecord>,
    pub(crate) fuel: Cell<i64>,
    pub(crate) caller: Cell<u64>,
    pub(crate) heap_next: Cell<u64>,
    pub(crate) heap_limit: Cell<u64>,
    pub(crate) host_sp: Cell<u64>,
    pub(crate) guest_sp: Cell<u64>,
    pub(crate) exit_fp: Cell<u64>,
    /// The innermost stay in the interpreter, or null.
    pub(crate) activation: Cell<*mut Activation>,
    /// Where the slots of interpreted functions end; 0 until there are any.
    pub(crate) slots_end: Cell<u64>,
    pub(crate) resume: Cell<Resume>,
    /// The exception with which the guest is being left, by its reference, or 0.
    pub(crate) thrown: Cell<u32>,
    /// The first slot that is free.
    pub(crate) slots_top: Cell<u64>,
    /// The `Store<H>` that is being called, for host functions; null when no call is under way.
    pub(crate) owner: Cell<*mut ()>,
    /// Calls of guests by host functions that guests called.
    pub(crate) nested: Cell<u32>,
    /// The store's objects, for builtins.
    pub(crate) objects: Cell<*mut Objects>,
    /// Why the guest is being left, set by whoever starts it.
    pub(crate) cause: Cell<Cause>,
    /// Host stack address at the outermost entry.
    pub(crate) host_stack_start: Cell<usize>,
    /// The guest's stack: addresses of its guard and of its usable part.
    pub(crate) guard: Range<u64>,
    pub(crate) stack: Range<u64>,
    /// All code that may run in this store.
    pub(crate) codes: RefCell<CodeMap>,
    /// What a host function failed with.
    pub(crate) failure: Cell<Option<crate::ExitCause>>,
    /// The frames at the time a guest was left, where they are gone when the host gets to know of it.
    pub(crate) trace: Cell<Option<Vec<crate::Frame>>>,
    /// The stays that the latest exception has left, innermost first.
    pub(crate) trail: RefCell<Vec<LeftStay>>,
    /// Bytes of host stack that nested calls may use.
    pub(crate) host_stack_bytes_max: usize,
}

/// Why and where a guest is being left.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cause {
    /// The trap, or nothing when a host function failed (see [`StoreBlock::failure`]).
    pub(crate) reason: Option<TrapReason>,
    /// The faulting instruction, or 0 when the guest was left through a stub.
    pub(crate) pc: u64,
    /// The frame pointer there, or that of the stub.
    pub(crate) fp: u64,
}

impl Cause {
    pub(crate) const NONE: Self = Self { reason: None, pc: 0, fp: 0 };
}

const _: () = {
    use std::mem::offset_of;
    assert!(offset_of!(StoreBlock, functions) == STORE_FUNCTIONS as usize);
    assert!(offset_of!(StoreBlock, fuel) == STORE_FUEL as usize);
    assert!(offset_of!(StoreBlock, caller) == STORE_CALLER as usize);
    assert!(offset_of!(StoreBlock, heap_next) == STORE_HEAP_NEXT as usize);
    assert!(offset_of!(StoreBlock, heap_limit) == STORE_HEAP_LIMIT as usize);
    assert!(offset_of!(StoreBlock, host_sp) == HOST_SP as usize);
    assert!(offset_of!(StoreBlock, guest_sp) == GUEST_SP as usize);
    assert!(offset_of!(StoreBlock, exit_fp) == EXIT_FP as usize);
    assert!(offset_of!(StoreBlock, activation) == STORE_ACTIVATION as usize);
    assert!(offset_of!(StoreBlock, slots_end) == STORE_SLOTS_END as usize);
    assert!(offset_of!(StoreBlock, resume) == RESUME as usize);
    assert!(offset_of!(Resume, record) == 32);
    assert!(offset_of!(Resume, kept) == 40);
};

impl StoreBlock {
    /// Notes that the guest is left through the stub it is in, for `reason`.
    pub(crate) fn leave(&self, reason: TrapReason) {
        self.cause.set(Cause { reason: Some(reason), pc: 0, fp: self.exit_fp.get() });
    }

    /// Whether no guest is under way.
    pub(crate) fn is_idle(&self) -> bool {
        self.host_sp.get() == 0 && self.activation.get().is_null()
    }

    /// Whether calls between host and guests are nested too deep for one more.
    pub(crate) fn is_host_stack_full(&self) -> bool {
        self.host_stack_bytes() > self.host_stack_bytes_max
            || NESTED_MAX.is_some_and(|max| self.nested.get() >= max)
    }

    /// Bytes of the host's stack that calls between host and guests have taken.
    #[inline(always)]
    pub(crate) fn host_stack_bytes(&self) -> usize {
        let marker = 0u8;
        let here = (&raw const marker).addr();
        self.host_stack_start.get().saturating_sub(here)
    }

    /// Notes that an exception is thrown.
    pub(crate) fn throw(&self, reference: u32) {
        self.trail.borrow_mut().clear();
        self.thrown.set(reference);
    }

    /// Notes that a host function failed, or that an exception leaves the guest.
    pub(crate) fn fail(&self, failure: crate::ExitCause) {
        self.failure.set(Some(failure));
        self.cause.set(Cause { reason: None, pc: 0, fp: self.exit_fp.get() });
    }
}

/// A heap allocation whose address foreign code holds on to.
///
/// Unlike a `Box` it makes no claim to be the only way to its value, so that it may be moved about while
/// contexts point into it.
#[derive(Debug)]
pub(crate) struct Pinned<T> {
    at: NonNull<T>,
}

impl<T> Pinned<T> {
    pub(crate) fn new(value: T) -> Self {
        Self { at: NonNull::from(Box::leak(Box::new(value))) }
    }

    /// Its address, good for as long as this value lives.
    pub(crate) fn as_ptr(&self) -> *mut T {
        self.at.as_ptr()
    }

    /// Its address, which is not null.
    pub(crate) fn as_non_null(&self) -> NonNull<T> {
        self.at
    }

    /// Exclusive access.
    pub(crate) fn as_mut(&mut self) -> &mut T {
        // SAFETY: the allocation lives as long as `self`; rule 2 of the crate: nobody else holds a
        // reference while the store is borrowed mutably.
        unsafe { self.at.as_mut() }
    }
}

impl<T> std::ops::Deref for Pinned<T> {
    type Target = T;

    fn deref(&self) -> &T {
        // SAFETY: the allocation lives as long as `self`, and `&mut` to it is only made from `&mut self`
        // or, while the store's owner is suspended in a call, by the code that was called (rule 2).
        unsafe { self.at.as_ref() }
    }
}

impl<T> Drop for Pinned<T> {
    fn drop(&mut self) {
        // SAFETY: made by `Box::leak` in `new` and dropped once.
        drop(unsafe { Box::from_raw(self.at.as_ptr()) });
    }
}
