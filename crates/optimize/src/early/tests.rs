//! Whatever has arrived when, the code is that of the whole module.

use super::*;
use holm_abi::{Architecture, MemoryStrategy, OneWorker, Settings, Tier};
use holm_module::{Decoder, Features, Limits};

/// Functions whose code depends on what comes after them.
const SOURCE: &str = r#"(module
  (type $t (func (result i32)))
  (table $fixed 2 2 funcref) (table $written 2 2 funcref)
  (elem (table $fixed) (i32.const 0) func $small $large)
  (elem (table $written) (i32.const 0) func $small $large)
  (memory 1)
  (global $set (mut i32) (i32.const 7)) (global $never (mut i32) (i32.const 8))
  (func $calls_small (result i32) (i32.add (call $small) (call $small)))
  (func $calls_large (result i32) (i32.add (call $large) (call $large)))
  (func $calls_both (result i32) (i32.add (call $between) (call $large)))
  (func $through_fixed (param i32) (result i32)
    (call_indirect $fixed (type $t) (local.get 0)))
  (func $through_written (param i32) (result i32)
    (call_indirect $written (type $t) (local.get 0)))
  (func $reads (result i32) (i32.add (global.get $set) (global.get $never)))
  (func $size (result i32) (memory.size))
  (func $loads (result i32) (i32.load offset=0x80000000 (i32.const 0)))
  (func $refers (result funcref) (ref.func $large))
  (func $between (result i32) (call $small))
  (func $small (result i32) (i32.const 1))
  (func $large (result i32) (local i32)
    (block (block (br_table 0 1 (local.get 0)))) (i32.const 2))
  (func $breaks (global.set $set (i32.const 9)) (drop (memory.grow (i32.const 1)))
    (table.set $written (i32.const 0) (ref.null func))))"#;

/// Compiles with the bodies handed over so many at a time, by `helpers` who come each time.
fn compile_early(wasm: &[u8], step: usize, helpers: usize) -> (Vec<u8>, usize) {
    let optimizer = optimizer();
    let mut decoder = Decoder::new(&Limits::default(), Features::default());
    let mut early: Option<Arc<dyn EarlyCompile<Module>>> = None;
    let mut ready = 0;
    for byte in wasm {
        decoder.push(&[*byte]).unwrap();
        let now = decoder.module().bodies.len();
        if now >= ready + step || now == 13 && ready < now {
            ready = now;
            let module = decoder.module_so_far();
            let early = early.get_or_insert_with(|| optimizer.begin(module).unwrap());
            let called = early.arrived(decoder.module(), decoder.bytes(), helpers);
            assert!(called <= helpers);
            (0..called).for_each(|_| early.help());
        }
    }
    let early = early.unwrap();
    let (module, bytes) = decoder.finish().unwrap();
    let counted = Counted::default();
    let code = early.finish(&module, &bytes, &counted).unwrap();
    (artifact(&code), counted.0.into_inner())
}

/// Counts what is left to compile in the end.
#[derive(Default)]
struct Counted(std::sync::atomic::AtomicUsize);

impl Workers for Counted {
    fn count(&self) -> usize {
        1
    }
    fn run(&self, count: usize, job: &(dyn Fn(usize) + Sync)) {
        OneWorker.run(count, job);
    }
    fn progress(&self, _: usize, total: usize) {
        self.0.fetch_max(total, std::sync::atomic::Ordering::Relaxed);
    }
}

fn optimizer() -> Optimizer {
    Optimizer::new(Settings {
        architecture: Architecture::X86_64,
        cpu_features: "sse3,ssse3,sse4.1,sse4.2,popcnt".into(),
        memory: MemoryStrategy::Checked,
        fuel: false,
        polls: true,
        canonical_nans: false,
        optimize: true,
    })
    .unwrap()
}

fn artifact(code: &Code) -> Vec<u8> {
    let mut out = holm_abi::ContainerWriter::new();
    code.append(&mut out);
    out.finish()
}

#[test]
fn the_code_is_that_of_the_whole_module() {
    let wasm = wat::parse_str(SOURCE).unwrap();
    let module = Module::new(&wasm, &Limits::default(), Features::default()).unwrap();
    let whole = artifact(&optimizer().compile(&module, &wasm, &OneWorker).unwrap());
    for step in 1..=13 {
        for helpers in 0..3 {
            let (code, left) = compile_early(&wasm, step, helpers);
            assert!(code == whole, "{step} bodies at a time, {helpers} helpers");
            match helpers {
                0 => assert_eq!(left, 13),
                // Only what refers to a function has to wait for the end.
                _ => assert_eq!(left, 1, "{step} bodies at a time"),
            }
        }
    }
}
