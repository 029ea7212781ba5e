//! What the checks look at: the files git knows or would add, and the packages cargo knows.
//!
//! It holds no rule. Paths are relative to the root and use `/`. Files that are not UTF-8 are named in
//! `paths` and have no text. Invariant: everything here is read once, before the first check runs.
//! Read next: any check, for example `xtask/src/tidy/ranks.rs`.

use std::collections::BTreeSet;
use std::fmt;
use std::path::Path;
use std::process::Command;

/// A text file of the repository.
#[derive(Debug)]
pub(crate) struct SourceFile {
    /// Path from the root, with `/`.
    pub(crate) path: String,
    /// The whole text.
    pub(crate) text: String,
}

impl SourceFile {
    /// The part of the file name after the last dot, or nothing.
    pub(crate) fn extension(&self) -> &str {
        extension(&self.path)
    }
}

/// One line of a manifest's dependency tables.
#[derive(Debug, Clone)]
pub(crate) struct Dependency {
    /// The package depended on.
    pub(crate) name: String,
    /// Whether only tests, examples and benchmarks see it.
    pub(crate) is_dev: bool,
}

/// A member of the workspace.
#[derive(Debug, Clone)]
pub(crate) struct Package {
    /// Name in the manifest.
    pub(crate) name: String,
    /// Path of the manifest from the root.
    pub(crate) manifest: String,
    /// Licence expression, if any.
    pub(crate) licence: Option<String>,
    /// Whether the package may go to a registry.
    pub(crate) is_published: bool,
    /// Direct dependencies of every kind.
    pub(crate) dependencies: Vec<Dependency>,
    /// Root source files of its library and its programs.
    pub(crate) roots: Vec<String>,
}

/// The repository as the checks see it.
#[derive(Debug, Default)]
pub(crate) struct Tree {
    /// Every text file.
    pub(crate) files: Vec<SourceFile>,
    /// Every file and every folder above a file.
    pub(crate) paths: BTreeSet<String>,
    /// Every member of the workspace.
    pub(crate) packages: Vec<Package>,
}

/// Something that breaks a rule, or nearly does.
#[derive(Debug)]
pub(crate) struct Finding {
    /// Where.
    pub(crate) path: String,
    /// Line from 1, or 0 for the whole file.
    pub(crate) line: usize,
    /// What is wrong and what is expected.
    pub(crate) message: String,
    /// A warning is printed and does not fail the run.
    pub(crate) is_warning: bool,
}

impl Finding {
    /// An error at a line.
    pub(crate) fn error(path: &str, line: usize, message: impl Into<String>) -> Self {
        Self { path: path.into(), line, message: message.into(), is_warning: false }
    }

    /// A warning about a whole file.
    pub(crate) fn warning(path: &str, message: impl Into<String>) -> Self {
        Self { path: path.into(), line: 0, message: message.into(), is_warning: true }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => write!(out, "{}: {}", self.path, self.message),
            line => write!(out, "{}:{line}: {}", self.path, self.message),
        }
    }
}

impl Tree {
    /// Reads the repository at `root`.
    pub(crate) fn read(root: &Path) -> Result<Self, String> {
        let listed =
            output(root, "git", &["ls-files", "-z", "--cached", "--others", "--exclude-standard"])?;
        let mut tree = Self { packages: packages(root)?, ..Self::default() };
        for path in listed.split('\0').filter(|path| !path.is_empty()) {
            // A file removed from the folder and not yet from the index is gone for our purpose.
            let Ok(bytes) = std::fs::read(root.join(path)) else { continue };
            tree.add(path, bytes);
        }
        Ok(tree)
    }

    /// Adds one file: to the paths always, to the texts when it is one.
    pub(crate) fn add(&mut self, path: &str, bytes: impl Into<Vec<u8>>) {
        let mut above = path;
        while self.paths.insert(above.to_string()) {
            let Some((folder, _)) = above.rsplit_once('/') else { break };
            above = folder;
        }
        if let Ok(text) = String::from_utf8(bytes.into()) {
            self.files.push(SourceFile { path: path.to_string(), text });
        }
    }

    /// The text of a file, if it is there.
    pub(crate) fn text(&self, path: &str) -> Option<&str> {
        self.files.iter().find(|file| file.path == path).map(|file| file.text.as_str())
    }

    /// All Rust sources.
    pub(crate) fn rust(&self) -> impl Iterator<Item = &SourceFile> {
        self.files.iter().filter(|file| file.extension() == "rs")
    }
}

/// The part of a path after the last dot of its last component, or nothing.
pub(crate) fn extension(path: &str) -> &str {
    let name = path.rsplit('/').next().unwrap_or(path);
    name.rsplit_once('.').map_or("", |(_, extension)| extension)
}

/// Asks cargo for the members of the workspace, without resolving anything.
fn packages(root: &Path) -> Result<Vec<Package>, String> {
    let text = output(root, "cargo", &["metadata", "--format-version", "1", "--no-deps"])?;
    let metadata: serde_json::Value = serde_json::from_str(&text)
        .map_err(|error| format!("cargo metadata is not JSON: {error}"))?;
    let base = metadata["workspace_root"].as_str().unwrap_or_default().to_string();
    let relative = |value: &serde_json::Value| -> String {
        let path = value.as_str().unwrap_or_default();
        path.strip_prefix(&base).unwrap_or(path).trim_start_matches('/').to_string()
    };
    let list = |value: &serde_json::Value| value.as_array().cloned().unwrap_or_default();
    let packages = list(&metadata["packages"]).into_iter().map(|package| Package {
        name: package["name"].as_str().unwrap_or_default().to_string(),
        manifest: relative(&package["manifest_path"]),
        licence: package["license"].as_str().map(str::to_string),
        // cargo says `[]` for `publish = false` and null where every registry is allowed.
        is_published: package["publish"].is_null(),
        dependencies: list(&package["dependencies"])
            .iter()
            .map(|dependency| Dependency {
                name: dependency["name"].as_str().unwrap_or_default().to_string(),
                is_dev: dependency["kind"].as_str() == Some("dev"),
            })
            .collect(),
        roots: list(&package["targets"])
            .iter()
            .filter(|target| matches!(target["kind"][0].as_str(), Some("lib" | "bin")))
            .map(|target| relative(&target["src_path"]))
            .collect(),
    });
    Ok(packages.collect())
}

/// Standard output of a program run in `folder`.
fn output(folder: &Path, program: &str, arguments: &[&str]) -> Result<String, String> {
    let done = Command::new(program)
        .args(arguments)
        .current_dir(folder)
        .output()
        .map_err(|error| format!("{program} did not start: {error}"))?;
    if !done.status.success() {
        let complaint = String::from_utf8_lossy(&done.stderr).trim().to_string();
        return Err(format!("{program} {} failed: {complaint}", arguments.join(" ")));
    }
    String::from_utf8(done.stdout)
        .map_err(|_| format!("{program} printed bytes that are not UTF-8"))
}

#[cfg(test)]
pub(crate) mod samples;
