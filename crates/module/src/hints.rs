//! Which way branches mostly go, as the file says in its section `metadata.code.branch_hint`.
//!
//! Not here: what compilers make of it. Invariant: hints change nothing that a program can notice. A section that
//! is not as it should be, comes a second time, comes after the code or has too many hints is ignored, as
//! whatever is in custom sections; hints for what is no branch are never asked for.
//! Read next: [`crate::names`], the other section of this kind.

use alloc::vec::Vec;
use serde::{Deserialize, Serialize};
use wasmparser::{BinaryReader, BinaryReaderError, BranchHintFunction, SectionLimited};

/// The section's name.
pub(crate) const SECTION: &str = "metadata.code.branch_hint";

/// What a file says about its branches.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BranchHints {
    /// Function, distance from the start of its body, and whether the branch there is mostly taken; rising.
    hints: Vec<(u32, u32, bool)>,
}

impl BranchHints {
    /// Whether nothing is said.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.hints.is_empty()
    }

    /// Whether the branch at a distance from the start of a function's body is mostly taken, if the file says
    /// so. Of an `if`, the first arm is the one that is taken.
    #[must_use]
    pub fn is_taken(&self, function: u32, distance: u32) -> Option<bool> {
        let at = self.hints.binary_search_by_key(&(function, distance), |hint| (hint.0, hint.1));
        Some(self.hints[at.ok()?].2)
    }

    /// Reads a section. All or nothing: a section with a mistake, or with more hints than `most`, says nothing.
    pub(crate) fn read(section: BinaryReader<'_>, most: u64) -> Self {
        let hints = read(section, most).unwrap_or_default();
        let rises = hints.is_sorted_by(|a, b| (a.0, a.1) < (b.0, b.1));
        Self { hints: if rises { hints } else { Vec::new() } }
    }
}

fn read(section: BinaryReader<'_>, most: u64) -> Result<Vec<(u32, u32, bool)>, BinaryReaderError> {
    let mut hints = Vec::new();
    for function in SectionLimited::<BranchHintFunction<'_>>::new(section)? {
        let function = function?;
        if hints.len() as u64 + u64::from(function.hints.count()) > most {
            return Ok(Vec::new());
        }
        for hint in function.hints {
            let hint = hint?;
            hints.push((function.func, hint.func_offset, hint.taken));
        }
    }
    Ok(hints)
}

#[cfg(test)]
mod tests;
