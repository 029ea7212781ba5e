//! What an entry was made from, as one 256-bit name.
//!
//! A key is the BLAKE3 of labelled parts: the module's bytes, the build of Holm, the processor's features, the settings.
//! Labels and lengths are hashed too, so that no two lists of parts run together into the same input.
//! It is not the file's name (see `secret.rs`): a name must not tell another user which module was run.

use blake3::Hasher;

/// Separates these hashes from every other use of BLAKE3 in the world.
const CONTEXT: &str = "holm cache key, format 1";

/// The name of an entry: equal for equal parts, and only for those.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Key([u8; 32]);

impl Key {
    /// The key of the given parts, each a label and its bytes. The order counts.
    ///
    /// Everything that changes the compiled code must be among the parts: a part that is forgotten
    /// here is a wrong program later.
    #[must_use]
    pub fn new(parts: &[(&str, &[u8])]) -> Self {
        let mut hasher = Hasher::new_derive_key(CONTEXT);
        for (label, bytes) in parts {
            hasher.update(&length(label.as_bytes()));
            hasher.update(label.as_bytes());
            hasher.update(&length(bytes));
            hasher.update(bytes);
        }
        Self(*hasher.finalize().as_bytes())
    }

    /// The 32 bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

fn length(bytes: &[u8]) -> [u8; 8] {
    // A slice is never longer than `isize::MAX` bytes, so this loses nothing.
    (bytes.len() as u64).to_le_bytes()
}
