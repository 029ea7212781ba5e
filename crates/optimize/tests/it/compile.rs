//! Whole modules: determinism over threads, errors, what the tables of code say.

use crate::golden::settings;
use holm_abi::{Code, OneWorker, Settings, Tier, Workers};
use holm_module::{Features, Limits, Module};
use holm_optimize::Optimizer;
use holm_spec::trap::TrapReason;

/// Threads of a test.
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

fn compile(source: &str, settings: Settings, workers: &dyn Workers) -> Code {
    let wasm = wat::parse_str(source).unwrap();
    let module = Module::new(&wasm, &Limits::default(), Features::default()).unwrap();
    Optimizer::new(settings).unwrap().compile(&module, &wasm, workers).unwrap()
}

const MANY: &str = r#"(module
  (import "host" "print" (func $print (param i32)))
  (memory 1)
  (func $a (param i32) (result i32) (i32.load (local.get 0)))
  (func $b (param i32) (result i32) (i32.div_s (call $a (local.get 0)) (i32.const 3)))
  (func $c (param i32) (call $print (call $b (local.get 0))))
  (func $d (param i32 i32) (result i32) (i32.div_u (local.get 0) (local.get 1))))"#;

#[test]
fn threads_do_not_change_the_image() {
    let one = compile(MANY, settings(), &OneWorker);
    let four = compile(MANY, settings(), &Threads(4));
    assert_eq!(one.text(), four.text());
    assert_eq!(one.function_count(), 4);
    assert!(one.thunk(0).is_some(), "the imported function's type has a thunk");
}

#[test]
fn traps_have_reasons_and_sources() {
    let code = compile(MANY, settings(), &OneWorker);
    let reasons: Vec<TrapReason> =
        (0..code.text().len() as u32).filter_map(|at| code.trap_at(at)).collect();
    assert!(reasons.contains(&TrapReason::OutOfBoundsMemory));
    assert!(reasons.contains(&TrapReason::IntegerDivideByZero));
    let load = code.function(0).unwrap();
    let trap = (load.offset..load.offset + load.bytes).find(|at| code.trap_at(*at).is_some());
    assert_eq!(code.function_at(trap.unwrap()), Some(0));
    assert!(code.source_at(trap.unwrap()).is_some());
}

#[test]
fn a_processor_below_the_minimum_is_refused() {
    let settings = Settings { cpu_features: "sse3,ssse3".into(), ..settings() };
    let error = Optimizer::new(settings).err().unwrap();
    assert_eq!(error.to_string(), "the processor lacks sse4.1, which compiled code needs");
}

#[test]
fn inlined_calls_are_known() {
    let code = compile(
        r#"(module
          (func $inner (param i32) (result i32) (i32.div_u (i32.const 1) (local.get 0)))
          (func $middle (param i32) (result i32) (call $inner (local.get 0)))
          (func $outer (export "f") (param i32) (result i32) (call $middle (local.get 0))))"#,
        settings(),
        &OneWorker,
    );
    let outer = code.function(2).unwrap();
    let mut places = outer.offset..outer.offset + outer.bytes;
    let divides = |at: &u32| code.trap_at(*at) == Some(TrapReason::IntegerDivideByZero);
    let trap = places.find(divides).expect("the division is inlined");
    let sources: Vec<u32> = code.sources_at(trap).collect();
    assert_eq!(sources.len(), 3, "the division, the call of $inner, the call of $middle");
    assert!(sources.is_sorted(), "the functions lie in the file in that order");
    let own = code.function(0).unwrap();
    let trap = (own.offset..own.offset + own.bytes).find(|at| code.trap_at(*at).is_some());
    assert_eq!(code.sources_at(trap.unwrap()).count(), 1);
}

/// Every loop keeps its poll, however many there are and however they lie in each other.
#[test]
fn every_loop_polls() {
    for (loops, nested) in [(3, true), (3, false), (1_100, true), (1_100, false)] {
        let open = "(loop (br_if 0 (i32.eqz (local.get 0)))";
        let body = if nested {
            open.repeat(loops) + &"(br_if 0 (local.get 0)))".repeat(loops)
        } else {
            format!("{open})").repeat(loops)
        };
        let code = compile(&format!("(module (func (param i32) {body}))"), settings(), &OneWorker);
        let polls = (0..code.text().len() as u32)
            .filter(|at| code.trap_at(*at) == Some(TrapReason::Interrupted))
            .count();
        assert_eq!(polls, loops, "nested: {nested}");
    }
}

/// Calls that are replaced by what they call: directly, through a table, in each other, in themselves.
const INLINED: &str = r#"(module
  (type $t (func (param i32) (result i32)))
  (table 3 3 funcref) (elem (i32.const 0) $divides $loads $nests) (memory 1)
  (func $divides (type $t) (i32.div_s (i32.const 1) (local.get 0)))
  (func $loads (type $t) (i32.load offset=0x7fffffff (local.get 0)))
  (func $nests (type $t) (i32.add (call $divides (local.get 0)) (call $loads (local.get 0))))
  (func $itself (type $t) (if (result i32) (local.get 0)
    (then (call $itself (i32.sub (local.get 0) (i32.const 1)))) (else (call $nests (i32.const 0)))))
  (func $indirect (type $t) (call_indirect (type $t) (local.get 0) (local.get 0)))
  (func $both (type $t)
    (i32.add (call $indirect (local.get 0)) (call_indirect (type $t) (call $nests (i32.const 2))
      (local.get 0)))))"#;

/// Every instruction of a function stems from that function, or from one that calls in it were replaced by.
#[test]
fn every_instruction_has_a_place_in_its_function() {
    for source in [MANY, INLINED] {
        let wasm = wat::parse_str(source).unwrap();
        let module = Module::new(&wasm, &Limits::default(), Features::default()).unwrap();
        let code = compile(source, settings(), &OneWorker);
        let mut replaced = 0;
        for defined in 0..code.function_count() {
            let range = code.function(defined).unwrap();
            for at in range.offset..range.offset + range.bytes {
                let places: Vec<u64> = code.sources_at(at).map(u64::from).collect();
                let (own, inlined) = places.split_last().expect("an instruction without a place");
                let body = &module.bodies[defined as usize].range;
                assert!(body.contains(own), "{at:#x} of function {defined}: {places:x?}");
                // What is around an inlined operator is a call: `call` or `call_indirect`.
                replaced += inlined.len();
                let calls = &places[usize::from(!inlined.is_empty())..];
                let is_call = |place: &u64| matches!(wasm[*place as usize], 0x10 | 0x11);
                assert!(inlined.is_empty() || calls.iter().all(is_call), "{at:#x}: {places:x?}");
            }
        }
        assert!(replaced > 0, "nothing was inlined");
    }
}
