//! Which entries of fixed tables are known.

use super::*;
use holm_module::{Features, Limits};

fn tables(source: &str) -> FixedTables {
    let wasm = wat::parse_str(source).unwrap();
    FixedTables::new(&Module::new(&wasm, &Limits::default(), Features::default()).unwrap())
}

const TYPES: &str = r#"(type $a (func)) (type $b (func (param i32))) (type $a2 (func))
  (import "m" "f" (func $import (type $a)))
  (func $x (type $a)) (func $y (type $b) (drop (local.get 0))) (func $z (type $a2))"#;

#[test]
fn entries_are_sorted_by_type() {
    let known = tables(&format!(
        "(module {TYPES} (table 5 funcref) (elem (i32.const 1) func $x $y $z $import))"
    ));
    let a = known.reachable(0, 0).unwrap();
    let of = |index, function| Candidate { index, function };
    assert_eq!(a.candidates, [of(1, 1), of(3, 3), of(4, 0)]);
    assert!(a.foreign && !a.truncated && !a.uniform);
    assert_eq!(known.reachable(0, 2), Some(a), "equal types are one type");
    let b = known.reachable(0, 1).unwrap();
    assert_eq!(b.candidates, [of(2, 2)]);
    assert!(!b.foreign);
}

#[test]
fn later_segments_replace_earlier_ones() {
    let known = tables(&format!(
        "(module {TYPES} (table 1 funcref) (elem (i32.const 0) func $y) (elem (i32.const 0) func $x))"
    ));
    assert!(known.reachable(0, 0).unwrap().uniform);
    assert!(known.reachable(0, 1).unwrap().candidates.is_empty());
}

#[test]
fn nothing_is_said_of_tables_that_can_change() {
    let exported = format!(r#"(module {TYPES} (table (export "t") 1 funcref))"#);
    assert_eq!(tables(&exported).reachable(0, 0), None);
    let written = format!(
        "(module {TYPES} (table 1 funcref) (func (table.set (i32.const 0) (ref.null func))))"
    );
    assert_eq!(tables(&written).reachable(0, 0), None);
    let moved = format!(
        r#"(module (import "m" "g" (global $g i32)) {TYPES} (table 9 funcref) (elem (global.get $g) func $x))"#
    );
    assert_eq!(tables(&moved).reachable(0, 0), None);
}

#[test]
fn nothing_is_said_when_functions_can_escape_a_failed_instance() {
    let known = tables(&format!(
        r#"(module (import "m" "t" (table $t 1 funcref)) {TYPES} (table $own 1 funcref)
          (elem (table $t) (i32.const 0) func $x) (elem (table $own) (i32.const 0) func $x))"#
    ));
    assert_eq!(known.reachable(1, 0), None);
}
