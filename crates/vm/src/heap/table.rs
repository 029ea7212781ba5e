//! The table of types: for each id the ids above it, where compiled code can look.
//!
//! One row per id, in a reservation that never moves, shared by all stores of an engine. Invariant: the row of
//! an id is written before anything with that id exists, and not changed while anything has it.

use crate::VmError;
use crate::sys::map::Mapping;
use holm_abi::object::{DISPLAY_BYTES_LOG2, DISPLAY_ENTRIES, ID_MASK};
use std::sync::atomic::{AtomicU32, Ordering};

/// See the module's documentation.
#[derive(Debug)]
pub struct TypeTable {
    mapping: Mapping,
}

impl TypeTable {
    /// A table of empty rows. Memory is taken only for rows in use.
    ///
    /// # Errors
    /// When the system has no addresses left.
    pub fn new() -> Result<Self, VmError> {
        let rows = ID_MASK as usize + 1;
        Ok(Self { mapping: Mapping::zeroed(rows << DISPLAY_BYTES_LOG2)? })
    }

    /// The address of row 0.
    #[must_use]
    pub fn address(&self) -> u64 {
        self.mapping.base().as_ptr().expose_provenance() as u64
    }

    /// Writes the row of an id.
    ///
    /// # Panics
    /// When ids do not get that high.
    pub fn set(&self, id: u32, row: [u32; DISPLAY_ENTRIES as usize]) {
        assert!(id <= ID_MASK, "type id {id}");
        let start = self.mapping.at((id as usize) << DISPLAY_BYTES_LOG2).cast::<AtomicU32>();
        for (index, value) in row.into_iter().enumerate() {
            // SAFETY: inside the row, which is mapped.
            let entry = unsafe { start.add(index) };
            // SAFETY: zeroed memory is an atomic of 0; it lives as long as `self`.
            unsafe { entry.as_ref() }.store(value, Ordering::Release);
        }
    }
}
