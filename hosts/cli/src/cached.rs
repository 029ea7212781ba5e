//! The cache as the command line sees it: which one, if any, and what it did.
//!
//! Not here: its format (see `holm-cache`). Invariants: no cache is never an error, at most a warning if the
//! user named one; it is opened when first asked, so that a program compiled ahead of time never opens it.
//! Read next: `code.rs`.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use holm::SharedBytes;
use holm_cache::{Cache, CacheConfig, Key, Unavailable};

use crate::terminal;

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
    /// The cache to use, or why there is none.
    fn open(&self) -> Result<Cache, String> {
        if self.no_cache {
            return Err("switched off by --no-cache".to_owned());
        }
        let cache = config(self.cache_dir.as_deref()).and_then(Cache::open);
        cache.map_err(|why| {
            if self.cache_dir.is_some() {
                terminal::print_error(&format!("warning: no cache: {}\n", reason(&why)));
            }
            reason(&why)
        })
    }
}

/// The cache in `dir`, or the one that the environment names.
pub(crate) fn config(dir: Option<&Path>) -> Result<CacheConfig, Unavailable> {
    match dir {
        Some(dir) => Ok(CacheConfig::new(dir)),
        None => CacheConfig::from_env(|name| std::env::var_os(name)),
    }
}

/// Where a module's code came from.
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

/// The cache behind an engine.
pub(crate) struct DiskCache {
    options: CacheOptions,
    cache: OnceLock<Result<Cache, String>>,
    origin: Mutex<Option<Origin>>,
}

impl DiskCache {
    pub(crate) fn new(options: &CacheOptions) -> Self {
        Self { options: options.clone(), cache: OnceLock::new(), origin: Mutex::default() }
    }

    /// Where the last module's code came from.
    pub(crate) fn origin(&self) -> Origin {
        let origin = self.origin.lock().unwrap_or_else(PoisonError::into_inner).take();
        origin.unwrap_or_else(|| match self.cache() {
            Ok(_) => Origin::NotKept("not asked for".to_owned()),
            Err(why) => Origin::NotKept(why.clone()),
        })
    }

    fn cache(&self) -> Result<&Cache, &String> {
        self.cache.get_or_init(|| self.options.open()).as_ref()
    }

    fn note(&self, origin: Origin) {
        *self.origin.lock().unwrap_or_else(PoisonError::into_inner) = Some(origin);
    }
}

impl holm::CodeCache for DiskCache {
    fn get(&self, parts: &[&[u8]]) -> Option<SharedBytes> {
        let entry = self.cache().ok()?.get(&key(parts))?;
        self.note(Origin::Cached);
        Some(SharedBytes::new(Arc::new(entry)))
    }

    fn put(&self, parts: &[&[u8]], artifact: &[&[u8]]) {
        let kept = match self.cache() {
            Ok(cache) => cache.put(&key(parts), artifact).map_err(|why| reason(&why)),
            Err(why) => Err(why.clone()),
        };
        self.note(kept.map_or_else(Origin::NotKept, |()| Origin::Kept));
    }
}

/// Why there is no cache, without the system's numbers.
pub(crate) fn reason(why: &Unavailable) -> String {
    let text = why.to_string();
    text.split(" (os error").next().unwrap_or_default().to_owned()
}

/// The name of an entry: all that the engine says code depends on.
fn key(parts: &[&[u8]]) -> Key {
    let labelled: Vec<_> = parts.iter().map(|part| ("engine", *part)).collect();
    Key::new(&labelled)
}
