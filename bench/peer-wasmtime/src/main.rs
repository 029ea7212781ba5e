//! The call matrix on wasmtime, with its pooling allocator: prints one `NAME NANOSECONDS` line per entry.
//!
//! What is measured is in `bench/src/matrix.rs`, the same file that `bench/src/bin/calls.rs` compiles against Holm.
#![forbid(unsafe_code)]

#[path = "../../src/matrix.rs"]
mod matrix;

/// The engine that the matrix measures.
mod wasm {
    pub(crate) use wasmtime::{Engine, Func, Instance, InstancePre, Linker, Module, Store, Val};

    use wasmtime::{Config, Enabled, PoolingAllocationConfig};

    use crate::matrix::Outcome;

    /// Slots are kept warm as its documentation advises for many short instances.
    const KEPT_BYTES: usize = 256 << 10;

    /// An engine as a host that runs many short instances would make it.
    pub(crate) fn engine() -> Outcome<Engine> {
        let mut pool = PoolingAllocationConfig::new();
        pool.linear_memory_keep_resident(KEPT_BYTES).table_keep_resident(KEPT_BYTES);
        pool.pagemap_scan(Enabled::Auto);
        let mut config = Config::new();
        config.allocation_strategy(pool);
        Ok(Engine::new(&config)?)
    }
}

fn main() -> matrix::Outcome<()> {
    matrix::run()
}
