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
#[cfg(feature = "text")]
pub mod wast;
mod watchdog;
mod workers;

use std::process::ExitCode;

use clap::Parser;
use clap::error::ErrorKind;

/// Does what the command line asks and returns the exit code.
#[must_use]
pub fn main() -> ExitCode {
    panics::guard(run)
}

fn run() -> ExitCode {
    let options = match options::Options::try_parse() {
        Ok(options) => options,
        Err(error) => return refuse(&error),
    };
    match commands::execute(options.command) {
        Ok(code) => code,
        Err(failure) => {
            terminal::print_error(&failure.render(terminal::Style::of_stderr()));
            ExitCode::from(failure.status())
        }
    }
}

/// Shows help, the version, or what is wrong with the flags.
fn refuse(error: &clap::Error) -> ExitCode {
    let _ = error.print();
    if !error.use_stderr() {
        return ExitCode::SUCCESS;
    }
    // `holm app.wasm` is what users of other runtimes try first.
    if error.kind() == ErrorKind::InvalidSubcommand
        && let Some(word) = std::env::args_os().nth(1)
        && std::path::Path::new(&word).is_file()
    {
        let style = terminal::Style::of_stderr();
        let help = style.help("help:");
        terminal::print_error(&format!("{help} to run a file: holm run {}\n", word.display()));
    }
    ExitCode::from(failure::status::USAGE)
}
