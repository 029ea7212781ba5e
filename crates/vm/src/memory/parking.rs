//! Threads that wait for an address of a shared memory to be notified.
//!
//! Not here: reading the value that a waiter expects (its caller does, under the lock). Invariant: a ticket
//! is in one queue or among the woken, never in both, and its waiter takes it out.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// The waiting threads of one memory.
#[derive(Debug, Default)]
pub(crate) struct Parking {
    queues: Mutex<Queues>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Queues {
    next: u64,
    /// Per address the tickets that wait for it, the oldest first.
    waiting: BTreeMap<u64, VecDeque<u64>>,
    woken: BTreeSet<u64>,
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
        let mut queues = self.lock();
        if !expected() {
            return Waited::NotEqual;
        }
        let ticket = queues.next;
        queues.next += 1;
        queues.waiting.entry(address).or_default().push_back(ticket);
        let sleeps = |queues: &mut Queues| !queues.woken.contains(&ticket) && !interrupted();
        let mut queues = match timeout {
            Some(timeout) => {
                let waited = self.changed.wait_timeout_while(queues, timeout, sleeps);
                waited.unwrap_or_else(PoisonError::into_inner).0
            }
            None => {
                let waited = self.changed.wait_while(queues, sleeps);
                waited.unwrap_or_else(PoisonError::into_inner)
            }
        };
        if queues.woken.remove(&ticket) {
            return Waited::Woken;
        }
        queues.forget(address, ticket);
        if interrupted() { Waited::Interrupted } else { Waited::TimedOut }
    }

    /// Wakes up to `count` of the threads that have waited longest for `address`; how many there were.
    pub(crate) fn notify(&self, address: u64, count: u32) -> u32 {
        let mut queues = self.lock();
        let mut woken = 0;
        while woken < count
            && let Some(ticket) = queues.take_oldest(address)
        {
            queues.woken.insert(ticket);
            woken += 1;
        }
        if woken > 0 {
            self.changed.notify_all();
        }
        woken
    }

    /// Lets every waiter look whether it is to be stopped.
    pub(crate) fn stir(&self) {
        drop(self.lock());
        self.changed.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, Queues> {
        self.queues.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Queues {
    fn take_oldest(&mut self, address: u64) -> Option<u64> {
        let queue = self.waiting.get_mut(&address)?;
        let ticket = queue.pop_front();
        if queue.is_empty() {
            self.waiting.remove(&address);
        }
        ticket
    }

    fn forget(&mut self, address: u64, ticket: u64) {
        let Some(queue) = self.waiting.get_mut(&address) else { return };
        queue.retain(|waiting| *waiting != ticket);
        if queue.is_empty() {
            self.waiting.remove(&address);
        }
    }
}
