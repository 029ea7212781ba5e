//! Sockets that were handed in: listeners, the connections they accept, and connections that the embedder made.
//!
//! Not here: making, binding or connecting one. No guest can, so a guest's only connections are those that came to
//! an address the embedder opened, or that the embedder opened to one.
//!
//! Invariant: every socket here is in non-blocking mode (none is shared with another process that could mind), so
//! that waiting happens in `wait.rs` alone.
//!
//! Read next: `preview1/socket.rs`.

use super::stat::{Kind, Stat};
use super::wait::Waiting;
use crate::{Errno, Fault};
use rustix::event::PollFlags;
use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::io::Errno as Kernel;
use rustix::net::{
    RecvAncillaryBuffer, RecvFlags, ReturnFlags, SendAncillaryBuffer, SendFlags, Shutdown,
    SocketFlags,
};
use std::io::{IoSlice, IoSliceMut};

/// A socket that accepts connections.
#[derive(Debug)]
pub(crate) struct Listener {
    fd: OwnedFd,
}

impl Listener {
    pub(crate) fn new(fd: OwnedFd) -> std::io::Result<Listener> {
        rustix::io::ioctl_fionbio(&fd, true)?;
        Ok(Listener { fd })
    }

    pub(crate) fn accept(&self, waiting: Waiting<'_>) -> Result<Socket, Fault> {
        let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
        loop {
            match rustix::net::accept_with(&self.fd, flags) {
                Ok(fd) => return Ok(Socket { fd }),
                Err(Kernel::INTR) => waiting.check()?,
                Err(Kernel::AGAIN) => waiting.wait_for(self.fd.as_fd(), PollFlags::IN)?,
                Err(errno) => return Err(errno.into()),
            }
        }
    }

    pub(crate) fn fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }

    pub(crate) fn stat(&self) -> Result<Stat, Errno> {
        Ok(rustix::fs::fstat(&self.fd)?.into())
    }
}

/// A connection.
#[derive(Debug)]
pub(crate) struct Socket {
    fd: OwnedFd,
}

/// How to receive.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Receive {
    /// Leave the bytes in the socket.
    pub(crate) peek: bool,
    /// Wait until everything asked for is there.
    pub(crate) all: bool,
}

impl Socket {
    /// A connection that the embedder made.
    pub(crate) fn new(fd: OwnedFd) -> std::io::Result<Socket> {
        rustix::io::ioctl_fionbio(&fd, true)?;
        Ok(Socket { fd })
    }

    /// Receives; the flag says that a message was longer than the room for it.
    pub(crate) fn receive(
        &self,
        mut slices: &mut [IoSliceMut<'_>],
        how: Receive,
        waiting: Waiting<'_>,
    ) -> Result<(usize, bool), Fault> {
        let mut flags = RecvFlags::DONTWAIT;
        flags.set(RecvFlags::PEEK, how.peek);
        let mut done = 0;
        loop {
            let mut control = RecvAncillaryBuffer::default();
            match rustix::net::recvmsg(&self.fd, slices, &mut control, flags) {
                Ok(message) => {
                    done += message.bytes;
                    let truncated = message.flags.contains(ReturnFlags::TRUNC);
                    if !how.all || how.peek || message.bytes == 0 {
                        return Ok((done, truncated));
                    }
                    IoSliceMut::advance_slices(&mut slices, message.bytes);
                    if slices.is_empty() {
                        return Ok((done, truncated));
                    }
                }
                Err(Kernel::INTR) => waiting.check()?,
                Err(Kernel::AGAIN) => match self.wait(PollFlags::IN, waiting) {
                    Err(Fault::Errno(_) | Fault::Wait) if done > 0 => return Ok((done, false)),
                    other => other?,
                },
                Err(_) if done > 0 => return Ok((done, false)),
                Err(errno) => return Err(errno.into()),
            }
        }
    }

    /// Sends everything, or what can be sent at once if the call must not wait.
    pub(crate) fn send(
        &self,
        mut slices: &mut [IoSlice<'_>],
        waiting: Waiting<'_>,
    ) -> Result<usize, Fault> {
        let flags = SendFlags::DONTWAIT | SendFlags::NOSIGNAL;
        let mut done = 0;
        loop {
            let mut control = SendAncillaryBuffer::default();
            match rustix::net::sendmsg(&self.fd, slices, &mut control, flags) {
                Ok(count) => {
                    done += count;
                    IoSlice::advance_slices(&mut slices, count);
                    if count == 0 || slices.is_empty() || waiting.nonblocking {
                        return Ok(done);
                    }
                }
                Err(Kernel::INTR) => waiting.check()?,
                Err(Kernel::AGAIN) => match self.wait(PollFlags::OUT, waiting) {
                    Err(Fault::Wait) if done > 0 => return Ok(done),
                    other => other?,
                },
                Err(_) if done > 0 => return Ok(done),
                Err(errno) => return Err(errno.into()),
            }
        }
    }

    fn wait(&self, events: PollFlags, waiting: Waiting<'_>) -> Result<(), Fault> {
        waiting.wait_for(self.fd.as_fd(), events)
    }

    pub(crate) fn shut_down(&self, read: bool, write: bool) -> Result<(), Errno> {
        let how = match (read, write) {
            (false, false) => return Err(Errno::Inval),
            (true, false) => Shutdown::Read,
            (false, true) => Shutdown::Write,
            (true, true) => Shutdown::Both,
        };
        Ok(rustix::net::shutdown(&self.fd, how)?)
    }

    pub(crate) fn fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }

    pub(crate) fn stat(&self) -> Result<Stat, Errno> {
        Ok(rustix::fs::fstat(&self.fd)?.into())
    }

    pub(crate) fn available(&self) -> u64 {
        rustix::io::ioctl_fionread(&self.fd).unwrap_or(0)
    }
}

/// What a listener is in the standard's list of kinds.
pub(crate) const KIND: Kind = Kind::SocketStream;
