//! Where the `holm` program is, and building it once when a test needs it.
//!
//! A package's tests get their own programs built, not those of other packages; so the first test that
//! needs `holm` asks cargo for it, in the profile of this binary, which is a look at the clock when it is fresh.
//! Invariant: `HOLM_BIN`, when set, is the program under test, and nothing is built.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// The `holm` program.
pub(crate) fn holm() -> Result<&'static Path, String> {
    static HOLM: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    HOLM.get_or_init(build).as_ref().map(PathBuf::as_path).map_err(Clone::clone)
}

/// The repository's root.
pub(crate) fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_path_buf()
}

fn build() -> Result<PathBuf, String> {
    if let Some(named) = std::env::var_os("HOLM_BIN") {
        return Ok(PathBuf::from(named));
    }
    // This binary lies in <target>/<profile>/deps.
    let me = std::env::current_exe().map_err(|error| format!("own path: {error}"))?;
    let folder = me.parent().and_then(Path::parent).ok_or("own path has no profile folder")?;
    let target = folder.parent().ok_or("own path has no target folder")?;
    let profile = match folder.file_name().and_then(|name| name.to_str()) {
        Some("debug") | None => "dev",
        Some(name) => name,
    };
    let done = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args(["build", "--quiet", "--package", "holm-cli", "--bin", "holm"])
        .args(["--profile", profile])
        .arg("--target-dir")
        .arg(target)
        .current_dir(root())
        .status()
        .map_err(|error| format!("cargo did not start: {error}"))?;
    if !done.success() {
        return Err(format!("cargo could not build holm: {done}"));
    }
    Ok(folder.join("holm"))
}
