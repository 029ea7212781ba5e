//! What becomes of a panic: one clean error instead of Rust's message.
//!
//! A panic is always a defect of Holm. Most are caught where they happen and come back as an error (the code
//! generator's, a host function's); the hook keeps quiet and notes the place. Not here: catching those.
//! Invariant: with `RUST_BACKTRACE` set, Rust's own message and backtrace appear as well.

use std::panic::{self, AssertUnwindSafe, PanicHookInfo};
use std::process::ExitCode;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::explain::HOLM_DEFECT;
use crate::failure::Failure;
use crate::terminal;

/// Where the latest panic was, and what it said.
static LATEST: Mutex<Option<(String, String)>> = Mutex::new(None);

fn latest() -> MutexGuard<'static, Option<(String, String)>> {
    LATEST.lock().unwrap_or_else(PoisonError::into_inner)
}

fn note(info: &PanicHookInfo<'_>) {
    let text = info.payload_as_str().unwrap_or("a value that is not text").to_owned();
    let place = info.location().map_or_else(|| "an unknown place".to_owned(), ToString::to_string);
    *latest() = Some((place, text));
}

/// The place of the latest panic, if `text` is about it.
pub(crate) fn place(text: &str) -> Option<String> {
    latest().as_ref().filter(|(_, said)| text.contains(said.as_str())).map(|(at, _)| at.clone())
}

/// Runs the program; a panic that nobody catches ends it with an error.
pub(crate) fn guard(program: impl FnOnce() -> ExitCode) -> ExitCode {
    if std::env::var_os("RUST_BACKTRACE").is_none_or(|value| value == "0") {
        panic::set_hook(Box::new(note));
    } else {
        let usual = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            note(info);
            usual(info);
        }));
    }
    panic::catch_unwind(AssertUnwindSafe(program)).unwrap_or_else(|_| {
        let (place, text) = latest().take().unwrap_or_default();
        let failure = Failure::start(format!("holm failed: {text}"));
        let failure = failure.detail(format!("at {place}")).help(HOLM_DEFECT);
        terminal::print_error(&failure.render(terminal::Style::of_stderr()));
        ExitCode::from(failure.status())
    })
}

#[cfg(test)]
mod tests;
