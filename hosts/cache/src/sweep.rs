//! Keeping the cache small: who is thrown out, and when anybody looks.
//!
//! Looking at every entry is never part of a hit and rarely part of a write: each write appends one byte for every 64 KiB it
//! brings to a ledger, whose *length* thus says how much came in since the last sweep. Appending is atomic, so processes need
//! no lock, and a ledger that is lost only delays a sweep. When a sixteenth of the bound has come in, one writer sweeps:
//! least recently used entries go until seven eighths of the bound are left, and so do files that a killed process left behind.
//! Last use is a file's modification time, renewed by a hit when it is over an hour old.

use std::time::{Duration, SystemTime};

use rustix::fs::Stat;
use rustix::io::Result;

use crate::disk::{self, Disk};
use crate::secret::{ENTRY, TEMPORARY};

const LEDGER: &str = "holm-ledger";
/// Bytes of entries that one byte of the ledger stands for.
const LEDGER_UNIT: u64 = 64 << 10;
/// A file that is being written is left alone for so long.
const TEMPORARY_AGE_MAX: Duration = Duration::from_secs(3600);
/// A hit renews a time of use that is older than this.
const USE_AGE_MAX: Duration = Duration::from_secs(3600);

/// An entry as a sweep sees it.
pub(crate) struct Item {
    pub(crate) name: String,
    pub(crate) bytes: u64,
    used: (i64, u64),
}

/// Notes that `bytes` are about to come in, and makes room if it is time.
pub(crate) fn account(disk: &Disk, bytes: u64, bytes_max: u64) -> Result<()> {
    let ledger = disk.open_append(LEDGER)?;
    let units = bytes.div_ceil(LEDGER_UNIT).max(1);
    disk::write(&ledger, &[&vec![0; usize::try_from(units).unwrap_or(usize::MAX)]])?;
    if disk::size(&ledger)? >= bytes_max / 16 / LEDGER_UNIT {
        // First, so that of two processes one is likely to find nothing to do.
        disk::truncate(&ledger)?;
        sweep(disk, bytes, bytes_max)?;
    }
    Ok(())
}

/// Throws out what is over seven eighths of the bound once `incoming` bytes are there, oldest use first.
fn sweep(disk: &Disk, incoming: u64, bytes_max: u64) -> Result<()> {
    let mut items = items(disk)?;
    items.sort_unstable_by_key(|item| item.used);
    let mut total = items.iter().map(|item| item.bytes).sum::<u64>().saturating_add(incoming);
    let goal = bytes_max / 8 * 7;
    for item in &items {
        if total <= goal {
            break;
        }
        // Another process may have been faster; gone is gone.
        let _ = disk.remove(&item.name);
        total = total.saturating_sub(item.bytes);
    }
    Ok(())
}

/// All entries. Files that a killed process left behind are removed on the way.
pub(crate) fn items(disk: &Disk) -> Result<Vec<Item>> {
    let mut items = Vec::new();
    for name in disk.names()? {
        let is_entry = is_entry(&name);
        if !is_entry && !is_temporary(&name) {
            continue;
        }
        let Ok(stat) = disk.stat(&name) else { continue };
        if is_entry {
            let used = (stat.st_mtime, stat.st_mtime_nsec);
            items.push(Item { name, bytes: disk::file_bytes(&stat), used });
        } else if age(&stat) > TEMPORARY_AGE_MAX {
            let _ = disk.remove(&name);
        }
    }
    Ok(items)
}

/// Removes everything but the secret, and says how many entries that were.
pub(crate) fn clear(disk: &Disk) -> Result<u64> {
    let mut removed = 0;
    for name in disk.names()? {
        if is_entry(&name) {
            disk.remove(&name)?;
            removed += 1;
        } else if is_temporary(&name) || name == LEDGER {
            disk.remove(&name)?;
        }
    }
    Ok(removed)
}

/// Whether a hit should renew this file's time of use.
pub(crate) fn is_stale(stat: &Stat) -> bool {
    age(stat) > USE_AGE_MAX
}

/// Time since a file's last use; one that lies in the future (a clock was set back) counts as very old.
fn age(stat: &Stat) -> Duration {
    let seconds = u64::try_from(stat.st_mtime).unwrap_or(0);
    let used = SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
    // One second of grace: the kernel's coarse clock lags behind ours, never the other way by more.
    let now = SystemTime::now() + Duration::from_secs(1);
    now.duration_since(used).unwrap_or(Duration::MAX)
}

/// Our names only: a cache that was pointed at a directory with other files leaves them alone.
fn is_entry(name: &str) -> bool {
    name.strip_suffix(ENTRY).is_some_and(|stem| is_hexadecimal(stem, 64))
}

fn is_temporary(name: &str) -> bool {
    name.strip_prefix(TEMPORARY).is_some_and(|stem| is_hexadecimal(stem, 16))
}

fn is_hexadecimal(text: &str, digits: usize) -> bool {
    text.len() == digits && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}
