//! Calls: inside the module without leaving the dispatcher, everything else outside.
//!
//! Arguments lie where the callee's frame begins; the return address and the caller's frame lie right after the
//! parameters. Read next: [`super::outside`].

use super::body::{Body, Field, Source, join, trap};
use super::regs::{Leave, Regs, Step};
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
        r.ip = translate(&r)?;
        Ok(r)
    }
}

#[cold]
#[inline(never)]
fn translate(r: &Regs) -> Result<*const u16, Leave> {
    let program = program(r);
    program.code_of(r.imm32(1)).map_err(|_| Leave::Trap(TrapReason::Bug))
}

/// The program that runs.
fn program<'a>(r: &Regs) -> &'a Program {
    let program: *const Program = r.activation().program.cast();
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

/// Calls a function of another instance or of the host.
#[inline(never)]
fn call_outside(mut r: Regs, callee: *const Callee, ty: u32, units: usize) -> Step {
    let slots = r.sp.wrapping_add(r.imm32(1) as usize);
    // While it is outside it stands after the call, like the callers of functions inside.
    let back = r.advance(units);
    back.save();
    let program = program(&r);
    let activation: *mut _ = r.activation();
    let Some(signature) = program.type_signature(ty) else { return trap(TrapReason::Bug) };
    let outside = r.activation().outside;
    // SAFETY: the callee is one of the context or of the store's records; translation gave the type that the
    // module imports it with or that was just compared; the arguments lie in the slots.
    let status = unsafe { (outside.call)(activation, callee, signature, slots) };
    if status != 0 {
        return Err(Leave::Failed);
    }
    // The result may be of any class.
    let base = r.imm32(1) as usize;
    r.reload_memory();
    if signature.result_slots > 0 {
        let value = r.slot(base);
        r.acc = value;
        r.f = super::body::Value::from_slot(value);
        r.d = super::body::Value::from_slot(value);
    }
    Ok(r.advance(units))
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
        // In a table of another instance every entry is foreign or that instance's own: never ours.
        if !IMPORTED && signature == wanted && code & INTERPRETED != 0 {
            let (base, header) = (r.imm32(1) as usize, usize::from(r.unit(3)));
            r.push_frame(base, header, Self::UNITS, Regs::entry_of(code));
            return Ok(r);
        }
        call_foreign(r, entry, wanted, Self::UNITS)
    }
}

/// An entry that is null, of another type, or of another instance.
#[cold]
#[inline(never)]
fn call_foreign(r: Regs, entry: u128, wanted: u32, units: usize) -> Step {
    #[expect(clippy::cast_possible_truncation, reason = "fields are cut out of the entry")]
    let (signature, reference) = ((entry >> 64) as u32, (entry >> 96) as u32);
    if signature == layout::NEVER {
        return trap(TrapReason::UninitializedElement);
    }
    if signature & !layout::FOREIGN != wanted {
        return trap(TrapReason::IndirectCallTypeMismatch);
    }
    let records: u64 = r.behind(layout::STORE, layout::STORE_FUNCTIONS);
    let record = records + u64::from(reference) * u64::from(layout::RECORD_BYTES);
    let callee = core::ptr::with_exposed_provenance(super::regs::as_usize(record));
    call_outside(r, callee, r.imm32(8), units)
}
