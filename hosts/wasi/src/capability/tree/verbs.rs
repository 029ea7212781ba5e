//! What can be done to a name in a directory of a tree.
//!
//! The answers are those of a file system of the kernel, so that a program cannot tell the difference; a test runs
//! the same calls on both and compares.
//!
//! Not here: paths (`walk.rs`) and access (`capability/directory.rs`).
//!
//! Invariant: a verb that fails has changed nothing.
//!
//! Read next: `nodes.rs`.

use super::content::Content;
use super::nodes::{Id, Names, ROOT, Tree, What};
use super::walk::{Reached, walk};
use crate::capability::directory::Open;
use crate::capability::stat::Kind;
use crate::{Errno, limits};

/// A name in a directory: where a verb acts.
#[derive(Clone, Copy)]
pub(super) struct At<'a> {
    pub(super) directory: Id,
    pub(super) name: &'a [u8],
}

impl Tree {
    fn there(&mut self, at: At<'_>) -> Result<Option<Id>, Errno> {
        if at.name.len() > limits::NAME_BYTES_MAX {
            return Err(Errno::Nametoolong);
        }
        self.lookup(at.directory, at.name)
    }

    /// What has this name.
    pub(super) fn find(&mut self, at: At<'_>) -> Result<Id, Errno> {
        self.there(at)?.ok_or(Errno::Noent)
    }

    fn is_directory(&self, id: Id) -> Result<bool, Errno> {
        Ok(self.get(id)?.what.kind() == Kind::Directory)
    }

    fn must_be_empty(&mut self, id: Id) -> Result<(), Errno> {
        if self.names(id)?.is_empty() { Ok(()) } else { Err(Errno::Notempty) }
    }

    /// Makes a node with a name that must be free.
    fn make(&mut self, at: At<'_>, what: What) -> Result<Id, Errno> {
        if self.there(at)?.is_some() {
            return Err(Errno::Exist);
        }
        let id = self.add(what)?;
        if let Err(errno) = self.link(at.directory, at.name, id) {
            self.release(id);
            return Err(errno);
        }
        Ok(id)
    }

    pub(super) fn make_directory(&mut self, at: At<'_>) -> Result<Id, Errno> {
        self.make(at, What::Directory(Names::default()))
    }

    pub(super) fn make_link(&mut self, at: At<'_>, target: &[u8]) -> Result<(), Errno> {
        self.make(at, What::Link(target.into())).map(drop)
    }

    pub(super) fn make_file(&mut self, at: At<'_>) -> Result<Id, Errno> {
        self.make(at, What::File(Content::default()))
    }

    pub(super) fn remove_directory(&mut self, at: At<'_>) -> Result<(), Errno> {
        let id = self.find(at)?;
        self.must_be_empty(id)?;
        self.remove(at)
    }

    pub(super) fn remove_file(&mut self, at: At<'_>) -> Result<(), Errno> {
        let id = self.find(at)?;
        if self.is_directory(id)? {
            return Err(Errno::Isdir);
        }
        self.remove(at)
    }

    fn remove(&mut self, at: At<'_>) -> Result<(), Errno> {
        let id = self.unlink(at.directory, at.name)?;
        self.release(id);
        Ok(())
    }

    pub(super) fn add_name(&mut self, id: Id, at: At<'_>) -> Result<(), Errno> {
        if self.there(at)?.is_some() {
            return Err(Errno::Exist);
        }
        if self.is_directory(id)? {
            return Err(Errno::Perm);
        }
        self.see(id)?;
        if self.get(id)?.links == 0 {
            return Err(Errno::Noent);
        }
        if self.get(id)?.links >= limits::HARD_LINKS_MAX {
            return Err(Errno::Mlink);
        }
        self.link(at.directory, at.name, id)
    }

    pub(super) fn rename(&mut self, from: At<'_>, to: At<'_>) -> Result<(), Errno> {
        let source = self.find(from)?;
        let target = self.there(to)?;
        let source_is_directory = self.is_directory(source)?;
        // A directory cannot go into itself, nor replace one that it is in.
        if source_is_directory && self.is_inside(to.directory, source)? {
            return Err(Errno::Inval);
        }
        if let Some(target) = target {
            if target == source {
                return Ok(());
            }
            if self.is_inside(from.directory, target)? {
                return Err(Errno::Notempty);
            }
            match (source_is_directory, self.is_directory(target)?) {
                (true, false) => return Err(Errno::Notdir),
                (false, true) => return Err(Errno::Isdir),
                (true, true) => self.must_be_empty(target)?,
                (false, false) => {}
            }
        }
        match target {
            Some(target) => {
                self.replace(to.directory, to.name, source)?;
                self.release(target);
            }
            None => self.link(to.directory, to.name, source)?,
        }
        self.unlink(from.directory, from.name)?;
        Ok(())
    }

    /// Whether `id` is `directory` or lies somewhere below it.
    fn is_inside(&self, mut id: Id, directory: Id) -> Result<bool, Errno> {
        while id != directory {
            match &self.get(id)?.what {
                What::Directory(names) if id != ROOT => id = names.parent,
                _ => return Ok(false),
            }
        }
        Ok(true)
    }

    /// Opens or makes a file, or opens a directory.
    pub(super) fn open(&mut self, start: Id, path: &[u8], how: Open) -> Result<Id, Errno> {
        let follow = how.follow && !(how.create && how.exclusive);
        let Reached { place, node, must_be_directory } = walk(self, start, path, follow)?;
        let Some(id) = node else {
            let (true, Some((directory, name))) = (how.create, place) else {
                return Err(Errno::Noent);
            };
            if must_be_directory {
                return Err(Errno::Isdir);
            }
            return self.make_file(At { directory, name: &name });
        };
        if how.create && how.exclusive {
            return Err(Errno::Exist);
        }
        let kind = self.get(id)?.what.kind();
        if (how.directory || must_be_directory) && kind != Kind::Directory {
            return Err(Errno::Notdir);
        }
        match kind {
            Kind::SymbolicLink => return Err(Errno::Loop),
            Kind::Directory if how.create || how.write || how.truncate => return Err(Errno::Isdir),
            _ => {}
        }
        self.see(id)?;
        Ok(id)
    }

    /// Forgets a file's content.
    pub(super) fn truncate(&mut self, id: Id, size: u64) -> Result<(), Errno> {
        self.see(id)?;
        let space = self.space.clone();
        let What::File(content) = &mut self.get_mut(id)?.what else { return Err(Errno::Inval) };
        content.set_size(&space, size);
        self.touch(id);
        Ok(())
    }
}
