//! What a guest may be granted, as objects that do their own checking: directories, files, streams, sockets,
//! clocks, randomness, and waiting for them.
//!
//! Not here: guest memory, descriptor numbers, rights and structure layouts. Those belong to an interface such as
//! `preview1`; every interface stands on these objects.
//!
//! Invariant: an object reaches nothing but what it was made from, and refuses what its `Access` does not include,
//! whoever calls it and whatever that caller has checked.
//!
//! Read next: `directory.rs` (the sandbox), then `stream.rs` and `wait.rs`.

pub(crate) mod clock;
pub(crate) mod directory;
pub(crate) mod file;
pub(crate) mod host;
pub(crate) mod host_file;
pub(crate) mod listing;
pub(crate) mod node;
pub(crate) mod path;
pub(crate) mod pipe;
pub(crate) mod random;
pub(crate) mod resolve;
pub(crate) mod socket;
pub(crate) mod stat;
pub(crate) mod stream;
pub(crate) mod table;
pub(crate) mod tree;
pub(crate) mod veil;
pub(crate) mod wait;

/// What a grant of a directory allows for it and for everything reached through it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Nothing can be changed: no content, name, size or time.
    ReadOnly,
    /// Everything can be changed.
    ReadWrite,
}

/// An object that a descriptor can stand for.
#[derive(Debug)]
pub(crate) enum Object {
    Directory(directory::Directory),
    File(file::File),
    Stream(stream::Stream),
    Listener(socket::Listener),
    Socket(socket::Socket),
}
