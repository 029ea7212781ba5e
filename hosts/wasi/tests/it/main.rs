//! Preview 1 as a guest sees it: every function through the public table, on real directories, with a plain vector
//! as guest memory.
//!
//! Not here: tests of single rooms of the crate, which stand beside them.
//!
//! Read next: `guest.rs`, then any of the suites.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

mod alike;
mod conditions;
mod descriptors;
mod escape;
mod files;
mod grants;
mod guest;
mod hostile;
mod linker;
mod mounts;
mod poll;
mod published;
mod race;
mod readonly;
mod refused;
mod shared;
mod sockets;
mod stdio;
mod table;
mod threads;
mod unstable;
mod worlds;
