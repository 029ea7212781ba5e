//! All cores for the compiler, and a progress bar for whoever waits.
//!
//! Not here: what the jobs are. Invariants: threads live only as long as one call of `run`, or as their job
//! in the background, of which there is one per core; a bar is drawn
//! only on a terminal and only after a second, and is gone before anything else is written.
//! Read next: `code.rs`.

#[cfg(feature = "optimize")]
mod bar;
/// Nothing takes so long that anybody wants a bar.
#[cfg(not(feature = "optimize"))]
mod bar {
    #[derive(Default)]
    pub(super) struct Bar;

    impl Bar {
        pub(super) fn begin(&mut self) {}
        pub(super) fn draw(&mut self, _done: usize, _total: usize) {}
        pub(super) fn clear(&mut self) {}
    }
}

use std::panic::resume_unwind;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread;

use rustix::thread::{CpuSet, sched_getaffinity, sched_getcpu, sched_setaffinity};

use crate::terminal;
use bar::Bar;

/// The cores of this machine, lent to the compiler.
#[derive(Default)]
pub(crate) struct AllCores {
    /// Counted when first needed: a program out of the cache never asks.
    count: OnceLock<usize>,
    bar: Mutex<Bar>,
}

impl AllCores {
    fn bar(&self) -> MutexGuard<'_, Bar> {
        self.bar.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Removes the bar when the work is over, however it ends.
struct Cleared<'a>(&'a AllCores);

impl Drop for Cleared<'_> {
    fn drop(&mut self) {
        self.0.bar().clear();
    }
}

impl holm::Workers for AllCores {
    fn count(&self) -> usize {
        // As many threads as this process may run at the same time.
        *self.count.get_or_init(|| thread::available_parallelism().map_or(1, usize::from))
    }

    fn run(&self, count: usize, job: &(dyn Fn(usize) + Sync)) {
        if terminal::stderr_is_terminal() {
            self.bar().begin();
        }
        let _cleared = Cleared(self);
        let next = AtomicUsize::new(0);
        let work = || {
            loop {
                let index = next.fetch_add(1, Ordering::Relaxed);
                if index >= count {
                    return;
                }
                job(index);
            }
        };
        if count <= 1 {
            return work();
        }
        let here = sched_getcpu();
        let helping = || {
            step_aside(here);
            work();
        };
        thread::scope(|scope| {
            let helpers: Vec<_> = (1..self.count().min(count))
                .filter_map(|_| thread::Builder::new().spawn_scoped(scope, helping).ok())
                .collect();
            work();
            for helper in helpers {
                helper.join().unwrap_or_else(|panic| resume_unwind(panic));
            }
        });
    }

    fn background(&self) -> usize {
        // Whoever reads the module mostly waits.
        self.count()
    }

    fn has_background(&self) -> bool {
        true
    }

    fn start(&self, job: Box<dyn FnOnce() + Send>) {
        let guest = sched_getcpu();
        let aside = move || {
            step_aside(guest);
            job();
        };
        // Without a thread the job is dropped, and its work is done in the end.
        let _ = thread::Builder::new().name("compiler".to_owned()).spawn(aside);
    }

    fn progress(&self, done: usize, total: usize) {
        // Whoever does not get the lock is not needed: another thread is drawing.
        if let Ok(mut bar) = self.bar.try_lock() {
            bar.draw(done, total);
        }
    }
}

/// Moves this thread away from a core. The system may begin a thread on the core of whoever made it, and see that another
/// one is idle only milliseconds later; the guest would wait meanwhile.
fn step_aside(from: usize) {
    let Ok(all) = sched_getaffinity(None) else { return };
    let mut others = all;
    if from < CpuSet::MAX_CPU {
        others.unset(from);
    }
    if others.count() > 0 && sched_setaffinity(None, &others).is_ok() {
        // Later the system may think otherwise. If it refuses, other cores do as well.
        let _ = sched_setaffinity(None, &all);
    }
}

#[cfg(test)]
mod tests;
