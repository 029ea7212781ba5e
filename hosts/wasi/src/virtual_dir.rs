//! Directories for guests that are not directories of the host.
//!
//! An embedder makes one, may put files into it, grants it to any number of guests, and looks at it or saves it afterwards.
//!
//! Not here: how it works (`capability/tree.rs`).
//!
//! Invariant: nothing is ever written to the file or directory that one was made from.
//!
//! Read next: `context.rs`, where it is granted.

use crate::capability::directory::{Directory, Open, Opened};
use crate::capability::node::Node;
use crate::capability::path::GuestPath;
use crate::capability::tree::{SharedTree, archive};
use crate::capability::wait::Waiting;
use crate::capability::{Access, file::Place, resolve};
use crate::{Errno, Fault, GrantError, Space};
use rustix::fs::{CWD, Mode, OFlags};
use std::fs::File;
use std::io::{IoSlice, IoSliceMut};
use std::path::Path;

/// A directory in memory. Clones are the same directory.
#[derive(Clone, Debug)]
pub struct VirtualDir(SharedTree);

/// How a virtual directory is made.
#[derive(Clone, Debug)]
pub struct VirtualDirOptions {
    /// Room for what it holds.
    pub space: Space,
    /// Times come from a count of changes and not from the clock, so that the same changes give the same times.
    pub counts_time: bool,
}

impl VirtualDirOptions {
    /// With this much room of its own.
    #[must_use]
    pub fn new(bytes_max: u64) -> VirtualDirOptions {
        VirtualDirOptions { space: Space::new(bytes_max), counts_time: false }
    }
}

impl VirtualDir {
    /// An empty directory.
    #[must_use]
    pub fn memory(options: &VirtualDirOptions) -> VirtualDir {
        VirtualDir(SharedTree::new(&options.space, None, options.counts_time))
    }

    /// What is in an archive (tar, or zip with stored and deflated files). Granted for writing, what guests write stays
    /// in memory.
    ///
    /// # Errors
    /// When the file cannot be opened, or is not such an archive.
    pub fn archive(
        path: impl AsRef<Path>,
        options: &VirtualDirOptions,
    ) -> Result<VirtualDir, GrantError> {
        let path = path.as_ref();
        let open = |cause| GrantError::Open { path: path.into(), cause };
        let bad = |why: &str| GrantError::Archive { path: path.into(), why: why.to_owned() };
        let file = File::open(path).map_err(open)?;
        let format = archive::format_of(&file).map_err(open)?;
        let format = format.ok_or_else(|| bad("it is neither a tar nor a zip archive"))?;
        let tree = archive::read(file, format, &options.space, options.counts_time);
        tree.map(VirtualDir).map_err(|why| bad(&why))
    }

    /// A directory of the host, on which whatever guests change stays in memory. What others change in it meanwhile
    /// may be seen or not.
    ///
    /// # Errors
    /// When it cannot be opened, or this system does not confine paths (see `GrantError::NotConfined`).
    pub fn overlay(
        host: impl AsRef<Path>,
        options: &VirtualDirOptions,
    ) -> Result<VirtualDir, GrantError> {
        let host = host.as_ref();
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let fd = rustix::fs::openat(CWD, host, flags, Mode::empty())
            .map_err(|errno| GrantError::Open { path: host.into(), cause: errno.into() })?;
        resolve::probe(&fd).map_err(|errno| GrantError::of_probe(host, errno))?;
        Ok(VirtualDir(SharedTree::new(&options.space, Some(fd), options.counts_time)))
    }

    /// Whether a file can be made a virtual directory with `archive`.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn is_archive(path: impl AsRef<Path>) -> std::io::Result<bool> {
        Ok(archive::format_of(&File::open(path)?)?.is_some())
    }

    /// The room that it takes from.
    #[must_use]
    pub fn space(&self) -> Space {
        self.0.space()
    }

    /// Writes all that it holds as a tar archive; of an overlay on a directory, all that changed. A name that was
    /// removed from one becomes an empty file `.wh.NAME`.
    ///
    /// # Errors
    /// When the writer fails, or what is beneath an overlay cannot be read any more.
    pub fn save(&self, mut out: impl std::io::Write) -> std::io::Result<()> {
        self.0.save(&mut out)
    }

    /// Makes a directory in it, with those on the way.
    ///
    /// # Errors
    /// As a guest would be told.
    pub fn create_dir_all(&self, path: &str) -> Result<(), Errno> {
        let directory = self.directory(Access::ReadWrite);
        let ends = path.match_indices('/').map(|(at, _)| at).chain([path.len()]);
        for end in ends {
            match directory.create_directory(GuestPath::new(&path.as_bytes()[..end])?) {
                Ok(()) | Err(Errno::Exist) => {}
                Err(errno) => return Err(errno),
            }
        }
        Ok(())
    }

    /// Makes a link in it, to anywhere; no guest is led out by it.
    ///
    /// # Errors
    /// As a guest would be told.
    pub fn symlink(&self, target: &str, path: &str) -> Result<(), Errno> {
        self.0.make_link(target, GuestPath::new(path.as_bytes())?)
    }

    /// Writes a file in it, which is made or replaced.
    ///
    /// # Errors
    /// As a guest would be told; when there is no room, a part may be written.
    pub fn write(&self, path: &str, bytes: &[u8]) -> Result<(), Errno> {
        let how =
            Open { follow: true, create: true, truncate: true, write: true, ..Open::default() };
        let file = self.open(path, how)?;
        let mut done = 0;
        while done < bytes.len() {
            let rest = [IoSlice::new(&bytes[done..])];
            let cache = crate::capability::file::Durability::Cache;
            done += plain(file.write(&rest, Place::Cursor, cache, NEVER))?;
        }
        Ok(())
    }

    /// Reads a file in it.
    ///
    /// # Errors
    /// As a guest would be told.
    pub fn read(&self, path: &str) -> Result<Vec<u8>, Errno> {
        let file = self.open(path, Open { follow: true, read: true, ..Open::default() })?;
        let mut bytes = Vec::new();
        let mut piece = [0; 16 << 10];
        loop {
            match plain(file.read(&mut [IoSliceMut::new(&mut piece)], None, NEVER))? {
                0 => return Ok(bytes),
                count => bytes.extend_from_slice(&piece[..count]),
            }
        }
    }

    fn open(&self, path: &str, how: Open) -> Result<crate::capability::file::File, Errno> {
        let opened =
            self.directory(Access::ReadWrite).open(GuestPath::new(path.as_bytes())?, how)?;
        match opened {
            Opened::File(file) => Ok(file),
            Opened::Directory(_) => Err(Errno::Isdir),
        }
    }

    pub(crate) fn directory(&self, access: Access) -> Directory {
        Directory::new(Node::Tree(self.0.root()), access)
    }
}

/// Files in memory do not wait.
const NEVER: Waiting<'static> = Waiting::never();

fn plain(result: Result<usize, Fault>) -> Result<usize, Errno> {
    result.map_err(|fault| match fault {
        Fault::Errno(errno) => errno,
        Fault::Exit(_) | Fault::Trap(_) | Fault::Wait => Errno::Intr,
    })
}
