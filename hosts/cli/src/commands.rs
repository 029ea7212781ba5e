//! The sub-commands, one file each.

#[cfg(all(feature = "tools", feature = "optimize"))]
pub(crate) mod cache;
#[cfg(feature = "tools")]
pub(crate) mod compile;
#[cfg(feature = "tools")]
pub(crate) mod completions;
#[cfg(feature = "tools")]
pub(crate) mod inspect;
pub(crate) mod run;
#[cfg(all(feature = "tools", feature = "text"))]
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
        #[cfg(feature = "tools")]
        Command::Compile(compile) => compile.execute(),
        #[cfg(feature = "tools")]
        Command::Inspect(inspect) => inspect.execute(),
        #[cfg(all(feature = "tools", feature = "text"))]
        Command::Wast(wast) => wast.execute(),
        #[cfg(all(feature = "tools", feature = "optimize"))]
        Command::Cache(cache) => cache.execute(),
        #[cfg(feature = "tools")]
        Command::Completions(completions) => completions.execute(),
    }
}
