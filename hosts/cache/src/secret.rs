//! The user's secret and the two keys made from it: one for names, one for authentication.
//!
//! The secret is 32 random bytes in a 0600 file beside the entries. Who can read it can already act as this user; who can
//! only bring files into the cache (a restored backup, a shared volume, a lying disk) can not make an entry that is believed.
//! It is published by `link`, which never replaces: of two processes that start at once, both use the one that won.
//! A secret that is damaged, or that others may have read, is thrown away: all older entries become misses.

use rustix::io::{Errno, Result};

use crate::disk::{self, Disk};
use crate::key::Key;

const NAME: &str = "holm-secret";
const BYTES: usize = 32;
const AUTHENTICATION: &str = "holm cache entry authentication, format 1";
const NAMES: &str = "holm cache entry names, format 1";

/// Prefix of files that are being written.
pub(crate) const TEMPORARY: &str = "holm-tmp-";
/// Suffix of entries.
pub(crate) const ENTRY: &str = ".holm-code";

/// The keys of one user's cache.
pub(crate) struct Secret {
    authentication: [u8; 32],
    names: [u8; 32],
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(..)")
    }
}

impl Secret {
    /// Reads the secret, or makes one.
    pub(crate) fn load(disk: &Disk) -> Result<Self> {
        for _ in 0..3 {
            match read(disk) {
                Ok(secret) => return Ok(Self::from_bytes(&secret)),
                Err(Errno::NOENT) => create(disk)?,
                // Damaged or foreign.
                Err(Errno::PERM | Errno::LOOP | Errno::NXIO) => disk.remove(NAME)?,
                Err(e) => return Err(e),
            }
        }
        Err(Errno::AGAIN)
    }

    fn from_bytes(secret: &[u8; BYTES]) -> Self {
        Self {
            authentication: blake3::derive_key(AUTHENTICATION, secret),
            names: blake3::derive_key(NAMES, secret),
        }
    }

    /// A hasher that nobody without the secret can imitate.
    pub(crate) fn authenticator(&self) -> blake3::Hasher {
        blake3::Hasher::new_keyed(&self.authentication)
    }

    /// The name of an entry's file: it tells nobody else which key it stands for.
    pub(crate) fn file_name(&self, key: &Key) -> String {
        let mut name = blake3::keyed_hash(&self.names, key.as_bytes()).to_hex().to_string();
        name.push_str(ENTRY);
        name
    }
}

/// The secret's bytes; [`Errno::PERM`] if it is not 32 bytes that only this user can read.
fn read(disk: &Disk) -> Result<[u8; BYTES]> {
    let (file, stat) = disk.open_file(NAME)?;
    if stat.st_mode & 0o077 != 0 || disk::file_bytes(&stat) != BYTES as u64 {
        return Err(Errno::PERM);
    }
    disk::read(&file, BYTES)?.try_into().map_err(|_| Errno::PERM)
}

/// Makes a secret, unless another process was faster.
fn create(disk: &Disk) -> Result<()> {
    let mut secret = [0; BYTES];
    disk::random(&mut secret)?;
    let temporary = disk::random_name(TEMPORARY)?;
    let file = disk.create(&temporary)?;
    let published = disk::write(&file, &[&secret])
        .and_then(|()| disk::sync(&file))
        .and_then(|()| disk.link(&temporary, NAME));
    // Best effort: what stays behind here is swept up later.
    let _ = disk.remove(&temporary);
    match published {
        Ok(()) => disk.sync(),
        Err(Errno::EXIST) => Ok(()),
        Err(e) => Err(e),
    }
}
