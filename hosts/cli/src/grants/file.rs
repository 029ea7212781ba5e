//! Grants and limits in a file (`NAME` beside the program, or any other).
//!
//! It is read only when asked for: a program could bring its own, and nothing is granted that the user did not grant.
//!
//! Not here: what the words mean (they are those of the options). Invariant: a word that is not known is an error, so
//! that no limit is left out for a slip of the pen. Read next: `file/read.rs`.

#[cfg(feature = "grants-file")]
mod read;

use std::path::PathBuf;

use serde::Deserialize;

#[cfg(feature = "grants-file")]
pub(crate) use read::{path_of, read};

/// What the file says.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct GrantsFile {
    #[serde(default)]
    pub(crate) grants: Granted,
    #[serde(default)]
    pub(crate) limits: Limited,
    /// The folder that its paths are relative to.
    #[serde(skip)]
    pub(crate) folder: PathBuf,
}

/// The options that grant.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Granted {
    #[serde(default)]
    pub(crate) dir: Vec<String>,
    #[serde(default)]
    pub(crate) overlay: Vec<String>,
    #[serde(default)]
    pub(crate) env: Vec<String>,
    #[serde(default)]
    pub(crate) listen: Vec<String>,
    #[serde(default)]
    pub(crate) connect: Vec<String>,
}

/// The options that limit.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Limited {
    pub(crate) max_memory: Option<String>,
    pub(crate) max_heap: Option<String>,
    pub(crate) max_stack: Option<String>,
    pub(crate) max_files: Option<String>,
    pub(crate) max_handles: Option<u32>,
    pub(crate) max_table_entries: Option<u64>,
    pub(crate) max_threads: Option<u32>,
    pub(crate) timeout: Option<String>,
    pub(crate) fuel: Option<u64>,
}
