//! Finding and reading a file of grants.
//!
//! Not here: what may stand in it (see `grants/file.rs`). Invariant: a file that is too large is not read.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::GrantsFile;
use crate::failure::Failure;
use crate::input;

/// The name of the file beside a program.
const NAME: &str = "holm.toml";
/// More than anyone writes by hand.
const BYTES_MAX: u64 = 1 << 20;

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
    let Some(text) = input::text_of(path, BYTES_MAX).map_err(failed)? else {
        return Err(Failure::start(format!("{name} is too large for a file of grants"))
            .help("name another file: --grants=FILE"));
    };
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
