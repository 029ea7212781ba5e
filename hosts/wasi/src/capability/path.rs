//! Paths that a guest gives: what they may look like, and their last component.
//!
//! Not here: walking. No code in this crate follows a path component by component; the kernel does, confined
//! (`resolve.rs`). Cutting off the last component is all that happens to a path in user space.
//!
//! Invariant: the text of a `GuestPath` is relative, not empty, without NUL and short enough for the kernel; a
//! `Name::Plain` is one component that is neither empty nor `.` nor `..` and has no slash.
//!
//! Read next: `resolve.rs`.

use crate::refusal::{Reason, refuse};
use crate::{Errno, limits};

/// A path that has passed the checks of form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct GuestPath<'a> {
    /// Without slashes at the end.
    text: &'a str,
    /// There were slashes at the end: the object must be a directory.
    must_be_directory: bool,
}

/// The last component of a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Name<'a> {
    Plain(&'a str),
    /// `.`, or a path that says nothing else
    Dot,
    DotDot,
}

impl<'a> GuestPath<'a> {
    /// Checks the form of a path: `noent` if empty, `nametoolong`, `inval` for a NUL, `ilseq` if not UTF-8, and
    /// `notcapable` if absolute, because no guest is granted the root of the host.
    pub(crate) fn new(bytes: &'a [u8]) -> Result<GuestPath<'a>, Errno> {
        if bytes.len() > limits::PATH_BYTES_MAX {
            return Err(Errno::Nametoolong);
        }
        let text = std::str::from_utf8(bytes).map_err(|_| Errno::Ilseq)?;
        if text.contains('\0') {
            return Err(Errno::Inval);
        }
        match text.bytes().next() {
            None => return Err(Errno::Noent),
            Some(b'/') => return Err(refuse(Reason::Outside)),
            Some(_) => {}
        }
        let trimmed = text.trim_end_matches('/');
        Ok(GuestPath { text: trimmed, must_be_directory: trimmed.len() < text.len() })
    }

    /// The path without slashes at the end.
    pub(crate) fn text(self) -> &'a str {
        self.text
    }

    pub(crate) fn must_be_directory(self) -> bool {
        self.must_be_directory
    }

    /// The directory part (`None` if it is the start itself) and the last component.
    pub(crate) fn split(self) -> (Option<&'a str>, Name<'a>) {
        let (parent, last) = match self.text.rsplit_once('/') {
            Some((parent, last)) => (Some(parent), last),
            None => (None, self.text),
        };
        let name = match last {
            "." => Name::Dot,
            ".." => Name::DotDot,
            plain => Name::Plain(plain),
        };
        (parent, name)
    }
}

#[cfg(test)]
mod tests;
