//! Threads that wait for an address of a shared memory to be notified.
//!
//! Not here: reading the value that a waiter expects (its caller does, under the lock). Each waiter sleeps on its own, so
//! that nobody is woken for another one, and whoever is woken needs no lock that others want too.
//! Invariant: a waiter is in one queue, or somebody who notified has taken it out; its result says which.

use crate::sys::HAS_THREADS;
use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// The waiting threads of one memory.
#[derive(Debug, Default)]
pub(crate) struct Parking {
    queues: Mutex<Queues>,
}

/// By ascending address those that wait for it, the oldest first. There are not more than threads.
#[derive(Debug, Default)]
struct Queues(Vec<(u64, VecDeque<Arc<Waiter>>)>);

impl Queues {
    /// Where the queue of an address is, or belongs.
    fn find(&self, address: u64) -> Result<usize, usize> {
        self.0.binary_search_by_key(&address, |queue| queue.0)
    }

    fn add(&mut self, address: u64, waiter: Arc<Waiter>) {
        let place = self.find(address).unwrap_or_else(|place| {
            self.0.insert(place, (address, VecDeque::new()));
            place
        });
        self.0[place].1.push_back(waiter);
    }

    /// Takes some out of the queue of an address, if there is one.
    fn take<T>(
        &mut self,
        address: u64,
        take: impl FnOnce(&mut VecDeque<Arc<Waiter>>) -> T,
    ) -> Option<T> {
        let place = self.find(address).ok()?;
        let queue = &mut self.0[place].1;
        let taken = take(queue);
        if queue.is_empty() {
            self.0.remove(place);
        }
        Some(taken)
    }
}

/// One thread that waits.
#[derive(Debug, Default)]
struct Waiter {
    notified: Mutex<bool>,
    changed: Condvar,
}

/// How a wait ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Waited {
    /// Somebody notified the address.
    Woken,
    /// The value was another one from the start.
    NotEqual,
    /// The time was over.
    TimedOut,
    /// The guest is to be stopped.
    Interrupted,
}

impl Parking {
    /// Waits until `address` is notified, if `expected` says so under the lock.
    pub(crate) fn wait(
        &self,
        address: u64,
        timeout: Option<Duration>,
        expected: impl FnOnce() -> bool,
        interrupted: impl Fn() -> bool,
    ) -> Waited {
        let waiter = Arc::new(Waiter::default());
        let mut queues = self.lock();
        if !expected() {
            return Waited::NotEqual;
        }
        queues.add(address, Arc::clone(&waiter));
        drop(queues);
        if waiter.sleep(timeout, &interrupted) || !self.forget(address, &waiter) {
            return Waited::Woken;
        }
        // Without a limit only an interruption ends it, or that there is nobody else who could.
        if interrupted() || timeout.is_none() { Waited::Interrupted } else { Waited::TimedOut }
    }

    /// Wakes up to `count` of the threads that have waited longest for `address`; how many there were.
    pub(crate) fn notify(&self, address: u64, count: u32) -> u32 {
        let woken = self.lock().take(address, |queue| {
            let count = queue.len().min(usize::try_from(count).unwrap_or(usize::MAX));
            queue.drain(..count).collect::<Vec<_>>()
        });
        let woken = woken.unwrap_or_default();
        woken.iter().for_each(|waiter| waiter.wake(true));
        u32::try_from(woken.len()).unwrap_or(u32::MAX)
    }

    /// Lets every waiter look whether it is to be stopped.
    pub(crate) fn stir(&self) {
        let waiting: Vec<_> = self.lock().0.iter().flat_map(|queue| &queue.1).cloned().collect();
        waiting.iter().for_each(|waiter| waiter.wake(false));
    }

    /// Takes a waiter out of its queue; false if it is in none any more.
    fn forget(&self, address: u64, waiter: &Arc<Waiter>) -> bool {
        let found = self.lock().take(address, |queue| {
            let place = queue.iter().position(|other| Arc::ptr_eq(other, waiter));
            place.and_then(|place| queue.remove(place))
        });
        found.flatten().is_some()
    }

    fn lock(&self) -> MutexGuard<'_, Queues> {
        self.queues.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Waiter {
    /// Sleeps until it is notified, interrupted, or the time is over; says whether it was notified.
    fn sleep(&self, timeout: Option<Duration>, interrupted: impl Fn() -> bool) -> bool {
        if !HAS_THREADS {
            std::thread::sleep(timeout.unwrap_or_default());
            return false;
        }
        let sleeps = |notified: &mut bool| !*notified && !interrupted();
        let notified = self.notified.lock().unwrap_or_else(PoisonError::into_inner);
        *match timeout {
            Some(timeout) => {
                let waited = self.changed.wait_timeout_while(notified, timeout, sleeps);
                waited.unwrap_or_else(PoisonError::into_inner).0
            }
            None => {
                let waited = self.changed.wait_while(notified, sleeps);
                waited.unwrap_or_else(PoisonError::into_inner)
            }
        }
    }

    /// Has it look again, notified or not.
    fn wake(&self, notify: bool) {
        let mut notified = self.notified.lock().unwrap_or_else(PoisonError::into_inner);
        *notified |= notify;
        drop(notified);
        self.changed.notify_one();
    }
}
