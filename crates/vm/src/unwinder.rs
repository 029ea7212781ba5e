//! An unwinder that finds nothing, in place of the system's.
//!
//! For a program that aborts when it panics and is linked without tables to unwind with: the standard library would still bring
//! everything that finds lines for a backtrace (200 KB), and load a library that could not find a single frame. These are the
//! functions that it calls; the linker takes them instead. Not here: traps and exceptions of guests (see `unwind.rs`).
//! Invariant: there is nothing to unwind, so that what is asked about a frame is never asked.
//! Read next: `hosts/cli/build.rs`, which drops the tables.

use core::ffi::{c_int, c_void};

/// The answer that there are no more frames.
const END_OF_STACK: c_int = 5;

/// A frame; there is none.
type Context = *mut c_void;

#[unsafe(no_mangle)]
extern "C" fn _Unwind_Backtrace(_each: *const c_void, _argument: *mut c_void) -> c_int {
    END_OF_STACK
}

/// For threads that are cancelled, which is nothing that Holm does: the C library of programs without shared libraries contains it.
#[unsafe(no_mangle)]
extern "C" fn _Unwind_ForcedUnwind(
    _exception: *mut c_void,
    _stop: *const c_void,
    _argument: *mut c_void,
) -> c_int {
    END_OF_STACK
}

#[unsafe(no_mangle)]
extern "C" fn _Unwind_GetCFA(_frame: Context) -> usize {
    0
}

/// Only the clean-up of a panic goes on with it, and a panic has aborted before.
#[unsafe(no_mangle)]
extern "C" fn _Unwind_Resume(_exception: *mut c_void) -> ! {
    std::process::abort()
}

#[unsafe(no_mangle)]
extern "C" fn _Unwind_GetIP(_frame: Context) -> usize {
    0
}

#[unsafe(no_mangle)]
extern "C" fn _Unwind_GetIPInfo(_frame: Context, _before: *mut c_int) -> usize {
    0
}

#[unsafe(no_mangle)]
extern "C" fn _Unwind_GetLanguageSpecificData(_frame: Context) -> usize {
    0
}

#[unsafe(no_mangle)]
extern "C" fn _Unwind_GetRegionStart(_frame: Context) -> usize {
    0
}

#[unsafe(no_mangle)]
extern "C" fn _Unwind_GetTextRelBase(_frame: Context) -> usize {
    0
}

#[unsafe(no_mangle)]
extern "C" fn _Unwind_GetDataRelBase(_frame: Context) -> usize {
    0
}

#[unsafe(no_mangle)]
extern "C" fn _Unwind_SetGR(_frame: Context, _register: c_int, _value: usize) {}

#[unsafe(no_mangle)]
extern "C" fn _Unwind_SetIP(_frame: Context, _address: usize) {}
