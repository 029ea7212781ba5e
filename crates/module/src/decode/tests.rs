//! The ways of decoding agree, and errors say what they should.

use super::*;
use crate::{InvalidKind, TypeIndex};
use std::format;
use std::string::ToString as _;
use std::vec;
use std::vec::Vec;

fn wasm(text: &str) -> Vec<u8> {
    wat::parse_str(text).unwrap()
}

fn decode(bytes: &[u8], features: Features) -> Result<Module, Invalid> {
    Module::new(bytes, &Limits::default(), features)
}

/// Something of everything.
const EVERYTHING: &str = r#"(module $all
    (type $t (func (param i32) (result i32)))
    (import "env" "f" (func $imported (type $t)))
    (import "env" "g" (global $g i32))
    (table 3 funcref) (table $refs 1 externref)
    (memory 1 4)
    (global $h (mut i64) (i64.const 5))
    (export "run" (func $run)) (export "memory" (memory 0))
    (start $begin)
    (elem (i32.const 1) func $run $imported)
    (elem $passive funcref (ref.func $begin) (ref.null func))
    (func $begin (global.set $h (i64.const 6)))
    (func $run (type $t) (local i32 i32 i64)
        (loop $again (br_if $again (call $imported (local.get 1))))
        (call_indirect (type $t) (i32.load offset=8 (local.get 0)) (i32.const 1)))
    (func $third (result i32 i64) (i32.const 1) (i64.const 2))
    (data (i32.const 8) "hello") (data "passive"))"#;

#[test]
fn everything_is_there() {
    let bytes = wasm(EVERYTHING);
    let module = decode(&bytes, Features::WASM2).unwrap();
    assert_eq!(module.wasm_bytes, bytes.len() as u64);
    assert_eq!(module.functions.len(), 4);
    assert_eq!((module.imported_functions, module.defined_functions()), (1, 3));
    assert_eq!(module.imports[0].kind, crate::ImportKind::Func(TypeIndex(0)));
    assert_eq!(module.import_type(&module.imports[1]).unwrap().to_string(), "global i32");
    let export = module.export("memory").unwrap();
    assert_eq!(module.export_type(export).unwrap().to_string(), "memory 1..=4");
    assert_eq!(module.function_type(3).unwrap().to_string(), "() -> (i32, i64)");
    assert_eq!(module.start, Some(1));
    assert_eq!(module.bytes(&bytes, &module.data[1].bytes), Some(&b"passive"[..]));
    assert_eq!(module.elements.iter().map(|e| e.items.len()).collect::<Vec<_>>(), [2, 2]);
    assert_eq!(module.bodies[1].locals, 4);
    assert_eq!(module.names.function(2), Some("run"));
    assert!(module.custom_section("name").is_some());
    assert!(module.code_range.contains(&module.bodies[0].range.start));
}

#[test]
fn chunks_give_the_same_module() {
    let bytes = wasm(EVERYTHING);
    let whole = decode(&bytes, Features::WASM2).unwrap();
    for size in [1, 2, 7, 64, bytes.len()] {
        let mut decoder = Decoder::new(&Limits::default(), Features::WASM2);
        let mut ready = 0;
        for chunk in bytes.chunks(size) {
            let progress = decoder.push(chunk).unwrap();
            assert!(progress.bodies_ready >= ready && progress.bodies_expected <= 3);
            ready = progress.bodies_ready;
            // What is ready can be read, and nothing is stated about the whole yet.
            for defined in 0..ready {
                let mut body = decoder.module().body(decoder.bytes(), defined).unwrap();
                assert!(body.operators.read().is_ok());
                assert!(decoder.module().bodies[defined as usize].cost > 0);
            }
            assert!(!decoder.module().facts.is_complete());
        }
        assert_eq!(ready, 3);
        let (module, read) = decoder.finish().unwrap();
        assert!(module == whole && read == bytes, "chunks of {size}");
    }
}

#[test]
fn several_validators_give_the_same_module() {
    let bytes = wasm(EVERYTHING);
    let whole = decode(&bytes, Features::WASM2).unwrap();
    let decoded = Module::decode(&bytes, &Limits::default(), Features::WASM2).unwrap();
    let work = |first: u32| {
        let mut validator = decoded.validator();
        for defined in (first..decoded.body_count()).step_by(2) {
            assert!(validator.validate_body(defined).unwrap().cost > 0);
        }
        validator.finish()
    };
    let reports = std::thread::scope(|scope| {
        let other = scope.spawn(|| work(1));
        vec![work(0), other.join().unwrap()]
    });
    assert!(decoded.finish(reports).unwrap() == whole);

    let decoded = Module::decode(&bytes, &Limits::default(), Features::WASM2).unwrap();
    let mut validator = decoded.validator();
    validator.validate_body(0).unwrap();
    let report = validator.finish();
    assert!(decoded.finish(vec![report]).unwrap_err().message().contains("2 function bodies"));
}

#[test]
fn every_truncation_is_refused_alike() {
    let bytes = wasm(EVERYTHING);
    for end in 0..bytes.len() {
        // A file may end after any section that it does not need.
        let whole = decode(&bytes[..end], Features::WASM2);
        let mut decoder = Decoder::new(&Limits::default(), Features::WASM2);
        let chunked = bytes[..end].chunks(5).try_for_each(|chunk| decoder.push(chunk).map(|_| ()));
        let chunked = chunked.and_then(|()| decoder.finish().map(|(module, _)| module));
        match (&whole, &chunked) {
            (Ok(a), Ok(b)) => assert!(a == b),
            (Err(a), Err(b)) => assert_eq!(a.kind(), b.kind(), "{end}: {a} / {b}"),
            _ => panic!("{end}: {whole:?} / {chunked:?}"),
        }
    }
}

#[test]
fn a_decoder_that_failed_stays_failed() {
    let mut decoder = Decoder::new(&Limits::default(), Features::WASM2);
    let first = decoder.push(b"\0asm\x02\0\0\0").unwrap_err();
    let again = decoder.push(b"").unwrap_err();
    assert_eq!((first.message(), first.offset()), (again.message(), again.offset()));
    assert!(decoder.finish().is_err());
}

/// Text of a module, kind of the error, part of its message.
const BROKEN: &[(&str, InvalidKind, &str)] = &[
    ("(func (i32.add))", InvalidKind::Invalid, "type mismatch"),
    ("(func (call 7))", InvalidKind::Invalid, "unknown function 7"),
    ("(func (local.get 0) drop)", InvalidKind::Invalid, "unknown local 0"),
    ("(export \"a\" (func 3))", InvalidKind::Invalid, "unknown function 3"),
    ("(start 0) (func (param i32))", InvalidKind::Invalid, "start function"),
    ("(global i32 (i64.const 1))", InvalidKind::Invalid, "type mismatch"),
    ("(memory 65537)", InvalidKind::Invalid, "memory size"),
    (
        "(memory 1) (memory 1)",
        InvalidKind::Feature(Features::MULTI_MEMORY),
        "multiple memories: needs feature `multi-memory`, which is off: enable with --features multi-memory",
    ),
    ("(memory 1 1 shared)", InvalidKind::Feature(Features::THREADS), "feature `threads`"),
    ("(memory i64 1)", InvalidKind::Feature(Features::MEMORY64), "feature `memory64`"),
    ("(tag)", InvalidKind::Feature(Features::EXCEPTIONS), "feature `exceptions`"),
    ("(func (return_call 0))", InvalidKind::Feature(Features::TAIL_CALL), "feature `tail-call`"),
    ("(type (struct))", InvalidKind::Feature(Features::GC), "feature `gc`"),
    (
        "(global i32 (i32.add (i32.const 1) (i32.const 2)))",
        InvalidKind::Feature(Features::EXTENDED_CONST),
        "feature `extended-const`",
    ),
    (
        "(type $t (func)) (func (param (ref null $t)))",
        InvalidKind::Feature(Features::FUNCTION_REFERENCES),
        "feature `function-references`",
    ),
    (
        "(func (drop (i32x4.relaxed_trunc_f32x4_s (v128.const i64x2 0 0))))",
        InvalidKind::Feature(Features::RELAXED_SIMD),
        "feature `relaxed-simd`",
    ),
    (
        "(memory 1 (pagesize 1))",
        InvalidKind::Feature(Features::CUSTOM_PAGE_SIZES),
        "feature `custom-page-sizes`",
    ),
    (
        "(func (param i64) (result i64 i64) (i64.mul_wide_s (local.get 0) (local.get 0)))",
        InvalidKind::Feature(Features::WIDE_ARITHMETIC),
        "feature `wide-arithmetic`",
    ),
];

#[test]
fn errors_have_kind_and_text() {
    for (text, kind, part) in BROKEN {
        let error = decode(&wasm(&format!("(module {text})")), Features::WASM2).unwrap_err();
        assert_eq!(error.kind(), *kind, "{text}: {error}");
        assert!(error.message().contains(part), "{text}: {error}");
        assert!(error.to_string().ends_with(&format!("(at offset {:#x})", error.offset())));
    }
}

#[test]
fn what_is_switched_on_is_accepted() {
    let supported = BROKEN.iter().filter_map(|(text, kind, _)| match kind {
        InvalidKind::Feature(Features::GC | Features::FUNCTION_REFERENCES) => None,
        InvalidKind::Feature(feature) => Some((text, feature)),
        _ => None,
    });
    for (text, feature) in supported {
        let features = Features::WASM2.with(*feature);
        let module = decode(&wasm(&format!("(module {text})")), features);
        assert!(module.is_ok(), "{text}: {module:?}");
    }
}

#[test]
fn not_a_module() {
    let component = b"\0asm\x0d\0\x01\0";
    let cases: [(&[u8], &str); 6] = [
        (b"", "unexpected end"),
        (b"\0as", "unexpected end"),
        (b"(module)", "magic header not detected"),
        (b"\x7fELF\x02\x01\x01\0", "magic header not detected"),
        (component, "this is a component, not a module"),
        (b"\0asm\x01\0\0\0\x0e\x01\0", "malformed section id: 14"),
    ];
    for (bytes, part) in cases {
        let error = decode(bytes, Features::WASM2).unwrap_err();
        assert_eq!(error.kind(), InvalidKind::Malformed, "{error}");
        assert!(error.message().contains(part), "{error}");
    }
}

/// What a limit stops, and the limit set to one less than the module needs.
#[test]
fn each_limit_stops_what_it_names() {
    type Set = fn(&mut Limits);
    let cases: &[(&str, &str, Set)] = &[
        ("", "module_bytes_max", |l| l.module_bytes_max = 7),
        ("(type (func)) (type (func))", "types_max", |l| l.types_max = 1),
        ("(func) (func)", "functions_max", |l| l.functions_max = 1),
        ("(import \"\" \"\" (func)) (func)", "functions_max", |l| l.functions_max = 1),
        ("(import \"\" \"\" (func))", "imports_max", |l| l.imports_max = 0),
        ("(func (export \"a\") (export \"b\"))", "exports_max", |l| l.exports_max = 1),
        ("(global i32 (i32.const 1))", "globals_max", |l| l.globals_max = 0),
        ("(table 1 funcref) (table 1 funcref)", "tables_max", |l| l.tables_max = 1),
        ("(table 5 funcref) (table 6 funcref)", "table_elements_max", |l| {
            l.table_elements_max = 10
        }),
        ("(memory 1)", "memories_max", |l| l.memories_max = 0),
        ("(func $f) (elem func $f) (elem func $f)", "element_segments_max", |l| {
            l.element_segments_max = 1
        }),
        ("(func $f) (elem func $f $f) (elem func $f)", "element_items_max", |l| {
            l.element_items_max = 2
        }),
        ("(memory 1) (data \"a\") (data \"b\")", "data_segments_max", |l| l.data_segments_max = 1),
        ("(global i64 (i64.const 1))", "const_expr_operators_max", |l| {
            l.const_expr_operators_max = 1
        }),
        ("(@custom \"a\" \"b\")", "custom_sections_max", |l| l.custom_sections_max = 0),
        ("(type (func (param i32 i32)))", "params_max", |l| l.params_max = 1),
        ("(type (func (result i32 i32)))", "results_max", |l| l.results_max = 1),
        ("(func nop nop nop nop)", "body_bytes_max", |l| l.body_bytes_max = 5),
        ("(func (param i32) (local i32 i64))", "locals_max", |l| l.locals_max = 2),
        ("(func (block (block (block))))", "nesting_max", |l| l.nesting_max = 2),
        ("(func (br_table 0 0 0 (i32.const 0)))", "br_table_targets_max", |l| {
            l.br_table_targets_max = 1
        }),
        ("(func nop)", "function_cost_max", |l| l.function_cost_max = 65),
        ("(func nop) (func)", "module_cost_base", |l| {
            (l.module_cost_base, l.module_cost_per_byte) = (130, 0);
        }),
        (
            "(import \"\" \"\" (func)) (import \"\" \"\" (func (param i32)))",
            "module_cost_base",
            |l| {
                (l.module_cost_base, l.module_cost_per_byte) = (384, 0);
            },
        ),
        ("(import \"\" \"\" (func)) (func)", "module_cost_base", |l| {
            (l.module_cost_base, l.module_cost_per_byte) = (192 + 64, 0);
        }),
    ];
    for (text, name, set) in cases {
        let bytes = wasm(&format!("(module {text})"));
        let mut limits = Limits::default();
        assert!(Module::new(&bytes, &limits, Features::WASM2).is_ok(), "{text}");
        set(&mut limits);
        let error = Module::new(&bytes, &limits, Features::WASM2).unwrap_err();
        let InvalidKind::Limit { name: limit, value, max } = error.kind() else {
            panic!("{text}: {error}");
        };
        assert_eq!(limit, *name, "{text}: {error}");
        assert!(error.is_limit() && value > max, "{text}: {error}");
        for part in [name.to_string(), value.to_string(), max.to_string()] {
            assert!(error.message().contains(&part), "{text}: {error}");
        }
    }
}
