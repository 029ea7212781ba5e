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

use holm::{Artifact, SharedBytes};
use holm_module::{Features, InvalidKind, Limits, Module};

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

/// A module, and what is told about it besides.
struct Subject {
    name: String,
    module: Module,
    /// The content of the section that says what made it.
    producers: Vec<u8>,
    /// The proposals that it needs, as far as they are known.
    needed: Features,
    /// For code that is compiled already: what for, and how many bytes.
    compiled: Option<(String, usize)>,
}

impl Inspect {
    pub(crate) fn execute(self) -> Result<ExitCode, Failure> {
        let input = input::read(&self.file)?;
        let subject = decode(input)?;
        terminal::print(&listing::describe(&subject, Style::of_stdout()))?;
        Ok(ExitCode::SUCCESS)
    }
}

/// Reads whatever a file holds.
fn decode(input: Input) -> Result<Subject, Failure> {
    let Input { name, kind, bytes } = input;
    match kind {
        Kind::Artifact => open(name, bytes),
        Kind::Binary => read(name, &bytes),
        Kind::Text => {
            let binary = input::text_to_binary(&name, &bytes)?;
            read(name, &binary)
        }
    }
}

/// Reads a module, switching on whatever proposals it uses.
fn read(name: String, wasm: &[u8]) -> Result<Subject, Failure> {
    let mut beyond = Features::NONE;
    loop {
        match Module::new(wasm, &Limits::default(), Features::default().with(beyond)) {
            Ok(module) => {
                let range = module.custom_section("producers").unwrap_or_default();
                let range = usize::try_from(range.start).ok().zip(usize::try_from(range.end).ok());
                let producers = range.and_then(|(start, end)| wasm.get(start..end));
                let producers = producers.unwrap_or_default().to_vec();
                let needed = Features::needed_by(wasm, &Limits::default()).unwrap_or(beyond);
                return Ok(Subject { name, module, producers, needed, compiled: None });
            }
            Err(invalid) => match invalid.kind() {
                InvalidKind::Feature(missing) if !beyond.contains(missing) => {
                    beyond = beyond.with(missing);
                }
                _ => return Err(crate::explain::invalid(&name, &invalid)),
            },
        }
    }
}

/// Looks into what `holm compile` made, without loading it.
fn open(name: String, bytes: SharedBytes) -> Result<Subject, Failure> {
    let artifact =
        Artifact::open(bytes).map_err(|error| crate::explain::artifact(&name, &error))?;
    let module = artifact.module().clone();
    let range = module.custom_section("producers").unwrap_or_default();
    let producers = artifact.bytes(&range).unwrap_or_default().to_vec();
    let compiled = Some((artifact.settings().to_owned(), artifact.code_bytes()));
    Ok(Subject { name, module, producers, needed: Features::NONE, compiled })
}

#[cfg(test)]
mod tests;
