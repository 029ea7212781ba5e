//! What was seen of a module while it ran, as text that can be kept: what its indirect calls call.
//!
//! Not here: seeing it (see `holm-interp`) and what it is good for (see `holm-optimize`). Invariants: a profile is only a
//! hint, so that a wrong one makes code slow at worst; reading one takes time and memory in proportion to its size.
//! Read next: [`crate::tiering`].

use crate::error::{Error, Result};
use holm_abi::Profile as Seen;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// The first line of the text.
const FIRST_LINE: &str = "holm profile 1";

/// What was seen of a module while it ran under the tier `auto`.
///
/// Kept as text: a first line that says what it is, one of the module that it is of, and one per indirect call that called
/// nearly always the same: the function it is in (by its index among those defined), its offset in the module, and the
/// function called. From anywhere: it is checked, and code does not rely on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    module: Print,
    /// By the function, and the offset of the call.
    callees: BTreeMap<(u32, u32), u32>,
}

/// What tells modules apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Print {
    bytes: u64,
    hash: u64,
}

impl Print {
    fn of(wasm: &[u8]) -> Self {
        let (words, rest) = wasm.as_chunks::<8>();
        let step = |hash: u64, word: u64| {
            (hash ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(23)
        };
        let hash = words.iter().fold(1, |hash, word| step(hash, u64::from_le_bytes(*word)));
        let hash = rest.iter().fold(hash, |hash, byte| step(hash, u64::from(*byte)));
        Self { bytes: wasm.len() as u64, hash }
    }
}

impl Profile {
    /// What was seen of the module whose bytes are `wasm`, now and, where nothing was seen now, `earlier`, of the same
    /// module.
    pub(crate) fn new(wasm: &[u8], seen: &dyn Seen, earlier: Option<&Self>) -> Self {
        let mut all = earlier.cloned().unwrap_or_else(|| Self::nothing(wasm));
        seen.visit(&mut |defined, offset, callee| {
            all.callees.insert((defined, offset), callee);
        });
        all
    }

    /// A profile of a module in which nothing was seen.
    fn nothing(wasm: &[u8]) -> Self {
        Self { module: Print::of(wasm), callees: BTreeMap::new() }
    }

    /// How many indirect calls it knows something of.
    #[must_use]
    pub fn len(&self) -> usize {
        self.callees.len()
    }

    /// Whether it knows nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.callees.is_empty()
    }

    /// The text of it.
    #[must_use]
    pub fn to_text(&self) -> String {
        let Print { bytes, hash } = self.module;
        let mut text = format!("{FIRST_LINE}\nmodule {bytes} {hash:016x}\n");
        for ((defined, offset), callee) in &self.callees {
            let _ = writeln!(text, "callee {defined} {offset} {callee}");
        }
        text
    }

    /// Reads the text of one.
    ///
    /// # Errors
    /// When it is anything else; says in which line.
    pub fn from_text(text: &str) -> Result<Self> {
        let mut lines = (1..).zip(text.lines());
        let (_, first) = lines.next().unwrap_or((1, ""));
        if first != FIRST_LINE {
            return Err(wrong(1, FIRST_LINE, first));
        }
        let (at, second) = lines.next().unwrap_or((2, ""));
        let module = print(second);
        let module = module.ok_or_else(|| wrong(at, "module BYTES HASH", second))?;
        let mut callees = BTreeMap::new();
        for (at, line) in lines {
            let expected = "callee FUNCTION OFFSET CALLEE";
            let ([function, offset], callee) =
                callee(line).ok_or_else(|| wrong(at, expected, line))?;
            if callees.insert((function, offset), callee).is_some() {
                let what =
                    format!("line {at} of the profile: there is a line before it for the call");
                return Err(Error::malformed(format!("{what} at {offset} in function {function}")));
            }
        }
        Ok(Self { module, callees })
    }

    /// Checks whether it is of the module with these bytes, in the binary format.
    ///
    /// # Errors
    /// When it is of another.
    pub fn check(&self, wasm: &[u8]) -> Result<()> {
        let (own, found) = (self.module, Print::of(wasm));
        if own == found {
            return Ok(());
        }
        Err(Error::invalid(format!(
            "profile is of another module, of {} bytes with hash {:016x}, this one has {} with {:016x}",
            own.bytes, own.hash, found.bytes, found.hash
        )))
    }
}

impl Seen for Profile {
    fn callee(&self, defined: u32, offset: u32) -> Option<u32> {
        self.callees.get(&(defined, offset)).copied()
    }
}

/// What is seen now, and, where nothing is, what was seen earlier.
pub(crate) struct Both<'a> {
    pub(crate) now: &'a dyn Seen,
    pub(crate) earlier: &'a Profile,
}

impl Seen for Both<'_> {
    fn callee(&self, defined: u32, offset: u32) -> Option<u32> {
        self.now.callee(defined, offset).or_else(|| self.earlier.callee(defined, offset))
    }
}

/// The module of a line.
fn print(line: &str) -> Option<Print> {
    let (bytes, hash) = line.strip_prefix("module ")?.split_once(' ')?;
    Some(Print { bytes: bytes.parse().ok()?, hash: u64::from_str_radix(hash, 16).ok()? })
}

/// The call of a line, and what it calls.
fn callee(line: &str) -> Option<([u32; 2], u32)> {
    let mut numbers = line.strip_prefix("callee ")?.split(' ').map(|number| number.parse().ok());
    let mut next = || numbers.next().flatten();
    let call = ([next()?, next()?], next()?);
    numbers.next().is_none().then_some(call)
}

/// What is wrong with a line.
fn wrong(at: usize, expected: &str, found: &str) -> Error {
    /// Characters of a line that are shown.
    const SHOWN_MAX: usize = 60;
    let shown: String = found.chars().take(SHOWN_MAX).collect();
    Error::malformed(format!("line {at} of the profile: expected {expected}, found {shown:?}"))
}

#[cfg(test)]
mod tests;
