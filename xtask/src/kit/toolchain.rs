//! The toolchains that turn guest sources into WebAssembly, as `tests/guests/toolchains.toml` describes them.
//!
//! No toolchain is ever installed into the system from here: what a registry has is unpacked under
//! `target/fetched/`; what only the system's package manager has is looked for and named when missing.
//! Invariant: a build that succeeded is not repeated until its command or one of its files changes.
//! Read next: `tests/guests/toolchains.toml`.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::{Path, PathBuf};
use std::process::Command;

use serde::Deserialize;

use crate::kit::template::Holes;
use crate::kit::{self, fetch::Package, process, rust_wasm};

/// One toolchain of the table.
#[derive(Deserialize, Clone)]
#[serde(deny_unknown_fields)]
pub(crate) struct Toolchain {
    /// Packages of the system that must be installed by hand (Debian names).
    #[serde(default)]
    system: Vec<String>,
    /// A command that only works where the toolchain is installed.
    #[serde(default)]
    probe: Vec<String>,
    /// The package that holds it, and whatever else is fetched with it.
    #[serde(default)]
    packages: Vec<String>,
    /// The command that builds `{sources…}` into `{out}`.
    build: Vec<String>,
    /// Variables of that command.
    #[serde(default)]
    env: BTreeMap<String, String>,
    /// Steps written in Rust rather than in the table.
    #[serde(default)]
    prepare: Option<String>,
}

/// What to build.
pub(crate) struct Build<'a> {
    pub(crate) sources: Vec<String>,
    pub(crate) flags: Vec<String>,
    /// The folder that paths in `sources` start from.
    pub(crate) folder: &'a Path,
    pub(crate) out: &'a Path,
}

/// All toolchains.
pub(crate) fn all() -> Result<BTreeMap<String, Toolchain>, String> {
    kit::table("tests/guests/toolchains.toml")
}

impl Toolchain {
    /// Why it cannot be used now, or nothing when it can.
    pub(crate) fn missing(&self) -> Option<String> {
        if let Some((program, words)) = self.probe.split_first() {
            let found = Command::new(program).args(words).output();
            if !found.is_ok_and(|output| output.status.success()) {
                return Some(format!("apt-get install {}", self.system.join(" ")));
            }
        }
        let absent = |text: &&String| Package::parse(text).is_ok_and(|p| p.present().is_none());
        let absent: Vec<_> = self.packages.iter().filter(absent).map(String::as_str).collect();
        (!absent.is_empty()).then(|| format!("not fetched: {}", absent.join(" ")))
    }

    /// Fetches its packages.
    pub(crate) fn fetch(&self) -> Result<(), String> {
        self.packages.iter().try_for_each(|text| Package::parse(text)?.get().map(drop))
    }

    /// Builds, unless the same build has been done; true where the compiler ran.
    pub(crate) fn build(&self, build: &Build<'_>) -> Result<bool, String> {
        let mut holes = Holes::default();
        holes.set("out", build.out).set("folder", build.folder);
        holes.set("cache", &kit::made_folder("fetched/cache")?);
        if let Some(first) = self.packages.first() {
            holes.set("package", &Package::parse(first)?.get()?);
        }
        if self.prepare.as_deref() == Some("rust") {
            rust_wasm::prepare(&mut holes)?;
        }
        let sources = holes.fill_all(&build.sources)?;
        let flags = holes.fill_all(&build.flags)?;
        let stamp = stamp_of(&self.build, &flags, build.folder, &sources)?;
        holes.list("sources", sources).list("flags", flags);
        let mark = build.out.with_added_extension("stamp");
        let is_done = build.out.is_file() && kit::read_text(&mark).is_ok_and(|old| old == stamp);
        if is_done {
            return Ok(false);
        }
        let words = holes.fill_all(&self.build)?;
        let (program, words) = words.split_first().ok_or("a toolchain without a command")?;
        let mut command = Command::new(program);
        command.args(words).current_dir(build.folder);
        for (name, value) in &self.env {
            command.env(name, holes.fill(value)?);
        }
        process::output(&mut command)?;
        kit::write(&mark, stamp.as_bytes())?;
        Ok(true)
    }
}

/// A number for a command and the bytes of the files it names.
fn stamp_of(
    build: &[String],
    flags: &[String],
    folder: &Path,
    sources: &[String],
) -> Result<String, String> {
    let mut hasher = DefaultHasher::new();
    build.hash(&mut hasher);
    flags.hash(&mut hasher);
    for source in sources {
        let path = folder.join(source);
        source.hash(&mut hasher);
        if path.is_file() {
            bytes_of(&path)?.hash(&mut hasher);
        }
    }
    for header in headers(folder)? {
        bytes_of(&header)?.hash(&mut hasher);
    }
    Ok(format!("{:016x}\n", hasher.finish()))
}

fn headers(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let is_header = |path: &PathBuf| path.extension().is_some_and(|end| end == "h");
    Ok(kit::entries(folder)?.into_iter().filter(is_header).collect())
}

fn bytes_of(path: &Path) -> Result<Vec<u8>, String> {
    std::fs::read(path).map_err(|error| format!("{}: {error}", path.display()))
}
