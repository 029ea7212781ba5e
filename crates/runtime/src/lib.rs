//! Engines, stores, linkers, instances, functions: what an embedder holds in hand.
//!
//! The safe half of what is alive; `holm-vm` is the other. This crate names no tier: whoever makes an
//! [`Engine`] hands one in (see [`engine::Parts`]). Embedders use the crate `holm`, which re-exports all of
//! this and knows the tiers.
//! Invariants: no `unsafe`; no file, clock, thread or environment of its own; a guest can cause a trap or
//! exhaust a limit, never a panic.
//! Read next: [`Engine`], then [`Module`], then [`Store`], then [`Linker`].
#![forbid(unsafe_code)]

mod anyref;
mod artifact;
mod backtrace;
mod cache;
mod config;
mod constant;
mod context;
mod dwarf;
pub mod engine;
mod error;
mod exnref;
mod externref;
mod externs;
mod func;
mod global;
mod instance;
mod instantiate;
mod linker;
mod memory;
mod module;
mod object;
mod plan;
mod profile;
mod registry;
mod shared;
mod store;
mod stream;
mod table;
mod tag;
mod tiering;
mod typed;
mod usage;
mod value;

pub use anyref::{AnyRef, OwnedAnyRef, RootScope};
pub use artifact::{Artifact, BUILD_ID};
pub use backtrace::{Backtrace, BacktraceFrame, Symbol};
pub use cache::CodeCache;
pub use config::Config;
pub use context::{AsContext, AsContextMut, StoreContext, StoreContextMut};
pub use engine::Engine;
pub use error::{Error, ErrorKind, Result};
pub use exnref::ExnRef;
pub use externref::{ExternRef, OwnedExternRef};
pub use externs::Extern;
pub use func::Func;
pub use func::host::{Caller, IntoFunc};
pub use func::typed_func::TypedFunc;
pub use global::Global;
pub use instance::{Export, Instance};
pub use linker::{InstancePre, Linker};
pub use memory::{Memory, MemoryAccessError};
pub use module::{ExportType, ImportType, Module};
pub use object::{ArrayRef, ArrayType, StructRef, StructType};
pub use profile::Profile;
pub use shared::SharedMemory;
pub use store::Store;
pub use stream::{ModuleStream, StreamProgress};
pub use table::Table;
pub use tag::Tag;
pub use tiering::thresholds::Tiering;
pub use tiering::{TierCompilation, TierEvent, TierEventKind, TierReason, TierStats};
pub use typed::{WasmParams, WasmResults, WasmRet, WasmTy};
pub use usage::{InstanceUsage, StoreUsage};
pub use value::Val;

pub use holm_abi::{MemoryStrategy, OneWorker, SharedBytes, Workers};
pub use holm_module::{Features, Limits as ModuleLimits};
pub use holm_spec::trap::TrapReason;
pub use holm_spec::types::{
    CompositeType, ExternType, FieldType, FuncType, GlobalType, HeapType, Hierarchy, Limits,
    MemoryType, RefType, StorageType, TableType, ValType,
};
pub use holm_vm::{Budget, HeapStats, InterruptHandle, StoreLimits};
