//! Which `holm` program is under test.
//!
//! Invariant: `HOLM_BIN`, when set, is the program; otherwise it is this package's own copy, which cargo has built
//! with this binary.
//! Read next: `tests/src/bin/holm-program.rs`.

use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The `holm` program.
pub(crate) fn holm() -> PathBuf {
    let own = || PathBuf::from(env!("CARGO_BIN_EXE_holm-program"));
    std::env::var_os("HOLM_BIN").map_or_else(own, PathBuf::from)
}

/// A command that runs it under its proper name.
pub(crate) fn command() -> Command {
    let mut command = Command::new(holm());
    command.arg0("holm");
    command
}

/// The repository's root.
pub(crate) fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_path_buf()
}
