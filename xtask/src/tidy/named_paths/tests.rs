//! Unit tests of the check of paths named in documents.

use super::check;
use crate::tidy::tree::samples::tree_of_files;

/// Dead paths found in a document that stands beside a small tree.
fn dead(path: &str, text: &str) -> Vec<String> {
    let tree = tree_of_files(&[
        (path, text),
        ("crates/vm/src/sys/unix.rs", "//! Unix.\n"),
        ("crates/vm/Cargo.toml", "\n"),
        ("docs/use.md", "\n"),
        ("README", "\n"),
        (".ci/run", "\n"),
    ]);
    check(&tree).into_iter().map(|finding| finding.message).collect()
}

#[test]
fn living_paths_pass() {
    let text = "See `crates/vm/src/sys/unix.rs:12`, `sys/unix.rs`, `unix.rs`, `crates/vm/`, `.ci/run`, \
        `crates/*/src` and [use](docs/use.md#start).\n";
    assert_eq!(dead("NOTES.md", text), Vec::<String>::new());
}

#[test]
fn what_is_no_path_passes() {
    let text = "`i32/i64`, `text/plain`, `target/release/holm`, `a.b`, `https://x.org/a.rs`, \
        [page](https://x.org/y), [item](Self::check), [above](#use), `x.wat`.\n";
    assert_eq!(dead("NOTES.md", text), Vec::<String>::new());
}

#[test]
fn dead_words_fail() {
    assert_eq!(dead("NOTES.md", "See `crates/vm/src/gone.rs`.\n").len(), 1);
    assert_eq!(dead("NOTES.md", "See `gone.rs`.\n").len(), 1);
    assert_eq!(dead("NOTES.md", "See `crates/gone/*.rs`.\n").len(), 1);
    assert_eq!(dead("NOTES.md", "Run `bash .ci/walk`.\n").len(), 1);
}

#[test]
fn dead_links_fail() {
    assert_eq!(dead("NOTES.md", "See [this](docs/gone.md).\n"), ["docs/gone.md does not exist"]);
}

#[test]
fn fenced_blocks_are_read() {
    let text = "```sh\ncat crates/vm/gone.rs\n```\n";
    assert_eq!(dead("NOTES.md", text).len(), 1);
}

#[test]
fn links_resolve_from_the_folder_of_the_document() {
    assert!(dead("docs/other.md", "[use](use.md), [up](../crates/vm/Cargo.toml)\n").is_empty());
}

#[test]
fn module_docs_are_read_and_code_is_not() {
    let text = "//! Read next: `gone.rs`.\n// `gone.rs`\nconst A: &str = \"`gone.rs`\";\n";
    assert_eq!(dead("crates/vm/src/lib.rs", text).len(), 1);
    assert!(dead("crates/vm/src/lib.rs", "//! Read next: `sys/unix.rs`.\n").is_empty());
}
