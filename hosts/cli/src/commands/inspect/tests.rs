//! The page for small modules.

use super::*;

fn page(text: &str) -> String {
    let input = Input {
        name: "m.wat".to_owned(),
        kind: Kind::Text,
        bytes: text.as_bytes().to_vec().into(),
    };
    match decode(input) {
        Ok(subject) => listing::describe(&subject, Style::plain()),
        Err(failure) => failure.render(Style::plain()),
    }
}

#[track_caller]
fn check(text: &str, lines: &[&str]) {
    let page = page(text);
    for line in lines {
        assert!(page.lines().any(|l| l.trim() == *line), "no line {line:?} in\n{page}");
    }
}

#[test]
fn a_module_without_imports_asks_for_nothing() {
    check(
        r#"(module (memory (export "memory") 1 2) (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1))))"#,
        &[
            "nothing: it computes, and cannot see or change anything outside itself",
            "Exports (2)",
            "memory  memory, 64 KiB, may grow to 128 KiB",
            "add     function (i32, i32) -> (i32)",
        ],
    );
}

#[test]
fn wasi_is_told_in_words_and_the_rest_by_name() {
    check(
        r#"(module
            (import "wasi_snapshot_preview1" "path_open" (func (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
            (import "wasi_snapshot_preview1" "random_get" (func (param i32 i32) (result i32)))
            (import "wasi_snapshot_preview1" "teleport" (func))
            (import "env" "log\1b[31m" (func (param i32)))
            (func (export "_start")))"#,
        &[
            "opens and looks at files in directories you grant (--dir)",
            "asks for random bytes",
            "2 imports that holm run does not provide; a program that embeds Holm can:",
            "wasi_snapshot_preview1.teleport",
            "env.log\\u{1b}[31m",
        ],
    );
}

#[test]
fn a_proposal_that_is_off_is_named_and_the_page_still_shown() {
    check(
        r#"(module (memory (export "m") 1 1 shared))"#,
        &[
            "It needs: threads.",
            "Not all of this is on by default: holm run --features threads.",
            "Exports (1)",
        ],
    );
}

#[test]
fn producers_are_listed_as_far_as_they_can_be_read() {
    let mut section = vec![1, 8];
    section.extend_from_slice(b"language");
    section.extend_from_slice(&[1, 4]);
    section.extend_from_slice(b"Rust");
    section.push(0);
    let field = producers::Field { name: "language".to_owned(), values: vec!["Rust".to_owned()] };
    assert_eq!(producers::read(&section), [field]);
    for end in 0..section.len() {
        assert_eq!(producers::read(&section[..end]), []);
    }
    assert_eq!(producers::read(&[0xff; 9]), []);
}

#[test]
fn text_that_is_no_module_shows_the_place() {
    let page = page("(module\n  (func (i32.frobnicate)))");
    assert!(page.starts_with("error: m.wat:2:10: "), "{page}");
}
