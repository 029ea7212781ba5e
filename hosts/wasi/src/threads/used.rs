//! What threads have used that have ended.
//!
//! Not here: what those use that run (their stores know).
//!
//! Invariant: numbers only grow, but for fuel, which is given to others; nobody waits for anybody to add to them.
//!
//! Read next: `threads.rs`.

use holm::StoreUsage;
use std::sync::atomic::{AtomicU64, Ordering};

/// Sums over threads that have ended.
#[derive(Debug, Default)]
pub(super) struct Used {
    table_entries: AtomicU64,
    memory_bytes: AtomicU64,
    heap_bytes: AtomicU64,
    heap_bytes_made: AtomicU64,
    instances: AtomicU64,
    processor_ns: AtomicU64,
    /// Fuel that they had left, and that no other was given.
    fuel_left: AtomicU64,
}

impl Used {
    /// Adds what a store used, but for memories that are shared, and what fuel it had left.
    pub(super) fn add(&self, usage: &StoreUsage, fuel_left: u64) {
        let add = |sum: &AtomicU64, more: u64| sum.fetch_add(more, Ordering::Relaxed);
        add(&self.table_entries, usage.table_entries);
        add(&self.memory_bytes, usage.memory_bytes - usage.shared_memory_bytes);
        add(&self.heap_bytes, usage.heap_bytes);
        add(&self.heap_bytes_made, usage.heap_bytes_made);
        add(&self.instances, usage.instances);
        add(&self.processor_ns, usage.processor_ns.unwrap_or(0));
        self.give_fuel(fuel_left);
    }

    /// The sums.
    pub(super) fn stores(&self) -> StoreUsage {
        let of = |sum: &AtomicU64| sum.load(Ordering::Relaxed);
        let mut usage = StoreUsage::default();
        usage.table_entries = of(&self.table_entries);
        usage.memory_bytes = of(&self.memory_bytes);
        usage.heap_bytes = of(&self.heap_bytes);
        usage.heap_bytes_made = of(&self.heap_bytes_made);
        usage.instances = of(&self.instances);
        usage.processor_ns = Some(of(&self.processor_ns)).filter(|time| *time > 0);
        usage
    }

    pub(super) fn fuel_left(&self) -> u64 {
        self.fuel_left.load(Ordering::Relaxed)
    }

    /// Takes all fuel that is left.
    pub(super) fn take_fuel(&self) -> u64 {
        self.fuel_left.swap(0, Ordering::Relaxed)
    }

    /// Adds fuel that nobody uses.
    pub(super) fn give_fuel(&self, fuel: u64) {
        self.fuel_left.fetch_add(fuel, Ordering::Relaxed);
    }
}
