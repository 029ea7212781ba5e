//! Guests of `holm` that call WASI: from a module's text to what it did.

use crate::guest::Scratch;
use holm::{Engine, Error, ErrorKind, Instance, Linker, Module, Store, TrapReason};
use holm_wasi::{
    Access, Exit, Input, Output, Stopper, Trap, WasiCtx, WasiCtxBuilder, add_to_linker,
};
use std::fs;
use std::time::Duration;

/// Instantiates a module and calls its `_start`.
fn run(builder: WasiCtxBuilder, module: &str) -> Result<Store<WasiCtx>, Error> {
    let engine = Engine::default();
    let module = Module::new(&engine, module)?;
    let mut linker = Linker::new(&engine);
    add_to_linker(&mut linker, |ctx| ctx)?;
    let mut store = Store::new(&engine, builder.build().unwrap());
    let instance: Instance = linker.instantiate(&mut store, &module)?;
    instance.get_typed_func::<(), ()>(&mut store, "_start")?.call(&mut store, ())?;
    Ok(store)
}

/// Writes its input to its output through the functions of a module of the standard.
fn cat(module: &str) -> String {
    format!(
        r#"(module
        (import "{module}" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
        (import "{module}" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
        (memory (export "memory") 1)
        (data (i32.const 0) "\00\01\00\00\40\00\00\00")
        (func (export "_start")
            (block $end
                (loop $again
                    (i32.store (i32.const 4) (i32.const 64))
                    (br_if $end (call $read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 4)))
                    (br_if $end (i32.eqz (i32.load (i32.const 4))))
                    (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 16)))
                    (br $again)))))"#
    )
}

#[test]
fn input_goes_to_output() {
    for module in ["wasi_snapshot_preview1", "wasi_unstable"] {
        let text: String = (0..200).map(|n| format!("line {n}\n")).collect();
        let (output, kept) = Output::memory();
        let mut builder = WasiCtx::builder();
        builder.stdin(Input::bytes(text.clone())).stdout(output);
        run(builder, &cat(module)).unwrap();
        assert_eq!(kept.contents(), text.as_bytes());
    }
}

#[test]
fn every_function_can_be_imported_with_the_type_of_its_row() {
    for (name, functions) in [
        ("wasi_snapshot_preview1", &holm_wasi::preview1::SNAPSHOT_1[..]),
        ("wasi_unstable", &holm_wasi::preview1::SNAPSHOT_0[..]),
    ] {
        let word = |w: &holm_wasi::preview1::Word| format!(" {w:?}").to_lowercase();
        let imports: String = functions
            .iter()
            .map(|f| {
                let params: String = f.params.iter().map(word).collect();
                let results: String = f.results.iter().map(word).collect();
                let (params, results) = (format!("(param{params})"), format!("(result{results})"));
                format!("(import {name:?} {:?} (func {params} {results}))\n", f.name)
            })
            .collect();
        let start = r#"(memory (export "memory") 1) (func (export "_start"))"#;
        run(WasiCtx::builder(), &format!("(module {imports} {start})")).unwrap();
    }
}

/// A program that calls one function and ignores what it answers.
fn calls(import: &str, call: &str) -> String {
    format!(
        r#"(module (import "wasi_snapshot_preview1" {import})
        (memory (export "memory") 1)
        (func (export "_start") {call} unreachable))"#
    )
}

#[test]
fn an_exit_is_an_error_that_carries_the_code() {
    let module = calls(r#""proc_exit" (func $f (param i32))"#, "(call $f (i32.const 42))");
    let error = run(WasiCtx::builder(), &module).unwrap_err();
    assert_eq!(error.downcast_ref::<Exit>(), Some(&Exit(42)));
    assert_eq!(error.kind(), ErrorKind::Host);
}

#[test]
fn a_signal_is_an_error_that_carries_the_signal() {
    let raise = r#""proc_raise" (func $f (param i32) (result i32))"#;
    let module = calls(raise, "(drop (call $f (i32.const 6)))");
    let error = run(WasiCtx::builder(), &module).unwrap_err();
    assert_eq!(error.downcast_ref::<Trap>(), Some(&Trap::Raised(6)));
}

#[test]
fn a_stop_interrupts_a_guest_that_sleeps() {
    let stopper = Stopper::new().unwrap();
    let mut builder = WasiCtx::builder();
    builder.stopper(stopper.clone());
    let poll = r#""poll_oneoff" (func $f (param i32 i32 i32 i32) (result i32))"#;
    // One subscription to the monotonic clock, in the far future.
    let sleep = "(i32.store (i32.const 16) (i32.const 1))
        (i64.store (i32.const 24) (i64.const -1))
        (drop (call $f (i32.const 0) (i32.const 64) (i32.const 1) (i32.const 128)))";
    let stop = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(50));
        stopper.stop();
    });
    let error = run(builder, &calls(poll, sleep)).unwrap_err();
    assert_eq!(error.trap_reason(), Some(TrapReason::Interrupted));
    stop.join().unwrap();
}

#[test]
fn a_module_without_memory_is_told() {
    let module = r#"(module
        (import "wasi_snapshot_preview1" "sched_yield" (func $f (result i32)))
        (func (export "_start") (drop (call $f))))"#;
    let error = run(WasiCtx::builder(), module).unwrap_err();
    assert!(error.to_string().contains("export its memory as `memory`"), "{error}");
}

#[test]
fn files_are_reached_through_a_grant() {
    let scratch = Scratch::new();
    fs::write(scratch.join("file"), "content").unwrap();
    let mut builder = WasiCtx::builder();
    builder.preopened_dir(scratch.path(), "/", Access::ReadWrite).unwrap();
    let unlink = r#""path_unlink_file" (func $f (param i32 i32 i32) (result i32))"#;
    let act = r#"(i32.store (i32.const 0) (i32.const 0x656c6966))
        (if (i32.eqz (call $f (i32.const 3) (i32.const 0) (i32.const 4))) (then return))"#;
    run(builder, &calls(unlink, act)).unwrap();
    assert!(!scratch.join("file").exists());
}

/// Two instances in one store call with their own memories.
#[test]
fn each_instance_calls_with_its_own_memory() {
    let engine = Engine::default();
    let module = r#"(module
        (import "wasi_snapshot_preview1" "random_get" (func $f (param i32 i32) (result i32)))
        (memory (export "memory") 1)
        (func (export "fill") (drop (call $f (i32.const 0) (i32.const 64)))))"#;
    let module = Module::new(&engine, module).unwrap();
    let mut linker = Linker::new(&engine);
    add_to_linker(&mut linker, |ctx: &mut WasiCtx| ctx).unwrap();
    let mut store = Store::new(&engine, WasiCtx::builder().build().unwrap());
    let instances = [0; 2].map(|_| linker.instantiate(&mut store, &module).unwrap());
    let filled = |store: &Store<WasiCtx>, instance: &Instance| {
        let memory = instance.get_memory(store, "memory").unwrap();
        memory.data(store)[..64].iter().any(|byte| *byte != 0)
    };
    for (n, instance) in instances.iter().enumerate() {
        let fill = instance.get_typed_func::<(), ()>(&mut store, "fill").unwrap();
        fill.call(&mut store, ()).unwrap();
        assert!(filled(&store, instance));
        assert_eq!(instances[n..].iter().filter(|i| filled(&store, i)).count(), 1);
    }
}
