//! Modules survive being stored, and damaged ones are found out.

use crate::{Features, InvalidKind, Limits, Module};
use std::vec;
use std::vec::Vec;

fn sample() -> (Module, Vec<u8>) {
    let text = r#"(module $m
        (import "a" "b" (func $f (param i32) (result f64)))
        (table 2 funcref) (memory 1 2) (global $g (mut i32) (i32.const 4))
        (global externref (ref.null extern)) (export "x" (global 1))
        (elem (i32.const 0) $f) (elem funcref (ref.func $h) (ref.null func))
        (func $h (export "h") (result f64) (call $f (global.get $g)))
        (start $s) (func $s (global.set $g (i32.const 1)))
        (data (i32.const 1) "abc") (@custom ".debug_info" "xyz"))"#;
    let bytes = wat::parse_str(text).unwrap();
    (Module::new(&bytes, &Limits::default(), Features::WASM2).unwrap(), bytes)
}

/// Uses whatever takes an index or a range from the module.
fn use_everything(module: &Module, wasm: &[u8]) {
    module.imports.iter().for_each(|import| drop(module.import_type(import)));
    module.exports.iter().for_each(|export| drop(module.export_type(export)));
    for function in 0..u32::try_from(module.functions.len()).unwrap() {
        let _ = (module.function_type(function), module.names.function(function));
        let _ = (module.facts.is_escaped(function), module.defined_index(function));
    }
    for defined in 0..module.defined_functions() {
        if let Ok(mut body) = module.body(wasm, defined) {
            while !body.operators.eof() && body.operators.read().is_ok() {}
        }
    }
    for global in 0..u32::try_from(module.globals.len()).unwrap() {
        let _ = module.global_constant(global);
    }
    let bytes = |range| module.bytes(wasm, range).map_or(0, <[u8]>::len);
    let _: usize = module.data.iter().map(|segment| bytes(&segment.bytes)).sum();
    let _ = (module.debug_sections().count(), module.names.functions().count());
    let _ = (module.cost(), module.operators());
}

#[test]
fn round_trip() {
    let (module, wasm) = sample();
    let stored = module.to_bytes().unwrap();
    let loaded = Module::from_bytes(&stored).unwrap();
    assert!(loaded == module);
    assert_eq!(loaded.debug_sections().count(), 1);
    use_everything(&loaded, &wasm);
}

#[test]
fn damage_is_found_or_harmless() {
    let (module, wasm) = sample();
    let stored = module.to_bytes().unwrap();
    for end in 0..stored.len() {
        assert!(Module::from_bytes(&stored[..end]).is_err(), "cut at {end}");
    }
    assert!(Module::from_bytes(&[&stored[..], &[0]].concat()).is_err());
    for at in 0..stored.len() {
        for value in [0, 1, 2, 4, 0x7f, 0x80, 0xff, stored[at].wrapping_add(1)] {
            let mut damaged = stored.clone();
            damaged[at] = value;
            match Module::from_bytes(&damaged) {
                Ok(module) => use_everything(&module, &wasm),
                Err(error) => assert_eq!(error.kind(), InvalidKind::Malformed, "{error}"),
            }
        }
    }
}

#[test]
fn what_does_not_fit_is_named() {
    type Break = fn(&mut Module);
    let cases: &[(&str, Break)] = &[
        ("counts of imports", |m| m.imported_functions = 2),
        ("counts of imports", |m| m.imported_memories = 1),
        ("counts of imports", |m| m.bodies.clear()),
        ("type of a function", |m| m.functions[0].0 = 9),
        ("type of a function", |m| m.start = Some(3)),
        ("type of a function", |m| m.memories[0].page_bytes_log2 = 17),
        ("an export", |m| m.exports[0].index = 2),
        ("a global or table", |m| m.globals[0].init = None),
        ("a global or table", |m| m.globals[0].init = Some(crate::ConstExpr::GlobalGet(0))),
        ("an element segment", |m| m.elements[0].items = crate::ElementItems::Functions(vec![9])),
        ("a data segment", |m| m.memories.clear()),
        ("a range of bytes", |m| m.bodies[0].range.end = 1 << 40),
        ("a range of bytes", |m| m.data[0].bytes.start = u64::MAX),
    ];
    for (what, destroy) in cases {
        let (mut module, _) = sample();
        destroy(&mut module);
        let error = Module::from_bytes(&module.to_bytes().unwrap()).unwrap_err();
        assert!(error.message().ends_with(what), "{what}: {error}");
    }
}
