//! What would differ from run to run in what the host says about files, hidden for guests that must not depend on it.
//!
//! Inode numbers become the order in which they were first seen; times and the sizes of directories become zero.
//! What lies in memory is told as it is: it is the same in every run anyway, but for the inode numbers.
//!
//! Invariant: two objects that were one or two before are one or two behind the veil, up to `VEILED_INODES_MAX`.
//!
//! Read next: `preview1/fd.rs`.

use super::stat::{Kind, Stat};
use crate::limits;
use std::collections::HashMap;

/// Which objects were seen, in order.
#[derive(Debug, Default)]
pub(crate) struct Veil {
    seen: HashMap<(u64, u64), u64>,
}

impl Veil {
    pub(crate) fn inode(&mut self, device: u64, inode: u64) -> u64 {
        let next = self.seen.len() as u64 + 1;
        if self.seen.len() >= limits::VEILED_INODES_MAX {
            return self.seen.get(&(device, inode)).copied().unwrap_or(0);
        }
        *self.seen.entry((device, inode)).or_insert(next)
    }

    pub(crate) fn stat(&mut self, stat: Stat) -> Stat {
        let inode = self.inode(stat.device, stat.inode);
        let veiled = Stat { device: 1, inode, ..stat };
        if !stat.is_hosts {
            return veiled;
        }
        let is_directory = stat.kind == Kind::Directory;
        Stat {
            size: if is_directory { 0 } else { stat.size },
            links: if is_directory { 1 } else { stat.links },
            accessed: 0,
            modified: 0,
            changed: 0,
            ..veiled
        }
    }
}
