//! What a guest has used of its host, as a bill.
//!
//! Not here: what the engine counts (fuel, memories, tables: see `holm::Store`), and time, which is the embedder's to
//! measure.
//!
//! Invariant: counters only grow; `handles` and `file_bytes` are of now.
//!
//! Read next: `context.rs`.

/// What a context has used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Usage {
    /// Calls of functions of WASI.
    pub calls: u64,
    /// Bytes read from files, streams and sockets.
    pub bytes_read: u64,
    /// Bytes written to files, streams and sockets.
    pub bytes_written: u64,
    /// Descriptors open now, the standard streams and grants included.
    pub handles: u64,
    /// The most descriptors that were open at once.
    pub handles_peak: u64,
    /// Bytes that files, names and bookkeeping of directories in memory take now.
    pub file_bytes: u64,
    /// The most bytes that those took.
    pub file_bytes_peak: u64,
    /// Calls that were refused; counted only where a log of refusals is kept.
    pub refusals: u64,
}
