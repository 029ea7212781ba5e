//! The tests of this crate that go through its public door.
//!
//! Read next: [`golden`].
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]
#![expect(clippy::cast_possible_truncation, reason = "the texts of tests are small")]
#![expect(clippy::disallowed_methods, reason = "golden files are files, blessed by a variable")]

mod compile;
mod golden;
mod loops;
mod parts;
