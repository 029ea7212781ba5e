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
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clocks {
    /// What the kernel's monotonic clock says when the context's says zero.
    monotonic_base: u64,
}

impl Clocks {
    pub(crate) fn new() -> Clocks {
        Clocks { monotonic_base: monotonic().saturating_sub(1) }
    }

    /// The time in nanoseconds. `overflow` before 1970 or after 2554.
    pub(crate) fn now(&self, clock: Clock) -> Result<u64, Errno> {
        let now = nanoseconds(clock_gettime(clock.kernel()))?;
        match clock {
            Clock::Monotonic => Ok(now.saturating_sub(self.monotonic_base)),
            _ => Ok(now),
        }
    }

    /// The step of the clock in nanoseconds, never zero.
    pub(crate) fn resolution(&self, clock: Clock) -> Result<u64, Errno> {
        Ok(nanoseconds(clock_getres(clock.kernel()))?.max(1))
    }

    /// The point of the host's monotonic clock at which `clock` will show `time`, or have moved on by it.
    /// Clocks of processor time cannot be waited for.
    pub(crate) fn deadline(&self, clock: Clock, time: u64, absolute: bool) -> Result<u64, Errno> {
        let rest = match clock {
            Clock::Realtime | Clock::Monotonic if !absolute => time,
            Clock::Realtime | Clock::Monotonic => time.saturating_sub(self.now(clock)?),
            Clock::ProcessCpu | Clock::ThreadCpu => return Err(Errno::Notsup),
        };
        Ok(monotonic().saturating_add(rest))
    }
}

/// The host's monotonic clock in nanoseconds.
pub(crate) fn monotonic() -> u64 {
    nanoseconds(clock_gettime(ClockId::Monotonic)).unwrap_or(0)
}

/// A kernel time in nanoseconds.
pub(crate) fn nanoseconds(time: Timespec) -> Result<u64, Errno> {
    let seconds = u64::try_from(time.tv_sec).map_err(|_| Errno::Overflow)?;
    let rest = u64::try_from(time.tv_nsec).map_err(|_| Errno::Overflow)?;
    seconds.checked_mul(1_000_000_000).and_then(|s| s.checked_add(rest)).ok_or(Errno::Overflow)
}
