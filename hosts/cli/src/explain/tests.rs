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

/// Errors of the engine have a line per cause, and names of modules cannot make one.
#[test]
fn every_cause_has_a_line() {
    let engine = holm::Engine::default();
    let text = r#"(module (import "a\0ahelp: b" "c" (func)) (import "d" "e" (memory 1)))"#;
    let module = holm::Module::new(&engine, text).unwrap();
    let error = holm::Linker::<()>::new(&engine).instantiate_pre(&module).err().unwrap();
    let limits = crate::limits::Limits::default();
    let end = End { limits: &limits, late: false, began: false, memory: 0, threads: false };
    let text = stopped("x.wasm", &error, &end).render(Style::plain());
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(
        lines,
        [
            "error: can not link x.wasm: unknown import: `a\\nhelp: b` `c` has not been defined, it should be a function () -> ()",
            "error: unknown import: `d` `e` has not been defined, it should be a memory 1..",
            "help: see what it asks for: holm inspect x.wasm",
        ]
    );
}
