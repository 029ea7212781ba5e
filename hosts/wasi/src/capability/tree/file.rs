//! An open file of a tree: a handle and a cursor.
//!
//! Not here: what may be done to it (`capability/file.rs`), and where bytes lie (`content.rs`).
//!
//! Read next: `content.rs`.

use super::TreeNode;
use super::content::Content;
use super::nodes::{Tree, What};
use crate::capability::file::Place;
use crate::capability::stat::{SetTimes, Stat};
use crate::refusal::{Reason, refuse};
use crate::{Errno, Space};
use rustix::fs::SeekFrom;
use std::io::{IoSlice, IoSliceMut};
use std::sync::atomic::{AtomicU64, Ordering};

/// A file of a tree with a cursor of its own.
#[derive(Debug)]
pub(crate) struct TreeFile {
    node: TreeNode,
    cursor: AtomicU64,
}

/// The content of a node that is a file.
fn content<'a>(tree: &'a mut Tree, file: &TreeFile) -> Result<(&'a mut Content, Space), Errno> {
    let space = tree.space.clone();
    match &mut tree.get_mut(file.node.id)?.what {
        What::File(content) => Ok((content, space)),
        _ => Err(Errno::Stale),
    }
}

impl TreeFile {
    pub(super) fn new(node: TreeNode) -> TreeFile {
        TreeFile { node, cursor: AtomicU64::new(0) }
    }

    fn cursor(&self) -> u64 {
        self.cursor.load(Ordering::Relaxed)
    }

    pub(crate) fn read(
        &self,
        slices: &mut [IoSliceMut<'_>],
        at: Option<u64>,
    ) -> Result<usize, Errno> {
        let mut tree = self.node.tree.lock();
        let from = at.unwrap_or_else(|| self.cursor());
        let count = content(&mut tree, self)?.0.read(slices, from)?;
        if at.is_none() {
            self.cursor.store(from + count as u64, Ordering::Relaxed);
        }
        Ok(count)
    }

    pub(crate) fn write(&self, slices: &[IoSlice<'_>], place: Place) -> Result<usize, Errno> {
        let mut tree = self.node.tree.lock();
        let (content, space) = content(&mut tree, self)?;
        let at = match place {
            Place::Cursor => self.cursor(),
            Place::At(at) => at,
            Place::End => content.size(),
        };
        let count = content.write(&space, slices, at)?;
        if count > 0 {
            if !matches!(place, Place::At(_)) {
                self.cursor.store(at + count as u64, Ordering::Relaxed);
            }
            tree.touch(self.node.id);
        }
        Ok(count)
    }

    pub(crate) fn seek(&self, to: SeekFrom) -> Result<u64, Errno> {
        let mut tree = self.node.tree.lock();
        let size = content(&mut tree, self)?.0.size();
        let moved = |from: u64, by: i64| from.checked_add_signed(by);
        let at = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::Current(by) => moved(self.cursor(), by),
            SeekFrom::End(by) => moved(size, by),
            _ => return Err(Errno::Inval),
        };
        let at = at.filter(|at| i64::try_from(*at).is_ok()).ok_or(Errno::Inval)?;
        self.cursor.store(at, Ordering::Relaxed);
        Ok(at)
    }

    pub(crate) fn stat(&self) -> Result<Stat, Errno> {
        self.node.stat()
    }

    pub(crate) fn set_size(&self, bytes: u64) -> Result<(), Errno> {
        self.node.tree.lock().truncate(self.node.id, bytes)
    }

    /// Makes sure that the file is so long, and that there would be room for its bytes now.
    pub(crate) fn allocate(&self, at: u64, bytes: u64) -> Result<(), Errno> {
        if bytes == 0 {
            return Err(Errno::Inval);
        }
        let end = at.checked_add(bytes).ok_or(Errno::Fbig)?;
        let mut tree = self.node.tree.lock();
        let (content, space) = content(&mut tree, self)?;
        let size = content.size();
        if !space.has(end.saturating_sub(size)) {
            return Err(refuse(Reason::Space));
        }
        if end > size {
            content.set_size(&space, end);
            tree.touch(self.node.id);
        }
        Ok(())
    }

    pub(crate) fn set_times(&self, times: SetTimes) -> Result<(), Errno> {
        self.node.set_times(times)
    }
}
