//! Why bytes are not a module, and where.
//!
//! Not here: link errors and traps (see `holm-runtime`). Invariant: an [`Invalid`] is one word in size and
//! always knows the offset; its text is lower case, without a full stop, and names the thing.
//! Read next: [`crate::limits`] and [`crate::features`], which two of the kinds speak of.

use crate::features::Features;
use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;
use core::fmt;

/// The bytes are not a module that Holm accepts.
#[derive(Clone)]
pub struct Invalid {
    inner: Box<Inner>,
}

#[derive(Clone)]
struct Inner {
    offset: u64,
    message: String,
    kind: InvalidKind,
}

/// The kinds of [`Invalid`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum InvalidKind {
    /// The bytes are not in the binary format.
    Malformed,
    /// The bytes are in the format but break a rule of validation.
    Invalid,
    /// The module uses something that is switched off.
    Feature(Features),
    /// The module is valid but uses something that this version has no data for.
    Unsupported,
    /// The module is larger or costlier than a limit allows.
    Limit {
        /// The limit, as it is spelled in [`crate::Limits`].
        name: &'static str,
        /// What the module has.
        value: u64,
        /// What the limit allows.
        max: u64,
    },
}

impl Invalid {
    #[cold]
    pub(crate) fn new(kind: InvalidKind, message: impl Into<String>, offset: u64) -> Self {
        Self { inner: Box::new(Inner { offset, message: message.into(), kind }) }
    }

    /// The bytes are not in the format.
    #[cold]
    pub(crate) fn malformed(message: impl Into<String>, offset: u64) -> Self {
        Self::new(InvalidKind::Malformed, message, offset)
    }

    /// The bytes break a rule.
    #[cold]
    pub(crate) fn broken_rule(message: impl Into<String>, offset: u64) -> Self {
        Self::new(InvalidKind::Invalid, message, offset)
    }

    /// The bytes use what this version has no data for.
    #[cold]
    pub(crate) fn unsupported(message: impl Into<String>, offset: u64) -> Self {
        Self::new(InvalidKind::Unsupported, message, offset)
    }

    /// What the reader of the format found.
    #[cold]
    pub(crate) fn from_reader(error: &wasmparser::Error) -> Self {
        Self::from_wasmparser(error, InvalidKind::Malformed)
    }

    /// What the validator found.
    #[cold]
    pub(crate) fn from_validator(error: &wasmparser::Error) -> Self {
        // The standard counts this one among the errors of the format.
        let of_format = error.message() == "data count section required";
        let kind = if of_format { InvalidKind::Malformed } else { InvalidKind::Invalid };
        Self::from_wasmparser(error, kind)
    }

    fn from_wasmparser(error: &wasmparser::Error, kind: InvalidKind) -> Self {
        match Features::missing_in(error) {
            Some(feature) => Self::new(
                InvalidKind::Feature(feature),
                format!("{}: {}", error.message(), feature.how_to_enable()),
                error.offset(),
            ),
            None => Self::new(kind, error.message(), error.offset()),
        }
    }

    /// `what` is `value`, which is more than the limit `name` allows.
    #[cold]
    pub(crate) fn over(what: &str, limit: (&'static str, u64), value: u64, offset: u64) -> Self {
        let (name, max) = limit;
        Self::new(
            InvalidKind::Limit { name, value, max },
            format!("{what}: {value}, over the limit of {max} ({name})"),
            offset,
        )
    }

    /// Where in the file the trouble was found, in bytes.
    #[must_use]
    pub fn offset(&self) -> u64 {
        self.inner.offset
    }

    /// What is wrong, without the offset.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.inner.message
    }

    /// What kind of trouble it is.
    #[must_use]
    pub fn kind(&self) -> InvalidKind {
        self.inner.kind
    }

    /// Whether a limit was passed, so that raising it would help.
    #[must_use]
    pub fn is_limit(&self) -> bool {
        matches!(self.inner.kind, InvalidKind::Limit { .. })
    }

    /// Whether a feature is off, so that switching it on would help.
    #[must_use]
    pub fn is_feature(&self) -> bool {
        matches!(self.inner.kind, InvalidKind::Feature(_))
    }
}

/// Writes `message (at offset 0x1f)`.
impl fmt::Display for Invalid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (at offset {:#x})", self.inner.message, self.inner.offset)
    }
}

impl fmt::Debug for Invalid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Invalid({:?}: {self})", self.inner.kind)
    }
}

impl core::error::Error for Invalid {}

/// Refuses `value` of `what` at `offset` when it is more than `limit` (its name and number) allows.
pub(crate) fn at_most(
    what: &str,
    limit: (&'static str, u64),
    value: u64,
    offset: u64,
) -> Result<(), Invalid> {
    if value <= limit.1 { Ok(()) } else { Err(Invalid::over(what, limit, value, offset)) }
}
