//! The format of an entry: a header of 64 bytes, then the caller's bytes.
//!
//! | bytes | what |
//! |---|---|
//! | 0..8 | magic with the format's number |
//! | 8..16 | length of the payload, little endian |
//! | 16..32 | zero |
//! | 32..64 | keyed BLAKE3 of bytes 0..32, the key, and the payload |
//!
//! The key is under the hash, so an entry that was moved to another one's name is refused.
//!
//! Why it is read and not mapped: a mapping of a file shows later changes to it, so what was authenticated need not be what is
//! executed, and a file that is cut short kills the process that mapped it. One `read` into memory of our own costs 0.1 ms
//! per MB once, which hashing costs again; the publisher copies the code into its sealed image in any case.

use std::fmt;

use crate::key::Key;
use crate::secret::Secret;

const MAGIC: [u8; 8] = *b"holmcod1";
/// Bytes before the payload; a multiple of 16, so that the payload is as well aligned as the allocation.
pub(crate) const HEADER_BYTES: usize = 64;
const AUTHENTICATED: usize = 32;

/// An entry's bytes, authenticated: what [`crate::Cache::put`] was given, its parts joined.
pub struct Entry {
    file: Vec<u8>,
}

impl Entry {
    /// The entry in a file's bytes, or nothing if they are not what this user stored under this key.
    pub(crate) fn authenticate(file: Vec<u8>, key: &Key, secret: &Secret) -> Option<Self> {
        let (header, payload) = file.split_at_checked(HEADER_BYTES)?;
        let (front, tag) = header.split_at(AUTHENTICATED);
        if front != front_of(payload.len() as u64) {
            return None;
        }
        let tag: [u8; 32] = tag.try_into().ok()?;
        // Comparing two `Hash`es takes the same time wherever they differ.
        if tag_of(front, key, &[payload], secret) != blake3::Hash::from_bytes(tag) {
            return None;
        }
        Some(Self { file })
    }
}

impl AsRef<[u8]> for Entry {
    fn as_ref(&self) -> &[u8] {
        &self.file[HEADER_BYTES..]
    }
}

impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Entry({} bytes)", self.as_ref().len())
    }
}

/// The header of an entry with the given payload.
pub(crate) fn header(key: &Key, parts: &[&[u8]], secret: &Secret) -> [u8; HEADER_BYTES] {
    let front = front_of(parts.iter().map(|part| part.len() as u64).sum());
    let mut header = [0; HEADER_BYTES];
    header[..AUTHENTICATED].copy_from_slice(&front);
    header[AUTHENTICATED..].copy_from_slice(tag_of(&front, key, parts, secret).as_bytes());
    header
}

fn front_of(payload_bytes: u64) -> [u8; AUTHENTICATED] {
    let mut front = [0; AUTHENTICATED];
    front[..8].copy_from_slice(&MAGIC);
    front[8..16].copy_from_slice(&payload_bytes.to_le_bytes());
    front
}

fn tag_of(front: &[u8], key: &Key, parts: &[&[u8]], secret: &Secret) -> blake3::Hash {
    let mut hasher = secret.authenticator();
    hasher.update(front);
    hasher.update(key.as_bytes());
    for part in parts {
        hasher.update(part);
    }
    hasher.finalize()
}
