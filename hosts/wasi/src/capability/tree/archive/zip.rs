//! The names of a zip archive, whose files are stored or deflated.
//!
//! Not here: unpacking (see `lower.rs`). Invariant: as in `archive.rs`.

use super::{Item, Wrong, empty_directory, put};
use crate::capability::tree::content::Content;
use crate::capability::tree::lower::{Base, Packed};
use crate::capability::tree::nodes::{Tree, What};
use crate::{Errno, Space};
use rawzip::{CompressionMethod, RECOMMENDED_BUFFER_SIZE, ZipArchive};
use std::fs::File;
use std::sync::Arc;

/// Reads the names of a zip archive.
pub(super) fn read_zip(file: &Arc<File>, tree: &mut Tree) -> Result<(), Wrong> {
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
