//! The sandbox: the one place where a guest's path meets the kernel's path walk.
//!
//! `open_beneath` is openat2 with RESOLVE_BENEATH and RESOLVE_NO_MAGICLINKS, and there is no second way. The kernel
//! refuses every path that would leave the directory, by `..`, absolute link or `/proc` link, also while
//! other threads rename things; a walk in user space cannot promise that. When a concurrent rename makes the kernel
//! give up, the attempt is repeated a bounded number of times and then reported.
//!
//! Invariant: no call in this crate with a guest's path, other than the one in this file, lets the kernel follow a
//! link or walk more than one component.
//!
//! Read next: `directory.rs`.

use crate::refusal::{Reason, refuse};
use crate::{Errno, limits};
use rustix::fd::{AsFd, OwnedFd};
use rustix::fs::{Mode, OFlags, ResolveFlags, openat2};
use rustix::io::Errno as Kernel;
use rustix::path::Arg;

/// Opens `path` beneath `directory`. `notcapable` if the path leaves it, `again` if the kernel gave up
/// time after time.
pub(crate) fn open_beneath(
    directory: impl AsFd,
    path: impl Arg + Copy,
    flags: OFlags,
    mode: Mode,
) -> Result<OwnedFd, Errno> {
    let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_MAGICLINKS;
    let directory = directory.as_fd();
    for attempt in 0..limits::RESOLVE_TRIES {
        match openat2(directory, path, flags | OFlags::CLOEXEC, mode, resolve) {
            Ok(fd) => return Ok(fd),
            Err(Kernel::XDEV) => return Err(refuse(Reason::Outside)),
            Err(Kernel::AGAIN) if attempt >= limits::RESOLVE_TRIES / 4 => std::thread::yield_now(),
            Err(Kernel::AGAIN | Kernel::INTR) => {}
            Err(Kernel::MFILE | Kernel::NFILE) => return Err(refuse(Reason::HostHandles)),
            Err(errno) => return Err(errno.into()),
        }
    }
    Err(refuse(Reason::Unsettled))
}

/// Finds out whether `open_beneath` can work here at all: old kernels do not have openat2, and some filters of
/// system calls forbid it.
pub(crate) fn probe(directory: impl AsFd) -> Result<(), Kernel> {
    let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_MAGICLINKS;
    let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
    openat2(directory, ".", flags, Mode::empty(), resolve).map(drop)
}
