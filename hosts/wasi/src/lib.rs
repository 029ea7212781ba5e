//! WASI for guests of Holm: what a WebAssembly program may do with the world, against what it was granted.
//!
//! Three layers, each knowing only the one below it:
//! - `capability`: directories, files, streams, sockets, clocks, waiting. What later WASI versions share.
//! - `context`, `stdio`, `virtual_dir`: what an embedder grants. Nothing is granted by default. `refusal` and `usage` say
//!   what a guest was not given, and what it took.
//! - `preview1`: the 46 functions of `wasi_snapshot_preview1` and the 45 of `wasi_unstable` as a table of plain
//!   functions over a context and a guest's memory; `linker` puts them into a `holm::Linker`.
//!
//! Beside them `threads`: programs whose threads share a context, a memory and limits.
//!
//! Not here: policy (which directory, which address): that is the embedder's, or the command line's.
//!
//! Invariant: a guest reaches nothing of the host other than through an object in its context.
//!
//! Read next: `context.rs`, `capability/mod.rs`, `preview1/table.rs`.
#![forbid(unsafe_code)]

mod capability;
mod context;
mod errno;
mod fault;
mod grant_error;
pub mod limits;
mod linker;
mod memory;
pub mod preview1;
mod refusal;
mod space;
mod stdio;
mod threads;
mod usage;
mod virtual_dir;

pub use capability::Access;
pub use capability::wait::Stopper;
pub use context::{Deterministic, WasiCtx, WasiCtxBuilder};
pub use errno::Errno;
pub use fault::{Exit, Fault, Trap};
pub use grant_error::GrantError;
pub use linker::add_to_linker;
pub use refusal::{Reason, Refusal};
pub use space::Space;
pub use stdio::{Input, MemoryOutput, Output, pipe};
pub use threads::{SPAWN, THREADS_MAX_DEFAULT, ThreadLimits, ThreadUsage, Threads, WasiThread};
pub use usage::Usage;
pub use virtual_dir::{VirtualDir, VirtualDirOptions};
