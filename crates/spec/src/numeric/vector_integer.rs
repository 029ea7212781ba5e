//! Operators on vectors whose lanes are integers, and on vectors as a whole.
//!
//! Not here: how a vector is split into lanes (see [`super::lanes`]). Invariant: as for scalars, arithmetic wraps
//! around and shift distances count modulo the width of a lane. Read next: [`super::vector_float`].
#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "values are brought into the narrower range first"
)]

use super::lanes::{
    Lane, binaries, bitmask, map1, map2, narrow, pairwise, shifts, split, test, tests, unaries,
    widen, widen2,
};

binaries! {
    i8x16_add (a, b) "i8x16.add" map2::<i8, 16>(a, b, i8::wrapping_add);
    i8x16_sub (a, b) "i8x16.sub" map2::<i8, 16>(a, b, i8::wrapping_sub);
    i8x16_add_sat_s (a, b) "i8x16.add_sat_s" map2::<i8, 16>(a, b, i8::saturating_add);
    i8x16_add_sat_u (a, b) "i8x16.add_sat_u" map2::<u8, 16>(a, b, u8::saturating_add);
    i8x16_sub_sat_s (a, b) "i8x16.sub_sat_s" map2::<i8, 16>(a, b, i8::saturating_sub);
    i8x16_sub_sat_u (a, b) "i8x16.sub_sat_u" map2::<u8, 16>(a, b, u8::saturating_sub);
    i8x16_avgr_u (a, b) "i8x16.avgr_u" map2::<u8, 16>(a, b, |a, b| (a >> 1) + (b >> 1) + ((a | b) & 1));
    i8x16_min_s (a, b) "i8x16.min_s" map2::<i8, 16>(a, b, Ord::min);
    i8x16_min_u (a, b) "i8x16.min_u" map2::<u8, 16>(a, b, Ord::min);
    i8x16_max_s (a, b) "i8x16.max_s" map2::<i8, 16>(a, b, Ord::max);
    i8x16_max_u (a, b) "i8x16.max_u" map2::<u8, 16>(a, b, Ord::max);
    i8x16_eq (a, b) "i8x16.eq" test::<i8, u8, 16>(a, b, |a, b| a == b);
    i8x16_ne (a, b) "i8x16.ne" test::<i8, u8, 16>(a, b, |a, b| a != b);
    i8x16_lt_s (a, b) "i8x16.lt_s" test::<i8, u8, 16>(a, b, |a, b| a < b);
    i8x16_lt_u (a, b) "i8x16.lt_u" test::<u8, u8, 16>(a, b, |a, b| a < b);
    i8x16_gt_s (a, b) "i8x16.gt_s" test::<i8, u8, 16>(a, b, |a, b| a > b);
    i8x16_gt_u (a, b) "i8x16.gt_u" test::<u8, u8, 16>(a, b, |a, b| a > b);
    i8x16_le_s (a, b) "i8x16.le_s" test::<i8, u8, 16>(a, b, |a, b| a <= b);
    i8x16_le_u (a, b) "i8x16.le_u" test::<u8, u8, 16>(a, b, |a, b| a <= b);
    i8x16_ge_s (a, b) "i8x16.ge_s" test::<i8, u8, 16>(a, b, |a, b| a >= b);
    i8x16_ge_u (a, b) "i8x16.ge_u" test::<u8, u8, 16>(a, b, |a, b| a >= b);
    i16x8_add (a, b) "i16x8.add" map2::<i16, 8>(a, b, i16::wrapping_add);
    i16x8_sub (a, b) "i16x8.sub" map2::<i16, 8>(a, b, i16::wrapping_sub);
    i16x8_mul (a, b) "i16x8.mul" map2::<i16, 8>(a, b, i16::wrapping_mul);
    i16x8_add_sat_s (a, b) "i16x8.add_sat_s" map2::<i16, 8>(a, b, i16::saturating_add);
    i16x8_add_sat_u (a, b) "i16x8.add_sat_u" map2::<u16, 8>(a, b, u16::saturating_add);
    i16x8_sub_sat_s (a, b) "i16x8.sub_sat_s" map2::<i16, 8>(a, b, i16::saturating_sub);
    i16x8_sub_sat_u (a, b) "i16x8.sub_sat_u" map2::<u16, 8>(a, b, u16::saturating_sub);
    i16x8_avgr_u (a, b) "i16x8.avgr_u" map2::<u16, 8>(a, b, |a, b| (a >> 1) + (b >> 1) + ((a | b) & 1));
    i16x8_min_s (a, b) "i16x8.min_s" map2::<i16, 8>(a, b, Ord::min);
    i16x8_min_u (a, b) "i16x8.min_u" map2::<u16, 8>(a, b, Ord::min);
    i16x8_max_s (a, b) "i16x8.max_s" map2::<i16, 8>(a, b, Ord::max);
    i16x8_max_u (a, b) "i16x8.max_u" map2::<u16, 8>(a, b, Ord::max);
    i16x8_eq (a, b) "i16x8.eq" test::<i16, u16, 8>(a, b, |a, b| a == b);
    i16x8_ne (a, b) "i16x8.ne" test::<i16, u16, 8>(a, b, |a, b| a != b);
    i16x8_lt_s (a, b) "i16x8.lt_s" test::<i16, u16, 8>(a, b, |a, b| a < b);
    i16x8_lt_u (a, b) "i16x8.lt_u" test::<u16, u16, 8>(a, b, |a, b| a < b);
    i16x8_gt_s (a, b) "i16x8.gt_s" test::<i16, u16, 8>(a, b, |a, b| a > b);
    i16x8_gt_u (a, b) "i16x8.gt_u" test::<u16, u16, 8>(a, b, |a, b| a > b);
    i16x8_le_s (a, b) "i16x8.le_s" test::<i16, u16, 8>(a, b, |a, b| a <= b);
    i16x8_le_u (a, b) "i16x8.le_u" test::<u16, u16, 8>(a, b, |a, b| a <= b);
    i16x8_ge_s (a, b) "i16x8.ge_s" test::<i16, u16, 8>(a, b, |a, b| a >= b);
    i16x8_ge_u (a, b) "i16x8.ge_u" test::<u16, u16, 8>(a, b, |a, b| a >= b);
    i32x4_add (a, b) "i32x4.add" map2::<i32, 4>(a, b, i32::wrapping_add);
    i32x4_sub (a, b) "i32x4.sub" map2::<i32, 4>(a, b, i32::wrapping_sub);
    i32x4_mul (a, b) "i32x4.mul" map2::<i32, 4>(a, b, i32::wrapping_mul);
    i32x4_min_s (a, b) "i32x4.min_s" map2::<i32, 4>(a, b, Ord::min);
    i32x4_min_u (a, b) "i32x4.min_u" map2::<u32, 4>(a, b, Ord::min);
    i32x4_max_s (a, b) "i32x4.max_s" map2::<i32, 4>(a, b, Ord::max);
    i32x4_max_u (a, b) "i32x4.max_u" map2::<u32, 4>(a, b, Ord::max);
    i32x4_eq (a, b) "i32x4.eq" test::<i32, u32, 4>(a, b, |a, b| a == b);
    i32x4_ne (a, b) "i32x4.ne" test::<i32, u32, 4>(a, b, |a, b| a != b);
    i32x4_lt_s (a, b) "i32x4.lt_s" test::<i32, u32, 4>(a, b, |a, b| a < b);
    i32x4_lt_u (a, b) "i32x4.lt_u" test::<u32, u32, 4>(a, b, |a, b| a < b);
    i32x4_gt_s (a, b) "i32x4.gt_s" test::<i32, u32, 4>(a, b, |a, b| a > b);
    i32x4_gt_u (a, b) "i32x4.gt_u" test::<u32, u32, 4>(a, b, |a, b| a > b);
    i32x4_le_s (a, b) "i32x4.le_s" test::<i32, u32, 4>(a, b, |a, b| a <= b);
    i32x4_le_u (a, b) "i32x4.le_u" test::<u32, u32, 4>(a, b, |a, b| a <= b);
    i32x4_ge_s (a, b) "i32x4.ge_s" test::<i32, u32, 4>(a, b, |a, b| a >= b);
    i32x4_ge_u (a, b) "i32x4.ge_u" test::<u32, u32, 4>(a, b, |a, b| a >= b);
    i64x2_add (a, b) "i64x2.add" map2::<i64, 2>(a, b, i64::wrapping_add);
    i64x2_sub (a, b) "i64x2.sub" map2::<i64, 2>(a, b, i64::wrapping_sub);
    i64x2_mul (a, b) "i64x2.mul" map2::<i64, 2>(a, b, i64::wrapping_mul);
    i64x2_eq (a, b) "i64x2.eq" test::<i64, u64, 2>(a, b, |a, b| a == b);
    i64x2_ne (a, b) "i64x2.ne" test::<i64, u64, 2>(a, b, |a, b| a != b);
    i64x2_lt_s (a, b) "i64x2.lt_s" test::<i64, u64, 2>(a, b, |a, b| a < b);
    i64x2_gt_s (a, b) "i64x2.gt_s" test::<i64, u64, 2>(a, b, |a, b| a > b);
    i64x2_le_s (a, b) "i64x2.le_s" test::<i64, u64, 2>(a, b, |a, b| a <= b);
    i64x2_ge_s (a, b) "i64x2.ge_s" test::<i64, u64, 2>(a, b, |a, b| a >= b);
    v128_and (a, b) "v128.and" a & b;
    v128_andnot (a, b) "v128.andnot" a & !b;
    v128_or (a, b) "v128.or" a | b;
    v128_xor (a, b) "v128.xor" a ^ b;
    i16x8_q15mulr_sat_s (a, b) "i16x8.q15mulr_sat_s" map2::<i16, 8>(a, b, q15);
    i8x16_swizzle (a, b) "i8x16.swizzle" swizzle(a, b);
    i32x4_dot_i16x8_s (a, b) "i32x4.dot_i16x8_s" dot(a, b);
    i16x8_extmul_low_i8x16_s (a, b) "i16x8.extmul_low_i8x16_s" widen2::<i8, i16, 16, 8>(a, b, 0, i16::wrapping_mul);
    i16x8_extmul_low_i8x16_u (a, b) "i16x8.extmul_low_i8x16_u" widen2::<u8, u16, 16, 8>(a, b, 0, u16::wrapping_mul);
    i16x8_extmul_high_i8x16_s (a, b) "i16x8.extmul_high_i8x16_s" widen2::<i8, i16, 16, 8>(a, b, 8, i16::wrapping_mul);
    i16x8_extmul_high_i8x16_u (a, b) "i16x8.extmul_high_i8x16_u" widen2::<u8, u16, 16, 8>(a, b, 8, u16::wrapping_mul);
    i8x16_narrow_i16x8_s (a, b) "i8x16.narrow_i16x8_s" narrow::<i16, i8, 8, 16>(a, b, |a| a.clamp(i16::from(i8::MIN), i16::from(i8::MAX)) as i8);
    i8x16_narrow_i16x8_u (a, b) "i8x16.narrow_i16x8_u" narrow::<i16, u8, 8, 16>(a, b, |a| a.clamp(0, i16::from(u8::MAX)) as u8);
    i32x4_extmul_low_i16x8_s (a, b) "i32x4.extmul_low_i16x8_s" widen2::<i16, i32, 8, 4>(a, b, 0, i32::wrapping_mul);
    i32x4_extmul_low_i16x8_u (a, b) "i32x4.extmul_low_i16x8_u" widen2::<u16, u32, 8, 4>(a, b, 0, u32::wrapping_mul);
    i32x4_extmul_high_i16x8_s (a, b) "i32x4.extmul_high_i16x8_s" widen2::<i16, i32, 8, 4>(a, b, 4, i32::wrapping_mul);
    i32x4_extmul_high_i16x8_u (a, b) "i32x4.extmul_high_i16x8_u" widen2::<u16, u32, 8, 4>(a, b, 4, u32::wrapping_mul);
    i16x8_narrow_i32x4_s (a, b) "i16x8.narrow_i32x4_s" narrow::<i32, i16, 4, 8>(a, b, |a| a.clamp(i32::from(i16::MIN), i32::from(i16::MAX)) as i16);
    i16x8_narrow_i32x4_u (a, b) "i16x8.narrow_i32x4_u" narrow::<i32, u16, 4, 8>(a, b, |a| a.clamp(0, i32::from(u16::MAX)) as u16);
    i64x2_extmul_low_i32x4_s (a, b) "i64x2.extmul_low_i32x4_s" widen2::<i32, i64, 4, 2>(a, b, 0, i64::wrapping_mul);
    i64x2_extmul_low_i32x4_u (a, b) "i64x2.extmul_low_i32x4_u" widen2::<u32, u64, 4, 2>(a, b, 0, u64::wrapping_mul);
    i64x2_extmul_high_i32x4_s (a, b) "i64x2.extmul_high_i32x4_s" widen2::<i32, i64, 4, 2>(a, b, 2, i64::wrapping_mul);
    i64x2_extmul_high_i32x4_u (a, b) "i64x2.extmul_high_i32x4_u" widen2::<u32, u64, 4, 2>(a, b, 2, u64::wrapping_mul);
}

unaries! {
    i8x16_abs (a) "i8x16.abs" map1::<i8, 16>(a, i8::wrapping_abs);
    i8x16_neg (a) "i8x16.neg" map1::<i8, 16>(a, i8::wrapping_neg);
    i16x8_abs (a) "i16x8.abs" map1::<i16, 8>(a, i16::wrapping_abs);
    i16x8_neg (a) "i16x8.neg" map1::<i16, 8>(a, i16::wrapping_neg);
    i32x4_abs (a) "i32x4.abs" map1::<i32, 4>(a, i32::wrapping_abs);
    i32x4_neg (a) "i32x4.neg" map1::<i32, 4>(a, i32::wrapping_neg);
    i64x2_abs (a) "i64x2.abs" map1::<i64, 2>(a, i64::wrapping_abs);
    i64x2_neg (a) "i64x2.neg" map1::<i64, 2>(a, i64::wrapping_neg);
    i8x16_popcnt (a) "i8x16.popcnt" map1::<u8, 16>(a, |a| a.count_ones() as u8);
    v128_not (a) "v128.not" !a;
    i16x8_extend_low_i8x16_s (a) "i16x8.extend_low_i8x16_s" widen::<i8, i16, 16, 8>(a, 0);
    i16x8_extend_low_i8x16_u (a) "i16x8.extend_low_i8x16_u" widen::<u8, u16, 16, 8>(a, 0);
    i16x8_extend_high_i8x16_s (a) "i16x8.extend_high_i8x16_s" widen::<i8, i16, 16, 8>(a, 8);
    i16x8_extend_high_i8x16_u (a) "i16x8.extend_high_i8x16_u" widen::<u8, u16, 16, 8>(a, 8);
    i16x8_extadd_pairwise_i8x16_s (a) "i16x8.extadd_pairwise_i8x16_s" pairwise::<i8, i16, 16, 8>(a, i16::wrapping_add);
    i16x8_extadd_pairwise_i8x16_u (a) "i16x8.extadd_pairwise_i8x16_u" pairwise::<u8, u16, 16, 8>(a, u16::wrapping_add);
    i32x4_extend_low_i16x8_s (a) "i32x4.extend_low_i16x8_s" widen::<i16, i32, 8, 4>(a, 0);
    i32x4_extend_low_i16x8_u (a) "i32x4.extend_low_i16x8_u" widen::<u16, u32, 8, 4>(a, 0);
    i32x4_extend_high_i16x8_s (a) "i32x4.extend_high_i16x8_s" widen::<i16, i32, 8, 4>(a, 4);
    i32x4_extend_high_i16x8_u (a) "i32x4.extend_high_i16x8_u" widen::<u16, u32, 8, 4>(a, 4);
    i32x4_extadd_pairwise_i16x8_s (a) "i32x4.extadd_pairwise_i16x8_s" pairwise::<i16, i32, 8, 4>(a, i32::wrapping_add);
    i32x4_extadd_pairwise_i16x8_u (a) "i32x4.extadd_pairwise_i16x8_u" pairwise::<u16, u32, 8, 4>(a, u32::wrapping_add);
    i64x2_extend_low_i32x4_s (a) "i64x2.extend_low_i32x4_s" widen::<i32, i64, 4, 2>(a, 0);
    i64x2_extend_low_i32x4_u (a) "i64x2.extend_low_i32x4_u" widen::<u32, u64, 4, 2>(a, 0);
    i64x2_extend_high_i32x4_s (a) "i64x2.extend_high_i32x4_s" widen::<i32, i64, 4, 2>(a, 2);
    i64x2_extend_high_i32x4_u (a) "i64x2.extend_high_i32x4_u" widen::<u32, u64, 4, 2>(a, 2);
}

shifts! {
    i8x16_shl (a, by) "i8x16.shl" map1::<u8, 16>(a, |a| a.wrapping_shl(by));
    i8x16_shr_s (a, by) "i8x16.shr_s" map1::<i8, 16>(a, |a| a.wrapping_shr(by));
    i8x16_shr_u (a, by) "i8x16.shr_u" map1::<u8, 16>(a, |a| a.wrapping_shr(by));
    i16x8_shl (a, by) "i16x8.shl" map1::<u16, 8>(a, |a| a.wrapping_shl(by));
    i16x8_shr_s (a, by) "i16x8.shr_s" map1::<i16, 8>(a, |a| a.wrapping_shr(by));
    i16x8_shr_u (a, by) "i16x8.shr_u" map1::<u16, 8>(a, |a| a.wrapping_shr(by));
    i32x4_shl (a, by) "i32x4.shl" map1::<u32, 4>(a, |a| a.wrapping_shl(by));
    i32x4_shr_s (a, by) "i32x4.shr_s" map1::<i32, 4>(a, |a| a.wrapping_shr(by));
    i32x4_shr_u (a, by) "i32x4.shr_u" map1::<u32, 4>(a, |a| a.wrapping_shr(by));
    i64x2_shl (a, by) "i64x2.shl" map1::<u64, 2>(a, |a| a.wrapping_shl(by));
    i64x2_shr_s (a, by) "i64x2.shr_s" map1::<i64, 2>(a, |a| a.wrapping_shr(by));
    i64x2_shr_u (a, by) "i64x2.shr_u" map1::<u64, 2>(a, |a| a.wrapping_shr(by));
}

tests! {
    i8x16_all_true (a) "i8x16.all_true" i32::from(split::<i8, 16>(a).iter().all(|a| *a != 0));
    i8x16_bitmask (a) "i8x16.bitmask" bitmask(split::<i8, 16>(a).map(|a| a < 0));
    i16x8_all_true (a) "i16x8.all_true" i32::from(split::<i16, 8>(a).iter().all(|a| *a != 0));
    i16x8_bitmask (a) "i16x8.bitmask" bitmask(split::<i16, 8>(a).map(|a| a < 0));
    i32x4_all_true (a) "i32x4.all_true" i32::from(split::<i32, 4>(a).iter().all(|a| *a != 0));
    i32x4_bitmask (a) "i32x4.bitmask" bitmask(split::<i32, 4>(a).map(|a| a < 0));
    i64x2_all_true (a) "i64x2.all_true" i32::from(split::<i64, 2>(a).iter().all(|a| *a != 0));
    i64x2_bitmask (a) "i64x2.bitmask" bitmask(split::<i64, 2>(a).map(|a| a < 0));
    v128_any_true (a) "v128.any_true" i32::from(a != 0);
}

/// Chooses the bits of `a` where `mask` is set, else those of `b`.
#[must_use]
pub const fn v128_bitselect(a: u128, b: u128, mask: u128) -> u128 {
    (a & mask) | (b & !mask)
}

/// The bytes of both vectors, side by side, that the lanes of `which` name.
#[must_use]
pub fn i8x16_shuffle(a: u128, b: u128, which: [u8; 16]) -> u128 {
    let (a, b) = (split::<u8, 16>(a), split::<u8, 16>(b));
    let byte = |index: u8| {
        let index = usize::from(index & 31);
        if index < 16 { a[index] } else { b[index - 16] }
    };
    Lane::join(which.map(byte))
}

/// The bytes of `a` that `which` names; 0 where it names none.
fn swizzle(a: u128, which: u128) -> u128 {
    let a = split::<u8, 16>(a);
    Lane::join(split::<u8, 16>(which).map(|index| a.get(usize::from(index)).copied().unwrap_or(0)))
}

/// Products of fractions with 15 bits, rounded.
fn q15(a: i16, b: i16) -> i16 {
    let product = (i32::from(a) * i32::from(b) + 0x4000) >> 15;
    product.clamp(i32::from(i16::MIN), i32::from(i16::MAX)) as i16
}

/// Sums of neighbouring products.
fn dot(a: u128, b: u128) -> u128 {
    let (a, b) = (split::<i16, 8>(a), split::<i16, 8>(b));
    let product = |lane: usize| i32::from(a[lane]) * i32::from(b[lane]);
    Lane::join(core::array::from_fn::<i32, 4, _>(|lane| {
        product(2 * lane).wrapping_add(product(2 * lane + 1))
    }))
}
