//! The one public error: one word, six families that never mix, and the embedder's own errors.
//!
//! Not here: how a trap is caught (see `holm-vm`), how a backtrace is resolved (see [`crate::backtrace`]).
//! Invariant: an [`Error`] is as large as a pointer; its text is lower case, has no full stop, names the
//! thing and both values, and takes one line per cause.
//! Read next: [`crate::backtrace`].

use crate::backtrace::Backtrace;
use crate::exnref::ExnRef;
use holm_spec::trap::TrapReason;
use holm_vm::HeldException;
use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;

/// What the methods of this crate return.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why something could not be done. Ask [`Error::kind`] for the family.
pub struct Error {
    inner: Box<Inner>,
}

struct Inner {
    kind: Kind,
    backtrace: Option<Backtrace>,
}

enum Kind {
    Invalid { message: String, offset: Option<u64>, malformed: bool },
    Link(String),
    Trap(TrapReason),
    Exhausted(Exhausted),
    Bug(String),
    Exception(Exception),
    Host(Box<dyn StdError + Send + Sync>),
}

/// An exception on its way through the host.
struct Exception {
    exception: ExnRef,
    message: String,
    _held: HeldException,
}

/// A limit that was reached.
struct Exhausted {
    message: String,
    limit: &'static str,
    /// Set when a running guest was stopped for it.
    reason: Option<TrapReason>,
}

/// The families of errors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The bytes are not a module, a text or an artifact that this engine accepts.
    Invalid,
    /// Imports and what was offered for them, or a value and the type asked for, do not fit.
    Link,
    /// The guest did something that the standard answers with a trap.
    Trap,
    /// A limit was reached: of time, fuel, memory, size or count.
    Exhausted,
    /// A defect: Holm's own, or a panic in a host function.
    Bug,
    /// An exception left the guest: nobody caught it; see [`Error::exception`].
    Exception,
    /// A host function returned an error of its own; see [`Error::downcast_ref`].
    Host,
}

impl Error {
    fn new(kind: Kind) -> Self {
        Self { inner: Box::new(Inner { kind, backtrace: None }) }
    }

    /// Wraps an error of the embedder's, so that a host function can return it. It comes out of the call
    /// into the guest as it went in.
    #[cold]
    pub fn host(error: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self::new(Kind::Host(error.into()))
    }

    /// A trap with this reason, so that a host function can raise one.
    #[cold]
    #[must_use]
    pub fn trap(reason: TrapReason) -> Self {
        Self::new(match reason {
            TrapReason::OutOfFuel => Kind::Exhausted(Exhausted {
                message: "all fuel consumed: give the store more with `set_fuel`".to_owned(),
                limit: "fuel",
                reason: Some(reason),
            }),
            TrapReason::Interrupted => Kind::Exhausted(Exhausted {
                message:
                    "interrupted: the store's deadline passed or its interrupt handle was used"
                        .to_owned(),
                limit: "deadline",
                reason: Some(reason),
            }),
            TrapReason::Bug => Kind::Bug("compiled code reached an impossible state".to_owned()),
            _ => Kind::Trap(reason),
        })
    }

    /// The guest used up the fuel it was given.
    #[cold]
    pub(crate) fn out_of_fuel(given: u64) -> Self {
        Self::new(Kind::Exhausted(Exhausted {
            message: format!(
                "all fuel consumed: {given} operators were allowed, give the store more with `set_fuel`"
            ),
            limit: "fuel",
            reason: Some(TrapReason::OutOfFuel),
        }))
    }

    /// Bytes that are not acceptable, for a reason that has no place in them.
    #[cold]
    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self::new(Kind::Invalid { message: message.into(), offset: None, malformed: false })
    }

    /// Bytes that are not in the form they should be in at all.
    #[cold]
    pub(crate) fn malformed(message: impl Into<String>) -> Self {
        Self::new(Kind::Invalid { message: message.into(), offset: None, malformed: true })
    }

    /// Things that do not fit each other.
    #[cold]
    pub(crate) fn link(message: impl Into<String>) -> Self {
        Self::new(Kind::Link(message.into()))
    }

    /// A limit that was reached.
    #[cold]
    pub(crate) fn exhausted(limit: &'static str, message: impl Into<String>) -> Self {
        Self::new(Kind::Exhausted(Exhausted { message: message.into(), limit, reason: None }))
    }

    /// A defect.
    #[cold]
    pub(crate) fn bug(message: impl Into<String>) -> Self {
        Self::new(Kind::Bug(message.into()))
    }

    /// An exception that left a guest, or is to enter one.
    #[cold]
    pub(crate) fn thrown(exception: ExnRef, held: HeldException, message: String) -> Self {
        Self::new(Kind::Exception(Exception { exception, message, _held: held }))
    }

    /// What was refused because a handle belongs to another store.
    #[cold]
    pub(crate) fn other_store(what: &str) -> Self {
        Self::link(format!("{what} belongs to another store"))
    }

    /// Which family the error belongs to.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        match &self.inner.kind {
            Kind::Invalid { .. } => ErrorKind::Invalid,
            Kind::Link(_) => ErrorKind::Link,
            Kind::Trap(_) => ErrorKind::Trap,
            Kind::Exhausted(_) => ErrorKind::Exhausted,
            Kind::Bug(_) => ErrorKind::Bug,
            Kind::Exception(_) => ErrorKind::Exception,
            Kind::Host(_) => ErrorKind::Host,
        }
    }

    /// Why a running guest was stopped: set for every [`ErrorKind::Trap`], for an
    /// [`ErrorKind::Exhausted`] that stopped one (`OutOfFuel`, `Interrupted`), and for every
    /// [`ErrorKind::Exception`] (`UncaughtException`).
    #[must_use]
    pub fn trap_reason(&self) -> Option<TrapReason> {
        match &self.inner.kind {
            Kind::Trap(reason) => Some(*reason),
            Kind::Exhausted(exhausted) => exhausted.reason,
            Kind::Exception(_) => Some(TrapReason::UncaughtException),
            _ => None,
        }
    }

    /// The exception, for [`ErrorKind::Exception`]. A host function that returns the error throws it on.
    #[must_use]
    pub fn exception(&self) -> Option<ExnRef> {
        match &self.inner.kind {
            Kind::Exception(exception) => Some(exception.exception),
            _ => None,
        }
    }

    /// The name of the limit, for [`ErrorKind::Exhausted`].
    #[must_use]
    pub fn limit(&self) -> Option<&'static str> {
        match &self.inner.kind {
            Kind::Exhausted(exhausted) => Some(exhausted.limit),
            _ => None,
        }
    }

    /// Where in the bytes of the module the trouble is, for [`ErrorKind::Invalid`] and limits on modules.
    #[must_use]
    pub fn offset(&self) -> Option<u64> {
        match &self.inner.kind {
            Kind::Invalid { offset, .. } => *offset,
            _ => None,
        }
    }

    /// Whether the bytes are not even in the binary or text format, for [`ErrorKind::Invalid`]; bytes that
    /// are in the format but break a rule of validation are not malformed.
    #[must_use]
    pub fn is_malformed(&self) -> bool {
        matches!(self.inner.kind, Kind::Invalid { malformed: true, .. })
    }

    /// The guest's calls that led to the trap or host error, innermost first.
    #[must_use]
    pub fn backtrace(&self) -> Option<&Backtrace> {
        self.inner.backtrace.as_ref()
    }

    /// The embedder's error, if that is what this is and it has this type.
    #[must_use]
    pub fn downcast_ref<E: StdError + 'static>(&self) -> Option<&E> {
        match &self.inner.kind {
            Kind::Host(error) => error.downcast_ref(),
            _ => None,
        }
    }

    /// Takes the embedder's error out, if that is what this is and it has this type.
    ///
    /// # Errors
    /// Gives the error back when it is something else.
    pub fn downcast<E: StdError + 'static>(self) -> Result<E, Self> {
        let inner = *self.inner;
        match inner.kind {
            Kind::Host(error) => match error.downcast() {
                Ok(error) => Ok(*error),
                Err(error) => Err(Self {
                    inner: Box::new(Inner { kind: Kind::Host(error), backtrace: inner.backtrace }),
                }),
            },
            kind => Err(Self { inner: Box::new(Inner { kind, backtrace: inner.backtrace }) }),
        }
    }

    /// Adds the frames of a call that this error left; inner calls have added theirs already.
    #[cold]
    pub(crate) fn with_frames(mut self, outer: Backtrace) -> Self {
        match &mut self.inner.backtrace {
            Some(inner) => inner.append(outer),
            none => *none = Some(outer),
        }
        self
    }
}

/// A name for a message. Names come from modules: a line break in one would look like another cause.
pub(crate) fn printable(name: &str) -> Cow<'_, str> {
    if !name.contains(char::is_control) {
        return Cow::Borrowed(name);
    }
    let escape = |c: char| match c.is_control() {
        true => c.escape_default().to_string(),
        false => c.to_string(),
    };
    Cow::Owned(name.chars().map(escape).collect())
}

/// Writes the cause, and one line more for each cause behind it. The backtrace is not part of it.
impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.inner.kind {
            Kind::Invalid { message, offset: Some(offset), .. } => {
                write!(f, "{message} (at offset {offset:#x})")
            }
            Kind::Invalid { message, .. } | Kind::Link(message) => f.write_str(message),
            Kind::Trap(reason) => write!(f, "{reason}"),
            Kind::Exhausted(exhausted) => f.write_str(&exhausted.message),
            Kind::Bug(message) => write!(f, "bug: {message}"),
            Kind::Exception(exception) => f.write_str(&exception.message),
            Kind::Host(error) => {
                write!(f, "{error}")?;
                let mut cause = error.source();
                while let Some(error) = cause {
                    write!(f, "\n{error}")?;
                    cause = error.source();
                }
                Ok(())
            }
        }
    }
}

/// Writes the family, the causes and the backtrace: what `unwrap` and a failing `main` show.
impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {self}", self.kind())?;
        match &self.inner.backtrace {
            Some(backtrace) if !backtrace.frames().is_empty() => {
                write!(f, "\nwasm backtrace:\n{backtrace}")
            }
            _ => Ok(()),
        }
    }
}

impl StdError for Error {}

impl From<TrapReason> for Error {
    fn from(reason: TrapReason) -> Self {
        Self::trap(reason)
    }
}

impl From<Box<dyn StdError + Send + Sync>> for Error {
    fn from(error: Box<dyn StdError + Send + Sync>) -> Self {
        Self::host(error)
    }
}

impl From<std::io::Error> for Error {
    fn from(error: std::io::Error) -> Self {
        Self::host(error)
    }
}

impl From<holm_module::Invalid> for Error {
    fn from(error: holm_module::Invalid) -> Self {
        let offset = error.offset();
        match error.kind() {
            holm_module::InvalidKind::Limit { name, .. } => {
                let message = format!("{error}; raise it with `Config::module_limits`");
                Self::exhausted(name, message)
            }
            kind => Self::new(Kind::Invalid {
                message: error.message().to_owned(),
                offset: Some(offset),
                malformed: kind == holm_module::InvalidKind::Malformed,
            }),
        }
    }
}

impl From<holm_abi::ArtifactError> for Error {
    fn from(error: holm_abi::ArtifactError) -> Self {
        Self::malformed(error.0)
    }
}

impl From<holm_abi::CompileError> for Error {
    fn from(error: holm_abi::CompileError) -> Self {
        match error {
            holm_abi::CompileError::Limit(text) => Self::exhausted("compiler", text),
            holm_abi::CompileError::Bug(text) => Self::bug(format!("compiler: {text}")),
        }
    }
}

#[cfg(test)]
mod tests;
