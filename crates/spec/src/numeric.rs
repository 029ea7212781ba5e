//! The numeric operators as pure functions: one per operator, with the operator's name.
//!
//! Used to fold constants, and by the interpreter. Integers are passed signed and reinterpreted where the
//! operator says so; a truth value is 1 or 0; what can trap gives a [`TrapReason`](crate::trap::TrapReason).
//! Not here: memory, control, references. Invariant: the answer is the same on every machine: where the
//! standard leaves the bits of a NaN open, arithmetic gives the positive canonical one.
//! Read next: the files `integer`, `float` and `convert`.

mod convert;
mod float;
mod integer;

pub use convert::*;
pub use float::*;
pub use integer::*;

#[cfg(test)]
mod tests;
