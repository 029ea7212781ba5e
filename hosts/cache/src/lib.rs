//! Compiled code on disk, so that a program starts the second time without compiling.
//!
//! What it is: a directory of entries, each named by what it was made from ([`Key`]) and carrying a keyed BLAKE3 under a
//! secret that only this user can read. What it is not: it knows nothing of WebAssembly, of compilers, or of what
//! an entry holds.
//!
//! Invariants:
//! * [`Cache::get`] hands out exactly bytes that [`Cache::put`] was given under the same key by the same user, or nothing.
//!   Whatever else lies in an entry's place is removed and counts as a miss.
//! * A process that is killed at any system call leaves a directory in which every entry is whole.
//! * No lock files: every change is one `rename`, `link` or `unlink`, so any number of processes share the directory.
//! * A missing home, a read-only or full disk never fails the caller's work: there is a reason to show, and no cache.
//!
//! An entry is read into private memory, not mapped: see `entry.rs` for why. Read next: `cache.rs`.
#![forbid(unsafe_code)]

mod cache;
mod config;
mod disk;
mod entry;
mod key;
mod secret;
mod sweep;

pub use cache::{Cache, Info};
pub use config::{CacheConfig, Unavailable};
pub use entry::Entry;
pub use key::Key;

/// How much a cache may hold when the user says nothing: 1 GiB.
pub const BYTES_MAX_DEFAULT: u64 = 1 << 30;

#[cfg(test)]
mod tests;
