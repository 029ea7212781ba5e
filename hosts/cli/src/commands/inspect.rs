//! `holm inspect FILE`: what is in a module, and in words what it may ask of its host.
//!
//! Reads and validates, compiles nothing, runs nothing. Not here: the words about the host (see
//! `inspect/asks.rs`) and the producers section (see `inspect/producers.rs`). Invariant: names from the
//! module are escaped before they reach a terminal.

mod asks;
mod listing;
mod producers;

use std::path::PathBuf;
use std::process::ExitCode;

use holm_module::{Features, Limits, Module};

use crate::failure::Failure;
use crate::input::{self, Input, Kind};
use crate::terminal::{self, Style};

const EXAMPLES: &str = "\
Examples:
  holm inspect plugin.wasm
  holm inspect big.wasm | less
  curl -s https://example.org/app.wasm | holm inspect -";

/// Show what is in a module, and what it may ask of its host
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Inspect {
    /// The module: .wasm, .wat or .holm; - reads standard input
    file: PathBuf,
}

/// A module with the bytes that its ranges refer to.
struct Subject {
    name: String,
    module: Module,
    wasm: Vec<u8>,
    /// What it uses beyond what Holm runs.
    beyond: Features,
}

impl Inspect {
    pub(crate) fn execute(self) -> Result<ExitCode, Failure> {
        let input = input::read(&self.file)?;
        let subject = decode(input)?;
        terminal::print(&listing::describe(&subject, Style::of_stdout()))?;
        Ok(ExitCode::SUCCESS)
    }
}

/// Reads a module, switching on whatever proposals it uses.
fn decode(input: Input) -> Result<Subject, Failure> {
    let Input { name, kind, bytes } = input;
    let wasm = match kind {
        Kind::Binary | Kind::Artifact => bytes,
        Kind::Text => input::text_to_binary(&name, &bytes)?,
    };
    let mut beyond = Features::NONE;
    loop {
        match Module::new(&wasm, &Limits::default(), Features::default().with(beyond)) {
            Ok(module) => return Ok(Subject { name, module, wasm, beyond }),
            Err(invalid) => match invalid.kind() {
                holm_module::InvalidKind::Feature(missing) if !beyond.contains(missing) => {
                    beyond = beyond.with(missing);
                }
                _ => return Err(crate::explain::invalid(&name, &invalid)),
            },
        }
    }
}

#[cfg(test)]
mod tests;
