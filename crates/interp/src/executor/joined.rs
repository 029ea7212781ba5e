//! Two operators in one step, for the pairs that `ops::joined` lists.
//!
//! Invariant: what is seen after it, or of it when it traps, is what the two would have left. Read next: [`super::table`].

use super::body::{A, Address, Body, Destination, Field, I, S, Source, Sum, ToA, ToS, Value, join};
use super::memory::{Load, Store};
use super::regs::{Regs, Step};
use super::table::{Rows, put};
use crate::ops::misc::{self, load, store, stores};
use crate::ops::scalar;
use core::marker::PhantomData;

/// A constant into a slot, then one more.
pub(super) struct Put2;

impl Body for Put2 {
    const NAME: &'static str = "put2";
    const FIELDS: &'static [Field] = &[Field::I32, Field::To, Field::I32, Field::To];
    #[inline(always)]
    fn step(mut r: Regs) -> Step {
        let (first, second) = (r.imm32(1), r.imm32(4));
        let slot = usize::from(r.unit(3));
        r.set_slot(slot, u64::from(first));
        let slot = usize::from(r.unit(6));
        r.set_slot(slot, u64::from(second));
        Ok(r.advance(Self::UNITS))
    }
}

/// The sum of a slot and the operand after it, at `at`; into the slot named after both.
#[inline(always)]
fn sum<X: Source<i32>>(r: &mut Regs, at: usize) {
    let a: i32 = <S as Source<i32>>::get(r, at);
    let value = a.wrapping_add(X::get(r, at + 1));
    <ToS as Destination<i32>>::put(r, at + 1 + X::UNITS, value);
}

/// The fields of [`sum`].
const fn sum_fields<X: Source<i32>>() -> [Field; 8] {
    join(&[&[Field::Slot], X::FIELDS, &[Field::To]])
}

/// A sum, then one more.
pub(super) struct Add2;

impl Body for Add2 {
    const NAME: &'static str = "i32.add2";
    const FIELDS: &'static [Field] = &join(&[&sum_fields::<I>(), &sum_fields::<I>()]);
    #[inline(always)]
    fn step(mut r: Regs) -> Step {
        sum::<I>(&mut r, 1);
        sum::<I>(&mut r, 5);
        Ok(r.advance(Self::UNITS))
    }
}

/// A global less a constant, into a slot and, if `SET`, into the global: how a function gets itself room in memory.
pub(super) struct Reserve<const SET: bool>;

impl<const SET: bool> Body for Reserve<SET> {
    const NAME: &'static str = if SET { "global.sub" } else { "global.get.sub" };
    const FIELDS: &'static [Field] = &[Field::Context, Field::I32, Field::To];
    #[inline(always)]
    fn step(mut r: Regs) -> Step {
        let value = r.context::<u32>(r.offset(1)).wrapping_sub(r.imm32(3));
        if SET {
            r.set_context(r.offset(1), u64::from(value));
        }
        <ToS as Destination<i32>>::put(&mut r, 5, value.cast_signed());
        Ok(r.advance(Self::UNITS))
    }
}

/// The sum of a slot and a constant into a global, without the accumulators.
pub(super) struct SetSum;

impl Body for SetSum {
    const NAME: &'static str = "global.set.add";
    const FIELDS: &'static [Field] = &[Field::Context, Field::Slot, Field::I32];
    #[inline(always)]
    fn step(r: Regs) -> Step {
        let a: i32 = <S as Source<i32>>::get(&r, 3);
        let value = a.wrapping_add(r.imm32(4).cast_signed());
        r.set_context(r.offset(1), value.to_slot());
        Ok(r.advance(Self::UNITS))
    }
}

/// Names of what comparisons are part of.
trait Comparison: scalar::Binary<Operand = i32, Value = i32> {
    const SUM_BRANCH: &'static str;
    const CHOICE: &'static str;
    const GLOBAL_BRANCH: &'static str;
}

macro_rules! comparisons {
    ($($name:ident $text:literal;)*) => {
        $(impl Comparison for scalar::$name {
            const SUM_BRANCH: &'static str = concat!("i32.add.", $text);
            const CHOICE: &'static str = concat!("select.", $text);
            const GLOBAL_BRANCH: &'static str = concat!("global.get.", $text);
        })*

        const fn sum_branches(all: &mut Rows, mut at: usize) -> usize {
            $(
                at = put::<SumBranch<scalar::$name, S, S>>(all, at);
                at = put::<SumBranch<scalar::$name, S, I>>(all, at);
                at = put::<SumBranch<scalar::$name, I, S>>(all, at);
                at = put::<SumBranch<scalar::$name, I, I>>(all, at);
            )*
            at
        }

        const fn global_branches(all: &mut Rows, mut at: usize) -> usize {
            $(at = put::<GlobalBranch<scalar::$name>>(all, at);)*
            at
        }

        const fn choices(all: &mut Rows, mut at: usize) -> usize {
            $(
                at = put::<Choice<scalar::$name, S, S, ToA>>(all, at);
                at = put::<Choice<scalar::$name, S, S, ToS>>(all, at);
                at = put::<Choice<scalar::$name, S, I, ToA>>(all, at);
                at = put::<Choice<scalar::$name, S, I, ToS>>(all, at);
                at = put::<Choice<scalar::$name, A, S, ToA>>(all, at);
                at = put::<Choice<scalar::$name, A, S, ToS>>(all, at);
                at = put::<Choice<scalar::$name, A, I, ToA>>(all, at);
                at = put::<Choice<scalar::$name, A, I, ToS>>(all, at);
            )*
            at
        }
    };
}
comparisons! {
    I32Eq "eq";
    I32Ne "ne";
    I32LtS "lt_s";
    I32LtU "lt_u";
    I32GtS "gt_s";
    I32GtU "gt_u";
    I32LeS "le_s";
    I32LeU "le_u";
    I32GeS "ge_s";
    I32GeU "ge_u";
}

/// A sum of a slot and `X`, and a branch if it compares with `Y` so.
struct SumBranch<O, X, Y>(PhantomData<(O, X, Y)>);

impl<O: Comparison, X: Source<i32>, Y: Source<i32>> Body for SumBranch<O, X, Y> {
    const NAME: &'static str = O::SUM_BRANCH;
    const FIELDS: &'static [Field] = &join(&[&[Field::Branch], &sum_fields::<X>(), Y::FIELDS]);
    #[inline(always)]
    fn step(mut r: Regs) -> Step {
        sum::<X>(&mut r, 3);
        let truth = O::eval(i32::accumulated(&r), Y::get(&r, 5 + X::UNITS))? != 0;
        if truth { r.branch(1) } else { Ok(r.advance(Self::UNITS)) }
    }
}

/// A branch if a global compares so with a constant. The accumulators stay as they are.
struct GlobalBranch<O>(PhantomData<O>);

impl<O: Comparison> Body for GlobalBranch<O> {
    const NAME: &'static str = O::GLOBAL_BRANCH;
    const FIELDS: &'static [Field] = &[Field::Branch, Field::Context, Field::I32];
    #[inline(always)]
    fn step(r: Regs) -> Step {
        let value = r.context::<u32>(r.offset(3)).cast_signed();
        let truth = O::eval(value, r.imm32(5).cast_signed())? != 0;
        if truth { r.branch(1) } else { Ok(r.advance(Self::UNITS)) }
    }
}

/// The first of two slots if two operands compare so, else the second.
struct Choice<O, X, Y, D>(PhantomData<(O, X, Y, D)>);

impl<O, X, Y, D> Body for Choice<O, X, Y, D>
where
    O: Comparison,
    X: Source<i32>,
    Y: Source<i32>,
    D: Destination<i64>,
{
    const NAME: &'static str = O::CHOICE;
    const FIELDS: &'static [Field] =
        &join(&[X::FIELDS, Y::FIELDS, &[Field::Slot, Field::Slot], D::FIELDS]);
    #[inline(always)]
    fn step(mut r: Regs) -> Step {
        let truth = O::eval(X::get(&r, 1), Y::get(&r, 1 + X::UNITS))? != 0;
        let at = 1 + X::UNITS + Y::UNITS;
        let (a, b) = (r.operand_ahead(at), r.operand_ahead(at + 1));
        let value = core::hint::select_unpredictable(truth, a, b);
        D::put(&mut r, at + 2, value.cast_signed());
        Ok(r.advance(Self::UNITS))
    }
}

/// Arithmetic whose first operand is loaded and whose second is `Y`, or the other way round.
struct Loaded<O, L, X, Y, D, const SECOND: bool, const N: usize>(PhantomData<(O, L, X, Y, D)>);

impl<O, L, X, Y, D, const SECOND: bool, const N: usize> Body for Loaded<O, L, X, Y, D, SECOND, N>
where
    L: misc::Load<N>,
    L::Value: Value,
    O: scalar::Binary<Operand = L::Value>,
    X: Address,
    Y: Source<L::Value>,
    D: Destination<O::Value>,
    ToA: Destination<L::Value>,
{
    const NAME: &'static str = O::NAME;
    const FIELDS: &'static [Field] = &if SECOND {
        join(&[Y::FIELDS, <Load<L, X, ToA, N>>::FIELDS, D::FIELDS])
    } else {
        join(&[<Load<L, X, ToA, N>>::FIELDS, Y::FIELDS, D::FIELDS])
    };
    #[inline(always)]
    fn step(mut r: Regs) -> Step {
        let (address, other) = if SECOND { (1 + Y::UNITS, 1) } else { (1, 1 + X::UNITS) };
        let loaded = L::value(r.load(X::address(&r, address))?);
        let other = Y::get(&r, other);
        let value = if SECOND { O::eval(other, loaded) } else { O::eval(loaded, other) }?;
        D::put(&mut r, 1 + X::UNITS + Y::UNITS, value);
        Ok(r.advance(Self::UNITS))
    }
}

macro_rules! loaded_rows {
    ($($name:ident $load:ident $bytes:literal;)*) => {
        const fn loaded(all: &mut Rows, mut at: usize) -> usize {
            $(
                at = loaded_rows!(@other all at $name $load S $bytes false);
                at = loaded_rows!(@other all at $name $load A $bytes false);
                at = loaded_rows!(@other all at $name $load S $bytes true);
                at = loaded_rows!(@other all at $name $load A $bytes true);
            )*
            at
        }
    };
    (@other $all:ident $at:ident $name:ident $load:ident $y:ident $bytes:literal $second:literal) => {{
        let mut at = $at;
        at = loaded_rows!(@both $all at $name $load, S, $y $bytes $second);
        at = loaded_rows!(@both $all at $name $load, A, $y $bytes $second);
        at = loaded_rows!(@both $all at $name $load, Sum<S, I>, $y $bytes $second);
        loaded_rows!(@both $all at $name $load, Sum<A, S>, $y $bytes $second)
    }};
    (@both $all:ident $at:ident $name:ident $load:ident, $address:ty, $y:ident $bytes:literal
        $second:literal) => {{
        type Row<D> = Loaded<scalar::$name, load::$load, $address, $y, D, $second, $bytes>;
        let at = put::<Row<ToA>>($all, $at);
        put::<Row<ToS>>($all, at)
    }};
}
loaded_rows! {
    F32Add F32Load 4;
    F32Sub F32Load 4;
    F32Mul F32Load 4;
    F64Add F64Load 8;
    F64Sub F64Load 8;
    F64Mul F64Load 8;
}

/// A store to an address in a slot, then a sum.
struct StoreSum<O, Y, const N: usize>(PhantomData<(O, Y)>);

impl<O, Y, const N: usize> Body for StoreSum<O, Y, N>
where
    O: misc::Store<N>,
    Y: Source<O::Value>,
{
    const NAME: &'static str = O::NAME;
    const FIELDS: &'static [Field] = &join(&[<Store<O, S, Y, N>>::FIELDS, &sum_fields::<I>()]);
    #[inline(always)]
    fn step(r: Regs) -> Step {
        let mut r = <Store<O, S, Y, N>>::step(r)?;
        // The next instruction would begin where the sum's fields do.
        sum::<I>(&mut r, 0);
        Ok(r.advance(Self::UNITS - <Store<O, S, Y, N>>::UNITS))
    }
}

macro_rules! store_sum_rows {
    ($($name:ident $text:literal $value:ident $class:ident $bytes:literal $from:expr;)*) => {
        const fn store_sums(all: &mut Rows, mut at: usize) -> usize {
            $(
                at = put::<StoreSum<store::$name, S, $bytes>>(all, at);
                at = put::<StoreSum<store::$name, A, $bytes>>(all, at);
            )*
            at
        }
    };
}
stores!(store_sum_rows);

/// Puts the rows of all families into the table, in the order of `ops::joined`; gives the place after them.
pub(super) const fn place(all: &mut Rows, mut at: usize) -> usize {
    at = sum_branches(all, at);
    at = choices(all, at);
    at = loaded(all, at);
    at = store_sums(all, at);
    global_branches(all, at)
}
