//! `holm wast FILE…`: runs scripts of the specification.
//!
//! Not here: the runner (see `holm-wast`). Invariant: the last line is `N passed, N failed`.

use std::path::PathBuf;
use std::process::ExitCode;

use holm::Engine;

use crate::code::CodeOptions;
use crate::failure::Failure;
use crate::terminal::{self, Style};
use crate::{explain, wast};

const EXAMPLES: &str = "\
Ends with the line \"N passed, N failed\"; the exit code is 1 if any failed.

Examples:
  holm wast i32.wast
  holm wast testsuite/*.wast";

/// Run scripts of the WebAssembly specification
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Wast {
    /// The scripts; - reads standard input
    #[arg(required = true)]
    file: Vec<PathBuf>,
    #[command(flatten)]
    code: CodeOptions,
}

impl Wast {
    pub(crate) fn execute(self) -> Result<ExitCode, Failure> {
        let mut config = self.code.config();
        config.module_limits(wast::limits());
        let engine = Engine::new(&config).map_err(|error| explain::engine(&error))?;
        let style = Style::of_stdout();
        let (mut passed, mut failed) = (0, 0);
        for file in &self.file {
            let source = crate::input::read_text(file)?;
            let report = wast::run(&engine, &source);
            for failure in &report.failures {
                // One line per failure; the engine's errors have one per cause.
                let place = format!("{}:{failure}", file.display()).replace('\n', "; ");
                terminal::print(&format!("{}\n", style.error(&crate::failure::one_line(&place))))?;
            }
            passed += report.passed;
            failed += report.failures.len();
        }
        terminal::print(&format!("{passed} passed, {failed} failed\n"))?;
        Ok(if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}
