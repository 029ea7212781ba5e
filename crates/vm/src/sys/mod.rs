//! The platform: one folder per operating system, one per architecture, and one for wherever neither is known. The only
//! place to edit for a new one.
//!
//! `portable` has what the interpreter needs and nothing else: memory from the allocator, no signals, no machine code.

#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
pub(crate) mod linux;
#[cfg(not(all(target_os = "linux", target_arch = "x86_64")))]
pub(crate) mod portable;
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
pub(crate) mod x86_64;

#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
pub(crate) use linux::{map, scan, signals};
#[cfg(not(all(target_os = "linux", target_arch = "x86_64")))]
pub(crate) use portable::{arch, map, scan, signals};
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
pub(crate) use x86_64 as arch;
#[cfg(feature = "machine-code")]
pub(crate) use x86_64::stubs::base_of;
#[cfg(feature = "machine-code")]
pub use x86_64::stubs::{StubArea, stubs};

// Where there are tests, it is tested alone.
#[cfg(all(test, target_os = "linux", target_arch = "x86_64"))]
#[path = "portable/map.rs"]
#[expect(dead_code, reason = "nobody but its tests uses it here")]
mod portable_map;

/// Asks for the room behind what a vector holds to come in huge pages: what is read into much room takes as long
/// to get it page by page as to read. It is a wish: a system that has none says no, and nothing is different.
pub fn want_huge_pages(bytes: &mut Vec<u8>) {
    map::want_huge_pages(bytes);
}

/// Whether there can be other threads. Where there cannot, nobody can wake one that waits.
pub(crate) const HAS_THREADS: bool =
    cfg!(not(all(target_family = "wasm", not(target_feature = "atomics"))));
