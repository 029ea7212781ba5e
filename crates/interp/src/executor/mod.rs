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
#[cfg(feature = "counting")]
pub mod counting;
#[cfg(any(test, feature = "listing"))]
mod describe;
mod dispatch;
pub(crate) mod entry;
mod exception;
mod frames;
mod global;
mod joined;
#[cfg(holm_tail_dispatch)]
mod likely;
pub(crate) mod machine;
mod memory;
mod moves;
mod numeric;
pub(crate) mod object;
mod outside;
pub(crate) mod profile;
mod regs;
mod table;
mod tiering;
mod vector;
pub(crate) mod watch;

#[cfg(any(test, feature = "listing"))]
pub(crate) use describe::Description;
pub(crate) use regs::FRAME_RESERVE;

use crate::ops::misc::Misc;
use crate::program::{Program, Sources};
use holm_abi::Activation;
use holm_abi::interpreter::{INTERPRETED, Visitor};
use holm_spec::trap::TrapReason;
use regs::Regs;

/// What the outermost function returns to.
static EXIT: [u16; 1] = [Misc::Exit.number()];

/// Runs the function of an activation until it returns (0) or is left (1).
///
/// # Safety
/// As [`holm_abi::Executor::run`].
pub(crate) unsafe fn run(activation: *mut Activation) -> u32 {
    let regs = {
        // SAFETY: by contract nobody else uses the activation.
        let this = unsafe { &mut *activation };
        match start(this) {
            Ok(regs) => regs,
            Err(reason) => return refuse(this, reason),
        }
    };
    let mut status = dispatch::run(regs);
    // SAFETY: while nothing runs nobody else uses the activation.
    while status != 0 && unsafe { (*activation).thrown } != 0 {
        // SAFETY: as above; it has just been left.
        let Some((ip, sp)) = frames::catch(unsafe { &mut *activation }) else { break };
        // SAFETY: as above.
        let this = unsafe { &*activation };
        // SAFETY: the handler is an instruction of the function whose frame this is.
        let regs = unsafe { Regs::enter(this, ip, sp) };
        status = dispatch::run(regs);
    }
    status
}

/// The registers for an activation that begins.
fn start(this: &mut Activation) -> Result<Regs, TrapReason> {
    let program: *const Program = this.program.cast();
    // SAFETY: by the contract of `run` the program is the one that gave the executor, and alive.
    let program = unsafe { &*program };
    let defined = program.defined_of(this.code);
    let signature = defined.and_then(|defined| program.signature_of(defined));
    let signature = signature.ok_or(TrapReason::Bug)?;
    debug_assert!(this.code & INTERPRETED != 0, "machine code in the interpreter");
    let header = signature.param_slots as usize;
    // SAFETY: `enter` reads the context only; the instruction is replaced below.
    let mut regs = unsafe { Regs::enter(this, EXIT.as_ptr(), this.slots) };
    let need = u64::from(signature.slots() + FRAME_RESERVE) * 8;
    if this.slots as u64 + need > regs.slots_end() {
        return Err(TrapReason::StackOverflow);
    }
    regs.push_frame(0, header, 0, regs.start_of(this.code));
    Ok(regs)
}

/// Whether an address is what the outermost function returns to.
fn is_exit(ip: u64) -> bool {
    ip == EXIT.as_ptr() as u64
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
    let mut sources = Sources::default();
    for frame in frames::Frames::of(this) {
        let Some((defined, source)) = sources.find(frame.program, frame.ip - 2) else { return };
        if !visit(frame.anchor, defined, source) {
            return;
        }
    }
}

/// Shows the references of the collector's in all active functions.
///
/// # Safety
/// As [`holm_abi::Executor::references`].
pub(crate) unsafe fn references(activation: *const Activation, visit: &mut dyn FnMut(u32) -> u32) {
    // SAFETY: by contract.
    let this = unsafe { &*activation };
    for frame in frames::Frames::of(this) {
        let Some((defined, at, _)) = frame.program.locate(frame.ip - 2) else { return };
        let Some(maps) = frame.program.maps_of(defined) else { continue };
        for slot in maps.slots_at(at + 1) {
            frames::visit_slot(frame.frame, slot, visit);
        }
    }
}

/// The address above the slots of the innermost function.
///
/// # Safety
/// As [`holm_abi::Executor::top`].
pub(crate) unsafe fn top(activation: *const Activation) -> u64 {
    // SAFETY: by contract.
    let this = unsafe { &*activation };
    let slots = frames::Frames::of(this).next().and_then(|frame| {
        let (defined, _, _) = frame.program.locate(frame.ip - 2)?;
        let slots = frame.program.translated(defined)?.wide(1)?;
        Some(frame.frame + 8 * u64::from(slots))
    });
    slots.unwrap_or_default()
}

#[cfg(test)]
mod tests;
