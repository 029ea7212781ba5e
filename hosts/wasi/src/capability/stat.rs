//! What is known about a file-system object: its kind, identity, size and times.
//!
//! Not here: how an interface lays these out in guest memory (`preview1/layout.rs`).
//!
//! Read next: `file.rs`, `directory.rs`.

use crate::Errno;
use rustix::fs::{FileType, Stat as KernelStat, Timespec, Timestamps, UTIME_NOW, UTIME_OMIT};

/// Kinds of objects, with the numbers of the standard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub(crate) enum Kind {
    Unknown = 0,
    BlockDevice = 1,
    CharacterDevice = 2,
    Directory = 3,
    RegularFile = 4,
    SocketStream = 6,
    SymbolicLink = 7,
}

impl From<FileType> for Kind {
    fn from(file_type: FileType) -> Kind {
        match file_type {
            FileType::RegularFile => Kind::RegularFile,
            FileType::Directory => Kind::Directory,
            FileType::Symlink => Kind::SymbolicLink,
            FileType::CharacterDevice => Kind::CharacterDevice,
            FileType::BlockDevice => Kind::BlockDevice,
            FileType::Socket => Kind::SocketStream,
            FileType::Fifo | FileType::Unknown => Kind::Unknown,
        }
    }
}

/// The answer of `stat`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stat {
    pub(crate) device: u64,
    pub(crate) inode: u64,
    pub(crate) kind: Kind,
    pub(crate) links: u64,
    pub(crate) size: u64,
    /// Times in nanoseconds since 1970; earlier ones are 0.
    pub(crate) accessed: u64,
    pub(crate) modified: u64,
    pub(crate) changed: u64,
    /// The host's file system says so, and might say something else in another run.
    pub(crate) is_hosts: bool,
}

impl Stat {
    /// About an object that has no identity in the file system.
    pub(crate) fn of_kind(kind: Kind) -> Stat {
        let (device, inode, links, size) = (0, 0, 0, 0);
        let (accessed, modified, changed) = (0, 0, 0);
        let is_hosts = true;
        Stat { device, inode, kind, links, size, accessed, modified, changed, is_hosts }
    }
}

impl From<KernelStat> for Stat {
    fn from(stat: KernelStat) -> Stat {
        let time = |seconds: i64, rest: u64| {
            let seconds = u64::try_from(seconds).unwrap_or(0);
            seconds.saturating_mul(1_000_000_000).saturating_add(rest)
        };
        Stat {
            device: stat.st_dev,
            inode: stat.st_ino,
            kind: Kind::from(FileType::from_raw_mode(stat.st_mode)),
            links: stat.st_nlink,
            size: u64::try_from(stat.st_size).unwrap_or(0),
            accessed: time(stat.st_atime, stat.st_atime_nsec),
            modified: time(stat.st_mtime, stat.st_mtime_nsec),
            changed: time(stat.st_ctime, stat.st_ctime_nsec),
            is_hosts: true,
        }
    }
}

/// What to do with one of the two times that can be set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SetTime {
    Keep,
    Now,
    To(u64),
}

impl SetTime {
    fn kernel(self) -> Result<Timespec, Errno> {
        let part = |n: u64| i64::try_from(n).map_err(|_| Errno::Overflow);
        Ok(match self {
            SetTime::Keep => Timespec { tv_sec: 0, tv_nsec: UTIME_OMIT },
            SetTime::Now => Timespec { tv_sec: 0, tv_nsec: UTIME_NOW },
            SetTime::To(time) => Timespec {
                tv_sec: part(time / 1_000_000_000)?,
                tv_nsec: part(time % 1_000_000_000)?,
            },
        })
    }
}

/// A change of an object's times.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SetTimes {
    pub(crate) accessed: SetTime,
    pub(crate) modified: SetTime,
}

impl SetTimes {
    pub(crate) fn kernel(self) -> Result<Timestamps, Errno> {
        Ok(Timestamps {
            last_access: self.accessed.kernel()?,
            last_modification: self.modified.kernel()?,
        })
    }
}
