//! Operators on scalars: operands in, value out.
//!
//! Not here: what an operator computes (see `ops::scalar`). Read next: [`super::memory`].

use super::body::{Body, Destination, Field, Source, join};
use super::regs::{Regs, Step};
use crate::ops::scalar;
use core::marker::PhantomData;

/// Two operands.
pub(super) struct Binary<O, X, Y, D>(PhantomData<(O, X, Y, D)>);

impl<O, X, Y, D> Body for Binary<O, X, Y, D>
where
    O: scalar::Binary,
    X: Source<O::Operand>,
    Y: Source<O::Operand>,
    D: Destination<O::Value>,
{
    const NAME: &'static str = O::NAME;
    const FIELDS: &'static [Field] = &join(&[X::FIELDS, Y::FIELDS, D::FIELDS]);
    #[inline(always)]
    fn step(mut r: Regs) -> Step {
        let a = X::get(&r, 1);
        let b = Y::get(&r, 1 + X::UNITS);
        let value = O::eval(a, b)?;
        D::put(&mut r, 1 + X::UNITS + Y::UNITS, value);
        Ok(r.advance(Self::UNITS))
    }
}

/// One operand.
pub(super) struct Unary<O, X, D>(PhantomData<(O, X, D)>);

impl<O, X, D> Body for Unary<O, X, D>
where
    O: scalar::Unary,
    X: Source<O::Operand>,
    D: Destination<O::Value>,
{
    const NAME: &'static str = O::NAME;
    const FIELDS: &'static [Field] = &join(&[X::FIELDS, D::FIELDS]);
    #[inline(always)]
    fn step(mut r: Regs) -> Step {
        let value = O::eval(X::get(&r, 1))?;
        D::put(&mut r, 1 + X::UNITS, value);
        Ok(r.advance(Self::UNITS))
    }
}

/// A branch on what an operator with two operands gives: taken when that is not zero, or when it is.
pub(super) struct Fused<O, X, Y, const WHEN: bool>(PhantomData<(O, X, Y)>);

impl<O, X, Y, const WHEN: bool> Body for Fused<O, X, Y, WHEN>
where
    O: scalar::Binary<Value = i32>,
    X: Source<O::Operand>,
    Y: Source<O::Operand>,
{
    const NAME: &'static str = O::NAME;
    const FIELDS: &'static [Field] = &join(&[&[Field::Branch], X::FIELDS, Y::FIELDS]);
    #[inline(always)]
    fn step(r: Regs) -> Step {
        let a = X::get(&r, 3);
        let b = Y::get(&r, 3 + X::UNITS);
        let truth = O::eval(a, b)? != 0;
        if truth == WHEN { r.branch(1) } else { Ok(r.advance(Self::UNITS)) }
    }
}
