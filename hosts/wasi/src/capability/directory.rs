//! A granted directory: everything that can be done by path.
//!
//! A verb that opens hands the whole path to `open_beneath`. Every other verb opens the parent that way and then acts
//! on one last component, by a call that does not follow links; a slash at the end of a path means "must be a
//! directory" and is dealt with here, never left to the kernel.
//!
//! Invariant: a directory that was granted `ReadOnly`, and whatever is opened through it, refuses every change
//! with `rofs`, before anything happens.
//!
//! Read next: `node.rs`, `resolve.rs`, then `preview1/path.rs`.

use super::Access;
use super::file::File;
use super::listing::{Entry, Listing};
use super::node::{Node, OpenedNode};
use super::path::{GuestPath, Name};
use super::stat::{Kind, SetTimes, Stat};
use crate::Errno;
use crate::refusal::{Reason, refuse};
use rustix::fd::AsFd;
use std::ops::Deref;

/// A directory and what its grant allows.
#[derive(Debug)]
pub(crate) struct Directory {
    node: Node,
    access: Access,
    listing: Option<Box<Listing>>,
    /// Listings come in the order of names.
    ordered: bool,
}

/// How to open.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Open {
    /// Follow the last component if it is a link.
    pub(crate) follow: bool,
    pub(crate) create: bool,
    pub(crate) exclusive: bool,
    pub(crate) truncate: bool,
    pub(crate) directory: bool,
    pub(crate) read: bool,
    pub(crate) write: bool,
}

/// What was opened.
#[derive(Debug)]
pub(crate) enum Opened {
    Directory(Directory),
    File(File),
}

/// The directory that holds a last component.
enum Parent<'a> {
    This(&'a Node),
    Below(Node),
}

impl Deref for Parent<'_> {
    type Target = Node;

    fn deref(&self) -> &Node {
        match self {
            Parent::This(node) => node,
            Parent::Below(node) => node,
        }
    }
}

/// Where a verb acts: one component in one directory.
struct Place<'a> {
    parent: Parent<'a>,
    name: &'a str,
}

impl Place<'_> {
    fn kind(&self) -> Result<Kind, Errno> {
        Ok(self.parent.stat_name(self.name)?.kind)
    }

    /// The answer for a new name with a slash at the end, which no file or link can have.
    fn refuse_slash(&self) -> Errno {
        match self.kind() {
            Ok(Kind::Directory) => Errno::Exist,
            Ok(_) => Errno::Notdir,
            Err(errno) => errno,
        }
    }
}

impl Directory {
    pub(crate) fn new(node: Node, access: Access) -> Directory {
        Directory { node, access, listing: None, ordered: false }
    }

    /// Makes listings of this directory, and of those opened through it, come in the order of names.
    pub(crate) fn ordered(mut self, ordered: bool) -> Directory {
        self.ordered = ordered;
        self
    }

    pub(crate) fn access(&self) -> Access {
        self.access
    }

    fn must_be_writable(&self) -> Result<(), Errno> {
        match self.access {
            Access::ReadWrite => Ok(()),
            Access::ReadOnly => Err(refuse(Reason::ReadOnly)),
        }
    }

    /// The parent and last component of `path`; `special` if that is `.` or `..`, on which a verb
    /// cannot act. The path is looked up all the same, so that one that leads out says so.
    fn locate<'a>(&'a self, path: GuestPath<'a>, special: Errno) -> Result<Place<'a>, Errno> {
        let (parent, name) = path.split();
        let Name::Plain(name) = name else {
            self.node.target(path.text(), true)?;
            return Err(special);
        };
        let parent = match parent {
            None => Parent::This(&self.node),
            Some(parent) => Parent::Below(self.node.target(parent, true)?),
        };
        Ok(Place { parent, name })
    }

    /// The object a path leads to, through a last link as well.
    fn target(&self, path: GuestPath<'_>) -> Result<Node, Errno> {
        self.node.target(path.text(), path.must_be_directory())
    }

    /// Opens a file or directory. Devices, pipes and sockets of the file system are not granted.
    pub(crate) fn open(&self, path: GuestPath<'_>, how: Open) -> Result<Opened, Errno> {
        let directory = how.directory || path.must_be_directory();
        if how.create || how.truncate || how.write {
            self.must_be_writable()?;
        }
        if how.create && directory {
            return Err(if how.directory { Errno::Inval } else { Errno::Isdir });
        }
        // A link with a slash behind it is followed.
        let follow = how.follow || path.must_be_directory();
        match self.node.open(path.text(), Open { follow, directory, ..how })? {
            OpenedNode::Directory(node) => {
                let directory = Directory::new(node, self.access).ordered(self.ordered);
                Ok(Opened::Directory(directory))
            }
            OpenedNode::File(bytes) => {
                let changeable = self.access == Access::ReadWrite;
                Ok(Opened::File(File::new(bytes, how.read, how.write, changeable)))
            }
            OpenedNode::Other => Err(refuse(Reason::NotAFile)),
        }
    }

    pub(crate) fn stat(&self) -> Result<Stat, Errno> {
        self.node.stat()
    }

    pub(crate) fn stat_at(&self, path: GuestPath<'_>, follow: bool) -> Result<Stat, Errno> {
        // Where nothing has to be opened to look at the name, it is only opened to follow a link.
        if acts_on_name(path) && (!follow || path.split().0.is_none()) {
            let place = self.locate(path, Errno::Inval)?;
            let stat = place.parent.stat_name(place.name)?;
            if !follow || stat.kind != Kind::SymbolicLink {
                return Ok(stat);
            }
        }
        self.target(path)?.stat()
    }

    pub(crate) fn set_times(&self, times: SetTimes) -> Result<(), Errno> {
        self.must_be_writable()?;
        self.node.set_times(times)
    }

    pub(crate) fn set_times_at(
        &self,
        path: GuestPath<'_>,
        follow: bool,
        times: SetTimes,
    ) -> Result<(), Errno> {
        self.must_be_writable()?;
        if follow || !acts_on_name(path) {
            return self.target(path)?.set_times_of_target(times);
        }
        let place = self.locate(path, Errno::Inval)?;
        place.parent.set_times_of_name(place.name, times)
    }

    pub(crate) fn sync(&self) -> Result<(), Errno> {
        self.node.sync()
    }

    pub(crate) fn create_directory(&self, path: GuestPath<'_>) -> Result<(), Errno> {
        self.must_be_writable()?;
        let place = self.locate(path, Errno::Exist)?;
        place.parent.make_directory(place.name)
    }

    pub(crate) fn remove_directory(&self, path: GuestPath<'_>) -> Result<(), Errno> {
        self.must_be_writable()?;
        let place = self.locate(path, Errno::Inval)?;
        place.parent.remove_directory(place.name)
    }

    pub(crate) fn unlink_file(&self, path: GuestPath<'_>) -> Result<(), Errno> {
        self.must_be_writable()?;
        let place = self.locate(path, Errno::Isdir)?;
        if path.must_be_directory() {
            return Err(match place.kind()? {
                Kind::Directory => Errno::Isdir,
                _ => Errno::Notdir,
            });
        }
        place.parent.remove_file(place.name)
    }

    /// Renames over to a place in `to`, which may be another grant.
    pub(crate) fn rename(
        &self,
        old: GuestPath<'_>,
        to: &Directory,
        new: GuestPath<'_>,
    ) -> Result<(), Errno> {
        self.must_be_writable()?;
        to.must_be_writable()?;
        let source = self.locate(old, Errno::Busy)?;
        let target = to.locate(new, Errno::Busy)?;
        if (old.must_be_directory() || new.must_be_directory()) && source.kind()? != Kind::Directory
        {
            return Err(Errno::Notdir);
        }
        source.parent.rename(source.name, &target.parent, target.name)
    }

    /// Makes a hard link in `to`, which may be another grant, but not one with other rights: a link would carry
    /// them over. That is reported as `xdev`, which programs know from file systems and answer with a copy.
    pub(crate) fn link(
        &self,
        old: GuestPath<'_>,
        follow: bool,
        to: &Directory,
        new: GuestPath<'_>,
    ) -> Result<(), Errno> {
        to.must_be_writable()?;
        if self.access != to.access {
            return Err(refuse(Reason::BetweenGrants));
        }
        let target = to.locate(new, Errno::Exist)?;
        if new.must_be_directory() {
            return Err(target.refuse_slash());
        }
        if follow || old.must_be_directory() {
            return self.target(old)?.link(&target.parent, target.name);
        }
        let source = self.locate(old, Errno::Perm)?;
        source.parent.link_name(source.name, &target.parent, target.name)
    }

    /// Makes a symbolic link. One to an absolute place could not be followed by any guest, only mislead the host.
    pub(crate) fn symlink(&self, target: &[u8], path: GuestPath<'_>) -> Result<(), Errno> {
        self.must_be_writable()?;
        // An absolute target is refused here.
        GuestPath::new(target)?;
        let place = self.locate(path, Errno::Exist)?;
        if path.must_be_directory() {
            return Err(place.refuse_slash());
        }
        place.parent.make_link(target, place.name)
    }

    /// Copies where a link leads to into `buffer`, as much as fits.
    pub(crate) fn read_link(&self, path: GuestPath<'_>, buffer: &mut [u8]) -> Result<usize, Errno> {
        if !acts_on_name(path) {
            self.target(path)?;
            return Err(Errno::Inval);
        }
        let place = self.locate(path, Errno::Inval)?;
        if buffer.is_empty() {
            return match place.kind()? {
                Kind::SymbolicLink => Ok(0),
                _ => Err(Errno::Inval),
            };
        }
        place.parent.read_link(place.name, buffer)
    }

    /// Shows `visit` the entries behind a cookie, until it says false or there are no more.
    pub(crate) fn visit_entries(
        &mut self,
        cookie: u64,
        visit: impl FnMut(Entry<'_>) -> Result<bool, Errno>,
    ) -> Result<(), Errno> {
        match &self.node {
            Node::Host(node) => {
                let new = if self.ordered { Listing::ordered } else { Listing::default };
                let listing = self.listing.get_or_insert_with(|| Box::new(new()));
                listing.visit(node.as_fd(), cookie, visit)
            }
            Node::Tree(node) => node.visit_entries(cookie, visit),
        }
    }
}

/// Whether a verb that does not follow a last link acts on a name in a parent, and not on a directory.
fn acts_on_name(path: GuestPath<'_>) -> bool {
    !path.must_be_directory() && matches!(path.split().1, Name::Plain(_))
}
