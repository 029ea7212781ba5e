//! Constants, copies between slots and accumulators, `select`.
//!
//! What only fills a slot leaves the accumulators alone, so that translation may put it anywhere.
//! Read next: [`super::global`].

use super::body::{Body, Destination, Field, Source, Value, join};
use super::regs::{Regs, Step};
use core::marker::PhantomData;

/// A constant into a slot.
pub(super) struct Put<T>(PhantomData<T>);

impl<T: Value> Body for Put<T> {
    const NAME: &'static str = "put";
    const FIELDS: &'static [Field] = &[T::IMMEDIATE, Field::To];
    #[inline(always)]
    fn step(mut r: Regs) -> Step {
        let value = T::immediate(&r, 1).to_slot();
        let slot = usize::from(r.unit(1 + T::IMMEDIATE.units()));
        r.set_slot(slot, value);
        Ok(r.advance(Self::UNITS))
    }
}

/// A constant of 64 bits into a slot.
pub(super) struct Put64;

impl Body for Put64 {
    const NAME: &'static str = "put";
    const FIELDS: &'static [Field] = &[Field::I64, Field::To];
    #[inline(always)]
    fn step(mut r: Regs) -> Step {
        let slot = usize::from(r.unit(5));
        r.set_slot(slot, r.imm64(1));
        Ok(r.advance(Self::UNITS))
    }
}

/// A slot into another.
pub(super) struct Copy;

impl Body for Copy {
    const NAME: &'static str = "copy";
    const FIELDS: &'static [Field] = &[Field::Slot, Field::To];
    #[inline(always)]
    fn step(mut r: Regs) -> Step {
        let value = r.operand(1);
        let slot = usize::from(r.unit(2));
        r.set_slot(slot, value);
        Ok(r.advance(Self::UNITS))
    }
}

/// A slot into another, then one more.
pub(super) struct Copy2;

impl Body for Copy2 {
    const NAME: &'static str = "copy2";
    const FIELDS: &'static [Field] = &[Field::Slot, Field::To, Field::Slot, Field::To];
    #[inline(always)]
    fn step(mut r: Regs) -> Step {
        let value = r.operand(1);
        let slot = usize::from(r.unit(2));
        r.set_slot(slot, value);
        let value = r.operand(3);
        let slot = usize::from(r.unit(4));
        r.set_slot(slot, value);
        Ok(r.advance(Self::UNITS))
    }
}

/// A vector into other slots.
pub(super) struct CopyV;

impl Body for CopyV {
    const NAME: &'static str = "copy.v128";
    const FIELDS: &'static [Field] = &[Field::Slot, Field::To];
    #[inline(always)]
    fn step(mut r: Regs) -> Step {
        let value = r.vector(usize::from(r.unit(1)));
        let slot = usize::from(r.unit(2));
        r.set_vector(slot, value);
        Ok(r.advance(Self::UNITS))
    }
}

/// A slot into another, anywhere in a very large frame.
pub(super) struct CopyFar;

impl Body for CopyFar {
    const NAME: &'static str = "copy.far";
    const FIELDS: &'static [Field] = &[Field::FarSlot, Field::FarTo];
    #[inline(always)]
    fn step(mut r: Regs) -> Step {
        let value = r.slot(r.imm32(1) as usize);
        let slot = r.imm32(3) as usize;
        r.set_slot(slot, value);
        Ok(r.advance(Self::UNITS))
    }
}

/// Several slots into others.
pub(super) struct MoveSlots;

impl Body for MoveSlots {
    const NAME: &'static str = "move";
    const FIELDS: &'static [Field] = &[Field::FarSlot, Field::FarTo, Field::Count];
    #[inline(always)]
    fn step(mut r: Regs) -> Step {
        let (from, to, count) = (r.imm32(1), r.imm32(3), r.imm32(5));
        r.move_slots(from as usize, to as usize, count as usize);
        Ok(r.advance(Self::UNITS))
    }
}

/// An accumulator into a slot.
pub(super) struct Spill<T>(PhantomData<T>);

impl<T: Value> Body for Spill<T> {
    const NAME: &'static str = "spill";
    const FIELDS: &'static [Field] = &[Field::To];
    #[inline(always)]
    fn step(mut r: Regs) -> Step {
        let slot = usize::from(r.unit(1));
        r.set_slot(slot, T::accumulated(&r).to_slot());
        Ok(r.advance(Self::UNITS))
    }
}

/// The accumulator, with the canonical NaN in place of any other.
pub(super) struct Canonical<T, D>(PhantomData<(T, D)>);

/// Floats.
trait Float: Value {
    fn canonical(self) -> Self;
}

impl Float for f32 {
    #[inline(always)]
    fn canonical(self) -> Self {
        if self.is_nan() { Self::from_bits(0x7fc0_0000) } else { self }
    }
}

impl Float for f64 {
    #[inline(always)]
    fn canonical(self) -> Self {
        if self.is_nan() { Self::from_bits(0x7ff8_0000_0000_0000) } else { self }
    }
}

impl<T: Float, D: Destination<T>> Body for Canonical<T, D> {
    const NAME: &'static str = "canonical";
    const FIELDS: &'static [Field] = &join(&[D::FIELDS]);
    #[inline(always)]
    fn step(mut r: Regs) -> Step {
        let value = T::accumulated(&r).canonical();
        D::put(&mut r, 1, value);
        Ok(r.advance(Self::UNITS))
    }
}

/// The second operand if the first is not zero, else the third. Floats travel as bits.
pub(super) struct Select<X, D>(PhantomData<(X, D)>);

impl<X: Source<i32>, D: Destination<i64>> Body for Select<X, D> {
    const NAME: &'static str = "select";
    const FIELDS: &'static [Field] = &join(&[X::FIELDS, &[Field::Slot, Field::Slot], D::FIELDS]);
    #[inline(always)]
    fn step(mut r: Regs) -> Step {
        let condition = X::get(&r, 1) != 0;
        let (a, b) = (r.operand_ahead(1 + X::UNITS), r.operand_ahead(2 + X::UNITS));
        let value = core::hint::select_unpredictable(condition, a, b);
        D::put(&mut r, 3 + X::UNITS, value.cast_signed());
        Ok(r.advance(Self::UNITS))
    }
}

/// The same for vectors.
pub(super) struct SelectV;

impl Body for SelectV {
    const NAME: &'static str = "select.v128";
    const FIELDS: &'static [Field] = &[Field::Slot, Field::Slot, Field::Slot, Field::To];
    #[inline(always)]
    fn step(mut r: Regs) -> Step {
        let condition: i32 = <super::body::S as Source<i32>>::get(&r, 1);
        let chosen = if condition != 0 { r.unit(2) } else { r.unit(3) };
        let value = r.vector(usize::from(chosen));
        let slot = usize::from(r.unit(4));
        r.set_vector(slot, value);
        Ok(r.advance(Self::UNITS))
    }
}
