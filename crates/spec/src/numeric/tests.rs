//! Rows of operands and answers, and comparisons with what the machine computes.
#![expect(
    clippy::cast_possible_truncation,
    reason = "operands are made from arbitrary bits by cutting and rounding"
)]

use super::*;
use crate::trap::TrapReason::{IntegerDivideByZero, IntegerOverflow, InvalidConversionToInteger};

/// A source of numbers that looks at all exponents.
struct Numbers(u64);

impl Iterator for Numbers {
    type Item = u64;
    fn next(&mut self) -> Option<u64> {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        Some(self.0)
    }
}

fn doubles() -> impl Iterator<Item = f64> {
    let special = [
        0.0,
        -0.0,
        0.5,
        -0.5,
        1.5,
        2.5,
        -1.5,
        -2.5,
        0.499_999_999_999_999_94,
        4_503_599_627_370_495.5,
        4_503_599_627_370_497.5,
        f64::MIN_POSITIVE,
        5e-324,
        f64::MAX,
        f64::MIN,
        f64::INFINITY,
        f64::NEG_INFINITY,
        f64::NAN,
        1.0,
        2.0,
        4.0,
        1e300,
    ];
    let small = Numbers(99).take(20_000).map(|n| (n as i64 >> 40) as f64 / 8.0);
    special.into_iter().chain(Numbers(7).take(50_000).map(f64::from_bits)).chain(small)
}

fn singles() -> impl Iterator<Item = f32> {
    doubles().map(|a| a as f32).chain(Numbers(3).take(50_000).map(|n| f32::from_bits(n as u32)))
}

fn same64(ours: f64, machine: f64) -> bool {
    if machine.is_nan() {
        ours.to_bits() == 0x7ff8 << 48
    } else {
        ours.to_bits() == machine.to_bits()
    }
}

fn same32(ours: f32, machine: f32) -> bool {
    if machine.is_nan() {
        ours.to_bits() == 0x7fc0 << 16
    } else {
        ours.to_bits() == machine.to_bits()
    }
}

#[test]
fn rounding_like_the_machine() {
    for a in doubles() {
        let rows = [
            ("sqrt", f64_sqrt(a), a.sqrt()),
            ("floor", f64_floor(a), a.floor()),
            ("ceil", f64_ceil(a), a.ceil()),
            ("trunc", f64_trunc(a), a.trunc()),
            ("nearest", f64_nearest(a), a.round_ties_even()),
            ("promote", f64_promote_f32(a as f32), f64::from(a as f32)),
        ];
        for (name, ours, machine) in rows {
            assert!(same64(ours, machine), "{name} {a:e}: {ours:e}, machine {machine:e}");
        }
    }
    for a in singles() {
        let rows = [
            ("sqrt", f32_sqrt(a), a.sqrt()),
            ("floor", f32_floor(a), a.floor()),
            ("ceil", f32_ceil(a), a.ceil()),
            ("trunc", f32_trunc(a), a.trunc()),
            ("nearest", f32_nearest(a), a.round_ties_even()),
            ("demote", f32_demote_f64(f64::from(a)), a),
        ];
        for (name, ours, machine) in rows {
            assert!(same32(ours, machine), "{name} {a:e}: {ours:e}, machine {machine:e}");
        }
    }
}

#[test]
fn arithmetic_like_the_machine() {
    for (a, b) in doubles().zip(doubles().skip(1)) {
        assert!(same64(f64_add(a, b), a + b));
        assert!(same64(f64_sub(a, b), a - b));
        assert!(same64(f64_mul(a, b), a * b));
        assert!(same64(f64_div(a, b), a / b));
    }
}

#[test]
fn least_and_greatest() {
    let rows = [(0.0, -0.0, -0.0, 0.0), (1.0, -2.0, -2.0, 1.0), (-0.0, -0.0, -0.0, -0.0)];
    for (a, b, least, greatest) in rows {
        for (a, b) in [(a, b), (b, a)] {
            assert!(same64(f64_min(a, b), least) && same64(f64_max(a, b), greatest));
            let (a, b) = (a as f32, b as f32);
            assert!(same32(f32_min(a, b), least as f32) && same32(f32_max(a, b), greatest as f32));
        }
    }
    let signalling = f64::from_bits(0xfff0_0000_0000_0001);
    assert!(
        same64(f64_min(signalling, 1.0), f64::NAN) && same64(f64_max(1.0, signalling), f64::NAN)
    );
    assert_eq!(f64_neg(signalling).to_bits(), 0x7ff0_0000_0000_0001);
    assert_eq!(f64_copysign(f64::INFINITY, signalling), f64::NEG_INFINITY);
    assert_eq!(f32_abs(-0.0).to_bits(), 0);
}

#[test]
fn divisions() {
    assert_eq!(i32_div_s(7, -2), Ok(-3));
    assert_eq!(i32_div_s(1, 0), Err(IntegerDivideByZero));
    assert_eq!(i32_div_s(i32::MIN, -1), Err(IntegerOverflow));
    assert_eq!(i32_rem_s(i32::MIN, -1), Ok(0));
    assert_eq!(i32_rem_s(-7, 2), Ok(-1));
    assert_eq!(i32_div_u(-1, 2), Ok(i32::MAX));
    assert_eq!(i32_div_u(-1, 0), Err(IntegerDivideByZero));
    assert_eq!(i64_div_s(i64::MIN, -1), Err(IntegerOverflow));
    assert_eq!(i64_rem_u(-1, 10), Ok(5));
    assert_eq!(i64_rem_u(-1, 0), Err(IntegerDivideByZero));
}

#[test]
fn integers() {
    let rows = [
        (i32_shl(1, 33), 2),
        (i32_shl(1, -1), i32::MIN),
        (i32_shr_s(-8, 33), -4),
        (i32_shr_u(-1, 31), 1),
        (i32_rotl(0x4000_0001, 2), 5),
        (i32_rotr(1, 33), i32::MIN),
        (i32_clz(0), 32),
        (i32_ctz(0), 32),
        (i32_popcnt(-1), 32),
        (i32_lt_s(-1, 0), 1),
        (i32_lt_u(-1, 0), 0),
        (i32_ge_u(-1, 0), 1),
        (i32_extend8_s(0x80), -128),
        (i32_extend16_s(0x1_7fff), 0x7fff),
        (i64_eqz(1 << 40), 0),
        (i64_lt_u(0, -1), 1),
        (i32_wrap_i64(0x1_ffff_ffff), -1),
        (i32_mul(0x10_0001, 0x1000), 0x1000),
    ];
    for (row, (ours, answer)) in rows.into_iter().enumerate() {
        assert_eq!(ours, answer, "row {row}");
    }
    let rows = [
        (i64_shl(1, 64 + 40), 1 << 40),
        (i64_shr_u(-1, 63), 1),
        (i64_rotr(1, 1), i64::MIN),
        (i64_clz(1), 63),
        (i64_extend8_s(0xff), -1),
        (i64_extend16_s(0x8000), -0x8000),
        (i64_extend32_s(0xffff_ffff), -1),
        (i64_extend_i32_u(-1), 0xffff_ffff),
        (i64_extend_i32_s(-1), -1),
    ];
    for (row, (ours, answer)) in rows.into_iter().enumerate() {
        assert_eq!(ours, answer, "row {row}");
    }
}

#[test]
fn truncations() {
    let (nan, over) = (Err(InvalidConversionToInteger), Err(IntegerOverflow));
    let rows = [
        (i32_trunc_f32_s(f32::NAN), nan),
        (i32_trunc_f32_s(-2_147_483_648.0), Ok(i32::MIN)),
        (i32_trunc_f32_s(2_147_483_648.0), over),
        (i32_trunc_f32_s(-2_147_483_904.0), over),
        (i32_trunc_f64_s(-2_147_483_648.9), Ok(i32::MIN)),
        (i32_trunc_f64_s(-2_147_483_649.0), over),
        (i32_trunc_f64_s(2_147_483_647.9), Ok(i32::MAX)),
        (i32_trunc_f64_u(-0.9), Ok(0)),
        (i32_trunc_f64_u(-1.0), over),
        (i32_trunc_f32_u(4_294_967_040.0), Ok(-256)),
        (i32_trunc_f32_u(f32::INFINITY), over),
    ];
    for (row, (ours, answer)) in rows.into_iter().enumerate() {
        assert_eq!(ours, answer, "row {row}");
    }
    let rows = [
        (i64_trunc_f64_s(-9_223_372_036_854_775_808.0), Ok(i64::MIN)),
        (i64_trunc_f64_s(9_223_372_036_854_775_808.0), Err(IntegerOverflow)),
        (i64_trunc_f64_u(18_446_744_073_709_549_568.0), Ok(-2048)),
        (i64_trunc_f32_u(18_446_744_073_709_551_616.0), Err(IntegerOverflow)),
        (i64_trunc_f32_s(f32::NAN), Err(InvalidConversionToInteger)),
        (Ok(i64_trunc_sat_f64_u(-5.0)), Ok(0)),
        (Ok(i64_trunc_sat_f32_u(f32::INFINITY)), Ok(-1)),
        (Ok(i64_trunc_sat_f64_s(f64::NAN)), Ok(0)),
        (Ok(i64::from(i32_trunc_sat_f32_s(-1e30))), Ok(i64::from(i32::MIN))),
        (Ok(i64::from(i32_trunc_sat_f64_u(1e30))), Ok(-1)),
    ];
    for (row, (ours, answer)) in rows.into_iter().enumerate() {
        assert_eq!(ours, answer, "row {row}");
    }
}

#[test]
fn conversions() {
    assert_eq!(f32_convert_i64_u(-1), 18_446_744_073_709_551_616.0);
    assert_eq!(f32_convert_i32_s(16_777_217), 16_777_216.0);
    assert_eq!(f64_convert_i32_u(-1), 4_294_967_295.0);
    assert_eq!(f64_convert_i64_s(i64::MIN), -9_223_372_036_854_775_808.0);
    assert_eq!(f32_reinterpret_i32(0x3f80_0000), 1.0);
    assert_eq!(i64_reinterpret_f64(-0.0), i64::MIN);
}

#[test]
fn fused_multiplication_rounds_once() {
    // Exponents near each other and near the ends, where sums cancel and results have few bits.
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    for round in 0..200_000_u64 {
        let [a, b, c] = [next(), next(), next()];
        let exponent = |bits: u64, by: u64| match round % 4 {
            0 => bits,
            1 => bits & !(0x7ff << 52) | (1015 + by % 16) << 52,
            2 => bits & !(0x7ff << 52) | (500 + by % 40) << 52,
            _ => bits & !(0xfff << 40) & !(0x7ff << 52) | (1000 + by % 60) << 52,
        };
        let [a64, b64] = [exponent(a, c), exponent(b, a)].map(f64::from_bits);
        let c64 =
            if round % 4 == 2 { f64::from_bits(c >> 12) } else { f64::from_bits(exponent(c, b)) };
        let exact = a64 * b64;
        for c64 in [c64, -exact, f64::from_bits((-exact).to_bits() ^ 1)] {
            let (ours, answer) = (f64_fma(a64, b64, c64), a64.mul_add(b64, c64));
            let same = ours.to_bits() == answer.to_bits() || ours.is_nan() && answer.is_nan();
            assert!(same, "{a64:e} * {b64:e} + {c64:e} = {answer:e}, not {ours:e}");
        }
        let narrow = |bits: u64| f32::from_bits(u32::try_from(bits >> 32).unwrap_or(0));
        let near =
            |bits: u64| f32::from_bits(u32::try_from(bits >> 32).unwrap_or(0) & !(0x78 << 24));
        let [a32, b32, c32] =
            if round % 2 == 0 { [a, b, c].map(narrow) } else { [a, b, c].map(near) };
        for c32 in [c32, -(a32 * b32)] {
            let (ours, answer) = (f32_fma(a32, b32, c32), a32.mul_add(b32, c32));
            let same = ours.to_bits() == answer.to_bits() || ours.is_nan() && answer.is_nan();
            assert!(same, "{a32:e} * {b32:e} + {c32:e} = {answer:e}, not {ours:e}");
        }
    }
}
