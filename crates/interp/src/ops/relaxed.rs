//! Relaxed operators on vectors: each as the strict one whose results it has, or as a row of its own.
//!
//! They have the results of the standard's deterministic profile, as under the other tiers. Not here: their execution
//! (see `executor::vector`). Read next: [`super::vector`].

use super::misc::Misc;
use super::vector::Ternary;
use holm_module::wasm::Operator;
use holm_spec::numeric as n;

/// The strict operator whose results a relaxed one has.
pub(crate) const fn strict(operator: &Operator<'_>) -> Option<Operator<'static>> {
    Some(match operator {
        Operator::I8x16RelaxedSwizzle => Operator::I8x16Swizzle,
        Operator::I32x4RelaxedTruncF32x4S => Operator::I32x4TruncSatF32x4S,
        Operator::I32x4RelaxedTruncF32x4U => Operator::I32x4TruncSatF32x4U,
        Operator::I32x4RelaxedTruncF64x2SZero => Operator::I32x4TruncSatF64x2SZero,
        Operator::I32x4RelaxedTruncF64x2UZero => Operator::I32x4TruncSatF64x2UZero,
        Operator::I8x16RelaxedLaneselect
        | Operator::I16x8RelaxedLaneselect
        | Operator::I32x4RelaxedLaneselect
        | Operator::I64x2RelaxedLaneselect => Operator::V128Bitselect,
        Operator::F32x4RelaxedMin => Operator::F32x4Min,
        Operator::F32x4RelaxedMax => Operator::F32x4Max,
        Operator::F64x2RelaxedMin => Operator::F64x2Min,
        Operator::F64x2RelaxedMax => Operator::F64x2Max,
        Operator::I16x8RelaxedQ15mulrS => Operator::I16x8Q15MulrSatS,
        _ => return None,
    })
}

/// The operator on three vectors that it is.
pub(crate) const fn ternary(operator: &Operator<'_>) -> Option<Misc> {
    Some(match operator {
        Operator::F32x4RelaxedMadd => Misc::MaddF32,
        Operator::F32x4RelaxedNmadd => Misc::NmaddF32,
        Operator::F64x2RelaxedMadd => Misc::MaddF64,
        Operator::F64x2RelaxedNmadd => Misc::NmaddF64,
        Operator::I32x4RelaxedDotI8x16I7x16AddS => Misc::DotAdd,
        _ => return None,
    })
}

macro_rules! ternaries {
    ($($name:ident $text:literal ($a:ident, $b:ident, $c:ident) $value:expr;)*) => {
        $(
            pub(crate) struct $name;
            impl Ternary for $name {
                const NAME: &'static str = $text;
                #[inline(always)]
                fn eval($a: u128, $b: u128, $c: u128) -> u128 {
                    $value
                }
            }
        )*
    };
}

ternaries! {
    MaddF32 "f32x4.relaxed_madd" (a, b, c) n::f32x4_fma(a, b, c);
    NmaddF32 "f32x4.relaxed_nmadd" (a, b, c) n::f32x4_fma(n::f32x4_neg(a), b, c);
    MaddF64 "f64x2.relaxed_madd" (a, b, c) n::f64x2_fma(a, b, c);
    NmaddF64 "f64x2.relaxed_nmadd" (a, b, c) n::f64x2_fma(n::f64x2_neg(a), b, c);
    DotAdd "i32x4.relaxed_dot_i8x16_i7x16_add_s" (a, b, c)
        n::i32x4_add(n::i32x4_extadd_pairwise_i16x8_s(n::i16x8_dot_i8x16_s(a, b)), c);
}
