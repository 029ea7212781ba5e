//! Which functions count as named, and for which types.

use super::*;
use holm_module::{Features, Limits};

fn named(source: &str) -> Named {
    let wasm = wat::parse_str(source).unwrap();
    Named::new(&Module::new(&wasm, &Limits::default(), Features::default()).unwrap())
}

#[test]
fn functions_are_listed_by_type_and_every_type_above() {
    let named = named(
        r#"(module
          (type $above (sub (func))) (type $below (sub $above (func))) (type $other (func (param i32)))
          (import "m" "f" (func $imported (type $above)))
          (func $a (type $above)) (func $b (type $below)) (func $c (type $other)) (func $unnamed (type $above))
          (elem declare func $imported $a) (global funcref (ref.func $b)) (export "c" (func $c)))"#,
    );
    assert_eq!(named.of_type(0), [1, 2]);
    assert_eq!(named.of_type(1), [2]);
    assert_eq!(named.of_type(2), [3]);
}

#[test]
fn too_many_are_none() {
    let module = |count: usize| {
        let functions = "(func (type 0))".repeat(count);
        let names: Vec<String> = (0..count).map(|index| index.to_string()).collect();
        let names = names.join(" ");
        format!("(module (type (func)) {functions} (elem func {names}))")
    };
    assert_eq!(named(&module(KNOWN_MAX)).of_type(0).len(), KNOWN_MAX);
    assert!(named(&module(KNOWN_MAX + 1)).of_type(0).is_empty());
    assert!(named("(module (type (func)))").of_type(0).is_empty());
}
