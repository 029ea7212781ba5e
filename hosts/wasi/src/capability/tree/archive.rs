//! A tree made of an archive: tar, or zip with stored and deflated files.
//!
//! Only the names are read at first. A file's bytes stay in the archive until they are read; those that are compressed are
//! unpacked when the file is opened, into the tree's `Space`.
//!
//! Not here: finding out whether a file is an archive that the user meant (`virtual_dir.rs`).
//!
//! Invariant: a name that is absolute or has `..` in it refuses the archive; nothing in an archive is believed about
//! sizes beyond what there is room for.
//!
//! Read next: `archive/zip.rs`, then `nodes.rs`.

#[cfg(feature = "zip")]
mod zip;

use super::SharedTree;
use super::content::Content;
use super::lower::Base;
use super::nodes::{Id, Names, ROOT, Tree, What};
use super::verbs::At;
use crate::capability::stat::{Kind, SetTime, SetTimes};
use crate::{Errno, Space};
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::sync::Arc;
#[cfg(feature = "zip")]
use zip::read_zip;

/// Kinds of archives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    Tar,
    Zip,
}

/// Which kind of archive a file begins like.
pub(crate) fn format_of(file: &File) -> std::io::Result<Option<Format>> {
    let mut head = [0; 512];
    let mut len = 0;
    while len < head.len() {
        match file.read_at(&mut head[len..], len as u64)? {
            0 => break,
            count => len += count,
        }
    }
    let head = &head[..len];
    Ok(match head {
        [b'P', b'K', 3, 4, ..] | [b'P', b'K', 5, 6, ..] => Some(Format::Zip),
        _ if head.get(257..262) == Some(b"ustar") => Some(Format::Tar),
        _ => None,
    })
}

/// What is wrong with an archive, in words.
type Wrong = String;

/// Reads the names of an archive into a new tree.
pub(crate) fn read(
    file: File,
    format: Format,
    space: &Space,
    counts_time: bool,
) -> Result<SharedTree, Wrong> {
    let shared = SharedTree::new(space, None, counts_time);
    let file = Arc::new(file);
    let mut tree = shared.lock();
    match format {
        Format::Tar => read_tar(&file, &mut tree)?,
        Format::Zip => read_zip(&file, &mut tree)?,
    }
    drop(tree);
    Ok(shared)
}

/// The components of a name in an archive.
fn components(name: &[u8]) -> Result<Vec<&[u8]>, Wrong> {
    let show = || String::from_utf8_lossy(name).into_owned();
    if name.starts_with(b"/") {
        return Err(format!("entry {:?} has an absolute name", show()));
    }
    let mut all = Vec::new();
    for part in name.split(|byte| *byte == b'/') {
        match part {
            b"" | b"." => {}
            b".." => return Err(format!("entry {:?} leads out of the archive", show())),
            part if part.contains(&0) => return Err(format!("entry {:?} has a NUL in it", show())),
            part => all.push(part),
        }
    }
    Ok(all)
}

/// The directory of this name, made if it is missing.
fn directory(tree: &mut Tree, parts: &[&[u8]]) -> Result<Id, Errno> {
    let mut directory = ROOT;
    for name in parts {
        directory = match tree.lookup(directory, name)? {
            Some(id) => match tree.get(id)?.what.kind() {
                Kind::Directory => id,
                _ => return Err(Errno::Notdir),
            },
            None => tree.make_directory(At { directory, name })?,
        };
    }
    Ok(directory)
}

/// Something to put into a tree.
struct Item {
    what: What,
    modified: u64,
}

/// Puts an item where its name says. A name that is there already is replaced if `replace` says so.
fn put(tree: &mut Tree, name: &[u8], item: Item, replace: bool) -> Result<(), Wrong> {
    let parts = components(name)?;
    let wrong = |errno: Errno| {
        let name = String::from_utf8_lossy(name);
        match errno {
            Errno::Nospc => format!("it has more than there is room for, at entry {name:?}"),
            other => format!("entry {name:?}: {other}"),
        }
    };
    if matches!(item.what, What::Directory(_)) {
        let id = directory(tree, &parts).map_err(wrong)?;
        return stamp(tree, id, item.modified).map_err(wrong);
    }
    let Some((name, parents)) = parts.split_last() else { return Err(wrong(Errno::Isdir)) };
    let directory = directory(tree, parents).map_err(wrong)?;
    let at = At { directory, name };
    if tree.lookup(directory, name).map_err(wrong)?.is_some() {
        if !replace {
            return Err(wrong(Errno::Exist));
        }
        tree.remove_file(at).map_err(wrong)?;
    }
    let id = tree.add(item.what).map_err(wrong)?;
    tree.link(directory, name, id).map_err(wrong)?;
    stamp(tree, id, item.modified).map_err(wrong)
}

fn stamp(tree: &mut Tree, id: Id, modified: u64) -> Result<(), Errno> {
    let time = SetTime::To(modified);
    tree.set_times(id, SetTimes { accessed: time, modified: time })?;
    tree.get_mut(id)?.retimed = false;
    Ok(())
}

fn empty_directory() -> What {
    What::Directory(Names::default())
}

fn read_tar(file: &Arc<File>, tree: &mut Tree) -> Result<(), Wrong> {
    let wrong = |error: std::io::Error| format!("not a whole tar archive: {error}");
    let mut archive = tar::Archive::new(&**file);
    for entry in archive.entries_with_seek().map_err(wrong)? {
        let entry = entry.map_err(wrong)?;
        let name = entry.path_bytes().into_owned();
        let modified = entry.header().mtime().map_err(wrong)?.saturating_mul(1_000_000_000);
        let target = entry.link_name_bytes().unwrap_or_default().into_owned();
        let kind = entry.header().entry_type();
        let what = match kind {
            tar::EntryType::Regular | tar::EntryType::Continuous => {
                // An old way to say directory.
                if name.ends_with(b"/") {
                    empty_directory()
                } else {
                    let (at, len) = (entry.raw_file_position(), entry.size());
                    What::File(Content::over(Base::archive(file, at, len)))
                }
            }
            tar::EntryType::Directory => empty_directory(),
            tar::EntryType::Symlink => What::Link(target.into()),
            tar::EntryType::Link => {
                hard_link(tree, &name, &target)?;
                continue;
            }
            tar::EntryType::Char => What::Other(Kind::CharacterDevice),
            tar::EntryType::Block => What::Other(Kind::BlockDevice),
            tar::EntryType::Fifo => What::Other(Kind::Unknown),
            tar::EntryType::XGlobalHeader => continue,
            other => {
                let name = String::from_utf8_lossy(&name).into_owned();
                return Err(format!(
                    "entry {name:?} is of a kind that is not supported: {other:?}"
                ));
            }
        };
        put(tree, &name, Item { what, modified }, true)?;
    }
    Ok(())
}

/// Another name of an entry that came before.
fn hard_link(tree: &mut Tree, name: &[u8], target: &[u8]) -> Result<(), Wrong> {
    let wrong = |errno: Errno| {
        let (name, target) = (String::from_utf8_lossy(name), String::from_utf8_lossy(target));
        format!("entry {name:?} is a link to {target:?}: {errno}")
    };
    let (parts, to) = (components(name)?, components(target)?);
    let (Some((name, parents)), Some((to, to_parents))) = (parts.split_last(), to.split_last())
    else {
        return Err(wrong(Errno::Isdir));
    };
    let from = directory(tree, to_parents).map_err(wrong)?;
    let id = tree.find(At { directory: from, name: to }).map_err(wrong)?;
    let directory = directory(tree, parents).map_err(wrong)?;
    tree.add_name(id, At { directory, name }).map_err(wrong)
}

/// In this build there are no zip archives.
#[cfg(not(feature = "zip"))]
fn read_zip(_: &Arc<File>, _: &mut Tree) -> Result<(), Wrong> {
    Err("this build of Holm reads tar archives only".to_owned())
}
