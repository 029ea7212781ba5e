//! Threads of one program: numbers, what they share, who ends whom, and limits over all of them.
//!
//! A thread that waits for ever is ended or the test never returns: nothing here looks at a clock.
//!
//! Read next: `hosts/wasi/src/threads.rs`.

use holm::{
    Config, Engine, Error, ErrorKind, Features, Linker, Module, Store, StoreLimits, TrapReason,
};
use holm_wasi::{
    Exit, Input, MemoryOutput, Output, Reason, ThreadLimits, Threads, WasiCtx, WasiCtxBuilder,
    WasiThread,
};
use std::sync::{Arc, Mutex};

/// What every program begins with. At 100 and 104 two words to meet by, at 108 text of three bytes, at 112 a list of that, at
/// 120 a list of one byte at 400. `$wait` waits until the word at 100 is 1, `$meet` makes it so.
const FRAME: &str = r#"
  (import "wasi" "thread-spawn" (func $spawn (param i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_read" (func $fd_read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "sched_yield" (func $yield (result i32)))
  (memory (export "memory") (import "env" "memory") 1 64 shared)
  (func $wait
    (block $done
      (loop $again
        (br_if $done (i32.eq (i32.atomic.load (i32.const 100)) (i32.const 1)))
        (drop (memory.atomic.wait32 (i32.const 100) (i32.const 0) (i64.const -1)))
        (br $again))))
  (func $meet
    (i32.atomic.store (i32.const 100) (i32.const 1))
    (drop (memory.atomic.notify (i32.const 100) (i32.const -1))))
  (func $park (loop (drop (memory.atomic.wait32 (i32.const 2000) (i32.const 0) (i64.const -1))) (br 0)))
  (func $prepare
    (i32.store (i32.const 108) (i32.const 0x0a6968))
    (i64.store (i32.const 112) (i64.const 0x30000006c))
    (i64.store (i32.const 120) (i64.const 0x100000190)))
"#;

/// A program of a first thread and what all others do, which have their number in 0 and what they were given in 1.
fn program(main: &str, thread: &str) -> String {
    format!(
        r#"(module {FRAME}
          (func (export "_start") (local i32) {main})
          (func (export "wasi_thread_start") (param i32 i32) {thread}))"#
    )
}

/// A run that has not ended.
struct Run {
    threads: Threads,
    store: Store<WasiThread>,
}

impl Run {
    fn new(builder: WasiCtxBuilder, limits: ThreadLimits) -> Run {
        let mut config = Config::new();
        config.features(Features::default().with(Features::THREADS)).fuel(limits.fuel.is_some());
        let engine = Engine::new(&config).unwrap();
        let threads = Threads::new(builder.build().unwrap(), limits).unwrap();
        let store = threads.store(&engine).unwrap();
        Run { threads, store }
    }

    /// Runs a program to its end.
    fn run(&mut self, text: &str) -> Result<(), Error> {
        let engine = self.store.engine().clone();
        let module = Module::new(&engine, text)?;
        let mut linker = Linker::new(&engine);
        Threads::add_to_linker(&mut linker)?;
        let instance = self.threads.instantiate(&mut self.store, &linker, &module);
        let result = instance.and_then(|instance| {
            let start = instance.get_typed_func::<(), ()>(&self.store, "_start")?;
            start.call(&mut self.store, ())
        });
        self.threads.end(result)
    }
}

fn run(main: &str, thread: &str) -> Result<(), Error> {
    Run::new(WasiCtx::builder(), ThreadLimits::default()).run(&program(main, thread))
}

fn with_output() -> (WasiCtxBuilder, MemoryOutput) {
    let (output, kept) = Output::memory();
    let mut builder = WasiCtx::builder();
    builder.stdout(output);
    (builder, kept)
}

fn exit_code(result: Result<(), Error>) -> Option<u32> {
    result.err()?.downcast_ref::<Exit>().map(|exit| exit.0)
}

fn trap(result: Result<(), Error>) -> Option<TrapReason> {
    result.err()?.trap_reason()
}

#[test]
fn a_thread_gets_its_number_and_its_argument() {
    let main = "(i32.store (i32.const 200) (call $spawn (i32.const 77))) (call $wait)
        (if (i32.ne (i32.load (i32.const 200)) (i32.load (i32.const 204))) (then (call $exit (i32.const 1))))
        (call $exit (i32.load (i32.const 208)))";
    let thread = "(i32.store (i32.const 204) (local.get 0)) (i32.store (i32.const 208) (local.get 1)) (call $meet)";
    assert_eq!(exit_code(run(main, thread)), Some(77));
}

#[test]
fn the_first_threads_end_ends_the_others_wherever_they_are() {
    let input_that_never_comes = || {
        let (far, near) = holm_wasi::pipe(100).unwrap();
        let mut builder = WasiCtx::builder();
        builder.stdin(near);
        (builder, far)
    };
    for thread in [
        "(call $meet) (call $park)",
        "(call $meet) (loop (br 0))",
        "(call $meet) (drop (call $fd_read (i32.const 0) (i32.const 120) (i32.const 1) (i32.const 300)))",
        "(i32.store (i32.const 516) (i32.const 1)) (i64.store (i32.const 524) (i64.const -1)) (call $meet)
         (drop (call $poll (i32.const 500) (i32.const 600) (i32.const 1) (i32.const 300)))",
        "(call $meet) (loop (drop (call $yield)) (br 0))",
    ] {
        for end in ["", "(call $exit (i32.const 9))", "(unreachable)"] {
            let main = format!("(call $prepare) (drop (call $spawn (i32.const 0))) (call $wait) {end}");
            let (builder, _far) = input_that_never_comes();
            let mut program_run = Run::new(builder, ThreadLimits::default());
            let result = program_run.run(&program(&main, thread));
            match end {
                "" => assert!(result.is_ok(), "{thread}: {result:?}"),
                "(unreachable)" => assert_eq!(trap(result), Some(TrapReason::Unreachable), "{thread}"),
                _ => assert_eq!(exit_code(result), Some(9), "{thread}"),
            }
            assert_eq!(program_run.threads.usage().threads, 2);
        }
    }
}

#[test]
fn another_threads_end_ends_the_first_one() {
    for main in ["(call $park)", "(loop (br 0))", "(loop (drop (call $yield)) (br 0))"] {
        let main = format!("(drop (call $spawn (i32.const 3))) {main}");
        assert_eq!(exit_code(run(&main, "(call $exit (i32.const 22))")), Some(22), "{main}");
        let trapped = run(&main, "(unreachable)");
        let error = trapped.unwrap_err();
        assert_eq!(error.trap_reason(), Some(TrapReason::Unreachable), "{main}");
        assert!(error.backtrace().unwrap().to_string().contains("wasi_thread_start"), "{error:?}");
    }
}

#[test]
fn a_thread_that_returns_ends_nothing() {
    let main = "(call $prepare) (drop (call $spawn (i32.const 3))) (call $wait)
        (drop (call $fd_write (i32.const 1) (i32.const 112) (i32.const 1) (i32.const 300)))";
    let (builder, kept) = with_output();
    Run::new(builder, ThreadLimits::default()).run(&program(main, "(call $meet)")).unwrap();
    assert_eq!(kept.contents(), b"hi\n");
}

#[test]
fn a_thread_that_waits_in_a_call_keeps_nobody_from_calling() {
    // The thread waits for input, which comes only once the first thread has written.
    let (to_guest, from_host) = holm_wasi::pipe(100).unwrap();
    let mut builder = WasiCtx::builder();
    builder.stdin(from_host).stdout(to_guest);
    let main = "(call $prepare) (drop (call $spawn (i32.const 0))) (call $wait)
        (drop (call $fd_write (i32.const 1) (i32.const 112) (i32.const 1) (i32.const 300)))
        (loop (if (i32.ne (i32.atomic.load (i32.const 104)) (i32.const 1))
          (then (drop (memory.atomic.wait32 (i32.const 104) (i32.const 0) (i64.const -1))) (br 1))))
        (call $exit (i32.load8_u (i32.const 400)))";
    let thread = "(call $meet) (drop (call $fd_read (i32.const 0) (i32.const 120) (i32.const 1) (i32.const 308)))
        (i32.atomic.store (i32.const 104) (i32.const 1))
        (drop (memory.atomic.notify (i32.const 104) (i32.const 1)))";
    let result = Run::new(builder, ThreadLimits::default()).run(&program(main, thread));
    assert_eq!(exit_code(result), Some(u32::from(b'h')));
}

#[test]
fn a_time_that_is_waited_for_comes_once() {
    // A wait of 1 ms that was begun anew after each look would never end.
    let main = "(i32.store (i32.const 516) (i32.const 1)) (i64.store (i32.const 524) (i64.const 1000000))
        (call $exit (i32.add (i32.const 40) (i32.add
          (call $poll (i32.const 500) (i32.const 600) (i32.const 1) (i32.const 300)) (i32.load (i32.const 300)))))";
    assert_eq!(exit_code(run(main, "")), Some(41));
}

#[test]
fn numbers_come_again_when_they_are_free_and_limits_are_told() {
    // Starts threads that park until there are no more: 3 of 4, since the first one counts.
    let main = "(loop (if (i32.gt_s (call $spawn (i32.const 0)) (i32.const 0))
        (then (local.set 0 (i32.add (local.get 0) (i32.const 1))) (br 1))))
        (call $exit (i32.add (i32.mul (local.get 0) (i32.const 10)) (i32.sub (i32.const 0) (call $spawn (i32.const 0)))))";
    let refused = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&refused);
    let mut builder = WasiCtx::builder();
    builder.on_refusal(move |refusal| log.lock().unwrap().push(refusal.reason));
    let limits = ThreadLimits { threads_max: 4, ..ThreadLimits::default() };
    let mut program_run = Run::new(builder, limits);
    let result = program_run.run(&program(main, "(call $park)"));
    assert_eq!(exit_code(result), Some(36));
    assert_eq!(*refused.lock().unwrap(), [Reason::Threads, Reason::Threads]);
    let usage = program_run.threads.usage();
    assert_eq!((usage.threads, usage.threads_peak), (4, 4));
}

#[test]
fn memory_and_tables_are_limited_over_all_threads() {
    // Each thread has a table of 1,000 entries: with 2,500 allowed, the third instance is one too many.
    let table = r#"(table 1000 funcref)"#;
    let text = program(
        "(drop (call $spawn (i32.const 0))) (drop (call $spawn (i32.const 0))) (call $park)",
        "(call $park)",
    );
    let text = text.replacen("(func $wait", &format!("{table} (func $wait"), 1);
    let store = StoreLimits { table_entries_max: 2500, ..StoreLimits::default() };
    let limits = ThreadLimits { store, ..ThreadLimits::default() };
    let error = Run::new(WasiCtx::builder(), limits).run(&text).unwrap_err();
    assert_eq!(
        (error.kind(), error.limit()),
        (ErrorKind::Exhausted, Some("table entries")),
        "{error}"
    );
    // The shared memory counts once, however many threads there are, and who grows it does not matter.
    let store = StoreLimits { memory_bytes_max: 10 << 16, ..StoreLimits::default() };
    let limits = ThreadLimits { store, ..ThreadLimits::default() };
    let main = "(drop (memory.grow (i32.const 4))) (drop (call $spawn (i32.const 0))) (call $wait)
        (local.set 0 (memory.grow (i32.const 1)))
        (call $exit (i32.sub (memory.size) (local.get 0)))";
    let thread =
        "(drop (memory.grow (i32.const 6))) (drop (memory.grow (i32.const 5))) (call $meet)";
    let result = Run::new(WasiCtx::builder(), limits).run(&program(main, thread));
    assert_eq!(exit_code(result), Some(11));
}

#[test]
fn fuel_is_for_all_threads_together() {
    let limits = ThreadLimits { fuel: Some(1_000_000), ..ThreadLimits::default() };
    for (main, thread) in [
        ("(drop (call $spawn (i32.const 0))) (call $park)", "(loop (br 0))"),
        ("(drop (call $spawn (i32.const 0))) (loop (br 0))", "(call $park)"),
    ] {
        let result = Run::new(WasiCtx::builder(), limits).run(&program(main, thread));
        assert_eq!(trap(result), Some(TrapReason::OutOfFuel), "{main}");
    }
    // What a thread leaves is not lost: a thousand of them, one after the other, need little.
    let main = "(loop (i32.atomic.store (i32.const 100) (i32.const 0)) (drop (call $spawn (i32.const 0))) (call $wait)
        (br_if 0 (i32.lt_u (local.tee 0 (i32.add (local.get 0) (i32.const 1))) (i32.const 20))))";
    let mut program_run = Run::new(WasiCtx::builder(), limits);
    program_run.run(&program(main, "(call $meet)")).unwrap();
    let left = program_run.store.fuel_left().unwrap() + program_run.threads.usage().fuel_left;
    assert!((900_000..1_000_000).contains(&left), "{left}");
}

#[test]
fn all_threads_are_stopped_from_outside() {
    for (main, thread) in [("(call $park)", "(loop (br 0))"), ("(loop (br 0))", "(call $park)")] {
        let (output, input) = holm_wasi::pipe(100).unwrap();
        let mut builder = WasiCtx::builder();
        builder.stdout(output);
        let mut program_run = Run::new(builder, ThreadLimits::default());
        let threads = program_run.threads.clone();
        // Stops the program once it has written.
        let watcher = std::thread::spawn(move || {
            let mut other = WasiCtx::builder();
            other.stdin(input);
            let mut reader = crate::guest::Guest::new(other.build().unwrap());
            assert_eq!(reader.read(0, 3), Ok(b"hi\n".to_vec()));
            threads.interrupt();
        });
        let main = format!(
            "(call $prepare) (drop (call $spawn (i32.const 0)))
             (drop (call $fd_write (i32.const 1) (i32.const 112) (i32.const 1) (i32.const 300))) {main}"
        );
        let result = program_run.run(&program(&main, thread));
        assert_eq!(trap(result), Some(TrapReason::Interrupted), "{main}");
        watcher.join().unwrap();
    }
}

/// Threads that begin while the others are stopped, and help to stop them, leave nobody out.
#[test]
fn threads_that_only_compute_are_all_stopped_whenever_that_is() {
    let main = "(loop (drop (call $spawn (i32.const 0))) (br 0))";
    let thread = "(i32.store (i32.const 500) (i32.const 1)) (loop (br 0))";
    for round in 0..30 {
        let limits = ThreadLimits { threads_max: 40, ..ThreadLimits::default() };
        let mut program_run = Run::new(WasiCtx::builder(), limits);
        let threads = program_run.threads.clone();
        let watcher = std::thread::spawn(move || {
            while threads.usage().threads < 2 + round {
                std::thread::yield_now();
            }
            threads.interrupt();
        });
        let result = program_run.run(&program(main, thread));
        assert_eq!(trap(result), Some(TrapReason::Interrupted));
        watcher.join().unwrap();
    }
}

#[test]
fn a_start_function_may_make_threads() {
    let main = "(call $wait) (call $exit (i32.const 8))";
    let text = program(main, "(call $meet)");
    // Every instance runs it: a thread must not make another one.
    let start = "(func $first (if (i32.eqz (i32.atomic.rmw.add (i32.const 600) (i32.const 1)))
        (then (drop (call $spawn (i32.const 0)))))) (start $first)";
    let text = text.replacen(
        "(func (export \"_start\")",
        &format!("{start} (func (export \"_start\")"),
        1,
    );
    let result = Run::new(WasiCtx::builder(), ThreadLimits::default()).run(&text);
    assert_eq!(exit_code(result), Some(8));
}

#[test]
fn a_thread_without_a_beginning_ends_the_program_with_a_reason() {
    let text = program("(drop (call $spawn (i32.const 0))) (call $park)", "");
    let text = text.replace("wasi_thread_start", "something_else");
    let error = Run::new(WasiCtx::builder(), ThreadLimits::default()).run(&text).unwrap_err();
    assert!(error.to_string().contains("`wasi_thread_start`"), "{error}");
}

#[test]
fn a_program_with_one_thread_may_own_a_memory_that_could_be_shared() {
    let mut config = Config::new();
    config.features(Features::default().with(Features::THREADS));
    let engine = Engine::new(&config).unwrap();
    let text = r#"(module
      (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
      (import "wasi_snapshot_preview1" "fd_read" (func $fd_read (param i32 i32 i32 i32) (result i32)))
      (memory (export "memory") 1 1 shared)
      (data (i32.const 0) "\40\00\00\00\08\00\00\00")
      (func (export "_start")
        (drop (call $fd_read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 16)))
        (i32.store (i32.const 4) (i32.load (i32.const 16)))
        (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 16)))))"#;
    let module = Module::new(&engine, text).unwrap();
    let (mut builder, kept) = with_output();
    builder.stdin(Input::bytes("hello"));
    let mut linker = Linker::new(&engine);
    holm_wasi::add_to_linker(&mut linker, |ctx: &mut WasiCtx| ctx).unwrap();
    let mut store = Store::new(&engine, builder.build().unwrap());
    let instance = linker.instantiate(&mut store, &module).unwrap();
    let start = instance.get_typed_func::<(), ()>(&store, "_start").unwrap();
    start.call(&mut store, ()).unwrap();
    assert_eq!(kept.contents(), b"hello");
}
