//! What WebAssembly means: its types, the reasons for a trap in the standard's words, and its numeric
//! operators as pure functions.
//!
//! Not here: bytes (see `holm-module`), anything alive (see `holm-vm`), anything of a host.
//! Invariant: no `std`, no allocation beyond what a type owns, no state; every function gives the same
//! answer on every machine, down to the bits of a NaN.
//! Read next: [`types`], then [`trap`], then [`numeric`].
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;
#[cfg(test)]
extern crate std;

pub mod numeric;
pub mod trap;
pub mod types;

/// Bytes in a page of linear memory, unless a memory says otherwise.
pub const PAGE_BYTES: u64 = 65_536;

/// The binary logarithm of [`PAGE_BYTES`].
pub const PAGE_BYTES_LOG2: u8 = 16;
