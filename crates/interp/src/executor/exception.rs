//! Exceptions: throwing, and what handlers are made of.
//!
//! A throw leaves the dispatcher; [`super::run`] looks for a handler and begins again there. Handlers are instructions
//! like others: the first one puts the address of the exception's record into the accumulator, where the others look
//! (see [`holm_abi::layout`]). Not here: how an exception is made (see `holm-vm`). Read next: [`super::vector`].

use super::body::{Body, Field, trap};
use super::outside::builtin;
use super::regs::{Leave, Regs, Step};
use holm_abi::{Builtin, layout};
use holm_spec::trap::TrapReason;

/// Throws: the tag, and where its values lie, two slots each.
pub(super) struct Throw;

impl Body for Throw {
    const NAME: &'static str = "throw";
    const FIELDS: &'static [Field] = &[Field::Count, Field::FarSlot];
    #[inline(always)]
    fn step(r: Regs) -> Step {
        let values = r.sp.wrapping_add(r.imm32(3) as usize).expose_provenance() as u64;
        builtin(&r, Builtin::Throw as u32, [u64::from(r.imm32(1)), values, 0, 0])?;
        trap(TrapReason::Bug)
    }
}

/// Throws an exception again, by a reference.
pub(super) struct ThrowRef;

impl Body for ThrowRef {
    const NAME: &'static str = "throw_ref";
    const FIELDS: &'static [Field] = &[Field::Slot];
    #[inline(always)]
    fn step(r: Regs) -> Step {
        throw(&r, r.operand(1))
    }
}

/// Throws what no clause of a handler wanted again.
pub(super) struct Rethrow;

impl Body for Rethrow {
    const NAME: &'static str = "rethrow";
    const FIELDS: &'static [Field] = &[];
    #[inline(always)]
    fn step(r: Regs) -> Step {
        throw(&r, u64::from(r.record_word(layout::EXCEPTION_REFERENCE)))
    }
}

#[inline(always)]
fn throw(r: &Regs, reference: u64) -> Step {
    if reference == 0 {
        return trap(TrapReason::NullReference);
    }
    builtin(r, Builtin::ThrowRef as u32, [reference, 0, 0, 0])?;
    trap(TrapReason::Bug)
}

/// The start of a handler.
pub(super) struct Catch;

impl Body for Catch {
    const NAME: &'static str = "catch";
    const FIELDS: &'static [Field] = &[];
    #[inline(always)]
    fn step(mut r: Regs) -> Step {
        let thrown = r.with_activation(|activation| core::mem::take(&mut activation.thrown));
        r.acc = builtin(&r, Builtin::ExceptionRecord as u32, [u64::from(thrown), 0, 0, 0])?;
        Ok(r.advance(Self::UNITS))
    }
}

/// Goes elsewhere unless the exception has a tag.
pub(super) struct CatchUnless;

impl Body for CatchUnless {
    const NAME: &'static str = "catch.unless";
    const FIELDS: &'static [Field] = &[Field::Branch, Field::Context];
    #[inline(always)]
    fn step(r: Regs) -> Step {
        let wanted: u32 = r.context(r.offset(3));
        if r.record_word(layout::EXCEPTION_TAG) == wanted {
            Ok(r.advance(Self::UNITS))
        } else {
            r.branch(1)
        }
    }
}

/// A scalar that the exception carries, by its number, into a slot.
pub(super) struct CatchValue;

impl Body for CatchValue {
    const NAME: &'static str = "catch.value";
    const FIELDS: &'static [Field] = &[Field::Small, Field::To];
    #[inline(always)]
    fn step(mut r: Regs) -> Step {
        let [value, _] = r.record_value(usize::from(r.unit(1)));
        let slot = usize::from(r.unit(2));
        r.set_slot(slot, value);
        Ok(r.advance(Self::UNITS))
    }
}

/// The same for a vector.
pub(super) struct CatchVector;

impl Body for CatchVector {
    const NAME: &'static str = "catch.v128";
    const FIELDS: &'static [Field] = &[Field::Small, Field::To];
    #[inline(always)]
    fn step(mut r: Regs) -> Step {
        let [low, high] = r.record_value(usize::from(r.unit(1)));
        let slot = usize::from(r.unit(2));
        r.set_vector(slot, u128::from(low) | u128::from(high) << 64);
        Ok(r.advance(Self::UNITS))
    }
}

/// A reference to the exception, which may be kept from here on, into a slot.
pub(super) struct CatchRef;

impl Body for CatchRef {
    const NAME: &'static str = "catch.ref";
    const FIELDS: &'static [Field] = &[Field::To];
    #[inline(always)]
    fn step(mut r: Regs) -> Step {
        r.mark_record(layout::EXCEPTION_ESCAPED);
        let slot = usize::from(r.unit(1));
        r.set_slot(slot, u64::from(r.record_word(layout::EXCEPTION_REFERENCE)));
        Ok(r.advance(Self::UNITS))
    }
}

/// The exception is caught, and nobody asked for a reference.
pub(super) struct CatchDone;

impl Body for CatchDone {
    const NAME: &'static str = "catch.done";
    const FIELDS: &'static [Field] = &[];
    #[inline(always)]
    fn step(r: Regs) -> Step {
        r.mark_record(layout::EXCEPTION_CAUGHT);
        Ok(r.advance(Self::UNITS))
    }
}

/// Whether something that was outside ended with an exception.
#[inline(always)]
pub(super) fn is_thrown(r: &Regs) -> Result<(), Leave> {
    match r.with_activation(|activation| activation.thrown) {
        0 => Ok(()),
        _ => Err(Leave::Failed),
    }
}
