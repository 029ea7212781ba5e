//! A directory of the host: what can be done in it by path or by name.
//!
//! A path goes to `open_beneath` whole. A name is one component, on which the kernel acts by a call that does not follow
//! links.
//!
//! Not here: access, slashes at the end, and which verb needs a path and which a name (`directory.rs`).
//!
//! Invariant: no call here but `open_beneath` is given anything that has a slash in it, or is `.` or `..`.
//!
//! Read next: `resolve.rs`.

use super::directory::Open;
use super::host_file::HostFile;
use super::resolve::open_beneath;
use super::stat::{SetTimes, Stat};
use crate::Errno;
use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::fs::{AtFlags, FileType, Mode, OFlags};

/// A directory of the host, or something in one that is only looked at.
#[derive(Debug)]
pub(crate) struct HostNode(pub(crate) OwnedFd);

/// What was opened in a directory of the host.
pub(crate) enum HostOpened {
    Directory(HostNode),
    File(HostFile),
    Other,
}

impl HostNode {
    /// The object that a path leads to, through a last link as well.
    pub(crate) fn target(&self, path: &str, directory: bool) -> Result<HostNode, Errno> {
        let directory = if directory { OFlags::DIRECTORY } else { OFlags::empty() };
        open_beneath(&self.0, path, OFlags::PATH | directory, Mode::empty()).map(HostNode)
    }

    pub(crate) fn open(&self, path: &str, how: Open) -> Result<HostOpened, Errno> {
        let mut flags = match (how.read, how.write) {
            (_, false) => OFlags::RDONLY,
            (false, true) => OFlags::WRONLY,
            (true, true) => OFlags::RDWR,
        };
        flags |= OFlags::NONBLOCK | OFlags::NOCTTY;
        flags.set(OFlags::NOFOLLOW, !how.follow);
        flags.set(OFlags::DIRECTORY, how.directory);
        flags.set(OFlags::CREATE, how.create);
        flags.set(OFlags::EXCL, how.create && how.exclusive);
        flags.set(OFlags::TRUNC, how.truncate);
        let mode = if how.create { Mode::from_raw_mode(0o666) } else { Mode::empty() };
        let fd = open_beneath(&self.0, path, flags, mode)?;
        Ok(match FileType::from_raw_mode(rustix::fs::fstat(&fd)?.st_mode) {
            FileType::Directory => HostOpened::Directory(HostNode(fd)),
            FileType::RegularFile => HostOpened::File(HostFile(fd)),
            _ => HostOpened::Other,
        })
    }

    pub(crate) fn stat(&self) -> Result<Stat, Errno> {
        Ok(rustix::fs::fstat(&self.0)?.into())
    }

    /// Sets times of a directory that is open.
    pub(crate) fn set_times(&self, times: SetTimes) -> Result<(), Errno> {
        Ok(rustix::fs::futimens(&self.0, &times.kernel()?)?)
    }

    /// Sets times of what `target` found.
    pub(crate) fn set_times_of_target(&self, times: SetTimes) -> Result<(), Errno> {
        Ok(rustix::fs::utimensat(&self.0, "", &times.kernel()?, AtFlags::EMPTY_PATH)?)
    }

    pub(crate) fn sync(&self) -> Result<(), Errno> {
        Ok(rustix::fs::fsync(&self.0)?)
    }

    pub(crate) fn stat_name(&self, name: &str) -> Result<Stat, Errno> {
        Ok(rustix::fs::statat(&self.0, name, AtFlags::SYMLINK_NOFOLLOW)?.into())
    }

    pub(crate) fn set_times_of_name(&self, name: &str, times: SetTimes) -> Result<(), Errno> {
        let flags = AtFlags::SYMLINK_NOFOLLOW;
        Ok(rustix::fs::utimensat(&self.0, name, &times.kernel()?, flags)?)
    }

    pub(crate) fn make_directory(&self, name: &str) -> Result<(), Errno> {
        Ok(rustix::fs::mkdirat(&self.0, name, Mode::from_raw_mode(0o777))?)
    }

    pub(crate) fn remove_directory(&self, name: &str) -> Result<(), Errno> {
        Ok(rustix::fs::unlinkat(&self.0, name, AtFlags::REMOVEDIR)?)
    }

    pub(crate) fn remove_file(&self, name: &str) -> Result<(), Errno> {
        Ok(rustix::fs::unlinkat(&self.0, name, AtFlags::empty())?)
    }

    pub(crate) fn make_link(&self, target: &[u8], name: &str) -> Result<(), Errno> {
        Ok(rustix::fs::symlinkat(target, &self.0, name)?)
    }

    pub(crate) fn read_link(&self, name: &str, buffer: &mut [u8]) -> Result<usize, Errno> {
        Ok(rustix::fs::readlinkat_raw(&self.0, name, buffer)?)
    }

    pub(crate) fn rename(&self, name: &str, to: &HostNode, new: &str) -> Result<(), Errno> {
        Ok(rustix::fs::renameat(&self.0, name, &to.0, new)?)
    }

    /// Gives what has a name here another one.
    pub(crate) fn link_name(&self, name: &str, to: &HostNode, new: &str) -> Result<(), Errno> {
        Ok(rustix::fs::linkat(&self.0, name, &to.0, new, AtFlags::empty())?)
    }

    /// Gives what `target` found another name.
    pub(crate) fn link(&self, to: &HostNode, new: &str) -> Result<(), Errno> {
        match rustix::fs::linkat(&self.0, "", &to.0, new, AtFlags::EMPTY_PATH) {
            // What a kernel says that keeps this for privileged processes.
            Err(rustix::io::Errno::NOENT) => Err(Errno::Inval),
            other => Ok(other?),
        }
    }
}

impl AsFd for HostNode {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}
