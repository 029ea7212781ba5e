//! The cache as the command line sees it: which one, if any.
//!
//! Not here: its format (see `holm-cache`) and what is stored in it (see `code.rs`). Invariant: no cache is
//! never an error, unless the user named one. Read next: `code.rs`.

use std::path::{Path, PathBuf};

use holm_cache::{CacheConfig, Unavailable};

/// Which cache to use.
#[derive(Clone, Debug, Default, clap::Args)]
#[command(next_help_heading = "Cache of compiled code")]
pub(crate) struct CacheOptions {
    /// Keep compiled code in this directory [default: HOLM_CACHE_DIR or the user's cache]
    #[arg(long, value_name = "DIR")]
    cache_dir: Option<PathBuf>,
    /// Neither read nor write the cache (also: HOLM_CACHE=off)
    #[arg(long, conflicts_with = "cache_dir")]
    no_cache: bool,
}

impl CacheOptions {
    /// The cache to use.
    pub(crate) fn open(&self) -> Result<holm_cache::Cache, NoCache> {
        if self.no_cache {
            return Err(NoCache { why: "switched off by --no-cache".to_owned(), warn: false });
        }
        let warn = self.cache_dir.is_some();
        let config = config(self.cache_dir.as_deref());
        config
            .and_then(holm_cache::Cache::open)
            .map_err(|why| NoCache { why: why.to_string(), warn })
    }
}

/// Why there is no cache.
#[derive(Clone, Debug)]
pub(crate) struct NoCache {
    /// The reason.
    pub(crate) why: String,
    /// Whether the user asked for one and should hear of it.
    pub(crate) warn: bool,
}

/// The cache in `dir`, or the one that the environment names.
pub(crate) fn config(dir: Option<&Path>) -> Result<CacheConfig, Unavailable> {
    match dir {
        Some(dir) => Ok(CacheConfig::new(dir)),
        None => CacheConfig::from_env(|name| std::env::var_os(name)),
    }
}
