//! A place in a tree of files, whichever kind of tree it is.
//!
//! Every verb of a directory comes down to one of these, on the host or in memory. Not here: access and paths
//! (`directory.rs`).
//!
//! Invariant: nothing but the choice between the two happens here; two places of different kinds have nothing to do
//! with each other, which is `xdev`.
//!
//! Read next: `host.rs`, `tree.rs`.

use super::directory::Open;
use super::file::Bytes;
use super::host::{HostNode, HostOpened};
use super::stat::{SetTimes, Stat};
use super::tree::{TreeNode, TreeOpened};
use crate::Errno;
use crate::refusal::{Reason, refuse};

/// A directory, or something in one that is only looked at.
#[derive(Debug)]
pub(crate) enum Node {
    Host(HostNode),
    Tree(TreeNode),
}

/// What was opened.
pub(crate) enum OpenedNode {
    Directory(Node),
    File(Bytes),
    /// A device, a pipe or a socket of the file system, closed again.
    Other,
}

/// Calls the same method of either.
macro_rules! either {
    ($node:expr, $inner:ident => $call:expr) => {
        match $node {
            Node::Host($inner) => $call,
            Node::Tree($inner) => $call,
        }
    };
}

/// Calls the same method with two of the same kind.
macro_rules! both {
    ($one:expr, $other:expr, $a:ident, $b:ident => $call:expr) => {
        match ($one, $other) {
            (Node::Host($a), Node::Host($b)) => $call,
            (Node::Tree($a), Node::Tree($b)) => $call,
            _ => Err(refuse(Reason::BetweenGrants)),
        }
    };
}

impl Node {
    /// The object that a path leads to, through a last link as well.
    pub(crate) fn target(&self, path: &str, directory: bool) -> Result<Node, Errno> {
        Ok(match self {
            Node::Host(node) => Node::Host(node.target(path, directory)?),
            Node::Tree(node) => Node::Tree(node.target(path, directory)?),
        })
    }

    pub(crate) fn open(&self, path: &str, how: Open) -> Result<OpenedNode, Errno> {
        Ok(match self {
            Node::Host(node) => match node.open(path, how)? {
                HostOpened::Directory(node) => OpenedNode::Directory(Node::Host(node)),
                HostOpened::File(file) => OpenedNode::File(Bytes::Host(file)),
                HostOpened::Other => OpenedNode::Other,
            },
            Node::Tree(node) => match node.open(path, how)? {
                TreeOpened::Directory(node) => OpenedNode::Directory(Node::Tree(node)),
                TreeOpened::File(file) => OpenedNode::File(Bytes::Tree(file)),
                TreeOpened::Other => OpenedNode::Other,
            },
        })
    }

    pub(crate) fn stat(&self) -> Result<Stat, Errno> {
        either!(self, node => node.stat())
    }

    pub(crate) fn set_times(&self, times: SetTimes) -> Result<(), Errno> {
        either!(self, node => node.set_times(times))
    }

    /// Sets times of what `target` found.
    pub(crate) fn set_times_of_target(&self, times: SetTimes) -> Result<(), Errno> {
        match self {
            Node::Host(node) => node.set_times_of_target(times),
            Node::Tree(node) => node.set_times(times),
        }
    }

    pub(crate) fn sync(&self) -> Result<(), Errno> {
        match self {
            Node::Host(node) => node.sync(),
            Node::Tree(_) => Ok(()),
        }
    }

    pub(crate) fn stat_name(&self, name: &str) -> Result<Stat, Errno> {
        either!(self, node => node.stat_name(name))
    }

    pub(crate) fn set_times_of_name(&self, name: &str, times: SetTimes) -> Result<(), Errno> {
        either!(self, node => node.set_times_of_name(name, times))
    }

    pub(crate) fn make_directory(&self, name: &str) -> Result<(), Errno> {
        either!(self, node => node.make_directory(name))
    }

    pub(crate) fn remove_directory(&self, name: &str) -> Result<(), Errno> {
        either!(self, node => node.remove_directory(name))
    }

    pub(crate) fn remove_file(&self, name: &str) -> Result<(), Errno> {
        either!(self, node => node.remove_file(name))
    }

    pub(crate) fn make_link(&self, target: &[u8], name: &str) -> Result<(), Errno> {
        either!(self, node => node.make_link(target, name))
    }

    pub(crate) fn read_link(&self, name: &str, buffer: &mut [u8]) -> Result<usize, Errno> {
        either!(self, node => node.read_link(name, buffer))
    }

    pub(crate) fn rename(&self, name: &str, to: &Node, new: &str) -> Result<(), Errno> {
        both!(self, to, from, to => from.rename(name, to, new))
    }

    /// Gives what has a name here another one.
    pub(crate) fn link_name(&self, name: &str, to: &Node, new: &str) -> Result<(), Errno> {
        both!(self, to, from, to => from.link_name(name, to, new))
    }

    /// Gives what `target` found another name.
    pub(crate) fn link(&self, to: &Node, new: &str) -> Result<(), Errno> {
        both!(self, to, from, to => from.link(to, new))
    }
}
