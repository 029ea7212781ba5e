//! The command line: its sub-commands, and what `holm --help` says.
//!
//! Not here: the options of a sub-command (each file under `commands/` has its own). Invariant: every text
//! that clap shows is written once, here or there. Read next: `commands.rs`.

use clap::{Parser, Subcommand};

#[cfg(all(feature = "tools", feature = "optimize"))]
use crate::commands::cache;
use crate::commands::run;
#[cfg(feature = "text")]
use crate::commands::wast;
#[cfg(feature = "tools")]
use crate::commands::{compile, completions, inspect};

#[cfg(feature = "tools")]
const EXAMPLES: &str = "\
Examples:
  holm run hello.wasm                       run a program
  holm run --dir . convert.wasm in out      … that may use the files of this directory
  holm run --invoke add math.wasm 1 2       call one function and print its result
  holm inspect plugin.wasm                  see what a module may ask of you
  holm compile big.wasm && holm run big.holm

A program gets nothing from its host but what you grant: see holm run --help.";

#[cfg(not(feature = "tools"))]
const EXAMPLES: &str = "\
Examples:
  holm run hello.wasm                       run a program
  holm run --dir . convert.wasm in out      … that may use the files of this directory
  holm run --invoke add math.wasm 1 2       call one function and print its result

A program gets nothing from its host but what you grant: see holm run --help.";

/// Runs WebAssembly
///
/// Holm runs WebAssembly modules at native speed, inside a sandbox, with nothing granted that you did not
/// grant.
#[derive(Debug, Parser)]
#[command(name = "holm", version, after_help = EXAMPLES, max_term_width = 100)]
#[command(propagate_version = false, arg_required_else_help = true)]
pub(crate) struct Options {
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Run(Box<run::Run>),
    #[cfg(feature = "tools")]
    Compile(compile::Compile),
    #[cfg(feature = "tools")]
    Inspect(inspect::Inspect),
    #[cfg(feature = "text")]
    Wast(wast::Wast),
    #[cfg(all(feature = "tools", feature = "optimize"))]
    Cache(cache::Cache),
    #[cfg(feature = "tools")]
    Completions(completions::Completions),
}

#[cfg(test)]
mod tests;
