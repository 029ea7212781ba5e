//! Calls of WASI that are made to hurt: every function of preview 1, with addresses, lengths and sequences that a compiler
//! never writes, on the host's core without an engine.
//!
//! A case is a list of calls with what is put into the guest's memory before each. It is made from a number, or read
//! from a file: cases that once found something are kept in `tests/wasi-cases`. What must hold is that each call comes
//! back in time with a number of the standard or an end of the guest, that nothing outside of the grants changed, and
//! that no descriptor and no byte is left behind.
//!
//! Not here: whether the answers are right (`hosts/wasi/tests/it`). Read next: `wasi_calls/case.rs`.

mod campaign;
mod case;
mod play;

pub use campaign::{Report, campaign};
pub use case::Case;
pub use play::{Found, Playground};
