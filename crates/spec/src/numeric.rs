//! The numeric operators as pure functions: one per operator, with the operator's name.
//!
//! Used to fold constants, and by the interpreter. Integers are passed signed and reinterpreted where the
//! operator says so; a truth value is 1 or 0; what can trap gives a [`TrapReason`](crate::trap::TrapReason).
//! Vectors are numbers of 128 bits with lane 0 lowest. Not here: memory, control, references. Invariant: the answer is the same on every machine: where the
//! standard leaves the bits of a NaN open, arithmetic gives the positive canonical one.
//! Read next: the files `integer`, `float`, `convert`, `fused`, then `vector_integer` and `vector_float`.

mod convert;
mod float;
mod fused;
mod integer;
mod lanes;
mod vector_float;
mod vector_integer;

pub use convert::*;
pub use float::*;
pub use fused::*;
pub use integer::*;
pub use vector_float::*;
pub use vector_integer::*;

#[cfg(test)]
mod tests;
