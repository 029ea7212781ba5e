//! In place of a cache, where nothing is ever compiled.
//!
//! Not here: the cache (see `disk.rs`). Invariant: it never has anything. Read next: `code.rs`.

use holm::SharedBytes;

use super::{CacheOptions, Origin};

/// No cache.
pub(crate) struct DiskCache;

impl DiskCache {
    pub(crate) fn new(_: &CacheOptions) -> Self {
        Self
    }

    /// Where the last module's code came from.
    pub(crate) fn origin(&self) -> Origin {
        Origin::NotKept("there is no code to keep".to_owned())
    }
}

impl holm::CodeCache for DiskCache {
    fn get(&self, _: &[&[u8]]) -> Option<SharedBytes> {
        None
    }

    fn put(&self, _: &[&[u8]], _: &[&[u8]]) {}
}
