//! Instructions of the machine that have no other name without a standard library.
//!
//! Not here: anything that other functions of `holm-spec` do as fast. Invariant: the results are those of
//! `holm-spec`, but for the bits of a NaN. Read next: [`super`].

/// The square root.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
pub(crate) fn f64_sqrt(a: f64) -> f64 {
    use core::arch::x86_64::{_mm_cvtsd_f64, _mm_set_sd, _mm_sqrt_sd};
    // SAFETY: every processor of this architecture has these instructions.
    let wide = unsafe { _mm_set_sd(a) };
    // SAFETY: as above.
    let root = unsafe { _mm_sqrt_sd(wide, wide) };
    // SAFETY: as above.
    unsafe { _mm_cvtsd_f64(root) }
}

/// The square root.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
pub(crate) fn f32_sqrt(a: f32) -> f32 {
    use core::arch::x86_64::{_mm_cvtss_f32, _mm_set_ss, _mm_sqrt_ss};
    // SAFETY: every processor of this architecture has these instructions.
    let wide = unsafe { _mm_set_ss(a) };
    // SAFETY: as above.
    let root = unsafe { _mm_sqrt_ss(wide) };
    // SAFETY: as above.
    unsafe { _mm_cvtss_f32(root) }
}

#[cfg(not(target_arch = "x86_64"))]
pub(crate) use holm_spec::numeric::{f32_sqrt, f64_sqrt};

/// Conversions to floats. The instructions keep the rest of the register that they write, which is an accumulator: without
/// being told, they would wait for whatever it was to hold.
macro_rules! conversions {
    ($($name:ident $from:ty, $register:ident, $to:ty, $instruction:literal;)*) => {
        $(
            #[cfg(target_arch = "x86_64")]
            #[inline(always)]
            pub(crate) fn $name(a: $from) -> $to {
                let value: $to;
                // SAFETY: every processor of this architecture has these instructions, which touch these registers only.
                unsafe {
                    core::arch::asm!(
                        "xorps {value}, {value}",
                        concat!($instruction, " {value}, {a}"),
                        value = out(xmm_reg) value,
                        a = in($register) a,
                        options(pure, nomem, nostack, preserves_flags),
                    );
                }
                value
            }

            #[cfg(not(target_arch = "x86_64"))]
            #[allow(
                clippy::cast_lossless,
                clippy::cast_possible_truncation,
                reason = "rounding is what it is for"
            )]
            #[inline(always)]
            pub(crate) fn $name(a: $from) -> $to {
                a as $to
            }
        )*
    };
}
conversions! {
    f32_of_i64 i64, reg, f32, "cvtsi2ss";
    f64_of_i64 i64, reg, f64, "cvtsi2sd";
    f32_of_f64 f64, xmm_reg, f32, "cvtsd2ss";
    f64_of_f32 f32, xmm_reg, f64, "cvtss2sd";
}

/// A load of 16 bits that others may be changing atomically meanwhile.
///
/// An atomic load is what it is. The compiler extends the result of one that is extended already, in every handler, which
/// took 3 % of the interpreter's time; so where handlers are what counts, it is a volatile one: never split, never made twice, and
/// atomic in every machine, because it is aligned.
///
/// # Safety
/// There are 16 bits at the address, aligned, which nobody writes but atomically.
#[inline(always)]
pub(super) unsafe fn load(from: *const u16) -> usize {
    #[cfg(holm_tail_dispatch)]
    // SAFETY: by contract.
    return usize::from(unsafe { from.read_volatile() });
    #[cfg(not(holm_tail_dispatch))]
    {
        use core::sync::atomic::{AtomicU16, Ordering};
        // SAFETY: by contract.
        let value = unsafe { &*from.cast::<AtomicU16>() };
        usize::from(value.load(Ordering::Relaxed))
    }
}
