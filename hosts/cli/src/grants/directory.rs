//! A directory to grant: how it is written, and what it is made of.
//!
//! Not here: what a guest may then do in it (see `holm-wasi`). Invariant: what a text means does not depend on what
//! is on the disk, but for one thing: a file that is an archive is granted as one.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use holm_wasi::{Access, VirtualDir, VirtualDirOptions, WasiCtxBuilder};

use crate::failure::Failure;
use crate::grants::refused;

/// The word for a directory in memory.
const MEMORY: &[u8] = b"mem";

/// A directory to grant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Directory {
    pub(super) host: Host,
    pub(super) guest: String,
    pub(super) read_only: bool,
    /// What is written stays in memory.
    pub(super) overlay: bool,
}

/// What is behind a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Host {
    /// A new directory in memory.
    Memory,
    /// A directory of this system, or an archive.
    Path(PathBuf),
}

/// Reads `HOST[::GUEST][:ro]`. A relative HOST is one of `base`, if there is one.
pub(super) fn parse(flag: &str, text: &OsStr, base: Option<&Path>) -> Result<Directory, Failure> {
    let bytes = text.as_bytes();
    let (bytes, read_only) = match (bytes.strip_suffix(b":ro"), bytes.strip_suffix(b":rw")) {
        (Some(rest), _) => (rest, true),
        (None, Some(rest)) => (rest, false),
        (None, None) => (bytes, false),
    };
    let is_told = bytes.len() < text.len();
    let split = bytes.windows(2).position(|pair| pair == b"::");
    let (host, guest) = match split {
        Some(at) => (&bytes[..at], &bytes[at + 2..]),
        None => (bytes, bytes),
    };
    let wrong = |what: &str| {
        Failure::usage(format!("{flag} {}: {what}", text.display()))
            .help(format!("write {flag} HOST, {flag} HOST::GUEST or {flag} HOST::GUEST:ro"))
    };
    if host.is_empty() {
        return Err(wrong("the directory is missing"));
    }
    let guest = str::from_utf8(guest)
        .map_err(|_| wrong("the name inside is not UTF-8: give one with HOST::GUEST"))?;
    if guest.is_empty() {
        return Err(wrong("the name inside is missing"));
    }
    // A slip of the pen must not become a grant for writing.
    let word = guest.rsplit_once(':').map_or("", |(_, word)| word);
    if split.is_some() && !is_told && !word.is_empty() && !word.contains('/') {
        return Err(wrong(&format!("`{word}` is no access: it is ro or rw")));
    }
    let overlay = flag == "--overlay";
    if overlay && read_only {
        return Err(wrong("what may only be read needs no overlay: use --dir"));
    }
    // Only with a name: a directory that is called `mem` can be granted as `--dir mem`.
    let host = if host == MEMORY && split.is_some() {
        if overlay {
            return Err(wrong("what is in memory already needs no overlay: use --dir"));
        }
        Host::Memory
    } else {
        let path = PathBuf::from(OsStr::from_bytes(host));
        Host::Path(base.map_or(path.clone(), |base| base.join(path)))
    };
    Ok(Directory { host, guest: guest.to_owned(), read_only, overlay })
}

impl Directory {
    /// Grants it; gives it back if it is in memory, so that it can be saved.
    pub(super) fn grant(
        &self,
        builder: &mut WasiCtxBuilder,
        options: &VirtualDirOptions,
    ) -> Result<Option<VirtualDir>, Failure> {
        let wanted = if self.read_only { Access::ReadOnly } else { Access::ReadWrite };
        let (dir, access) = match &self.host {
            Host::Memory => (VirtualDir::memory(options), wanted),
            Host::Path(path) if self.is_archive() => {
                let dir = VirtualDir::archive(path, options).map_err(|e| refused(&e))?;
                // An archive is not written to; without an overlay there is nowhere else.
                (dir, if self.overlay { Access::ReadWrite } else { Access::ReadOnly })
            }
            Host::Path(path) if self.overlay => {
                (VirtualDir::overlay(path, options).map_err(|e| refused(&e))?, wanted)
            }
            Host::Path(path) => {
                builder.preopened_dir(path, &*self.guest, wanted).map_err(|e| refused(&e))?;
                return Ok(None);
            }
        };
        builder.virtual_dir(&dir, &*self.guest, access);
        Ok(Some(dir))
    }

    /// Whether it is a file that is an archive; what cannot be read will say so when it is opened.
    fn is_archive(&self) -> bool {
        let Host::Path(path) = &self.host else { return false };
        path.is_file() && VirtualDir::is_archive(path).unwrap_or(false)
    }

    /// What it is, for `--explain`.
    pub(super) fn describe(&self) -> String {
        let kind = if self.is_archive() { "archive " } else { "" };
        let what = match &self.host {
            Host::Memory => "in memory".to_owned(),
            Host::Path(path) => format!("{kind}{}", path.display()),
        };
        let access = match (self.read_only || (self.is_archive() && !self.overlay), self.overlay) {
            (true, _) => ", for reading",
            (false, true) => ", changes stay in memory",
            (false, false) => ", for reading and writing",
        };
        format!("{what}{access}")
    }

    /// The option that would grant it for writing.
    pub(super) fn writable(&self) -> String {
        match &self.host {
            Host::Memory => format!("--dir mem::{}", self.guest),
            Host::Path(path) if self.is_archive() => {
                format!("--overlay {}::{}", path.display(), self.guest)
            }
            Host::Path(path) => format!("--dir {}::{}", path.display(), self.guest),
        }
    }
}
