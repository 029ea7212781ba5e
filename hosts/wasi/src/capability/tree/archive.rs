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
//! Read next: `nodes.rs`.

use super::SharedTree;
use super::content::Content;
use super::lower::{Base, Packed};
use super::nodes::{Id, Names, ROOT, Tree, What};
use super::verbs::At;
use crate::capability::stat::{Kind, SetTime, SetTimes};
use crate::{Errno, Space};
use rawzip::{CompressionMethod, RECOMMENDED_BUFFER_SIZE, ZipArchive};
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::sync::Arc;

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

fn read_zip(file: &Arc<File>, tree: &mut Tree) -> Result<(), Wrong> {
    let wrong = |error: rawzip::Error| format!("not a whole zip archive: {error}");
    let own = file.try_clone().map_err(|error| error.to_string())?;
    let mut buffer = vec![0; RECOMMENDED_BUFFER_SIZE];
    let archive = ZipArchive::from_file(own, &mut buffer).map_err(wrong)?;
    let mut entries = archive.entries(&mut buffer);
    while let Some(entry) = entries.next_entry().map_err(wrong)? {
        let name = entry.file_path().as_bytes().to_vec();
        let show = || String::from_utf8_lossy(&name).into_owned();
        let modified = seconds_of(&entry.last_modified()).saturating_mul(1_000_000_000);
        if entry.is_dir() {
            put(tree, &name, Item { what: empty_directory(), modified }, false)?;
            continue;
        }
        if entry.flags().is_encrypted() {
            return Err(format!("entry {:?} is encrypted", show()));
        }
        let method = entry.compression_method();
        let (len, crc) = (entry.uncompressed_size_hint(), entry.crc32());
        let is_link = entry.mode().is_symlink();
        let place = archive.get_entry(entry.wayfinder()).map_err(wrong)?;
        let (at, end) = place.compressed_data_range();
        let packed_len = end.saturating_sub(at);
        let content = match method {
            CompressionMethod::STORE => Content::over(Base::archive(file, at, len.min(packed_len))),
            CompressionMethod::DEFLATE => {
                let file = Arc::clone(file);
                Content::packed(Packed { file, at, packed_len, len, crc })
            }
            other => {
                return Err(format!(
                    "entry {:?} is packed with a method that is not supported: {other}",
                    show()
                ));
            }
        };
        let what = if is_link { link_of(content, &tree.space)? } else { What::File(content) };
        put(tree, &name, Item { what, modified }, false)?;
    }
    Ok(())
}

/// A link, whose target a zip archive keeps like content.
fn link_of(mut content: Content, space: &Space) -> Result<What, Wrong> {
    let wrong = |errno: Errno| format!("the target of a link cannot be read: {errno}");
    let mut target = [0; crate::limits::PATH_BYTES_MAX];
    content.open(space).map_err(wrong)?;
    let count = content.read(&mut [std::io::IoSliceMut::new(&mut target)], 0).map_err(wrong);
    content.clear(space);
    Ok(What::Link(target[..count?].into()))
}

/// The seconds since 1970 of a time in a zip archive, which is taken for UTC whatever it is.
fn seconds_of(time: &rawzip::time::ZipDateTimeKind) -> u64 {
    let (year, month, day) =
        (u64::from(time.year()), u64::from(time.month()), u64::from(time.day()));
    // Years begin in March, so that the day that comes every fourth year is the last one.
    let (year, month) =
        if month <= 2 { (year.max(1970) - 1, month + 9) } else { (year, month - 3) };
    let days = 365 * year + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + day;
    let clock = u64::from(time.hour()) * 3600 + u64::from(time.minute()) * 60;
    // From the first of March of the year 0 to the first of January 1970, one day more for the day that counts from 1.
    days.saturating_sub(719_469) * 86_400 + clock + u64::from(time.second())
}
