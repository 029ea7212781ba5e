//! Fused multiplication and addition: `a * b + c`, rounded once; and what else relaxed vector operators need.
//!
//! In integers, because without a standard library there is no instruction to be had by name. Not here: when an
//! operator is one of these (the standard leaves it open; see the tiers). Invariant: as for all arithmetic, a NaN is
//! the positive canonical one. Read next: [`super::vector_integer`].

use super::lanes::{Lane, split};

/// `a * b + c`, rounded once.
#[must_use]
pub fn f32_fma(a: f32, b: f32, c: f32) -> f32 {
    // The product is exact; the sum is rounded to odd, so that rounding it again is right.
    let product = f64::from(a) * f64::from(b);
    let c = f64::from(c);
    let sum = product + c;
    if sum.is_nan() {
        return f32::from_bits(0x7fc0_0000);
    }
    let other = sum - product;
    let error = (product - (sum - other)) + (c - other);
    let bits = sum.to_bits();
    #[expect(clippy::cast_possible_truncation, reason = "rounding is what it is for")]
    let round = |value: f64| value as f32;
    if !sum.is_finite() || error == 0.0 || bits & 1 == 1 {
        return round(sum);
    }
    let away = (error > 0.0) == (sum > 0.0);
    round(f64::from_bits(if away { bits + 1 } else { bits - 1 }))
}

/// `a * b + c`, rounded once.
#[must_use]
pub fn f64_fma(a: f64, b: f64, c: f64) -> f64 {
    if a.is_finite() && b.is_finite() && !c.is_finite() {
        return if c.is_nan() { f64::from_bits(0x7ff8 << 48) } else { c };
    }
    if !a.is_finite() || !b.is_finite() || a == 0.0 || b == 0.0 {
        let sum = a * b + c;
        return if sum.is_nan() { f64::from_bits(0x7ff8 << 48) } else { sum };
    }
    let (a, b) = (Parts::of(a), Parts::of(b));
    let product = Parts {
        negative: a.negative != b.negative,
        number: a.number * b.number,
        exponent: a.exponent + b.exponent,
    };
    if c == 0.0 { product.round() } else { product.plus(&Parts::of(c)).round() }
}

/// Where the highest bit of a number lies before it is added.
const TOP: u32 = 125;

/// A number that is not zero: `number * 2^exponent`.
struct Parts {
    negative: bool,
    number: u128,
    exponent: i32,
}

impl Parts {
    /// Of a finite float.
    fn of(value: f64) -> Self {
        let bits = value.to_bits();
        let fraction = u128::from(bits & ((1 << 52) - 1));
        let exponent = i32::from(u16::try_from(bits >> 52 & 0x7ff).unwrap_or_default());
        let negative = bits >> 63 == 1;
        match exponent {
            0 => Self { negative, number: fraction, exponent: -1074 },
            _ => Self { negative, number: fraction | 1 << 52, exponent: exponent - 1075 },
        }
    }

    /// The same with its highest bit at [`TOP`].
    fn high(&self) -> Self {
        let by = self.number.leading_zeros().saturating_sub(127 - TOP);
        let exponent = self.exponent - by.cast_signed();
        Self { number: self.number << by, exponent, ..*self }
    }

    /// The sum; its lowest bit also stands for whatever lies below it. Zero if the number is zero.
    fn plus(&self, other: &Self) -> Self {
        let (a, b) = (self.high(), other.high());
        let (large, small) = if a.exponent >= b.exponent { (a, b) } else { (b, a) };
        let by = (large.exponent - small.exponent).unsigned_abs();
        let shifted = match by {
            0..=126 => small.number >> by | u128::from(small.number & ((1 << by) - 1) != 0),
            _ => 1,
        };
        let exponent = large.exponent;
        if large.negative == small.negative {
            return Self { number: large.number + shifted, exponent, ..large };
        }
        let negative = if large.number >= shifted { large.negative } else { small.negative };
        let number = large.number.abs_diff(shifted);
        Self { negative: negative && number != 0, number, exponent }
    }

    /// The float next to it, the even one of two.
    fn round(&self) -> f64 {
        let sign = u64::from(self.negative) << 63;
        if self.number == 0 {
            return f64::from_bits(sign);
        }
        let length = 128 - self.number.leading_zeros().cast_signed();
        let highest = self.exponent + length - 1;
        let kept = if highest >= -1022 { 53 } else { 53 - (-1022 - highest) };
        let drop = length - kept;
        let number = match u32::try_from(drop) {
            Err(_) => self.number << drop.unsigned_abs(),
            Ok(0) => self.number,
            Ok(drop @ 1..=127) => {
                let (whole, rest) = (self.number >> drop, self.number & ((1 << drop) - 1));
                let half = 1 << (drop - 1);
                whole + u128::from(rest > half || rest == half && whole & 1 == 1)
            }
            Ok(_) => 0,
        };
        let number = u64::try_from(number).unwrap_or(u64::MAX);
        if highest > 1023 {
            return f64::from_bits(sign | 0x7ff << 52);
        }
        // The highest bit of a normal number counts the exponent up by one.
        let field = if highest >= -1022 { u64::from((highest + 1022).unsigned_abs()) } else { 0 };
        f64::from_bits(sign | ((field << 52) + number))
    }
}

/// `a * b + c` in each of four lanes.
#[must_use]
pub fn f32x4_fma(a: u128, b: u128, c: u128) -> u128 {
    let (a, b, c) = (split::<f32, 4>(a), split::<f32, 4>(b), split::<f32, 4>(c));
    Lane::join(core::array::from_fn::<f32, 4, _>(|lane| f32_fma(a[lane], b[lane], c[lane])))
}

/// `a * b + c` in each of two lanes.
#[must_use]
pub fn f64x2_fma(a: u128, b: u128, c: u128) -> u128 {
    let (a, b, c) = (split::<f64, 2>(a), split::<f64, 2>(b), split::<f64, 2>(c));
    Lane::join(core::array::from_fn::<f64, 2, _>(|lane| f64_fma(a[lane], b[lane], c[lane])))
}

/// Sums of pairs of products of signed bytes, wrapping.
#[must_use]
pub fn i16x8_dot_i8x16_s(a: u128, b: u128) -> u128 {
    let (a, b) = (split::<i8, 16>(a), split::<i8, 16>(b));
    let product = |lane: usize| i16::from(a[lane]) * i16::from(b[lane]);
    Lane::join(core::array::from_fn::<i16, 8, _>(|lane| {
        product(2 * lane).wrapping_add(product(2 * lane + 1))
    }))
}
