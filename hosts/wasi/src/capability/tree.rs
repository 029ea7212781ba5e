//! Directories that are no directories of the host: in memory, in an archive, or over a directory that stays as it is.
//!
//! All three are one thing, a tree of nodes in memory. An archive is a tree whose files' bytes lie elsewhere; an overlay
//! is a tree whose names and bytes are looked up beneath when first needed. What is written stays in the tree. So
//! none of them has a way to anything else of the host, whatever path is walked.
//!
//! Not here: what an embedder does with a tree (`virtual_dir.rs`).
//!
//! Invariant: a `TreeNode` or `TreeFile` keeps its node alive; a tree is only touched under its lock, which is never
//! held across a call into a guest.
//!
//! Read next: `tree/nodes.rs`, `tree/walk.rs`, `tree/verbs.rs`.

pub(crate) mod archive;
mod beneath;
mod content;
mod file;
mod lower;
mod nodes;
pub(crate) mod save;
mod verbs;
mod walk;

use super::directory::Open;
use super::listing::Entry;
use super::path::{GuestPath, Name};
use super::stat::{Kind, SetTimes, Stat};
use crate::{Errno, Space};
use lower::LowerRoot;
use nodes::{Id, ROOT, Stamps, Tree, What};
use rustix::fd::OwnedFd;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use verbs::At;
use walk::walk;

pub(crate) use file::TreeFile;

/// A tree, shared by all handles into it.
#[derive(Clone, Debug)]
pub(crate) struct SharedTree(Arc<Mutex<Tree>>);

/// A handle to a node.
#[derive(Debug)]
pub(crate) struct TreeNode {
    tree: SharedTree,
    id: Id,
}

impl SharedTree {
    /// An empty tree, or one over a directory of the host.
    pub(crate) fn new(space: &Space, lower: Option<OwnedFd>, counts_time: bool) -> SharedTree {
        let stamps = if counts_time { Stamps::Count(0) } else { Stamps::Clock };
        let lower = lower.map(|fd| Arc::new(LowerRoot::new(fd)));
        SharedTree(Arc::new(Mutex::new(Tree::new(space.clone(), lower, stamps))))
    }

    fn lock(&self) -> MutexGuard<'_, Tree> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn space(&self) -> Space {
        self.lock().space.clone()
    }

    /// Makes a link for an embedder, who may have it lead anywhere.
    pub(crate) fn make_link(&self, target: &str, path: GuestPath<'_>) -> Result<(), Errno> {
        let (parent, Name::Plain(name)) = path.split() else { return Err(Errno::Exist) };
        self.root().target(parent.unwrap_or("."), true)?.make_link(target.as_bytes(), name)
    }

    /// A handle to the root.
    pub(crate) fn root(&self) -> TreeNode {
        // The root is always there.
        let _ = self.lock().hold(ROOT);
        TreeNode { tree: self.clone(), id: ROOT }
    }

    fn handle(&self, tree: &mut Tree, id: Id) -> Result<TreeNode, Errno> {
        tree.hold(id)?;
        Ok(TreeNode { tree: self.clone(), id })
    }
}

impl Drop for TreeNode {
    fn drop(&mut self) {
        self.tree.lock().drop_handle(self.id);
    }
}

/// What was opened in a tree.
pub(crate) enum TreeOpened {
    Directory(TreeNode),
    File(TreeFile),
    Other,
}

impl TreeNode {
    fn at<'a>(&self, name: &'a str) -> At<'a> {
        At { directory: self.id, name: name.as_bytes() }
    }

    /// The object that a path leads to, through a last link as well.
    pub(crate) fn target(&self, path: &str, directory: bool) -> Result<TreeNode, Errno> {
        let mut tree = self.tree.lock();
        let reached = walk(&mut tree, self.id, path.as_bytes(), true)?;
        let id = reached.node.ok_or(Errno::Noent)?;
        let is_directory = tree.get(id)?.what.kind() == Kind::Directory;
        if (directory || reached.must_be_directory) && !is_directory {
            return Err(Errno::Notdir);
        }
        self.tree.handle(&mut tree, id)
    }

    pub(crate) fn open(&self, path: &str, how: Open) -> Result<TreeOpened, Errno> {
        let mut tree = self.tree.lock();
        let id = tree.open(self.id, path.as_bytes(), how)?;
        let space = tree.space.clone();
        match &mut tree.get_mut(id)?.what {
            What::Directory(_) => {
                return Ok(TreeOpened::Directory(self.tree.handle(&mut tree, id)?));
            }
            // What is thrown away need not be read first.
            What::File(content) if how.truncate => content.set_size(&space, 0),
            What::File(content) => content.open(&space)?,
            What::Link(_) | What::Other(_) => return Ok(TreeOpened::Other),
        }
        if how.truncate {
            tree.touch(id);
        }
        // The last step: a handle that is dropped takes the lock.
        let node = self.tree.handle(&mut tree, id)?;
        Ok(TreeOpened::File(TreeFile::new(node)))
    }

    pub(crate) fn stat(&self) -> Result<Stat, Errno> {
        self.tree.lock().stat(self.id)
    }

    pub(crate) fn set_times(&self, times: SetTimes) -> Result<(), Errno> {
        self.tree.lock().set_times(self.id, times)
    }

    pub(crate) fn stat_name(&self, name: &str) -> Result<Stat, Errno> {
        let mut tree = self.tree.lock();
        let id = tree.find(self.at(name))?;
        tree.stat(id)
    }

    pub(crate) fn set_times_of_name(&self, name: &str, times: SetTimes) -> Result<(), Errno> {
        let mut tree = self.tree.lock();
        let id = tree.find(self.at(name))?;
        tree.set_times(id, times)
    }

    pub(crate) fn make_directory(&self, name: &str) -> Result<(), Errno> {
        self.tree.lock().make_directory(self.at(name)).map(drop)
    }

    pub(crate) fn remove_directory(&self, name: &str) -> Result<(), Errno> {
        self.tree.lock().remove_directory(self.at(name))
    }

    pub(crate) fn remove_file(&self, name: &str) -> Result<(), Errno> {
        self.tree.lock().remove_file(self.at(name))
    }

    pub(crate) fn make_link(&self, target: &[u8], name: &str) -> Result<(), Errno> {
        self.tree.lock().make_link(self.at(name), target)
    }

    /// Copies where a link leads to into `buffer`, as much as fits.
    pub(crate) fn read_link(&self, name: &str, buffer: &mut [u8]) -> Result<usize, Errno> {
        let mut tree = self.tree.lock();
        let id = tree.find(self.at(name))?;
        tree.see(id)?;
        let What::Link(target) = &tree.get(id)?.what else { return Err(Errno::Inval) };
        let count = target.len().min(buffer.len());
        buffer[..count].copy_from_slice(&target[..count]);
        Ok(count)
    }

    fn is_in(&self, tree: &SharedTree) -> Result<(), Errno> {
        if Arc::ptr_eq(&self.tree.0, &tree.0) {
            Ok(())
        } else {
            Err(crate::refusal::refuse(crate::refusal::Reason::BetweenGrants))
        }
    }

    pub(crate) fn rename(&self, name: &str, to: &TreeNode, new: &str) -> Result<(), Errno> {
        self.is_in(&to.tree)?;
        self.tree.lock().rename(self.at(name), to.at(new))
    }

    /// Gives what has a name here another one.
    pub(crate) fn link_name(&self, name: &str, to: &TreeNode, new: &str) -> Result<(), Errno> {
        self.is_in(&to.tree)?;
        let mut tree = self.tree.lock();
        let id = tree.find(self.at(name))?;
        tree.add_name(id, to.at(new))
    }

    /// Gives the node another name.
    pub(crate) fn link(&self, to: &TreeNode, new: &str) -> Result<(), Errno> {
        self.is_in(&to.tree)?;
        self.tree.lock().add_name(self.id, to.at(new))
    }

    /// Shows `visit` the entries behind a cookie, until it says false or there are no more.
    pub(crate) fn visit_entries(
        &self,
        cookie: u64,
        mut visit: impl FnMut(Entry<'_>) -> Result<bool, Errno>,
    ) -> Result<(), Errno> {
        let mut tree = self.tree.lock();
        // Of a directory that was removed there is nothing to see, not even itself.
        if tree.get(self.id)?.links == 0 {
            return Err(Errno::Noent);
        }
        tree.names(self.id)?;
        let What::Directory(names) = &tree.get(self.id)?.what else { return Err(Errno::Notdir) };
        let inode = tree.inode(self.id)?;
        for (next, name) in [(1, &b"."[..]), (2, b"..")] {
            // What is above the one that was granted is nobody's business.
            let entry = Entry { next, inode, kind: Kind::Directory, name };
            if cookie < next && !visit(entry)? {
                return Ok(());
            }
        }
        for (next, name, id) in names.behind(cookie.max(2)) {
            let node = tree.get(id)?;
            let entry = Entry { next, inode: tree.inode(id)?, kind: node.what.kind(), name };
            if !visit(entry)? {
                return Ok(());
            }
        }
        Ok(())
    }
}
