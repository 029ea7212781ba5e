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

/// 128-bit integers: two or four operands of 64 bits, low halves first; two results side by side.
pub(super) struct Wide<const KIND: u8>;

/// Kinds of [`Wide`].
pub(super) const ADD: u8 = 0;
/// See [`ADD`].
pub(super) const SUB: u8 = 1;
/// See [`ADD`].
pub(super) const MUL_S: u8 = 2;
/// See [`ADD`].
pub(super) const MUL_U: u8 = 3;

impl<const KIND: u8> Body for Wide<KIND> {
    const NAME: &'static str = match KIND {
        ADD => "i64.add128",
        SUB => "i64.sub128",
        MUL_S => "i64.mul_wide_s",
        _ => "i64.mul_wide_u",
    };
    const FIELDS: &'static [Field] = if KIND >= MUL_S {
        &[Field::Slot, Field::Slot, Field::To]
    } else {
        &[Field::Slot, Field::Slot, Field::Slot, Field::Slot, Field::To]
    };
    #[inline(always)]
    fn step(mut r: Regs) -> Step {
        let whole = |at: usize| u128::from(r.operand(at)) | u128::from(r.operand(at + 1)) << 64;
        let signed = |at: usize| i128::from(r.operand(at).cast_signed());
        let value = match KIND {
            ADD => whole(1).wrapping_add(whole(3)),
            SUB => whole(1).wrapping_sub(whole(3)),
            MUL_S => (signed(1) * signed(2)).cast_unsigned(),
            _ => u128::from(r.operand(1)) * u128::from(r.operand(2)),
        };
        let slot = usize::from(r.unit(Self::UNITS - 1));
        r.set_vector(slot, value);
        Ok(r.advance(Self::UNITS))
    }
}
