//! Operators on vectors: everything in slots.
//!
//! Not here: what an operator computes (see `ops::vector`). Read next: [`super::table`].

use super::body::{Address, Body, Destination, Field, S, Source, ToA, ToS, join};
use super::regs::{Regs, Step};
use super::table::{Rows, put};
use crate::ops::vector::{self as ops, binaries, extracts, lanes, loads, replaces, shifts, splats};
use crate::ops::vector::{tests, unaries};
use core::marker::PhantomData;
use holm_spec::numeric;

/// The vector in the slots named by the unit `at` units into the instruction.
#[inline(always)]
fn vector(r: &Regs, at: usize) -> u128 {
    r.vector(usize::from(r.unit(at)))
}

/// Writes a vector to the slots named by the unit `at` units into the instruction.
#[inline(always)]
fn set(r: &mut Regs, at: usize, value: u128) {
    let slot = usize::from(r.unit(at));
    r.set_vector(slot, value);
}

struct Binary<O>(PhantomData<O>);

impl<O: ops::Binary> Body for Binary<O> {
    const NAME: &'static str = O::NAME;
    const FIELDS: &'static [Field] = &[Field::Slot, Field::Slot, Field::To];
    #[inline(always)]
    fn step(mut r: Regs) -> Step {
        let value = O::eval(vector(&r, 1), vector(&r, 2));
        set(&mut r, 3, value);
        Ok(r.advance(Self::UNITS))
    }
}

struct Unary<O>(PhantomData<O>);

impl<O: ops::Unary> Body for Unary<O> {
    const NAME: &'static str = O::NAME;
    const FIELDS: &'static [Field] = &[Field::Slot, Field::To];
    #[inline(always)]
    fn step(mut r: Regs) -> Step {
        let value = O::eval(vector(&r, 1));
        set(&mut r, 2, value);
        Ok(r.advance(Self::UNITS))
    }
}

/// Lanes of so many bits, with the canonical NaN in place of any other.
pub(super) struct Canonical<const BITS: u32>;

impl<const BITS: u32> Body for Canonical<BITS> {
    const NAME: &'static str = if BITS == 32 { "canonical.f32x4" } else { "canonical.f64x2" };
    const FIELDS: &'static [Field] = &[Field::Slot, Field::To];
    #[inline(always)]
    fn step(mut r: Regs) -> Step {
        let a = vector(&r, 1);
        // Each lane that does not equal itself.
        let value = if BITS == 32 {
            let nans = numeric::f32x4_ne(a, a);
            (a & !nans) | (nans & (0x7fc0_0000 * (u128::MAX / 0xffff_ffff)))
        } else {
            let nans = numeric::f64x2_ne(a, a);
            (a & !nans) | (nans & ((0x7ff8 << 48) * (u128::MAX / 0xffff_ffff_ffff_ffff)))
        };
        set(&mut r, 2, value);
        Ok(r.advance(Self::UNITS))
    }
}

struct Shift<O>(PhantomData<O>);

impl<O: ops::Shift> Body for Shift<O> {
    const NAME: &'static str = O::NAME;
    const FIELDS: &'static [Field] = &[Field::Slot, Field::Slot, Field::To];
    #[inline(always)]
    fn step(mut r: Regs) -> Step {
        let by: i32 = <S as Source<i32>>::get(&r, 2);
        let value = O::eval(vector(&r, 1), by);
        set(&mut r, 3, value);
        Ok(r.advance(Self::UNITS))
    }
}

struct Test<O, D>(PhantomData<(O, D)>);

impl<O: ops::Test, D: Destination<i32>> Body for Test<O, D> {
    const NAME: &'static str = O::NAME;
    const FIELDS: &'static [Field] = &join(&[&[Field::Slot], D::FIELDS]);
    #[inline(always)]
    fn step(mut r: Regs) -> Step {
        let value = O::eval(vector(&r, 1));
        D::put(&mut r, 2, value);
        Ok(r.advance(Self::UNITS))
    }
}

struct Splat<O>(PhantomData<O>);

impl<O: ops::Splat> Body for Splat<O> {
    const NAME: &'static str = O::NAME;
    const FIELDS: &'static [Field] = &[Field::Slot, Field::To];
    #[inline(always)]
    fn step(mut r: Regs) -> Step {
        let value = O::eval(r.operand(1));
        set(&mut r, 2, value);
        Ok(r.advance(Self::UNITS))
    }
}

struct Extract<O>(PhantomData<O>);

impl<O: ops::Extract> Body for Extract<O> {
    const NAME: &'static str = O::NAME;
    const FIELDS: &'static [Field] = &[Field::Slot, Field::Small, Field::To];
    #[inline(always)]
    fn step(mut r: Regs) -> Step {
        let value = O::eval(vector(&r, 1), u32::from(r.unit(2)));
        let slot = usize::from(r.unit(3));
        r.set_slot(slot, value);
        Ok(r.advance(Self::UNITS))
    }
}

/// The vector with another value in a lane.
#[inline(always)]
fn replaced(vector: u128, lane: u16, bits: u32, value: u64) -> u128 {
    let shift = u32::from(lane) * bits % 128;
    let mask = u128::from(u64::MAX >> (64 - bits)) << shift;
    (vector & !mask) | ((u128::from(value) << shift) & mask)
}

struct Replace<O>(PhantomData<O>);

impl<O: ops::Replace> Body for Replace<O> {
    const NAME: &'static str = O::NAME;
    const FIELDS: &'static [Field] = &[Field::Slot, Field::Slot, Field::Small, Field::To];
    #[inline(always)]
    fn step(mut r: Regs) -> Step {
        let value = replaced(vector(&r, 1), r.unit(3), O::BITS, r.operand(2));
        set(&mut r, 4, value);
        Ok(r.advance(Self::UNITS))
    }
}

struct Load<O, const N: usize>(PhantomData<O>);

impl<O: ops::Load<N>, const N: usize> Body for Load<O, N> {
    const NAME: &'static str = O::NAME;
    const FIELDS: &'static [Field] = &[Field::Slot, Field::Offset, Field::To];
    #[inline(always)]
    fn step(mut r: Regs) -> Step {
        let bytes = r.load(S::address(&r, 1))?;
        set(&mut r, 4, O::eval(bytes));
        Ok(r.advance(Self::UNITS))
    }
}

struct LoadLane<O, const N: usize>(PhantomData<O>);

impl<O: ops::Lane<N>, const N: usize> Body for LoadLane<O, N> {
    const NAME: &'static str = O::LOAD;
    const FIELDS: &'static [Field] =
        &[Field::Slot, Field::Offset, Field::Slot, Field::Small, Field::To];
    #[inline(always)]
    fn step(mut r: Regs) -> Step {
        let bytes: [u8; N] = r.load(S::address(&r, 1))?;
        let mut wide = [0; 8];
        wide[..N].copy_from_slice(&bytes);
        let bits = 8 * u32::from(N.to_le_bytes()[0]);
        let value = replaced(vector(&r, 4), r.unit(5), bits, u64::from_le_bytes(wide));
        set(&mut r, 6, value);
        Ok(r.advance(Self::UNITS))
    }
}

struct StoreLane<O, const N: usize>(PhantomData<O>);

impl<O: ops::Lane<N>, const N: usize> Body for StoreLane<O, N> {
    const NAME: &'static str = O::STORE;
    const FIELDS: &'static [Field] = &[Field::Slot, Field::Offset, Field::Slot, Field::Small];
    #[inline(always)]
    fn step(r: Regs) -> Step {
        let all = vector(&r, 4).to_le_bytes();
        let first = usize::from(r.unit(5)) * N % 16;
        let bytes: [u8; N] = core::array::from_fn(|at| all[(first + at) % 16]);
        r.store(S::address(&r, 1), bytes)?;
        Ok(r.advance(Self::UNITS))
    }
}

struct Constant;

impl Body for Constant {
    const NAME: &'static str = "v128.const";
    const FIELDS: &'static [Field] = &[Field::I64, Field::I64, Field::To];
    #[inline(always)]
    fn step(mut r: Regs) -> Step {
        let value = u128::from(r.imm64(1)) | u128::from(r.imm64(5)) << 64;
        set(&mut r, 9, value);
        Ok(r.advance(Self::UNITS))
    }
}

struct Shuffle;

/// What `which` names is passed by address: were that one of the handler's variables, it could not jump to the next.
#[inline(never)]
fn shuffle(a: u128, b: u128, which: u128) -> u128 {
    numeric::i8x16_shuffle(a, b, which.to_le_bytes())
}

impl Body for Shuffle {
    const NAME: &'static str = "i8x16.shuffle";
    const FIELDS: &'static [Field] = &[Field::Slot, Field::Slot, Field::I64, Field::I64, Field::To];
    #[inline(always)]
    fn step(mut r: Regs) -> Step {
        let which = u128::from(r.imm64(3)) | u128::from(r.imm64(7)) << 64;
        let value = shuffle(vector(&r, 1), vector(&r, 2), which);
        set(&mut r, 11, value);
        Ok(r.advance(Self::UNITS))
    }
}

struct Bitselect;

impl Body for Bitselect {
    const NAME: &'static str = "v128.bitselect";
    const FIELDS: &'static [Field] = &[Field::Slot, Field::Slot, Field::Slot, Field::To];
    #[inline(always)]
    fn step(mut r: Regs) -> Step {
        let value = numeric::v128_bitselect(vector(&r, 1), vector(&r, 2), vector(&r, 3));
        set(&mut r, 4, value);
        Ok(r.advance(Self::UNITS))
    }
}

/// An operator on three vectors.
pub(super) struct Ternary<O>(PhantomData<O>);

impl<O: ops::Ternary> Body for Ternary<O> {
    const NAME: &'static str = O::NAME;
    const FIELDS: &'static [Field] = &[Field::Slot, Field::Slot, Field::Slot, Field::To];
    #[inline(always)]
    fn step(mut r: Regs) -> Step {
        let value = O::eval(vector(&r, 1), vector(&r, 2), vector(&r, 3));
        set(&mut r, 4, value);
        Ok(r.advance(Self::UNITS))
    }
}

struct Store;

impl Body for Store {
    const NAME: &'static str = "v128.store";
    const FIELDS: &'static [Field] = &[Field::Slot, Field::Offset, Field::Slot];
    #[inline(always)]
    fn step(r: Regs) -> Step {
        r.store(S::address(&r, 1), vector(&r, 4).to_le_bytes())?;
        Ok(r.advance(Self::UNITS))
    }
}

macro_rules! place_each {
    ($all:ident $at:ident $body:ident; $($name:ident $text:literal $function:ident;)*) => {
        $($at = put::<$body<ops::$name>>($all, $at);)*
    };
}

const fn binary_rows(all: &mut Rows, mut at: usize) -> usize {
    macro_rules! rows { ($($rows:tt)*) => { place_each! { all at Binary; $($rows)* } } }
    binaries!(rows);
    at
}

const fn unary_rows(all: &mut Rows, mut at: usize) -> usize {
    macro_rules! rows { ($($rows:tt)*) => { place_each! { all at Unary; $($rows)* } } }
    unaries!(rows);
    at
}

const fn shift_rows(all: &mut Rows, mut at: usize) -> usize {
    macro_rules! rows { ($($rows:tt)*) => { place_each! { all at Shift; $($rows)* } } }
    shifts!(rows);
    at
}

const fn test_rows(all: &mut Rows, mut at: usize) -> usize {
    macro_rules! rows {
        ($($name:ident $text:literal $function:ident;)*) => {
            $(
                at = put::<Test<ops::$name, ToA>>(all, at);
                at = put::<Test<ops::$name, ToS>>(all, at);
            )*
        };
    }
    tests!(rows);
    at
}

const fn lane_rows(all: &mut Rows, mut at: usize) -> usize {
    macro_rules! splat_rows {
        ($($name:ident $text:literal $bits:literal;)*) => {
            $(at = put::<Splat<ops::$name>>(all, at);)*
        };
    }
    splats!(splat_rows);
    macro_rules! extract_rows {
        ($($name:ident $text:literal $ty:ident $function:ident $bits:literal;)*) => {
            $(at = put::<Extract<ops::$name>>(all, at);)*
        };
    }
    extracts!(extract_rows);
    macro_rules! replace_rows {
        ($($name:ident $text:literal $bits:literal;)*) => {
            $(at = put::<Replace<ops::$name>>(all, at);)*
        };
    }
    replaces!(replace_rows);
    at
}

const fn memory_rows(all: &mut Rows, mut at: usize) -> usize {
    macro_rules! load_rows {
        ($($name:ident $text:literal $bytes:literal $from:expr;)*) => {
            $(at = put::<Load<ops::$name, $bytes>>(all, at);)*
        };
    }
    loads!(load_rows);
    macro_rules! load_lane_rows {
        ($($load:ident $store:ident $a:literal $b:literal $bytes:literal;)*) => {
            $(at = put::<LoadLane<ops::$load, $bytes>>(all, at);)*
        };
    }
    lanes!(load_lane_rows);
    macro_rules! store_lane_rows {
        ($($load:ident $store:ident $a:literal $b:literal $bytes:literal;)*) => {
            $(at = put::<StoreLane<ops::$load, $bytes>>(all, at);)*
        };
    }
    lanes!(store_lane_rows);
    at
}

/// Puts the rows of all families into the table, in the order of `ops::vector`; gives the place after them.
pub(super) const fn place(all: &mut Rows, mut at: usize) -> usize {
    at = binary_rows(all, at);
    at = unary_rows(all, at);
    at = shift_rows(all, at);
    at = test_rows(all, at);
    at = lane_rows(all, at);
    at = memory_rows(all, at);
    at = put::<Constant>(all, at);
    at = put::<Shuffle>(all, at);
    at = put::<Bitselect>(all, at);
    put::<Store>(all, at)
}
