//! Operators on vectors whose lanes are floats.
//!
//! Not here: what an operator does to one lane (see [`super::float`]). Invariant: as for scalars, arithmetic gives
//! the positive canonical NaN where it gives a NaN. Read next: [`super::lanes`].

use super::convert::{
    f32_convert_i32_s, f32_convert_i32_u, f32_demote_f64, f64_convert_i32_s, f64_convert_i32_u,
    f64_promote_f32, i32_trunc_sat_f32_s, i32_trunc_sat_f32_u, i32_trunc_sat_f64_s,
    i32_trunc_sat_f64_u,
};
use super::float::{
    f32_abs, f32_add, f32_ceil, f32_div, f32_floor, f32_max, f32_min, f32_mul, f32_nearest,
    f32_neg, f32_sqrt, f32_sub, f32_trunc, f64_abs, f64_add, f64_ceil, f64_div, f64_floor, f64_max,
    f64_min, f64_mul, f64_nearest, f64_neg, f64_sqrt, f64_sub, f64_trunc,
};
use super::lanes::{binaries, convert, from_low, map1, map2, test, to_low, unaries};

binaries! {
    f32x4_add (a, b) "f32x4.add" map2(a, b, f32_add);
    f32x4_sub (a, b) "f32x4.sub" map2(a, b, f32_sub);
    f32x4_mul (a, b) "f32x4.mul" map2(a, b, f32_mul);
    f32x4_div (a, b) "f32x4.div" map2(a, b, f32_div);
    f32x4_min (a, b) "f32x4.min" map2(a, b, f32_min);
    f32x4_max (a, b) "f32x4.max" map2(a, b, f32_max);
    f32x4_pmin (a, b) "f32x4.pmin" map2::<f32, 4>(a, b, |a, b| if b < a { b } else { a });
    f32x4_pmax (a, b) "f32x4.pmax" map2::<f32, 4>(a, b, |a, b| if a < b { b } else { a });
    f32x4_eq (a, b) "f32x4.eq" test::<f32, u32, 4>(a, b, |a, b| a == b);
    f32x4_ne (a, b) "f32x4.ne" test::<f32, u32, 4>(a, b, |a, b| a != b);
    f32x4_lt (a, b) "f32x4.lt" test::<f32, u32, 4>(a, b, |a, b| a < b);
    f32x4_gt (a, b) "f32x4.gt" test::<f32, u32, 4>(a, b, |a, b| a > b);
    f32x4_le (a, b) "f32x4.le" test::<f32, u32, 4>(a, b, |a, b| a <= b);
    f32x4_ge (a, b) "f32x4.ge" test::<f32, u32, 4>(a, b, |a, b| a >= b);
    f64x2_add (a, b) "f64x2.add" map2(a, b, f64_add);
    f64x2_sub (a, b) "f64x2.sub" map2(a, b, f64_sub);
    f64x2_mul (a, b) "f64x2.mul" map2(a, b, f64_mul);
    f64x2_div (a, b) "f64x2.div" map2(a, b, f64_div);
    f64x2_min (a, b) "f64x2.min" map2(a, b, f64_min);
    f64x2_max (a, b) "f64x2.max" map2(a, b, f64_max);
    f64x2_pmin (a, b) "f64x2.pmin" map2::<f64, 2>(a, b, |a, b| if b < a { b } else { a });
    f64x2_pmax (a, b) "f64x2.pmax" map2::<f64, 2>(a, b, |a, b| if a < b { b } else { a });
    f64x2_eq (a, b) "f64x2.eq" test::<f64, u64, 2>(a, b, |a, b| a == b);
    f64x2_ne (a, b) "f64x2.ne" test::<f64, u64, 2>(a, b, |a, b| a != b);
    f64x2_lt (a, b) "f64x2.lt" test::<f64, u64, 2>(a, b, |a, b| a < b);
    f64x2_gt (a, b) "f64x2.gt" test::<f64, u64, 2>(a, b, |a, b| a > b);
    f64x2_le (a, b) "f64x2.le" test::<f64, u64, 2>(a, b, |a, b| a <= b);
    f64x2_ge (a, b) "f64x2.ge" test::<f64, u64, 2>(a, b, |a, b| a >= b);
}

unaries! {
    f32x4_ceil (a) "f32x4.ceil" map1(a, f32_ceil);
    f32x4_floor (a) "f32x4.floor" map1(a, f32_floor);
    f32x4_trunc (a) "f32x4.trunc" map1(a, f32_trunc);
    f32x4_nearest (a) "f32x4.nearest" map1(a, f32_nearest);
    f32x4_abs (a) "f32x4.abs" map1(a, f32_abs);
    f32x4_neg (a) "f32x4.neg" map1(a, f32_neg);
    f32x4_sqrt (a) "f32x4.sqrt" map1(a, f32_sqrt);
    f64x2_ceil (a) "f64x2.ceil" map1(a, f64_ceil);
    f64x2_floor (a) "f64x2.floor" map1(a, f64_floor);
    f64x2_trunc (a) "f64x2.trunc" map1(a, f64_trunc);
    f64x2_nearest (a) "f64x2.nearest" map1(a, f64_nearest);
    f64x2_abs (a) "f64x2.abs" map1(a, f64_abs);
    f64x2_neg (a) "f64x2.neg" map1(a, f64_neg);
    f64x2_sqrt (a) "f64x2.sqrt" map1(a, f64_sqrt);
    i32x4_trunc_sat_f32x4_s (a) "i32x4.trunc_sat_f32x4_s" convert(a, i32_trunc_sat_f32_s);
    i32x4_trunc_sat_f32x4_u (a) "i32x4.trunc_sat_f32x4_u" convert(a, i32_trunc_sat_f32_u);
    f32x4_convert_i32x4_s (a) "f32x4.convert_i32x4_s" convert(a, f32_convert_i32_s);
    f32x4_convert_i32x4_u (a) "f32x4.convert_i32x4_u" convert(a, f32_convert_i32_u);
    i32x4_trunc_sat_f64x2_s_zero (a) "i32x4.trunc_sat_f64x2_s_zero" to_low(a, i32_trunc_sat_f64_s, 0);
    i32x4_trunc_sat_f64x2_u_zero (a) "i32x4.trunc_sat_f64x2_u_zero" to_low(a, i32_trunc_sat_f64_u, 0);
    f64x2_convert_low_i32x4_s (a) "f64x2.convert_low_i32x4_s" from_low(a, f64_convert_i32_s);
    f64x2_convert_low_i32x4_u (a) "f64x2.convert_low_i32x4_u" from_low(a, f64_convert_i32_u);
    f32x4_demote_f64x2_zero (a) "f32x4.demote_f64x2_zero" to_low(a, f32_demote_f64, 0.0);
    f64x2_promote_low_f32x4 (a) "f64x2.promote_low_f32x4" from_low(a, f64_promote_f32);
}
