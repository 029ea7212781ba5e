//! The cache as the command line sees it: which one, if any, and what it did.
//!
//! Not here: its format (see `holm-cache`). Invariants: no cache is never an error, at most a warning if the
//! user named one; it is opened when first asked, so that a program compiled ahead of time never opens it.
//! Read next: `cached/disk.rs`.

#[cfg(feature = "optimize")]
mod disk;
#[cfg(not(feature = "optimize"))]
#[path = "cached/none.rs"]
mod disk;

use std::path::PathBuf;

use crate::options::rows::{Options, Row, Rule};

pub(crate) use disk::DiskCache;
#[cfg(all(feature = "optimize", feature = "tools"))]
pub(crate) use disk::{config, reason};

/// Which cache to use.
#[derive(Clone, Debug, Default)]
pub(crate) struct CacheOptions {
    cache_dir: Option<PathBuf>,
    no_cache: bool,
}

impl Options for CacheOptions {
    const HEADING: Option<&'static str> = Some("Cache of compiled code");
    const ROWS: &'static [Row<Self>] = &[
        Row::<Self>::value(
            "cache-dir",
            "DIR",
            "Keep compiled code in this directory [default: HOLM_CACHE_DIR or the user's cache]",
            |to, value| {
                to.cache_dir = Some(PathBuf::from(value));
                Ok(())
            },
        ),
        Row::<Self>::flag(
            "no-cache",
            "Neither read nor write the cache (also: HOLM_CACHE=off)",
            |to, _| {
                to.no_cache = true;
                Ok(())
            },
        )
        .rule(Rule::Not("cache-dir")),
    ];
}

impl CacheOptions {
    /// Whether none is to be used.
    pub(crate) fn is_off(&self) -> bool {
        self.no_cache
    }
}

/// Where a module's code came from.
#[cfg_attr(
    not(feature = "optimize"),
    expect(dead_code, reason = "nothing is compiled, so nothing is kept")
)]
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// `holm compile` made it.
    Ahead,
    /// It was in the cache.
    Cached,
    /// It was compiled now and is in the cache for the next time.
    Kept,
    /// It was compiled now, and this is why it is not in the cache.
    NotKept(String),
}
