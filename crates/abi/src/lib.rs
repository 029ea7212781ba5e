//! What compiled code and a live instance both know, and nothing else.
//!
//! Tiers write machine code against these numbers; `vm` lays out instances by them. Neither sees the
//! other. Everything in here is plain data: no pointer into anything alive, no `unsafe`.
//!
//! Read next: [`layout`] (where things lie around the anchor register), [`signature`] (how values are
//! passed), [`builtin`] (what code may call outside itself), [`code`] (what a tier hands over).
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;
#[cfg(test)]
extern crate std;

pub mod builtin;
pub mod code;
pub mod container;
pub mod interpreter;
pub mod layout;
pub mod object;
pub mod settings;
pub mod signature;
pub mod tier;

pub use builtin::Builtin;
pub use code::{AnchorAt, Code, CodeParts, FunctionRange, Handler, Saved};
pub use container::{ArtifactError, Container, ContainerWriter, SharedBytes};
pub use interpreter::{
    Activation, Executor, Interpreted, Outside, Promoter, SlotSignature, SlotValue, Tiering,
};
pub use layout::{ContextLayout, ContextShape, FunctionRecord, TableEntry};
pub use settings::{Architecture, MemoryStrategy, Settings};
pub use signature::{Location, RegisterFile, SignatureAbi};
pub use tier::{
    CompileError, EarlyCompile, Entry, NoProfile, OneWorker, Part, PartCompiler, Profile, Seen,
    Share, Tier, Workers,
};
