//! Streams of bytes without a cursor: terminals, pipes and devices of the host that were handed in, and buffers in
//! memory. Standard input, output and error are streams, unless they are redirected to a file.
//!
//! Not here: sockets (`socket.rs`).
//!
//! Invariant: flags of a host descriptor, which other processes share, are never changed; not waiting is asked for
//! call by call.
//!
//! Read next: `stdio.rs`, where embedders make them.

use super::pipe::{Reader, Writer};
use super::stat::{Kind, Stat};
use super::wait::Waiting;
use crate::{Errno, Fault, limits};
use rustix::event::PollFlags;
use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::io::{Errno as Kernel, ReadWriteFlags};
use std::io::{IoSlice, IoSliceMut, Read};
use std::sync::{Arc, Mutex, PoisonError};

/// A stream.
#[derive(Debug)]
pub(crate) enum Stream {
    Host(HostStream),
    /// Bytes to be read, then the end.
    Bytes(std::io::Cursor<Vec<u8>>),
    /// What is written is kept.
    Keep(Arc<Mutex<Kept>>),
    /// Nothing to read; what is written is forgotten.
    Null,
    /// What another guest writes.
    PipeReader(Reader),
    /// What another guest reads.
    PipeWriter(Writer),
}

/// What was written to a stream in memory.
#[derive(Debug)]
pub(crate) struct Kept {
    pub(crate) bytes: Vec<u8>,
    pub(crate) max: usize,
}

/// A stream of the host.
#[derive(Debug)]
pub(crate) struct HostStream {
    fd: OwnedFd,
    kind: Kind,
    terminal: bool,
    readable: bool,
    writable: bool,
    /// The kernel can be asked not to wait; found out by trying.
    can_ask: bool,
}

impl HostStream {
    pub(crate) fn new(fd: OwnedFd, kind: Kind, readable: bool, writable: bool) -> HostStream {
        let terminal = kind == Kind::CharacterDevice && rustix::termios::isatty(&fd);
        HostStream { fd, kind, terminal, readable, writable, can_ask: true }
    }

    fn read(
        &mut self,
        slices: &mut [IoSliceMut<'_>],
        waiting: Waiting<'_>,
    ) -> Result<usize, Fault> {
        let free = waiting.stopper.is_none() && !waiting.nonblocking;
        loop {
            let asks = self.can_ask && !free;
            let result = if asks {
                rustix::io::preadv2(&self.fd, slices, u64::MAX, ReadWriteFlags::NOWAIT)
            } else {
                if !free {
                    waiting.wait_for(self.fd.as_fd(), PollFlags::IN)?;
                }
                rustix::io::readv(&self.fd, slices)
            };
            match result {
                Err(Kernel::INTR) => {}
                Err(Kernel::AGAIN) => waiting.wait_for(self.fd.as_fd(), PollFlags::IN)?,
                Err(Kernel::OPNOTSUPP | Kernel::INVAL) if asks => self.can_ask = false,
                other => return Ok(other?),
            }
        }
    }

    fn write(
        &mut self,
        mut slices: &mut [IoSlice<'_>],
        waiting: Waiting<'_>,
    ) -> Result<usize, Fault> {
        let free = waiting.stopper.is_none() && !waiting.nonblocking;
        let mut done = 0;
        loop {
            let asks = self.can_ask && !free;
            let result = if asks {
                rustix::io::pwritev2(&self.fd, slices, u64::MAX, ReadWriteFlags::NOWAIT)
            } else if free {
                rustix::io::writev(&self.fd, slices)
            } else {
                match waiting.wait_for(self.fd.as_fd(), PollFlags::OUT) {
                    Err(Fault::Errno(_) | Fault::Wait) if done > 0 => return Ok(done),
                    other => other?,
                }
                rustix::io::write(&self.fd, first_chunk(slices))
            };
            match result {
                Ok(count) => {
                    done += count;
                    IoSlice::advance_slices(&mut slices, count);
                    if count == 0 || slices.is_empty() || waiting.nonblocking {
                        return Ok(done);
                    }
                }
                Err(Kernel::INTR) => {}
                Err(Kernel::OPNOTSUPP | Kernel::INVAL) if asks => self.can_ask = false,
                Err(_) if done > 0 && waiting.nonblocking => return Ok(done),
                Err(Kernel::AGAIN) => match waiting.wait_for(self.fd.as_fd(), PollFlags::OUT) {
                    Err(Fault::Wait) if done > 0 => return Ok(done),
                    other => other?,
                },
                Err(_) if done > 0 => return Ok(done),
                Err(errno) => return Err(errno.into()),
            }
        }
    }
}

/// What the kernel is asked about a descriptor.
pub(crate) fn flags_for(to_read: bool) -> PollFlags {
    if to_read { PollFlags::IN | PollFlags::RDHUP } else { PollFlags::OUT }
}

/// As much as a stream that is writable takes without waiting.
fn first_chunk<'a>(slices: &'a [IoSlice<'_>]) -> &'a [u8] {
    let bytes = slices.iter().find(|s| !s.is_empty()).map_or(&[][..], |s| &**s);
    &bytes[..bytes.len().min(limits::STREAM_CHUNK_BYTES)]
}

impl Stream {
    pub(crate) fn read(
        &mut self,
        slices: &mut [IoSliceMut<'_>],
        waiting: Waiting<'_>,
    ) -> Result<usize, Fault> {
        match self {
            Stream::Host(host) if host.readable => host.read(slices, waiting),
            Stream::Bytes(bytes) => bytes.read_vectored(slices).map_err(|_| Errno::Io.into()),
            Stream::Null => Ok(0),
            Stream::PipeReader(pipe) => pipe.read(slices, waiting),
            Stream::Host(_) | Stream::Keep(_) | Stream::PipeWriter(_) => Err(Errno::Badf.into()),
        }
    }

    pub(crate) fn write(
        &mut self,
        slices: &mut [IoSlice<'_>],
        waiting: Waiting<'_>,
    ) -> Result<usize, Fault> {
        match self {
            Stream::Host(host) if host.writable => host.write(slices, waiting),
            Stream::Keep(kept) => {
                let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
                kept.append(slices)
            }
            Stream::Null => Ok(slices.iter().map(|s| s.len()).sum()),
            Stream::PipeWriter(pipe) => pipe.write(slices, waiting),
            Stream::Host(_) | Stream::Bytes(_) | Stream::PipeReader(_) => Err(Errno::Badf.into()),
        }
    }

    pub(crate) fn stat(&self) -> Result<Stat, Errno> {
        match self {
            Stream::Host(host) => Ok(rustix::fs::fstat(&host.fd)?.into()),
            other => Ok(Stat::of_kind(other.kind())),
        }
    }

    pub(crate) fn kind(&self) -> Kind {
        match self {
            Stream::Host(host) => host.kind,
            _ => Kind::Unknown,
        }
    }

    pub(crate) fn is_terminal(&self) -> bool {
        matches!(self, Stream::Host(host) if host.terminal)
    }

    pub(crate) fn is_readable(&self) -> bool {
        match self {
            Stream::Host(host) => host.readable,
            Stream::Bytes(_) | Stream::Null | Stream::PipeReader(_) => true,
            Stream::Keep(_) | Stream::PipeWriter(_) => false,
        }
    }

    pub(crate) fn is_writable(&self) -> bool {
        match self {
            Stream::Host(host) => host.writable,
            Stream::Keep(_) | Stream::Null | Stream::PipeWriter(_) => true,
            Stream::Bytes(_) | Stream::PipeReader(_) => false,
        }
    }

    /// What to wait on to read or to write; `None` if the stream is ready now.
    pub(crate) fn wait(&self, to_read: bool) -> Option<(BorrowedFd<'_>, PollFlags)> {
        match self {
            Stream::Host(host) => Some((host.fd.as_fd(), flags_for(to_read))),
            Stream::PipeReader(pipe) if to_read => Some((pipe.wait()?, PollFlags::IN)),
            Stream::PipeWriter(pipe) if !to_read => Some((pipe.wait()?, PollFlags::IN)),
            _ => None,
        }
    }

    /// Whether the other end of a pipe is gone.
    pub(crate) fn is_hung_up(&self) -> bool {
        matches!(self, Stream::PipeReader(pipe) if pipe.is_hung_up())
    }

    /// Bytes that can be read without waiting, as far as is known.
    pub(crate) fn available(&self) -> u64 {
        match self {
            Stream::Host(host) => rustix::io::ioctl_fionread(&host.fd).unwrap_or(0),
            Stream::Bytes(bytes) => (bytes.get_ref().len() as u64).saturating_sub(bytes.position()),
            Stream::PipeReader(pipe) => pipe.available(),
            Stream::Keep(_) | Stream::Null | Stream::PipeWriter(_) => 0,
        }
    }
}

impl Kept {
    fn append(&mut self, slices: &[IoSlice<'_>]) -> Result<usize, Fault> {
        let room = self.max - self.bytes.len();
        let mut done = 0;
        for slice in slices {
            let count = slice.len().min(room - done);
            self.bytes.extend_from_slice(&slice[..count]);
            done += count;
        }
        if done == 0 && slices.iter().any(|s| !s.is_empty()) {
            return Err(Errno::Nospc.into());
        }
        Ok(done)
    }
}
