//! Calls: inside the module without leaving the dispatcher, everything else outside.
//!
//! Arguments lie where the callee's frame begins; the return address and the caller's frame lie right after the
//! parameters. Read next: [`super::outside`].

use super::body::{Body, Field, Source, join, trap};
use super::regs::{LINK_SLOTS, Leave, Regs, Step, as_usize};
use crate::ops::misc::Misc;
use crate::program::Program;
use core::marker::PhantomData;
use holm_abi::interpreter::INTERPRETED;
use holm_abi::layout::{self, Callee};
use holm_spec::trap::TrapReason;

/// A function of the module: base of the arguments, slots of the parameters, index among the defined functions.
pub(super) struct Call;

impl Body for Call {
    const NAME: &'static str = "call";
    const FIELDS: &'static [Field] = &[Field::FarTo, Field::Small, Field::Count];
    #[inline(always)]
    fn step(mut r: Regs) -> Step {
        let (base, header) = (r.imm32(1) as usize, usize::from(r.unit(3)));
        let entry: *const _ = r.entry(r.imm32(4));
        // SAFETY: a reference from just now; entries outlive the run.
        let entry = unsafe { &*entry };
        r.push_frame(base, header, Self::UNITS, entry);
        Ok(r)
    }
}

/// Makes the register code of the function whose entry this is, and goes there.
pub(super) struct Translate;

impl Body for Translate {
    const NAME: &'static str = "translate";
    const FIELDS: &'static [Field] = &[Field::Count];
    #[inline(always)]
    fn step(mut r: Regs) -> Step {
        let code = translate(program(&r), r.imm32(1));
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
fn program<'a>(r: &Regs) -> &'a Program {
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

/// Calls a function of another instance or of the host. Nothing in here may be handed to a function that is not
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
        r.push_link(base, back.ip, signature.param_slots, signature.result_slots);
        r.change_instance(as_usize(anchor));
        r.push_frame(LINK_SLOTS, signature.param_slots as usize, 0, Regs::entry_of(code));
        r.set_slot(signature.param_slots as usize, RETURN_LINKED.as_ptr() as u64);
        return Ok(r);
    }
    let activation = r.activation();
    let outside = r.with_activation(|activation| activation.outside);
    let slots = r.sp.wrapping_add(base);
    // SAFETY: translation gave the type that the module imports it with or that was just compared; the arguments
    // lie in the slots.
    let status = unsafe { (outside.call)(activation, callee, signature, slots) };
    if status != 0 {
        return Err(Leave::Failed);
    }
    r.reload_memory();
    let value = if signature.result_slots > 0 { r.slot(base) } else { 0 };
    Ok(accumulate(r, value).advance(units))
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
        let (code, signature) = (entry as u64, (entry >> 64) as u32);
        let wanted: u32 = r.context(r.offset(6));
        let (base, header) = (r.imm32(1) as usize, usize::from(r.unit(3)));
        // In a table of another instance every entry is foreign or that instance's own: never ours.
        if !IMPORTED && signature == wanted && code & INTERPRETED != 0 {
            r.push_frame(base, header, Self::UNITS, Regs::entry_of(code));
            return Ok(r);
        }
        // Everything else is another handler's, which finds what it needs in the slot for the return address,
        // in the one after it, and behind the accumulator.
        if signature == layout::NEVER {
            return trap(TrapReason::UninitializedElement);
        }
        if signature & !layout::FOREIGN != wanted {
            return trap(TrapReason::IndirectCallTypeMismatch);
        }
        r.set_slot(base + header, (entry >> 96) as u64);
        r.set_slot(base + header + 1, Self::UNITS as u64);
        r.acc = r.ip as u64;
        r.ip = CALL_LINKED.as_ptr();
        Ok(r)
    }
}

/// The instruction that calls functions of other instances through a table.
static CALL_LINKED: [u16; 1] = [Misc::CallLinked.number()];

/// An indirect call of a function of another instance; the accumulator has the address of the instruction.
pub(super) struct CallLinked;

impl Body for CallLinked {
    const NAME: &'static str = "call_indirect.linked";
    const FIELDS: &'static [Field] = &[];
    #[inline(always)]
    fn step(mut r: Regs) -> Step {
        r.ip = core::ptr::with_exposed_provenance(as_usize(r.acc));
        let header = r.imm32(1) as usize + usize::from(r.unit(3));
        let (reference, units) = (r.slot(header), r.slot(header + 1));
        let records: u64 = r.behind(layout::STORE, layout::STORE_FUNCTIONS);
        let record = records + reference * u64::from(layout::RECORD_BYTES);
        let callee = core::ptr::with_exposed_provenance(as_usize(record));
        call_outside(r, callee, r.imm32(8), as_usize(units))
    }
}
