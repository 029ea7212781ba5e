//! Reading a directory from any cookie on.
//!
//! Cookies are the kernel's own positions, so they stay good over any number of calls and while entries come and go.
//! Entries are fetched many at a time and kept until a guest, which asks in small pieces, has seen them.
//!
//! Invariant: `entries` follow each other in the directory; the first one comes after cookie `start`, and the
//! kernel's position is behind the last one.
//!
//! Read next: `directory.rs`.

use super::stat::Kind;
use crate::{Errno, limits};
use rustix::fd::BorrowedFd;
use rustix::fs::{RawDir, SeekFrom};

/// The cookie before the first entry.
pub(crate) const START: u64 = 0;

/// One entry of a directory.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entry<'a> {
    /// The cookie behind this entry.
    pub(crate) next: u64,
    pub(crate) inode: u64,
    pub(crate) kind: Kind,
    pub(crate) name: &'a [u8],
}

#[derive(Clone, Copy, Debug)]
struct Kept {
    next: u64,
    inode: u64,
    kind: Kind,
    /// Where the name ends in `names`; it begins where the one before ends.
    name_end: u32,
}

/// The entries that were fetched last.
#[derive(Debug, Default)]
pub(crate) struct Listing {
    start: u64,
    entries: Vec<Kept>,
    names: Vec<u8>,
    /// Where the last visit began: the next one begins shortly behind it.
    cursor: usize,
    /// Entries come by name, all fetched at once; their cookies count them.
    ordered: bool,
}

impl Listing {
    /// A listing in the order of names, which is the same in every run.
    pub(crate) fn ordered() -> Listing {
        Listing { ordered: true, ..Listing::default() }
    }

    /// Fetches everything and puts it in order.
    fn fetch_ordered(&mut self, directory: BorrowedFd<'_>) -> Result<(), Errno> {
        let mut all: Vec<(Vec<u8>, u64, Kind)> = Vec::new();
        let (mut bytes, mut start) = (0, START);
        loop {
            self.fetch(directory, start)?;
            let mut begin = 0;
            for kept in &self.entries {
                let end = kept.name_end as usize;
                all.push((self.names[begin..end].to_vec(), kept.inode, kept.kind));
                begin = end;
            }
            bytes += self.names.len() + self.entries.len() * size_of::<Kept>();
            if bytes > limits::ORDERED_LISTING_BYTES_MAX {
                return Err(Errno::Nomem);
            }
            match self.entries.last() {
                Some(last) => start = last.next,
                None => break,
            }
        }
        all.sort_unstable();
        self.names.clear();
        for (index, (name, inode, kind)) in all.into_iter().enumerate() {
            self.names.extend_from_slice(&name);
            let name_end = u32::try_from(self.names.len()).map_err(|_| Errno::Overflow)?;
            self.entries.push(Kept { next: index as u64 + 1, inode, kind, name_end });
        }
        self.start = START;
        Ok(())
    }

    /// Shows `visit` the entries behind `cookie`, until it says false or there are no more.
    pub(crate) fn visit(
        &mut self,
        directory: BorrowedFd<'_>,
        cookie: u64,
        mut visit: impl FnMut(Entry<'_>) -> Result<bool, Errno>,
    ) -> Result<(), Errno> {
        let mut index = match self.find(cookie) {
            Some(index) => index,
            None => {
                i64::try_from(cookie).map_err(|_| Errno::Inval)?;
                if self.ordered {
                    // Entries that are there still have their cookies; there are no others.
                    if cookie != START {
                        return Err(Errno::Inval);
                    }
                    rustix::fs::seek(directory, SeekFrom::Start(START))?;
                    self.fetch_ordered(directory)?;
                } else {
                    rustix::fs::seek(directory, SeekFrom::Start(cookie))?;
                    self.fetch(directory, cookie)?;
                }
                0
            }
        };
        self.cursor = index;
        loop {
            let mut begin = match index.checked_sub(1) {
                Some(before) => self.entries.get(before).map_or(0, |kept| kept.name_end as usize),
                None => 0,
            };
            while let Some(kept) = self.entries.get(index) {
                let Kept { next, inode, kind, name_end } = *kept;
                let name = &self.names[begin..name_end as usize];
                begin = name_end as usize;
                if !visit(Entry { next, inode, kind, name })? {
                    return Ok(());
                }
                index += 1;
            }
            let Some(last) = self.entries.last().filter(|_| !self.ordered) else { return Ok(()) };
            let last = last.next;
            self.fetch(directory, last)?;
            index = 0;
        }
    }

    /// The index of the entry behind `cookie`. The start is always read afresh, so that a guest that begins again
    /// sees what is there now.
    fn find(&self, cookie: u64) -> Option<usize> {
        if cookie == START {
            return None;
        }
        let behind = |kept: &Kept| kept.next == cookie;
        let near = self.entries[self.cursor..].iter().position(behind).map(|i| i + self.cursor + 1);
        near.or_else(|| self.entries.iter().position(behind).map(|i| i + 1))
            .or_else(|| (self.start == cookie && !self.entries.is_empty()).then_some(0))
    }

    /// Replaces the entries by those at the kernel's position, which is behind cookie `start`.
    fn fetch(&mut self, directory: BorrowedFd<'_>, start: u64) -> Result<(), Errno> {
        self.entries.clear();
        self.names.clear();
        self.start = start;
        self.cursor = 0;
        let mut buffer = Vec::with_capacity(limits::LISTING_BYTES);
        let mut raw = RawDir::new(directory, buffer.spare_capacity_mut());
        while let Some(entry) = raw.next() {
            let entry = entry?;
            self.names.extend_from_slice(entry.file_name().to_bytes());
            self.entries.push(Kept {
                next: entry.next_entry_cookie(),
                inode: entry.ino(),
                kind: Kind::from(entry.file_type()),
                name_end: u32::try_from(self.names.len()).map_err(|_| Errno::Overflow)?,
            });
            if raw.is_buffer_empty() {
                break;
            }
        }
        Ok(())
    }
}
