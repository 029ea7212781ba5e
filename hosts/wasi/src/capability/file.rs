//! An open regular file.
//!
//! Not here: opening (`directory.rs`), and flags a guest can change on its descriptor. A write is told each time
//! where it goes and how far it must get, so that no state of the kernel's file is changed on a guest's word and
//! files shared with other processes (redirected standard streams) keep their flags.
//!
//! Invariant: what the file was not opened for fails with `badf`; without `changeable`, its times stay.
//!
//! Read next: `directory.rs`.

use super::stat::{SetTimes, Stat};
use super::wait::Waiting;
use crate::{Errno, Fault, limits};
use rustix::fd::OwnedFd;
use rustix::fs::{Advice, FallocateFlags, SeekFrom};
use rustix::io::{Errno as Kernel, ReadWriteFlags};
use std::io::{IoSlice, IoSliceMut};

/// A regular file and what may be done to it.
#[derive(Debug)]
pub(crate) struct File {
    fd: OwnedFd,
    pub(crate) readable: bool,
    pub(crate) writable: bool,
    /// Times may be set.
    pub(crate) changeable: bool,
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
    pub(crate) fn new(fd: OwnedFd, readable: bool, writable: bool, changeable: bool) -> File {
        File { fd, readable, writable, changeable }
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

    fn read_once(&self, slices: &mut [IoSliceMut<'_>], at: Option<u64>) -> Result<usize, Errno> {
        loop {
            let result = match (at, &mut *slices) {
                (None, [one]) => rustix::io::read(&self.fd, &mut **one),
                (Some(at), [one]) => rustix::io::pread(&self.fd, &mut **one, at),
                (None, many) => rustix::io::readv(&self.fd, many),
                (Some(at), many) => rustix::io::preadv(&self.fd, many, at),
            };
            match result {
                Err(Kernel::INTR) => {}
                other => return other.map_err(Errno::from),
            }
        }
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

    fn write_once(
        &self,
        slices: &[IoSlice<'_>],
        place: Place,
        durability: Durability,
    ) -> Result<usize, Errno> {
        let mut flags = match durability {
            Durability::Cache => ReadWriteFlags::empty(),
            Durability::Data => ReadWriteFlags::DSYNC,
            Durability::DataAndMetadata => ReadWriteFlags::SYNC,
        };
        let at = match place {
            Place::Cursor => u64::MAX,
            Place::At(at) => at,
            Place::End => {
                flags |= ReadWriteFlags::APPEND;
                u64::MAX
            }
        };
        loop {
            let result = match slices {
                [one] if flags.is_empty() && place == Place::Cursor => {
                    rustix::io::write(&self.fd, one)
                }
                many => rustix::io::pwritev2(&self.fd, many, at, flags),
            };
            match result {
                Err(Kernel::INTR) => {}
                other => return other.map_err(Errno::from),
            }
        }
    }

    /// Moves the cursor and says where it is then.
    pub(crate) fn seek(&self, to: SeekFrom) -> Result<u64, Errno> {
        rustix::fs::seek(&self.fd, to).map_err(Errno::from)
    }

    pub(crate) fn stat(&self) -> Result<Stat, Errno> {
        Ok(rustix::fs::fstat(&self.fd)?.into())
    }

    pub(crate) fn set_size(&self, bytes: u64) -> Result<(), Errno> {
        if !self.writable {
            return Err(Errno::Badf);
        }
        Ok(rustix::fs::ftruncate(&self.fd, checked_size(bytes)?)?)
    }

    pub(crate) fn allocate(&self, at: u64, bytes: u64) -> Result<(), Errno> {
        if !self.writable {
            return Err(Errno::Badf);
        }
        checked_size(at.checked_add(bytes).ok_or(Errno::Fbig)?)?;
        Ok(rustix::fs::fallocate(&self.fd, FallocateFlags::empty(), at, bytes)?)
    }

    pub(crate) fn advise(&self, at: u64, bytes: u64, advice: Advice) -> Result<(), Errno> {
        checked_offset(at)?;
        checked_offset(bytes)?;
        let bytes = std::num::NonZeroU64::new(bytes);
        Ok(rustix::fs::fadvise(&self.fd, at, bytes, advice)?)
    }

    pub(crate) fn set_times(&self, times: SetTimes) -> Result<(), Errno> {
        if !self.changeable {
            return Err(Errno::Rofs);
        }
        Ok(rustix::fs::futimens(&self.fd, &times.kernel()?)?)
    }

    pub(crate) fn sync(&self, durability: Durability) -> Result<(), Errno> {
        let result = match durability {
            Durability::Cache => return Ok(()),
            Durability::Data => rustix::fs::fdatasync(&self.fd),
            Durability::DataAndMetadata => rustix::fs::fsync(&self.fd),
        };
        result.map_err(Errno::from)
    }

    /// Bytes between the cursor and the end.
    pub(crate) fn available(&self) -> Result<u64, Errno> {
        let at = rustix::fs::tell(&self.fd)?;
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
