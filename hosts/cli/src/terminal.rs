//! What the program writes for people: standard output, errors, colour.
//!
//! Not here: what a guest writes (that is WASI's). Invariants: colour only on a terminal and never against
//! `NO_COLOR`; a reader who has gone away ends the program quietly, for `holm inspect x | head` is no error.
//! Read next: `failure.rs`.

use std::io::{self, ErrorKind, IsTerminal, Write};

/// Escape sequences, or nothing where they would be noise.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Style {
    colour: bool,
}

impl Style {
    /// The style for standard output.
    #[cfg(feature = "tools")]
    pub(crate) fn of_stdout() -> Self {
        Self { colour: io::stdout().is_terminal() && wanted() }
    }

    /// The style for standard error.
    pub(crate) fn of_stderr() -> Self {
        Self { colour: io::stderr().is_terminal() && wanted() }
    }

    /// No colour.
    #[cfg(test)]
    pub(crate) fn plain() -> Self {
        Self { colour: false }
    }

    /// For what went wrong.
    pub(crate) fn error(self, text: &str) -> String {
        self.wrap("\x1b[1;31m", text)
    }

    /// For what to do about it.
    pub(crate) fn help(self, text: &str) -> String {
        self.wrap("\x1b[1;36m", text)
    }

    /// For headings.
    #[cfg(feature = "tools")]
    pub(crate) fn heading(self, text: &str) -> String {
        self.wrap("\x1b[1m", text)
    }

    /// For what matters less.
    pub(crate) fn dim(self, text: &str) -> String {
        self.wrap("\x1b[2m", text)
    }

    fn wrap(self, start: &str, text: &str) -> String {
        if self.colour { format!("{start}{text}\x1b[0m") } else { text.to_owned() }
    }
}

/// Whether the environment leaves colour to us.
fn wanted() -> bool {
    std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
        && std::env::var_os("TERM").is_none_or(|value| value != "dumb")
}

/// Whether someone sits in front of standard error.
pub(crate) fn stderr_is_terminal() -> bool {
    io::stderr().is_terminal()
}

/// Writes to standard output. A reader who has gone away is not an error.
///
/// # Errors
/// When writing fails for another reason, e.g. a full disk.
pub(crate) fn print(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        result => result,
    }
}

/// Writes to standard error. If that fails there is nobody left to tell.
pub(crate) fn print_error(text: &str) {
    let _ = io::stderr().lock().write_all(text.as_bytes());
}
