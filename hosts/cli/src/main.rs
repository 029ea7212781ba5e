//! The `holm` program. Everything it does is in the library beside it, so that tests can reach it.
#![forbid(unsafe_code)]

use std::process::ExitCode;

fn main() -> ExitCode {
    holm_cli::main()
}
