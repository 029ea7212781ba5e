//! The call matrix on Holm: prints one `NAME NANOSECONDS` line per entry.
//!
//! What is measured is in `bench/src/matrix.rs`, the same file that `bench/peer-wasmtime` compiles against wasmtime.
#![forbid(unsafe_code)]

#[path = "../matrix.rs"]
mod matrix;

/// The engine that the matrix measures.
mod wasm {
    pub(crate) use holm::{Engine, Func, Instance, InstancePre, Linker, Module, Store, Val};

    use crate::matrix::Outcome;

    /// An engine as a host that runs many short instances would make it.
    pub(crate) fn engine() -> Outcome<Engine> {
        Ok(Engine::default())
    }
}

fn main() -> matrix::Outcome<()> {
    matrix::run()
}
