//! Calls: inside the module without leaving the dispatcher, everything else outside.
//!
//! Arguments lie where the callee's frame begins; the return address and the caller's frame lie right after the
//! parameters. A function that has been promoted is called through an instruction like any other, see
//! [`super::tiering`]. Read next: [`super::outside`].

use super::body::{Body, Field, Source, join, trap};
use super::regs::{LINK_SLOTS, Leave, Regs, Step, as_usize};
use crate::ops::function_of_field;
use crate::ops::misc::Misc;
use crate::program::Program;
use core::marker::PhantomData;
use holm_abi::interpreter::INTERPRETED;
use holm_abi::layout::{self, Callee};
use holm_abi::{Builtin, SlotSignature};
use holm_spec::trap::TrapReason;

/// A function of the module: base of the arguments, slots of the parameters, which one.
pub(super) struct Call;

impl Body for Call {
    const NAME: &'static str = "call";
    const FIELDS: &'static [Field] = &[Field::FarTo, Field::Small, Field::Function];
    #[inline(always)]
    fn step(mut r: Regs) -> Step {
        let (base, header) = (r.imm32(1) as usize, usize::from(r.unit(3)));
        let start = r.function(4).ip();
        r.push_frame(base, header, Self::UNITS, start);
        Ok(r)
    }
}

/// Makes the register code of the function whose entry this is, and goes there.
pub(super) struct Translate;

impl Body for Translate {
    const NAME: &'static str = "translate";
    const FIELDS: &'static [Field] = &[Field::Function];
    #[inline(always)]
    fn step(mut r: Regs) -> Step {
        let code = translate(program(&r), function_of_field(r.imm32(1)));
        if code.is_null() {
            return trap(TrapReason::Bug);
        }
        r.ip = code;
        Ok(r)
    }
}

/// The first instruction of a function; null if it cannot be translated.
#[cold]
#[inline(never)]
fn translate(program: &Program, defined: u32) -> *const u16 {
    program.code_of(defined).unwrap_or(core::ptr::null())
}

/// The program that runs.
#[inline(always)]
pub(super) fn program<'a>(r: &Regs) -> &'a Program {
    let program: *const Program = r.with_activation(|activation| activation.program).cast();
    // SAFETY: activations are given the pointer that `Program::executor` handed out, which is good as long as the
    // program is; the instance keeps it alive.
    unsafe { &*program }
}

/// A function that is imported: base of the arguments, its place in the context, its type.
pub(super) struct CallImport;

impl Body for CallImport {
    const NAME: &'static str = "call.import";
    const FIELDS: &'static [Field] = &[Field::FarTo, Field::Context, Field::Count];
    #[inline(always)]
    fn step(r: Regs) -> Step {
        let callee: *const Callee = r.field(r.offset(3)).cast_const().cast();
        call_outside(r, callee, r.imm32(5), Self::UNITS)
    }
}

/// Calls what a field or record of a callee names. Nothing in here may be handed to a function that is not
/// inlined by the address of a variable: the handler could then not jump to the next one.
#[inline(always)]
fn call_outside(mut r: Regs, callee: *const Callee, ty: u32, units: usize) -> Step {
    let base = r.imm32(1) as usize;
    let Some(signature) = program(&r).type_signature(ty) else { return trap(TrapReason::Bug) };
    // While it is outside it stands after the call, like the callers of functions inside.
    let back = r.advance(units);
    back.save();
    // SAFETY: the callee is one of the context or of the store's records.
    let Callee { code, anchor } = unsafe { callee.read() };
    if code & INTERPRETED != 0 {
        if anchor == r.anchor as u64 {
            r.push_frame(base, signature.param_slots as usize, units, r.start_of(code));
            return Ok(r);
        }
        r.push_link(base, back.ip, signature.param_slots, signature.result_slots);
        // The function is one of the other instance's.
        r.change_instance(as_usize(anchor));
        r.push_frame(LINK_SLOTS, signature.param_slots as usize, 0, r.start_of(code));
        r.set_slot(signature.param_slots as usize, RETURN_LINKED.as_ptr() as u64);
        return Ok(r);
    }
    let slots = r.sp.wrapping_add(base);
    call_host(back, callee, signature, slots)
}

/// Calls the host, or machine code, from right before the instruction of `back`.
#[inline(always)]
fn call_host(
    back: Regs,
    callee: *const Callee,
    signature: &SlotSignature,
    slots: *mut u64,
) -> Step {
    let activation = back.activation();
    let outside = back.with_activation(|activation| activation.outside);
    // SAFETY: translation gave the type that the module imports it with or that was just compared; the arguments
    // lie in the slots.
    let status = unsafe { (outside.call)(activation, callee, signature, slots) };
    if status != 0 {
        return Err(Leave::Failed);
    }
    let value = if signature.result_slots > 0 { Regs::slot_at(slots) } else { 0 };
    Ok(returned(back, value))
}

/// Goes on after something outside has returned, with the first of the results.
#[inline(always)]
pub(super) fn returned(mut back: Regs, value: u64) -> Regs {
    back.reload_memory();
    accumulate(back, value)
}

/// Goes on in another function instead of this one: its arguments lie from slot `from` on, this function's return
/// address in slot `header`.
#[inline(always)]
fn tail(mut r: Regs, callee: *const Callee, ty: u32, from: usize, header: usize) -> Step {
    r.poll()?;
    let Some(signature) = program(&r).type_signature(ty) else { return trap(TrapReason::Bug) };
    let params = signature.param_slots as usize;
    // SAFETY: as in `call_outside`.
    let Callee { code, anchor } = unsafe { callee.read() };
    let (back, frame) = (r.slot(header), r.slot(header + 1));
    r.move_slots(from, 0, params);
    let near = anchor == r.anchor as u64;
    if code & INTERPRETED != 0 && (near || is_return_linked(back)) {
        if !near {
            // The link that is there already leads back to where this function would have returned to.
            r.change_instance(as_usize(anchor));
        }
        r.set_slot(params, back);
        r.set_slot(params + 1, frame);
        r.ip = r.start_of(code);
        return Ok(r);
    }
    // From here on as if the caller had called.
    let slots = r.sp;
    r.sp = core::ptr::with_exposed_provenance_mut(as_usize(frame));
    r.ip = core::ptr::with_exposed_provenance(as_usize(back));
    r.save();
    if code & INTERPRETED == 0 {
        return call_host(r, callee, signature, slots);
    }
    let base = (slots as usize - r.sp as usize) / 8;
    r.push_link(base, r.ip, signature.param_slots, signature.result_slots);
    r.change_instance(as_usize(anchor));
    r.push_frame(LINK_SLOTS, params, 0, r.start_of(code));
    r.set_slot(params, RETURN_LINKED.as_ptr() as u64);
    Ok(r)
}

/// Accumulates a result, whatever its class.
#[inline(always)]
fn accumulate(mut r: Regs, value: u64) -> Regs {
    r.acc = value;
    r.f = super::body::Value::from_slot(value);
    r.d = super::body::Value::from_slot(value);
    r
}

/// What a function returns to that was called from another instance.
static RETURN_LINKED: [u16; 1] = [Misc::ReturnLinked.number()];

/// Whether an address is that of [`RETURN_LINKED`].
pub(super) fn is_return_linked(ip: u64) -> bool {
    ip == RETURN_LINKED.as_ptr() as u64
}

/// Goes back to the instance that called.
pub(super) struct ReturnLinked;

impl Body for ReturnLinked {
    const NAME: &'static str = "return.linked";
    const FIELDS: &'static [Field] = &[];
    #[inline(always)]
    fn step(mut r: Regs) -> Step {
        let value = r.pop_link();
        Ok(accumulate(r, value))
    }
}

/// A function of a table: base of the arguments, slots of the parameters, the table and the type's id in the
/// context, the type; then the index.
pub(super) struct CallIndirect<X, const IMPORTED: bool>(PhantomData<X>);

impl<X: Source<i32>, const IMPORTED: bool> Body for CallIndirect<X, IMPORTED> {
    const NAME: &'static str = "call_indirect";
    const FIELDS: &'static [Field] = &join(&[
        &[Field::FarTo, Field::Small, Field::Context, Field::Context, Field::Count],
        X::FIELDS,
    ]);
    #[inline(always)]
    fn step(mut r: Regs) -> Step {
        let index = X::get(&r, 10).cast_unsigned();
        let definition = r.definition::<IMPORTED>(r.offset(4));
        let Some(entry) = r.table_entry(definition, u64::from(index)) else {
            return trap(TrapReason::UndefinedElement);
        };
        #[expect(clippy::cast_possible_truncation, reason = "fields are cut out of the entry")]
        let (code, upper) = (entry as u64, (entry >> 64) as u64);
        let (signature, _) = split(upper);
        let wanted: u32 = r.context(r.offset(6));
        let (base, header) = (r.imm32(1) as usize, usize::from(r.unit(3)));
        // In a table of another instance every entry is foreign or that instance's own: never ours.
        if !IMPORTED && signature == wanted && code & INTERPRETED != 0 {
            r.push_frame(base, header, Self::UNITS, r.start_of(code));
            return Ok(r);
        }
        // Everything else is another handler's, which finds what it needs in the slot for the return address,
        // in the one after it, and behind the accumulator.
        r.set_slot(base + header, upper);
        r.set_slot(base + header + 1, Self::UNITS as u64);
        r.acc = r.ip as u64;
        r.ip = CALL_CHECKED.as_ptr();
        Ok(r)
    }
}

/// Why a signature in a table, foreign or not, is not one that may be called as type `wanted`. Types below it are
/// asked for by a builtin.
#[inline(always)]
fn check(r: &Regs, signature: u32, wanted: u32) -> Result<(), Leave> {
    if signature == layout::NEVER {
        return trap(TrapReason::UninitializedElement);
    }
    let plain = signature & !layout::FOREIGN;
    if plain == wanted {
        return Ok(());
    }
    let below = super::outside::builtin(
        r,
        Builtin::TypeIsBelow as u32,
        [u64::from(plain), u64::from(wanted), 0, 0],
    )?;
    if below == 0 { trap(TrapReason::IndirectCallTypeMismatch) } else { Ok(()) }
}

/// The signature and the reference that stand in the upper half of a table's entry.
#[expect(clippy::cast_possible_truncation, reason = "both are cut out")]
pub(super) const fn split(entry: u64) -> (u32, u64) {
    (entry as u32, entry >> 32)
}

/// The instruction that calls what needs a closer look.
static CALL_CHECKED: [u16; 1] = [Misc::CallChecked.number()];

/// An indirect call whose entry has not the signature that is expected, or is another instance's; the accumulator
/// has the address of the instruction.
pub(super) struct CallChecked;

impl Body for CallChecked {
    const NAME: &'static str = "call_indirect.checked";
    const FIELDS: &'static [Field] = &[];
    #[inline(always)]
    fn step(mut r: Regs) -> Step {
        r.ip = core::ptr::with_exposed_provenance(as_usize(r.acc));
        let header = r.imm32(1) as usize + usize::from(r.unit(3));
        let ((signature, reference), units) = (split(r.slot(header)), r.slot(header + 1));
        if let Err(leave) = check(&r, signature, r.context(r.offset(6))) {
            return Err(r.leave_here(leave));
        }
        call_outside(r, r.record(reference).cast(), r.imm32(8), as_usize(units))
    }
}

/// A call of what a reference refers to: base of the arguments, the type, the reference.
pub(super) struct CallRef;

impl Body for CallRef {
    const NAME: &'static str = "call_ref";
    const FIELDS: &'static [Field] = &[Field::FarTo, Field::Count, Field::Slot];
    #[inline(always)]
    fn step(r: Regs) -> Step {
        let reference = r.operand(5);
        if reference == 0 {
            return trap(TrapReason::NullFunctionReference);
        }
        call_outside(r, r.record(reference).cast(), r.imm32(3), Self::UNITS)
    }
}

/// A function of the module instead of this one: its first argument, where this function's return address is, where
/// that goes, the function.
pub(super) struct ReturnCall;

impl Body for ReturnCall {
    const NAME: &'static str = "return_call";
    const FIELDS: &'static [Field] = &[Field::FarSlot, Field::Small, Field::Small, Field::Function];
    #[inline(always)]
    fn step(mut r: Regs) -> Step {
        r.poll()?;
        let (from, header, params) = (r.imm32(1), usize::from(r.unit(3)), usize::from(r.unit(4)));
        let (back, frame) = (r.slot(header), r.slot(header + 1));
        r.move_slots(from as usize, 0, params);
        r.set_slot(params, back);
        r.set_slot(params + 1, frame);
        r.ip = r.function(5).ip();
        Ok(r)
    }
}

/// The same for an imported function: its first argument, where this function's return address is, its place in
/// the context, its type.
pub(super) struct ReturnCallImport;

impl Body for ReturnCallImport {
    const NAME: &'static str = "return_call.import";
    const FIELDS: &'static [Field] = &[Field::FarSlot, Field::Small, Field::Context, Field::Count];
    #[inline(always)]
    fn step(r: Regs) -> Step {
        let callee: *const Callee = r.field(r.offset(4)).cast_const().cast();
        tail(r, callee, r.imm32(6), r.imm32(1) as usize, usize::from(r.unit(3)))
    }
}

/// The same for a function of a table: its first argument, where this function's return address is, the table and
/// the type's id in the context, the type, the index.
pub(super) struct ReturnCallIndirect<const IMPORTED: bool>;

impl<const IMPORTED: bool> Body for ReturnCallIndirect<IMPORTED> {
    const NAME: &'static str = "return_call_indirect";
    const FIELDS: &'static [Field] =
        &[Field::FarSlot, Field::Small, Field::Context, Field::Context, Field::Count, Field::Slot];
    #[inline(always)]
    fn step(r: Regs) -> Step {
        let definition = r.definition::<IMPORTED>(r.offset(4));
        let Some(entry) = r.table_entry(definition, r.operand(10)) else {
            return trap(TrapReason::UndefinedElement);
        };
        let (signature, reference) = split((entry >> 64) as u64);
        check(&r, signature, r.context(r.offset(6)))?;
        let record = r.record(reference).cast();
        tail(r, record, r.imm32(8), r.imm32(1) as usize, usize::from(r.unit(3)))
    }
}

/// The same for what a reference refers to: its first argument, where this function's return address is, the type,
/// the reference.
pub(super) struct ReturnCallRef;

impl Body for ReturnCallRef {
    const NAME: &'static str = "return_call_ref";
    const FIELDS: &'static [Field] = &[Field::FarSlot, Field::Small, Field::Count, Field::Slot];
    #[inline(always)]
    fn step(r: Regs) -> Step {
        let reference = r.operand(6);
        if reference == 0 {
            return trap(TrapReason::NullFunctionReference);
        }
        let record = r.record(reference).cast();
        tail(r, record, r.imm32(4), r.imm32(1) as usize, usize::from(r.unit(3)))
    }
}
