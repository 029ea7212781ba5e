//! The `holm` program as a library: everything but `fn main`.
//!
//! One file per sub-command under `commands/`; the other files are what several of them share. Not here:
//! WebAssembly (see `holm`), WASI (see `holm-wasi`), the cache (see `holm-cache`). Invariant: commands
//! return what went wrong as a [`failure::Failure`]; only [`main`] writes it and chooses the exit code.
//! Read next: `options.rs`, then `commands/run.rs`.
#![forbid(unsafe_code)]

mod cached;
mod code;
mod commands;
mod explain;
mod failure;
mod features;
mod grants;
mod input;
mod limits;
mod names;
mod options;
mod panics;
mod terminal;
mod units;
mod values;
mod watchdog;
mod workers;

#[cfg(feature = "text")]
pub use holm_wast as wast;
use std::process::ExitCode;

/// Does what the command line asks and returns the exit code.
#[must_use]
pub fn main() -> ExitCode {
    panics::guard(run)
}

fn run() -> ExitCode {
    let command = match options::parse() {
        Ok(command) => command,
        Err(code) => return code,
    };
    match commands::execute(command) {
        Ok(code) => code,
        Err(failure) => {
            terminal::print_error(&failure.render(terminal::Style::of_stderr()));
            ExitCode::from(failure.status())
        }
    }
}
