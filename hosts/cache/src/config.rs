//! Where the cache lies and how large it may grow, from flags and environment.
//!
//! Order: an explicit directory, `HOLM_CACHE_DIR`, `XDG_CACHE_HOME/holm`, `HOME/.cache/holm`. `HOLM_CACHE=off` turns it off.
//! The environment is handed in, never read here. Read next: `cache.rs`.

use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;

use crate::BYTES_MAX_DEFAULT;

/// Where a cache lies and how large it may grow.
#[derive(Clone, Debug)]
pub struct CacheConfig {
    /// The directory; made (0700) if it is missing. No other user may own it or write to it.
    pub dir: PathBuf,
    /// Bytes of entries kept at most; the least recently used go first.
    pub bytes_max: u64,
}

impl CacheConfig {
    /// A cache in `dir` with the default bound.
    pub fn new(dir: impl Into<PathBuf>) -> Self {
        Self { dir: dir.into(), bytes_max: BYTES_MAX_DEFAULT }
    }

    /// What the environment asks for; `variable` looks a variable up, in a program
    /// `|name| std::env::var_os(name)`.
    ///
    /// # Errors
    /// When it is switched off, or when no variable says where it could lie. Neither is an error of the user's.
    pub fn from_env(variable: impl Fn(&str) -> Option<OsString>) -> Result<Self, Unavailable> {
        let set = |name: &str| variable(name).filter(|value| !value.is_empty());
        if let Some(value) = set("HOLM_CACHE") {
            match value.to_str() {
                Some("on" | "1") => {}
                Some("off" | "0") => return Err(Unavailable::new("switched off by HOLM_CACHE")),
                _ => {
                    return Err(Unavailable(format!(
                        "HOLM_CACHE not understood: expected on or off, found {}",
                        value.display()
                    )));
                }
            }
        }
        if let Some(dir) = set("HOLM_CACHE_DIR") {
            return Ok(Self::new(dir));
        }
        // Both must be absolute: a relative one would put a cache into whatever directory the user happens to be in.
        let absolute =
            |name| set(name).map(PathBuf::from).filter(|path: &PathBuf| path.is_absolute());
        if let Some(base) = absolute("XDG_CACHE_HOME") {
            return Ok(Self::new(base.join("holm")));
        }
        match absolute("HOME") {
            Some(home) => Ok(Self::new(home.join(".cache").join("holm"))),
            None => Err(Unavailable::new("none of HOLM_CACHE_DIR, XDG_CACHE_HOME and HOME is set")),
        }
    }
}

/// Why there is no cache, or why an entry was not stored. A reason to show on request, never a failure of the run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unavailable(String);

impl Unavailable {
    pub(crate) fn new(reason: impl Into<String>) -> Self {
        Self(reason.into())
    }
}

impl fmt::Display for Unavailable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Unavailable {}
