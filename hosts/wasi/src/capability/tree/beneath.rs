//! Looking beneath an overlay: the names of a directory all at once, the state of a file on its own, each when it is first
//! needed.
//!
//! Not here: how the lower directory is asked (`lower.rs`).
//!
//! Invariant: what is looked up is charged before it is kept; a look that fails leaves nothing.
//!
//! Read next: `lower.rs`.

use super::content::Content;
use super::lower::Base;
use super::nodes::{Id, NAME_COST, NODE_COST, Names, Tree, What, join};
use crate::Errno;
use crate::capability::stat::Kind;
use crate::refusal::{Reason, refuse};

impl Tree {
    /// Looks up the names in a lower directory.
    pub(super) fn load(&mut self, id: Id) -> Result<(), Errno> {
        let (Some(root), Some(path)) = (self.lower.clone(), self.get(id)?.origin.clone()) else {
            return Err(Errno::Io);
        };
        let cost_of = |name: &[u8]| {
            let origin = join(&path, name).len() as u64;
            NODE_COST + NAME_COST + 2 * name.len() as u64 + origin
        };
        let space = self.space.clone();
        let mut cost = 0_u64;
        let entries = root.list(&path, |name| {
            cost += cost_of(name);
            // More than there is room for is not even kept while the rest is read.
            if space.has(cost) { Ok(()) } else { Err(refuse(Reason::Space)) }
        })?;
        self.take(cost)?;
        for entry in entries {
            let child = self.place(match entry.kind {
                Kind::Directory => What::Directory(Names::of_lower()),
                Kind::RegularFile => What::File(Content::default()),
                Kind::SymbolicLink => What::Link(Box::default()),
                other => What::Other(other),
            });
            self.insert(id, &entry.name, child)?;
            let node = self.get_mut(child)?;
            node.links = 1;
            node.origin = Some(join(&path, &entry.name));
            node.unseen = true;
        }
        if let What::Directory(names) = &mut self.get_mut(id)?.what {
            names.pending = false;
        }
        Ok(())
    }

    /// Looks at a node's state in the lower directory, once.
    pub(super) fn see(&mut self, id: Id) -> Result<(), Errno> {
        let node = self.get(id)?;
        if !node.unseen {
            return Ok(());
        }
        let (Some(root), Some(path)) = (self.lower.clone(), node.origin.clone()) else {
            return Err(Errno::Io);
        };
        let is_link = matches!(node.what, What::Link(_));
        let stat = root.stat(&path)?;
        // Somebody may have put something else there meanwhile.
        if stat.kind != node.what.kind() {
            return Err(Errno::Stale);
        }
        let target = if is_link { root.read_link(&path)?.into() } else { Box::<[u8]>::default() };
        self.take(target.len() as u64)?;
        let node = self.get_mut(id)?;
        match &mut node.what {
            What::File(content) => *content = Content::over(Base::lower(&root, &path, stat.size)),
            What::Link(link) => *link = target,
            What::Directory(_) | What::Other(_) => {}
        }
        (node.accessed, node.modified, node.changed) = (stat.accessed, stat.modified, stat.changed);
        node.unseen = false;
        Ok(())
    }
}
