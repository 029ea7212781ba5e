//! The executor: the only place of this crate with unsafe code.
//!
//! [`run`] and [`walk`] are what `holm_abi::Executor` promises. Everything unsafe is in `regs` (what handlers can
//! reach), `dispatch` (how they follow each other), `entry` (who owns register code) and here.
//! Read next: [`regs`], whose rules the comments refer to.
#![allow(
    unsafe_code,
    reason = "the executor: frames, contexts and memories are reached by address"
)]

mod body;
mod call;
mod control;
mod dispatch;
pub(crate) mod entry;
mod global;
mod memory;
mod moves;
mod numeric;
mod outside;
mod regs;
mod table;
mod vector;

pub(crate) use regs::FRAME_RESERVE;
pub(crate) use table::ROWS;

use crate::ops::misc::Misc;
use crate::program::Program;
use holm_abi::Activation;
use holm_abi::interpreter::INTERPRETED;
use holm_spec::trap::TrapReason;
use regs::{Regs, as_usize};

/// What the outermost function returns to.
static EXIT: [u16; 1] = [Misc::Exit.number()];

/// Runs the function of an activation until it returns (0) or is left (1).
///
/// # Safety
/// As [`holm_abi::Executor::run`].
pub(crate) unsafe fn run(activation: *mut Activation) -> u32 {
    // SAFETY: by contract nobody else uses the activation.
    let this = unsafe { &mut *activation };
    let program: *const Program = this.program.cast();
    // SAFETY: by contract the program is the one that gave the executor, and alive.
    let program = unsafe { &*program };
    let defined = program.defined_of(this.code);
    let signature = defined.and_then(|defined| program.signature_of(defined));
    let Some(signature) = signature else { return refuse(this, TrapReason::Bug) };
    debug_assert!(this.code & INTERPRETED != 0, "machine code in the interpreter");
    let header = signature.param_slots as usize;
    // SAFETY: `enter` reads the context only; the instruction is replaced below.
    let mut regs = unsafe { Regs::enter(this, EXIT.as_ptr(), this.slots) };
    let need = u64::from(signature.slots() + FRAME_RESERVE) * 8;
    if this.slots as u64 + need > regs.slots_end() {
        return refuse(this, TrapReason::StackOverflow);
    }
    regs.push_frame(0, header, 0, Regs::entry_of(this.code));
    dispatch::run(regs)
}

/// Leaves before anything ran.
fn refuse(activation: &mut Activation, reason: TrapReason) -> u32 {
    activation.ip = 0;
    activation.trap = Some(reason);
    1
}

/// Tells the functions that are active, innermost first.
///
/// # Safety
/// As [`holm_abi::Executor::walk`].
pub(crate) unsafe fn walk(
    activation: *const Activation,
    visit: &mut dyn FnMut(u32, Option<u32>) -> bool,
) {
    // SAFETY: by contract.
    let this = unsafe { &*activation };
    let program: *const Program = this.program.cast();
    // SAFETY: by contract, as in `run`.
    let program = unsafe { &*program };
    let map = program.map();
    let (mut ip, mut frame) = (this.ip, this.frame);
    while ip != 0 && ip != EXIT.as_ptr() as u64 {
        let Some((defined, at, translate)) = program.locate(&map, ip - 2) else { return };
        let offset = if translate { None } else { program.source(defined, at) };
        if !visit(defined, offset) {
            return;
        }
        let Some(signature) = program.signature_of(defined) else { return };
        let header: *const [u64; 2] = core::ptr::with_exposed_provenance(as_usize(
            frame + u64::from(signature.param_slots) * 8,
        ));
        // SAFETY: frames of active functions have their return address and their caller's frame there.
        [ip, frame] = unsafe { header.read() };
    }
}
