//! Counting what a store holds, against its limits and, where it has one, together with the others of its budget.
//!
//! Not here: the objects themselves (`objects.rs`), and what the heap holds, which it counts itself. Invariant: what is
//! counted here and in a budget is the same but for memories that other stores hold too.

use super::{Objects, check};
use crate::budget::{Budget, Item};
use crate::limits::NURSERY_BYTES_MIN;
use crate::memory::{Memory, SharedMemory, minimum_bytes};
use crate::{StoreLimits, VmError};
use holm_spec::types::{MemoryType, TableType};

impl Objects {
    /// Counts what the store holds together with what other stores hold that have the same budget.
    ///
    /// # Errors
    /// When it holds something already.
    pub fn set_budget(&mut self, budget: &Budget) -> Result<(), VmError> {
        let held = (self.memories.len() + self.tables.len()) as u64;
        check("objects before the budget", held, 0)?;
        self.budget = Some(budget.clone());
        Ok(())
    }

    /// Gives back what the budget was charged.
    pub(crate) fn release_budget(&mut self) {
        if let Some(budget) = self.budget.take() {
            budget.give(Item::MemoryBytes, self.memory_bytes);
            budget.give(Item::TableEntries, self.table_entries);
            budget.give(Item::HeapBytes, self.heap_bytes);
        }
    }

    /// Takes so many more of a kind of which the store has `held`; the error says how many it would be.
    pub(super) fn take(&self, item: Item, held: u64, count: u64, max: u64) -> Result<(), u64> {
        match &self.budget {
            Some(budget) => budget.take(item, count, max),
            None => match held.saturating_add(count) {
                sum if sum > max => Err(sum),
                _ => Ok(()),
            },
        }
    }

    /// Bytes of all linear memories together.
    #[must_use]
    pub fn memory_bytes_in_use(&self) -> u64 {
        self.memory_bytes + self.shared_memory_bytes()
    }

    /// Bytes of the memories that other stores may hold too, each counted once.
    #[must_use]
    pub fn shared_memory_bytes(&self) -> u64 {
        let shared: Vec<&SharedMemory> = match self.shared_memories {
            0 => return 0,
            _ => self.memories.iter().filter_map(Memory::as_shared).collect(),
        };
        let is_first = |(index, memory): &(usize, &&SharedMemory)| {
            !shared[..*index].iter().any(|other| other.is_same(memory))
        };
        let first = shared.iter().enumerate().filter(is_first);
        first.map(|(_, memory)| memory.length() as u64).sum()
    }

    /// Counts a memory of type `ty` against the limits.
    pub(crate) fn charge_memory(&mut self, ty: &MemoryType) -> Result<(), VmError> {
        let count = self.memories.len() as u64 + 1;
        check("memories", count, u64::from(self.limits.memories_max))?;
        let bytes = minimum_bytes(ty)? as u64;
        self.take_memory(bytes).map_err(|value| {
            let max = self.limits.memory_bytes_max;
            VmError::Exhausted { limit: "memory bytes", value, max }
        })
    }

    /// Counts bytes of memories that are this store's alone; the error says how many it would be.
    pub(super) fn take_memory(&mut self, bytes: u64) -> Result<(), u64> {
        let shared = self.shared_memory_bytes();
        let max = self.limits.memory_bytes_max.saturating_sub(shared);
        let taken = self.take(Item::MemoryBytes, self.memory_bytes, bytes, max);
        taken.map_err(|value| value.saturating_add(shared))?;
        self.memory_bytes += bytes;
        Ok(())
    }

    /// The limits for a heap that is made now.
    pub(crate) fn heap_limits(&mut self) -> Result<StoreLimits, VmError> {
        let mut limits = self.limits;
        if let Some(budget) = &self.budget {
            let max = limits.heap_bytes_max;
            limits.heap_bytes_max = budget.take_half(Item::HeapBytes, max);
            self.heap_bytes += limits.heap_bytes_max;
            check("heap bytes", max - limits.heap_bytes_max + NURSERY_BYTES_MIN, max)?;
        }
        Ok(limits)
    }

    /// How many bytes the memories may have that other stores may hold too.
    pub(super) fn shared_bytes_max(&self) -> u64 {
        let own = self.budget.as_ref().map_or(self.memory_bytes, Budget::memory_bytes);
        self.limits.memory_bytes_max.saturating_sub(own)
    }

    /// Counts a memory that other stores may hold too against the limits.
    pub(crate) fn charge_shared(&mut self, memory: &SharedMemory) -> Result<(), VmError> {
        check("memories", self.memories.len() as u64 + 1, u64::from(self.limits.memories_max))?;
        let known = self.memories.iter().filter_map(Memory::as_shared).any(|m| m.is_same(memory));
        let more = if known { 0 } else { memory.length() as u64 };
        let bytes = self.shared_memory_bytes() + more;
        check("memory bytes", bytes, self.shared_bytes_max())?;
        self.shared_memories += 1;
        Ok(())
    }

    /// Counts a table of type `ty` against the limits; its size.
    pub(crate) fn charge_table(&mut self, ty: &TableType) -> Result<usize, VmError> {
        let count = self.tables.len() as u64 + 1;
        check("tables", count, u64::from(self.limits.tables_max))?;
        let max = self.limits.table_entries_max;
        let taken = self.take(Item::TableEntries, self.table_entries, ty.limits.min, max);
        taken.map_err(|value| VmError::Exhausted { limit: "table entries", value, max })?;
        self.table_entries += ty.limits.min;
        usize::try_from(ty.limits.min).map_err(|error| VmError::os("sizing a table", error))
    }
}
