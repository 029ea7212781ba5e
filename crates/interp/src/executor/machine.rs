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
