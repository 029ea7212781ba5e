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

#[test]
fn repeated_calls_are_written_once() {
    let lines = ["0: 0x1 - a", "1: 0x2 - b", "2: 0x2 - b", "3: 0x2 - b", "4: 0x3 - a"];
    let folded = folded(lines.into_iter());
    assert_eq!(folded, ["0: 0x1 - a", "1: 0x2 - b", "     … the same 2 times more", "4: 0x3 - a"]);
}

#[test]
fn rust_names_are_readable() {
    let line = "  1: 0x1426e - words.wasm!_RNvNtCsiwN8gx6w4aj_3std9panicking15panic_with_hook";
    assert_eq!(demangled(line), "  1: 0x1426e - words.wasm!std::panicking::panic_with_hook");
    let line = "  1: 0x1 - m!_ZN4core3fmt5write17h0123456789abcdefE";
    assert_eq!(demangled(line), "  1: 0x1 - m!core::fmt::write");
    assert_eq!(demangled("  0: 0x1 - a_Room"), "  0: 0x1 - a_Room");
}
