//! WASI preview 1: the 46 functions of `wasi_snapshot_preview1`, and `wasi_unstable` before it.
//!
//! One plain function per function of the standard, over a context, the guest's memory and the call's parameters.
//! They translate: numbers to descriptors and rights, structures to bytes, ends to faults. What they stand on is in
//! `capability`.
//!
//! Not here: anything of the engine. `table.rs` is data that a linker, a test or a fuzzer reads.
//!
//! Invariant: no parameter and no byte of guest memory makes a function panic; each gets its error number.
//!
//! Read next: `table.rs`, `args.rs`, `descriptor.rs`.

mod args;
mod arguments;
mod clock;
pub(crate) mod descriptor;
mod fd;
mod io;
mod layout;
mod log;
mod path;
mod poll;
mod process;
mod readdir;
mod rights;
mod socket;
mod table;

pub use args::{PARAMS_MAX, Word};
pub(crate) use poll::Resumed;
pub(crate) use table::Left;
pub use table::{End, Function, SNAPSHOT_0, SNAPSHOT_1};
