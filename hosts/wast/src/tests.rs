//! Unit tests of the script runner: what holds passes, and each kind of directive can fail.

use holm::Engine;

use super::run;

/// Numbers of passed and failed directives.
fn counts(source: &str) -> (usize, usize) {
    let report = run(&Engine::default(), source);
    (report.passed, report.failures.len())
}

const MODULE: &str = r#"
(module $m
  (global (export "g") i32 (i32.const 7))
  (func (export "id32") (param f32) (result f32) (local.get 0))
  (func (export "pair") (result i32 i64) (i32.const 1) (i64.const 2))
  (func (export "vector") (result v128) (v128.const i32x4 1 2 3 0x7fc00000))
  (func (export "object") (param externref) (result externref) (local.get 0))
  (func (export "trap") (unreachable))
  (func $deep (export "deep") (call $deep)))
"#;

fn with_module(directives: &str) -> (usize, usize) {
    let (passed, failed) = counts(&format!("{MODULE}{directives}"));
    (passed - 1, failed)
}

#[test]
fn what_holds_passes() {
    let directives = r#"
        (assert_return (get "g") (i32.const 7))
        (assert_return (get $m "g") (either (i32.const 6) (i32.const 7)))
        (assert_return (invoke "id32" (f32.const nan)) (f32.const nan:canonical))
        (assert_return (invoke "id32" (f32.const -nan:0x600000)) (f32.const nan:arithmetic))
        (assert_return (invoke "pair") (i32.const 1) (i64.const 2))
        (assert_return (invoke "vector") (v128.const f32x4 0x2p-149 0x4p-149 0x6p-149 nan:canonical))
        (assert_return (invoke "object" (ref.extern 5)) (ref.extern 5))
        (assert_return (invoke "object" (ref.null extern)) (ref.null extern))
        (assert_trap (invoke "trap") "unreachable")
        (assert_exhaustion (invoke "deep") "call stack exhausted")
        (assert_trap (module (func $f (unreachable)) (start $f)) "unreachable")
        (assert_invalid (module (func (result i32))) "type mismatch")
        (assert_malformed (module quote "(func") "unexpected end")
        (assert_malformed (module binary "\00asm\02\00\00\00") "unknown binary version")
        (assert_unlinkable (module (import "a" "b" (func))) "unknown import")
        (register "m")
        (module (import "m" "trap" (func)) (import "spectest" "print_i32" (func (param i32))))
        (module definition $d (func (export "f")))
        (module instance $i $d)
        (invoke $i "f")
    "#;
    assert_eq!(
        with_module(
            &directives.replace("0x2p-149 0x4p-149 0x6p-149", "0x1p-149 0x1p-148 0x3p-149")
        ),
        (20, 0)
    );
}

#[test]
fn what_does_not_hold_fails() {
    let directives = [
        r#"(assert_return (get "g") (i32.const 8))"#,
        r#"(assert_return (get "g") (i64.const 7))"#,
        r#"(assert_return (get "no") (i32.const 7))"#,
        r#"(assert_return (invoke "no"))"#,
        r#"(assert_return (invoke $no "trap"))"#,
        r#"(assert_return (invoke "trap"))"#,
        r#"(assert_return (invoke "pair") (i32.const 1))"#,
        r#"(assert_return (invoke "id32" (f32.const -0)) (f32.const 0))"#,
        r#"(assert_return (invoke "id32" (f32.const nan:0x600000)) (f32.const nan:canonical))"#,
        r#"(assert_return (invoke "id32" (f32.const inf)) (f32.const nan:arithmetic))"#,
        r#"(assert_return (invoke "id32" (f32.const nan:0x200000)) (f32.const nan:arithmetic))"#,
        r#"(assert_return (invoke "vector") (v128.const i32x4 1 2 3 4))"#,
        r#"(assert_return (invoke "vector") (v128.const f32x4 0 0 0 nan:canonical))"#,
        r#"(assert_return (invoke "object" (ref.extern 5)) (ref.extern 6))"#,
        r#"(assert_return (invoke "object" (ref.extern 5)) (ref.null extern))"#,
        r#"(assert_return (invoke "object" (ref.null extern)) (ref.extern 0))"#,
        r#"(assert_return (invoke "object" (ref.null extern)) (ref.null func))"#,
        r#"(assert_trap (invoke "trap") "integer overflow")"#,
        r#"(assert_trap (invoke "pair") "unreachable")"#,
        r#"(assert_trap (module) "unreachable")"#,
        r#"(assert_exhaustion (invoke "trap") "call stack exhausted")"#,
        r#"(assert_invalid (module) "type mismatch")"#,
        r#"(assert_malformed (module quote "(func)") "unexpected end")"#,
        r#"(assert_unlinkable (module) "unknown import")"#,
        r#"(assert_unlinkable (module (import "a" "b" (func))) "incompatible import type")"#,
        r#"(assert_exception (invoke "trap"))"#,
        r#"(invoke "trap")"#,
        r#"(invoke "id32")"#,
        r#"(register "x" $no)"#,
        r#"(module (import "a" "b" (func)))"#,
        r#"(module instance $i $no)"#,
    ];
    for directive in directives {
        assert_eq!(with_module(directive), (0, 1), "{directive}");
    }
}

#[test]
fn a_failure_does_not_end_the_script_and_has_a_place() {
    let source = format!("{MODULE}\n(invoke \"trap\")\n  (invoke \"pair\")\n  (invoke \"trap\")");
    let report = run(&Engine::default(), &source);
    assert_eq!(report.passed, 2);
    let places: Vec<String> = report
        .failures
        .iter()
        .map(|failure| format!("{}:{}", failure.line, failure.column))
        .collect();
    assert_eq!(places, ["11:2", "13:4"]);
}

#[test]
fn a_script_that_cannot_be_read_is_one_failure() {
    let report = run(&Engine::default(), "(module\n  (func");
    assert_eq!((report.passed, report.failures.len()), (0, 1));
    assert_eq!(report.failures[0].line, 2);
}
