//! Room in the host's memory for what guests put there: a count with a limit, shared by all who take from it.
//!
//! Directories in memory take from it before they allocate. Several directories, of one context or of many, can
//! share one.
//!
//! Invariant: what is taken never exceeds the limit, whatever the threads do; everything that was taken is given back.
//!
//! Read next: `capability/tree/nodes.rs`, which takes and gives.

use crate::Errno;
use crate::refusal::{Reason, refuse};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Room for bytes. Clones share it.
#[derive(Clone, Debug)]
pub struct Space(Arc<Counter>);

#[derive(Debug)]
struct Counter {
    used: AtomicU64,
    peak: AtomicU64,
    max: u64,
}

impl Space {
    /// Room for this many bytes, names and bookkeeping included.
    #[must_use]
    pub fn new(bytes_max: u64) -> Space {
        Space(Arc::new(Counter {
            used: AtomicU64::new(0),
            peak: AtomicU64::new(0),
            max: bytes_max,
        }))
    }

    /// Bytes in use.
    #[must_use]
    pub fn used(&self) -> u64 {
        self.0.used.load(Ordering::Relaxed)
    }

    /// The most bytes that were ever in use.
    #[must_use]
    pub fn peak(&self) -> u64 {
        self.0.peak.load(Ordering::Relaxed)
    }

    /// The limit.
    #[must_use]
    pub fn max(&self) -> u64 {
        self.0.max
    }

    /// Whether both are the same room.
    pub(crate) fn is_same(&self, other: &Space) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// Takes room, or none.
    pub(crate) fn take(&self, bytes: u64) -> Result<(), Errno> {
        let grown = |used: u64| used.checked_add(bytes).filter(|used| *used <= self.0.max);
        let order = Ordering::Relaxed;
        match self.0.used.fetch_update(order, order, grown) {
            Ok(before) => {
                self.0.peak.fetch_max(before + bytes, order);
                Ok(())
            }
            Err(_) => Err(refuse(Reason::Space)),
        }
    }

    /// Gives back room that was taken.
    pub(crate) fn give(&self, bytes: u64) {
        self.0.used.fetch_sub(bytes, Ordering::Relaxed);
    }

    /// Whether these bytes could be taken now.
    pub(crate) fn has(&self, bytes: u64) -> bool {
        self.used().checked_add(bytes).is_some_and(|used| used <= self.0.max)
    }
}
