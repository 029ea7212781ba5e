//! The test corpus: what more than one test needs, and modules made to hurt.
#![forbid(unsafe_code)]

pub mod bombs;
pub mod mutants;
pub mod pattern;
