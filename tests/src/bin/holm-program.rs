//! The `holm` program once more, as a program of this package.
//!
//! Tests get the programs of their own package built with the same settings, at no cost; those of other packages
//! they would have to build themselves. Invariant: it differs from `hosts/cli/src/main.rs` in nothing.
#![forbid(unsafe_code)]

use std::process::ExitCode;

fn main() -> ExitCode {
    holm_cli::main()
}
