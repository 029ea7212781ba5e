//! Waiting, such that it can be ended from outside.
//!
//! A `Stopper` is a flag with a wake-up: every wait of a context includes the wake-up among the descriptors the
//! kernel is asked about, so a stop ends it at once and waiting costs no periodic look at a clock.
//!
//! Invariant: no call in this crate blocks in the kernel for an unbounded time other than through `wait_for`
//! (file systems themselves excepted), if the context has a stopper.
//!
//! A context that threads share must not wait while it is locked: there, what a call would wait for is put down as a
//! `Wait`, the call ends with `Fault::Wait`, and is made again after the wait.
//!
//! Read next: `stream.rs`, `threads/shared.rs`.

use crate::refusal::{Reason, refuse};
use crate::{Errno, Fault, Trap};
use rustix::event::{EventfdFlags, PollFd, PollFlags, Timespec, eventfd, poll};
use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::io::Errno as Kernel;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// Stops a context from any thread: calls that wait end at once, calls that copy end soon, and every later call
/// that could wait or copy ends before it starts, until `reset`.
#[derive(Clone, Debug)]
pub struct Stopper(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    stopped: AtomicBool,
    wake: OwnedFd,
}

impl Stopper {
    /// Takes one descriptor of the host process.
    ///
    /// # Errors
    /// When the kernel has none left.
    pub fn new() -> std::io::Result<Stopper> {
        let wake = eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?;
        Ok(Stopper(Arc::new(Shared { stopped: AtomicBool::new(false), wake })))
    }

    /// Stops the context.
    pub fn stop(&self) {
        self.0.stopped.store(true, Ordering::SeqCst);
        // Fails only if the counter is full, when the wake-up is already pending.
        let _ = rustix::io::write(&self.0.wake, &1u64.to_ne_bytes());
    }

    /// Whether `stop` was called since the last `reset`.
    #[must_use]
    pub fn is_stopped(&self) -> bool {
        self.0.stopped.load(Ordering::Relaxed)
    }

    /// Makes the context usable again.
    pub fn reset(&self) {
        // Fails only if no wake-up is pending.
        let _ = rustix::io::read(&self.0.wake, &mut [0u8; 8]);
        self.0.stopped.store(false, Ordering::SeqCst);
    }
}

/// How a call may wait.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Waiting<'a> {
    pub(crate) stopper: Option<&'a Stopper>,
    /// The guest asked for this descriptor not to wait at all.
    pub(crate) nonblocking: bool,
    /// Where to put down what would be waited for, if that has to happen elsewhere.
    pub(crate) elsewhere: Option<&'a Elsewhere>,
}

/// What a call would have to wait for.
#[derive(Debug, Default)]
pub(crate) struct Elsewhere(Mutex<Option<Wait>>);

impl Elsewhere {
    /// What was put down.
    pub(crate) fn take(&self) -> Option<Wait> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// A wait that is yet to come.
#[derive(Debug)]
pub(crate) struct Wait {
    fds: Vec<(OwnedFd, PollFlags)>,
    until: Option<u64>,
}

impl Wait {
    /// Waits until one of the descriptors is ready or the time has come; the call then looks itself.
    pub(crate) fn wait(self, stopper: &Stopper) -> Result<(), Fault> {
        if self.fds.is_empty() && self.until == Some(0) {
            std::thread::yield_now();
        }
        let waiting = Waiting { stopper: Some(stopper), nonblocking: false, elsewhere: None };
        let fds = self.fds.iter().map(|(fd, events)| PollFd::new(fd, *events));
        let mut fds: Vec<PollFd<'_>> = fds.chain(waiting.wake_up()).collect();
        wait_until(&mut fds, self.until, waiting).map(drop)
    }
}

impl<'a> Waiting<'a> {
    /// For calls that never wait.
    pub(crate) const fn never() -> Waiting<'a> {
        Waiting { stopper: None, nonblocking: false, elsewhere: None }
    }

    /// Ends the call so that it is made again after a wait for these descriptors or this time.
    pub(crate) fn leave<'f>(
        self,
        fds: impl Iterator<Item = (BorrowedFd<'f>, PollFlags)>,
        until: Option<u64>,
    ) -> Fault {
        let Some(elsewhere) = self.elsewhere else { return Fault::Errno(Errno::Again) };
        let owned = fds.map(|(fd, events)| Ok((fd.try_clone_to_owned()?, events)));
        match owned.collect::<std::io::Result<Vec<_>>>() {
            Ok(fds) => {
                let mut place = elsewhere.0.lock().unwrap_or_else(PoisonError::into_inner);
                *place = Some(Wait { fds, until });
                Fault::Wait
            }
            Err(_) => Fault::Errno(refuse(Reason::HostHandles)),
        }
    }

    /// Ends the call if the context was stopped.
    pub(crate) fn check(self) -> Result<(), Fault> {
        match self.stopper {
            Some(stopper) if stopper.is_stopped() => Err(Fault::Trap(Trap::Stopped)),
            _ => Ok(()),
        }
    }

    /// Waits until `fd` is ready for `events`; `again` if the call must not wait and it is not.
    pub(crate) fn wait_for(self, fd: BorrowedFd<'_>, events: PollFlags) -> Result<(), Fault> {
        let must_not = self.nonblocking || self.elsewhere.is_some();
        let until = if must_not { Some(0) } else { None };
        let asked = PollFd::from_borrowed_fd(fd, events);
        let ready = match self.wake_up() {
            Some(wake_up) => wait_until(&mut [asked, wake_up], until, self)?,
            None => wait_until(&mut [asked], until, self)?,
        };
        match ready {
            true => Ok(()),
            false if self.nonblocking => Err(Fault::Errno(Errno::Again)),
            false => Err(self.leave(std::iter::once((fd, events)), None)),
        }
    }

    /// The entry by which a stop ends a wait.
    pub(crate) fn wake_up(&self) -> Option<PollFd<'a>> {
        let stopper = self.stopper?;
        Some(PollFd::from_borrowed_fd(stopper.0.wake.as_fd(), PollFlags::IN))
    }
}

/// Waits until one of `fds` is ready, or a point of the monotonic clock (in nanoseconds; 0 looks only once).
/// Says whether any is ready.
pub(crate) fn wait_until(
    fds: &mut [PollFd<'_>],
    until: Option<u64>,
    waiting: Waiting<'_>,
) -> Result<bool, Fault> {
    loop {
        waiting.check()?;
        let timeout = until.map(|until| timespec(until.saturating_sub(super::clock::monotonic())));
        match poll(fds, timeout.as_ref()) {
            Ok(0) => return Ok(false),
            Ok(_) => {
                waiting.check()?;
                return Ok(true);
            }
            Err(Kernel::INTR) => {}
            Err(errno) => return Err(errno.into()),
        }
    }
}

/// Nanoseconds as the kernel takes them.
pub(crate) fn timespec(nanoseconds: u64) -> Timespec {
    let part = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
    Timespec {
        tv_sec: part(nanoseconds / 1_000_000_000),
        tv_nsec: part(nanoseconds % 1_000_000_000),
    }
}

#[cfg(test)]
mod tests;
