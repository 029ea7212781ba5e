//! `global.get` and `global.set`: cells in the context, or behind a pointer in it.
//!
//! Cells of scalars hold 64 bits, zero-extended, like slots do. Read next: [`super::control`].

use super::body::{Body, Destination, Field, Source, Value, join};
use super::regs::{Regs, Step};
use core::marker::PhantomData;

pub(super) struct Get<T, D, const IMPORTED: bool>(PhantomData<(T, D)>);

impl<T: Value, D: Destination<T>, const IMPORTED: bool> Body for Get<T, D, IMPORTED> {
    const NAME: &'static str = "global.get";
    const FIELDS: &'static [Field] = &join(&[&[Field::Context], D::FIELDS]);
    #[inline(always)]
    fn step(mut r: Regs) -> Step {
        let value = T::from_slot(r.cell::<IMPORTED, u64>(r.offset(1)));
        D::put(&mut r, 3, value);
        Ok(r.advance(Self::UNITS))
    }
}

pub(super) struct Set<T, X, const IMPORTED: bool>(PhantomData<(T, X)>);

impl<T: Value, X: Source<T>, const IMPORTED: bool> Body for Set<T, X, IMPORTED> {
    const NAME: &'static str = "global.set";
    const FIELDS: &'static [Field] = &join(&[&[Field::Context], X::FIELDS]);
    #[inline(always)]
    fn step(r: Regs) -> Step {
        let value = X::get(&r, 3).to_slot();
        r.set_cell::<IMPORTED, u64>(r.offset(1), value);
        Ok(r.advance(Self::UNITS))
    }
}

pub(super) struct GetV<const IMPORTED: bool>;

impl<const IMPORTED: bool> Body for GetV<IMPORTED> {
    const NAME: &'static str = "global.get";
    const FIELDS: &'static [Field] = &[Field::Context, Field::To];
    #[inline(always)]
    fn step(mut r: Regs) -> Step {
        let value = r.cell::<IMPORTED, u128>(r.offset(1));
        let slot = usize::from(r.unit(3));
        r.set_vector(slot, value);
        Ok(r.advance(Self::UNITS))
    }
}

pub(super) struct SetV<const IMPORTED: bool>;

impl<const IMPORTED: bool> Body for SetV<IMPORTED> {
    const NAME: &'static str = "global.set";
    const FIELDS: &'static [Field] = &[Field::Context, Field::Slot];
    #[inline(always)]
    fn step(r: Regs) -> Step {
        let value = r.vector(usize::from(r.unit(3)));
        r.set_cell::<IMPORTED, u128>(r.offset(1), value);
        Ok(r.advance(Self::UNITS))
    }
}
