//! A granted directory: everything that can be done by path.
//!
//! A verb that opens hands the whole path to `open_beneath`. Every other verb opens the parent that way and then acts
//! on one last component, by a call that does not follow links; a slash at the end of a path means "must be a
//! directory" and is dealt with here, never left to the kernel.
//!
//! Invariant: a directory that was granted `ReadOnly`, and whatever is opened through it, refuses every change
//! with `rofs`, before anything happens.
//!
//! Read next: `resolve.rs`, then `preview1/path.rs`.

use super::listing::{Entry, Listing};
use super::path::{GuestPath, Name};
use super::resolve::open_beneath;
use super::stat::{Kind, SetTimes, Stat};
use super::{Access, file::File};
use crate::Errno;
use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::fs::{AtFlags, FileType, Mode, OFlags};

/// A directory and what its grant allows.
#[derive(Debug)]
pub(crate) struct Directory {
    fd: OwnedFd,
    access: Access,
    listing: Option<Box<Listing>>,
}

/// How to open.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Open {
    /// Follow the last component if it is a link.
    pub(crate) follow: bool,
    pub(crate) create: bool,
    pub(crate) exclusive: bool,
    pub(crate) truncate: bool,
    pub(crate) directory: bool,
    pub(crate) read: bool,
    pub(crate) write: bool,
}

/// What was opened.
#[derive(Debug)]
pub(crate) enum Opened {
    Directory(Directory),
    File(File),
}

/// The directory that holds a last component.
enum Parent<'a> {
    This(BorrowedFd<'a>),
    Below(OwnedFd),
}

impl AsFd for Parent<'_> {
    fn as_fd(&self) -> BorrowedFd<'_> {
        match self {
            Parent::This(fd) => *fd,
            Parent::Below(fd) => fd.as_fd(),
        }
    }
}

/// Where a verb acts: one component in one directory.
struct Place<'a> {
    parent: Parent<'a>,
    name: &'a str,
}

impl Place<'_> {
    fn kind(&self) -> Result<Kind, Errno> {
        let stat = rustix::fs::statat(&self.parent, self.name, AtFlags::SYMLINK_NOFOLLOW)?;
        Ok(FileType::from_raw_mode(stat.st_mode).into())
    }

    /// The answer for a new name with a slash at the end, which no file or link can have.
    fn refuse_slash(&self) -> Errno {
        match self.kind() {
            Ok(Kind::Directory) => Errno::Exist,
            Ok(_) => Errno::Notdir,
            Err(errno) => errno,
        }
    }
}

impl Directory {
    pub(crate) fn new(fd: OwnedFd, access: Access) -> Directory {
        Directory { fd, access, listing: None }
    }

    pub(crate) fn access(&self) -> Access {
        self.access
    }

    fn must_be_writable(&self) -> Result<(), Errno> {
        match self.access {
            Access::ReadWrite => Ok(()),
            Access::ReadOnly => Err(Errno::Rofs),
        }
    }

    /// The parent and last component of `path`; `special` if that is `.` or `..`, on which a verb
    /// cannot act. The path is looked up all the same, so that one that leads out says so.
    fn locate<'a>(&'a self, path: GuestPath<'a>, special: Errno) -> Result<Place<'a>, Errno> {
        let (parent, name) = path.split();
        let Name::Plain(name) = name else {
            self.open_path(path.text(), OFlags::DIRECTORY)?;
            return Err(special);
        };
        let parent = match parent {
            None => Parent::This(self.fd.as_fd()),
            Some(parent) => Parent::Below(self.open_path(parent, OFlags::DIRECTORY)?),
        };
        Ok(Place { parent, name })
    }

    fn open_path(&self, path: &str, flags: OFlags) -> Result<OwnedFd, Errno> {
        open_beneath(&self.fd, path, OFlags::PATH | flags, Mode::empty())
    }

    /// The object a path leads to, through a last link as well.
    fn open_target(&self, path: GuestPath<'_>) -> Result<OwnedFd, Errno> {
        let directory = if path.must_be_directory() { OFlags::DIRECTORY } else { OFlags::empty() };
        self.open_path(path.text(), directory)
    }

    /// Opens a file or directory. Devices, pipes and sockets of the file system are not granted.
    pub(crate) fn open(&self, path: GuestPath<'_>, how: Open) -> Result<Opened, Errno> {
        let directory = how.directory || path.must_be_directory();
        if how.create || how.truncate || how.write {
            self.must_be_writable()?;
        }
        if how.create && directory {
            return Err(if how.directory { Errno::Inval } else { Errno::Isdir });
        }
        let mut flags = match (how.read, how.write) {
            (_, false) => OFlags::RDONLY,
            (false, true) => OFlags::WRONLY,
            (true, true) => OFlags::RDWR,
        };
        flags |= OFlags::NONBLOCK | OFlags::NOCTTY;
        flags.set(OFlags::NOFOLLOW, !how.follow && !path.must_be_directory());
        flags.set(OFlags::DIRECTORY, directory);
        flags.set(OFlags::CREATE, how.create);
        flags.set(OFlags::EXCL, how.create && how.exclusive);
        flags.set(OFlags::TRUNC, how.truncate);
        let mode = if how.create { Mode::from_raw_mode(0o666) } else { Mode::empty() };
        let fd = open_beneath(&self.fd, path.text(), flags, mode)?;
        match FileType::from_raw_mode(rustix::fs::fstat(&fd)?.st_mode) {
            FileType::Directory => Ok(Opened::Directory(Directory::new(fd, self.access))),
            FileType::RegularFile => {
                let changeable = self.access == Access::ReadWrite;
                Ok(Opened::File(File::new(fd, how.read, how.write, changeable)))
            }
            _ => Err(Errno::Notcapable),
        }
    }

    pub(crate) fn stat(&self) -> Result<Stat, Errno> {
        Ok(rustix::fs::fstat(&self.fd)?.into())
    }

    pub(crate) fn stat_at(&self, path: GuestPath<'_>, follow: bool) -> Result<Stat, Errno> {
        // Where nothing has to be opened to look at the name, it is only opened to follow a link.
        if acts_on_name(path) && (!follow || path.split().0.is_none()) {
            let place = self.locate(path, Errno::Inval)?;
            let flags = AtFlags::SYMLINK_NOFOLLOW;
            let stat = Stat::from(rustix::fs::statat(&place.parent, place.name, flags)?);
            if !follow || stat.kind != Kind::SymbolicLink {
                return Ok(stat);
            }
        }
        Ok(rustix::fs::fstat(self.open_target(path)?)?.into())
    }

    pub(crate) fn set_times(&self, times: SetTimes) -> Result<(), Errno> {
        self.must_be_writable()?;
        Ok(rustix::fs::futimens(&self.fd, &times.kernel()?)?)
    }

    pub(crate) fn set_times_at(
        &self,
        path: GuestPath<'_>,
        follow: bool,
        times: SetTimes,
    ) -> Result<(), Errno> {
        self.must_be_writable()?;
        let times = times.kernel()?;
        if follow || !acts_on_name(path) {
            let target = self.open_target(path)?;
            return Ok(rustix::fs::utimensat(target, "", &times, AtFlags::EMPTY_PATH)?);
        }
        let place = self.locate(path, Errno::Inval)?;
        let flags = AtFlags::SYMLINK_NOFOLLOW;
        Ok(rustix::fs::utimensat(&place.parent, place.name, &times, flags)?)
    }

    pub(crate) fn sync(&self) -> Result<(), Errno> {
        Ok(rustix::fs::fsync(&self.fd)?)
    }

    pub(crate) fn create_directory(&self, path: GuestPath<'_>) -> Result<(), Errno> {
        self.must_be_writable()?;
        let place = self.locate(path, Errno::Exist)?;
        Ok(rustix::fs::mkdirat(&place.parent, place.name, Mode::from_raw_mode(0o777))?)
    }

    pub(crate) fn remove_directory(&self, path: GuestPath<'_>) -> Result<(), Errno> {
        self.must_be_writable()?;
        let place = self.locate(path, Errno::Inval)?;
        Ok(rustix::fs::unlinkat(&place.parent, place.name, AtFlags::REMOVEDIR)?)
    }

    pub(crate) fn unlink_file(&self, path: GuestPath<'_>) -> Result<(), Errno> {
        self.must_be_writable()?;
        let place = self.locate(path, Errno::Isdir)?;
        if path.must_be_directory() {
            return Err(match place.kind()? {
                Kind::Directory => Errno::Isdir,
                _ => Errno::Notdir,
            });
        }
        Ok(rustix::fs::unlinkat(&place.parent, place.name, AtFlags::empty())?)
    }

    /// Renames over to a place in `to`, which may be another grant.
    pub(crate) fn rename(
        &self,
        old: GuestPath<'_>,
        to: &Directory,
        new: GuestPath<'_>,
    ) -> Result<(), Errno> {
        self.must_be_writable()?;
        to.must_be_writable()?;
        let source = self.locate(old, Errno::Busy)?;
        let target = to.locate(new, Errno::Busy)?;
        if (old.must_be_directory() || new.must_be_directory()) && source.kind()? != Kind::Directory
        {
            return Err(Errno::Notdir);
        }
        let (from, to) = (&source.parent, &target.parent);
        Ok(rustix::fs::renameat(from, source.name, to, target.name)?)
    }

    /// Makes a hard link in `to`, which may be another grant, but not one with other rights: a link would carry
    /// them over. That is reported as `xdev`, which programs know from file systems and answer with a copy.
    pub(crate) fn link(
        &self,
        old: GuestPath<'_>,
        follow: bool,
        to: &Directory,
        new: GuestPath<'_>,
    ) -> Result<(), Errno> {
        to.must_be_writable()?;
        if self.access != to.access {
            return Err(Errno::Xdev);
        }
        let target = to.locate(new, Errno::Exist)?;
        if new.must_be_directory() {
            return Err(target.refuse_slash());
        }
        if follow || old.must_be_directory() {
            let source = self.open_target(old)?;
            let flags = AtFlags::EMPTY_PATH;
            return match rustix::fs::linkat(source, "", &target.parent, target.name, flags) {
                // What a kernel says that keeps this for privileged processes.
                Err(rustix::io::Errno::NOENT) => Err(Errno::Inval),
                other => Ok(other?),
            };
        }
        let source = self.locate(old, Errno::Perm)?;
        let (from, to) = (&source.parent, &target.parent);
        Ok(rustix::fs::linkat(from, source.name, to, target.name, AtFlags::empty())?)
    }

    /// Makes a symbolic link. One to an absolute place could not be followed by any guest, only mislead the host.
    pub(crate) fn symlink(&self, target: &[u8], path: GuestPath<'_>) -> Result<(), Errno> {
        self.must_be_writable()?;
        // An absolute target is refused here.
        GuestPath::new(target)?;
        let place = self.locate(path, Errno::Exist)?;
        if path.must_be_directory() {
            return Err(place.refuse_slash());
        }
        Ok(rustix::fs::symlinkat(target, &place.parent, place.name)?)
    }

    /// Copies where a link leads to into `buffer`, as much as fits.
    pub(crate) fn read_link(&self, path: GuestPath<'_>, buffer: &mut [u8]) -> Result<usize, Errno> {
        if !acts_on_name(path) {
            self.open_target(path)?;
            return Err(Errno::Inval);
        }
        let place = self.locate(path, Errno::Inval)?;
        if buffer.is_empty() {
            return match place.kind()? {
                Kind::SymbolicLink => Ok(0),
                _ => Err(Errno::Inval),
            };
        }
        Ok(rustix::fs::readlinkat_raw(&place.parent, place.name, buffer)?)
    }

    /// Shows `visit` the entries behind a cookie, until it says false or there are no more.
    pub(crate) fn visit_entries(
        &mut self,
        cookie: u64,
        visit: impl FnMut(Entry<'_>) -> Result<bool, Errno>,
    ) -> Result<(), Errno> {
        let listing = self.listing.get_or_insert_default();
        listing.visit(self.fd.as_fd(), cookie, visit)
    }
}

/// Whether a verb that does not follow a last link acts on a name in a parent, and not on a directory.
fn acts_on_name(path: GuestPath<'_>) -> bool {
    !path.must_be_directory() && matches!(path.split().1, Name::Plain(_))
}
