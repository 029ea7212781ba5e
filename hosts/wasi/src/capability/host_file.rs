//! An open regular file of the host.
//!
//! Not here: what may be done to it (`file.rs`), and opening it (`host.rs`). A write is told each time where it goes and how
//! far it must get, so that no state of the kernel's file is changed on a guest's word and files shared with other
//! processes (redirected standard streams) keep their flags.
//!
//! Invariant: one call here is one system call, unless a signal interrupts it.
//!
//! Read next: `file.rs`.

use super::file::{Durability, Place};
use super::stat::{SetTimes, Stat};
use crate::Errno;
use rustix::fd::OwnedFd;
use rustix::fs::{Advice, FallocateFlags, SeekFrom};
use rustix::io::{Errno as Kernel, ReadWriteFlags};
use std::io::{IoSlice, IoSliceMut};

/// A regular file of the host.
#[derive(Debug)]
pub(crate) struct HostFile(pub(crate) OwnedFd);

impl HostFile {
    pub(crate) fn read(
        &self,
        slices: &mut [IoSliceMut<'_>],
        at: Option<u64>,
    ) -> Result<usize, Errno> {
        loop {
            let result = match (at, &mut *slices) {
                (None, [one]) => rustix::io::read(&self.0, &mut **one),
                (Some(at), [one]) => rustix::io::pread(&self.0, &mut **one, at),
                (None, many) => rustix::io::readv(&self.0, many),
                (Some(at), many) => rustix::io::preadv(&self.0, many, at),
            };
            match result {
                Err(Kernel::INTR) => {}
                other => return other.map_err(Errno::from),
            }
        }
    }

    pub(crate) fn write(
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
                    rustix::io::write(&self.0, one)
                }
                many => rustix::io::pwritev2(&self.0, many, at, flags),
            };
            match result {
                Err(Kernel::INTR) => {}
                other => return other.map_err(Errno::from),
            }
        }
    }

    pub(crate) fn seek(&self, to: SeekFrom) -> Result<u64, Errno> {
        rustix::fs::seek(&self.0, to).map_err(Errno::from)
    }

    pub(crate) fn stat(&self) -> Result<Stat, Errno> {
        Ok(rustix::fs::fstat(&self.0)?.into())
    }

    pub(crate) fn set_size(&self, bytes: u64) -> Result<(), Errno> {
        Ok(rustix::fs::ftruncate(&self.0, bytes)?)
    }

    pub(crate) fn allocate(&self, at: u64, bytes: u64) -> Result<(), Errno> {
        Ok(rustix::fs::fallocate(&self.0, FallocateFlags::empty(), at, bytes)?)
    }

    pub(crate) fn advise(&self, at: u64, bytes: u64, advice: Advice) -> Result<(), Errno> {
        let bytes = std::num::NonZeroU64::new(bytes);
        Ok(rustix::fs::fadvise(&self.0, at, bytes, advice)?)
    }

    pub(crate) fn set_times(&self, times: SetTimes) -> Result<(), Errno> {
        Ok(rustix::fs::futimens(&self.0, &times.kernel()?)?)
    }

    pub(crate) fn sync(&self, durability: Durability) -> Result<(), Errno> {
        let result = match durability {
            Durability::Cache => return Ok(()),
            Durability::Data => rustix::fs::fdatasync(&self.0),
            Durability::DataAndMetadata => rustix::fs::fsync(&self.0),
        };
        result.map_err(Errno::from)
    }
}
