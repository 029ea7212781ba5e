//! The cache itself: open, get, put, info, clear.
//!
//! The path of a hit is eleven system calls: three check the directory, four read the secret, and four the entry:
//! open, stat, read, close; no directory is scanned. A write goes to a file of its own, which then takes the entry's name.
//! It does not wait for the disk: what a power failure leaves of an entry does not match its tag and is a miss, and
//! whoever runs a program would wait for nothing else. Read next: `entry.rs` for what is believed, `sweep.rs` for what is thrown out.

use std::path::{Path, PathBuf};

use rustix::io::Errno;

use crate::config::{CacheConfig, Unavailable};
use crate::disk::{self, Disk};
use crate::entry::{self, Entry, HEADER_BYTES};
use crate::key::Key;
use crate::secret::{Secret, TEMPORARY};
use crate::sweep;

/// An open cache. Any number of threads and processes may use one directory.
#[derive(Debug)]
pub struct Cache {
    disk: Disk,
    secret: Secret,
    dir: PathBuf,
    bytes_max: u64,
}

/// What a cache holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Info {
    /// Where it lies.
    pub dir: PathBuf,
    /// How many entries there are.
    pub entries: u64,
    /// How many bytes they take.
    pub bytes: u64,
    /// How many bytes they may take.
    pub bytes_max: u64,
}

impl Cache {
    /// Opens the cache, making its directory and secret if they are missing.
    ///
    /// # Errors
    /// When the directory can not be made or read, is of another user, or may be written by others.
    /// The caller goes on without a cache.
    pub fn open(config: CacheConfig) -> Result<Self, Unavailable> {
        let CacheConfig { dir, bytes_max } = config;
        let disk = Disk::open(&dir)?;
        let secret = Secret::load(&disk).map_err(|e| {
            Unavailable::new(format!("{} can not hold the cache's secret: {e}", dir.display()))
        })?;
        Ok(Self { disk, secret, dir, bytes_max })
    }

    /// Where it lies.
    #[must_use]
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// What was stored under this key, if it is there and exactly what was stored.
    #[must_use]
    pub fn get(&self, key: &Key) -> Option<Entry> {
        let name = self.secret.file_name(key);
        let (file, stat) = match self.disk.open_file(&name) {
            Ok(opened) => opened,
            Err(e) => {
                // A link, a pipe, a file of another user: not ours, and in our way.
                if matches!(e, Errno::PERM | Errno::LOOP | Errno::NXIO) {
                    self.discard(&name);
                }
                return None;
            }
        };
        let bytes = usize::try_from(disk::file_bytes(&stat)).ok()?;
        if disk::file_bytes(&stat) > self.entry_bytes_max() {
            self.discard(&name);
            return None;
        }
        // A read that fails says nothing about the entry: leave it.
        let content = disk::read(&file, bytes).ok()?;
        let Some(entry) = Entry::authenticate(content, key, &self.secret) else {
            self.discard(&name);
            return None;
        };
        if sweep::is_stale(&stat) {
            // On a read-only disk the entry is as good, only its age is unknown.
            let _ = disk::touch(&file);
        }
        Some(entry)
    }

    /// Stores the parts, joined, under this key.
    ///
    /// # Errors
    /// When the entry is larger than half the bound, or the disk is full or read-only. Nothing else is harmed.
    pub fn put(&self, key: &Key, parts: &[&[u8]]) -> Result<(), Unavailable> {
        let payload: u64 = parts.iter().map(|part| part.len() as u64).sum();
        let bytes = payload.saturating_add(HEADER_BYTES as u64);
        let max = self.entry_bytes_max();
        if bytes > max {
            return Err(Unavailable::new(format!(
                "entry too large for the cache: {bytes} bytes > {max}"
            )));
        }
        self.store(key, parts, bytes).map_err(|e| {
            Unavailable::new(format!("{} can not store an entry: {e}", self.dir.display()))
        })
    }

    fn store(&self, key: &Key, parts: &[&[u8]], bytes: u64) -> rustix::io::Result<()> {
        sweep::account(&self.disk, bytes, self.bytes_max)?;
        let header = entry::header(key, parts, &self.secret);
        let mut whole: Vec<&[u8]> = Vec::with_capacity(parts.len() + 1);
        whole.push(&header);
        whole.extend_from_slice(parts);

        let temporary = disk::random_name(TEMPORARY)?;
        let file = self.disk.create(&temporary)?;
        let stored = disk::write(&file, &whole)
            .and_then(|()| self.disk.rename(&temporary, &self.secret.file_name(key)));
        if stored.is_err() {
            self.discard(&temporary);
        }
        stored
    }

    /// How much it holds. Looks at every entry.
    ///
    /// # Errors
    /// When the directory can not be read.
    pub fn info(&self) -> Result<Info, Unavailable> {
        let items = sweep::items(&self.disk).map_err(|e| self.unreadable(e))?;
        Ok(Info {
            dir: self.dir.clone(),
            entries: items.len() as u64,
            bytes: items.iter().map(|item| item.bytes).sum(),
            bytes_max: self.bytes_max,
        })
    }

    /// Removes every entry and says how many there were. Files that are not the cache's own stay.
    ///
    /// # Errors
    /// When the directory can not be read, or an entry not be removed.
    pub fn clear(&self) -> Result<u64, Unavailable> {
        sweep::clear(&self.disk).map_err(|e| self.unreadable(e))
    }

    /// One entry may fill half of the cache.
    fn entry_bytes_max(&self) -> u64 {
        self.bytes_max / 2
    }

    /// Best effort: on a read-only disk it stays, and stays a miss.
    fn discard(&self, name: &str) {
        let _ = self.disk.remove(name);
    }

    fn unreadable(&self, e: Errno) -> Unavailable {
        Unavailable::new(format!("{} can not be changed or read: {e}", self.dir.display()))
    }
}
