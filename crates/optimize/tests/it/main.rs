//! The tests of this crate that go through its public door.
//!
//! Read next: [`golden`].

mod compile;
mod golden;
