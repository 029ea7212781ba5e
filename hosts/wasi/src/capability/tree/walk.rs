//! From a path to a node of a tree.
//!
//! No kernel is asked, and none has to be: the nodes of a tree are all there is, and from none of them does a way lead
//! out. The start of a walk is its top: `..` above it is refused, as it is by the kernel in a real directory, and so is a
//! link that begins with a slash.
//!
//! Invariant: a walk takes a bounded number of steps, and holds nothing but ids of the one tree.
//!
//! Read next: `verbs.rs`.

use super::nodes::{Id, Tree, What};
use crate::refusal::{Reason, refuse};
use crate::{Errno, limits};

/// Where a walk ended.
pub(super) struct Reached {
    /// The directory and name of the last component, if it is a name.
    pub(super) place: Option<(Id, Box<[u8]>)>,
    /// What is there.
    pub(super) node: Option<Id>,
    /// A link on the way ended in a slash.
    pub(super) must_be_directory: bool,
}

struct Walk {
    /// From the top to where the walk is; never empty.
    directories: Vec<Id>,
    /// Components to come, the next one last.
    pending: Vec<Box<[u8]>>,
    links: u32,
    must_be_directory: bool,
}

impl Walk {
    fn here(&self) -> Id {
        self.directories.last().copied().unwrap_or_default()
    }

    fn push(&mut self, path: &[u8]) {
        let components = path.split(|byte| *byte == b'/').filter(|name| !name.is_empty());
        self.pending.extend(components.rev().map(Into::into));
    }

    /// Puts the target of a link in front of what is to come.
    fn enter_link(&mut self, target: &[u8]) -> Result<(), Errno> {
        self.links += 1;
        if self.links > limits::LINKS_MAX {
            return Err(Errno::Loop);
        }
        if target.is_empty() {
            return Err(Errno::Noent);
        }
        if target.starts_with(b"/") {
            return Err(refuse(Reason::Outside));
        }
        self.must_be_directory |= self.pending.is_empty() && target.ends_with(b"/");
        self.push(target);
        Ok(())
    }
}

/// Walks `path` from a directory. A link in the last component is followed if `follow` says so. What is not there
/// at the end is no error, unless a directory before it is missing.
pub(super) fn walk(
    tree: &mut Tree,
    start: Id,
    path: &[u8],
    follow: bool,
) -> Result<Reached, Errno> {
    let mut walk =
        Walk { directories: vec![start], pending: Vec::new(), links: 0, must_be_directory: false };
    walk.push(path);
    let mut place = None;
    while let Some(name) = walk.pending.pop() {
        place = None;
        match &*name {
            b"." => continue,
            b".." if walk.directories.len() == 1 => return Err(refuse(Reason::Outside)),
            b".." => {
                walk.directories.pop();
                continue;
            }
            long if long.len() > limits::NAME_BYTES_MAX => return Err(Errno::Nametoolong),
            _ => {}
        }
        let here = walk.here();
        let last = walk.pending.is_empty();
        let must_be_directory = walk.must_be_directory;
        let Some(id) = tree.lookup(here, &name)? else {
            if !last {
                return Err(Errno::Noent);
            }
            return Ok(Reached { place: Some((here, name)), node: None, must_be_directory });
        };
        match &tree.get(id)?.what {
            What::Directory(_) => walk.directories.push(id),
            What::Link(_) if !last || follow || must_be_directory => {
                tree.see(id)?;
                let What::Link(target) = &tree.get(id)?.what else { return Err(Errno::Stale) };
                let target = target.clone();
                walk.enter_link(&target)?;
                continue;
            }
            _ if !last => return Err(Errno::Notdir),
            _ => {
                let place = Some((here, name));
                return Ok(Reached { place, node: Some(id), must_be_directory });
            }
        }
        place = Some((here, name));
    }
    let must_be_directory = walk.must_be_directory;
    Ok(Reached { place, node: Some(walk.here()), must_be_directory })
}
