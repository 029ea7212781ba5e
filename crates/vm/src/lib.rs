//! Everything that is alive: memories, tables, stacks, instances, entering and leaving code, traps.
//!
//! The engine's island of `unsafe`: machine code is published, entered and left here, and here alone;
//! the interface to the rest of the engine is safe. This crate knows code and contexts (`holm-abi`) but
//! no module, no tier and no public API.
//!
//! The rules that keep it sound, which the `SAFETY:` comments refer to:
//!
//! 1. **One thread.** A store is used by one thread at a time (`&mut`), so that its cells need no locks.
//!    Only [`InterruptHandle`] is shared, and it touches poll pages under a mutex.
//! 2. **Nobody holds a reference into a store while guest code runs.** [`Store::call`] takes `&mut self`,
//!    keeps only raw pointers over the entry, and host functions get a fresh `&mut` made from them.
//! 3. **Nothing in a store dies before the store.** Contexts, definitions and code may therefore point
//!    at each other.
//! 4. **Code is trusted only through [`VerifiedCode`]**, and addresses from guests only after a check.
//!
//! Read next: [`store`] (the owner), `block` (what assembly and code see of it), `sys` (the platform).
#![allow(unsafe_code, reason = "the island: machine code, its stacks and its memory live here")]

mod backtrace;
mod block;
mod budget;
mod builtins;
mod context;
mod error;
mod exceptions;
mod frame;
mod heap;
mod host;
mod instance;
mod interpret;
mod interrupt;
mod limits;
mod memory;
mod objects;
mod pool;
mod publish;
mod slot;
mod stack;
pub mod store;
mod sys;
mod table;
mod traps;
mod unwind;
#[cfg(all(feature = "no-unwinder", panic = "abort"))]
mod unwinder;

pub use backtrace::Frame;
pub use budget::Budget;
pub use error::{Exit, ExitCause, HostFailure, VmError};
pub use exceptions::{HeldException, TagType};
pub use frame::{CallFrame, HostFrame, RegisterArguments};
pub use heap::{HeapConfig, HeapStats, OwnedRoot, RootId, RootMark, TypeTable};
pub use host::HostFunction;
pub use instance::{Escaped, Instance, InstanceRequest};
pub use interrupt::InterruptHandle;
pub use limits::{CODE_REGION_BYTES, StoreLimits};
pub use memory::SharedMemory;
pub use objects::{FunctionId, GlobalId, InstanceId, MemoryId, Objects, TableId, TagId};
pub use pool::{NoRelations, Pool, PoolConfig, TypeRelations};
pub use publish::PublishedCode;
#[cfg(feature = "machine-code")]
pub use publish::region::{CodeMemory, publish_into};
#[cfg(feature = "machine-code")]
pub use publish::{VerifiedCode, publish};
pub use store::Store;
pub use sys::want_huge_pages;
#[cfg(feature = "machine-code")]
pub use sys::{StubArea, stubs};
pub use unwind::Thrown;

#[cfg(test)]
#[cfg(feature = "machine-code")]
mod tests;
