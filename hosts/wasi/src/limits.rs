//! Every number that bounds what a guest can make this host do, in one place.
//!
//! Not here: sizes of structures (those are the standard's, `preview1/layout.rs`) and limits of the machine itself.
//!
//! Invariant: no host allocation and no loop in this crate is driven by a guest's number without one of these.
//!
//! Read next: `context.rs`, where the limits an embedder can change are set.

/// Open descriptors per context, standard streams and grants included, unless the embedder sets another number.
pub const DESCRIPTORS_MAX_DEFAULT: usize = 1024;

/// Bytes in one path, without its terminator. Longer ones are `nametoolong` before the kernel sees them.
pub const PATH_BYTES_MAX: usize = 4095;

/// Bytes in one component of a path, in trees that are not the kernel's.
pub(crate) const NAME_BYTES_MAX: usize = 255;

/// Links followed in one walk, in trees that are not the kernel's; it is the kernel's number.
pub(crate) const LINKS_MAX: u32 = 40;

/// Names of one file, in trees that are not the kernel's.
pub(crate) const HARD_LINKS_MAX: u32 = 65_000;

/// Entries in one scatter or gather list. More is `inval`, as it is for the kernel.
pub const VECTORS_MAX: u32 = 1024;

/// Non-empty entries of such a list that go into one system call; they are kept on the stack.
pub const VECTORS_BATCH: usize = 16;

/// Bytes moved by one read or write, as for the kernel; the rest is another call's.
pub const TRANSFER_BYTES_MAX: usize = 0x7fff_f000;

/// Bytes moved between two looks at the stop flag.
pub const TRANSFER_CHUNK_BYTES: usize = 1 << 20;

/// Bytes that are written at once to a pipe or terminal that can only be written blockingly: what is free
/// for certain when the kernel reports it writable.
pub const STREAM_CHUNK_BYTES: usize = 4096;

/// Bytes that are copied at once between the host and a memory that threads share.
pub const COPY_BYTES: usize = 256 << 10;

/// Bytes of randomness taken between two looks at the stop flag.
pub const RANDOM_CHUNK_BYTES: usize = 256 << 10;

/// Subscriptions in one `poll_oneoff`.
pub const SUBSCRIPTIONS_MAX: u32 = 8192;

/// Bytes of directory entries asked from the kernel at once, per open listing.
pub const LISTING_BYTES: usize = 32 << 10;

/// Entries of a directory given to a guest between two looks at the stop flag.
pub(crate) const ENTRIES_BETWEEN_CHECKS: u32 = 512;

/// Attempts at one path resolution that a concurrent rename makes the kernel give up.
pub const RESOLVE_TRIES: u32 = 128;

/// Bytes of all arguments, and of all environment variables, with their terminators.
pub const ARGUMENT_BYTES_MAX: usize = 8 << 20;

/// Bytes that an output kept in memory takes before it is full, unless the embedder sets another number.
pub const MEMORY_OUTPUT_BYTES_DEFAULT: usize = 64 << 20;

/// Bytes of files and names in memory that a guest gets room for, unless the embedder sets another number.
pub const SPACE_BYTES_DEFAULT: u64 = 256 << 20;

/// Bytes that a pipe between two guests holds, unless the embedder sets another number.
pub const PIPE_BYTES_DEFAULT: usize = 64 << 10;

/// Bytes of one directory's names and entries that are sorted.
pub(crate) const ORDERED_LISTING_BYTES_MAX: usize = 64 << 20;

/// Files of the host that are told apart for guests whose runs must be alike.
pub(crate) const VEILED_INODES_MAX: usize = 1 << 20;
