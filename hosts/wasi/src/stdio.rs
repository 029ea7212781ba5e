//! What an embedder can put behind a guest's standard input, output and error.
//!
//! Not here: reading and writing (`capability/stream.rs`, `capability/file.rs`).
//!
//! Invariant: a descriptor of the host is duplicated, never taken, and its kind and mode decide what the guest may
//! do: a redirected file can be sought in, a terminal can not.
//!
//! Read next: `context.rs`.

use crate::capability::Object;
use crate::capability::file::{Bytes, File};
use crate::capability::host_file::HostFile;
use crate::capability::pipe;
use crate::capability::stat::Kind;
use crate::capability::stream::{HostStream, Kept, Stream};
use crate::limits;
use rustix::fd::{AsFd, OwnedFd};
use rustix::fs::{FileType, OFlags};
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

/// The source of a guest's standard input.
#[derive(Debug)]
pub struct Input(pub(crate) Object);

/// Where a guest's standard output or error goes.
#[derive(Debug)]
pub struct Output(pub(crate) Object);

impl Input {
    /// The standard input of this process.
    ///
    /// # Errors
    /// When this process has none, or no descriptors left.
    pub fn inherit() -> io::Result<Input> {
        Input::host(io::stdin().as_fd().try_clone_to_owned()?)
    }

    /// An open file, pipe or terminal.
    ///
    /// # Errors
    /// When the kernel does not say what it is.
    pub fn host(fd: impl Into<OwnedFd>) -> io::Result<Input> {
        object_of(fd.into()).map(Input)
    }

    /// These bytes, then the end.
    #[must_use]
    pub fn bytes(bytes: impl Into<Vec<u8>>) -> Input {
        Input(Object::Stream(Stream::Bytes(io::Cursor::new(bytes.into()))))
    }

    /// The end at once.
    #[must_use]
    pub fn empty() -> Input {
        Input(Object::Stream(Stream::Null))
    }
}

impl Output {
    /// The standard output of this process.
    ///
    /// # Errors
    /// When this process has none, or no descriptors left.
    pub fn inherit_stdout() -> io::Result<Output> {
        Output::host(io::stdout().as_fd().try_clone_to_owned()?)
    }

    /// The standard error of this process.
    ///
    /// # Errors
    /// When this process has none, or no descriptors left.
    pub fn inherit_stderr() -> io::Result<Output> {
        Output::host(io::stderr().as_fd().try_clone_to_owned()?)
    }

    /// An open file, pipe or terminal.
    ///
    /// # Errors
    /// When the kernel does not say what it is.
    pub fn host(fd: impl Into<OwnedFd>) -> io::Result<Output> {
        object_of(fd.into()).map(Output)
    }

    /// Forgets everything.
    #[must_use]
    pub fn discard() -> Output {
        Output(Object::Stream(Stream::Null))
    }

    /// Keeps what is written, up to 64 MiB; more is `nospc` for the guest.
    #[must_use]
    pub fn memory() -> (Output, MemoryOutput) {
        Output::memory_with_limit(limits::MEMORY_OUTPUT_BYTES_DEFAULT)
    }

    /// Keeps what is written, up to `bytes_max`; more is `nospc` for the guest.
    #[must_use]
    pub fn memory_with_limit(bytes_max: usize) -> (Output, MemoryOutput) {
        let kept = Arc::new(Mutex::new(Kept { bytes: Vec::new(), max: bytes_max }));
        (Output(Object::Stream(Stream::Keep(Arc::clone(&kept)))), MemoryOutput(kept))
    }
}

/// The reading end of an output that is kept in memory.
#[derive(Clone, Debug)]
pub struct MemoryOutput(Arc<Mutex<Kept>>);

impl MemoryOutput {
    /// A copy of what was written so far.
    #[must_use]
    pub fn contents(&self) -> Vec<u8> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).bytes.clone()
    }

    /// Takes what was written so far, which makes room again.
    #[must_use]
    pub fn take(&self) -> Vec<u8> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner).bytes)
    }
}

/// A pipe from one guest of this process to another, which holds up to `bytes_max`. The reader sees the end when the
/// writer is gone; the writer gets `pipe` when the reader is.
///
/// # Errors
/// When the kernel has no descriptors left; a pipe takes two, to wait with.
pub fn pipe(bytes_max: usize) -> io::Result<(Output, Input)> {
    let (writer, reader) = pipe::pipe(bytes_max)?;
    let output = Output(Object::Stream(Stream::PipeWriter(writer)));
    Ok((output, Input(Object::Stream(Stream::PipeReader(reader)))))
}

/// A descriptor of the host as what it is.
fn object_of(fd: OwnedFd) -> io::Result<Object> {
    let file_type = FileType::from_raw_mode(rustix::fs::fstat(&fd)?.st_mode);
    let mode = rustix::fs::fcntl_getfl(&fd)? & OFlags::RWMODE;
    let readable = mode != OFlags::WRONLY;
    let writable = mode != OFlags::RDONLY;
    Ok(match file_type {
        // Times stay: content was handed over, not the file.
        FileType::RegularFile => {
            Object::File(File::new(Bytes::Host(HostFile(fd)), readable, writable, false))
        }
        other => {
            let kind = Kind::from(other);
            Object::Stream(Stream::Host(HostStream::new(fd, kind, readable, writable)))
        }
    })
}
