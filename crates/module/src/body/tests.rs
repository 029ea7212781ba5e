//! What is known of small bodies, and reading them back.

use super::*;
use crate::{Features, Limits};
use std::borrow::ToOwned as _;
use std::format;
use std::vec::Vec;

fn decode(text: &str) -> (Module, Vec<u8>) {
    let bytes = wat::parse_str(format!("(module {text})")).unwrap();
    let features = [Features::TAIL_CALL, Features::THREADS, Features::EXCEPTIONS]
        .into_iter()
        .fold(Features::WASM2, Features::with);
    (Module::new(&bytes, &Limits::default(), features).unwrap(), bytes)
}

#[test]
fn flags_say_what_is_there() {
    type F = BodyFlags;
    let cases = [
        ("", F::NONE),
        ("(block nop)", F::NONE),
        ("(loop)", F::LOOPS),
        ("(call 1)", F::DIRECT_CALLS),
        ("(call 0)", F::DIRECT_CALLS | F::IMPORT_CALLS),
        ("(return_call 1)", F::DIRECT_CALLS | F::TAIL_CALLS),
        ("(call_indirect (i32.const 0))", F::INDIRECT_CALLS),
        ("(drop (i32.load8_u (i32.const 0)))", F::LOADS),
        ("(drop (v128.load32_splat (i32.const 0)))", F::LOADS | F::SIMD),
        ("(drop (v128.load8_lane 0 (i32.const 0) (v128.const i64x2 0 0)))", F::LOADS | F::SIMD),
        ("(v128.store8_lane 0 (i32.const 0) (v128.const i64x2 0 0))", F::STORES | F::SIMD),
        ("(i64.store (i32.const 0) (i64.const 0))", F::STORES),
        ("(memory.fill (i32.const 0) (i32.const 0) (i32.const 0))", F::STORES | F::BULK),
        ("(memory.copy (i32.const 0) (i32.const 0) (i32.const 0))", F::LOADS | F::STORES | F::BULK),
        ("(drop (memory.grow (i32.const 0)))", F::MEMORY_GROW),
        ("(table.set (i32.const 0) (ref.null func))", F::TABLES),
        ("(table.fill (i32.const 0) (ref.null func) (i32.const 0))", F::TABLES | F::BULK),
        ("(global.set 0 (i32.const 0))", F::GLOBAL_SETS),
        ("(br_table 0 0 (i32.const 0))", F::BRANCH_TABLES),
        ("(block (result i32 i32) unreachable) drop drop", F::MULTI_VALUE),
        ("(i32.const 0) (block (param i32) drop)", F::MULTI_VALUE),
        (
            "(drop (i32.atomic.rmw.add (i32.const 0) (i32.const 0)))",
            F::ATOMICS | F::LOADS | F::STORES,
        ),
        ("(throw 0)", F::EXCEPTIONS),
    ];
    for (code, flags) in cases {
        let (module, _) = decode(&format!(
            "(import \"\" \"\" (func)) (table 1 funcref) (memory 1) (global (mut i32) (i32.const 0)) (tag) (func {code})"
        ));
        assert_eq!(module.bodies[0].flags, flags, "{code}");
        let calls = flags.intersects(F::DIRECT_CALLS | F::INDIRECT_CALLS);
        assert_eq!(module.bodies[0].calls, u32::from(calls), "{code}");
        assert_eq!(module.bodies[0].is_leaf(), !calls && !flags.contains(F::LOOPS), "{code}");
    }
}

#[test]
fn objects_are_noted() {
    let code = [
        ("(drop (struct.new_default 0))", BodyFlags::OBJECTS),
        ("(drop (ref.i31 (i32.const 1)))", BodyFlags::OBJECTS),
        ("(drop (ref.test i31ref (ref.null any)))", BodyFlags::OBJECTS),
        ("(drop (ref.is_null (ref.null any)))", BodyFlags::NONE),
    ];
    for (code, flags) in code {
        let bytes = wat::parse_str(format!("(module (type (struct)) (func {code}))")).unwrap();
        let module = Module::new(&bytes, &Limits::default(), Features::WASM3).unwrap();
        assert_eq!(module.bodies[0].flags, flags, "{code}");
    }
}

#[test]
fn counts() {
    let (module, _) = decode(
        "(func (param i32) (local i64 i64) (block (loop (if (local.get 0) (then nop)))) (block))",
    );
    let body = &module.bodies[0];
    assert_eq!((body.locals, body.blocks, body.loops, body.nesting), (3, 4, 1, 3));
    assert_eq!((body.operators, module.operators()), (11, 11));
    assert_eq!(module.cost(), body.cost);
}

#[test]
fn operators_come_with_their_offsets() {
    let (module, bytes) =
        decode("(func) (func (local i32 i64 i64) (drop (i32.const 300)) unreachable)");
    let mut body = module.body(&bytes, 1).unwrap();
    assert_eq!(body.locals, [(1, ValType::I32), (2, ValType::I64)]);
    let mut found = Vec::new();
    while !body.operators.eof() {
        let (operator, offset) = body.operators.read_with_offset().unwrap();
        found.push((format!("{operator:?}"), offset - module.bodies[1].range.start));
    }
    let expected = [("I32Const { value: 300 }", 5), ("Drop", 8), ("Unreachable", 9), ("End", 10)];
    assert_eq!(found, expected.map(|(text, at)| (text.to_owned(), at)));
    assert!(module.body(&bytes, 2).is_err());
    assert!(module.body(&bytes[..20], 1).is_err());
    assert!(module.body(&[], 0).is_err());
}
