//! `holm completions SHELL`: a completion script on standard output.

use std::process::ExitCode;

use clap::CommandFactory;
use clap_complete::Shell;

use crate::failure::Failure;
use crate::options::Options;
use crate::terminal;

const EXAMPLES: &str = "\
Examples:
  bash   holm completions bash > ~/.local/share/bash-completion/completions/holm
  zsh    holm completions zsh > \"${fpath[1]}/_holm\"
  fish   holm completions fish > ~/.config/fish/completions/holm.fish";

/// Write a completion script for a shell
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Completions {
    /// The shell to write it for
    #[arg(value_enum)]
    shell: Shell,
}

impl Completions {
    pub(crate) fn execute(self) -> Result<ExitCode, Failure> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut Options::command(), "holm", &mut script);
        terminal::print(&String::from_utf8_lossy(&script))?;
        Ok(ExitCode::SUCCESS)
    }
}
