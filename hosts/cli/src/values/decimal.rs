//! Floats from decimal text, rounded once, to the nearest, like the standard library's.
//!
//! The standard library's reader is made for millions of numbers and brings 17 KB of tables and of code; the few arguments of one
//! call are read here by long division. Not here: NaN, and writing. Invariant: time is bounded whatever the text says, because
//! digits that no float can depend on are looked at once. Read next: [`super`].

use std::cmp::Ordering;

/// As many digits as decide on any float; of all others only whether they are zero.
const DIGITS_MAX: usize = 800;
/// Numbers of so many digits before the point are infinite for every format, and with so many zeros after it they are zero.
const EXPONENT_MAX: i64 = 400;

/// A binary format, by the bits of its fraction and its lowest exponent.
#[derive(Clone, Copy)]
pub(super) struct Binary {
    pub(super) fraction_bits: u32,
    pub(super) lowest: i32,
}

/// Reads a number; gives its bits, of which `sign` is the sign's.
pub(super) fn parse(text: &str, of: Binary, sign: u64) -> Option<u64> {
    let (sign, text) = match text.as_bytes().first() {
        Some(b'-') => (sign, &text[1..]),
        Some(b'+') => (0, &text[1..]),
        _ => (0, text),
    };
    let infinite = ["inf", "infinity"].iter().any(|name| text.eq_ignore_ascii_case(name));
    Some(sign | if infinite { of.infinity() } else { Decimal::parse(text)?.nearest(of) })
}

/// A number: its digits as a whole number, times a power of ten.
struct Decimal {
    digits: Vec<u8>,
    exponent: i64,
}

impl Decimal {
    fn parse(text: &str) -> Option<Self> {
        let (text, exponent) = match text.split_once(['e', 'E']) {
            Some((text, exponent)) => (text, parse_exponent(exponent)?),
            None => (text, 0),
        };
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        let mut all = whole.bytes().chain(fraction.bytes());
        if !all.clone().all(|digit| digit.is_ascii_digit()) || all.clone().next().is_none() {
            return None;
        }
        let zeros = all.clone().take_while(|digit| *digit == b'0').count();
        let mut digits: Vec<u8> = all.by_ref().skip(zeros).take(DIGITS_MAX).collect();
        let rest = all.clone().count();
        if all.any(|digit| digit != b'0') {
            // Whatever it is, it is more than nothing.
            digits.push(b'1');
        }
        let dropped = rest as i64 - (digits.len() > DIGITS_MAX) as i64;
        let exponent = exponent.saturating_sub(fraction.len() as i64).saturating_add(dropped);
        Some(Self { digits, exponent })
    }

    fn nearest(&self, of: Binary) -> u64 {
        let magnitude = self.exponent.saturating_add(self.digits.len() as i64);
        if self.digits.is_empty() || magnitude < -EXPONENT_MAX {
            return 0;
        }
        if magnitude > EXPONENT_MAX {
            return of.infinity();
        }
        let (mut over, mut under) = (Natural(Vec::new()), Natural(vec![1]));
        self.digits.iter().for_each(|digit| over.times(10, u32::from(digit - b'0')));
        (0..self.exponent).for_each(|_| over.times(10, 0));
        (self.exponent..0).for_each(|_| under.times(10, 0));
        of.nearest(over, under)
    }
}

/// Reads what stands after `e`; one of too many digits stays large.
fn parse_exponent(text: &str) -> Option<i64> {
    let (negative, digits) = match text.as_bytes().first() {
        Some(b'-') => (true, &text[1..]),
        Some(b'+') => (false, &text[1..]),
        _ => (false, text),
    };
    if digits.is_empty() || !digits.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    let add = |sum: i64, digit: u8| (sum * 10 + i64::from(digit - b'0')).min(i64::MAX / 100);
    let exponent = digits.bytes().fold(0, add);
    Some(if negative { -exponent } else { exponent })
}

impl Binary {
    fn infinity(self) -> u64 {
        // The exponents go from the lowest to its negative plus one.
        u64::from((2 - 2 * self.lowest).unsigned_abs() + 1) << self.fraction_bits
    }

    /// The bits of the quotient of two numbers, neither of them zero.
    fn nearest(self, mut over: Natural, mut under: Natural) -> u64 {
        // Both are moved until the quotient is from 1 to 2.
        let mut exponent = 0;
        while over.compare(&under) == Ordering::Less {
            over.times(2, 0);
            exponent -= 1;
        }
        let mut twice = under.clone();
        twice.times(2, 0);
        while over.compare(&twice) != Ordering::Less {
            under = twice.clone();
            twice.times(2, 0);
            exponent += 1;
        }
        let below = self.lowest.saturating_sub(exponent).max(0).unsigned_abs();
        let Some(bits) = (self.fraction_bits + 1).checked_sub(below) else { return 0 };
        let mut quotient = 0_u64;
        for _ in 0..bits {
            quotient *= 2;
            if over.compare(&under) != Ordering::Less {
                over.subtract(&under);
                quotient += 1;
            }
            over.times(2, 0);
        }
        let up = match over.compare(&under) {
            Ordering::Less => 0,
            Ordering::Equal => quotient & 1,
            Ordering::Greater => 1,
        };
        let normal = u64::from((exponent - self.lowest).max(0).unsigned_abs());
        // The quotient's highest bit makes the exponent one more, and so does one that rounding carries.
        ((normal << self.fraction_bits) + quotient + up).min(self.infinity())
    }
}

/// A natural number of any size, its lowest part first; the highest one is not zero.
#[derive(Clone)]
struct Natural(Vec<u32>);

impl Natural {
    /// Multiplies by a number and adds another.
    fn times(&mut self, factor: u32, plus: u32) {
        let mut carry = plus;
        for part in &mut self.0 {
            let product = u64::from(*part) * u64::from(factor) + u64::from(carry);
            (*part, carry) = halves(product);
        }
        if carry > 0 {
            self.0.push(carry);
        }
    }

    fn compare(&self, other: &Self) -> Ordering {
        let length = self.0.len().cmp(&other.0.len());
        length.then_with(|| self.0.iter().rev().cmp(other.0.iter().rev()))
    }

    /// Subtracts a number that is not larger.
    fn subtract(&mut self, other: &Self) {
        let mut borrow = false;
        let others = other.0.iter().copied().chain(std::iter::repeat(0));
        for (part, other) in self.0.iter_mut().zip(others) {
            let (once, first) = part.overflowing_sub(other);
            let (twice, second) = once.overflowing_sub(u32::from(borrow));
            (*part, borrow) = (twice, first || second);
        }
        while self.0.last() == Some(&0) {
            self.0.pop();
        }
    }
}

/// The lower and the upper half of a number.
#[expect(clippy::cast_possible_truncation, reason = "halves have 32 bits")]
const fn halves(number: u64) -> (u32, u32) {
    (number as u32, (number >> 32) as u32)
}

#[cfg(test)]
mod tests;
