//! From machine code to the interpreter: the Rust side of the bridge.
//!
//! Machine code calls a function that has no machine code; its arguments are in a frame on the guest's stack. The
//! function is interpreted on the host's stack, and machine code that it calls in turn begins where the guest's
//! stack was left. Such nesting takes more of the host's stack than either kind of code does by itself: before that
//! ends, the function is compiled at once, and its caller goes on in it instead. Not here: the assembly
//! (`sys/x86_64/bridge.rs`). Invariant: when this returns, the block is as it was, but for a cause to leave the guest.

use super::{Slots, clean, code_of, instance_of, note, objects, run, slots_for};
use crate::ExitCause;
use crate::backtrace::{LeftStay, leave_behind};
use crate::block::StoreBlock;
use crate::context::Anchor;
use crate::frame::{HostFrame, RawFrame, low};
use crate::sys::arch::bridge::{LEFT, RETURNED, RETURNED_ALL};
use holm_abi::layout::{Callee, STORE};
use holm_abi::{Location, SlotSignature};
use holm_spec::trap::TrapReason;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr::NonNull;

/// Interprets a function for machine code that called it: how it ended, see the stub.
///
/// # Safety
/// Called by the stub only: `anchor` is that of a live instance, whose store's call is under way and whose functions
/// are interpreted until they have machine code; `defined` is one of them; `frame` holds its arguments, and
/// nobody else refers to it.
pub(crate) unsafe extern "C" fn interpret(
    anchor: *mut u8,
    frame: *mut RawFrame,
    defined: u32,
) -> u64 {
    let context = Anchor::new(NonNull::new(anchor).expect("stubs pass an anchor"));
    // SAFETY: every context has its store's block in this field.
    let block: *const StoreBlock = unsafe { context.read(STORE) };
    // SAFETY: the block outlives the call (rule 3); it is only ever shared.
    let block = unsafe { &*block };
    let (activation, slots_top) = (block.activation.get(), block.slots_top.get());
    // SAFETY: the contract is the same.
    let run = || unsafe { call(block, anchor, frame, defined) };
    match catch_unwind(AssertUnwindSafe(run)) {
        Ok(status) => status,
        Err(panic) => {
            block.activation.set(activation);
            block.slots_top.set(slots_top);
            block.fail(ExitCause::Panic(crate::host::panic_text(&*panic)));
            LEFT
        }
    }
}

/// The same where panics are caught.
///
/// # Safety
/// As for [`interpret`].
#[inline(always)]
unsafe fn call(block: &StoreBlock, anchor: *mut u8, frame: *mut RawFrame, defined: u32) -> u64 {
    let instance = instance_of(anchor).expect("contexts are not at null");
    let imported = objects(block).instances[instance as usize].functions_imported;
    let code = code_of(block, instance).expect("instances of this store");
    let functions = code.interpreted().expect("only such functions have these stubs");
    let signature = functions.signature(imported + defined).expect("every function has a type");
    if block.host_stack_bytes() > block.host_stack_bytes_max / 2 {
        if let Some(code) = functions.force(defined) {
            return code;
        }
        if block.is_host_stack_full() {
            note(block, Some(TrapReason::StackOverflow));
            return LEFT;
        }
    }
    let Some(slots) = slots_for(block, signature) else { return LEFT };
    // SAFETY: by contract; forgotten before anything runs.
    take_arguments(unsafe { &mut *frame }, signature, slots);
    let code_number = functions.entry(defined).expect("asked for its type before");
    let callee = Callee { code: code_number, anchor: anchor.expose_provenance() as u64 };
    let status = run(block, code, callee, slots.0, |activation, thrown| {
        // SAFETY: it has just been left; a copy of it is good for looking at frames, until something runs again.
        leave_behind(block, LeftStay::Interpreted(unsafe { activation.read() }));
        block.thrown.set(thrown);
    });
    if status != 0 {
        return LEFT;
    }
    // SAFETY: by contract; what ran is done.
    let raw = unsafe { &mut *frame };
    match &*signature.results {
        [] if signature.stack_bytes == 0 => RETURNED,
        [result] if signature.stack_bytes == 0 && matches!(result.location, Location::Int(_)) => {
            raw.ints[0] = low(slots.get(result.slot, false));
            RETURNED
        }
        _ => give_results(raw, signature, slots),
    }
}

/// Puts the arguments of a call into slots.
#[inline(always)]
fn take_arguments(raw: &mut RawFrame, signature: &SlotSignature, slots: Slots) {
    raw.stack_bytes = u64::from(signature.stack_bytes);
    // SAFETY: the stub spilled the frame for a call of this signature.
    let frame = unsafe { HostFrame::new(raw, 0) };
    for param in &signature.params {
        let value = frame.param(param.location, param.vector);
        slots.set(param.slot, clean(value, param), param.vector);
    }
}

/// Puts the results of a call into its frame, or into the caller's buffer, whose address still is where it was.
fn give_results(raw: &mut RawFrame, signature: &SlotSignature, slots: Slots) -> u64 {
    let buffer = if signature.result_buffer { signature.results.len() } else { 0 };
    // SAFETY: as for the arguments; nobody has written to the frame since.
    let mut frame = unsafe { HostFrame::new(raw, crate::objects::index_of(buffer)) };
    for result in &signature.results {
        frame.set_result(result.location, slots.get(result.slot, result.vector));
    }
    RETURNED_ALL
}
