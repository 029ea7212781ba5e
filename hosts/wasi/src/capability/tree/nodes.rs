//! The nodes of a tree: directories, files and links, counted and charged.
//!
//! A node stays while a name or a handle refers to it.
//!
//! Not here: paths (`walk.rs`), what a guest may do (`verbs.rs`), and what is looked up beneath (`beneath.rs`).
//!
//! Invariant: each node, name and piece is charged to the tree's `Space` while it exists, and `charged` is the sum.
//!
//! Read next: `walk.rs`.

use super::content::Content;
use super::lower::LowerRoot;
use crate::capability::clock;
use crate::capability::stat::{Kind, SetTime, SetTimes, Stat};
use crate::{Errno, Space};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Which node of a tree.
pub(super) type Id = usize;

/// The root of every tree.
pub(super) const ROOT: Id = 0;

/// What a node costs besides names and content.
pub(super) const NODE_COST: u64 = 256;
/// What a name costs besides its bytes, of which there are two copies.
pub(super) const NAME_COST: u64 = 128;

/// Cookies of a directory's own entries begin here: `.` and `..` come before.
const FIRST_COOKIE: u64 = 3;

/// Where the times of a tree come from.
#[derive(Clone, Copy, Debug)]
pub(super) enum Stamps {
    /// The clock of the host.
    Clock,
    /// The count of changes so far, in nanoseconds, so that the same changes give the same times.
    Count(u64),
}

impl Stamps {
    fn next(&mut self) -> u64 {
        match self {
            Stamps::Clock => clock::realtime(),
            Stamps::Count(count) => {
                *count += 1;
                *count
            }
        }
    }
}

/// A tree of files.
#[derive(Debug)]
pub(super) struct Tree {
    nodes: Vec<Option<Node>>,
    free: Vec<Id>,
    next_inode: u64,
    device: u64,
    pub(super) space: Space,
    charged: u64,
    pub(super) lower: Option<Arc<LowerRoot>>,
    stamps: Stamps,
}

/// A directory, file or link.
#[derive(Debug)]
pub(super) struct Node {
    inode: u64,
    pub(super) what: What,
    /// Names that refer to it.
    pub(super) links: u32,
    /// Handles that refer to it.
    handles: u32,
    pub(super) accessed: u64,
    pub(super) modified: u64,
    pub(super) changed: u64,
    /// Where it is in the lower directory, if it comes from there.
    pub(super) origin: Option<Box<[u8]>>,
    /// Its state in the lower directory has not been looked at.
    pub(super) unseen: bool,
    /// Its times were set by the guest.
    pub(super) retimed: bool,
}

/// What a node is.
#[derive(Debug)]
pub(super) enum What {
    Directory(Names),
    File(Content),
    Link(Box<[u8]>),
    /// Something beneath an overlay that is none of these. It can be removed and seen, and nothing else.
    Other(Kind),
}

/// The names in a directory.
#[derive(Debug, Default)]
pub(super) struct Names {
    by_name: BTreeMap<Box<[u8]>, Entry>,
    by_cookie: BTreeMap<u64, Box<[u8]>>,
    next_cookie: u64,
    /// The directory that this one is in.
    pub(super) parent: Id,
    /// The names beneath have not been looked at.
    pub(super) pending: bool,
    /// Names beneath that were removed or replaced.
    pub(super) gone: BTreeSet<Box<[u8]>>,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    id: Id,
    cookie: u64,
}

impl Names {
    /// The names of a directory that has some beneath, not looked at yet.
    pub(super) fn of_lower() -> Names {
        Names { pending: true, ..Names::default() }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&[u8], Id)> {
        self.by_name.iter().map(|(name, entry)| (&**name, entry.id))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.by_name.is_empty()
    }

    /// The names behind a cookie, each with its own.
    pub(super) fn behind(&self, cookie: u64) -> impl Iterator<Item = (u64, &[u8], Id)> {
        let from = cookie.saturating_add(1);
        self.by_cookie.range(from..).filter_map(|(cookie, name)| {
            self.by_name.get(name).map(|entry| (*cookie, &**name, entry.id))
        })
    }
}

impl Tree {
    pub(super) fn new(space: Space, lower: Option<Arc<LowerRoot>>, stamps: Stamps) -> Tree {
        // Trees have device numbers of their own, so that files in different ones are not taken for the same.
        static DEVICES: AtomicU64 = AtomicU64::new(1);
        let device = match stamps {
            Stamps::Clock => (1 << 32) + DEVICES.fetch_add(1, Ordering::Relaxed),
            Stamps::Count(_) => 1 << 32,
        };
        let mut tree = Tree {
            nodes: Vec::new(),
            free: Vec::new(),
            next_inode: 1,
            device,
            space,
            charged: 0,
            lower,
            stamps,
        };
        let mut root = tree.node(What::Directory(Names::default()));
        root.links = 1;
        if tree.lower.is_some() {
            root.origin = Some([].into());
            root.unseen = true;
            root.what = What::Directory(Names::of_lower());
        }
        // The root is free of charge: a tree without any room still has one.
        tree.nodes.push(Some(root));
        tree
    }

    fn node(&mut self, what: What) -> Node {
        let now = self.stamps.next();
        let inode = self.next_inode;
        self.next_inode += 1;
        Node {
            inode,
            what,
            links: 0,
            handles: 0,
            accessed: now,
            modified: now,
            changed: now,
            origin: None,
            unseen: false,
            retimed: false,
        }
    }

    pub(super) fn take(&mut self, bytes: u64) -> Result<(), Errno> {
        self.space.take(bytes)?;
        self.charged += bytes;
        Ok(())
    }

    fn give(&mut self, bytes: u64) {
        self.space.give(bytes);
        self.charged -= bytes;
    }

    /// The node; there is always one for an id that a name or a handle refers to.
    pub(super) fn get(&self, id: Id) -> Result<&Node, Errno> {
        self.nodes.get(id).and_then(Option::as_ref).ok_or(Errno::Stale)
    }

    pub(super) fn get_mut(&mut self, id: Id) -> Result<&mut Node, Errno> {
        self.nodes.get_mut(id).and_then(Option::as_mut).ok_or(Errno::Stale)
    }

    /// Adds a node that nothing refers to yet.
    pub(super) fn add(&mut self, what: What) -> Result<Id, Errno> {
        let target = if let What::Link(target) = &what { target.len() as u64 } else { 0 };
        self.take(NODE_COST + target)?;
        Ok(self.place(what))
    }

    /// Adds a node that is charged already.
    pub(super) fn place(&mut self, what: What) -> Id {
        let node = self.node(what);
        match self.free.pop() {
            Some(id) => {
                self.nodes[id] = Some(node);
                id
            }
            None => {
                self.nodes.push(Some(node));
                self.nodes.len() - 1
            }
        }
    }

    /// Frees a node that nothing refers to any more.
    pub(super) fn release(&mut self, id: Id) {
        let unused = |node: &Node| node.links == 0 && node.handles == 0;
        if id == ROOT || !self.get(id).is_ok_and(unused) {
            return;
        }
        let Some(mut node) = self.nodes.get_mut(id).and_then(Option::take) else { return };
        self.free.push(id);
        let mut bytes = NODE_COST + node.origin.as_ref().map_or(0, |path| path.len() as u64);
        match &mut node.what {
            What::Link(target) => bytes += target.len() as u64,
            What::File(content) => content.clear(&self.space),
            What::Directory(names) => {
                bytes += names.gone.iter().map(|name| gone_cost(name)).sum::<u64>();
            }
            What::Other(_) => {}
        }
        self.give(bytes);
    }

    /// One more handle refers to the node.
    pub(super) fn hold(&mut self, id: Id) -> Result<(), Errno> {
        self.get_mut(id)?.handles += 1;
        Ok(())
    }

    /// One handle less.
    pub(super) fn drop_handle(&mut self, id: Id) {
        let space = self.space.clone();
        let Ok(node) = self.get_mut(id) else { return };
        node.handles -= 1;
        if node.handles == 0
            && let What::File(content) = &mut node.what
        {
            content.close(&space);
        }
        self.release(id);
    }

    // ---- names

    /// The names in a directory, looked up beneath if need be.
    pub(super) fn names(&mut self, id: Id) -> Result<&mut Names, Errno> {
        if matches!(&self.get(id)?.what, What::Directory(names) if names.pending) {
            self.load(id)?;
        }
        match &mut self.get_mut(id)?.what {
            What::Directory(names) => Ok(names),
            _ => Err(Errno::Notdir),
        }
    }

    /// Whether a directory's names beneath have not been looked at, so that nothing in it can have changed.
    pub(super) fn is_unread(&self, id: Id) -> bool {
        matches!(self.get(id).map(|node| &node.what), Ok(What::Directory(names)) if names.pending)
    }

    pub(super) fn lookup(&mut self, directory: Id, name: &[u8]) -> Result<Option<Id>, Errno> {
        Ok(self.names(directory)?.by_name.get(name).map(|entry| entry.id))
    }

    /// Gives a node a name that is free.
    pub(super) fn link(&mut self, directory: Id, name: &[u8], id: Id) -> Result<(), Errno> {
        // Nothing is made in a directory that was removed.
        if self.get(directory)?.links == 0 {
            return Err(Errno::Noent);
        }
        self.names(directory)?;
        self.take(NAME_COST + 2 * name.len() as u64)?;
        self.insert(directory, name, id)?;
        self.get_mut(id)?.links += 1;
        self.touch(directory);
        Ok(())
    }

    pub(super) fn insert(&mut self, directory: Id, name: &[u8], id: Id) -> Result<(), Errno> {
        let What::Directory(names) = &mut self.get_mut(directory)?.what else {
            return Err(Errno::Notdir);
        };
        let cookie = names.next_cookie.max(FIRST_COOKIE);
        names.next_cookie = cookie + 1;
        names.by_name.insert(name.into(), Entry { id, cookie });
        names.by_cookie.insert(cookie, name.into());
        self.adopt(directory, id)
    }

    /// A directory knows where it is.
    fn adopt(&mut self, directory: Id, id: Id) -> Result<(), Errno> {
        if let What::Directory(names) = &mut self.get_mut(id)?.what {
            names.parent = directory;
        }
        Ok(())
    }

    /// Whether the node with this name is the one that the lower directory has there.
    fn covers(&self, directory: Id, name: &[u8], id: Id) -> Result<bool, Errno> {
        let Some(path) = &self.get(directory)?.origin else { return Ok(false) };
        Ok(self.get(id)?.origin.as_ref() == Some(&join(path, name)))
    }

    /// Takes a name away and says whose it was; the caller releases that.
    pub(super) fn unlink(&mut self, directory: Id, name: &[u8]) -> Result<Id, Errno> {
        let id = self.lookup(directory, name)?.ok_or(Errno::Noent)?;
        let covers = self.covers(directory, name, id)?;
        let names = self.names(directory)?;
        if let Some(entry) = names.by_name.remove(name) {
            names.by_cookie.remove(&entry.cookie);
        }
        let mut rest = NAME_COST + 2 * name.len() as u64;
        if covers && names.gone.insert(name.into()) {
            rest -= gone_cost(name);
        }
        self.give(rest);
        self.forget(id)?;
        self.touch(directory);
        Ok(id)
    }

    /// Gives the name of one node to another; the caller releases the first.
    pub(super) fn replace(&mut self, directory: Id, name: &[u8], by: Id) -> Result<Id, Errno> {
        let id = self.lookup(directory, name)?.ok_or(Errno::Noent)?;
        let covers = self.covers(directory, name, id)?;
        if covers && !self.names(directory)?.gone.contains(name) {
            self.take(gone_cost(name))?;
            self.names(directory)?.gone.insert(name.into());
        }
        if let Some(entry) = self.names(directory)?.by_name.get_mut(name) {
            entry.id = by;
        }
        self.get_mut(by)?.links += 1;
        self.adopt(directory, by)?;
        self.forget(id)?;
        self.touch(directory);
        Ok(id)
    }

    /// One name less refers to the node.
    fn forget(&mut self, id: Id) -> Result<(), Errno> {
        let now = self.stamps.next();
        let node = self.get_mut(id)?;
        node.links -= 1;
        node.changed = now;
        Ok(())
    }

    // ---- states

    pub(super) fn stat(&mut self, id: Id) -> Result<Stat, Errno> {
        self.see(id)?;
        let device = self.device;
        let node = self.get(id)?;
        Ok(Stat {
            device,
            inode: node.inode,
            kind: node.what.kind(),
            links: node.links.into(),
            size: match &node.what {
                What::File(content) => content.size(),
                What::Link(target) => target.len() as u64,
                What::Directory(_) | What::Other(_) => 0,
            },
            accessed: node.accessed,
            modified: node.modified,
            changed: node.changed,
            is_hosts: false,
        })
    }

    pub(super) fn inode(&self, id: Id) -> Result<u64, Errno> {
        Ok(self.get(id)?.inode)
    }

    /// Notes that content changed.
    pub(super) fn touch(&mut self, id: Id) {
        let now = self.stamps.next();
        if let Ok(node) = self.get_mut(id) {
            node.modified = now;
            node.changed = now;
        }
    }

    pub(super) fn set_times(&mut self, id: Id, times: SetTimes) -> Result<(), Errno> {
        self.see(id)?;
        let now = self.stamps.next();
        let node = self.get_mut(id)?;
        let set = |time: &mut u64, to: SetTime| match to {
            SetTime::Keep => {}
            SetTime::Now => *time = now,
            SetTime::To(value) => *time = value,
        };
        set(&mut node.accessed, times.accessed);
        set(&mut node.modified, times.modified);
        node.changed = now;
        node.retimed = true;
        Ok(())
    }
}

impl What {
    pub(super) fn kind(&self) -> Kind {
        match self {
            What::Directory(_) => Kind::Directory,
            What::File(_) => Kind::RegularFile,
            What::Link(_) => Kind::SymbolicLink,
            What::Other(kind) => *kind,
        }
    }
}

impl Drop for Tree {
    fn drop(&mut self) {
        for node in self.nodes.iter_mut().flatten() {
            if let What::File(content) = &mut node.what {
                content.clear(&self.space);
            }
        }
        self.space.give(self.charged);
    }
}

/// What it costs to remember that a name is gone; less than the name itself.
fn gone_cost(name: &[u8]) -> u64 {
    NAME_COST + name.len() as u64
}

/// A path in the lower directory.
pub(super) fn join(directory: &[u8], name: &[u8]) -> Box<[u8]> {
    let slash: &[u8] = if directory.is_empty() { b"" } else { b"/" };
    [directory, slash, name].concat().into()
}
