//! Vectors as lanes, and what can be done to all lanes alike.
//!
//! Lane 0 is in the lowest bits of the number. Not here: the operators (see [`super::vector_integer`] and
//! [`super::vector_float`]). Invariant: nothing depends on the machine's order of bytes.
//! Read next: [`super::vector_integer`].

/// A type of lane, of which a vector has `N`.
pub(super) trait Lane<const N: usize>: Copy {
    fn split(vector: u128) -> [Self; N];
    fn join(lanes: [Self; N]) -> u128;
}

macro_rules! lanes {
    ($($ty:ident $count:literal $bytes:literal;)*) => {
        $(
            impl Lane<$count> for $ty {
                #[inline(always)]
                fn split(vector: u128) -> [Self; $count] {
                    let bytes = vector.to_le_bytes();
                    core::array::from_fn(|lane| {
                        Self::from_le_bytes(core::array::from_fn(|at| bytes[lane * $bytes + at]))
                    })
                }

                #[inline(always)]
                fn join(lanes: [Self; $count]) -> u128 {
                    let mut bytes = [0; 16];
                    for (bytes, lane) in bytes.chunks_exact_mut($bytes).zip(lanes) {
                        bytes.copy_from_slice(&lane.to_le_bytes());
                    }
                    u128::from_le_bytes(bytes)
                }
            }
        )*
    };
}

lanes! {
    i8 16 1;
    u8 16 1;
    i16 8 2;
    u16 8 2;
    i32 4 4;
    u32 4 4;
    f32 4 4;
    i64 2 8;
    u64 2 8;
    f64 2 8;
}

/// The lanes of a vector.
#[inline(always)]
pub(super) fn split<T: Lane<N>, const N: usize>(vector: u128) -> [T; N] {
    T::split(vector)
}

/// The same to every lane.
#[inline(always)]
pub(super) fn map1<T: Lane<N>, const N: usize>(a: u128, f: impl Fn(T) -> T) -> u128 {
    T::join(T::split(a).map(f))
}

/// The same to every pair of lanes.
#[inline(always)]
pub(super) fn map2<T: Lane<N>, const N: usize>(a: u128, b: u128, f: impl Fn(T, T) -> T) -> u128 {
    let (a, b) = (T::split(a), T::split(b));
    T::join(core::array::from_fn(|lane| f(a[lane], b[lane])))
}

/// Integers that can be all zeros or all ones.
pub(super) trait Mask {
    fn mask(truth: bool) -> Self;
}

macro_rules! masks {
    ($($ty:ident)*) => {
        $(impl Mask for $ty {
            #[inline(always)]
            fn mask(truth: bool) -> Self {
                if truth { Self::MAX } else { 0 }
            }
        })*
    };
}
masks!(u8 u16 u32 u64);

/// All bits of the lanes for which it is true, `M` being integers of the same width.
#[inline(always)]
pub(super) fn test<T: Lane<N>, M: Lane<N> + Mask, const N: usize>(
    a: u128,
    b: u128,
    f: impl Fn(T, T) -> bool,
) -> u128 {
    let (a, b) = (T::split(a), T::split(b));
    M::join(core::array::from_fn(|lane| M::mask(f(a[lane], b[lane]))))
}

/// One bit per lane.
#[inline(always)]
pub(super) fn bitmask<const N: usize>(lanes: [bool; N]) -> i32 {
    let bits = lanes.iter().rev().fold(0_u32, |bits, lane| bits << 1 | u32::from(*lane));
    bits.cast_signed()
}

/// Lanes from `first` on, in twice the width.
#[inline(always)]
pub(super) fn widen<T, W, const N: usize, const M: usize>(a: u128, first: usize) -> u128
where
    T: Lane<N> + Into<W>,
    W: Lane<M>,
{
    let a = T::split(a);
    W::join(core::array::from_fn(|lane| a[first + lane].into()))
}

/// The same to every pair of lanes from `first` on, in twice the width.
#[inline(always)]
pub(super) fn widen2<T, W, const N: usize, const M: usize>(
    a: u128,
    b: u128,
    first: usize,
    f: impl Fn(W, W) -> W,
) -> u128
where
    T: Lane<N> + Into<W>,
    W: Lane<M>,
{
    let (a, b) = (T::split(a), T::split(b));
    W::join(core::array::from_fn(|lane| f(a[first + lane].into(), b[first + lane].into())))
}

/// The same to every two neighbours, in twice the width.
#[inline(always)]
pub(super) fn pairwise<T, W, const N: usize, const M: usize>(a: u128, f: impl Fn(W, W) -> W) -> u128
where
    T: Lane<N> + Into<W>,
    W: Lane<M>,
{
    let a = T::split(a);
    W::join(core::array::from_fn(|lane| f(a[2 * lane].into(), a[2 * lane + 1].into())))
}

/// The lanes of both vectors, each in half the width.
#[inline(always)]
pub(super) fn narrow<T, H, const N: usize, const M: usize>(
    a: u128,
    b: u128,
    f: impl Fn(T) -> H,
) -> u128
where
    T: Lane<N>,
    H: Lane<M>,
{
    let (a, b) = (T::split(a), T::split(b));
    H::join(core::array::from_fn(|lane| f(if lane < N { a[lane] } else { b[lane - N] })))
}

/// Every lane as one of another type of the same width.
#[inline(always)]
pub(super) fn convert<T: Lane<N>, R: Lane<N>, const N: usize>(a: u128, f: impl Fn(T) -> R) -> u128 {
    R::join(T::split(a).map(f))
}

/// Both lanes as the lower ones of four; the upper ones are `zero`.
#[inline(always)]
pub(super) fn to_low<T: Lane<2>, R: Lane<4>>(a: u128, f: impl Fn(T) -> R, zero: R) -> u128 {
    let [a, b] = T::split(a);
    R::join([f(a), f(b), zero, zero])
}

/// The lower two of four lanes, each as one of two.
#[inline(always)]
pub(super) fn from_low<T: Lane<4>, R: Lane<2>>(a: u128, f: impl Fn(T) -> R) -> u128 {
    let [a, b, ..] = T::split(a);
    R::join([f(a), f(b)])
}

/// Rows of operators with two operands: name, operands, name in the text format, value.
macro_rules! binaries {
    ($($name:ident ($a:ident, $b:ident) $text:literal $value:expr;)*) => {
        $(
            #[doc = concat!("The operator `", $text, "`.")]
            #[must_use]
            #[inline]
            pub fn $name($a: u128, $b: u128) -> u128 {
                $value
            }
        )*
    };
}
pub(super) use binaries;

/// Rows of operators with one operand.
macro_rules! unaries {
    ($($name:ident ($a:ident) $text:literal $value:expr;)*) => {
        $(
            #[doc = concat!("The operator `", $text, "`.")]
            #[must_use]
            #[inline]
            pub fn $name($a: u128) -> u128 {
                $value
            }
        )*
    };
}
pub(super) use unaries;

/// Rows of shifts.
macro_rules! shifts {
    ($($name:ident ($a:ident, $by:ident) $text:literal $value:expr;)*) => {
        $(
            #[doc = concat!("The operator `", $text, "`.")]
            #[must_use]
            #[inline]
            pub fn $name($a: u128, by: i32) -> u128 {
                let $by = by.cast_unsigned();
                $value
            }
        )*
    };
}
pub(super) use shifts;

/// Rows of operators that say something about a vector in an integer.
macro_rules! tests {
    ($($name:ident ($a:ident) $text:literal $value:expr;)*) => {
        $(
            #[doc = concat!("The operator `", $text, "`.")]
            #[must_use]
            #[inline]
            pub fn $name($a: u128) -> i32 {
                $value
            }
        )*
    };
}
pub(super) use tests;
