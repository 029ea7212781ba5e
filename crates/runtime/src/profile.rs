//! What was seen of a module while it ran, as text that can be kept: what its indirect calls call, how its branches go, how
//! often its direct calls are made.
//!
//! Not here: seeing it (see `holm-interp`) and what it is good for (see `holm-optimize`). Invariants: a profile is only a
//! hint, so that a wrong one makes code slow at worst; reading one takes time and memory in proportion to its size.
//! Read next: [`crate::tiering`].

use crate::error::{Error, Result};
use holm_abi::{Profile as Hints, Seen, Share, SharedBytes};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::OnceLock;

/// The first line of the text.
const FIRST_LINE: &str = "holm profile 2";

/// What was seen of a module while it ran under the tier `auto`.
///
/// Kept as text: a first line that says what it is, one of the module that it is of, and one per place of which something is
/// known. Each of these names the kind, the function it is in (by its index among those defined) and its offset in
/// the module. `callee` has the function that an indirect call nearly always calls; `branch` how often the condition of an
/// `if` or `br_if` was not zero, of how many times; `call` how often a direct call was made, of how many calls of
/// its function. From anywhere: it is checked, and code does not rely on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    module: Print,
    /// By the function, and the offset of the operator.
    places: BTreeMap<(u32, u32), Seen>,
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
    pub(crate) fn new(wasm: &[u8], seen: &dyn Hints, earlier: Option<&Self>) -> Self {
        let mut all = earlier.cloned().unwrap_or_else(|| Self::nothing(wasm));
        seen.visit(&mut |defined, offset, seen| {
            all.places.insert((defined, offset), seen);
        });
        all
    }

    /// A profile of a module in which nothing was seen.
    fn nothing(wasm: &[u8]) -> Self {
        Self { module: Print::of(wasm), places: BTreeMap::new() }
    }

    /// How many calls and branches it knows something of.
    #[must_use]
    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// Whether it knows nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// The text of it.
    #[must_use]
    pub fn to_text(&self) -> String {
        let Print { bytes, hash } = self.module;
        let mut text = format!("{FIRST_LINE}\nmodule {bytes} {hash:016x}\n");
        for ((defined, offset), seen) in &self.places {
            let _ = match seen {
                Seen::Callee(callee) => writeln!(text, "callee {defined} {offset} {callee}"),
                Seen::Branch(Share { times, of }) => {
                    writeln!(text, "branch {defined} {offset} {times} {of}")
                }
                Seen::Call(Share { times, of }) => {
                    writeln!(text, "call {defined} {offset} {times} {of}")
                }
            };
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
        let mut places = BTreeMap::new();
        for (at, line) in lines {
            let ((function, offset), seen) = place(line).map_err(|it| wrong(at, it, line))?;
            if places.insert((function, offset), seen).is_some() {
                return Err(Error::malformed(format!(
                    "line {at} of the profile: there is a line before it for offset {offset} in function {function}"
                )));
            }
        }
        Ok(Self { module, places })
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

impl Hints for Profile {
    fn callee(&self, defined: u32, offset: u32) -> Option<u32> {
        match self.places.get(&(defined, offset))? {
            Seen::Callee(callee) => Some(*callee),
            _ => None,
        }
    }

    fn branch(&self, defined: u32, offset: u32) -> Option<Share> {
        match self.places.get(&(defined, offset))? {
            Seen::Branch(share) => Some(*share),
            _ => None,
        }
    }

    fn calls(&self, defined: u32, offset: u32) -> Option<Share> {
        match self.places.get(&(defined, offset))? {
            Seen::Call(share) => Some(*share),
            _ => None,
        }
    }
}

/// The text of a profile, which is read when somebody first wants to know what it says: a start need not wait for that.
#[derive(Debug, Default)]
pub(crate) struct Kept {
    text: Option<SharedBytes>,
    /// Nothing if there is none, or if it cannot be read: it is only a hint.
    profile: OnceLock<Option<Profile>>,
}

impl Kept {
    #[cfg(any(test, feature = "machine-code"))]
    pub(crate) fn new(text: SharedBytes) -> Self {
        Self { text: Some(text), profile: OnceLock::new() }
    }

    pub(crate) fn profile(&self) -> Option<&Profile> {
        let read = || Profile::from_text(str::from_utf8(self.text.as_ref()?).ok()?).ok();
        self.profile.get_or_init(read).as_ref()
    }
}

/// What is seen now, and, where nothing is, what was seen earlier.
pub(crate) struct Both<'a> {
    pub(crate) now: &'a dyn Hints,
    pub(crate) earlier: &'a dyn Hints,
}

impl Hints for Both<'_> {
    fn callee(&self, defined: u32, offset: u32) -> Option<u32> {
        self.now.callee(defined, offset).or_else(|| self.earlier.callee(defined, offset))
    }

    fn branch(&self, defined: u32, offset: u32) -> Option<Share> {
        self.now.branch(defined, offset).or_else(|| self.earlier.branch(defined, offset))
    }

    fn calls(&self, defined: u32, offset: u32) -> Option<Share> {
        self.now.calls(defined, offset).or_else(|| self.earlier.calls(defined, offset))
    }
}

/// What might have been seen, by chance: for tests, because no profile may change what a program does.
pub(crate) struct Chance(pub(crate) u64);

impl Chance {
    /// A number below `end` for an operator.
    fn draw(&self, defined: u32, offset: u32, end: u64) -> u64 {
        let place = (u64::from(defined) << 32) | u64::from(offset);
        let mixed = (place ^ self.0).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(23);
        mixed.wrapping_mul(0xd6e8_feb8_6659_fd93).rotate_left(23) % end
    }

    fn share(&self, defined: u32, offset: u32) -> Option<Share> {
        let times = match self.draw(defined, offset, 4) {
            0 => return None,
            1 => 0,
            2 => 255,
            _ => 100,
        };
        Some(Share { times, of: 255 })
    }
}

impl Hints for Chance {
    fn callee(&self, defined: u32, offset: u32) -> Option<u32> {
        u32::try_from(self.draw(defined, offset, 16)).ok()
    }

    fn branch(&self, defined: u32, offset: u32) -> Option<Share> {
        self.share(defined, offset)
    }

    fn calls(&self, defined: u32, offset: u32) -> Option<Share> {
        self.share(defined, offset)
    }
}

/// The module of a line.
fn print(line: &str) -> Option<Print> {
    let (bytes, hash) = line.strip_prefix("module ")?.split_once(' ')?;
    Some(Print { bytes: bytes.parse().ok()?, hash: u64::from_str_radix(hash, 16).ok()? })
}

/// The place of a line, and what was seen there; what should stand in the line if it is no such line.
fn place(line: &str) -> std::result::Result<((u32, u32), Seen), &'static str> {
    let (kind, rest) = line.split_once(' ').unwrap_or((line, ""));
    match kind {
        "callee" => {
            let it = numbers(rest)
                .map(|[function, offset, callee]| ((function, offset), Seen::Callee(callee)));
            it.ok_or("callee FUNCTION OFFSET CALLEE")
        }
        "branch" => {
            let it = numbers(rest).filter(|[_, _, times, of]| times <= of);
            let it = it.map(|[function, offset, times, of]| {
                ((function, offset), Seen::Branch(Share { times, of }))
            });
            it.ok_or("branch FUNCTION OFFSET TAKEN SEEN")
        }
        "call" => {
            let it = numbers(rest).map(|[function, offset, times, of]| {
                ((function, offset), Seen::Call(Share { times, of }))
            });
            it.ok_or("call FUNCTION OFFSET TIMES ENTERED")
        }
        _ => Err("callee, branch or call"),
    }
}

/// The numbers of a line, no more and no fewer.
fn numbers<const N: usize>(text: &str) -> Option<[u32; N]> {
    let mut words = text.split(' ');
    let mut numbers = [0; N];
    for number in &mut numbers {
        *number = words.next()?.parse().ok()?;
    }
    words.next().is_none().then_some(numbers)
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
