//! The test corpus: what more than one test needs, and modules made to hurt.
#![forbid(unsafe_code)]

pub mod agreement;
pub mod bombs;
pub mod evil;
pub mod mutants;
pub mod pattern;
mod random;
pub mod wasi_calls;

/// The program in the README, so that the tests compile and run it.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
pub struct Readme;
