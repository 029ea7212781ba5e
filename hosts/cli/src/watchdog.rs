//! A thread that stops a guest when its time is up.
//!
//! Not here: how a guest is stopped (an interrupt handle for its code, a stopper for its waiting). Invariant:
//! it does nothing after it was dropped. Read next: `commands/run.rs`.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// Stops a guest after a time, unless dropped before.
pub(crate) struct Watchdog {
    /// Dropped to end the wait.
    leash: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
    barked: Arc<AtomicBool>,
}

impl Watchdog {
    /// Calls `stop` after `time`.
    ///
    /// # Errors
    /// When no thread can be had.
    pub(crate) fn start(
        time: Duration,
        stop: impl FnOnce() + Send + 'static,
    ) -> std::io::Result<Self> {
        let (leash, wait) = mpsc::channel::<()>();
        let barked = Arc::new(AtomicBool::new(false));
        let says = Arc::clone(&barked);
        let thread = thread::Builder::new().name("watchdog".to_owned()).spawn(move || {
            if wait.recv_timeout(time) == Err(RecvTimeoutError::Timeout) {
                says.store(true, Ordering::SeqCst);
                stop();
            }
        })?;
        Ok(Self { leash: Some(leash), thread: Some(thread), barked })
    }

    /// Whether the time was up.
    pub(crate) fn has_barked(&self) -> bool {
        self.barked.load(Ordering::SeqCst)
    }
}

impl Drop for Watchdog {
    fn drop(&mut self) {
        drop(self.leash.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests;
