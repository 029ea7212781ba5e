//! From the engine's errors to words for the user and an exit code.
//!
//! Not here: how a failure is written (see `failure.rs`), what files can be (see `input.rs`). Invariant:
//! every error ends in one line that says what to do, and that line names options of `holm`, never methods
//! of the crate. Read next: `explain/imports.rs`.

mod imports;

use std::process::ExitCode;

use holm::{Error, ErrorKind, StoreLimits, TrapReason};
#[cfg(feature = "tools")]
use holm_module::{Invalid, InvalidKind};

use crate::failure::{Failure, status};
use crate::limits::Limits;
use crate::units::{show_size, show_time};

pub(crate) use imports::check as check_imports;

const FAULTY_FILE: &str =
    "the file is damaged, cut short, or made by a faulty tool: build or download it again";
pub(crate) const HOLM_DEFECT: &str =
    "this is a defect of Holm, not of the program: please report it with the module";

/// What the decoder says of a proposal that it reads and Holm does not run.
const UNSUPPORTED: &str = "not supported by this version";

/// A file that is not a module Holm accepts, as the decoder says it.
#[cfg(feature = "tools")]
pub(crate) fn invalid(name: &str, invalid: &Invalid) -> Failure {
    match invalid.kind() {
        InvalidKind::Feature(feature) => not_yet(name, &feature.to_string()),
        InvalidKind::Limit { .. } => too_large(name, &invalid.to_string()),
        InvalidKind::Unsupported => unsupported(name, &invalid.to_string()),
        _ => Failure::start(format!("{name} is not a valid module: {invalid}")).help(FAULTY_FILE),
    }
}

/// A file that did not become a module.
pub(crate) fn load(name: &str, error: &Error) -> Failure {
    let text = error.to_string();
    match error.kind() {
        ErrorKind::Invalid => match text.split_once("needs feature `") {
            Some((_, rest)) => not_yet(name, rest.split('`').next().unwrap_or_default()),
            None if text.contains(UNSUPPORTED) => unsupported(name, &text),
            None => {
                Failure::start(format!("{name} is not a valid module: {text}")).help(FAULTY_FILE)
            }
        },
        ErrorKind::Exhausted => too_large(name, for_users(&text)),
        ErrorKind::Bug => defect(Failure::start(format!("can not compile {name}: {text}")), &text),
        _ => Failure::start(format!("can not load {name}: {text}")).help(FAULTY_FILE),
    }
}

/// A fault of Holm's own; where it was, if it was a panic.
fn defect(failure: Failure, text: &str) -> Failure {
    let failure = match crate::panics::place(text) {
        Some(place) => failure.detail(format!("at {place}")),
        None => failure,
    };
    failure.help(HOLM_DEFECT)
}

/// An artifact that can not be used.
pub(crate) fn artifact(name: &str, error: &Error) -> Failure {
    let text = error.to_string();
    let text = text.strip_suffix(": compile it again").unwrap_or(&text);
    Failure::start(format!("can not use {name}: {text}")).help(
        "compile the module again with this holm, on this machine, with the same options: holm compile",
    )
}

/// Text that is not a module; `error` is what the parser says, with its arrow and excerpt.
#[cfg(feature = "text")]
pub(crate) fn text_error(name: &str, error: &str) -> Failure {
    let mut lines = error.lines();
    let message = lines.next().unwrap_or_default();
    let place = lines.next().and_then(|line| line.split_once("-->")).map(|(_, place)| place);
    let place = place.and_then(|place| {
        let mut parts = place.trim().rsplitn(3, ':');
        let (column, line) = (parts.next()?, parts.next()?);
        Some(format!(":{line}:{column}"))
    });
    let place = place.unwrap_or_default();
    let mut failure = Failure::start(format!("{name}{place}: {message}"));
    for line in lines.filter(|line| !line.trim_matches([' ', '|']).is_empty()) {
        failure = failure.detail(line.trim_start().to_owned());
    }
    failure.help("correct the text at that place")
}

/// An engine, store or linker that could not be made.
pub(crate) fn engine(error: &Error) -> Failure {
    let text = error.to_string();
    let failure = Failure::start(format!("can not start the engine: {}", for_users(&text)));
    match error.kind() {
        ErrorKind::Bug => defect(failure, &text),
        _ => failure
            .help("give this process more address space or memory (ulimit -v, container limits)"),
    }
}

/// What is known about the end of a guest besides its error.
pub(crate) struct End<'a> {
    /// The limits it had.
    pub(crate) limits: &'a Limits,
    /// Whether its time was up.
    pub(crate) late: bool,
    /// Whether it had been instantiated.
    pub(crate) began: bool,
    /// Bytes of memory it had.
    pub(crate) memory: u64,
    /// Whether it could make threads.
    pub(crate) threads: bool,
}

/// What becomes of a guest that did not simply return.
pub(crate) fn outcome(name: &str, error: &Error, end: &End<'_>) -> Result<ExitCode, Failure> {
    if let Some(exit) = error.downcast_ref::<holm_wasi::Exit>() {
        // As for every program of this system, the low byte is what the caller sees.
        return Ok(ExitCode::from((exit.0 & 0xff).to_le_bytes()[0]));
    }
    Err(stopped(name, error, end))
}

fn stopped(name: &str, error: &Error, end: &End<'_>) -> Failure {
    let End { limits, late, began, threads, .. } = *end;
    let wasi = error.downcast_ref::<holm_wasi::Trap>();
    let reason = error.trap_reason();
    if late && (reason == Some(TrapReason::Interrupted) || wasi == Some(&holm_wasi::Trap::Stopped))
    {
        return out_of_time(name, error, limits);
    }
    let text = error.to_string();
    match error.kind() {
        ErrorKind::Trap => trapped(name, error, reason, end),
        ErrorKind::Exhausted if reason == Some(TrapReason::OutOfFuel) => {
            let fuel = limits.fuel.unwrap_or_default();
            let what = if threads { ", or a thread its share" } else { "" };
            with_frames(
                Failure::new(status::LIMIT, format!("{name} used up its fuel of {fuel}{what}")),
                error,
            )
            .help(match threads {
                false => "give it more with --fuel, or leave --fuel out for no limit",
                true => "give it more with --fuel, leave --fuel out for no limit, or lower --max-threads: each gets an equal share",
            })
        }
        ErrorKind::Exhausted => exhausted(name, error, limits, began),
        ErrorKind::Link => caused(status::START, format!("can not link {name}: {text}"))
            .help(format!("see what it asks for: holm inspect {name}")),
        ErrorKind::Invalid => load(name, error),
        ErrorKind::Host => {
            with_frames(caused(status::TRAP, format!("{name} was ended: {text}")), error)
                .help("see the lines above for where the program was")
        }
        _ => {
            let failure = caused(status::TRAP, format!("{name} was ended: {text}"));
            defect(with_frames(failure, error), &text)
        }
    }
}

/// A failure with one cause per line; the engine writes no line break of a module's own.
fn caused(status: u8, text: String) -> Failure {
    let mut lines = text.lines();
    let first = Failure::new(status, lines.next().unwrap_or_default());
    lines.fold(first, Failure::because)
}

fn out_of_time(name: &str, error: &Error, limits: &Limits) -> Failure {
    let time = limits.timeout.0.map(show_time).unwrap_or_default();
    with_frames(
        Failure::new(status::DEADLINE, format!("{name} was stopped: its time of {time} was up")),
        error,
    )
    .help("give it more time with --timeout, or leave --timeout out for no limit")
}

fn trapped(name: &str, error: &Error, reason: Option<TrapReason>, end: &End<'_>) -> Failure {
    let failure = Failure::new(status::TRAP, format!("{name} trapped: {error}"));
    let failure = with_frames(failure, error);
    let Limits { max_stack, max_memory, max_heap, .. } = *end.limits;
    match reason {
        Some(TrapReason::StackOverflow) => failure.help(format!(
            "raise --max-stack, now {}; if that does not help, the program calls itself without end",
            show_size(max_stack)
        )),
        Some(TrapReason::AllocationFailed) => failure.help(format!(
            "raise --max-heap, now {}; if that does not help, the program keeps more than {} exceptions",
            show_size(max_heap),
            StoreLimits::default().exceptions_max
        )),
        // A program that is refused memory gives up sooner or later.
        Some(TrapReason::Unreachable) if end.memory > max_memory / 4 * 3 => failure.help(format!(
            "if it gave up for want of memory, raise --max-memory: it had {} of {}",
            show_size(end.memory),
            show_size(max_memory)
        )),
        Some(TrapReason::Unreachable) => {
            failure.help("the program gave up; what it wrote before may say why")
        }
        _ => failure.help("this is a fault of the program; the lines above say where"),
    }
}

fn exhausted(name: &str, error: &Error, limits: &Limits, began: bool) -> Failure {
    let text = error.to_string();
    let code = if began { status::LIMIT } else { status::START };
    let what = if began { "was stopped" } else { "can not start" };
    let failure = Failure::new(code, format!("{name} {what}: {}", for_users(&text)));
    let failure = with_frames(failure, error);
    if error.limit().is_some_and(|limit| limit.contains("memor")) {
        failure.help(format!("raise --max-memory, now {}", show_size(limits.max_memory)))
    } else if error.limit().is_some_and(|limit| limit.contains("table entries")) {
        failure.help(format!("raise --max-table-entries, now {}", limits.max_table_entries))
    } else {
        failure.help("this limit can not be raised here: make the program smaller")
    }
}

/// Adds the guest's calls, innermost first; a call that is repeated is written once.
fn with_frames(mut failure: Failure, error: &Error) -> Failure {
    let Some(backtrace) = error.backtrace() else { return failure };
    let text = backtrace.to_string();
    for line in folded(text.lines()) {
        failure = failure.detail(demangled(&line));
    }
    failure
}

/// Writes names of Rust functions as their programmers know them.
fn demangled(line: &str) -> String {
    let Some(at) = line.find("_R").or_else(|| line.find("_ZN")) else { return line.to_owned() };
    let (before, rest) = line.split_at(at);
    let (name, after) = rest.split_at(rest.find(' ').unwrap_or(rest.len()));
    match rustc_demangle::try_demangle(name) {
        Ok(name) => format!("{before}{name:#}{after}"),
        Err(_) => line.to_owned(),
    }
}

/// Replaces runs of lines that differ only in the number before the colon.
fn folded<'a>(lines: impl Iterator<Item = &'a str>) -> Vec<String> {
    let call = |line: &'a str| line.split_once(": ").map_or(line, |(_, call)| call);
    let mut folded: Vec<String> = Vec::new();
    let (mut last, mut times) = (None, 0_usize);
    let flush = |folded: &mut Vec<String>, times: usize| match times {
        0 | 1 => {}
        _ => folded.push(format!("     … the same {} times more", times - 1)),
    };
    for line in lines {
        if last == Some(call(line)) {
            times += 1;
            continue;
        }
        flush(&mut folded, times);
        (last, times) = (Some(call(line)), 1);
        folded.push(line.to_owned());
    }
    flush(&mut folded, times);
    folded
}

fn not_yet(name: &str, feature: &str) -> Failure {
    Failure::start(format!("{name} uses {feature}, a proposal that is off"))
        .help(format!("switch it on with --features {feature}, or build the module without it"))
}

/// A file that uses what no switch brings.
fn unsupported(name: &str, text: &str) -> Failure {
    Failure::start(format!("can not run {name}: {text}"))
        .help("build the module without it, or look for a newer version of holm")
}

fn too_large(name: &str, text: &str) -> Failure {
    Failure::start(format!("{name} is more than Holm accepts: {text}"))
        .help("make the module smaller, or split what is over the limit")
}

/// The text without the advice for programs that embed Holm, which names methods.
fn for_users(text: &str) -> &str {
    text.split("; raise it with `").next().unwrap_or(text)
}

#[cfg(test)]
mod tests;
