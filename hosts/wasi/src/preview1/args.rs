//! The parameters of one call.
//!
//! Every function reads its parameters by position and as what they are; addresses come out as allegations
//! (`memory.rs`), enumerations and flags only if the standard knows the value.
//!
//! Invariant: in builds with assertions, reading a parameter as a type it does not have panics; the tests call every
//! function.
//!
//! Read next: `table.rs`.

use crate::Errno;
use crate::memory::{GuestPtr, GuestSlice, GuestVectors};

/// The types that parameters and results have in preview 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Word {
    /// `i32`
    I32,
    /// `i64`
    I64,
}

/// The most parameters that a function has.
pub const PARAMS_MAX: usize = 9;

/// The parameters of one call, each in 64 bits.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Args<'a> {
    pub(crate) slots: &'a [u64; PARAMS_MAX],
    pub(crate) types: &'static [Word],
}

impl Args<'_> {
    #[inline]
    pub(crate) fn u32(&self, index: usize) -> u32 {
        debug_assert_eq!(self.types.get(index), Some(&Word::I32), "parameter {index}");
        #[expect(clippy::cast_possible_truncation, reason = "an i32 is the low half of its slot")]
        let value = self.slots[index] as u32;
        value
    }

    #[inline]
    pub(crate) fn u64(&self, index: usize) -> u64 {
        debug_assert_eq!(self.types.get(index), Some(&Word::I64), "parameter {index}");
        self.slots[index]
    }

    #[inline]
    pub(crate) fn i64(&self, index: usize) -> i64 {
        self.u64(index).cast_signed()
    }

    #[inline]
    pub(crate) fn ptr(&self, index: usize) -> GuestPtr {
        GuestPtr(self.u32(index))
    }

    /// An address and, behind it, a length.
    #[inline]
    pub(crate) fn slice(&self, index: usize) -> GuestSlice {
        GuestSlice { start: self.u32(index), len: self.u32(index + 1) }
    }

    /// The address of a list and, behind it, its length.
    #[inline]
    pub(crate) fn vectors(&self, index: usize) -> GuestVectors {
        GuestVectors { start: self.ptr(index), len: self.u32(index + 1) }
    }

    /// Flags of which the standard knows those in `known`.
    #[inline]
    pub(crate) fn flags(&self, index: usize, known: u32) -> Result<u32, Errno> {
        let flags = self.u32(index);
        if flags & !known == 0 { Ok(flags) } else { Err(Errno::Inval) }
    }
}
