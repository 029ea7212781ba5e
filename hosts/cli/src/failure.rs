//! How a command fails: an exit code, causes, and what to do.
//!
//! Written as one line per cause (`error: …`), then indented details such as a backtrace, then one line
//! that says what to do (`help: …`). Not here: which failure follows from which error of the engine (see
//! `explain.rs`). Invariant: every failure has at least one cause.

use crate::terminal::Style;
use std::borrow::Cow;

/// Characters that are kept of the beginning of a line that is too long …
const KEPT_FIRST: usize = 600;
/// … and of its end.
const KEPT_LAST: usize = 200;

/// Exit codes that are Holm's own; everything else is the guest's.
pub(crate) mod status {
    /// Wrong flags.
    pub(crate) const USAGE: u8 = 2;
    /// The time was up.
    pub(crate) const DEADLINE: u8 = 124;
    /// Holm could not start the guest: a bad file, a link, a grant.
    pub(crate) const START: u8 = 125;
    /// The guest trapped.
    pub(crate) const TRAP: u8 = 134;
    /// The guest met a limit other than the deadline.
    pub(crate) const LIMIT: u8 = 137;
}

/// Why a command failed, for the user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Failure {
    status: u8,
    causes: Vec<String>,
    details: Vec<String>,
    help: Option<String>,
}

impl Failure {
    /// A failure with this exit code and first cause.
    pub(crate) fn new(status: u8, cause: impl Into<String>) -> Self {
        Self { status, causes: vec![cause.into()], details: Vec::new(), help: None }
    }

    /// The guest could not be started.
    pub(crate) fn start(cause: impl Into<String>) -> Self {
        Self::new(status::START, cause)
    }

    /// The command was called the wrong way.
    pub(crate) fn usage(cause: impl Into<String>) -> Self {
        Self::new(status::USAGE, cause)
    }

    /// Adds a cause of the last cause.
    #[must_use]
    pub(crate) fn because(mut self, cause: impl Into<String>) -> Self {
        self.causes.push(cause.into());
        self
    }

    /// Adds a line between causes and help.
    #[must_use]
    pub(crate) fn detail(mut self, line: impl Into<String>) -> Self {
        self.details.push(line.into());
        self
    }

    /// Says what to do.
    #[must_use]
    pub(crate) fn help(mut self, text: impl Into<String>) -> Self {
        self.help = Some(text.into());
        self
    }

    /// The exit code.
    pub(crate) fn status(&self) -> u8 {
        self.status
    }

    /// The text for standard error.
    pub(crate) fn render(&self, style: Style) -> String {
        let mut text = String::new();
        for cause in &self.causes {
            text += &format!("{} {}\n", style.error("error:"), one_line(&short(cause)));
        }
        for detail in &self.details {
            text += &format!("  {}\n", style.dim(&one_line(&short(detail))));
        }
        if let Some(help) = &self.help {
            text += &format!("{} {}\n", style.help("help:"), one_line(&short(help)));
        }
        text
    }
}

/// Only standard output is written with `?`; a reader who has gone away is no error and does not come here.
impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Self::new(1, format!("can not write to standard output: {}", crate::input::reason(&error)))
            .help("check that the disk is not full")
    }
}

/// What a person can read of a line: names and excerpts of text in it may have megabytes.
fn short(text: &str) -> Cow<'_, str> {
    let first = text.char_indices().nth(KEPT_FIRST).map(|(at, _)| at);
    let last = text.char_indices().nth_back(KEPT_LAST - 1).map(|(at, _)| at);
    match (first, last) {
        (Some(first), Some(last)) if first < last => {
            let left_out = text[first..last].chars().count();
            let (begin, end) = (&text[..first], &text[last..]);
            Cow::Owned(format!("{begin} … ({left_out} characters) … {end}"))
        }
        _ => Cow::Borrowed(text),
    }
}

/// Names come from modules and file systems: control characters in them must not reach a terminal.
pub(crate) fn one_line(text: &str) -> String {
    if !text.contains(char::is_control) {
        return text.to_owned();
    }
    text.chars()
        .flat_map(|c| {
            let escaped: Box<dyn Iterator<Item = char>> = if c.is_control() {
                Box::new(c.escape_default())
            } else {
                Box::new(Some(c).into_iter())
            };
            escaped
        })
        .collect()
}

#[cfg(test)]
mod tests;
