//! The operators on vectors as data: one row each, with the function of `holm-spec` that says what it means.
//!
//! Vectors are never accumulated: operands and results lie in slots, two for a vector. Not here: how they are
//! fetched (see `executor::vector`). Invariant: the families stand in the table in the order of [`BASES`].
//! Read next: `executor::table`.

use super::raw;
use holm_module::wasm::{MemArg, Operator};
use holm_spec::numeric as n;
use holm_spec::types::ValType;

/// An operator from two vectors to one.
pub(crate) trait Binary {
    const NAME: &'static str;
    fn eval(a: u128, b: u128) -> u128;
}

/// An operator from three vectors to one.
pub(crate) trait Ternary {
    const NAME: &'static str;
    fn eval(a: u128, b: u128, c: u128) -> u128;
}

/// An operator from a vector to another.
pub(crate) trait Unary {
    const NAME: &'static str;
    fn eval(a: u128) -> u128;
}

/// An operator from a vector and a distance to a vector.
pub(crate) trait Shift {
    const NAME: &'static str;
    fn eval(a: u128, by: i32) -> u128;
}

/// An operator from a vector to an integer.
pub(crate) trait Test {
    const NAME: &'static str;
    fn eval(a: u128) -> i32;
}

/// A vector from a scalar in a slot.
pub(crate) trait Splat {
    const NAME: &'static str;
    fn eval(a: u64) -> u128;
}

/// A lane as a scalar in a slot, zero-extended.
pub(crate) trait Extract {
    const NAME: &'static str;
    fn eval(a: u128, lane: u32) -> u64;
}

/// A vector with another value in a lane of so many bits.
pub(crate) trait Replace {
    const NAME: &'static str;
    const BITS: u32;
}

/// A vector from bytes of memory.
pub(crate) trait Load<const N: usize> {
    const NAME: &'static str;
    fn eval(bytes: [u8; N]) -> u128;
}

/// So many bytes of memory into or out of a lane.
pub(crate) trait Lane<const N: usize> {
    const LOAD: &'static str;
    const STORE: &'static str;
}

/// Every lane of so many bits the same.
const fn repeat(value: u64, bits: u32) -> u128 {
    let mut vector = value as u128;
    let mut filled = bits;
    while filled < 128 {
        vector |= vector << filled;
        filled *= 2;
    }
    vector
}

/// The lane's bits.
#[expect(clippy::cast_possible_truncation, reason = "the lane is cut out")]
const fn lane(vector: u128, lane: u32, bits: u32) -> u64 {
    (vector >> (lane * bits % 128)) as u64 & (u64::MAX >> (64 - bits))
}

/// The same with its sign extended to 32 bits.
#[expect(clippy::cast_possible_truncation, reason = "lanes with a sign have at most 16 bits")]
const fn signed_lane(vector: u128, at: u32, bits: u32) -> u64 {
    let value = lane(vector, at, bits) as u32;
    ((value << (32 - bits)).cast_signed() >> (32 - bits)).cast_unsigned() as u64
}

/// Hands the rows of operators with two operands to a macro.
macro_rules! binaries {
    ($then:ident) => {
        $then! {
            I8x16Add "i8x16.add" i8x16_add;
            I8x16Sub "i8x16.sub" i8x16_sub;
            I8x16AddSatS "i8x16.add_sat_s" i8x16_add_sat_s;
            I8x16AddSatU "i8x16.add_sat_u" i8x16_add_sat_u;
            I8x16SubSatS "i8x16.sub_sat_s" i8x16_sub_sat_s;
            I8x16SubSatU "i8x16.sub_sat_u" i8x16_sub_sat_u;
            I8x16AvgrU "i8x16.avgr_u" i8x16_avgr_u;
            I8x16MinS "i8x16.min_s" i8x16_min_s;
            I8x16MinU "i8x16.min_u" i8x16_min_u;
            I8x16MaxS "i8x16.max_s" i8x16_max_s;
            I8x16MaxU "i8x16.max_u" i8x16_max_u;
            I8x16Eq "i8x16.eq" i8x16_eq;
            I8x16Ne "i8x16.ne" i8x16_ne;
            I8x16LtS "i8x16.lt_s" i8x16_lt_s;
            I8x16LtU "i8x16.lt_u" i8x16_lt_u;
            I8x16GtS "i8x16.gt_s" i8x16_gt_s;
            I8x16GtU "i8x16.gt_u" i8x16_gt_u;
            I8x16LeS "i8x16.le_s" i8x16_le_s;
            I8x16LeU "i8x16.le_u" i8x16_le_u;
            I8x16GeS "i8x16.ge_s" i8x16_ge_s;
            I8x16GeU "i8x16.ge_u" i8x16_ge_u;
            I16x8Add "i16x8.add" i16x8_add;
            I16x8Sub "i16x8.sub" i16x8_sub;
            I16x8Mul "i16x8.mul" i16x8_mul;
            I16x8AddSatS "i16x8.add_sat_s" i16x8_add_sat_s;
            I16x8AddSatU "i16x8.add_sat_u" i16x8_add_sat_u;
            I16x8SubSatS "i16x8.sub_sat_s" i16x8_sub_sat_s;
            I16x8SubSatU "i16x8.sub_sat_u" i16x8_sub_sat_u;
            I16x8AvgrU "i16x8.avgr_u" i16x8_avgr_u;
            I16x8MinS "i16x8.min_s" i16x8_min_s;
            I16x8MinU "i16x8.min_u" i16x8_min_u;
            I16x8MaxS "i16x8.max_s" i16x8_max_s;
            I16x8MaxU "i16x8.max_u" i16x8_max_u;
            I16x8Eq "i16x8.eq" i16x8_eq;
            I16x8Ne "i16x8.ne" i16x8_ne;
            I16x8LtS "i16x8.lt_s" i16x8_lt_s;
            I16x8LtU "i16x8.lt_u" i16x8_lt_u;
            I16x8GtS "i16x8.gt_s" i16x8_gt_s;
            I16x8GtU "i16x8.gt_u" i16x8_gt_u;
            I16x8LeS "i16x8.le_s" i16x8_le_s;
            I16x8LeU "i16x8.le_u" i16x8_le_u;
            I16x8GeS "i16x8.ge_s" i16x8_ge_s;
            I16x8GeU "i16x8.ge_u" i16x8_ge_u;
            I32x4Add "i32x4.add" i32x4_add;
            I32x4Sub "i32x4.sub" i32x4_sub;
            I32x4Mul "i32x4.mul" i32x4_mul;
            I32x4MinS "i32x4.min_s" i32x4_min_s;
            I32x4MinU "i32x4.min_u" i32x4_min_u;
            I32x4MaxS "i32x4.max_s" i32x4_max_s;
            I32x4MaxU "i32x4.max_u" i32x4_max_u;
            I32x4Eq "i32x4.eq" i32x4_eq;
            I32x4Ne "i32x4.ne" i32x4_ne;
            I32x4LtS "i32x4.lt_s" i32x4_lt_s;
            I32x4LtU "i32x4.lt_u" i32x4_lt_u;
            I32x4GtS "i32x4.gt_s" i32x4_gt_s;
            I32x4GtU "i32x4.gt_u" i32x4_gt_u;
            I32x4LeS "i32x4.le_s" i32x4_le_s;
            I32x4LeU "i32x4.le_u" i32x4_le_u;
            I32x4GeS "i32x4.ge_s" i32x4_ge_s;
            I32x4GeU "i32x4.ge_u" i32x4_ge_u;
            I64x2Add "i64x2.add" i64x2_add;
            I64x2Sub "i64x2.sub" i64x2_sub;
            I64x2Mul "i64x2.mul" i64x2_mul;
            I64x2Eq "i64x2.eq" i64x2_eq;
            I64x2Ne "i64x2.ne" i64x2_ne;
            I64x2LtS "i64x2.lt_s" i64x2_lt_s;
            I64x2GtS "i64x2.gt_s" i64x2_gt_s;
            I64x2LeS "i64x2.le_s" i64x2_le_s;
            I64x2GeS "i64x2.ge_s" i64x2_ge_s;
            V128And "v128.and" v128_and;
            V128AndNot "v128.andnot" v128_andnot;
            V128Or "v128.or" v128_or;
            V128Xor "v128.xor" v128_xor;
            I16x8Q15MulrSatS "i16x8.q15mulr_sat_s" i16x8_q15mulr_sat_s;
            I8x16Swizzle "i8x16.swizzle" i8x16_swizzle;
            I32x4DotI16x8S "i32x4.dot_i16x8_s" i32x4_dot_i16x8_s;
            I16x8ExtMulLowI8x16S "i16x8.extmul_low_i8x16_s" i16x8_extmul_low_i8x16_s;
            I16x8ExtMulLowI8x16U "i16x8.extmul_low_i8x16_u" i16x8_extmul_low_i8x16_u;
            I16x8ExtMulHighI8x16S "i16x8.extmul_high_i8x16_s" i16x8_extmul_high_i8x16_s;
            I16x8ExtMulHighI8x16U "i16x8.extmul_high_i8x16_u" i16x8_extmul_high_i8x16_u;
            I8x16NarrowI16x8S "i8x16.narrow_i16x8_s" i8x16_narrow_i16x8_s;
            I8x16NarrowI16x8U "i8x16.narrow_i16x8_u" i8x16_narrow_i16x8_u;
            I32x4ExtMulLowI16x8S "i32x4.extmul_low_i16x8_s" i32x4_extmul_low_i16x8_s;
            I32x4ExtMulLowI16x8U "i32x4.extmul_low_i16x8_u" i32x4_extmul_low_i16x8_u;
            I32x4ExtMulHighI16x8S "i32x4.extmul_high_i16x8_s" i32x4_extmul_high_i16x8_s;
            I32x4ExtMulHighI16x8U "i32x4.extmul_high_i16x8_u" i32x4_extmul_high_i16x8_u;
            I16x8NarrowI32x4S "i16x8.narrow_i32x4_s" i16x8_narrow_i32x4_s;
            I16x8NarrowI32x4U "i16x8.narrow_i32x4_u" i16x8_narrow_i32x4_u;
            I64x2ExtMulLowI32x4S "i64x2.extmul_low_i32x4_s" i64x2_extmul_low_i32x4_s;
            I64x2ExtMulLowI32x4U "i64x2.extmul_low_i32x4_u" i64x2_extmul_low_i32x4_u;
            I64x2ExtMulHighI32x4S "i64x2.extmul_high_i32x4_s" i64x2_extmul_high_i32x4_s;
            I64x2ExtMulHighI32x4U "i64x2.extmul_high_i32x4_u" i64x2_extmul_high_i32x4_u;
            F32x4Add "f32x4.add" raw_f32x4_add;
            F32x4Sub "f32x4.sub" raw_f32x4_sub;
            F32x4Mul "f32x4.mul" raw_f32x4_mul;
            F32x4Div "f32x4.div" raw_f32x4_div;
            F32x4Min "f32x4.min" raw_f32x4_min;
            F32x4Max "f32x4.max" raw_f32x4_max;
            F32x4PMin "f32x4.pmin" f32x4_pmin;
            F32x4PMax "f32x4.pmax" f32x4_pmax;
            F32x4Eq "f32x4.eq" f32x4_eq;
            F32x4Ne "f32x4.ne" f32x4_ne;
            F32x4Lt "f32x4.lt" f32x4_lt;
            F32x4Gt "f32x4.gt" f32x4_gt;
            F32x4Le "f32x4.le" f32x4_le;
            F32x4Ge "f32x4.ge" f32x4_ge;
            F64x2Add "f64x2.add" raw_f64x2_add;
            F64x2Sub "f64x2.sub" raw_f64x2_sub;
            F64x2Mul "f64x2.mul" raw_f64x2_mul;
            F64x2Div "f64x2.div" raw_f64x2_div;
            F64x2Min "f64x2.min" raw_f64x2_min;
            F64x2Max "f64x2.max" raw_f64x2_max;
            F64x2PMin "f64x2.pmin" f64x2_pmin;
            F64x2PMax "f64x2.pmax" f64x2_pmax;
            F64x2Eq "f64x2.eq" f64x2_eq;
            F64x2Ne "f64x2.ne" f64x2_ne;
            F64x2Lt "f64x2.lt" f64x2_lt;
            F64x2Gt "f64x2.gt" f64x2_gt;
            F64x2Le "f64x2.le" f64x2_le;
            F64x2Ge "f64x2.ge" f64x2_ge;
            I16x8RelaxedDotI8x16I7x16S "i16x8.relaxed_dot_i8x16_i7x16_s" i16x8_dot_i8x16_s;
        }
    };
}
pub(crate) use binaries;

/// Hands the rows of operators with one operand to a macro.
macro_rules! unaries {
    ($then:ident) => {
        $then! {
            I8x16Abs "i8x16.abs" i8x16_abs;
            I8x16Neg "i8x16.neg" i8x16_neg;
            I16x8Abs "i16x8.abs" i16x8_abs;
            I16x8Neg "i16x8.neg" i16x8_neg;
            I32x4Abs "i32x4.abs" i32x4_abs;
            I32x4Neg "i32x4.neg" i32x4_neg;
            I64x2Abs "i64x2.abs" i64x2_abs;
            I64x2Neg "i64x2.neg" i64x2_neg;
            I8x16Popcnt "i8x16.popcnt" i8x16_popcnt;
            V128Not "v128.not" v128_not;
            I16x8ExtendLowI8x16S "i16x8.extend_low_i8x16_s" i16x8_extend_low_i8x16_s;
            I16x8ExtendLowI8x16U "i16x8.extend_low_i8x16_u" i16x8_extend_low_i8x16_u;
            I16x8ExtendHighI8x16S "i16x8.extend_high_i8x16_s" i16x8_extend_high_i8x16_s;
            I16x8ExtendHighI8x16U "i16x8.extend_high_i8x16_u" i16x8_extend_high_i8x16_u;
            I16x8ExtAddPairwiseI8x16S "i16x8.extadd_pairwise_i8x16_s" i16x8_extadd_pairwise_i8x16_s;
            I16x8ExtAddPairwiseI8x16U "i16x8.extadd_pairwise_i8x16_u" i16x8_extadd_pairwise_i8x16_u;
            I32x4ExtendLowI16x8S "i32x4.extend_low_i16x8_s" i32x4_extend_low_i16x8_s;
            I32x4ExtendLowI16x8U "i32x4.extend_low_i16x8_u" i32x4_extend_low_i16x8_u;
            I32x4ExtendHighI16x8S "i32x4.extend_high_i16x8_s" i32x4_extend_high_i16x8_s;
            I32x4ExtendHighI16x8U "i32x4.extend_high_i16x8_u" i32x4_extend_high_i16x8_u;
            I32x4ExtAddPairwiseI16x8S "i32x4.extadd_pairwise_i16x8_s" i32x4_extadd_pairwise_i16x8_s;
            I32x4ExtAddPairwiseI16x8U "i32x4.extadd_pairwise_i16x8_u" i32x4_extadd_pairwise_i16x8_u;
            I64x2ExtendLowI32x4S "i64x2.extend_low_i32x4_s" i64x2_extend_low_i32x4_s;
            I64x2ExtendLowI32x4U "i64x2.extend_low_i32x4_u" i64x2_extend_low_i32x4_u;
            I64x2ExtendHighI32x4S "i64x2.extend_high_i32x4_s" i64x2_extend_high_i32x4_s;
            I64x2ExtendHighI32x4U "i64x2.extend_high_i32x4_u" i64x2_extend_high_i32x4_u;
            F32x4Ceil "f32x4.ceil" raw_f32x4_ceil;
            F32x4Floor "f32x4.floor" raw_f32x4_floor;
            F32x4Trunc "f32x4.trunc" raw_f32x4_trunc;
            F32x4Nearest "f32x4.nearest" raw_f32x4_nearest;
            F32x4Abs "f32x4.abs" f32x4_abs;
            F32x4Neg "f32x4.neg" f32x4_neg;
            F32x4Sqrt "f32x4.sqrt" raw_f32x4_sqrt;
            F64x2Ceil "f64x2.ceil" raw_f64x2_ceil;
            F64x2Floor "f64x2.floor" raw_f64x2_floor;
            F64x2Trunc "f64x2.trunc" raw_f64x2_trunc;
            F64x2Nearest "f64x2.nearest" raw_f64x2_nearest;
            F64x2Abs "f64x2.abs" f64x2_abs;
            F64x2Neg "f64x2.neg" f64x2_neg;
            F64x2Sqrt "f64x2.sqrt" raw_f64x2_sqrt;
            I32x4TruncSatF32x4S "i32x4.trunc_sat_f32x4_s" i32x4_trunc_sat_f32x4_s;
            I32x4TruncSatF32x4U "i32x4.trunc_sat_f32x4_u" i32x4_trunc_sat_f32x4_u;
            F32x4ConvertI32x4S "f32x4.convert_i32x4_s" f32x4_convert_i32x4_s;
            F32x4ConvertI32x4U "f32x4.convert_i32x4_u" f32x4_convert_i32x4_u;
            I32x4TruncSatF64x2SZero "i32x4.trunc_sat_f64x2_s_zero" i32x4_trunc_sat_f64x2_s_zero;
            I32x4TruncSatF64x2UZero "i32x4.trunc_sat_f64x2_u_zero" i32x4_trunc_sat_f64x2_u_zero;
            F64x2ConvertLowI32x4S "f64x2.convert_low_i32x4_s" f64x2_convert_low_i32x4_s;
            F64x2ConvertLowI32x4U "f64x2.convert_low_i32x4_u" f64x2_convert_low_i32x4_u;
            F32x4DemoteF64x2Zero "f32x4.demote_f64x2_zero" raw_f32x4_demote_f64x2_zero;
            F64x2PromoteLowF32x4 "f64x2.promote_low_f32x4" raw_f64x2_promote_low_f32x4;
        }
    };
}
pub(crate) use unaries;

/// Hands the rows of shifts to a macro.
macro_rules! shifts {
    ($then:ident) => {
        $then! {
            I8x16Shl "i8x16.shl" i8x16_shl;
            I8x16ShrS "i8x16.shr_s" i8x16_shr_s;
            I8x16ShrU "i8x16.shr_u" i8x16_shr_u;
            I16x8Shl "i16x8.shl" i16x8_shl;
            I16x8ShrS "i16x8.shr_s" i16x8_shr_s;
            I16x8ShrU "i16x8.shr_u" i16x8_shr_u;
            I32x4Shl "i32x4.shl" i32x4_shl;
            I32x4ShrS "i32x4.shr_s" i32x4_shr_s;
            I32x4ShrU "i32x4.shr_u" i32x4_shr_u;
            I64x2Shl "i64x2.shl" i64x2_shl;
            I64x2ShrS "i64x2.shr_s" i64x2_shr_s;
            I64x2ShrU "i64x2.shr_u" i64x2_shr_u;
        }
    };
}
pub(crate) use shifts;

/// Hands the rows of tests to a macro.
macro_rules! tests {
    ($then:ident) => {
        $then! {
            I8x16AllTrue "i8x16.all_true" i8x16_all_true;
            I8x16Bitmask "i8x16.bitmask" i8x16_bitmask;
            I16x8AllTrue "i16x8.all_true" i16x8_all_true;
            I16x8Bitmask "i16x8.bitmask" i16x8_bitmask;
            I32x4AllTrue "i32x4.all_true" i32x4_all_true;
            I32x4Bitmask "i32x4.bitmask" i32x4_bitmask;
            I64x2AllTrue "i64x2.all_true" i64x2_all_true;
            I64x2Bitmask "i64x2.bitmask" i64x2_bitmask;
            V128AnyTrue "v128.any_true" v128_any_true;
        }
    };
}
pub(crate) use tests;

/// Hands the rows of splats to a macro: name, text, bits of a lane.
macro_rules! splats {
    ($then:ident) => {
        $then! {
            I8x16Splat "i8x16.splat" 8;
            I16x8Splat "i16x8.splat" 16;
            I32x4Splat "i32x4.splat" 32;
            I64x2Splat "i64x2.splat" 64;
            F32x4Splat "f32x4.splat" 32;
            F64x2Splat "f64x2.splat" 64;
        }
    };
}
pub(crate) use splats;

/// Hands the rows of extractions to a macro: name, text, type of the result, function, bits of a lane.
macro_rules! extracts {
    ($then:ident) => {
        $then! {
            I8x16ExtractLaneS "i8x16.extract_lane_s" I32 signed_lane 8;
            I8x16ExtractLaneU "i8x16.extract_lane_u" I32 lane 8;
            I16x8ExtractLaneS "i16x8.extract_lane_s" I32 signed_lane 16;
            I16x8ExtractLaneU "i16x8.extract_lane_u" I32 lane 16;
            I32x4ExtractLane "i32x4.extract_lane" I32 lane 32;
            I64x2ExtractLane "i64x2.extract_lane" I64 lane 64;
            F32x4ExtractLane "f32x4.extract_lane" F32 lane 32;
            F64x2ExtractLane "f64x2.extract_lane" F64 lane 64;
        }
    };
}
pub(crate) use extracts;

/// Hands the rows of replacements to a macro: name, text, bits of a lane.
macro_rules! replaces {
    ($then:ident) => {
        $then! {
            I8x16ReplaceLane "i8x16.replace_lane" 8;
            I16x8ReplaceLane "i16x8.replace_lane" 16;
            I32x4ReplaceLane "i32x4.replace_lane" 32;
            I64x2ReplaceLane "i64x2.replace_lane" 64;
            F32x4ReplaceLane "f32x4.replace_lane" 32;
            F64x2ReplaceLane "f64x2.replace_lane" 64;
        }
    };
}
pub(crate) use replaces;

/// Hands the rows of loads to a macro: name, text, bytes, how they become a vector.
macro_rules! loads {
    ($then:ident) => {
        $then! {
            V128Load "v128.load" 16 u128::from_le_bytes;
            V128Load8x8S "v128.load8x8_s" 8 |b| n::i16x8_extend_low_i8x16_s(low(b));
            V128Load8x8U "v128.load8x8_u" 8 |b| n::i16x8_extend_low_i8x16_u(low(b));
            V128Load16x4S "v128.load16x4_s" 8 |b| n::i32x4_extend_low_i16x8_s(low(b));
            V128Load16x4U "v128.load16x4_u" 8 |b| n::i32x4_extend_low_i16x8_u(low(b));
            V128Load32x2S "v128.load32x2_s" 8 |b| n::i64x2_extend_low_i32x4_s(low(b));
            V128Load32x2U "v128.load32x2_u" 8 |b| n::i64x2_extend_low_i32x4_u(low(b));
            V128Load8Splat "v128.load8_splat" 1 |b| repeat(u64::from(u8::from_le_bytes(b)), 8);
            V128Load16Splat "v128.load16_splat" 2 |b| repeat(u64::from(u16::from_le_bytes(b)), 16);
            V128Load32Splat "v128.load32_splat" 4 |b| repeat(u64::from(u32::from_le_bytes(b)), 32);
            V128Load64Splat "v128.load64_splat" 8 |b| repeat(u64::from_le_bytes(b), 64);
            V128Load32Zero "v128.load32_zero" 4 |b| u128::from(u32::from_le_bytes(b));
            V128Load64Zero "v128.load64_zero" 8 low;
        }
    };
}
pub(crate) use loads;

/// Hands the rows of loads and stores of lanes to a macro: names, texts, bytes.
macro_rules! lanes {
    ($then:ident) => {
        $then! {
            V128Load8Lane V128Store8Lane "v128.load8_lane" "v128.store8_lane" 1;
            V128Load16Lane V128Store16Lane "v128.load16_lane" "v128.store16_lane" 2;
            V128Load32Lane V128Store32Lane "v128.load32_lane" "v128.store32_lane" 4;
            V128Load64Lane V128Store64Lane "v128.load64_lane" "v128.store64_lane" 8;
        }
    };
}
pub(crate) use lanes;

/// The bytes as the lower half of a vector.
#[inline(always)]
fn low(bytes: [u8; 8]) -> u128 {
    u128::from(u64::from_le_bytes(bytes))
}

macro_rules! define {
    ($trait:ident $find:ident $numbers:ident $count:ident $params:tt $arguments:tt -> $to:ty;
        $($name:ident $text:literal $function:ident;)*) => {
        #[derive(Clone, Copy, Debug)]
        #[repr(u16)]
        enum $numbers { $($name),* }

        pub(crate) const $count: usize = [$($text),*].len();

        /// The place of an operator in its family.
        fn $find(operator: &Operator<'_>) -> Option<u16> {
            match operator {
                $(Operator::$name => Some($numbers::$name as u16),)*
                _ => None,
            }
        }

        $(
            pub(crate) struct $name;
            impl $trait for $name {
                const NAME: &'static str = $text;
                #[inline(always)]
                fn eval $params -> $to {
                    raw::$function $arguments
                }
            }
        )*
    };
}

macro_rules! define_binaries {
    ($($rows:tt)*) => {
        define! { Binary find_binary BinaryNumber BINARIES (a: u128, b: u128) (a, b) -> u128; $($rows)* }
    };
}
binaries!(define_binaries);

macro_rules! define_unaries {
    ($($rows:tt)*) => {
        define! { Unary find_unary UnaryNumber UNARIES (a: u128) (a) -> u128; $($rows)* }
    };
}
unaries!(define_unaries);

macro_rules! define_shifts {
    ($($rows:tt)*) => {
        define! { Shift find_shift ShiftNumber SHIFTS (a: u128, by: i32) (a, by) -> u128; $($rows)* }
    };
}
shifts!(define_shifts);

macro_rules! define_tests {
    ($($rows:tt)*) => {
        define! { Test find_test TestNumber TESTS (a: u128) (a) -> i32; $($rows)* }
    };
}
tests!(define_tests);

macro_rules! define_splats {
    ($($name:ident $text:literal $bits:literal;)*) => {
        #[expect(clippy::enum_variant_names, reason = "the decoder's names")]
        #[derive(Clone, Copy, Debug)]
        #[repr(u16)]
        enum SplatNumber { $($name),* }
        pub(crate) const SPLATS: usize = [$($text),*].len();
        fn find_splat(operator: &Operator<'_>) -> Option<u16> {
            match operator {
                $(Operator::$name => Some(SplatNumber::$name as u16),)*
                _ => None,
            }
        }
        $(
            pub(crate) struct $name;
            impl Splat for $name {
                const NAME: &'static str = $text;
                #[inline(always)]
                fn eval(a: u64) -> u128 {
                    repeat(a & (u64::MAX >> (64 - $bits)), $bits)
                }
            }
        )*
    };
}
splats!(define_splats);

macro_rules! define_extracts {
    ($($name:ident $text:literal $ty:ident $function:ident $bits:literal;)*) => {
        #[derive(Clone, Copy, Debug)]
        #[repr(u16)]
        enum ExtractNumber { $($name),* }
        pub(crate) const EXTRACTS: usize = [$($text),*].len();
        fn find_extract(operator: &Operator<'_>) -> Option<(u16, u8, ValType)> {
            match operator {
                $(Operator::$name { lane } => {
                    Some((ExtractNumber::$name as u16, *lane, ValType::$ty))
                })*
                _ => None,
            }
        }
        $(
            pub(crate) struct $name;
            impl Extract for $name {
                const NAME: &'static str = $text;
                #[inline(always)]
                fn eval(a: u128, at: u32) -> u64 {
                    $function(a, at, $bits)
                }
            }
        )*
    };
}
extracts!(define_extracts);

macro_rules! define_replaces {
    ($($name:ident $text:literal $bits:literal;)*) => {
        #[expect(clippy::enum_variant_names, reason = "the decoder's names")]
        #[derive(Clone, Copy, Debug)]
        #[repr(u16)]
        enum ReplaceNumber { $($name),* }
        pub(crate) const REPLACES: usize = [$($text),*].len();
        fn find_replace(operator: &Operator<'_>) -> Option<(u16, u8)> {
            match operator {
                $(Operator::$name { lane } => Some((ReplaceNumber::$name as u16, *lane)),)*
                _ => None,
            }
        }
        $(
            pub(crate) struct $name;
            impl Replace for $name {
                const NAME: &'static str = $text;
                const BITS: u32 = $bits;
            }
        )*
    };
}
replaces!(define_replaces);

macro_rules! define_loads {
    ($($name:ident $text:literal $bytes:literal $from:expr;)*) => {
        #[derive(Clone, Copy, Debug)]
        #[repr(u16)]
        enum LoadNumber { $($name),* }
        pub(crate) const LOADS: usize = [$($text),*].len();
        fn find_load(operator: &Operator<'_>) -> Option<(u16, MemArg)> {
            match operator {
                $(Operator::$name { memarg } => Some((LoadNumber::$name as u16, *memarg)),)*
                _ => None,
            }
        }
        $(
            pub(crate) struct $name;
            impl Load<$bytes> for $name {
                const NAME: &'static str = $text;
                #[inline(always)]
                fn eval(bytes: [u8; $bytes]) -> u128 {
                    let from: fn([u8; $bytes]) -> u128 = $from;
                    from(bytes)
                }
            }
        )*
    };
}
loads!(define_loads);

macro_rules! define_lanes {
    ($($load:ident $store:ident $load_text:literal $store_text:literal $bytes:literal;)*) => {
        #[expect(clippy::enum_variant_names, reason = "the decoder's names")]
        #[derive(Clone, Copy, Debug)]
        #[repr(u16)]
        enum LaneNumber { $($load),* }
        pub(crate) const LANES: usize = [$($load_text),*].len();
        fn find_lane(operator: &Operator<'_>) -> Option<(u16, MemArg, u8, bool)> {
            match operator {
                $(Operator::$load { memarg, lane } => {
                    Some((LaneNumber::$load as u16, *memarg, *lane, true))
                }
                Operator::$store { memarg, lane } => {
                    Some((LaneNumber::$load as u16, *memarg, *lane, false))
                })*
                _ => None,
            }
        }
        $(
            pub(crate) struct $load;
            impl Lane<$bytes> for $load {
                const LOAD: &'static str = $load_text;
                const STORE: &'static str = $store_text;
            }
        )*
    };
}
lanes!(define_lanes);

/// The first numbers of the families, counted from the first vector operator; the last is the end.
const BASES: [u16; 13] = {
    let counts = [
        BINARIES,
        UNARIES,
        SHIFTS,
        2 * TESTS,
        SPLATS,
        EXTRACTS,
        REPLACES,
        LOADS,
        LANES,
        LANES,
        4,
        0,
    ];
    let mut bases = [0; 13];
    let mut at = 0;
    while at < counts.len() {
        bases[at + 1] = bases[at] + super::count(counts[at]);
        at += 1;
    }
    bases
};

/// How many operators on vectors there are.
pub(crate) const VECTORS: usize = BASES[12] as usize;

/// The operators that are alone in their families.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Single {
    Constant,
    Shuffle,
    Bitselect,
    Store,
}

/// What kind of operator it is, with its number where there is only one.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Vector {
    Binary(u16),
    Unary(u16),
    Shift(u16),
    /// The number of the form with the result in the accumulator alone.
    Test(u16),
    Splat(u16),
    Extract(u16, u8, ValType),
    Replace(u16, u8),
    Load(u16, MemArg),
    LoadLane(u16, MemArg, u8),
    StoreLane(u16, MemArg, u8),
    Constant(u16, u128),
    Shuffle(u16, [u8; 16]),
    Bitselect(u16),
    Store(u16, MemArg),
}

/// The operator's kind, if it is one on vectors.
pub(crate) fn find(operator: &Operator<'_>) -> Option<Vector> {
    let number = |family: usize, place: u16| super::VECTOR + BASES[family] + place;
    let single = |single: Single| number(10, single as u16);
    if let Some(place) = find_binary(operator) {
        return Some(Vector::Binary(number(0, place)));
    }
    if let Some(place) = find_unary(operator) {
        return Some(Vector::Unary(number(1, place)));
    }
    if let Some(place) = find_shift(operator) {
        return Some(Vector::Shift(number(2, place)));
    }
    if let Some(place) = find_test(operator) {
        return Some(Vector::Test(number(3, 2 * place)));
    }
    if let Some(place) = find_splat(operator) {
        return Some(Vector::Splat(number(4, place)));
    }
    if let Some((place, lane, ty)) = find_extract(operator) {
        return Some(Vector::Extract(number(5, place), lane, ty));
    }
    if let Some((place, lane)) = find_replace(operator) {
        return Some(Vector::Replace(number(6, place), lane));
    }
    if let Some((place, memarg)) = find_load(operator) {
        return Some(Vector::Load(number(7, place), memarg));
    }
    if let Some((place, memarg, lane, is_load)) = find_lane(operator) {
        return Some(if is_load {
            Vector::LoadLane(number(8, place), memarg, lane)
        } else {
            Vector::StoreLane(number(9, place), memarg, lane)
        });
    }
    Some(match operator {
        Operator::V128Const { value } => {
            Vector::Constant(single(Single::Constant), value.i128().cast_unsigned())
        }
        Operator::I8x16Shuffle { lanes } => Vector::Shuffle(single(Single::Shuffle), *lanes),
        Operator::V128Bitselect => Vector::Bitselect(single(Single::Bitselect)),
        Operator::V128Store { memarg } => Vector::Store(single(Single::Store), *memarg),
        _ => return None,
    })
}
