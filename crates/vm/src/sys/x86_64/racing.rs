//! Copying bytes that other threads may use at the same time.
//!
//! To Rust, two threads that use the same bytes without atomic operations are undefined behaviour. What an instruction of
//! inline assembly does is the machine's: bytes that somebody writes meanwhile come out old or new, each for itself, which is
//! what the standard says of guests that race.
//!
//! Not here: checking ranges (`memory/view.rs`). Invariant: nothing but these functions touches shared bytes from Rust,
//! atomic operations excepted.

/// Copies bytes upwards.
///
/// # Safety
/// So many bytes are readable at `from` and writable at `to`, and whoever else uses them does so as guests do.
pub(crate) unsafe fn copy(from: *const u8, to: *mut u8, bytes: usize) {
    // SAFETY: the caller's contract; the direction flag is clear, as the C convention has it.
    unsafe {
        std::arch::asm!(
            "rep movsb",
            inout("rcx") bytes => _,
            inout("rsi") from => _,
            inout("rdi") to => _,
            options(nostack, preserves_flags),
        );
    }
}

/// Sets bytes.
///
/// # Safety
/// So many bytes are writable at `at`, and whoever else uses them does so as guests do.
pub(crate) unsafe fn fill(at: *mut u8, value: u8, bytes: usize) {
    // SAFETY: as in `copy`.
    unsafe {
        std::arch::asm!(
            "rep stosb",
            inout("rcx") bytes => _,
            inout("rdi") at => _,
            in("al") value,
            options(nostack, preserves_flags),
        );
    }
}
