//! The functions of `holm-spec`, and those that leave the bits of a NaN to the machine.
//!
//! The standard leaves them open. Machine code has what the instructions give; these have the same, so that a program
//! which looks at such bits does not see the tier. Rounding and `min` and `max` have to be told what that is; RATIONALE says
//! where it stays open. Where all NaNs have to be canonical, translation makes an instruction of its own for that.
//! Not here: which operator is which function (see [`super::scalar`], [`super::vector`]). Invariant: but for the bits
//! of a NaN the values are those of `holm-spec`. Read next: [`super::scalar`].

pub(super) use crate::executor::machine::{
    f32_of_f64 as raw_f32_demote_f64, f32_sqrt as raw_f32_sqrt, f64_of_f32 as raw_f64_promote_f32,
    f64_sqrt as raw_f64_sqrt,
};
use crate::executor::machine::{f32_of_i64, f64_of_i64};
use core::array::from_fn;
use holm_module::wasm::Operator;
pub(super) use holm_spec::numeric::*;

/// Whether an operator on scalars gives a NaN with the machine's bits.
pub(crate) const fn is_raw(operator: &Operator<'_>) -> bool {
    use Operator as O;
    matches!(
        operator,
        O::F32Add
            | O::F32Sub
            | O::F32Mul
            | O::F32Div
            | O::F32Min
            | O::F32Max
            | O::F64Add
            | O::F64Sub
            | O::F64Mul
            | O::F64Div
            | O::F64Min
            | O::F64Max
            | O::F32Ceil
            | O::F32Floor
            | O::F32Trunc
            | O::F32Nearest
            | O::F32Sqrt
            | O::F64Ceil
            | O::F64Floor
            | O::F64Trunc
            | O::F64Nearest
            | O::F64Sqrt
            | O::F32DemoteF64
            | O::F64PromoteF32
    )
}

/// The bits of a lane, if an operator on vectors gives NaNs with the machine's bits.
pub(crate) const fn raw_lanes(operator: &Operator<'_>) -> Option<u32> {
    use Operator as O;
    match operator {
        O::F32x4Add
        | O::F32x4Sub
        | O::F32x4Mul
        | O::F32x4Div
        | O::F32x4Min
        | O::F32x4Max
        | O::F32x4Ceil
        | O::F32x4Floor
        | O::F32x4Trunc
        | O::F32x4Nearest
        | O::F32x4Sqrt
        | O::F32x4RelaxedMadd
        | O::F32x4RelaxedNmadd
        | O::F32x4DemoteF64x2Zero => Some(32),
        O::F64x2Add
        | O::F64x2Sub
        | O::F64x2Mul
        | O::F64x2Div
        | O::F64x2Min
        | O::F64x2Max
        | O::F64x2Ceil
        | O::F64x2Floor
        | O::F64x2Trunc
        | O::F64x2Nearest
        | O::F64x2Sqrt
        | O::F64x2RelaxedMadd
        | O::F64x2RelaxedNmadd
        | O::F64x2PromoteLowF32x4 => Some(64),
        _ => None,
    }
}

/// What the machine has for each width: how a vector is split and joined, and what becomes of NaNs.
trait Float<const LANES: usize>: Copy {
    fn lanes(vector: u128) -> [Self; LANES];
    fn vector(lanes: [Self; LANES]) -> u128;
    fn is_one(self) -> bool;
    /// The NaN that tells nobody anything.
    fn quiet(self) -> Self;
    /// What an invalid operation gives: the canonical NaN with this sign.
    fn invalid(negative: bool) -> Self;
    fn is_negative(self) -> bool;
}

macro_rules! float {
    ($float:ident $bits:ident $lanes:literal $quiet:literal $canonical:literal) => {
        impl Float<$lanes> for $float {
            #[expect(clippy::cast_possible_truncation, reason = "lanes are cut out")]
            #[inline(always)]
            fn lanes(vector: u128) -> [Self; $lanes] {
                from_fn(|lane| Self::from_bits((vector >> (lane as u32 * $bits::BITS)) as $bits))
            }
            #[inline(always)]
            fn vector(lanes: [Self; $lanes]) -> u128 {
                let lanes = lanes.iter().rev();
                lanes.fold(0, |vector, lane| vector << $bits::BITS | u128::from(lane.to_bits()))
            }
            #[inline(always)]
            fn is_one(self) -> bool {
                self.is_nan()
            }
            #[inline(always)]
            fn quiet(self) -> Self {
                Self::from_bits(self.to_bits() | $quiet)
            }
            #[inline(always)]
            fn invalid(negative: bool) -> Self {
                let sign = $bits::from(negative) << ($bits::BITS - 1);
                Self::from_bits($canonical | sign)
            }
            #[inline(always)]
            fn is_negative(self) -> bool {
                self.is_sign_negative()
            }
        }
    };
}
float!(f32 u32 4 0x0040_0000 0x7fc0_0000);
float!(f64 u64 2 0x0008_0000_0000_0000 0x7ff8_0000_0000_0000);

/// The value, unless the operand is a NaN: that then.
#[inline(always)]
fn rounded<F: Float<N>, const N: usize>(a: F, value: impl Fn(F) -> F) -> F {
    if a.is_one() { a.quiet() } else { value(a) }
}

/// The value, unless an operand is a NaN: the second one then, else the first.
#[inline(always)]
fn ordered<F: Float<N>, const N: usize>(a: F, b: F, value: impl Fn(F, F) -> F) -> F {
    if b.is_one() {
        b.quiet()
    } else if a.is_one() {
        a.quiet()
    } else {
        value(a, b)
    }
}

/// The value, unless an operand is a NaN: the first one that is, then.
#[inline(always)]
fn fused<F: Float<N>, const N: usize>(a: F, b: F, c: F, value: impl Fn(F, F, F) -> F) -> F {
    if let Some(nan) = [a, b, c].into_iter().find(|operand| operand.is_one()) {
        return nan.quiet();
    }
    let value = value(a, b, c);
    if value.is_one() { F::invalid(true) } else { value }
}

/// The same to every lane.
#[inline(always)]
fn each<F: Float<N>, const N: usize>(a: u128, f: impl Fn(F) -> F) -> u128 {
    F::vector(F::lanes(a).map(f))
}

/// The same to every pair of lanes.
#[inline(always)]
fn each2<F: Float<N>, const N: usize>(a: u128, b: u128, f: impl Fn(F, F) -> F) -> u128 {
    let (a, b) = (F::lanes(a), F::lanes(b));
    F::vector(from_fn(|lane| f(a[lane], b[lane])))
}

/// The same to every three lanes.
#[inline(always)]
fn each3<F: Float<N>, const N: usize>([a, b, c]: [u128; 3], f: impl Fn(F, F, F) -> F) -> u128 {
    let (a, b, c) = (F::lanes(a), F::lanes(b), F::lanes(c));
    F::vector(from_fn(|lane| f(a[lane], b[lane], c[lane])))
}

/// The lesser of both lanes; of NaNs machine code makes the same negative one.
#[inline(always)]
fn lane_min<F: Float<N>, const N: usize>(a: F, b: F, value: impl Fn(F, F) -> F) -> F {
    if a.is_one() || b.is_one() { F::invalid(true) } else { value(a, b) }
}

/// The greater of both lanes; of NaNs machine code makes one that is negative if any of them is.
#[inline(always)]
fn lane_max<F: Float<N>, const N: usize>(a: F, b: F, value: impl Fn(F, F) -> F) -> F {
    if a.is_one() || b.is_one() {
        F::invalid(a.is_negative() || b.is_negative())
    } else {
        value(a, b)
    }
}

/// Rows of functions: name, operands, value.
macro_rules! functions {
    ($($name:ident ($($operand:ident),*) $ty:ident $value:expr;)*) => {
        $(#[inline(always)]
        pub(super) fn $name($($operand: $ty),*) -> $ty {
            $value
        })*
    };
}

functions! {
    raw_f32_add (a, b) f32 a + b;
    raw_f32_sub (a, b) f32 a - b;
    raw_f32_mul (a, b) f32 a * b;
    raw_f32_div (a, b) f32 a / b;
    raw_f32_min (a, b) f32 ordered(a, b, f32_min);
    raw_f32_max (a, b) f32 ordered(a, b, f32_max);
    raw_f32_ceil (a) f32 rounded(a, f32_ceil);
    raw_f32_floor (a) f32 rounded(a, f32_floor);
    raw_f32_trunc (a) f32 rounded(a, f32_trunc);
    raw_f32_nearest (a) f32 rounded(a, f32_nearest);
    raw_f64_add (a, b) f64 a + b;
    raw_f64_sub (a, b) f64 a - b;
    raw_f64_mul (a, b) f64 a * b;
    raw_f64_div (a, b) f64 a / b;
    raw_f64_min (a, b) f64 ordered(a, b, f64_min);
    raw_f64_max (a, b) f64 ordered(a, b, f64_max);
    raw_f64_ceil (a) f64 rounded(a, f64_ceil);
    raw_f64_floor (a) f64 rounded(a, f64_floor);
    raw_f64_trunc (a) f64 rounded(a, f64_trunc);
    raw_f64_nearest (a) f64 rounded(a, f64_nearest);
    raw_f32x4_add (a, b) u128 each2(a, b, raw_f32_add);
    raw_f32x4_sub (a, b) u128 each2(a, b, raw_f32_sub);
    raw_f32x4_mul (a, b) u128 each2(a, b, raw_f32_mul);
    raw_f32x4_div (a, b) u128 each2(a, b, raw_f32_div);
    raw_f32x4_min (a, b) u128 each2(a, b, |a, b| lane_min(a, b, f32_min));
    raw_f32x4_max (a, b) u128 each2(a, b, |a, b| lane_max(a, b, f32_max));
    raw_f32x4_ceil (a) u128 each(a, raw_f32_ceil);
    raw_f32x4_floor (a) u128 each(a, raw_f32_floor);
    raw_f32x4_trunc (a) u128 each(a, raw_f32_trunc);
    raw_f32x4_nearest (a) u128 each(a, raw_f32_nearest);
    raw_f32x4_sqrt (a) u128 each(a, raw_f32_sqrt);
    raw_f64x2_add (a, b) u128 each2(a, b, raw_f64_add);
    raw_f64x2_sub (a, b) u128 each2(a, b, raw_f64_sub);
    raw_f64x2_mul (a, b) u128 each2(a, b, raw_f64_mul);
    raw_f64x2_div (a, b) u128 each2(a, b, raw_f64_div);
    raw_f64x2_min (a, b) u128 each2(a, b, |a, b| lane_min(a, b, f64_min));
    raw_f64x2_max (a, b) u128 each2(a, b, |a, b| lane_max(a, b, f64_max));
    raw_f64x2_ceil (a) u128 each(a, raw_f64_ceil);
    raw_f64x2_floor (a) u128 each(a, raw_f64_floor);
    raw_f64x2_trunc (a) u128 each(a, raw_f64_trunc);
    raw_f64x2_nearest (a) u128 each(a, raw_f64_nearest);
    raw_f64x2_sqrt (a) u128 each(a, raw_f64_sqrt);
}

/// Rows of conversions of integers, which have no NaN to tell of: name, operand, result, value.
macro_rules! conversions {
    ($($name:ident $from:ident $to:ident $value:expr;)*) => {
        $(#[inline(always)]
        pub(super) fn $name(a: $from) -> $to {
            let value: fn($from) -> $to = $value;
            value(a)
        })*
    };
}

conversions! {
    raw_f32_convert_i32_s i32 f32 |a| f32_of_i64(a.into());
    raw_f32_convert_i32_u i32 f32 |a| f32_of_i64(a.cast_unsigned().into());
    raw_f32_convert_i64_s i64 f32 f32_of_i64;
    raw_f64_convert_i32_s i32 f64 |a| f64_of_i64(a.into());
    raw_f64_convert_i32_u i32 f64 |a| f64_of_i64(a.cast_unsigned().into());
    raw_f64_convert_i64_s i64 f64 f64_of_i64;
}

#[inline(always)]
pub(super) fn raw_f32x4_demote_f64x2_zero(a: u128) -> u128 {
    let [a, b] = f64::lanes(a).map(raw_f32_demote_f64);
    f32::vector([a, b, 0.0, 0.0])
}

#[inline(always)]
pub(super) fn raw_f64x2_promote_low_f32x4(a: u128) -> u128 {
    let [a, b, ..] = f32::lanes(a);
    f64::vector([raw_f64_promote_f32(a), raw_f64_promote_f32(b)])
}

/// `a * b + c`, or `-(a * b) + c`.
#[inline(always)]
pub(super) fn raw_f32x4_fma(operands: [u128; 3], negated: bool) -> u128 {
    let value = |a: f32, b, c| f32_fma(if negated { -a } else { a }, b, c);
    each3(operands, |a, b, c| fused(a, b, c, value))
}

/// `a * b + c`, or `-(a * b) + c`.
#[inline(always)]
pub(super) fn raw_f64x2_fma(operands: [u128; 3], negated: bool) -> u128 {
    let value = |a: f64, b, c| f64_fma(if negated { -a } else { a }, b, c);
    each3(operands, |a, b, c| fused(a, b, c, value))
}
