//! Modules: what they say about themselves, and what is refused.

use crate::support::*;
use holm::{
    Engine, ErrorKind, ExternType, Features, Module, ModuleLimits, ModuleStream, OneWorker, Workers,
};
use std::sync::Arc;

#[test]
fn imports_and_exports_have_types() {
    let module = module(
        &ENGINE,
        r#"(module $shop
             (import "a" "f" (func (param i32 f64) (result v128)))
             (import "a" "t" (table 1 9 externref))
             (import "b" "m" (memory 2))
             (import "" "" (global (mut f32)))
             (func $g (export "z") (result i32 i32) (i32.const 1) (i32.const 2))
             (table (export "a") 3 funcref)
             (export "m" (memory 0))
             (export "" (global 0))
             (@custom "note" "hello"))"#,
    );
    let imports: Vec<String> = module
        .imports()
        .map(|import| format!("{}.{}: {}", import.module(), import.name(), import.ty()))
        .collect();
    assert_eq!(
        imports,
        [
            "a.f: function (i32, f64) -> (v128)",
            "a.t: table 1..=9 of externref",
            "b.m: memory 2..",
            ".: mutable global f32",
        ]
    );
    let exports: Vec<String> =
        module.exports().map(|export| format!("{}: {}", export.name(), export.ty())).collect();
    assert_eq!(
        exports,
        [
            "z: function () -> (i32, i32)",
            "a: table 3.. of funcref",
            "m: memory 2..",
            ": mutable global f32",
        ]
    );
    assert!(matches!(module.get_export("m"), Some(ExternType::Memory(_))));
    assert!(module.get_export("x").is_none());
    assert_eq!(module.name(), Some("shop"));
    assert_eq!((module.function_name(1), module.function_name(7)), (Some("g"), None));
    assert_eq!(module.custom_section("note"), Some(&b"hello"[..]));
    assert!(module.custom_sections().any(|(name, bytes)| name == "name" && !bytes.is_empty()));
    assert!(module.code_bytes() > 0);
}

#[test]
fn what_is_no_module_is_refused() {
    let cases: [(&[u8], ErrorKind, bool, &str); 7] = [
        (b"", ErrorKind::Invalid, true, "unexpected end"),
        (b"\0as", ErrorKind::Invalid, true, "unexpected end"),
        (b"\x7fELF\x02\x01\x01", ErrorKind::Invalid, true, "magic"),
        (b"\0asm\x01\0\0\0\x01\x7f", ErrorKind::Invalid, true, "(at offset 0x"),
        (b"(module (func (result i32)))", ErrorKind::Invalid, false, "type mismatch"),
        (b"(module (fnuc))", ErrorKind::Invalid, true, "(fnuc)"),
        (b"\xff\xfe", ErrorKind::Invalid, true, "at offset"),
    ];
    for (bytes, kind, malformed, part) in cases {
        for result in [Module::new(&ENGINE, bytes).map(drop), Module::validate(&ENGINE, bytes)] {
            let error = error(result);
            assert_eq!((error.kind(), error.is_malformed()), (kind, malformed), "{error}");
            assert!(error.to_string().contains(part), "{error}");
        }
    }
    Module::validate(&ENGINE, "(module (func))").unwrap();
}

#[test]
fn limits_on_modules_name_themselves() {
    let limits = ModuleLimits { functions_max: 2, ..ModuleLimits::default() };
    let engine = engine(|config| config.module_limits(limits));
    let error = error(Module::new(&engine, "(module (func) (func) (func))"));
    assert_eq!((error.kind(), error.limit()), (ErrorKind::Exhausted, Some("functions_max")));
    assert!(error.to_string().contains("limit of 2"), "{error}");
    assert!(error.to_string().contains("Config::module_limits"), "{error}");
}

#[test]
fn proposals_that_are_off_are_named() {
    let old = engine(|config| config.features(Features::NONE));
    let error =
        error(Module::new(&old, "(module (func (result i32 i32) (i32.const 1) (i32.const 2)))"));
    assert_eq!(error.kind(), ErrorKind::Invalid);
    assert!(error.to_string().contains("multi-value"), "{error}");
}

/// Threads of the test's own.
struct Threads(usize);

impl Workers for Threads {
    fn count(&self) -> usize {
        self.0
    }

    fn run(&self, count: usize, job: &(dyn Fn(usize) + Sync)) {
        std::thread::scope(|scope| {
            for index in 0..count {
                scope.spawn(move || job(index));
            }
        });
    }
}

fn many_functions(broken: &[usize]) -> String {
    let functions: String = (0..600)
        .map(|n| {
            let body = if broken.contains(&n) { "(f32.const 0)" } else { "(i32.const 1)" };
            format!("(func $f{n} (export \"f{n}\") (result i32) {body})")
        })
        .collect();
    format!("(module {functions})")
}

/// However many threads help, the code is the same and so is the error.
#[test]
fn threads_make_no_difference() {
    let with = |workers: Arc<dyn Workers + Send + Sync>| engine(|config| config.workers(workers));
    let engines: [Engine; 3] =
        [with(Arc::new(OneWorker)), with(Arc::new(Threads(2))), with(Arc::new(Threads(7)))];
    let good = many_functions(&[]);
    let artifacts: Vec<Vec<u8>> = engines.iter().map(|e| e.precompile(&good).unwrap()).collect();
    assert!(artifacts.iter().all(|artifact| *artifact == artifacts[0]));
    let bad = many_functions(&[250, 251, 500, 599]);
    let errors: Vec<String> = engines.iter().map(|e| text(Module::new(e, &bad))).collect();
    assert!(errors.iter().all(|error| *error == errors[0]), "{errors:?}");
}

#[test]
fn modules_and_engines_go_between_threads() {
    fn check<T: Send + Sync>() {}
    check::<Engine>();
    check::<Module>();
    check::<holm::Linker<u32>>();
    check::<holm::InstancePre<u32>>();
    check::<holm::Error>();
    check::<holm::InterruptHandle>();
    fn moves<T: Send>() {}
    moves::<holm::Store<u32>>();
    let module = module(&ENGINE, r#"(module (func (export "f") (result i32) (i32.const 4)))"#);
    let sum: i32 = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..4)
            .map(|_| {
                scope.spawn(|| {
                    let mut store = holm::Store::new(&ENGINE, ());
                    let instance =
                        holm::Linker::new(&ENGINE).instantiate(&mut store, &module).unwrap();
                    let f = instance.get_typed_func::<(), i32>(&mut store, "f").unwrap();
                    f.call(&mut store, ()).unwrap()
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).sum()
    });
    assert_eq!(sum, 16);
}

/// In whatever pieces the bytes come, the module is the same and so is the error.
#[test]
fn modules_arrive_in_pieces() {
    let wasm = wat::parse_str(many_functions(&[])).unwrap();
    let whole = ENGINE.precompile(&wasm).unwrap();
    for piece in [1, 7, 1000, wasm.len()] {
        let mut stream = ModuleStream::new(&ENGINE);
        let mut ready = 0;
        for bytes in wasm.chunks(piece) {
            let progress = stream.push(bytes).unwrap();
            assert!(progress.bodies_ready >= ready);
            ready = progress.bodies_ready;
        }
        assert_eq!(ready, 600);
        assert_eq!(stream.finish().unwrap().artifact().unwrap(), whole);
    }
    let mut stream = ModuleStream::new(&ENGINE);
    stream.push(&wasm[..wasm.len() - 1]).unwrap();
    assert!(error(stream.finish()).is_malformed());

    let bad = wat::parse_str(many_functions(&[250])).unwrap();
    let expected = text(Module::new(&ENGINE, &bad));
    let mut stream = ModuleStream::new(&ENGINE);
    let refused = bad.chunks(10).position(|bytes| match stream.push(bytes) {
        Ok(_) => false,
        Err(error) => error.to_string() == expected,
    });
    assert!(refused.is_some_and(|at| at * 10 < bad.len() - 500), "{refused:?}");
}
