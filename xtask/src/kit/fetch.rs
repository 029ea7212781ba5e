//! Packages by name from the registries, unpacked once under `target/fetched/`.
//!
//! A package is named `npm:NAME@VERSION`, `pypi:NAME@VERSION`, `sdist:NAME@VERSION` (the sources of a PyPI
//! package), `crate:NAME@VERSION`, `node:NAME@VERSION,…` (npm packages with what they depend on) or
//! `deb:NAME,NAME…`. The registries' own clients do the fetching.
//! Invariant: a folder under its final name is complete: it is unpacked elsewhere and renamed.
//! Read next: `xtask/src/kit/toolchain.rs`.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::kit::{entries, made_folder, make_folder, process, read_text, remove_folder, write};

/// A package in one of the registries.
pub(crate) struct Package<'a> {
    registry: &'a str,
    name: &'a str,
    version: &'a str,
}

impl<'a> Package<'a> {
    /// Reads `npm:NAME@VERSION` and its kin.
    pub(crate) fn parse(text: &'a str) -> Result<Self, String> {
        let unknown = || format!("package {text}: expected REGISTRY:NAME@VERSION");
        let (registry, rest) = text.split_once(':').ok_or_else(unknown)?;
        if matches!(registry, "deb" | "node") {
            return Ok(Self { registry, name: rest, version: "" });
        }
        let (name, version) = rest.rsplit_once('@').ok_or_else(unknown)?;
        Ok(Self { registry, name, version })
    }

    /// The folder the package has, or will have once it is fetched.
    pub(crate) fn folder(&self) -> Result<PathBuf, String> {
        let name = self.name.replace(['/', ','], "+");
        let name = if self.version.is_empty() { name } else { format!("{name}-{}", self.version) };
        Ok(made_folder("fetched")?.join(self.registry).join(name))
    }

    /// The content of the package, if it has been fetched.
    pub(crate) fn present(&self) -> Option<PathBuf> {
        let folder = self.folder().ok()?;
        match self.registry {
            "npm" => Some(folder.join("package")),
            "crate" => read_text(&folder.join("source")).ok().map(PathBuf::from),
            "sdist" => entries(&folder).ok()?.into_iter().find(|path| path.is_dir()),
            _ => Some(folder),
        }
        .filter(|path| path.is_dir())
    }

    /// The content of the package, fetched now if it is not here yet.
    pub(crate) fn get(&self) -> Result<PathBuf, String> {
        if let Some(folder) = self.present() {
            return Ok(folder);
        }
        let folder = self.folder()?;
        let unfinished = folder.with_extension("part");
        remove_folder(&unfinished)?;
        remove_folder(&folder)?;
        make_folder(&unfinished)?;
        crate::say(&format!("fetching {} {} {}", self.registry, self.name, self.version));
        self.fetch_into(&unfinished).map_err(|error| format!("{}: {error}", self.name))?;
        std::fs::rename(&unfinished, &folder)
            .map_err(|error| format!("{}: {error}", folder.display()))?;
        self.present().ok_or_else(|| format!("{}: the package is empty", self.name))
    }

    fn fetch_into(&self, folder: &Path) -> Result<(), String> {
        let exact = format!("{}=={}", self.name, self.version);
        let pip = |words: &[&str]| {
            let mut command = Command::new("python3");
            command.args(["-m", "pip", "--quiet", "--disable-pip-version-check"]);
            command.args(words).arg(&exact).current_dir(folder);
            process::output(&mut command)
        };
        match self.registry {
            "npm" => {
                let spec = format!("{}@{}", self.name, self.version);
                let mut pack = Command::new("npm");
                pack.args(["pack", "--silent", &spec]).current_dir(folder);
                process::output(&mut pack)?;
                unpack_archives(folder)
            }
            "pypi" => pip(&["install", "--no-deps", "--no-compile", "--target", "."]).map(drop),
            "sdist" => {
                pip(&["download", "--no-deps", "--no-binary", ":all:", "--dest", "."])?;
                unpack_archives(folder)
            }
            "crate" => self.fetch_crate(folder),
            "node" => {
                let mut install = Command::new("npm");
                install.args(["install", "--silent", "--no-save", "--ignore-scripts"]);
                install.args(["--prefix", "."]).args(self.name.split(',')).current_dir(folder);
                process::output(&mut install).map(drop)
            }
            "deb" => self.fetch_debian(folder),
            other => Err(format!("registry {other} is not known")),
        }
    }

    /// Lets cargo fetch a crate, and notes where its sources lie.
    fn fetch_crate(&self, folder: &Path) -> Result<(), String> {
        let manifest = format!(
            "[package]\nname = \"fetched\"\nversion = \"0.0.0\"\nedition = \"2024\"\npublish = false\n\
             [workspace]\n[lib]\npath = \"empty.rs\"\n[dependencies]\n\
             {} = {{ version = \"={}\", default-features = false }}\n",
            self.name, self.version
        );
        write(&folder.join("Cargo.toml"), manifest.as_bytes())?;
        write(&folder.join("empty.rs"), b"")?;
        let mut command = Command::new("cargo");
        command.args(["metadata", "--quiet", "--format-version", "1"]).current_dir(folder);
        let text = process::output(&mut command)?;
        let metadata: serde_json::Value =
            serde_json::from_str(&text).map_err(|error| error.to_string())?;
        let packages = metadata["packages"].as_array().map(Vec::as_slice).unwrap_or_default();
        let found = packages.iter().find(|package| package["name"] == self.name);
        let path = found.and_then(|package| package["manifest_path"].as_str()).unwrap_or_default();
        let source = Path::new(path).parent().unwrap_or(folder);
        write(&folder.join("source"), source.to_string_lossy().as_bytes())
    }

    /// Unpacks Debian packages beside the system instead of installing them.
    fn fetch_debian(&self, folder: &Path) -> Result<(), String> {
        let mut download = Command::new("apt-get");
        download.args(["download", "-qq"]).args(self.name.split(',')).current_dir(folder);
        process::output(&mut download)?;
        for file in entries(folder)?.into_iter().filter(|file| has_end(file, ".deb")) {
            process::output(Command::new("dpkg-deb").arg("-x").arg(&file).arg(folder))?;
            std::fs::remove_file(&file).map_err(|error| error.to_string())?;
        }
        Ok(())
    }
}

/// The content of a package, fetched if need be.
pub(crate) fn package(text: &str) -> Result<PathBuf, String> {
    Package::parse(text)?.get()
}

fn unpack_archives(folder: &Path) -> Result<(), String> {
    for file in entries(folder)?.into_iter().filter(|file| file.is_file()) {
        let mut command = Command::new("tar");
        command.arg("-xf").arg(&file).current_dir(folder);
        process::output(&mut command)?;
        std::fs::remove_file(&file).map_err(|error| error.to_string())?;
    }
    Ok(())
}

fn has_end(path: &Path, end: &str) -> bool {
    path.to_string_lossy().ends_with(end)
}
