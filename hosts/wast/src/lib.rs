//! Spec scripts: runs the directives of a `.wast` file and counts what held.
//!
//! Not here: the sub-command `holm wast` with its flags (`hosts/cli/src/commands/wast.rs`), the text formats (crate `wast`). This crate
//! needs nothing of a system, so that its program also runs where `holm` does not, see `main.rs`.
//! Invariant: every directive of a script counts once, as passed or as failed; a script that cannot be read
//! counts as one failure; nothing is skipped.
//! Read next: `script.rs`.
#![forbid(unsafe_code)]

mod expect;
mod script;
mod spectest;
mod values;

use std::fmt;

use holm::{Engine, ModuleLimits};
use wast::lexer::Lexer;
use wast::parser::{self, ParseBuffer};
use wast::{Wast, WastDirective};

use script::Script;

/// What became of a script.
#[derive(Debug, Default)]
pub struct Report {
    /// How many directives held.
    pub passed: usize,
    /// Those that did not, in the order of the script.
    pub failures: Vec<Failure>,
}

/// A directive that did not hold, or a script that could not be read.
#[derive(Debug)]
pub struct Failure {
    /// Line in the script, from 1.
    pub line: usize,
    /// Column in the line, from 1.
    pub column: usize,
    /// What was expected and what was found.
    pub message: String,
}

impl fmt::Display for Failure {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}:{}: {}", self.line, self.column, self.message)
    }
}

/// What scripts may define: a table of the standard's suite has all elements that there can be. It is only
/// defined, and no store would make it.
#[must_use]
pub fn limits() -> ModuleLimits {
    ModuleLimits { table_elements_max: u64::from(u32::MAX), ..ModuleLimits::default() }
}

/// Runs every directive of a script in one store of `engine`.
///
/// A directive that fails does not end the script: the ones after it run on what there is.
#[must_use]
pub fn run(engine: &Engine, source: &str) -> Report {
    let mut report = Report::default();
    let outcome = with_directives(source, |directives| {
        let mut script = Script::new(engine).map_err(|message| wast_error(0, message))?;
        for directive in directives {
            let offset = directive.span().offset();
            match script.execute(directive) {
                Ok(()) => report.passed += 1,
                Err(message) => report.failures.push(failure(source, offset, message)),
            }
        }
        Ok(())
    });
    if let Err(error) = outcome {
        report.failures.push(failure(source, error.span().offset(), error.message()));
    }
    report
}

fn with_directives(
    source: &str,
    run: impl FnOnce(Vec<WastDirective<'_>>) -> Result<(), wast::Error>,
) -> Result<(), wast::Error> {
    let mut lexer = Lexer::new(source);
    // The suite tests names that look confusing; refusing them is an editor's business.
    lexer.allow_confusing_unicode(true);
    let buffer = ParseBuffer::new_with_lexer(lexer)?;
    let script = parser::parse::<Wast<'_>>(&buffer)?;
    run(script.directives)
}

fn wast_error(offset: usize, message: String) -> wast::Error {
    wast::Error::new(wast::token::Span::from_offset(offset), message)
}

fn failure(source: &str, offset: usize, message: String) -> Failure {
    let (line, column) = wast::token::Span::from_offset(offset).linecol_in(source);
    Failure { line: line + 1, column: column + 1, message }
}

#[cfg(test)]
mod tests;
