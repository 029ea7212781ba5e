//! What a descriptor number of preview 1 stands for: an object, rights and flags.
//!
//! Invariant: `base` and `inheriting` only ever shrink. Flags are kept here and nowhere else; the kernel hears of them
//! call by call.
//!
//! Read next: `fd.rs`, `io.rs`, `path.rs`.

use super::rights::Rights;
use crate::capability::directory::{Directory, Opened};
use crate::capability::file::{Durability, File, Place};
use crate::capability::socket::{Listener, Receive, Socket};
use crate::capability::stat::{Kind, Stat};
use crate::capability::stream::flags_for;
use crate::capability::wait::Waiting;
use crate::capability::{Access, Object, socket};
use crate::refusal::{Reason, refuse};
use crate::{Errno, Fault};
use rustix::event::PollFlags;
use rustix::fd::BorrowedFd;
use std::io::{IoSlice, IoSliceMut};
use std::sync::Arc;

/// Flags of descriptors.
pub(crate) mod fdflags {
    pub(crate) const APPEND: u16 = 1;
    pub(crate) const DSYNC: u16 = 2;
    pub(crate) const NONBLOCK: u16 = 4;
    pub(crate) const RSYNC: u16 = 8;
    pub(crate) const SYNC: u16 = 16;
    pub(crate) const ALL: u16 = APPEND | DSYNC | NONBLOCK | RSYNC | SYNC;
}

/// An open descriptor.
#[derive(Debug)]
pub(crate) struct Descriptor {
    pub(crate) object: Object,
    pub(crate) base: Rights,
    pub(crate) inheriting: Rights,
    pub(crate) flags: u16,
    /// The name under which a directory was granted, for the directory itself.
    pub(crate) preopened: Option<Arc<str>>,
    /// The same, for everything that was opened through it as well.
    pub(crate) grant: Option<Arc<str>>,
}

impl Descriptor {
    fn new(object: Object, base: Rights, inheriting: Rights) -> Descriptor {
        Descriptor { object, base, inheriting, flags: 0, preopened: None, grant: None }
    }

    /// A standard stream.
    pub(crate) fn stream(object: Object) -> Descriptor {
        let (readable, writable, applicable) = match &object {
            Object::File(file) => (file.readable, file.writable, Rights::FILE),
            Object::Stream(stream) => {
                let device = stream.kind() == Kind::CharacterDevice && !stream.is_terminal();
                let seek = Rights::FD_SEEK | Rights::FD_TELL;
                let applicable = if device { Rights::STREAM | seek } else { Rights::STREAM };
                (stream.is_readable(), stream.is_writable(), applicable)
            }
            _ => (false, false, Rights::NONE),
        };
        let mut base = applicable;
        if !readable {
            base = base.without(Rights::FD_READ);
        }
        if !writable {
            base = base.without(Rights::FD_WRITE);
        }
        Descriptor::new(object, base, Rights::NONE)
    }

    /// A granted directory.
    pub(crate) fn preopened(directory: Directory, name: String) -> Descriptor {
        let inheriting = Rights::DIRECTORY | Rights::FILE;
        let object = Object::Directory(directory);
        let name = Some(Arc::from(name));
        let descriptor = Descriptor::new(object, Rights::DIRECTORY, inheriting);
        Descriptor { preopened: name.clone(), grant: name, ..descriptor }
    }

    pub(crate) fn listener(listener: Listener) -> Descriptor {
        Descriptor::new(Object::Listener(listener), Rights::LISTENER, Rights::SOCKET)
    }

    /// A connection that was handed in.
    pub(crate) fn connection(socket: Socket) -> Descriptor {
        Descriptor::new(Object::Socket(socket), Rights::SOCKET, Rights::NONE)
    }

    /// A connection that came through a listener with these inheriting rights.
    pub(crate) fn socket(socket: Socket, inheriting: Rights, flags: u16) -> Descriptor {
        let base = Rights::SOCKET & inheriting;
        Descriptor { flags, ..Descriptor::new(Object::Socket(socket), base, Rights::NONE) }
    }

    /// What was opened by path, with what remains of the rights that were asked for.
    pub(crate) fn opened(
        opened: Opened,
        base: Rights,
        inheriting: Rights,
        flags: u16,
    ) -> Descriptor {
        let (object, base, inheriting) = match opened {
            Opened::Directory(dir) => {
                (Object::Directory(dir), base & Rights::DIRECTORY, inheriting)
            }
            Opened::File(file) => (Object::File(file), base & Rights::FILE, Rights::NONE),
        };
        Descriptor { flags, ..Descriptor::new(object, base, inheriting) }
    }

    /// Checks that the guest has not given up these rights, or never had them.
    #[inline]
    pub(crate) fn need(&self, rights: Rights) -> Result<(), Errno> {
        if self.base.contains(rights) { Ok(()) } else { Err(refuse(Reason::NoRight)) }
    }

    /// The rights as the guest is told. A directory that cannot be changed does not claim that it can; what is
    /// opened through it still may ask for writing, and is refused then, which programs expect.
    pub(crate) fn reported_rights(&self) -> Rights {
        match &self.object {
            Object::Directory(dir) if dir.access() == Access::ReadOnly => {
                self.base.without(Rights::DIRECTORY_CHANGES)
            }
            _ => self.base,
        }
    }

    #[inline]
    pub(crate) fn is_nonblocking(&self) -> bool {
        self.flags & fdflags::NONBLOCK != 0
    }

    /// The directory, if it is one and the rights are there.
    pub(crate) fn directory(&self, rights: Rights) -> Result<&Directory, Errno> {
        let Object::Directory(directory) = &self.object else { return Err(Errno::Notdir) };
        self.need(rights)?;
        Ok(directory)
    }

    /// The file, if it is one and the rights are there.
    pub(crate) fn file(&self, rights: Rights) -> Result<&File, Errno> {
        match &self.object {
            Object::File(file) => {
                self.need(rights)?;
                Ok(file)
            }
            Object::Directory(_) => Err(Errno::Isdir),
            Object::Stream(_) | Object::Listener(_) | Object::Socket(_) => Err(Errno::Spipe),
        }
    }

    pub(crate) fn kind(&self) -> Kind {
        match &self.object {
            Object::Directory(_) => Kind::Directory,
            Object::File(_) => Kind::RegularFile,
            Object::Stream(stream) => stream.kind(),
            Object::Listener(_) | Object::Socket(_) => socket::KIND,
        }
    }

    pub(crate) fn stat(&self) -> Result<Stat, Errno> {
        match &self.object {
            Object::Directory(directory) => directory.stat(),
            Object::File(file) => file.stat(),
            Object::Stream(stream) => stream.stat(),
            Object::Listener(listener) => listener.stat(),
            Object::Socket(socket) => socket.stat(),
        }
    }

    /// How far writes must get.
    pub(crate) fn durability(&self) -> Durability {
        if self.flags & fdflags::SYNC != 0 {
            Durability::DataAndMetadata
        } else if self.flags & fdflags::DSYNC != 0 {
            Durability::Data
        } else {
            Durability::Cache
        }
    }

    #[inline]
    pub(crate) fn read(
        &mut self,
        slices: &mut [IoSliceMut<'_>],
        waiting: Waiting<'_>,
    ) -> Result<usize, Fault> {
        match &mut self.object {
            Object::File(file) => file.read(slices, None, waiting),
            Object::Stream(stream) => stream.read(slices, waiting),
            Object::Socket(socket) => Ok(socket.receive(slices, Receive::default(), waiting)?.0),
            Object::Directory(_) => Err(Errno::Isdir.into()),
            Object::Listener(_) => Err(Errno::Notconn.into()),
        }
    }

    #[inline]
    pub(crate) fn write(
        &mut self,
        slices: &mut [IoSlice<'_>],
        waiting: Waiting<'_>,
    ) -> Result<usize, Fault> {
        let durability = self.durability();
        let append = self.flags & fdflags::APPEND != 0;
        match &mut self.object {
            Object::File(file) => {
                let place = if append { Place::End } else { Place::Cursor };
                file.write(slices, place, durability, waiting)
            }
            Object::Stream(stream) => stream.write(slices, waiting),
            Object::Socket(socket) => socket.send(slices, waiting),
            Object::Directory(_) => Err(Errno::Isdir.into()),
            Object::Listener(_) => Err(Errno::Notconn.into()),
        }
    }

    /// What the kernel can be asked to wait for; `None` if the descriptor is ready.
    pub(crate) fn wait(&self, to_read: bool) -> Option<(BorrowedFd<'_>, PollFlags)> {
        match &self.object {
            Object::Directory(_) | Object::File(_) => None,
            Object::Stream(stream) => stream.wait(to_read),
            Object::Listener(listener) => Some((listener.fd(), flags_for(to_read))),
            Object::Socket(socket) => Some((socket.fd(), flags_for(to_read))),
        }
    }

    /// Whether the other end is known to be gone without asking the kernel.
    pub(crate) fn is_hung_up(&self) -> bool {
        matches!(&self.object, Object::Stream(stream) if stream.is_hung_up())
    }

    /// Bytes that can be read without waiting, as far as is known.
    pub(crate) fn available(&self) -> u64 {
        match &self.object {
            Object::File(file) => file.available().unwrap_or(0),
            Object::Stream(stream) => stream.available(),
            Object::Socket(socket) => socket.available(),
            Object::Listener(_) => 1,
            Object::Directory(_) => 0,
        }
    }
}
