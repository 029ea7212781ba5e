//! What users read when something goes wrong.

use super::*;
use crate::terminal::Style;

#[test]
fn a_place_in_text_is_a_file_line_and_column() {
    let error = "unknown operator\n     --> <anon>:2:10\n      |\n    2 |   (func (i32.frob))\n      |          ^";
    let text = text_error("a.wat", error).render(Style::plain());
    assert!(
        text.starts_with("error: a.wat:2:10: unknown operator\n  2 |   (func (i32.frob))\n"),
        "{text}"
    );
}

#[test]
fn advice_for_embedders_is_not_shown_to_users() {
    let text = "types: 9, over the limit of 8 (types_max) (at offset 0x8); raise it with `Config::module_limits`";
    assert_eq!(for_users(text), "types: 9, over the limit of 8 (types_max) (at offset 0x8)");
}

#[test]
fn a_proposal_is_named() {
    let text = not_yet("a.wasm", "threads").render(Style::plain());
    assert!(text.contains("a.wasm uses threads") && text.contains("\nhelp: "), "{text}");
}
