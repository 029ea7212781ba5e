//! Guest stacks: a guard below, pages that appear when touched, never moved.

use crate::VmError;
use crate::limits::STACK_GUARD_BYTES;
use crate::sys::map::{Access, Mapping, PAGE};
use std::ops::Range;

/// A stack that guests run on.
#[derive(Debug)]
pub(crate) struct GuestStack {
    mapping: Mapping,
}

impl GuestStack {
    pub(crate) fn new(bytes: usize) -> Result<Self, VmError> {
        let bytes = bytes.max(4 * PAGE).next_multiple_of(PAGE);
        let mapping = Mapping::reserve(STACK_GUARD_BYTES + bytes)?;
        mapping.protect(STACK_GUARD_BYTES, bytes, Access::ReadWrite)?;
        Ok(Self { mapping })
    }

    /// Addresses that fault because the stack is full.
    pub(crate) fn guard(&self) -> Range<u64> {
        let start = address(&self.mapping, 0);
        start..start + STACK_GUARD_BYTES as u64
    }

    /// Addresses of the stack itself; it grows down from the end.
    pub(crate) fn usable(&self) -> Range<u64> {
        address(&self.mapping, STACK_GUARD_BYTES)..address(&self.mapping, self.mapping.bytes())
    }
}

fn address(mapping: &Mapping, offset: usize) -> u64 {
    mapping.at(offset).as_ptr().expose_provenance() as u64
}
