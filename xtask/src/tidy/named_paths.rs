//! Every path that a document names exists: documents rot where no machine reads them.
//!
//! Documents are `*.md` and the `//!` lines of Rust files. A path is a link target, or a word in backticks
//! or in a fenced block that begins with a folder of the root or ends like a source. Such a word may be
//! written from the root, from the document's folder, from its crate, or as the end of a path (`tidy/text.rs`).
//! Invariant: patterns (`*`, `{…}`, `<…>`) are checked up to the component that holds them.
//! Read next: `xtask/src/tidy/named_paths/words.rs`.

mod words;

use super::tree::{Finding, SourceFile, Tree, extension};
use words::{Named, named};

#[cfg(test)]
mod tests;

/// A word with one of these endings is meant as a path even without a folder.
const SOURCES: &[&str] = &["rs", "md", "toml", "sh"];
/// Folders that builds make; a document may name what is in them.
const MADE: &[&str] = &["target/", ".cache/"];

/// Looks for dead paths in every document.
pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in &tree.files {
        let lines: Vec<(usize, &str)> = match file.extension() {
            "md" => file.text.lines().enumerate().collect(),
            "rs" => module_doc(&file.text).collect(),
            _ => continue,
        };
        for (index, named) in named(&lines) {
            if !exists(tree, file, &named) {
                let message = format!("{} does not exist", named.text());
                findings.push(Finding::error(&file.path, index + 1, message));
            }
        }
    }
    findings
}

/// The `//!` lines without their mark.
fn module_doc(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines().enumerate().filter_map(|(index, line)| {
        line.trim_start().strip_prefix("//!").map(|words| (index, words))
    })
}

/// Whether a named path is there, or is none.
fn exists(tree: &Tree, document: &SourceFile, named: &Named) -> bool {
    let folder = document.path.rsplit_once('/').map_or("", |(folder, _)| folder);
    match named {
        Named::Link(target) => is_outside(target) || resolves(tree, folder, up_to_pattern(target)),
        Named::Word(word) => {
            let path = up_to_pattern(word.trim_end_matches('/'));
            !is_meant_as_path(tree, word)
                || path.is_empty()
                || resolves(tree, folder, path)
                || tree.paths.iter().any(|known| known.ends_with(&format!("/{path}")))
        }
    }
}

/// A link to a page, to a heading of this one, or to a Rust item.
fn is_outside(target: &str) -> bool {
    target.is_empty()
        || target.contains("://")
        || target.starts_with('#')
        || target.contains("::")
        || !(target.contains('/') || target.contains('.'))
}

fn is_meant_as_path(tree: &Tree, word: &str) -> bool {
    if MADE.iter().any(|made| word.starts_with(made)) || word.contains("://") {
        return false;
    }
    let begins_with_folder = word.split_once('/').is_some_and(|(first, _)| {
        !first.is_empty() && tree.paths.contains(first) && !tree.text(first).is_some_and(|_| true)
    });
    begins_with_folder || SOURCES.contains(&extension(word)) && !word.starts_with('.')
}

/// The path in front of the first component that is a pattern.
fn up_to_pattern(path: &str) -> &str {
    let path = path.split('#').next().unwrap_or(path);
    match path.find(['*', '{', '<', '…']) {
        Some(at) => path[..at].rsplit_once('/').map_or("", |(before, _)| before),
        None => path,
    }
}

/// Tries the root, the folder of the document and every folder above it, with `src` beside each.
fn resolves(tree: &Tree, folder: &str, path: &str) -> bool {
    let path = path.trim_end_matches('/');
    let mut base = folder;
    loop {
        let near = normalize(&format!("{base}/{path}"));
        let source = normalize(&format!("{base}/src/{path}"));
        if [near, source].iter().any(|known| known.is_empty() || tree.paths.contains(known)) {
            return true;
        }
        if base.is_empty() {
            return false;
        }
        base = base.rsplit_once('/').map_or("", |(above, _)| above);
    }
}

/// Takes `.` and `..` out of a path.
fn normalize(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    parts.join("/")
}
