//! Holm runs WebAssembly: programs from anywhere, at native speed, shut in a sandbox.
//!
//! ```
//! use holm::{Engine, Linker, Module, Store};
//!
//! # fn main() -> holm::Result<()> {
//! let engine = Engine::default();
//! let module = Module::new(&engine, "(module (func (export \"answer\") (result i32) i32.const 42))")?;
//! let mut store = Store::new(&engine, ());
//! let instance = Linker::new(&engine).instantiate(&mut store, &module)?;
//! let answer = instance.get_typed_func::<(), i32>(&mut store, "answer")?;
//! assert_eq!(answer.call(&mut store, ())?, 42);
//! # Ok(())
//! # }
//! ```
//!
//! # Concepts
//!
//! * [`Engine`]: what everything else shares. Make one per process, from a [`Config`].
//! * [`Module`]: a WebAssembly file, validated and compiled. Instantiate it as often as you like, from any
//!   thread.
//! * [`Store`]: owner of everything that is alive, and of your own data beside it. Dropping it frees all at
//!   once. One thread uses it at a time.
//! * [`Linker`]: what you offer to modules, by name: closures, and exports of other instances.
//! * [`Instance`]: a module come alive in a store. [`Func`] and [`TypedFunc`] call into it, [`Memory`],
//!   [`Table`] and [`Global`] look into it, [`Tag`] tells its exceptions.
//! * [`Caller`]: what a closure gets when a guest calls it: your data, the guest's memory, the store.
//! * [`Error`]: one type, six families ([`ErrorKind`]), a backtrace of the guest where there is one.
//!
//! # Keeping guests in bounds
//!
//! A guest can reach what you offer it, its own memory, and nothing else. Limits on modules
//! ([`ModuleLimits`]), on what a store holds ([`StoreLimits`]) and on stacks are on from the start. Limits on
//! time are yours to choose: [`Store::interrupt_handle`] stops a guest from another thread,
//! [`Config::fuel`] counts what it executes.
//!
//! # Features
//!
//! | feature | default | what it brings |
//! |---------|---------|----------------|
//! | `text`  | on      | [`Module::new`] takes the text format too |
//! | `interp` | on     | the tier `interp`: functions are interpreted, no machine code is made |
//! | `optimize` | on   | the tier `optimize`: functions are compiled to machine code |
//! | `dwarf` | on      | files and lines in backtraces of modules that carry DWARF |
//!
//! # More
//!
//! The folder `examples` of the repository holds programs for memory access, limits, linking and compiling
//! ahead of time; they run as part of the tests. The crate `holm-wasi` offers the system interface that
//! compiled C, Rust, Go … programs expect.
#![forbid(unsafe_code)]

mod engine;

pub use engine::{Engine, TIERS};
#[cfg(feature = "counting")]
pub use holm_interp::counting;
pub use holm_runtime::{
    AnyRef, ArrayRef, ArrayType, Artifact, AsContext, AsContextMut, BUILD_ID, Backtrace,
    BacktraceFrame, Budget, Caller, CodeCache, CompositeType, Config, Error, ErrorKind, ExnRef,
    Export, ExportType, Extern, ExternRef, ExternType, Features, FieldType, Func, FuncType, Global,
    GlobalType, HeapStats, HeapType, Hierarchy, ImportType, Instance, InstancePre, InstanceUsage,
    InterruptHandle, IntoFunc, Limits, Linker, Memory, MemoryAccessError, MemoryStrategy,
    MemoryType, Module, ModuleLimits, ModuleStream, OneWorker, OwnedAnyRef, OwnedExternRef,
    Profile, RefType, Result, RootScope, SharedBytes, SharedMemory, StorageType, Store,
    StoreContext, StoreContextMut, StoreLimits, StoreUsage, StreamProgress, StructRef, StructType,
    Symbol, Table, TableType, Tag, TierCompilation, TierEvent, TierEventKind, TierReason,
    TierStats, Tiering, TrapReason, TypedFunc, Val, ValType, WasmParams, WasmResults, WasmRet,
    WasmTy, Workers,
};
