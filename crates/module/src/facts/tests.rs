//! What is stated about small modules, and what is not.

use crate::{Features, Limits, Module};
use std::format;

fn module(text: &str) -> Module {
    let bytes = wat::parse_str(format!("(module {text})")).unwrap();
    let features = Features::WASM2.with(Features::EXTENDED_CONST);
    Module::new(&bytes, &Limits::default(), features).unwrap()
}

#[test]
fn tables() {
    let cases = [
        ("(table 1 funcref) (func $f) (elem (i32.const 0) $f)", true),
        ("(table (export \"t\") 1 funcref)", false),
        ("(import \"\" \"\" (table 1 funcref))", false),
        ("(table 1 funcref) (func (table.set (i32.const 0) (ref.null func)))", false),
        ("(table 1 funcref) (func (drop (table.grow (ref.null func) (i32.const 1))))", false),
        (
            "(table 1 funcref) (func (table.fill (i32.const 0) (ref.null func) (i32.const 1)))",
            false,
        ),
        (
            "(table 1 funcref) (table 1 funcref) (func (table.copy 0 1 (i32.const 0) (i32.const 0) (i32.const 1)))",
            false,
        ),
        (
            "(table 1 funcref) (table 1 funcref) (func (table.copy 1 0 (i32.const 0) (i32.const 0) (i32.const 1)))",
            true,
        ),
        (
            "(table 1 funcref) (elem $e func) (func (table.init $e (i32.const 0) (i32.const 0) (i32.const 0)))",
            false,
        ),
        ("(table 1 funcref) (func (drop (table.get (i32.const 0))) (drop (table.size)))", true),
    ];
    for (text, fixed) in cases {
        assert_eq!(module(text).facts.table_is_fixed(0), fixed, "{text}");
    }
}

#[test]
fn memories() {
    let cases = [
        ("(memory 1) (func (i32.store (i32.const 0) (i32.const 0)))", true),
        ("(memory 1) (func (drop (memory.grow (i32.const 0))))", false),
        ("(memory (export \"m\") 1)", false),
        ("(import \"\" \"\" (memory 1))", false),
    ];
    for (text, fixed) in cases {
        assert_eq!(module(text).facts.memory_never_grows(0), fixed, "{text}");
    }
}

/// Whether global 0 keeps its first value, and its value where the module alone decides it.
#[test]
fn globals() {
    let cases = [
        ("(global i32 (i32.const 7))", true, Some("I32(7)")),
        ("(global (mut i32) (i32.const 7))", true, Some("I32(7)")),
        ("(global (mut i32) (i32.const 7)) (func (global.set 0 (i32.const 1)))", false, None),
        ("(global (export \"g\") (mut i32) (i32.const 7))", false, None),
        ("(global (export \"g\") i32 (i32.const 7))", true, Some("I32(7)")),
        ("(import \"\" \"\" (global i32))", true, None),
        ("(import \"\" \"\" (global (mut i32)))", false, None),
        ("(global funcref (ref.null func))", true, None),
        ("(global i64 (i64.mul (i64.const 6) (i64.const 7)))", true, Some("I64(42)")),
    ];
    for (text, fixed, value) in cases {
        let module = module(text);
        assert_eq!(module.facts.global_is_fixed(0), fixed, "{text}");
        let constant = module.global_constant(0).map(|value| format!("{value:?}"));
        assert_eq!(constant.as_deref(), value, "{text}");
    }
}

#[test]
fn escaped_functions() {
    let cases: [(&str, &[u32]); 8] = [
        ("(func) (func (call 0))", &[]),
        ("(func) (func (export \"a\"))", &[1]),
        ("(func) (start 0)", &[0]),
        ("(table 1 funcref) (func) (func) (elem (i32.const 0) 1)", &[1]),
        ("(func) (func) (elem declare func 1)", &[]),
        ("(func) (func (drop (ref.func 0))) (elem declare func 0)", &[0]),
        ("(func) (func) (global funcref (ref.func 1))", &[1]),
        ("(func) (func) (elem funcref (ref.func 1) (ref.null func))", &[1]),
    ];
    for (text, escaped) in cases {
        let facts = module(text).facts;
        assert_eq!(facts.escaped(), escaped, "{text}");
        assert!(facts.is_complete() && (0..2).all(|f| facts.is_escaped(f) == escaped.contains(&f)));
    }
}

#[test]
fn nothing_is_stated_before_all_is_read() {
    let module = Module { facts: super::Facts::default(), ..module("(global i32 (i32.const 1))") };
    assert!(module.facts.is_escaped(0) && !module.facts.global_is_fixed(0));
    assert_eq!(module.global_constant(0), None);
}
