//! Relaxed operators on vectors that have no strict twin (for the others see `holm_module::wasm::strict_operator`).
//!
//! They have the results of the standard's deterministic profile, as under the other tiers. Not here: their execution
//! (see `executor::vector`). Read next: [`super::vector`].

use super::misc::Misc;
use super::raw::{raw_f32x4_fma, raw_f64x2_fma};
use super::vector::Ternary;
use holm_module::wasm::Operator;
use holm_spec::numeric as n;

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
    MaddF32 "f32x4.relaxed_madd" (a, b, c) raw_f32x4_fma([a, b, c], false);
    NmaddF32 "f32x4.relaxed_nmadd" (a, b, c) raw_f32x4_fma([a, b, c], true);
    MaddF64 "f64x2.relaxed_madd" (a, b, c) raw_f64x2_fma([a, b, c], false);
    NmaddF64 "f64x2.relaxed_nmadd" (a, b, c) raw_f64x2_fma([a, b, c], true);
    DotAdd "i32x4.relaxed_dot_i8x16_i7x16_add_s" (a, b, c)
        n::i32x4_add(n::i32x4_extadd_pairwise_i16x8_s(n::i16x8_dot_i8x16_s(a, b)), c);
}
