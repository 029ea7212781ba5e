//! `cargo xtask fuzz`: the bad-input drivers of `tests/` with counts too large for the gate.
//!
//! The drivers are ordinary tests; this chore only sets how many inputs they make.
//! Invariant: the seed is fixed, so that a count names the same inputs on every machine.

use crate::{Outcome, command};

/// Inputs when no count is given.
const COUNT_DEFAULT: &str = "100000";

/// Runs the drivers that the first argument names, or all of them.
pub(crate) fn run(arguments: &[String]) -> Outcome {
    let mut filter = "bad_input";
    let mut count = COUNT_DEFAULT;
    for argument in arguments {
        match argument.as_str() {
            "mutants" => filter = "bad_input::mutants",
            "bombs" => filter = "bad_input::bombs",
            number if number.bytes().all(|byte| byte.is_ascii_digit()) => count = number,
            other => return Err(format!("expected mutants, bombs or a count, found {other}")),
        }
    }
    command(
        "cargo",
        &["test", "--package", "holm-tests", "--test", "it", "--", filter, "--nocapture"],
        &[("HOLM_BAD_INPUT_COUNT", count)],
    )
}
