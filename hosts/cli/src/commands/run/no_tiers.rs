//! In place of what is told of functions that move from tier to tier, where none does.
//!
//! Not here: the options for it, which this build does not have (see `tiers.rs`). Invariant: nothing is written.

use holm::Module;

use super::RunOptions;
use super::stats::Stats;
use crate::failure::Failure;

/// Whether it is to be known when what happened.
pub(super) const fn are_timed(_: &RunOptions) -> bool {
    false
}

/// Refuses nothing.
#[expect(clippy::unnecessary_wraps, reason = "where functions move up it can fail")]
pub(super) const fn check(_: &RunOptions, _: &Module) -> Result<(), Failure> {
    Ok(())
}

/// Writes nothing.
#[expect(clippy::unnecessary_wraps, reason = "where functions move up it can fail")]
pub(super) const fn write(_: &RunOptions, _: &Module, _: &Stats) -> Result<(), Failure> {
    Ok(())
}

/// Says nothing.
pub(super) const fn moves(_: &Module) -> Vec<String> {
    Vec::new()
}
