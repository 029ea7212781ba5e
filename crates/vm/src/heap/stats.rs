//! What a heap did, in numbers.

/// What the collector of a store did so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HeapStats {
    /// Collections of the nursery alone.
    pub minor_collections: u64,
    /// Collections of everything.
    pub major_collections: u64,
    /// Bytes of all objects that were made.
    pub bytes_allocated: u64,
    /// Bytes that collections copied.
    pub bytes_copied: u64,
    /// Bytes of objects in use, garbage since the last collection included.
    pub bytes_in_use: u64,
    /// Things of the host's that guests may refer to.
    pub host_objects: u32,
    /// Nanoseconds of all collections together; 0 without a clock.
    pub pause_total_ns: u64,
    /// Nanoseconds of the longest collection.
    pub pause_max_ns: u64,
}
