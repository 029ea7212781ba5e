//! The names a file gives to itself and to its functions, for backtraces and listings.
//!
//! Not here: names of imports and exports, which mean something. Invariant: a broken name section is not an
//! error; what could be read before the break is kept. Read next: [`crate::artifact`].

use alloc::borrow::ToOwned as _;
use alloc::string::String;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};
use wasmparser::{BinaryReader, Name, NameSectionReader};

/// Names from the `name` section, kept as one text so that a hundred thousand of them stay cheap.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Names {
    module: Option<String>,
    /// All names of functions, one after the other.
    text: String,
    /// Function and where its name ends in `text`, by rising function.
    ends: Vec<(u32, u32)>,
}

impl Names {
    /// The name of the module.
    #[must_use]
    pub fn module(&self) -> Option<&str> {
        self.module.as_deref()
    }

    /// The name of a function, imported or defined.
    #[must_use]
    pub fn function(&self, function: u32) -> Option<&str> {
        let at = self.ends.binary_search_by_key(&function, |entry| entry.0).ok()?;
        self.text_of(at)
    }

    /// Every function that has a name, with the name.
    pub fn functions(&self) -> impl Iterator<Item = (u32, &str)> {
        self.ends.iter().enumerate().filter_map(|(at, entry)| Some((entry.0, self.text_of(at)?)))
    }

    fn text_of(&self, at: usize) -> Option<&str> {
        let start = if at == 0 { 0 } else { self.ends[at - 1].1 as usize };
        self.text.get(start..self.ends[at].1 as usize)
    }

    /// Reads a `name` section as far as it is well formed. Names of functions beyond `functions`, and beyond
    /// `bytes_max` bytes in all, are dropped.
    pub(crate) fn read(section: BinaryReader<'_>, functions: u32, bytes_max: u64) -> Self {
        let mut names = Self::default();
        let bytes_max = bytes_max.min(u64::from(u32::MAX));
        for subsection in NameSectionReader::new(section) {
            match subsection {
                Ok(Name::Module { name, .. }) if name.len() as u64 <= bytes_max => {
                    names.module = Some(name.to_owned());
                }
                Ok(Name::Function(map)) => {
                    for naming in map.map_while(Result::ok) {
                        if naming.index < functions {
                            names.push(naming.index, naming.name, bytes_max);
                        }
                    }
                }
                Ok(_) => {}
                Err(_) => break,
            }
        }
        names
    }

    fn push(&mut self, function: u32, name: &str, bytes_max: u64) {
        let end = self.text.len() as u64 + name.len() as u64;
        let rising = self.ends.last().is_none_or(|last| last.0 < function);
        if let (true, true, Ok(end)) = (rising, end <= bytes_max, u32::try_from(end)) {
            self.text.push_str(name);
            self.ends.push((function, end));
        }
    }

    /// Whether the parts fit each other; they may come from a file.
    pub(crate) fn is_consistent(&self) -> bool {
        let rising = self.ends.is_sorted_by(|a, b| a.0 < b.0 && a.1 <= b.1);
        let last = self.ends.last().map_or(0, |entry| entry.1 as usize);
        rising && last == self.text.len()
    }
}

#[cfg(test)]
mod tests;
