//! Traps: each reason, wherever it comes from, with the guest's calls.

use crate::support::*;
use holm::{Caller, Error, ErrorKind, Extern, Linker, Module, Result, Store, TrapReason};

/// Every row is the body of a function without results and the trap it ends in.
const BODIES: &[(&str, TrapReason)] = &[
    ("unreachable", TrapReason::Unreachable),
    ("(drop (i32.div_s (i32.const 1) (local.get 0)))", TrapReason::IntegerDivideByZero),
    (
        "(drop (i64.rem_u (i64.const 1) (i64.extend_i32_u (local.get 0))))",
        TrapReason::IntegerDivideByZero,
    ),
    (
        "(drop (i32.div_s (i32.const -2147483648) (i32.sub (local.get 0) (i32.const 1))))",
        TrapReason::IntegerOverflow,
    ),
    ("(drop (i32.trunc_f64_s (f64.const 1e10)))", TrapReason::IntegerOverflow),
    (
        "(drop (i32.trunc_f32_u (f32.div (f32.const 0) (f32.convert_i32_u (local.get 0)))))",
        TrapReason::InvalidConversionToInteger,
    ),
    ("(drop (i32.load (i32.sub (local.get 0) (i32.const 1))))", TrapReason::OutOfBoundsMemory),
    ("(drop (i64.load (i32.add (local.get 0) (i32.const 65529))))", TrapReason::OutOfBoundsMemory),
    ("(i32.store8 offset=65536 (local.get 0) (i32.const 1))", TrapReason::OutOfBoundsMemory),
    (
        "(drop (v128.load offset=4294967295 (i32.sub (local.get 0) (i32.const 1))))",
        TrapReason::OutOfBoundsMemory,
    ),
    (
        "(memory.fill (i32.const 65000) (local.get 0) (i32.const 1000))",
        TrapReason::OutOfBoundsMemory,
    ),
    (
        "(memory.copy (i32.const 0) (i32.const 65536) (i32.add (local.get 0) (i32.const 1)))",
        TrapReason::OutOfBoundsMemory,
    ),
    (
        "(memory.init 0 (i32.const 0) (i32.const 0) (i32.add (local.get 0) (i32.const 5)))",
        TrapReason::OutOfBoundsMemory,
    ),
    ("(call_indirect (i32.add (local.get 0) (i32.const 4)))", TrapReason::UndefinedElement),
    ("(call_indirect (i32.sub (local.get 0) (i32.const 1)))", TrapReason::UndefinedElement),
    ("(call_indirect (local.get 0))", TrapReason::UninitializedElement),
    ("(call_indirect (i32.add (local.get 0) (i32.const 1)))", TrapReason::IndirectCallTypeMismatch),
    ("(drop (table.get 0 (i32.add (local.get 0) (i32.const 4))))", TrapReason::OutOfBoundsTable),
    (
        "(table.set 0 (i32.add (local.get 0) (i32.const 4)) (ref.null func))",
        TrapReason::OutOfBoundsTable,
    ),
    (
        "(table.copy (i32.const 3) (i32.const 0) (i32.add (local.get 0) (i32.const 2)))",
        TrapReason::OutOfBoundsTable,
    ),
    (
        "(table.init 0 (i32.const 3) (i32.const 0) (i32.add (local.get 0) (i32.const 2)))",
        TrapReason::OutOfBoundsTable,
    ),
    (
        "(table.fill 0 (i32.const 4) (ref.null func) (i32.add (local.get 0) (i32.const 1)))",
        TrapReason::OutOfBoundsTable,
    ),
    ("(call $deep (local.get 0))", TrapReason::StackOverflow),
];

#[test]
fn every_reason_is_told_and_the_store_goes_on() {
    for engine in &*ENGINES {
        for (body, reason) in BODIES {
            let guest = format!(
                r#"(module $guest
                     (memory 1 1) (data $d "abcd")
                     (table 4 funcref) (elem (i32.const 1) $other $other)
                     (elem $e func $other $other $other)
                     (func $other (param i64))
                     (func $deep (param i32) (result) (call $deep (i32.add (local.get 0) (i32.const 1)))
                       (call $other (i64.const 0)))
                     (func $inner (param i32) {body})
                     (func (export "ok") (result i32) (i32.const 7))
                     (func (export "f") (param i32) (call $inner (local.get 0))))"#
            );
            let (mut store, instance) = start(engine, &guest);
            let f = instance.get_typed_func::<i32, ()>(&mut store, "f").unwrap();
            let ok = instance.get_typed_func::<(), i32>(&mut store, "ok").unwrap();
            for _ in 0..2 {
                let error = error(f.call(&mut store, 0));
                assert_eq!(error.trap_reason(), Some(*reason), "{body} {engine:?}");
                assert_eq!(error.kind(), ErrorKind::Trap);
                assert_eq!(error.to_string(), reason.text());
                assert_eq!(ok.call(&mut store, ()).unwrap(), 7);
            }
        }
    }
}

#[test]
fn a_backtrace_has_names_and_offsets() {
    let guest = r#"(module $guest
        (func $divide (param i32) (result i32) (i32.div_u (i32.const 1) (local.get 0)))
        (func (param i32) (result i32) (call $divide (local.get 0)) (i32.const 1) (i32.add))
        (func $outer (export "run") (param i32) (result i32)
          (call 1 (local.get 0)) (i32.const 2) (i32.add)))"#;
    for engine in &*ENGINES {
        let (mut store, instance) = start(engine, guest);
        let run = instance.get_typed_func::<i32, i32>(&mut store, "run").unwrap();
        assert_eq!(run.call(&mut store, 1).unwrap(), 4);
        let error = error(run.call(&mut store, 0));
        let backtrace = error.backtrace().unwrap();
        let names: Vec<_> = backtrace.frames().iter().map(|f| f.function_name()).collect();
        assert_eq!(names, [Some("divide"), None, Some("outer")], "{engine:?}");
        let wasm = wat::parse_str(guest).unwrap();
        let operator = |n: usize| {
            let offset = backtrace.frames()[n].wasm_offset().unwrap();
            wasm[usize::try_from(offset).unwrap()]
        };
        assert_eq!([operator(0), operator(1), operator(2)], [0x6e, 0x10, 0x10], "{engine:?}");
        let text = backtrace.to_string();
        let lines: Vec<_> = text.lines().collect();
        assert!(lines[0].ends_with("- guest!divide"), "{text}");
        assert!(lines[1].ends_with("- guest!<function 1>"), "{text}");
        assert!(
            format!("{error:?}").starts_with("Trap: integer divide by zero\nwasm backtrace:\n")
        );
    }
}

/// The frames of all activations: guest → host → guest.
#[test]
fn a_backtrace_goes_through_the_host() {
    let mut linker = Linker::<()>::new(&ENGINE);
    linker
        .func_wrap("host", "again", |mut caller: Caller<'_, ()>| -> Result<()> {
            let inner = caller.get_export("inner").and_then(Extern::into_func).unwrap();
            inner.typed::<(), ()>(&caller)?.call(&mut caller, ())
        })
        .unwrap();
    let (mut store, instance) = start_with(
        &linker,
        (),
        r#"(module
             (import "host" "again" (func $again))
             (func $inner (export "inner") unreachable)
             (func $outer (export "outer") (call $again)))"#,
    );
    let outer = instance.get_typed_func::<(), ()>(&mut store, "outer").unwrap();
    let error = error(outer.call(&mut store, ()));
    let names: Vec<_> =
        error.backtrace().unwrap().frames().iter().map(|f| f.function_name().unwrap()).collect();
    assert_eq!(names, ["inner", "outer"]);
}

#[test]
fn a_deep_backtrace_is_cut() {
    let (mut store, instance) = start(
        &ENGINE,
        r#"(module (func $f (export "f") (param i64) (result i64)
             (i64.add (call $f (i64.add (local.get 0) (i64.const 1))) (i64.const 1))))"#,
    );
    let f = instance.get_typed_func::<i64, i64>(&mut store, "f").unwrap();
    let error = error(f.call(&mut store, 0));
    assert_eq!(error.trap_reason(), Some(TrapReason::StackOverflow));
    let text = error.backtrace().unwrap().to_string();
    assert!(text.lines().count() <= 50, "{text}");
    assert!(text.contains("more\n"), "{text}");
}

/// Endless recursion through the host must end in a trap before it ends the host.
#[test]
fn recursion_through_the_host_is_bounded() {
    for engine in &*ENGINES {
        let mut linker = Linker::<u32>::new(engine);
        linker
            .func_wrap("host", "f", |mut caller: Caller<'_, u32>| -> Result<()> {
                *caller.data_mut() += 1;
                let f = caller.get_export("f").and_then(Extern::into_func).unwrap();
                f.call(&mut caller, &[], &mut [])
            })
            .unwrap();
        let guest = r#"(module (import "host" "f" (func $f)) (func (export "f") (call $f)))"#;
        let (mut store, instance) = start_with(&linker, 0, guest);
        let f = instance.get_typed_func::<(), ()>(&mut store, "f").unwrap();
        let error = error(f.call(&mut store, ()));
        assert_eq!(error.trap_reason(), Some(TrapReason::StackOverflow), "{error}");
        assert!(*store.data() > 50, "{} calls fit", store.data());
    }
}

#[test]
fn hosts_can_raise_traps() {
    let mut linker = Linker::<()>::new(&ENGINE);
    linker
        .func_wrap("host", "f", || -> Result<()> { Err(Error::trap(TrapReason::NullReference)) })
        .unwrap();
    let guest = r#"(module (import "host" "f" (func $f)) (func (export "run") (call $f)))"#;
    let (mut store, instance) = start_with(&linker, (), guest);
    let run = instance.get_typed_func::<(), ()>(&mut store, "run").unwrap();
    let error = error(run.call(&mut store, ()));
    assert_eq!(
        (error.kind(), error.trap_reason()),
        (ErrorKind::Trap, Some(TrapReason::NullReference))
    );
    assert_eq!(error.backtrace().unwrap().frames().len(), 1);
}

#[test]
fn a_start_function_runs_and_may_trap() {
    for engine in &*ENGINES {
        let (store, instance) = start(
            engine,
            r#"(module (global $g (export "g") (mut i32) (i32.const 1))
                 (func $s (global.set $g (i32.const 9))) (start $s))"#,
        );
        assert_eq!(instance.get_global(&store, "g").unwrap().get(&store).i32(), Some(9));
        let trapping =
            module(engine, "(module (func $boom unreachable) (func $s (call $boom)) (start $s))");
        let mut store = Store::new(engine, ());
        let error = error(Linker::new(engine).instantiate(&mut store, &trapping));
        assert_eq!(error.trap_reason(), Some(TrapReason::Unreachable));
        assert_eq!(error.backtrace().unwrap().frames().len(), 2);
    }
}

/// What a segment wrote into imported memories and tables before another one trapped stays.
#[test]
fn active_segments_trap_and_keep_what_came_before() {
    for engine in &*ENGINES {
        let mut store = Store::new(engine, ());
        let owner = module(
            engine,
            r#"(module (memory (export "m") 1) (table (export "t") 4 funcref)
                 (func (export "call") (param i32) (result i32) (call_indirect (result i32) (local.get 0))))"#,
        );
        let mut linker = Linker::new(engine);
        let owner = linker.instantiate(&mut store, &owner).unwrap();
        linker.instance(&store, "o", owner).unwrap();
        let bad = module(
            engine,
            r#"(module (import "o" "m" (memory 1)) (import "o" "t" (table 4 funcref))
                 (func $seven (result i32) (i32.const 7))
                 (elem (i32.const 2) $seven)
                 (data (i32.const 10) "ok")
                 (data (i32.const 65535) "no")
                 (data (i32.const 20) "never"))"#,
        );
        let failure = error(linker.instantiate(&mut store, &bad));
        assert_eq!(failure.trap_reason(), Some(TrapReason::OutOfBoundsMemory));
        let memory = owner.get_memory(&store, "m").unwrap();
        assert_eq!(&memory.data(&store)[10..12], b"ok");
        assert_eq!(memory.data(&store)[20], 0);
        assert_eq!(memory.data(&store)[65535], 0);
        let call = owner.get_typed_func::<i32, i32>(&mut store, "call").unwrap();
        assert_eq!(call.call(&mut store, 2).unwrap(), 7);
        let bad = module(
            engine,
            r#"(module (import "o" "t" (table 4 funcref)) (func $f) (elem (i32.const 4) $f))"#,
        );
        let failure = error(linker.instantiate(&mut store, &bad));
        assert_eq!(failure.trap_reason(), Some(TrapReason::OutOfBoundsTable));
    }
}

/// Debugging information comes from the guest and may be anything.
#[test]
fn nonsense_in_debug_sections_is_no_error() {
    let mut wasm = wat::parse_str(r#"(module (func (export "f") unreachable))"#).unwrap();
    for (name, content) in
        [(".debug_info", &[0xff; 64][..]), (".debug_abbrev", &[1, 2, 3]), (".debug_line", &[0; 7])]
    {
        let length = u8::try_from(1 + name.len() + content.len()).unwrap();
        wasm.extend([0, length, u8::try_from(name.len()).unwrap()]);
        wasm.extend(name.as_bytes());
        wasm.extend(content);
    }
    let module = Module::new(&ENGINE, wasm).unwrap();
    let mut store = Store::new(&ENGINE, ());
    let instance = Linker::new(&ENGINE).instantiate(&mut store, &module).unwrap();
    let f = instance.get_typed_func::<(), ()>(&mut store, "f").unwrap();
    let error = error(f.call(&mut store, ()));
    let frame = &error.backtrace().unwrap().frames()[0];
    assert!(frame.symbols().is_empty());
    assert!(error.backtrace().unwrap().to_string().ends_with("- f"));
}
