//! What the chores that build and run guests share: folders, packages, toolchains, engines, child processes.
//!
//! It knows nothing of any single chore; what to build and what to expect is data in `tests/guests/`,
//! `tests/real/` and `bench/`.
//! Invariant: everything made or fetched lies under `target/` of the repository and can be deleted.
//! Read next: `xtask/src/kit/toolchain.rs`.

pub(crate) mod engine;
pub(crate) mod fetch;
pub(crate) mod process;
pub(crate) mod rust_wasm;
pub(crate) mod template;
pub(crate) mod toolchain;

use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;

/// A folder under `target/` of the repository, made when it is missing.
pub(crate) fn made_folder(name: &str) -> Result<PathBuf, String> {
    let folder = crate::root().join("target").join(name);
    make_folder(&folder)?;
    Ok(folder)
}

/// Makes a folder and its parents.
pub(crate) fn make_folder(folder: &Path) -> Result<(), String> {
    std::fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))
}

/// Removes a folder with all that is in it; a missing one is fine.
pub(crate) fn remove_folder(folder: &Path) -> Result<(), String> {
    match std::fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(format!("{}: {error}", folder.display()))
        }
        _ => Ok(()),
    }
}

/// Reads a file as text.
pub(crate) fn read_text(path: &Path) -> Result<String, String> {
    std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))
}

/// Writes a file, replacing what was there.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> Result<(), String> {
    std::fs::write(path, bytes).map_err(|error| format!("{}: {error}", path.display()))
}

/// Copies one file.
pub(crate) fn copy(from: &Path, to: &Path) -> Result<(), String> {
    std::fs::copy(from, to)
        .map(drop)
        .map_err(|error| format!("{} to {}: {error}", from.display(), to.display()))
}

/// Copies a folder with all that is in it.
pub(crate) fn copy_folder(from: &Path, to: &Path) -> Result<(), String> {
    make_folder(to)?;
    for entry in entries(from)? {
        let target = to.join(entry.file_name().unwrap_or_default());
        if entry.is_dir() {
            copy_folder(&entry, &target)?;
        } else {
            copy(&entry, &target)?;
        }
    }
    Ok(())
}

/// A link to a module under another name, for programs that look at their own.
pub(crate) fn renamed(module: &Path, link: &Path) -> Result<PathBuf, String> {
    if link.symlink_metadata().is_err() {
        std::os::unix::fs::symlink(module, link)
            .map_err(|error| format!("{}: {error}", link.display()))?;
    }
    Ok(link.into())
}

/// What a folder holds, sorted by name.
pub(crate) fn entries(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let found = std::fs::read_dir(folder)
        .and_then(|list| list.map(|entry| entry.map(|entry| entry.path())).collect())
        .map_err(|error| format!("{}: {error}", folder.display()));
    found.map(|mut paths: Vec<PathBuf>| {
        paths.sort();
        paths
    })
}

/// Reads a table in TOML from a path inside the repository.
pub(crate) fn table<T: DeserializeOwned>(path: &str) -> Result<T, String> {
    let text = read_text(&crate::root().join(path))?;
    toml::from_str(&text).map_err(|error| format!("{path}: {error}"))
}
