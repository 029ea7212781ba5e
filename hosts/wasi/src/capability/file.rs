//! An open regular file, of the host or of a tree in memory, and what may be done to it.
//!
//! Not here: opening (`directory.rs`), and flags a guest can change on its descriptor.
//!
//! Invariant: what the file was not opened for fails with `badf`; without `changeable`, its times stay; between two
//! looks at the stop flag a bounded number of bytes is moved.
//!
//! Read next: `host_file.rs`, `tree/file.rs`.

use super::host_file::HostFile;
use super::stat::{SetTimes, Stat};
use super::tree::TreeFile;
use super::wait::Waiting;
use crate::refusal::{Reason, refuse};
use crate::{Errno, Fault, limits};
use rustix::fs::{Advice, SeekFrom};
use std::io::{IoSlice, IoSliceMut};

/// A regular file and what may be done to it.
#[derive(Debug)]
pub(crate) struct File {
    bytes: Bytes,
    pub(crate) readable: bool,
    pub(crate) writable: bool,
    /// Times may be set.
    pub(crate) changeable: bool,
}

/// Where a file's bytes are.
#[derive(Debug)]
pub(crate) enum Bytes {
    Host(HostFile),
    Tree(TreeFile),
}

/// Calls the same method of either.
macro_rules! either {
    ($bytes:expr, $file:ident => $call:expr) => {
        match $bytes {
            Bytes::Host($file) => $call,
            Bytes::Tree($file) => $call,
        }
    };
}

/// Where a write goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Cursor,
    At(u64),
    End,
}

/// How far a write must get before it returns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Durability {
    Cache,
    Data,
    DataAndMetadata,
}

impl File {
    pub(crate) fn new(bytes: Bytes, readable: bool, writable: bool, changeable: bool) -> File {
        File { bytes, readable, writable, changeable }
    }

    /// Reads at the cursor, or at an offset without moving the cursor.
    pub(crate) fn read(
        &self,
        slices: &mut [IoSliceMut<'_>],
        at: Option<u64>,
        waiting: Waiting<'_>,
    ) -> Result<usize, Fault> {
        if !self.readable {
            return Err(Errno::Badf.into());
        }
        let at = at.map(checked_offset).transpose()?;
        if slices.iter().map(|s| s.len()).sum::<usize>() <= limits::TRANSFER_CHUNK_BYTES {
            return Ok(self.read_once(slices, at)?);
        }
        let mut done = 0;
        for slice in slices {
            for chunk in slice.chunks_mut(limits::TRANSFER_CHUNK_BYTES) {
                waiting.check()?;
                let want = chunk.len();
                let place = at.map(|at| at.saturating_add(done as u64));
                let count = match self.read_once(&mut [IoSliceMut::new(chunk)], place) {
                    Ok(count) => count,
                    Err(_) if done > 0 => return Ok(done),
                    Err(errno) => return Err(errno.into()),
                };
                done += count;
                if count < want {
                    return Ok(done);
                }
            }
        }
        Ok(done)
    }

    #[inline]
    fn read_once(&self, slices: &mut [IoSliceMut<'_>], at: Option<u64>) -> Result<usize, Errno> {
        either!(&self.bytes, file => file.read(slices, at))
    }

    /// Writes at a place; the cursor moves unless that is an offset.
    pub(crate) fn write(
        &self,
        slices: &[IoSlice<'_>],
        place: Place,
        durability: Durability,
        waiting: Waiting<'_>,
    ) -> Result<usize, Fault> {
        if !self.writable {
            return Err(Errno::Badf.into());
        }
        if let Place::At(at) = place {
            checked_offset(at)?;
        }
        if slices.iter().map(|s| s.len()).sum::<usize>() <= limits::TRANSFER_CHUNK_BYTES {
            return Ok(self.write_once(slices, place, durability)?);
        }
        let mut done = 0;
        for slice in slices {
            for chunk in slice.chunks(limits::TRANSFER_CHUNK_BYTES) {
                waiting.check()?;
                let place = match place {
                    Place::At(at) => Place::At(at.saturating_add(done as u64)),
                    other => other,
                };
                let count = match self.write_once(&[IoSlice::new(chunk)], place, durability) {
                    Ok(count) => count,
                    Err(_) if done > 0 => return Ok(done),
                    Err(errno) => return Err(errno.into()),
                };
                done += count;
                if count < chunk.len() {
                    return Ok(done);
                }
            }
        }
        Ok(done)
    }

    #[inline]
    fn write_once(
        &self,
        slices: &[IoSlice<'_>],
        place: Place,
        durability: Durability,
    ) -> Result<usize, Errno> {
        match &self.bytes {
            Bytes::Host(file) => file.write(slices, place, durability),
            Bytes::Tree(file) => file.write(slices, place),
        }
    }

    /// Moves the cursor and says where it is then.
    pub(crate) fn seek(&self, to: SeekFrom) -> Result<u64, Errno> {
        either!(&self.bytes, file => file.seek(to))
    }

    pub(crate) fn stat(&self) -> Result<Stat, Errno> {
        either!(&self.bytes, file => file.stat())
    }

    pub(crate) fn set_size(&self, bytes: u64) -> Result<(), Errno> {
        if !self.writable {
            return Err(Errno::Badf);
        }
        let bytes = checked_size(bytes)?;
        either!(&self.bytes, file => file.set_size(bytes))
    }

    pub(crate) fn allocate(&self, at: u64, bytes: u64) -> Result<(), Errno> {
        if !self.writable {
            return Err(Errno::Badf);
        }
        checked_size(at.checked_add(bytes).ok_or(Errno::Fbig)?)?;
        either!(&self.bytes, file => file.allocate(at, bytes))
    }

    pub(crate) fn advise(&self, at: u64, bytes: u64, advice: Advice) -> Result<(), Errno> {
        checked_offset(at)?;
        checked_offset(bytes)?;
        match &self.bytes {
            Bytes::Host(file) => file.advise(at, bytes, advice),
            // What is in memory needs no advice.
            Bytes::Tree(_) => Ok(()),
        }
    }

    pub(crate) fn set_times(&self, times: SetTimes) -> Result<(), Errno> {
        if !self.changeable {
            return Err(refuse(Reason::ReadOnly));
        }
        either!(&self.bytes, file => file.set_times(times))
    }

    pub(crate) fn sync(&self, durability: Durability) -> Result<(), Errno> {
        match &self.bytes {
            Bytes::Host(file) => file.sync(durability),
            // Memory does not get any safer.
            Bytes::Tree(_) => Ok(()),
        }
    }

    /// Bytes between the cursor and the end.
    pub(crate) fn available(&self) -> Result<u64, Errno> {
        let at = self.seek(SeekFrom::Current(0))?;
        Ok(self.stat()?.size.saturating_sub(at))
    }
}

/// An offset that the kernel takes for one, and not for a flag.
fn checked_offset(at: u64) -> Result<u64, Errno> {
    i64::try_from(at).map(|_| at).map_err(|_| Errno::Inval)
}

fn checked_size(bytes: u64) -> Result<u64, Errno> {
    i64::try_from(bytes).map(|_| bytes).map_err(|_| Errno::Fbig)
}
