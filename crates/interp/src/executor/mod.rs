//! The executor: the only place of this crate with unsafe code.
//!
//! [`run`] and [`walk`] are what `holm_abi::Executor` promises. Everything unsafe is in `regs` (what handlers can
//! reach), `dispatch` (how they follow each other), `entry` (who owns register code) and here.
//! Read next: [`regs`], whose rules the comments refer to.
#![allow(
    unsafe_code,
    reason = "the executor: frames, contexts and memories are reached by address"
)]

pub(crate) mod atomic;
mod body;
mod call;
mod control;
mod dispatch;
pub(crate) mod entry;
mod global;
pub(crate) mod machine;
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
use crate::program::{Program, Sources};
use holm_abi::Activation;
use holm_abi::interpreter::{INTERPRETED, Visitor};
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
pub(crate) unsafe fn walk(activation: *const Activation, visit: Visitor<'_>) {
    // SAFETY: by contract.
    let this = unsafe { &*activation };
    let (mut ip, mut frame) = (this.ip, this.frame);
    let (mut anchor, mut program) = (this.anchor, this.program);
    let mut sources = Sources::default();
    while ip != 0 && ip != EXIT.as_ptr() as u64 {
        if call::is_return_linked(ip) {
            // SAFETY: such frames begin with a link.
            let link: [u64; 4] = unsafe { at(frame).read() };
            [ip, frame] = [link[0], link[1]];
            anchor = core::ptr::with_exposed_provenance_mut(as_usize(link[2]));
            program = core::ptr::with_exposed_provenance(as_usize(link[3]));
        }
        let current: *const Program = program.cast();
        // SAFETY: by contract, as in `run`; a link holds what an activation held.
        let current = unsafe { &*current };
        let Some((defined, source)) = sources.find(current, ip - 2) else { return };
        if !visit(anchor, defined, source) {
            return;
        }
        let Some(signature) = current.signature_of(defined) else { return };
        let header = at(frame + u64::from(signature.param_slots) * 8);
        // SAFETY: frames of active functions have their return address and their caller's frame there.
        [ip, frame] = unsafe { header.read() };
    }
}

/// Some slots at an address.
fn at<const N: usize>(address: u64) -> *const [u64; N] {
    core::ptr::with_exposed_provenance(as_usize(address))
}
