//! Operators on floats, each row for both widths.
//!
//! Not here: conversions (see [`super::convert`]). Invariant: every operator but the three on the sign gives
//! the positive canonical NaN when its result is a NaN; nothing here depends on a library's mathematics.
//! Read next: [`super::convert`].

/// What an arithmetic operator gives for the value it computed: every NaN becomes the canonical one.
macro_rules! canonical {
    ($float:ident, $value:expr) => {{
        let value: $float = $value;
        if value.is_nan() { $float::from_bits(NanBits::<$float>::CANONICAL) } else { value }
    }};
}
pub(super) use canonical;

/// Carries the constants of one width.
pub(super) struct NanBits<F>(core::marker::PhantomData<F>);

impl NanBits<f32> {
    pub(super) const CANONICAL: u32 = 0x7fc0_0000;
    const SIGN: u32 = 1 << 31;
    const MANTISSA_BITS: u32 = 23;
    const EXPONENT_BIAS: u32 = 127;
}

impl NanBits<f64> {
    pub(super) const CANONICAL: u64 = 0x7ff8_0000_0000_0000;
    const SIGN: u64 = 1 << 63;
    const MANTISSA_BITS: u32 = 52;
    const EXPONENT_BIAS: u32 = 1023;
}

/// Rows of operators: doc, name for 32 bits, name for 64 bits, operands, value.
macro_rules! floats {
    ($($(#[$doc:meta])* $name32:ident $name64:ident ($($arg:ident),*) -> $kind:ident $value:expr;)*) => {
        $(
            floats!(@one $(#[$doc])* $name32 f32 ($($arg),*) $kind $value);
            floats!(@one $(#[$doc])* $name64 f64 ($($arg),*) $kind $value);
        )*
    };
    (@one $(#[$doc:meta])* $name:ident $float:ident ($($arg:ident),*) arithmetic $value:expr) => {
        $(#[$doc])*
        #[must_use]
        pub const fn $name($($arg: $float),*) -> $float {
            canonical!($float, $value)
        }
    };
    (@one $(#[$doc:meta])* $name:ident $float:ident ($($arg:ident),*) test $value:expr) => {
        $(#[$doc])*
        #[must_use]
        pub const fn $name($($arg: $float),*) -> i32 {
            let truth: bool = $value;
            truth as i32
        }
    };
}

floats! {
    /// Adds.
    f32_add f64_add (a, b) -> arithmetic a + b;
    /// Subtracts `b` from `a`.
    f32_sub f64_sub (a, b) -> arithmetic a - b;
    /// Multiplies.
    f32_mul f64_mul (a, b) -> arithmetic a * b;
    /// Divides `a` by `b`.
    f32_div f64_div (a, b) -> arithmetic a / b;
    /// Whether they are equal.
    f32_eq f64_eq (a, b) -> test a == b;
    /// Whether they differ, or are not comparable.
    f32_ne f64_ne (a, b) -> test a != b;
    /// Whether `a` is less than `b`.
    f32_lt f64_lt (a, b) -> test a < b;
    /// Whether `a` is greater than `b`.
    f32_gt f64_gt (a, b) -> test a > b;
    /// Whether `a` is at most `b`.
    f32_le f64_le (a, b) -> test a <= b;
    /// Whether `a` is at least `b`.
    f32_ge f64_ge (a, b) -> test a >= b;
}

/// The operators that look at bits, for one width.
macro_rules! bitwise {
    ($float:ident: $abs:ident $neg:ident $copysign:ident $min:ident $max:ident
        $trunc:ident $floor:ident $ceil:ident $nearest:ident) => {
        /// The value without its sign; a NaN keeps its other bits.
        #[must_use]
        pub const fn $abs(a: $float) -> $float {
            $float::from_bits(a.to_bits() & !NanBits::<$float>::SIGN)
        }

        /// The value with the other sign; a NaN keeps its other bits.
        #[must_use]
        pub const fn $neg(a: $float) -> $float {
            $float::from_bits(a.to_bits() ^ NanBits::<$float>::SIGN)
        }

        /// `a` with the sign of `b`; a NaN keeps its other bits.
        #[must_use]
        pub const fn $copysign(a: $float, b: $float) -> $float {
            let sign = NanBits::<$float>::SIGN;
            $float::from_bits((a.to_bits() & !sign) | (b.to_bits() & sign))
        }

        /// The lesser of both; -0 is less than 0; a NaN if either is one.
        #[must_use]
        pub const fn $min(a: $float, b: $float) -> $float {
            if a < b {
                a
            } else if b < a {
                b
            } else if a == b {
                // Equal values have equal bits, but for the sign of zero.
                $float::from_bits(a.to_bits() | b.to_bits())
            } else {
                $float::from_bits(NanBits::<$float>::CANONICAL)
            }
        }

        /// The greater of both; 0 is greater than -0; a NaN if either is one.
        #[must_use]
        pub const fn $max(a: $float, b: $float) -> $float {
            if a > b {
                a
            } else if b > a {
                b
            } else if a == b {
                $float::from_bits(a.to_bits() & b.to_bits())
            } else {
                $float::from_bits(NanBits::<$float>::CANONICAL)
            }
        }

        /// The integer next to the value on the side of zero.
        #[must_use]
        pub const fn $trunc(a: $float) -> $float {
            type Nan = NanBits<$float>;
            let bits = a.to_bits();
            let exponent = ((bits & !Nan::SIGN) >> Nan::MANTISSA_BITS) as u32;
            if a.is_nan() {
                $float::from_bits(Nan::CANONICAL)
            } else if exponent < Nan::EXPONENT_BIAS {
                $float::from_bits(bits & Nan::SIGN)
            } else if exponent >= Nan::EXPONENT_BIAS + Nan::MANTISSA_BITS {
                a
            } else {
                let fraction_bits = Nan::MANTISSA_BITS - (exponent - Nan::EXPONENT_BIAS);
                $float::from_bits(bits >> fraction_bits << fraction_bits)
            }
        }

        /// The greatest integer that is at most the value.
        #[must_use]
        pub const fn $floor(a: $float) -> $float {
            let towards_zero = $trunc(a);
            if a < towards_zero { towards_zero - 1.0 } else { towards_zero }
        }

        /// The least integer that is at least the value.
        #[must_use]
        pub const fn $ceil(a: $float) -> $float {
            let towards_zero = $trunc(a);
            if a > towards_zero { towards_zero + 1.0 } else { towards_zero }
        }

        /// The integer nearest to the value; of two equally near ones the even one.
        #[must_use]
        pub const fn $nearest(a: $float) -> $float {
            // Numbers of this size have no fraction; adding one rounds as the processor does: to even.
            let large = (1_u64 << NanBits::<$float>::MANTISSA_BITS) as $float;
            let magnitude = $abs(a);
            if a.is_nan() {
                $float::from_bits(NanBits::<$float>::CANONICAL)
            } else if magnitude >= large {
                a
            } else {
                $copysign((magnitude + large) - large, a)
            }
        }
    };
}

bitwise!(f32: f32_abs f32_neg f32_copysign f32_min f32_max f32_trunc f32_floor f32_ceil f32_nearest);
bitwise!(f64: f64_abs f64_neg f64_copysign f64_min f64_max f64_trunc f64_floor f64_ceil f64_nearest);

/// The square root.
#[must_use]
#[expect(clippy::cast_possible_truncation, reason = "the root of 128 bits has at most 64")]
pub const fn f64_sqrt(a: f64) -> f64 {
    if a.is_nan() || a < 0.0 {
        return f64::from_bits(NanBits::<f64>::CANONICAL);
    }
    if a == 0.0 || a.is_infinite() {
        return a;
    }
    // a = mantissa * 2^exponent, whatever the mantissa's size is.
    let bits = a.to_bits();
    let (mantissa, exponent) = match (bits >> 52).cast_signed() {
        0 => (bits, -1074),
        exponent => ((bits & ((1 << 52) - 1)) | (1 << 52), exponent - 1075),
    };
    // Shift so that the root has at least 55 bits, two more than the result, and the exponent is even.
    let shift = mantissa.leading_zeros() as i64 + 46;
    let shift = shift + ((exponent - shift) & 1);
    let square = (mantissa as u128) << shift;
    let root = square.isqrt();
    // A bit below the result stands for whatever was cut off, so that the conversion rounds correctly.
    let inexact = root * root != square;
    let rounded = (root as u64 | inexact as u64) as f64;
    let power = (exponent - shift) / 2;
    rounded * f64::from_bits((power + 1023).cast_unsigned() << 52)
}

/// The square root.
#[must_use]
#[expect(
    clippy::cast_possible_truncation,
    reason = "rounding to the narrower width is what it is for"
)]
pub const fn f32_sqrt(a: f32) -> f32 {
    // The wider root has more than twice the bits, so rounding it once more gives the correct result.
    canonical!(f32, f64_sqrt(a as f64) as f32)
}
