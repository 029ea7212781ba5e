//! Loads and stores of scalars in memory 0.
//!
//! Not here: bounds (see [`super::regs`]). Read next: [`super::moves`].

use super::body::{Address, Body, Destination, Field, Source, join};
use super::regs::{Regs, Step};
use crate::ops::misc;
use core::marker::PhantomData;

/// A load of `N` bytes.
pub(super) struct Load<O, X, D, const N: usize>(PhantomData<(O, X, D)>);

impl<O, X, D, const N: usize> Body for Load<O, X, D, N>
where
    O: misc::Load<N>,
    X: Address,
    D: Destination<O::Value>,
{
    const NAME: &'static str = O::NAME;
    const FIELDS: &'static [Field] = &join(&[X::FIELDS, D::FIELDS]);
    #[inline(always)]
    fn step(mut r: Regs) -> Step {
        let bytes = r.load(X::address(&r, 1))?;
        D::put(&mut r, 1 + X::UNITS, O::value(bytes));
        Ok(r.advance(Self::UNITS))
    }
}

/// A store of `N` bytes.
pub(super) struct Store<O, X, Y, const N: usize>(PhantomData<(O, X, Y)>);

impl<O, X, Y, const N: usize> Body for Store<O, X, Y, N>
where
    O: misc::Store<N>,
    X: Address,
    Y: Source<O::Value>,
{
    const NAME: &'static str = O::NAME;
    const FIELDS: &'static [Field] = &join(&[X::FIELDS, Y::FIELDS]);
    #[inline(always)]
    fn step(r: Regs) -> Step {
        let value = Y::get(&r, 1 + X::UNITS);
        r.store(X::address(&r, 1), O::bytes(value))?;
        Ok(r.advance(Self::UNITS))
    }
}
