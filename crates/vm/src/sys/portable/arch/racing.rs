//! Copying bytes that other threads may use at the same time, one by one: each comes out old or new.
//!
//! Not here: checking ranges (`memory/view.rs`). Invariant: nothing but these functions touches shared bytes from Rust,
//! atomic operations excepted.

use std::sync::atomic::{AtomicU8, Ordering};

/// Copies bytes upwards.
///
/// # Safety
/// So many bytes are readable at `from` and writable at `to`, and whoever else uses them does so as guests do.
pub(crate) unsafe fn copy(from: *const u8, to: *mut u8, bytes: usize) {
    for index in 0..bytes {
        let source = from.wrapping_add(index).cast_mut();
        // SAFETY: by contract; a load does not write.
        let byte = unsafe { AtomicU8::from_ptr(source) }.load(Ordering::Relaxed);
        // SAFETY: by contract.
        unsafe { AtomicU8::from_ptr(to.wrapping_add(index)) }.store(byte, Ordering::Relaxed);
    }
}

/// Sets bytes.
///
/// # Safety
/// So many bytes are writable at `at`, and whoever else uses them does so as guests do.
pub(crate) unsafe fn fill(at: *mut u8, value: u8, bytes: usize) {
    for index in 0..bytes {
        // SAFETY: by contract.
        unsafe { AtomicU8::from_ptr(at.wrapping_add(index)) }.store(value, Ordering::Relaxed);
    }
}
