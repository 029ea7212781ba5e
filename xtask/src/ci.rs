//! `cargo xtask ci`: runs the gate, `.ci/run`, as the server does.
//!
//! It holds no step of its own: what a change must pass is written in one place, the script.
//! Read next: `.ci/run`.

use crate::{Outcome, command};

/// Runs the gate from the repository root.
pub(crate) fn run(_arguments: &[String]) -> Outcome {
    command("bash", &[".ci/run"], &[])
}
