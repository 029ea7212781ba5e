//! The command line: options as rows of data, and who reads them.
//!
//! Not here: the rows (what they set has them). Invariant: every text of the help is written once, whoever shows it.
//! Read next: `options/rows.rs`, then `commands.rs`.

#[cfg(feature = "tools")]
mod full;
#[cfg(any(test, not(feature = "tools")))]
mod plain;
pub(crate) mod rows;

#[cfg(feature = "tools")]
pub(crate) use full::{Command, Options, parse};
#[cfg(not(feature = "tools"))]
pub(crate) use plain::{Command, parse};

#[cfg(all(test, feature = "tools"))]
mod tests;
