//! Guests that take all they get, one after the other in one process, which must be afterwards as it was before.
//!
//! Not here: guests that take time (`deadlines.rs`). Invariant: each is stopped, or refused, by a limit that is on by
//! default.

use std::error::Error;
use std::fmt;
use std::fs;
use std::time::Duration;

use holm::{Config, Engine, ErrorKind, Features, Linker, Module, Store, TrapReason};
use holm_wasi::{ThreadLimits, Threads, WasiCtx};

use super::World;

/// What a greedy guest does, and what must come of it.
struct Kind {
    name: &'static str,
    text: &'static str,
    end: fn(&holm::Result<()>) -> bool,
}

/// Guests that are told that there is no more give up with `unreachable`, as programs do.
const GAVE_UP: fn(&holm::Result<()>) -> bool =
    |result| matches!(result, Err(error) if error.trap_reason() == Some(TrapReason::Unreachable));

/// There is no room for one more object or exception.
const FULL: fn(&holm::Result<()>) -> bool = |result| matches!(result, Err(error) if error.trap_reason() == Some(TrapReason::AllocationFailed));

const KINDS: &[Kind] = &[
    Kind {
        name: "takes memory",
        text: r#"(memory (export "memory") 1) (func (export "_start") (local i32)
          (loop (if (i32.eq (local.tee 0 (memory.grow (i32.const 4096))) (i32.const -1)) (then (unreachable)))
            (i32.store (i32.mul (local.get 0) (i32.const 65536)) (i32.const 1)) (br 0)))"#,
        end: GAVE_UP,
    },
    Kind {
        name: "takes tables",
        text: r#"(memory (export "memory") 1) (table $t 0 funcref) (func (export "_start")
          (loop (if (i32.eq (table.grow $t (ref.null func) (i32.const 1000000)) (i32.const -1)) (then (unreachable)))
            (br 0)))"#,
        end: GAVE_UP,
    },
    Kind {
        name: "recurses",
        text: r#"(memory (export "memory") 1) (func $f (export "_start") (call $f))"#,
        end: |result| matches!(result, Err(error) if error.trap_reason() == Some(TrapReason::StackOverflow)),
    },
    Kind {
        name: "loops",
        text: r#"(memory (export "memory") 1) (func (export "_start") (loop (br 0)))"#,
        end: |result| {
            matches!(result, Err(error) if error.kind() == ErrorKind::Exhausted
            && error.trap_reason() == Some(TrapReason::OutOfFuel))
        },
    },
    Kind {
        name: "opens",
        text: r#"(import "wasi_snapshot_preview1" "path_open"
            (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
          (memory (export "memory") 1) (data (i32.const 0) "f")
          (func (export "_start")
            (loop (if (call $open (i32.const 3) (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 0)
                (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 16)) (then (unreachable))) (br 0)))"#,
        end: GAVE_UP,
    },
    Kind {
        name: "writes",
        text: r#"(import "wasi_snapshot_preview1" "path_open"
            (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
          (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
          (memory (export "memory") 16) (data (i32.const 0) "new") (data (i32.const 8) "\00\00\00\00\00\00\10\00")
          (func (export "_start")
            (drop (call $open (i32.const 4) (i32.const 0) (i32.const 0) (i32.const 3) (i32.const 1)
                (i64.const 64) (i64.const 0) (i32.const 0) (i32.const 16)))
            (loop (if (call $write (i32.load (i32.const 16)) (i32.const 8) (i32.const 1) (i32.const 20))
              (then (unreachable))) (br 0)))"#,
        end: GAVE_UP,
    },
    Kind {
        name: "makes files",
        text: r#"(import "wasi_snapshot_preview1" "path_create_directory" (func $make (param i32 i32 i32) (result i32)))
          (memory (export "memory") 1)
          (func (export "_start") (local i32)
            (loop (i64.store (i32.const 0) (i64.or (i64.const 0x4040404040404040)
                (i64.or (i64.extend_i32_u (i32.and (local.get 0) (i32.const 0xf0f0f0f)))
                  (i64.shl (i64.extend_i32_u (i32.and (i32.shr_u (local.get 0) (i32.const 4)) (i32.const 0xf0f0f0f)))
                    (i64.const 32)))))
              (if (call $make (i32.const 4) (i32.const 0) (i32.const 8)) (then (unreachable)))
              (local.set 0 (i32.add (local.get 0) (i32.const 1))) (br 0)))"#,
        end: GAVE_UP,
    },
    Kind {
        name: "makes objects",
        text: r#"(memory (export "memory") 1) (type $node (struct (field (ref null $node)) (field i64 i64 i64 i64 i64 i64)))
          (global $keep (mut (ref null $node)) (ref.null $node))
          (func (export "_start") (loop (global.set $keep (struct.new $node (global.get $keep)
            (i64.const 1) (i64.const 2) (i64.const 3) (i64.const 4) (i64.const 5) (i64.const 6))) (br 0)))"#,
        end: FULL,
    },
    Kind {
        name: "makes huge arrays",
        text: r#"(memory (export "memory") 1) (type $longs (array (mut i64)))
          (func (export "_start") (drop (array.new_default $longs (i32.const -1))))"#,
        end: FULL,
    },
    Kind {
        name: "makes arrays of arrays",
        text: r#"(memory (export "memory") 1) (type $inner (array i64)) (type $outer (array (mut (ref null $inner))))
          (func (export "_start") (local (ref null $outer)) (local i32)
            (local.set 0 (array.new_default $outer (i32.const 1000000)))
            (loop (array.set $outer (local.get 0) (local.get 1) (array.new_default $inner (i32.const 1000)))
              (local.set 1 (i32.add (local.get 1) (i32.const 1))) (br 0)))"#,
        end: FULL,
    },
    Kind {
        name: "keeps exceptions",
        text: r#"(memory (export "memory") 1) (tag $e (param exnref))
          (global $keep (mut exnref) (ref.null exn))
          (func (export "_start") (loop
            (global.set $keep (block $caught (result exnref)
              (try_table (catch_all_ref $caught) (throw $e (global.get $keep))) (unreachable)))
            (br 0)))"#,
        end: FULL,
    },
    Kind {
        name: "recurses by reference",
        text: r#"(memory (export "memory") 1) (type $f (func)) (elem declare func $f)
          (func $f (export "_start") (type $f) (call_ref $f (ref.func $f)))"#,
        end: |result| matches!(result, Err(error) if error.trap_reason() == Some(TrapReason::StackOverflow)),
    },
    Kind {
        name: "makes threads",
        text: r#"(import "wasi" "thread-spawn" (func $spawn (param i32) (result i32)))
          (memory (export "memory") (import "env" "memory") 1 16 shared)
          (func (export "_start") (loop (br_if 0 (i32.gt_s (call $spawn (i32.const 0)) (i32.const 0)))) (unreachable))
          (func (export "wasi_thread_start") (param i32 i32)
            (loop (drop (memory.atomic.wait32 (i32.const 0) (i32.const 0) (i64.const -1))) (br 0)))"#,
        end: GAVE_UP,
    },
];

/// Fuel, so that loops end: a deadline would do as well, and take longer.
const FUEL: u64 = 500_000_000;

/// How long to wait for threads at a time, and how often.
const THREAD_WAIT: Duration = Duration::from_millis(5);
const THREAD_WAITS: usize = 2_000;

/// What the process had before and after.
#[derive(Debug)]
pub struct Greed {
    /// Guests that ran.
    pub guests: usize,
    /// Resident bytes before the first and after the last.
    pub resident_bytes: (u64, u64),
    /// The most that was resident after any.
    pub resident_bytes_peak: u64,
    /// Descriptors before and after.
    pub descriptors: (usize, usize),
}

impl fmt::Display for Greed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mib = |bytes: u64| bytes >> 20;
        let ((before, after), (had, has)) = (self.resident_bytes, self.descriptors);
        write!(
            f,
            "{} greedy guests: {} MiB resident before, {} MiB after, {} MiB at most between two; {had} descriptors before, {has} after",
            self.guests,
            mib(before),
            mib(after),
            mib(self.resident_bytes_peak)
        )
    }
}

/// Runs so many greedy guests, of every kind in turn.
///
/// # Errors
/// When one ends otherwise than by its limit.
pub fn greedy(count: usize) -> Result<Greed, Box<dyn Error>> {
    let mut config = Config::new();
    config.fuel(true).features(Features::default().with(Features::THREADS));
    let engine = Engine::new(&config)?;
    let mut modules = Vec::new();
    for kind in KINDS {
        modules.push(Module::new(&engine, wat::parse_str(format!("(module {})", kind.text))?)?);
    }
    let mut world = World::new()?;
    // Once each before the count begins: what is made once is not a leak.
    for (kind, module) in KINDS.iter().zip(&modules) {
        run(&engine, module, kind, &mut world)?;
    }
    wait_for_threads()?;
    let before = (resident_bytes()?, descriptors()?);
    let mut peak = 0;
    for n in 0..count {
        let index = n % KINDS.len();
        run(&engine, &modules[index], &KINDS[index], &mut world)?;
        peak = peak.max(resident_bytes()?);
    }
    wait_for_threads()?;
    Ok(Greed {
        guests: count,
        resident_bytes: (before.0, resident_bytes()?),
        resident_bytes_peak: peak,
        descriptors: (before.1, descriptors()?),
    })
}

fn run(
    engine: &Engine,
    module: &Module,
    kind: &Kind,
    world: &mut World,
) -> Result<(), Box<dyn Error>> {
    if kind.name == "makes threads" {
        let limits = ThreadLimits { fuel: Some(FUEL), ..ThreadLimits::default() };
        let threads = Threads::new(world.context(None)?, limits)?;
        let mut store = threads.store(engine)?;
        let mut linker = Linker::new(engine);
        Threads::add_to_linker(&mut linker)?;
        let instance = threads.instantiate(&mut store, &linker, module)?;
        let start = instance.get_typed_func::<(), ()>(&mut store, "_start")?;
        return kind.judge(&threads.end(start.call(&mut store, ())));
    }
    let mut store = Store::new(engine, world.context(None)?);
    store.set_fuel(kind.fuel())?;
    let mut linker = Linker::new(engine);
    holm_wasi::add_to_linker(&mut linker, |context: &mut WasiCtx| context)?;
    let instance = linker.instantiate(&mut store, module)?;
    let start = instance.get_typed_func::<(), ()>(&mut store, "_start")?;
    kind.judge(&start.call(&mut store, ()))
}

impl Kind {
    /// Loops end soon; whoever fills something gets to its end.
    fn fuel(&self) -> u64 {
        if self.name == "loops" { FUEL / 100 } else { FUEL }
    }

    fn judge(&self, result: &holm::Result<()>) -> Result<(), Box<dyn Error>> {
        if (self.end)(result) {
            return Ok(());
        }
        Err(format!("a guest that {} ended otherwise: {result:?}", self.name).into())
    }
}

/// Waits until the threads of guests are gone: each holds descriptors up to its very end, which is after that of its
/// guest.
fn wait_for_threads() -> Result<(), Box<dyn Error>> {
    for _ in 0..THREAD_WAITS {
        if fs::read_dir("/proc/self/task")?.count() == 1 {
            return Ok(());
        }
        std::thread::sleep(THREAD_WAIT);
    }
    Err("threads of guests have not ended".into())
}

fn resident_bytes() -> Result<u64, Box<dyn Error>> {
    let text = fs::read_to_string("/proc/self/statm")?;
    let pages: u64 = text.split(' ').nth(1).ok_or("no resident pages")?.parse()?;
    Ok(pages * rustix::param::page_size() as u64)
}

fn descriptors() -> Result<usize, Box<dyn Error>> {
    Ok(fs::read_dir("/proc/self/fd")?.count())
}
