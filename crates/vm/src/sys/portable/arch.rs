//! No processor in particular: what calls host functions is Rust, and machine code is not called at all.
//!
//! A callee that is not interpreted is a host function here. It is marked by the address of one of four statics, as it is by the address
//! of a stub elsewhere: an even one, which no interpreted function has.
//! Not here: the host functions themselves (`host.rs`). Read next: `crates/vm/src/interpret.rs`.

use crate::block::StoreBlock;
use crate::frame::{RawFrame, RegisterArguments};
use crate::interpret::{call_host_on, host_function};
use holm_abi::layout::Callee;
use std::mem::MaybeUninit;

pub(crate) mod racing;

/// Integer arguments of a host function that are passed one by one.
pub(crate) const HOST_REGISTERS_MAX: u32 = 5;

/// Calls of guests by host functions that guests called, where addresses do not tell how much stack they take: a program in WebAssembly
/// sees but a part of its stack. Each takes a few kilobytes, of half a megabyte at least.
pub(crate) const NESTED_MAX: Option<u32> = Some(128);

/// What stands where a signature has no integer argument.
pub(crate) const NO_INT: MaybeUninit<u64> = MaybeUninit::new(0);
/// What stands where a signature has no vector argument.
pub(crate) const NO_VECTOR: MaybeUninit<f64> = MaybeUninit::new(0.0);

/// Something that has an even address of its own.
#[repr(align(16))]
struct Mark(#[expect(dead_code, reason = "two statics of no size may have one address")] [u8; 16]);

static MARKS: [Mark; 4] = [const { Mark([0; 16]) }; 4];

fn mark(index: usize) -> u64 {
    (&raw const MARKS[index]).expose_provenance() as u64
}

/// What stands for the code of a host function of any signature.
pub(crate) fn host_call() -> u64 {
    mark(0)
}

/// Of one without vectors and stack arguments, with one result at most.
pub(crate) fn host_call_int() -> u64 {
    mark(1)
}

/// Of such a one with at most [`HOST_REGISTERS_MAX`] arguments.
pub(crate) fn host_call_registers() -> u64 {
    mark(2)
}

/// The same for a caller that imports it.
pub(crate) fn host_import() -> u64 {
    mark(3)
}

/// Builtins have no entries for machine code.
pub(crate) fn builtin_entry(_: usize) -> u64 {
    0
}

/// Runs a host function that the host calls: 0 when it returned, 1 when it failed.
///
/// # Safety
/// The callee is a host function of the block's store and its anchor; the frame is sealed and was made for its signature; a call
/// of the store is under way, and nobody holds a reference into it, except shared ones to the block.
pub(crate) unsafe fn holm_vm_enter(
    block: *const StoreBlock,
    callee: *const Callee,
    frame: *mut RawFrame,
) -> u32 {
    // SAFETY: by contract.
    let callee = unsafe { *callee };
    let host = host_function(callee).expect("a function that is not interpreted is the host's");
    // SAFETY: by contract.
    let is_left = unsafe { call_host_on(host, callee, frame) };
    if is_left {
        // SAFETY: by contract. There is no handler in machine code.
        unsafe { crate::unwind::left(block) };
    }
    is_left.into()
}

/// As `holm_vm_enter`.
///
/// # Safety
/// As for that.
pub(crate) unsafe fn holm_vm_enter_int(
    block: *const StoreBlock,
    callee: *const Callee,
    frame: *mut RawFrame,
) -> u32 {
    // SAFETY: by contract.
    unsafe { holm_vm_enter(block, callee, frame) }
}

/// The same with arguments that are passed one by one. Gives the first integer and the first vector of the result, the latter's
/// low half, or nothing when the function failed.
///
/// # Safety
/// As for `holm_vm_enter`; all arguments are among these.
pub(crate) unsafe fn call_registers(
    block: *const StoreBlock,
    callee: Callee,
    arguments: RegisterArguments,
) -> Option<(u64, u64)> {
    let mut frame = RawFrame::ZERO;
    for (to, from) in frame.ints.iter_mut().zip(arguments.ints) {
        // SAFETY: those that a signature does not have are `NO_INT`.
        *to = unsafe { from.assume_init() };
    }
    for (to, from) in frame.vectors.iter_mut().zip(arguments.vectors) {
        // SAFETY: those that a signature does not have are `NO_VECTOR`.
        *to = u128::from(unsafe { from.assume_init() }.to_bits());
    }
    // SAFETY: by contract; such a signature has nothing on the stack.
    let status = unsafe { holm_vm_enter(block, &raw const callee, &raw mut frame) };
    (status == 0).then(|| (frame.ints[0], crate::frame::low(frame.vectors[0])))
}

/// Registers that functions keep: there is no machine code to have references in them.
pub(crate) fn callee_saved() -> [u64; 4] {
    [0; 4]
}

/// A word of the stack that machine code was called from, of which there is none.
///
/// # Safety
/// As for any read.
pub(crate) unsafe fn stack_word(at: *const u64) -> u64 {
    // SAFETY: by contract.
    unsafe { at.read_volatile() }
}

/// A wish that nobody hears.
#[inline(always)]
pub(crate) fn prefetch(_: std::ptr::NonNull<u8>) {}
