//! Tables: flat entries of 16 bytes, filled eagerly, null when zero.
//!
//! Entries are kept as `u128`, because zeroed memory of a primitive type comes from the allocator without
//! being touched: a table of a million nulls costs nothing until it is used.

use crate::limits::TABLE_MOVED_ENTRIES_MAX;
use holm_abi::layout::TableEntry;
use holm_abi::object::is_collected;
use holm_spec::types::{StorageType, TableType};
use std::ptr::NonNull;

/// What code reads: `holm_abi::layout::TABLE_BASE` and `TABLE_LENGTH`.
#[repr(C)]
#[derive(Debug)]
pub(crate) struct TableDefinition {
    pub(crate) base: *mut u128,
    pub(crate) length: u64,
}

/// A table.
#[derive(Debug)]
pub(crate) struct Table {
    pub(crate) ty: TableType,
    /// The instance that defines it, whose functions are not foreign in it.
    pub(crate) owner: u32,
    entries: Vec<u128>,
    definition: NonNull<TableDefinition>,
}

impl Table {
    /// A table of nulls.
    pub(crate) fn new(
        ty: &TableType,
        owner: u32,
        entries: usize,
        definition: NonNull<TableDefinition>,
    ) -> Self {
        let mut table = Self { ty: *ty, owner, entries: vec![0; entries], definition };
        table.write_definition();
        table
    }

    pub(crate) fn size(&self) -> u64 {
        self.entries.len() as u64
    }

    pub(crate) fn definition(&self) -> NonNull<TableDefinition> {
        self.definition
    }

    /// The reference at `index`.
    pub(crate) fn get(&self, index: u64) -> Option<u32> {
        let entry = self.entries.get(usize::try_from(index).ok()?)?;
        Some(unpack(*entry).reference)
    }

    /// The entries `start..start + count`.
    pub(crate) fn range_mut(&mut self, start: u64, count: u64) -> Option<&mut [u128]> {
        let start = usize::try_from(start).ok()?;
        let end = start.checked_add(usize::try_from(count).ok()?)?;
        self.entries.get_mut(start..end)
    }

    /// The entries `start..start + count`.
    pub(crate) fn range(&self, start: u64, count: u64) -> Option<&[u128]> {
        let start = usize::try_from(start).ok()?;
        let end = start.checked_add(usize::try_from(count).ok()?)?;
        self.entries.get(start..end)
    }

    /// Moves entries inside the table as if through a copy; the ranges must lie inside.
    pub(crate) fn copy_within(&mut self, source: u64, destination: u64, count: u64) -> Option<()> {
        self.range(source, count)?;
        self.range(destination, count)?;
        let source = usize::try_from(source).ok()?;
        let count = usize::try_from(count).ok()?;
        let destination = usize::try_from(destination).ok()?;
        self.entries.copy_within(source..source + count, destination);
        Some(())
    }

    /// The largest size that its type allows.
    pub(crate) fn largest(&self) -> u64 {
        self.ty.limits.max.unwrap_or(u64::MAX).min(u64::from(u32::MAX))
    }

    /// The size after growing by `delta`, if its type allows that.
    pub(crate) fn grown(&self, delta: u64) -> Option<u64> {
        let size = self.size().checked_add(delta)?;
        (size <= self.largest()).then_some(size)
    }

    /// Grows to `size` with entries of `entry`; false when there is no memory. It will never be larger than `most`.
    pub(crate) fn grow(&mut self, size: u64, entry: u128, most: u64) -> bool {
        let Ok(size) = usize::try_from(size) else { return false };
        if size > TABLE_MOVED_ENTRIES_MAX && size > self.entries.capacity() {
            // Moving a large table takes long, and nothing interrupts it: it moves once, to where it can stay.
            // Room that is not used costs addresses only; where those are scarce it moves again.
            let most = usize::try_from(most).unwrap_or(usize::MAX);
            let _ = self.entries.try_reserve_exact(most.saturating_sub(self.entries.len()));
        }
        if self.entries.try_reserve(size - self.entries.len()).is_err() {
            return false;
        }
        self.entries.resize(size, entry);
        self.write_definition();
        true
    }

    /// Shows the references that are the collector's to it, to be changed.
    pub(crate) fn visit(&mut self, mut visit: impl FnMut(u32) -> u32) {
        if !is_collected(StorageType::Val(self.ty.element.into())) {
            return;
        }
        for entry in &mut self.entries {
            let reference = unpack(*entry).reference;
            if reference != 0 {
                *entry = pack(TableEntry { reference: visit(reference), ..TableEntry::NULL });
            }
        }
    }

    fn write_definition(&mut self) {
        let value = TableDefinition { base: self.entries.as_mut_ptr(), length: self.size() };
        // SAFETY: definitions live as long as the store (rule 3) and are read only by guest code, which
        // does not run now.
        unsafe { self.definition.write(value) };
    }
}

/// An entry as one number, in memory order.
pub(crate) fn pack(entry: TableEntry) -> u128 {
    u128::from(entry.code) | u128::from(entry.signature) << 64 | u128::from(entry.reference) << 96
}

/// The reverse of [`pack`].
#[expect(clippy::cast_possible_truncation, reason = "fields are cut out of the number")]
pub(crate) fn unpack(entry: u128) -> TableEntry {
    TableEntry {
        code: entry as u64,
        signature: (entry >> 64) as u32,
        reference: (entry >> 96) as u32,
    }
}
