//! From the bytes of a WebAssembly file to a [`Module`]: decoded, validated, inert.
//!
//! The only crate that names `wasmparser`: everybody else reads operators through [`wasm`]. Every number
//! that can refuse a module lies in [`limits`], every proposal that can be switched in [`features`].
//! Not here: the text format, machine code, anything alive.
//! Invariant: a `Module` is plain data without pointers, the same for the same bytes on every machine and
//! however the bytes arrived; hostile bytes give an [`Invalid`], never a panic.
//! Read next: [`module`] for the data, then [`decode`] for the way there, then [`cost`] for what a function
//! is expected to cost its compiler.
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;
#[cfg(test)]
extern crate std;

pub mod artifact;
mod bits;
pub mod body;
mod check;
pub mod cost;
pub mod decode;
mod definition;
pub mod error;
pub mod expr;
pub mod facts;
pub mod features;
pub mod hints;
pub mod limits;
pub mod module;
pub mod names;
mod sections;
pub mod wasm;

pub use body::{BodyFlags, BodyReader, FunctionBody};
pub use decode::{BodyValidator, Decoded, Decoder, Progress};
pub use error::{Invalid, InvalidKind};
pub use expr::{ConstExpr, ConstOp};
pub use facts::Facts;
pub use features::Features;
pub use hints::BranchHints;
pub use limits::Limits;
pub use module::{
    CustomSection, DataMode, DataSegment, ElementItems, ElementMode, ElementSegment, Export,
    ExternKind, Global, Import, ImportKind, Module, Table, TypeIndex,
};
pub use names::Names;
