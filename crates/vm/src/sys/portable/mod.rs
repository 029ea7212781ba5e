//! Any platform that Rust's standard library knows: memory comes from the allocator, and functions are interpreted.
//!
//! Nothing faults here, so that nothing depends on a fault: memories are bounded by explicit checks, the stack of
//! interpreted functions by its end, nested calls of the host by their number; and whoever interrupts sets a word. Not here: machine code.
//! Invariant: what is inaccessible elsewhere is not used here either, though nothing would stop it.

pub(crate) mod arch;
pub(crate) mod map;

#[cfg(feature = "machine-code")]
compile_error!(
    "machine code is only made for Linux on x86-64: build without the feature `machine-code`"
);
// The layout has addresses as numbers of 64 bits; where pointers are narrower, they are the first half of such a number.
#[cfg(all(not(target_pointer_width = "64"), target_endian = "big"))]
compile_error!("pointers of 32 bits are only known little-endian");

/// Which pages are resident: nobody tells.
pub(crate) mod scan {
    use std::ops::Range;

    /// Nobody knows.
    pub(crate) fn resident(_: Range<usize>, _: usize) -> Option<Vec<Range<usize>>> {
        None
    }

    /// Nobody counts them.
    pub(crate) fn faults() -> Option<u64> {
        None
    }
}

/// Signals: there are none.
pub(crate) mod signals {
    /// Nothing has to be done.
    pub(crate) fn install() {}

    /// Nothing has to be done.
    pub(crate) fn prepare_thread() {}
}
