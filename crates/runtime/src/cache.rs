//! Where compiled code may be kept between runs: the engine's side of a cache.
//!
//! Not here: files (see `holm-cache`, which hosts put behind this trait). Invariant: the engine believes what
//! a cache gives it as much as code it compiled itself, so a cache must give back only what it was given, to
//! the byte, and must know when somebody else changed it. Read next: [`crate::artifact`].

use holm_abi::SharedBytes;

/// A place for artifacts that the host lends to an engine.
pub trait CodeCache: Send + Sync {
    /// The artifact that was put under exactly this key, if it is still there and unchanged. The key is the
    /// sequence of all parts; they say everything that the artifact depends on.
    fn get(&self, key: &[&[u8]]) -> Option<SharedBytes>;

    /// Keeps an artifact, which comes in pieces that follow each other. May fail silently: the engine compiles again then.
    fn put(&self, key: &[&[u8]], artifact: &[&[u8]]);
}
