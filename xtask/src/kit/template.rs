//! Words of a command with holes, as the tables write them: `{out}`, `{package}`, `{sources…}`, `{crate:NAME@V}`.
//!
//! `{name}` inside a word is replaced by its value; a word that is only `{name…}` becomes all values of that
//! list; a hole that names a package is replaced by the folder of its (fetched) content; a `*` in a
//! path is expanded to the files that match; a word `!END` takes earlier words with that end out again.
//! Invariant: a hole that nobody fills is an error, never an empty word.
//! Read next: `xtask/src/kit/toolchain.rs`.

use std::collections::BTreeMap;
use std::path::Path;

use crate::kit::{entries, fetch};

/// Values for the holes.
#[derive(Default, Clone)]
pub(crate) struct Holes {
    single: BTreeMap<String, String>,
    lists: BTreeMap<String, Vec<String>>,
}

impl Holes {
    /// Gives one hole its value.
    pub(crate) fn set(&mut self, name: &str, value: &Path) -> &mut Self {
        self.single.insert(name.into(), value.to_string_lossy().into_owned());
        self
    }

    /// Gives one hole a list of words.
    pub(crate) fn list(&mut self, name: &str, values: Vec<String>) -> &mut Self {
        self.lists.insert(name.into(), values);
        self
    }

    /// Fills the holes of every word.
    pub(crate) fn fill_all(&self, words: &[String]) -> Result<Vec<String>, String> {
        let mut filled = Vec::new();
        for word in words {
            if let Some(end) = word.strip_prefix('!') {
                filled.retain(|earlier: &String| !earlier.ends_with(end));
                continue;
            }
            let name = word.strip_prefix('{').and_then(|rest| rest.strip_suffix("…}"));
            match name {
                Some(name) => {
                    let values = self.lists.get(name).ok_or_else(|| unfilled(word))?;
                    filled.extend(values.iter().cloned());
                }
                None => filled.extend(expand(&self.fill(word)?)?),
            }
        }
        Ok(filled)
    }

    /// Fills the holes of one word.
    pub(crate) fn fill(&self, word: &str) -> Result<String, String> {
        let mut filled = String::new();
        let mut rest = word;
        while let Some((before, after)) = rest.split_once('{') {
            let (name, behind) = after.split_once('}').ok_or_else(|| unfilled(word))?;
            filled.push_str(before);
            if let Some(value) = self.single.get(name) {
                filled.push_str(value);
            } else if name.contains(':') {
                filled.push_str(&fetch::package(name)?.to_string_lossy());
            } else {
                return Err(unfilled(word));
            }
            rest = behind;
        }
        filled.push_str(rest);
        Ok(filled)
    }
}

/// Replaces a path with `*` in its last part by the files that match.
fn expand(word: &str) -> Result<Vec<String>, String> {
    let path = Path::new(word);
    let pattern = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let (Some((start, end)), Some(folder)) = (pattern.split_once('*'), path.parent()) else {
        return Ok(vec![word.to_string()]);
    };
    let matches = |file: &&std::path::PathBuf| {
        let name = file.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        name.starts_with(start) && name.ends_with(end)
    };
    let files = entries(folder)?;
    let found: Vec<String> =
        files.iter().filter(matches).map(|file| file.to_string_lossy().into_owned()).collect();
    if found.is_empty() { Err(format!("{word}: no file matches")) } else { Ok(found) }
}

fn unfilled(word: &str) -> String {
    format!("{word}: nothing fills this hole")
}

#[cfg(test)]
mod tests;
