//! The clocks a guest can read.
//!
//! Not here: waiting for a time (`wait.rs`).
//!
//! Invariant: the monotonic clock of a context starts near zero when the context is made, so that it does not tell
//! how long the machine has been up.
//!
//! Read next: `preview1/clock.rs`.

use crate::Errno;
use rustix::time::{ClockId, Timespec, clock_getres, clock_gettime};
use std::sync::atomic::{AtomicU64, Ordering};

/// Names of clocks, in the standard's order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Clock {
    Realtime,
    Monotonic,
    ProcessCpu,
    ThreadCpu,
}

impl Clock {
    fn kernel(self) -> ClockId {
        match self {
            Clock::Realtime => ClockId::Realtime,
            Clock::Monotonic => ClockId::Monotonic,
            Clock::ProcessCpu => ClockId::ProcessCPUTime,
            Clock::ThreadCpu => ClockId::ThreadCPUTime,
        }
    }
}

/// The clocks of one context.
#[derive(Debug)]
pub(crate) enum Clocks {
    Host {
        /// What the kernel's monotonic clock says when the context's says zero.
        monotonic_base: u64,
    },
    /// Time that passes only by being looked at or waited for, so that the same program sees the same time.
    Imagined {
        /// What the clock of the day shows at the start.
        day: u64,
        /// Nanoseconds since the start.
        passed: AtomicU64,
    },
}

/// What passes of imagined time with each look at it: programs that wait in a loop must get to the end.
const LOOK: u64 = 1_000;

impl Clocks {
    pub(crate) fn new() -> Clocks {
        Clocks::Host { monotonic_base: monotonic().saturating_sub(1) }
    }

    pub(crate) fn imagined(day: u64) -> Clocks {
        Clocks::Imagined { day, passed: AtomicU64::new(0) }
    }

    /// The time in nanoseconds. `overflow` before 1970 or after 2554.
    pub(crate) fn now(&self, clock: Clock) -> Result<u64, Errno> {
        match self {
            Clocks::Host { monotonic_base } => {
                let now = nanoseconds(clock_gettime(clock.kernel()))?;
                match clock {
                    Clock::Monotonic => Ok(now.saturating_sub(*monotonic_base)),
                    _ => Ok(now),
                }
            }
            Clocks::Imagined { day, passed } => {
                let now = passed.fetch_add(LOOK, Ordering::Relaxed).saturating_add(LOOK);
                match clock {
                    Clock::Realtime => day.checked_add(now).ok_or(Errno::Overflow),
                    _ => Ok(now),
                }
            }
        }
    }

    /// The step of the clock in nanoseconds, never zero.
    pub(crate) fn resolution(&self, clock: Clock) -> Result<u64, Errno> {
        match self {
            Clocks::Host { .. } => Ok(nanoseconds(clock_getres(clock.kernel()))?.max(1)),
            Clocks::Imagined { .. } => Ok(LOOK),
        }
    }

    /// The point of the clock that waits go by at which `clock` will show `time`, or have moved on by it. Clocks of
    /// processor time cannot be waited for.
    pub(crate) fn deadline(&self, clock: Clock, time: u64, absolute: bool) -> Result<u64, Errno> {
        let rest = match clock {
            Clock::Realtime | Clock::Monotonic if !absolute => time,
            Clock::Realtime | Clock::Monotonic => time.saturating_sub(self.now(clock)?),
            Clock::ProcessCpu | Clock::ThreadCpu => return Err(Errno::Notsup),
        };
        Ok(self.reference().saturating_add(rest))
    }

    /// The clock that waits go by.
    pub(crate) fn reference(&self) -> u64 {
        match self {
            Clocks::Host { .. } => monotonic(),
            Clocks::Imagined { passed, .. } => passed.load(Ordering::Relaxed),
        }
    }

    /// Lets imagined time pass to a point; says whether it did.
    pub(crate) fn pass_to(&self, point: u64) -> bool {
        match self {
            Clocks::Host { .. } => false,
            Clocks::Imagined { passed, .. } => {
                passed.fetch_max(point, Ordering::Relaxed);
                true
            }
        }
    }

    pub(crate) fn are_imagined(&self) -> bool {
        matches!(self, Clocks::Imagined { .. })
    }
}

/// The host's monotonic clock in nanoseconds.
pub(crate) fn monotonic() -> u64 {
    nanoseconds(clock_gettime(ClockId::Monotonic)).unwrap_or(0)
}

/// The host's clock of the day in nanoseconds since 1970; 0 outside of what that can hold.
pub(crate) fn realtime() -> u64 {
    nanoseconds(clock_gettime(ClockId::Realtime)).unwrap_or(0)
}

/// A kernel time in nanoseconds.
pub(crate) fn nanoseconds(time: Timespec) -> Result<u64, Errno> {
    let seconds = u64::try_from(time.tv_sec).map_err(|_| Errno::Overflow)?;
    let rest = u64::try_from(time.tv_nsec).map_err(|_| Errno::Overflow)?;
    seconds.checked_mul(1_000_000_000).and_then(|s| s.checked_add(rest)).ok_or(Errno::Overflow)
}
