//! The cache of compiled code in the file system, as an engine uses it.
//!
//! Not here: its format (see `holm-cache`). Invariant: as in `cached.rs`. Read next: `holm-cache`.

use std::path::Path;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use holm::SharedBytes;
use holm_cache::{Cache, CacheConfig, Key, Unavailable};

use super::{CacheOptions, Origin};
use crate::terminal;

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
