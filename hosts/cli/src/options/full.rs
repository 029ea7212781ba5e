//! The command line as clap reads it, and rows of options as clap's.
//!
//! Not here: the rows, and the same without clap (see `plain.rs`). Invariant: every text that clap shows is written once.
//! Read next: `commands.rs`.

use std::ffi::OsString;
use std::process::ExitCode;

use clap::builder::{OsStringValueParser, PossibleValuesParser, TypedValueParser};
use clap::error::ErrorKind;
use clap::{Arg, ArgAction, ArgMatches, Parser, Subcommand};

use super::rows::{Kind, Options as Rows, Row, Rule};
#[cfg(feature = "optimize")]
use crate::commands::cache;
#[cfg(feature = "text")]
use crate::commands::wast;
use crate::commands::{compile, completions, inspect, run};
use crate::{failure, terminal};

const EXAMPLES: &str = "\
Examples:
  holm run hello.wasm                       run a program
  holm run --dir . convert.wasm in out      … that may use the files of this directory
  holm run --invoke add math.wasm 1 2       call one function and print its result
  holm inspect plugin.wasm                  see what a module may ask of you
  holm compile big.wasm && holm run big.holm

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
    Compile(compile::Compile),
    Inspect(inspect::Inspect),
    #[cfg(feature = "text")]
    Wast(wast::Wast),
    #[cfg(feature = "optimize")]
    Cache(cache::Cache),
    Completions(completions::Completions),
}

/// Reads the command line.
///
/// # Errors
/// With the exit code, when nothing is to be done but what was said.
pub(crate) fn parse() -> Result<Command, ExitCode> {
    Options::try_parse().map(|options| options.command).map_err(|error| refuse(&error))
}

/// Shows help, the version, or what is wrong with the flags.
fn refuse(error: &clap::Error) -> ExitCode {
    let _ = error.print();
    if !error.use_stderr() {
        return ExitCode::SUCCESS;
    }
    // `holm app.wasm` is what users of other runtimes try first.
    if error.kind() == ErrorKind::InvalidSubcommand
        && let Some(word) = std::env::args_os().nth(1)
        && std::path::Path::new(&word).is_file()
    {
        let style = terminal::Style::of_stderr();
        let help = style.help("help:");
        terminal::print_error(&format!("{help} to run a file: holm run {}\n", word.display()));
    }
    ExitCode::from(failure::status::USAGE)
}

/// A row as clap's.
fn arg<T: Rows>(row: &'static Row<T>) -> Arg {
    let spec = &row.spec;
    let arg = Arg::new(spec.name).long(spec.name).help(spec.help).help_heading(T::HEADING);
    let arg = match spec.short {
        Some(short) => arg.short(short),
        None => arg,
    };
    let arg = match spec.rule {
        Rule::Free => arg,
        Rule::Needs(other) => arg.requires(other),
        Rule::Not(other) => arg.conflicts_with(other),
    };
    let arg = arg.hide(spec.hidden);
    if spec.kind == Kind::Flag {
        return arg.action(ArgAction::SetTrue);
    }
    let is_list = spec.kind == Kind::List;
    let arg = arg.value_name(spec.value).allow_hyphen_values(spec.hyphens);
    let arg = arg.action(if is_list { ArgAction::Append } else { ArgAction::Set });
    #[cfg(feature = "grants-file")]
    let arg = match spec.kind {
        Kind::Perhaps => arg.num_args(0..=1).require_equals(true).default_missing_value(""),
        _ => arg,
    };
    if !spec.choices.is_empty() {
        let choices = PossibleValuesParser::new(spec.choices).map(OsString::from);
        // The name of the value may list them already.
        return arg.value_parser(choices).hide_possible_values(spec.value.contains('|'));
    }
    arg.value_parser(OsStringValueParser::new().try_map(|value| {
        // Set for real by `read`.
        (row.set)(&mut T::default(), &value).map(|()| value)
    }))
}

/// A command with these options.
pub(crate) fn augment<T: Rows>(command: clap::Command) -> clap::Command {
    command.args(T::ROWS.iter().map(arg))
}

/// What the user set.
pub(crate) fn read<T: Rows>(matches: &ArgMatches) -> Result<T, clap::Error> {
    let mut options = T::default();
    for row in T::ROWS {
        let name = row.spec.name;
        let given = match row.spec.kind {
            Kind::Flag => vec![OsString::new(); usize::from(matches.get_flag(name))],
            _ => matches.get_many::<OsString>(name).into_iter().flatten().cloned().collect(),
        };
        for value in given {
            (row.set)(&mut options, &value)
                .map_err(|why| clap::Error::raw(ErrorKind::ValueValidation, why))?;
        }
    }
    Ok(options)
}

/// Lets clap's derived parsers contain options in rows.
macro_rules! in_clap {
    ($($options:ty),*) => {$(
        impl clap::Args for $options {
            fn augment_args(command: clap::Command) -> clap::Command {
                augment::<Self>(command)
            }

            fn augment_args_for_update(command: clap::Command) -> clap::Command {
                augment::<Self>(command)
            }
        }

        impl clap::FromArgMatches for $options {
            fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
                read(matches)
            }

            fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
                *self = read(matches)?;
                Ok(())
            }
        }
    )*};
}
in_clap!(
    crate::cached::CacheOptions,
    crate::code::CodeOptions,
    crate::grants::Grants,
    crate::limits::LimitOptions,
    run::RunOptions
);
