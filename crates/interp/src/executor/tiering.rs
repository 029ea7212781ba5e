//! Counting what runs often, and going over to machine code where there is some.
//!
//! Programs that are tiered count at the start of every function and at every loop's header; what has been counted often
//! is told to the promoter. A function that has been promoted is called by the instruction `call.machine`, at which its
//! entry then points; a loop goes over where it counts. Either way the frame of the function is gone before its machine
//! code runs: it is as if the caller had called machine code, so that whoever walks over frames, looks for
//! handlers or for references finds the caller right after its call.
//! Not here: what to compile, and when (see `Promoter`). Read next: [`super::frames`].

use super::body::{Body, Field, trap};
use super::call::{program, returned};
use super::regs::{FRAME_RESERVE, Leave, Regs, Step};
use crate::PROMOTES;
use crate::ops::function_of_field;
use crate::program::Program;
use holm_abi::layout::Callee;
use holm_abi::tier::{Entry, Part};
use holm_abi::{Activation, SlotSignature};
use holm_spec::trap::TrapReason;

/// The start of a function: which one, and how much that counts.
pub(super) struct CountCall;

impl Body for CountCall {
    const NAME: &'static str = "count.call";
    const FIELDS: &'static [Field] = &[Field::Function, Field::Small];
    #[inline(always)]
    fn step(mut r: Regs) -> Step {
        if PROMOTES && !r.function(1).count(r.unit(3)) {
            let promoted = promote(program(&r), function_of_field(r.imm32(1)));
            if !promoted.is_null() {
                // Nothing but the arguments is in the frame yet.
                r.ip = promoted;
                return Ok(r);
            }
        }
        Ok(r.advance(Self::UNITS))
    }
}

/// The header of a loop that machine code can not begin with: the function, and how much that counts.
pub(super) struct Count;

impl Body for Count {
    const NAME: &'static str = "count";
    const FIELDS: &'static [Field] = CountCall::FIELDS;
    #[inline(always)]
    fn step(r: Regs) -> Step {
        if PROMOTES && !r.function(1).count(r.unit(3)) {
            tell(program(&r), function_of_field(r.imm32(1)));
        }
        Ok(r.advance(Self::UNITS))
    }
}

/// Tells the promoter that a function runs often.
#[cold]
#[inline(never)]
fn tell(program: &Program, defined: u32) {
    program.tell(Part { defined, entry: Entry::Start });
}

/// The same unless the function has been promoted; the instruction that calls its machine code if it has been now, or
/// null.
#[cold]
#[inline(never)]
fn promote(program: &Program, defined: u32) -> *const u16 {
    if program.promoted(defined).is_none() {
        tell(program, defined);
    }
    program.promoted(defined).unwrap_or(core::ptr::null())
}

/// The header of a loop: the function, how much that counts, and the offset of the operator.
pub(super) struct CountLoop;

impl Body for CountLoop {
    const NAME: &'static str = "count.loop";
    const FIELDS: &'static [Field] = &[Field::Function, Field::Small, Field::Count];
    #[inline(always)]
    fn step(mut r: Regs) -> Step {
        if PROMOTES && !r.function(1).count(r.unit(3)) {
            match go_over(r.anchor, r.sp, function_of_field(r.imm32(1)), r.imm32(4)) {
                Over::Not => {}
                Over::Left => return Err(Leave::Failed),
                Over::Returned => {
                    let value = r.slot(0);
                    r.restore();
                    return Ok(returned(r, value));
                }
            }
        }
        Ok(r.advance(Self::UNITS))
    }
}

/// What came of going over to a loop's machine code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Over {
    /// There is none, or no room.
    Not,
    /// The function has returned.
    Returned,
    /// What was called did not return.
    Left,
}

/// Goes on with a loop in machine code, if it has some or gets some now: the results are then in the frame from slot 0
/// on, and the activation knows where the caller goes on.
#[cold]
#[inline(never)]
fn go_over(anchor: *mut u8, sp: *mut u64, defined: u32, offset: u32) -> Over {
    let mut r = Regs::at_frame(anchor, sp);
    let program = program(&r);
    let Some((frame_slots, locals_at)) = program.frame_of(defined) else { return Over::Not };
    let mut found = program.loop_code(defined, offset);
    if found.is_none() {
        program.tell(Part { defined, entry: Entry::Loop { offset, locals_at } });
        found = program.loop_code(defined, offset);
    }
    let (Some(found), Some(own)) = (found, program.signature_of(defined)) else { return Over::Not };
    // The argument and the results lie above the frame, which stays as it is until the machine code has read it.
    let slots = r.sp.wrapping_add(frame_slots as usize);
    let need = u64::from(found.signature.slots() + FRAME_RESERVE) * 8;
    if slots as u64 + need > r.slots_end() {
        program.tell(Part { defined, entry: Entry::Start });
        return Over::Not;
    }
    r.set_slot(frame_slots as usize, sp as u64);
    let results = own.result_slots as usize;
    let mut frame = r;
    r.pop_frame(own.param_slots as usize);
    r.save();
    if call_machine(r.activation(), found.code, &found.signature, slots) != 0 {
        return Over::Left;
    }
    frame.move_slots(frame_slots as usize, 0, results);
    Over::Returned
}

/// Calls the machine code of the function whose entry this is instead of the function, whose frame has just been made:
/// which one.
pub(super) struct CallMachine;

impl Body for CallMachine {
    const NAME: &'static str = "call.machine";
    const FIELDS: &'static [Field] = &[Field::Function];
    #[inline(always)]
    fn step(mut r: Regs) -> Step {
        if !PROMOTES {
            return trap(TrapReason::Bug);
        }
        let entry = r.function(1);
        let (code, ty) = (entry.machine(), entry.ty());
        let Some(signature) = program(&r).type_signature(ty) else { return trap(TrapReason::Bug) };
        let slots = r.sp;
        r.pop_frame(signature.param_slots as usize);
        r.save();
        if call_machine(r.activation(), code, signature, slots) != 0 {
            return Err(Leave::Failed);
        }
        let value = if signature.result_slots > 0 { Regs::slot_at(slots) } else { 0 };
        Ok(returned(r, value))
    }
}

/// Calls machine code of the instance that runs. Not inlined, because of the variable of which it hands on the address.
#[inline(never)]
fn call_machine(
    activation: *mut Activation,
    code: u64,
    signature: &SlotSignature,
    slots: *mut u64,
) -> u32 {
    // SAFETY: the activation that is running; nobody else uses it.
    let this = unsafe { &*activation };
    let (outside, anchor) = (this.outside, this.anchor as u64);
    let callee = Callee { code, anchor };
    // SAFETY: the program was told that this is machine code of this type for its instances; the arguments lie in the
    // slots.
    unsafe { (outside.call)(activation, &raw const callee, signature, slots) }
}
