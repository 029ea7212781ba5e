//! The sub-commands, one file each.

pub(crate) mod cache;
pub(crate) mod compile;
pub(crate) mod completions;
pub(crate) mod inspect;
pub(crate) mod run;
#[cfg(feature = "text")]
pub(crate) mod wast;

use std::process::ExitCode;

use crate::failure::Failure;
use crate::options::Command;

/// Does what the command line asks.
///
/// # Errors
/// With an exit code and words for the user.
pub(crate) fn execute(command: Command) -> Result<ExitCode, Failure> {
    match command {
        Command::Run(run) => (*run).execute(),
        Command::Compile(compile) => compile.execute(),
        Command::Inspect(inspect) => inspect.execute(),
        #[cfg(feature = "text")]
        Command::Wast(wast) => wast.execute(),
        Command::Cache(cache) => cache.execute(),
        Command::Completions(completions) => completions.execute(),
    }
}
