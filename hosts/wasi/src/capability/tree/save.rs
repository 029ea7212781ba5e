//! Writing what a tree holds, or what changed in it, as a tar archive.
//!
//! Of an overlay only what differs from the directory beneath is written. A name that was removed becomes an empty file with
//! the name `.wh.NAME`, as in the layers of container images, so that tools which know those can apply it.
//!
//! Invariant: nothing but the writer is touched; the tree is locked for as long as it takes.
//!
//! Read next: `nodes.rs`.

use super::SharedTree;
use super::nodes::{Id, ROOT, Tree, What};
use crate::Errno;
use crate::capability::stat::Kind;
use std::io::{self, IoSliceMut, Read, Write};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// A directory that is still to be written.
struct Pending {
    id: Id,
    path: Vec<u8>,
    /// All of it, and not only what changed.
    whole: bool,
}

impl SharedTree {
    /// Writes everything, or for an overlay every change.
    pub(crate) fn save(&self, out: &mut dyn Write) -> io::Result<()> {
        let mut tree = self.lock();
        let mut archive = tar::Builder::new(out);
        let whole = tree.lower.is_none();
        let mut pending = vec![Pending { id: ROOT, path: Vec::new(), whole }];
        while let Some(next) = pending.pop() {
            save_directory(&mut tree, &mut archive, next, &mut pending)?;
        }
        archive.finish()
    }
}

type Archive<'a> = tar::Builder<&'a mut dyn Write>;

fn save_directory(
    tree: &mut Tree,
    archive: &mut Archive<'_>,
    directory: Pending,
    pending: &mut Vec<Pending>,
) -> io::Result<()> {
    let Pending { id, path, whole } = directory;
    if !whole && tree.is_unread(id) {
        return Ok(());
    }
    let origin = tree.get(id).map_err(error)?.origin.clone();
    let names = tree.names(id).map_err(error)?;
    let children: Vec<(Vec<u8>, Id)> =
        names.iter().map(|(name, child)| (name.to_vec(), child)).collect();
    let gone: Vec<Vec<u8>> = names.gone.iter().map(|name| name.to_vec()).collect();
    for name in gone {
        if !whole && !children.iter().any(|(child, _)| *child == name) {
            let marker = join(&path, &[b".wh.", &name[..]].concat());
            entry(archive, &marker, tar::EntryType::Regular, (0, 0), &mut io::empty())?;
        }
    }
    for (name, child) in children {
        let path = join(&path, &name);
        let node = tree.get(child).map_err(error)?;
        // What is where it was is written only as far as it changed.
        let stays =
            !whole && node.origin == origin.as_ref().map(|origin| join(origin, &name).into());
        let retimed = node.retimed;
        match node.what.kind() {
            Kind::Directory => {
                if !stays || retimed {
                    save_entry(tree, archive, child, &path)?;
                }
                pending.push(Pending { id: child, path, whole: !stays });
            }
            _ => {
                let changed = matches!(&node.what, What::File(content) if content.is_changed());
                if !stays || changed || retimed {
                    save_entry(tree, archive, child, &path)?;
                }
            }
        }
    }
    Ok(())
}

fn save_entry(tree: &mut Tree, archive: &mut Archive<'_>, id: Id, path: &[u8]) -> io::Result<()> {
    let stat = tree.stat(id).map_err(error)?;
    let seconds = stat.modified / 1_000_000_000;
    match &tree.get(id).map_err(error)?.what {
        What::Directory(_) => {
            let kind = tar::EntryType::Directory;
            entry(archive, path, kind, (0, seconds), &mut io::empty())
        }
        What::Link(target) => {
            let mut header = header(tar::EntryType::Symlink, (0, seconds));
            let target = Path::new(std::ffi::OsStr::from_bytes(target));
            archive.append_link(&mut header, name(path), target)
        }
        What::File(_) => {
            tree.hold(id).map_err(error)?;
            let space = tree.space.clone();
            let result = match &mut tree.get_mut(id).map_err(error)?.what {
                What::File(content) => content.open(&space).map_err(error).and_then(|()| {
                    let mut bytes = Bytes { content, at: 0 };
                    let kind = tar::EntryType::Regular;
                    entry(archive, path, kind, (stat.size, seconds), &mut bytes)
                }),
                _ => Ok(()),
            };
            tree.drop_handle(id);
            result
        }
        // Devices and pipes are not ours to give.
        What::Other(_) => Ok(()),
    }
}

/// The bytes of a file as a stream.
struct Bytes<'a> {
    content: &'a super::content::Content,
    at: u64,
}

impl Read for Bytes<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let count = self.content.read(&mut [IoSliceMut::new(out)], self.at).map_err(error)?;
        self.at += count as u64;
        Ok(count)
    }
}

fn header(kind: tar::EntryType, (size, seconds): (u64, u64)) -> tar::Header {
    let mut header = tar::Header::new_gnu();
    header.set_entry_type(kind);
    header.set_mode(if kind == tar::EntryType::Directory { 0o755 } else { 0o644 });
    header.set_size(size);
    header.set_mtime(seconds);
    header
}

fn entry(
    archive: &mut Archive<'_>,
    path: &[u8],
    kind: tar::EntryType,
    numbers: (u64, u64),
    bytes: &mut dyn Read,
) -> io::Result<()> {
    archive.append_data(&mut header(kind, numbers), name(path), bytes)
}

fn name(path: &[u8]) -> &Path {
    Path::new(std::ffi::OsStr::from_bytes(path))
}

fn join(directory: &[u8], name: &[u8]) -> Vec<u8> {
    let slash: &[u8] = if directory.is_empty() { b"" } else { b"/" };
    [directory, slash, name].concat()
}

fn error(errno: Errno) -> io::Error {
    io::Error::other(errno)
}
