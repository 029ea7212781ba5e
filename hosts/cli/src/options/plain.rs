//! The command line without clap: `run` and its options, for the small program.
//!
//! It reads what clap reads, the same way (a test compares them), and shows the same help. Not here: the rows of options.
//! Invariant: what follows the file is the program's, whatever it looks like. Read next: `rows.rs`.

use std::ffi::{OsStr, OsString};
use std::fmt::Write as _;
use std::os::unix::ffi::OsStrExt;

use super::rows::{Kind, Options, Rule, Spec};
use crate::commands::run::{self, Run};
use crate::failure::Failure;
use crate::names::closest;

const HELP: &str = "\
Runs WebAssembly

Holm runs WebAssembly modules inside a sandbox, with nothing granted that you did not grant.

Usage: holm run [OPTIONS] FILE [ARGS]...

Options:
  -h, --help     Print help; that of holm run has its options
  -V, --version  Print version

Examples:
  holm run hello.wasm                       run a program
  holm run --dir . convert.wasm in out      … that may use the files of this directory
  holm run --invoke add math.wasm 1 2       call one function and print its result

This build of holm only interprets, and has no other command.
A program gets nothing from its host but what you grant: see holm run --help.
";

/// What the command line asks for.
#[derive(Debug)]
pub(crate) enum Asked {
    Run(Box<Run>),
    /// To be told something.
    Text(String),
}

/// What to do.
#[cfg(not(feature = "tools"))]
pub(crate) enum Command {
    Run(Box<Run>),
}

/// Reads the command line of this process.
///
/// # Errors
/// With the exit code, when nothing is to be done but what was said.
#[cfg(not(feature = "tools"))]
pub(crate) fn parse() -> Result<Command, std::process::ExitCode> {
    use crate::terminal;
    use std::process::ExitCode;
    let failure = match read(&mut std::env::args_os().skip(1)) {
        Ok(Asked::Run(run)) => return Ok(Command::Run(run)),
        Ok(Asked::Text(text)) => match terminal::print(&text) {
            Ok(()) => return Err(ExitCode::SUCCESS),
            Err(error) => error.into(),
        },
        Err(failure) => failure,
    };
    terminal::print_error(&failure.render(terminal::Style::of_stderr()));
    Err(ExitCode::from(failure.status()))
}

/// Reads a command line without its first word.
///
/// # Errors
/// When it is wrong.
pub(crate) fn read(words: &mut dyn Iterator<Item = OsString>) -> Result<Asked, Failure> {
    let Some(first) = words.next() else {
        let text = "the command is missing";
        return Err(Failure::usage(text).help("run a file with holm run FILE, or see holm --help"));
    };
    let text = match first.as_bytes() {
        b"run" => return read_run(words),
        b"help" if words.next().is_some_and(|word| word == "run") => help_of_run(),
        b"help" | b"-h" | b"--help" => HELP.to_owned(),
        b"-V" | b"--version" => concat!("holm ", env!("CARGO_PKG_VERSION"), "\n").to_owned(),
        _ => {
            let word = first.display();
            let failure = Failure::usage(format!("this build of holm has no command {word}"));
            return Err(match std::path::Path::new(&first).is_file() {
                // It is what users of other runtimes try first.
                true => failure.help(format!("to run a file: holm run {word}")),
                false => failure.help("see holm --help"),
            });
        }
    };
    Ok(Asked::Text(text))
}

/// Options of which only what they have in common is known.
trait Group {
    fn heading(&self) -> Option<&'static str>;
    fn spec(&self, index: usize) -> Option<&'static Spec>;
    fn set(&mut self, index: usize, value: &OsStr) -> Result<(), String>;
}

impl<T: Options> Group for T {
    fn heading(&self) -> Option<&'static str> {
        T::HEADING
    }

    fn spec(&self, index: usize) -> Option<&'static Spec> {
        T::ROWS.get(index).map(|row| &row.spec)
    }

    fn set(&mut self, index: usize, value: &OsStr) -> Result<(), String> {
        (T::ROWS[index].set)(self, value)
    }
}

fn groups(run: &mut Run) -> [&mut dyn Group; 5] {
    let Run { file: _, own, grants, limits, code, cache } = run;
    [own, grants, limits, code, cache]
}

fn specs(group: &dyn Group) -> impl Iterator<Item = &'static Spec> {
    (0..).map_while(|index| group.spec(index))
}

fn read_run(words: &mut dyn Iterator<Item = OsString>) -> Result<Asked, Failure> {
    let mut run = Run::default();
    let mut given = Vec::new();
    while let Some(word) = words.next() {
        match word.as_bytes() {
            b"--" => run.file.extend(&mut *words),
            b"--help" | [b'-', b'h', ..] => return Ok(Asked::Text(help_of_run())),
            [b'-', _, ..] => given.push(read_option(&mut run, &given, &word, words)?),
            _ => {
                run.file.push(word);
                run.file.extend(&mut *words);
            }
        }
    }
    let has = |name: &str| given.iter().any(|spec| spec.name == name);
    for spec in &given {
        match spec.rule {
            Rule::Needs(other) if !has(other) => {
                return Err(wrong(format!("{} needs --{other}", title(spec))));
            }
            Rule::Not(other) if has(other) => {
                return Err(wrong(format!("--{} and --{other} contradict each other", spec.name)));
            }
            _ => {}
        }
    }
    if run.file.is_empty() {
        return Err(wrong("the file to run is missing".to_owned()));
    }
    Ok(Asked::Run(Box::new(run)))
}

/// Reads one option, whose value may be the next word.
fn read_option(
    run: &mut Run,
    given: &[&'static Spec],
    word: &OsStr,
    words: &mut dyn Iterator<Item = OsString>,
) -> Result<&'static Spec, Failure> {
    let (name, attached) = split(word);
    let is_it = |spec: &Spec| match name {
        Name::Long(name) => name == spec.name.as_bytes(),
        Name::Short(name) => spec.short.is_some_and(|short| u32::from(short) == u32::from(name)),
    };
    let mut groups = groups(run);
    let found = groups.iter_mut().find_map(|group| {
        let index = specs(&**group).position(&is_it)?;
        group.spec(index).map(|spec| (group, index, spec))
    });
    let Some((group, index, spec)) = found else { return Err(unknown(word)) };
    let title = title(spec);
    if spec.kind != Kind::List && given.iter().any(|other| other.name == spec.name) {
        return Err(wrong(format!("{title} is given more than once")));
    }
    let value = match (spec.kind, attached) {
        (Kind::Flag, Some(value)) => {
            return Err(wrong(format!("{title} takes no value, found {}", value.display())));
        }
        (Kind::Flag, None) => OsString::new(),
        #[cfg(feature = "grants-file")]
        (Kind::Perhaps, value) => value.unwrap_or_default().to_owned(),
        (_, Some(value)) => value.to_owned(),
        (_, None) => {
            let next = words
                .next()
                .filter(|next| spec.hyphens || !matches!(next.as_bytes(), [b'-', _, ..]));
            next.ok_or_else(|| wrong(format!("{title} needs a value")))?
        }
    };
    let set = match spec.choices {
        [] => group.set(index, &value),
        choices if choices.iter().any(|choice| value == *choice) => group.set(index, &value),
        choices => Err(format!("there is {}", choices.join(", "))),
    };
    set.map_err(|why| {
        let mut lines = why.lines();
        let first = lines.next().unwrap_or_default();
        let failure =
            Failure::usage(format!("invalid value '{}' for '{title}': {first}", value.display()));
        // A list.
        lines.fold(failure, |failure, line| failure.detail(line.trim_start()))
    })?;
    Ok(spec)
}

/// What an option is called.
#[derive(Clone, Copy)]
enum Name<'a> {
    Long(&'a [u8]),
    Short(u8),
}

/// An option's name, and the value that is attached to it.
fn split(word: &OsStr) -> (Name<'_>, Option<&OsStr>) {
    let bytes = word.as_bytes();
    if let Some(long) = bytes.strip_prefix(b"--") {
        let mut parts = long.splitn(2, |byte| *byte == b'=');
        let name = parts.next().unwrap_or_default();
        return (Name::Long(name), parts.next().map(OsStr::from_bytes));
    }
    let (name, rest) = (bytes[1], &bytes[2..]);
    let value = (!rest.is_empty()).then(|| rest.strip_prefix(b"=").unwrap_or(rest));
    (Name::Short(name), value.map(OsStr::from_bytes))
}

fn unknown(word: &OsStr) -> Failure {
    let mut run = Run::default();
    let known: Vec<_> = groups(&mut run).iter().flat_map(|group| specs(&**group)).collect();
    let text = word.to_string_lossy();
    let name = text.trim_start_matches('-').split('=').next().unwrap_or_default();
    let failure = Failure::usage(format!("there is no option {text}"));
    let shown = known.iter().filter(|spec| !spec.hidden).map(|spec| spec.name);
    failure.help(match closest(name, shown) {
        Some(name) => format!("did you mean --{name}? See holm run --help"),
        None => "see holm run --help; options of the program come after its file".to_owned(),
    })
}

fn wrong(text: String) -> Failure {
    Failure::usage(text).help("see holm run --help")
}

/// An option as help and errors call it.
fn title(spec: &Spec) -> String {
    match spec.kind {
        Kind::Flag => format!("--{}", spec.name),
        #[cfg(feature = "grants-file")]
        Kind::Perhaps => format!("--{}[=<{}>]", spec.name, spec.value),
        Kind::Value | Kind::List => format!("--{} <{}>", spec.name, spec.value),
    }
}

fn help_of_run() -> String {
    let mut text = format!(
        "{}\n\nUsage: {}\n\nArguments:\n  <FILE> [ARGS]...  {}\n",
        run::ABOUT,
        run::USAGE,
        run::FILE_HELP
    );
    let mut run = Run::default();
    for group in groups(&mut run) {
        let mut lines: Vec<(String, String)> =
            specs(group).filter(|spec| !spec.hidden).map(line).collect();
        if group.heading().is_none() {
            lines.push(("  -h, --help".to_owned(), "Print help".to_owned()));
        }
        let width = lines.iter().map(|(left, _)| left.chars().count()).max().unwrap_or_default();
        let _ = writeln!(text, "\n{}:", group.heading().unwrap_or("Options"));
        for (left, help) in lines {
            let _ = writeln!(text, "{left:width$}  {help}");
        }
    }
    text + "\n" + run::EXAMPLES + "\n"
}

/// Both columns of an option's help.
fn line(spec: &'static Spec) -> (String, String) {
    let short = spec.short.map_or("   ".to_owned(), |short| format!("-{short},"));
    let mut help = spec.help.to_owned();
    // The name of the value may list them already.
    if !spec.choices.is_empty() && !spec.value.contains('|') {
        let _ = write!(help, " [possible values: {}]", spec.choices.join(", "));
    }
    (format!("  {short} {}", title(spec)), help)
}

#[cfg(all(test, feature = "tools"))]
mod tests;
