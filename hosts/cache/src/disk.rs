//! The one door to the file system: calls relative to one checked directory.
//!
//! What it is: the directory's descriptor and the dozen calls the cache makes, each guarded against symbolic links,
//! pipes in a file's place, and files of another user. What it is not: it knows neither entries nor secrets.
//! Invariant: every path below is a single name, resolved against the descriptor that was checked at the start, so that
//! nobody can swap the directory afterwards. Under test each call passes `fault::step`, which can fail it or all after it.

use std::io::IoSlice;
use std::os::fd::OwnedFd;
use std::path::Path;

use rustix::fs::{self, AtFlags, FileType, Mode, OFlags, Stat, Timespec, Timestamps};
use rustix::io::{Errno, Result};

use crate::config::Unavailable;

/// Group or others may write.
const WRITABLE_BY_OTHERS: u32 = 0o022;

/// The cache's directory, checked and held open.
#[derive(Debug)]
pub(crate) struct Disk {
    dir: OwnedFd,
    user: u32,
}

impl Disk {
    /// Opens the directory, making it and its parents (0700) if they are missing.
    pub(crate) fn open(path: &Path) -> std::result::Result<Self, Unavailable> {
        let refuse = |what: &str| Unavailable::new(format!("{} {what}", path.display()));
        let failed =
            |what: &str, e: Errno| Unavailable::new(format!("{} {what}: {e}", path.display()));
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let opened = step("open").and_then(|()| fs::open(path, flags, Mode::empty()));
        let dir = match opened {
            Err(Errno::NOENT) => {
                make_directories(path).map_err(|e| failed("can not be made", e))?;
                step("open").and_then(|()| fs::open(path, flags, Mode::empty()))
            }
            other => other,
        }
        .map_err(|e| failed("can not be opened", e))?;
        let stat = step("fstat")
            .and_then(|()| fs::fstat(&dir))
            .map_err(|e| failed("can not be checked", e))?;
        let user = rustix::process::geteuid().as_raw();
        if stat.st_uid != user {
            let found = stat.st_uid;
            return Err(refuse(&format!("is of another user: expected {user}, found {found}")));
        }
        if stat.st_mode & WRITABLE_BY_OTHERS != 0 {
            let found = stat.st_mode & 0o7777;
            return Err(refuse(&format!(
                "may be written by others: expected 700, found {found:o}"
            )));
        }
        Ok(Self { dir, user })
    }

    /// Opens a file for reading; anything that is not a regular file of this user's, writable by nobody else, is
    /// [`Errno::PERM`].
    pub(crate) fn open_file(&self, name: &str) -> Result<(OwnedFd, Stat)> {
        step("openat")?;
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let file = fs::openat(&self.dir, name, flags, Mode::empty())?;
        step("fstat")?;
        let stat = fs::fstat(&file)?;
        if self.is_ours(&stat) { Ok((file, stat)) } else { Err(Errno::PERM) }
    }

    /// Whether this is a regular file that only this user can have written.
    fn is_ours(&self, stat: &Stat) -> bool {
        FileType::from_raw_mode(stat.st_mode) == FileType::RegularFile
            && stat.st_uid == self.user
            && stat.st_mode & WRITABLE_BY_OTHERS == 0
    }

    /// Makes a new file (0600); it must not exist.
    pub(crate) fn create(&self, name: &str) -> Result<OwnedFd> {
        step("create")?;
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC;
        fs::openat(&self.dir, name, flags, Mode::RUSR | Mode::WUSR)
    }

    /// Opens a file for appending (0600), making it if it is missing.
    pub(crate) fn open_append(&self, name: &str) -> Result<OwnedFd> {
        step("open_append")?;
        let flags = OFlags::WRONLY
            | OFlags::CREATE
            | OFlags::APPEND
            | OFlags::NOFOLLOW
            | OFlags::NONBLOCK
            | OFlags::CLOEXEC;
        fs::openat(&self.dir, name, flags, Mode::RUSR | Mode::WUSR)
    }

    pub(crate) fn rename(&self, from: &str, to: &str) -> Result<()> {
        step("rename")?;
        fs::renameat(&self.dir, from, &self.dir, to)
    }

    /// Gives a file a second name, which must be free.
    pub(crate) fn link(&self, from: &str, to: &str) -> Result<()> {
        step("link")?;
        fs::linkat(&self.dir, from, &self.dir, to, AtFlags::empty())
    }

    pub(crate) fn remove(&self, name: &str) -> Result<()> {
        step("unlink")?;
        fs::unlinkat(&self.dir, name, AtFlags::empty())
    }

    /// Makes renames and links survive a loss of power.
    pub(crate) fn sync(&self) -> Result<()> {
        step("fsync")?;
        fs::fsync(&self.dir)
    }

    pub(crate) fn stat(&self, name: &str) -> Result<Stat> {
        step("stat")?;
        fs::statat(&self.dir, name, AtFlags::SYMLINK_NOFOLLOW)
    }

    /// The names in the directory. Never on the path of a hit.
    pub(crate) fn names(&self) -> Result<Vec<String>> {
        step("readdir")?;
        let mut names = Vec::new();
        for item in fs::Dir::read_from(&self.dir)? {
            if let Ok(name) = item?.file_name().to_str() {
                names.push(name.to_owned());
            }
        }
        Ok(names)
    }
}

/// Reads up to `bytes` bytes of a file into fresh memory: one system call, and no page is cleared first.
pub(crate) fn read(file: &OwnedFd, bytes: usize) -> Result<Vec<u8>> {
    let mut buffer = Vec::new();
    buffer.try_reserve_exact(bytes).map_err(|_| Errno::NOMEM)?;
    while buffer.len() < bytes {
        step("read")?;
        match rustix::io::read(file, rustix::buffer::spare_capacity(&mut buffer)) {
            Ok(0) => break,
            Ok(_) | Err(Errno::INTR) => {}
            Err(e) => return Err(e),
        }
    }
    Ok(buffer)
}

/// Writes all the parts, in as few system calls as the kernel allows.
pub(crate) fn write(file: &OwnedFd, parts: &[&[u8]]) -> Result<()> {
    let mut slices: Vec<IoSlice<'_>> = parts.iter().map(|part| IoSlice::new(part)).collect();
    let mut left = slices.as_mut_slice();
    IoSlice::advance_slices(&mut left, 0);
    while !left.is_empty() {
        step("writev")?;
        // The kernel takes at most 1024 parts a call.
        let count = left.len().min(1024);
        match rustix::io::writev(file, &left[..count]) {
            Ok(0) => return Err(Errno::IO),
            Ok(written) => IoSlice::advance_slices(&mut left, written),
            Err(Errno::INTR) => {}
            Err(e) => return Err(e),
        }
    }
    Ok(())
}

pub(crate) fn sync(file: &OwnedFd) -> Result<()> {
    step("fsync")?;
    fs::fsync(file)
}

pub(crate) fn size(file: &OwnedFd) -> Result<u64> {
    step("fstat")?;
    Ok(file_bytes(&fs::fstat(file)?))
}

pub(crate) fn truncate(file: &OwnedFd) -> Result<()> {
    step("ftruncate")?;
    fs::ftruncate(file, 0)
}

/// Sets the time of last use to now.
pub(crate) fn touch(file: &OwnedFd) -> Result<()> {
    step("utimens")?;
    let now = Timespec { tv_sec: 0, tv_nsec: fs::UTIME_NOW };
    fs::futimens(file, &Timestamps { last_access: now, last_modification: now })
}

/// A file's length; negative ones do not exist.
pub(crate) fn file_bytes(stat: &Stat) -> u64 {
    u64::try_from(stat.st_size).unwrap_or(0)
}

/// Sixteen hexadecimal digits that no other process has.
pub(crate) fn random_name(prefix: &str) -> Result<String> {
    let mut bytes = [0; 8];
    random(&mut bytes)?;
    Ok(format!("{prefix}{:016x}", u64::from_le_bytes(bytes)))
}

/// Fills `bytes` from the kernel's random source.
pub(crate) fn random(bytes: &mut [u8]) -> Result<()> {
    step("getrandom")?;
    let mut filled = 0;
    while filled < bytes.len() {
        filled +=
            rustix::rand::getrandom(&mut bytes[filled..], rustix::rand::GetRandomFlags::empty())?;
    }
    Ok(())
}

/// `mkdir -p` with 0700 for everything it makes.
fn make_directories(path: &Path) -> Result<()> {
    step("mkdir")?;
    match fs::mkdir(path, Mode::RWXU) {
        Err(Errno::NOENT) => {
            let Some(parent) = path.parent().filter(|parent| !parent.as_os_str().is_empty()) else {
                return Err(Errno::NOENT);
            };
            make_directories(parent)?;
            step("mkdir")?;
            match fs::mkdir(path, Mode::RWXU) {
                Err(Errno::EXIST) => Ok(()),
                other => other,
            }
        }
        Err(Errno::EXIST) => Ok(()),
        other => other,
    }
}

#[cfg(test)]
use fault::step;

/// Outside of tests no call is ever made to fail.
#[cfg(not(test))]
#[inline]
#[expect(clippy::unnecessary_wraps, reason = "its twin under test fails")]
fn step(_call: &'static str) -> Result<()> {
    Ok(())
}

/// Makes the n-th call of this thread fail, as a full disk or a kill would.
#[cfg(test)]
pub(crate) mod fault {
    use std::cell::{Cell, RefCell};

    use rustix::io::{Errno, Result};

    #[derive(Clone, Copy)]
    pub(crate) enum Plan {
        Off,
        /// This call fails, the next ones work.
        Fail(usize, Errno),
        /// This call and all after it fail: what a killed process leaves on the disk.
        Die(usize),
    }

    thread_local! {
        static PLAN: Cell<Plan> = const { Cell::new(Plan::Off) };
        static CALLS: RefCell<Vec<&'static str>> = const { RefCell::new(Vec::new()) };
    }

    /// Runs `work` under a plan; the calls it made come back with its result.
    pub(crate) fn with<T>(plan: Plan, work: impl FnOnce() -> T) -> (T, Vec<&'static str>) {
        CALLS.with_borrow_mut(Vec::clear);
        PLAN.set(plan);
        let result = work();
        PLAN.set(Plan::Off);
        (result, CALLS.take())
    }

    pub(super) fn step(call: &'static str) -> Result<()> {
        let index = CALLS.with_borrow_mut(|calls| {
            calls.push(call);
            calls.len() - 1
        });
        match PLAN.get() {
            Plan::Fail(at, errno) if index == at => Err(errno),
            Plan::Die(at) if index >= at => Err(Errno::IO),
            _ => Ok(()),
        }
    }
}
