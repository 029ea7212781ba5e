//! What a store may hold. The numbers are defaults; hosts set their own.

/// Limits of one store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StoreLimits {
    /// Bytes of all linear memories together.
    pub memory_bytes_max: u64,
    /// Entries of all tables together (16 bytes each).
    pub table_entries_max: u64,
    /// Instances.
    pub instances_max: u32,
    /// Linear memories.
    pub memories_max: u32,
    /// Tables.
    pub tables_max: u32,
    /// Exception tags.
    pub tags_max: u32,
    /// Exceptions that exist at the same time; never more than 2²⁰.
    pub exceptions_max: u32,
    /// Host objects that guests may refer to.
    pub externrefs_max: u32,
    /// Bytes of objects under the collector, garbage that is not collected yet included. The most that makes
    /// sense is a little below 2 GiB.
    pub heap_bytes_max: u64,
}

impl Default for StoreLimits {
    fn default() -> Self {
        Self {
            memory_bytes_max: 4 << 30,
            table_entries_max: 4 << 20,
            instances_max: 10_000,
            memories_max: 10_000,
            tables_max: 10_000,
            tags_max: 100_000,
            exceptions_max: 100_000,
            externrefs_max: 1_000_000,
            heap_bytes_max: 1 << 30,
        }
    }
}

/// Bytes of a bulk operation between two looks at the interruption flag.
pub(crate) const BULK_PIECE_BYTES: usize = 256 << 10;

/// Entries of a bulk table operation between two looks at the interruption flag.
pub(crate) const BULK_PIECE_ENTRIES: u64 = 1 << 14;

/// Entries of a table that is moved as often as it grows; a larger one is moved once.
pub(crate) const TABLE_MOVED_ENTRIES_MAX: usize = 1 << 16;

/// Frames that a backtrace keeps.
pub(crate) const BACKTRACE_FRAMES_MAX: usize = 100;

/// Resident memory up to this size is cleared by writing when a slot is reset; more is given back.
pub(crate) const RESET_PAGES_MAX: usize = 64;

/// Bytes of the nursery until the first collection, so that small programs take little; at least what the largest
/// structure takes.
pub(crate) const NURSERY_BYTES_FIRST: u64 = (2 << 20) - holm_abi::object::NULL_BYTES as u64;

/// Bytes of the nursery from then on.
pub(crate) const NURSERY_BYTES_MIN: u64 = 4 << 20;

/// Bytes of the nursery when much of it survives.
pub(crate) const NURSERY_BYTES_MAX: u64 = 16 << 20;

/// While most of the nursery survives, new objects go to the old space until there are this many bytes of them.
pub(crate) const OLD_PHASE_BYTES_MAX: u64 = 64 << 20;

/// Objects larger than this start in the old space.
pub(crate) const LARGE_BYTES: u64 = 64 << 10;

/// The old space is collected when it has doubled, and not before it has grown by this.
pub(crate) const MAJOR_BYTES_MIN: u64 = 32 << 20;

/// Heaps get accessible in steps of this.
pub(crate) const HEAP_COMMIT_BYTES: u64 = 1 << 20;

/// Up to this an old space takes memory in small pages; behind it in huge ones, where the system has them.
pub(crate) const HEAP_SMALL_BYTES: u64 = 4 << 20;

/// Memory of an old space, besides as much as survived, that stays while it is not in use.
pub(crate) const HEAP_KEPT_BYTES: u64 = 8 << 20;

/// Guard behind a heap: no field and no element's size reaches over it.
pub(crate) const HEAP_GUARD_BYTES: usize = 1 << 20;

/// Under stress, of so many collections one is of everything.
pub(crate) const STRESS_MAJOR_EVERY: u32 = 4;

/// Guard below a guest's stack; frames larger than it are probed.
pub(crate) const STACK_GUARD_BYTES: usize = 64 * 1024;

/// Bytes of machine code that one module can have whose functions are promoted one by one.
pub const CODE_REGION_BYTES: usize = 256 << 20;

/// Bytes of addresses that such a module takes for its first machine code.
#[cfg(feature = "machine-code")]
pub(crate) const CODE_RANGE_BYTES_FIRST: usize = 4 << 20;

/// How many images such a module can have: each is a mapping of its own, of which a process has 65,530.
#[cfg(feature = "machine-code")]
pub(crate) const IMAGES_MAX: u32 = 16 << 10;

/// Stubs are made in pieces for so many functions.
#[cfg(feature = "machine-code")]
pub(crate) const STUB_CHUNK: u32 = 4096;

/// Idle slots and stacks that a pool keeps.
pub(crate) const POOL_IDLE_MAX: usize = 256;
