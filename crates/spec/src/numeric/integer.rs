//! Operators on integers, each row for both widths.
//!
//! Not here: conversions (see [`super::convert`]). Invariant: arithmetic wraps around, shift distances count
//! modulo the width, only division traps. Read next: [`super::float`].

#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the library takes a shift distance as u32 and looks at its lowest bits only"
)]

use crate::trap::TrapReason;

/// Rows of operators: doc, name for 32 bits, name for 64 bits, operands, value.
macro_rules! integers {
    ($($(#[$doc:meta])* $name32:ident $name64:ident ($($arg:ident),*) -> $kind:ident $value:expr;)*) => {
        $(
            integers!(@one $(#[$doc])* $name32 i32 u32 ($($arg),*) $kind $value);
            integers!(@one $(#[$doc])* $name64 i64 u64 ($($arg),*) $kind $value);
        )*
    };
    (@one $(#[$doc:meta])* $name:ident $int:ident $uint:ident ($($arg:ident),*) signed $value:expr) => {
        $(#[$doc])*
        #[must_use]
        pub const fn $name($($arg: $int),*) -> $int {
            $value
        }
    };
    (@one $(#[$doc:meta])* $name:ident $int:ident $uint:ident ($($arg:ident),*) unsigned $value:expr) => {
        $(#[$doc])*
        #[must_use]
        pub const fn $name($($arg: $int),*) -> $int {
            $(let $arg: $uint = $arg.cast_unsigned();)*
            let value: $uint = $value;
            value.cast_signed()
        }
    };
    (@one $(#[$doc:meta])* $name:ident $int:ident $uint:ident ($($arg:ident),*) count $value:expr) => {
        $(#[$doc])*
        #[must_use]
        pub const fn $name($($arg: $int),*) -> $int {
            let count: u32 = $value;
            count.cast_signed() as $int
        }
    };
    (@one $(#[$doc:meta])* $name:ident $int:ident $uint:ident ($($arg:ident),*) test $value:expr) => {
        $(#[$doc])*
        #[must_use]
        pub const fn $name($($arg: $int),*) -> i32 {
            let truth: bool = $value;
            truth as i32
        }
    };
    (@one $(#[$doc:meta])* $name:ident $int:ident $uint:ident ($($arg:ident),*) unsigned_test $value:expr) => {
        $(#[$doc])*
        #[must_use]
        pub const fn $name($($arg: $int),*) -> i32 {
            $(let $arg: $uint = $arg.cast_unsigned();)*
            let truth: bool = $value;
            truth as i32
        }
    };
    (@one $(#[$doc:meta])* $name:ident $int:ident $uint:ident ($a:ident) extend $bits:expr) => {
        $(#[$doc])*
        #[must_use]
        pub const fn $name($a: $int) -> $int {
            ($a << ($int::BITS - $bits)) >> ($int::BITS - $bits)
        }
    };
    (@one $(#[$doc:meta])* $name:ident $int:ident $uint:ident ($a:ident, $b:ident) division $value:expr) => {
        $(#[$doc])*
        ///
        /// # Errors
        /// The divisor is zero, or the quotient does not fit.
        pub const fn $name($a: $int, $b: $int) -> Result<$int, TrapReason> {
            if $b == 0 {
                return Err(TrapReason::IntegerDivideByZero);
            }
            let quotient: Option<$int> = $value;
            match quotient {
                Some(value) => Ok(value),
                None => Err(TrapReason::IntegerOverflow),
            }
        }
    };
}

integers! {
    /// Adds.
    i32_add i64_add (a, b) -> signed a.wrapping_add(b);
    /// Subtracts `b` from `a`.
    i32_sub i64_sub (a, b) -> signed a.wrapping_sub(b);
    /// Multiplies.
    i32_mul i64_mul (a, b) -> signed a.wrapping_mul(b);
    /// Divides `a` by `b` as signed integers, towards zero.
    i32_div_s i64_div_s (a, b) -> division a.checked_div(b);
    /// Divides `a` by `b` as unsigned integers.
    i32_div_u i64_div_u (a, b) -> division
        Some(a.cast_unsigned().wrapping_div(b.cast_unsigned()).cast_signed());
    /// The remainder of dividing `a` by `b` as signed integers; it has the sign of `a`.
    i32_rem_s i64_rem_s (a, b) -> division Some(a.wrapping_rem(b));
    /// The remainder of dividing `a` by `b` as unsigned integers.
    i32_rem_u i64_rem_u (a, b) -> division
        Some(a.cast_unsigned().wrapping_rem(b.cast_unsigned()).cast_signed());
    /// Bits that are set in both.
    i32_and i64_and (a, b) -> signed a & b;
    /// Bits that are set in one or both.
    i32_or i64_or (a, b) -> signed a | b;
    /// Bits that are set in exactly one.
    i32_xor i64_xor (a, b) -> signed a ^ b;
    /// Shifts `a` left by `b` modulo the width.
    i32_shl i64_shl (a, b) -> signed a.wrapping_shl(b as u32);
    /// Shifts `a` right by `b` modulo the width, keeping the sign.
    i32_shr_s i64_shr_s (a, b) -> signed a.wrapping_shr(b as u32);
    /// Shifts `a` right by `b` modulo the width, filling with zeros.
    i32_shr_u i64_shr_u (a, b) -> unsigned a.wrapping_shr(b as u32);
    /// Rotates `a` left by `b` modulo the width.
    i32_rotl i64_rotl (a, b) -> signed a.rotate_left(b as u32);
    /// Rotates `a` right by `b` modulo the width.
    i32_rotr i64_rotr (a, b) -> signed a.rotate_right(b as u32);
    /// How many zeros there are above the highest set bit.
    i32_clz i64_clz (a) -> count a.leading_zeros();
    /// How many zeros there are below the lowest set bit.
    i32_ctz i64_ctz (a) -> count a.trailing_zeros();
    /// How many bits are set.
    i32_popcnt i64_popcnt (a) -> count a.count_ones();
    /// Whether it is zero.
    i32_eqz i64_eqz (a) -> test a == 0;
    /// Whether they are equal.
    i32_eq i64_eq (a, b) -> test a == b;
    /// Whether they differ.
    i32_ne i64_ne (a, b) -> test a != b;
    /// Whether `a` is less than `b` as signed integers.
    i32_lt_s i64_lt_s (a, b) -> test a < b;
    /// Whether `a` is less than `b` as unsigned integers.
    i32_lt_u i64_lt_u (a, b) -> unsigned_test a < b;
    /// Whether `a` is greater than `b` as signed integers.
    i32_gt_s i64_gt_s (a, b) -> test a > b;
    /// Whether `a` is greater than `b` as unsigned integers.
    i32_gt_u i64_gt_u (a, b) -> unsigned_test a > b;
    /// Whether `a` is at most `b` as signed integers.
    i32_le_s i64_le_s (a, b) -> test a <= b;
    /// Whether `a` is at most `b` as unsigned integers.
    i32_le_u i64_le_u (a, b) -> unsigned_test a <= b;
    /// Whether `a` is at least `b` as signed integers.
    i32_ge_s i64_ge_s (a, b) -> test a >= b;
    /// Whether `a` is at least `b` as unsigned integers.
    i32_ge_u i64_ge_u (a, b) -> unsigned_test a >= b;
    /// The lowest 8 bits, with their sign extended.
    i32_extend8_s i64_extend8_s (a) -> extend 8;
    /// The lowest 16 bits, with their sign extended.
    i32_extend16_s i64_extend16_s (a) -> extend 16;
}

/// The lowest 32 bits, with their sign extended.
#[must_use]
pub const fn i64_extend32_s(a: i64) -> i64 {
    (a << 32) >> 32
}
