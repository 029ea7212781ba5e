//! The integration tests: one binary, every test found in the data and named after it.
//!
//! `cargo test -p holm-tests --test it [FILTER]` runs them; names say which corpus, on what, which case:
//! `suite::checked::br_table`, `script::reserved::linking`, `command::run::missing file`.
//! Not here: what belongs to one crate alone (its own unit tests) and what needs hours (`cargo xtask fuzz`).
//! Invariant: nothing is skipped; these tests need the Rust toolchain only.
//! Read next: `scripts.rs`, `commands.rs`.
#![forbid(unsafe_code)]

mod bad_input;
mod commands;
mod embed;
mod examples;
mod narrow;
mod needs;
mod program;
mod scripts;

use std::process::ExitCode;

use libtest_mimic::{Arguments, Trial};

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let mut trials: Vec<Trial> = Vec::new();
    trials.extend(scripts::suite());
    trials.extend(scripts::own());
    trials.extend(narrow::trials());
    trials.extend(needs::trials());
    trials.extend(commands::trials());
    trials.extend(embed::trials());
    trials.extend(examples::trials());
    trials.extend(bad_input::trials());
    libtest_mimic::run(&arguments, trials).exit_code()
}
