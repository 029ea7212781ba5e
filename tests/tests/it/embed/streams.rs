//! Modules that arrive in pieces and are compiled meanwhile: the code is that of the whole module.
//!
//! How it comes about is tested beside `crates/optimize/src/early.rs`; programs in other languages take the
//! same way in `cargo xtask guests --run`.

use std::fmt::Write as _;
use std::sync::Arc;

use holm::{Config, Engine, ModuleStream, Workers};
use holm_tests::mutants::{self, Kind};
use libtest_mimic::Failed;

use super::{Test, refused};

pub(super) const TESTS: &[Test] = &[
    ("modules in pieces become the same code", pieces),
    ("a stream that breaks off leaves nothing behind", broken_off),
];

/// Threads of the test's own, also in the background.
struct Threads;

impl Workers for Threads {
    fn count(&self) -> usize {
        2
    }

    fn run(&self, count: usize, job: &(dyn Fn(usize) + Sync)) {
        std::thread::scope(|scope| (0..count).for_each(|n| drop(scope.spawn(move || job(n)))));
    }

    fn background(&self) -> usize {
        3
    }

    fn start(&self, job: Box<dyn FnOnce() + Send>) {
        std::thread::spawn(job);
    }
}

fn with_threads(engine: &Engine) -> holm::Result<Engine> {
    let mut config = Config::new();
    Engine::new(config.memory_strategy(Some(engine.memory_strategy())).workers(Arc::new(Threads)))
}

/// Functions that call each other forwards and backwards, small and large, and facts that come late.
fn tangle() -> Vec<u8> {
    let mut text = "(module (type $t (func (param i32) (result i32))) (memory 1)
      (table 40 40 funcref) (elem (i32.const 0) func $f0 $f7 $f300) (global $g (mut i32) (i32.const 3))"
        .to_owned();
    for n in 0..400 {
        let callee = (n * 7919 + 13) % 400;
        let _ = write!(text, "(func $f{n} (param i32) (result i32)");
        let filler = "(i32.store (local.get 0) (i32.add (i32.load (local.get 0)) (global.get $g)))";
        (0..n % 11).for_each(|_| text.push_str(filler));
        let _ = match n % 5 {
            0 => write!(text, "(i32.xor (local.get 0) (i32.const {n})))"),
            1 => write!(text, "(call_indirect (type $t) (local.get 0) (i32.const 1)))"),
            _ => write!(text, "(call $f{callee} (i32.add (local.get 0) (memory.size))))"),
        };
    }
    text.push_str("(func (global.set $g (memory.grow (i32.const 1)))))");
    wat::parse_str(text).unwrap_or_default()
}

fn pieces(engine: &Engine) -> Result<(), Failed> {
    let engine = with_threads(engine)?;
    let generated = (0..400).map(mutants::module);
    let generated =
        generated.filter(|(kind, bytes)| *kind == Kind::Generated && bytes.len() > 6000);
    let mut modules: Vec<Vec<u8>> = generated.map(|(_, bytes)| bytes).take(12).collect();
    modules.push(tangle());
    for (number, wasm) in modules.iter().enumerate() {
        let whole = engine.precompile(wasm)?;
        for piece in [1, 13, 4099] {
            let mut stream = ModuleStream::new(&engine);
            for bytes in wasm.chunks(piece) {
                stream.push(bytes)?;
            }
            if stream.precompile()? != whole {
                let size = wasm.len();
                return Err(format!("module {number} of {size} bytes, {piece} at a time").into());
            }
        }
    }
    Ok(())
}

fn broken_off(engine: &Engine) -> Result<(), Failed> {
    let engine = with_threads(engine)?;
    let wasm = tangle();
    for end in (0..wasm.len()).step_by(997) {
        let mut stream = ModuleStream::new(&engine);
        for bytes in wasm[..end].chunks(500) {
            stream.push(bytes)?;
        }
        if end % 2 == 0 {
            refused("a part of a module", stream.finish())?;
        }
    }
    Ok(())
}
