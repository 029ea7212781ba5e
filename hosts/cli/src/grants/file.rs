//! Grants and limits in a file (`NAME` beside the program, or any other).
//!
//! It is read only when asked for: a program could bring its own, and nothing is granted that the user did not grant.
//!
//! Not here: what the words mean (they are those of the options). Invariant: a word that is not known is an error, so
//! that no limit is left out for a slip of the pen.

use std::ffi::OsString;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::failure::Failure;
use crate::input;

/// The name of the file beside a program.
pub(crate) const NAME: &str = "holm.toml";
/// More than anyone writes by hand.
const BYTES_MAX: u64 = 1 << 20;

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

/// Which file `--grants` means.
///
/// # Errors
/// When a program from standard input has none beside it.
pub(crate) fn path_of(wish: &OsString, program: &Path) -> Result<PathBuf, Failure> {
    if !wish.is_empty() {
        return Ok(wish.into());
    }
    if program == Path::new("-") {
        return Err(Failure::usage("standard input has no file beside it")
            .help("name the file: --grants=FILE"));
    }
    Ok(program.with_file_name(NAME))
}

/// Reads a file of grants.
///
/// # Errors
/// When it can not be read or says something unknown.
pub(crate) fn read(path: &Path) -> Result<GrantsFile, Failure> {
    let name = path.display();
    let failed = |error: std::io::Error| {
        Failure::start(format!("can not read the grants in {name}: {}", input::reason(&error)))
            .help("name a file that exists: --grants=FILE, or leave --grants out")
    };
    // What is no regular file does not say how long it is.
    let mut text = String::new();
    let file = std::fs::File::open(path).map_err(failed)?;
    file.take(BYTES_MAX + 1).read_to_string(&mut text).map_err(failed)?;
    if text.len() as u64 > BYTES_MAX {
        return Err(Failure::start(format!("{name} is too large for a file of grants"))
            .help("name another file: --grants=FILE"));
    }
    let mut file: GrantsFile = toml::from_str(&text).map_err(|error| {
        let mut failure = Failure::start(format!("{name}: {}", error.message()));
        if let Some(span) = error.span() {
            let line = text[..span.start.min(text.len())].matches('\n').count() + 1;
            failure = Failure::start(format!("{name}:{line}: {}", error.message()));
        }
        failure.help("sections are [grants] with dir, overlay, env, listen, connect and [limits]")
    })?;
    file.folder = path.parent().unwrap_or(Path::new("")).to_owned();
    Ok(file)
}
