//! All cores for the compiler, and a progress bar for whoever waits.
//!
//! Not here: what the jobs are. Invariants: threads live only as long as one call of `run`; a bar is drawn
//! only on a terminal and only after a second, and is gone before anything else is written.
//! Read next: `code.rs`.

use std::panic::resume_unwind;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use crate::terminal;

/// Work that takes less than this is not worth a bar.
const QUIET: Duration = Duration::from_secs(1);

/// The cores of this machine, lent to the compiler.
pub(crate) struct AllCores {
    count: usize,
    begin: Instant,
    /// Nothing when nobody looks.
    bar: Option<Mutex<Bar>>,
}

#[derive(Default)]
struct Bar {
    drawn: Option<ProgressBar>,
    /// Jobs may report out of order; a bar does not go back.
    done: usize,
}

impl AllCores {
    /// As many threads as this process may run at the same time.
    pub(crate) fn new() -> Self {
        let count = thread::available_parallelism().map_or(1, usize::from);
        let bar = terminal::stderr_is_terminal().then(Mutex::default);
        Self { count, begin: Instant::now(), bar }
    }

    fn draw(&self, bar: &mut Bar, done: usize, total: usize) {
        if done < bar.done || self.begin.elapsed() < QUIET {
            return;
        }
        bar.done = done;
        let drawn = bar.drawn.get_or_insert_with(|| {
            let style = ProgressStyle::with_template("compiling {bar:30} {pos}/{len} functions, {eta} left");
            let bar = ProgressBar::new(total as u64);
            bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
            bar
        });
        drawn.set_position(done as u64);
    }
}

impl Drop for AllCores {
    fn drop(&mut self) {
        if let Some(bar) = &mut self.bar {
            let bar = bar.get_mut().unwrap_or_else(PoisonError::into_inner);
            if let Some(drawn) = bar.drawn.take() {
                drawn.finish_and_clear();
            }
        }
    }
}

impl holm::Workers for AllCores {
    fn count(&self) -> usize {
        self.count
    }

    fn run(&self, count: usize, job: &(dyn Fn(usize) + Sync)) {
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
        thread::scope(|scope| {
            let helpers: Vec<_> = (1..self.count.min(count))
                .filter_map(|_| thread::Builder::new().spawn_scoped(scope, work).ok())
                .collect();
            work();
            for helper in helpers {
                helper.join().unwrap_or_else(|panic| resume_unwind(panic));
            }
        });
    }

    fn progress(&self, done: usize, total: usize) {
        // Whoever does not get the lock is not needed: another thread is drawing.
        if let Some(bar) = &self.bar
            && let Ok(mut bar) = bar.try_lock()
        {
            self.draw(&mut bar, done, total);
        }
    }
}

#[cfg(test)]
mod tests;
