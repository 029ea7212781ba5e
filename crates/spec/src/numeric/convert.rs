//! Conversions between the numeric types.
//!
//! Not here: operators within one type. Invariant: integers become the nearest float, of two equally near
//! ones the even one; floats become integers towards zero, and trap or saturate where that does not fit.
//! Read next: [`crate::trap`].
#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "conversions that drop bits, round or saturate are what this file is for"
)]

use super::float::{NanBits, canonical};
use crate::trap::TrapReason;

/// Conversions that always work: doc, name, from, to, value.
macro_rules! conversions {
    ($($(#[$doc:meta])* $name:ident ($arg:ident: $from:ident) -> $to:ident $value:expr;)*) => {
        $(
            $(#[$doc])*
            #[must_use]
            pub const fn $name($arg: $from) -> $to {
                $value
            }
        )*
    };
}

conversions! {
    /// The lower half.
    i32_wrap_i64 (a: i64) -> i32 a as i32;
    /// The same signed number in 64 bits.
    i64_extend_i32_s (a: i32) -> i64 a as i64;
    /// The same unsigned number in 64 bits.
    i64_extend_i32_u (a: i32) -> i64 a.cast_unsigned() as i64;
    /// The nearest float to a signed integer.
    f32_convert_i32_s (a: i32) -> f32 a as f32;
    /// The nearest float to an unsigned integer.
    f32_convert_i32_u (a: i32) -> f32 a.cast_unsigned() as f32;
    /// The nearest float to a signed integer.
    f32_convert_i64_s (a: i64) -> f32 a as f32;
    /// The nearest float to an unsigned integer.
    f32_convert_i64_u (a: i64) -> f32 a.cast_unsigned() as f32;
    /// The nearest float of half the width.
    f32_demote_f64 (a: f64) -> f32 canonical!(f32, a as f32);
    /// The float for a signed integer.
    f64_convert_i32_s (a: i32) -> f64 a as f64;
    /// The float for an unsigned integer.
    f64_convert_i32_u (a: i32) -> f64 a.cast_unsigned() as f64;
    /// The nearest float to a signed integer.
    f64_convert_i64_s (a: i64) -> f64 a as f64;
    /// The nearest float to an unsigned integer.
    f64_convert_i64_u (a: i64) -> f64 a.cast_unsigned() as f64;
    /// The same number in twice the width.
    f64_promote_f32 (a: f32) -> f64 canonical!(f64, a as f64);
    /// The bits of a float.
    i32_reinterpret_f32 (a: f32) -> i32 a.to_bits().cast_signed();
    /// The bits of a float.
    i64_reinterpret_f64 (a: f64) -> i64 a.to_bits().cast_signed();
    /// The float with these bits.
    f32_reinterpret_i32 (a: i32) -> f32 f32::from_bits(a.cast_unsigned());
    /// The float with these bits.
    f64_reinterpret_i64 (a: i64) -> f64 f64::from_bits(a.cast_unsigned());
    /// The signed integer towards zero; the nearest there is where it does not fit, and 0 for a NaN.
    i32_trunc_sat_f32_s (a: f32) -> i32 a as i32;
    /// The unsigned integer towards zero; the nearest there is where it does not fit, and 0 for a NaN.
    i32_trunc_sat_f32_u (a: f32) -> i32 (a as u32).cast_signed();
    /// The signed integer towards zero; the nearest there is where it does not fit, and 0 for a NaN.
    i32_trunc_sat_f64_s (a: f64) -> i32 a as i32;
    /// The unsigned integer towards zero; the nearest there is where it does not fit, and 0 for a NaN.
    i32_trunc_sat_f64_u (a: f64) -> i32 (a as u32).cast_signed();
    /// The signed integer towards zero; the nearest there is where it does not fit, and 0 for a NaN.
    i64_trunc_sat_f32_s (a: f32) -> i64 a as i64;
    /// The unsigned integer towards zero; the nearest there is where it does not fit, and 0 for a NaN.
    i64_trunc_sat_f32_u (a: f32) -> i64 (a as u64).cast_signed();
    /// The signed integer towards zero; the nearest there is where it does not fit, and 0 for a NaN.
    i64_trunc_sat_f64_s (a: f64) -> i64 a as i64;
    /// The unsigned integer towards zero; the nearest there is where it does not fit, and 0 for a NaN.
    i64_trunc_sat_f64_u (a: f64) -> i64 (a as u64).cast_signed();
}

/// Conversions that trap: name, from, to; then the floats next to the range, and whether the lower one
/// still becomes an integer (it does where its fraction is cut off).
macro_rules! truncations {
    ($($(#[$doc:meta])* $name:ident ($float:ident) -> $int:ident by $via:ident
        if $low:literal $less:tt a, a < $high:literal;)*) => {
        $(
            $(#[$doc])*
            ///
            /// # Errors
            /// The value is a NaN, or the integer does not fit.
            pub const fn $name(a: $float) -> Result<$int, TrapReason> {
                if a.is_nan() {
                    Err(TrapReason::InvalidConversionToInteger)
                } else if $low $less a && a < $high {
                    Ok(a as $via as $int)
                } else {
                    Err(TrapReason::IntegerOverflow)
                }
            }
        )*
    };
}

truncations! {
    /// The signed integer towards zero.
    i32_trunc_f32_s (f32) -> i32 by i32 if -2_147_483_648.0 <= a, a < 2_147_483_648.0;
    /// The unsigned integer towards zero.
    i32_trunc_f32_u (f32) -> i32 by u32 if -1.0 < a, a < 4_294_967_296.0;
    /// The signed integer towards zero.
    i32_trunc_f64_s (f64) -> i32 by i32 if -2_147_483_649.0 < a, a < 2_147_483_648.0;
    /// The unsigned integer towards zero.
    i32_trunc_f64_u (f64) -> i32 by u32 if -1.0 < a, a < 4_294_967_296.0;
    /// The signed integer towards zero.
    i64_trunc_f32_s (f32) -> i64 by i64 if -9_223_372_036_854_775_808.0 <= a, a < 9_223_372_036_854_775_808.0;
    /// The unsigned integer towards zero.
    i64_trunc_f32_u (f32) -> i64 by u64 if -1.0 < a, a < 18_446_744_073_709_551_616.0;
    /// The signed integer towards zero.
    i64_trunc_f64_s (f64) -> i64 by i64 if -9_223_372_036_854_775_808.0 <= a, a < 9_223_372_036_854_775_808.0;
    /// The unsigned integer towards zero.
    i64_trunc_f64_u (f64) -> i64 by u64 if -1.0 < a, a < 18_446_744_073_709_551_616.0;
}
