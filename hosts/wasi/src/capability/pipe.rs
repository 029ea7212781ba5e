//! A pipe between two guests of one process.
//!
//! Bytes go through a buffer in memory; the kernel is asked only to wait and to wake, which a pipe that is neither empty nor
//! full does not need.
//!
//! Invariant: the buffer never holds more than its size; an end that waits has said so under the lock, so that the
//! other end wakes it.
//!
//! Read next: `stdio.rs`, where embedders make one.

use super::wait::Waiting;
use crate::{Errno, Fault};
use rustix::event::{EventfdFlags, PollFlags, eventfd};
use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use std::collections::VecDeque;
use std::io::{IoSlice, IoSliceMut};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

#[derive(Debug)]
struct Pipe {
    ring: Mutex<Ring>,
    /// Wakes the reader.
    filled: OwnedFd,
    /// Wakes the writer.
    drained: OwnedFd,
}

#[derive(Debug)]
struct Ring {
    bytes: VecDeque<u8>,
    max: usize,
    reader_is_there: bool,
    writer_is_there: bool,
    reader_waits: bool,
    writer_waits: bool,
}

/// The end that is read.
#[derive(Debug)]
pub(crate) struct Reader(Arc<Pipe>);

/// The end that is written.
#[derive(Debug)]
pub(crate) struct Writer(Arc<Pipe>);

/// A pipe that holds up to `bytes_max`.
pub(crate) fn pipe(bytes_max: usize) -> std::io::Result<(Writer, Reader)> {
    let flags = EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK;
    let ring = Ring {
        bytes: VecDeque::new(),
        max: bytes_max.max(1),
        reader_is_there: true,
        writer_is_there: true,
        reader_waits: false,
        writer_waits: false,
    };
    let (filled, drained) = (eventfd(0, flags)?, eventfd(0, flags)?);
    let pipe = Arc::new(Pipe { ring: Mutex::new(ring), filled, drained });
    Ok((Writer(Arc::clone(&pipe)), Reader(pipe)))
}

impl Pipe {
    fn lock(&self) -> MutexGuard<'_, Ring> {
        self.ring.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn wake(event: &OwnedFd) {
    // Fails only if the counter is full, when the wake-up is already pending.
    let _ = rustix::io::write(event, &1u64.to_ne_bytes());
}

fn forget_wake(event: &OwnedFd) {
    // Fails only if none is pending.
    let _ = rustix::io::read(event, &mut [0u8; 8]);
}

impl Ring {
    fn is_readable(&self) -> bool {
        !self.bytes.is_empty() || !self.writer_is_there
    }

    fn is_writable(&self) -> bool {
        self.bytes.len() < self.max || !self.reader_is_there
    }

    fn take(&mut self, slices: &mut [IoSliceMut<'_>]) -> usize {
        let mut done = 0;
        for slice in slices {
            let count = slice.len().min(self.bytes.len());
            let (first, second) = self.bytes.as_slices();
            let (left, right) = slice[..count].split_at_mut(first.len().min(count));
            left.copy_from_slice(&first[..left.len()]);
            right.copy_from_slice(&second[..right.len()]);
            self.bytes.drain(..count);
            done += count;
        }
        done
    }

    fn put(&mut self, slices: &[IoSlice<'_>]) -> usize {
        let mut done = 0;
        for slice in slices {
            let count = slice.len().min(self.max - self.bytes.len());
            self.bytes.extend(&slice[..count]);
            done += count;
        }
        done
    }
}

impl Reader {
    pub(crate) fn read(
        &self,
        slices: &mut [IoSliceMut<'_>],
        waiting: Waiting<'_>,
    ) -> Result<usize, Fault> {
        if slices.iter().all(|slice| slice.is_empty()) {
            return Ok(0);
        }
        loop {
            waiting.check()?;
            let mut ring = self.0.lock();
            if ring.is_readable() {
                let count = ring.take(slices);
                if std::mem::take(&mut ring.writer_waits) {
                    wake(&self.0.drained);
                }
                return Ok(count);
            }
            drop(ring);
            if let Some(event) = self.wait() {
                waiting.wait_for(event, PollFlags::IN)?;
            }
        }
    }

    /// What to wait on; nothing if it can be read now.
    pub(crate) fn wait(&self) -> Option<BorrowedFd<'_>> {
        let mut ring = self.0.lock();
        if ring.is_readable() {
            return None;
        }
        forget_wake(&self.0.filled);
        ring.reader_waits = true;
        Some(self.0.filled.as_fd())
    }

    pub(crate) fn available(&self) -> u64 {
        self.0.lock().bytes.len() as u64
    }

    /// Whether nothing will come any more.
    pub(crate) fn is_hung_up(&self) -> bool {
        !self.0.lock().writer_is_there
    }
}

impl Writer {
    pub(crate) fn write(
        &self,
        mut slices: &mut [IoSlice<'_>],
        waiting: Waiting<'_>,
    ) -> Result<usize, Fault> {
        let mut done = 0;
        loop {
            waiting.check()?;
            let mut ring = self.0.lock();
            if !ring.reader_is_there {
                return if done > 0 { Ok(done) } else { Err(Errno::Pipe.into()) };
            }
            let count = ring.put(slices);
            if count > 0 && std::mem::take(&mut ring.reader_waits) {
                wake(&self.0.filled);
            }
            drop(ring);
            done += count;
            IoSlice::advance_slices(&mut slices, count);
            if slices.iter().all(|slice| slice.is_empty()) || (waiting.nonblocking && done > 0) {
                return Ok(done);
            }
            if let Some(event) = self.wait() {
                match waiting.wait_for(event, PollFlags::IN) {
                    Err(Fault::Wait) if done > 0 => return Ok(done),
                    other => other?,
                }
            }
        }
    }

    /// What to wait on; nothing if it can be written now.
    pub(crate) fn wait(&self) -> Option<BorrowedFd<'_>> {
        let mut ring = self.0.lock();
        if ring.is_writable() {
            return None;
        }
        forget_wake(&self.0.drained);
        ring.writer_waits = true;
        Some(self.0.drained.as_fd())
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        let mut ring = self.0.lock();
        ring.reader_is_there = false;
        ring.bytes = VecDeque::new();
        wake(&self.0.drained);
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.0.lock().writer_is_there = false;
        wake(&self.0.filled);
    }
}
