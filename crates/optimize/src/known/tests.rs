//! Which answers are noted, and which of them later bodies refute.

use super::*;
use holm_module::{Features, Limits};

fn module(text: &str) -> (Module, Vec<u8>) {
    let wasm = wat::parse_str(text).unwrap();
    (Module::new(&wasm, &Limits::default(), Features::default()).unwrap(), wasm)
}

/// What there is after so many of the bodies.
fn snapshot(module: &Module, wasm: &[u8], bodies: usize) -> Snapshot {
    let chunks = module.bodies[..bodies].iter().enumerate().map(|(first, body)| {
        let (start, bytes) = (body.range.start, module.bytes(wasm, &body.range).unwrap().to_vec());
        Arc::new(Chunk {
            first: u32::try_from(first).unwrap(),
            bodies: vec![body.clone()],
            start,
            bytes,
        })
    });
    let facts = Arc::new(module.facts.clone());
    Snapshot { facts, chunks: chunks.collect(), ready: u32::try_from(bodies).unwrap() }
}

const SOURCE: &str = r#"(module (table 1 funcref) (memory 1) (global (mut i32) (i32.const 7))
  (func (result i32) (i32.const 1))
  (func (result i32) (i32.const 2))
  (func (param i32) (block (block (br_table 0 1 (local.get 0))))))"#;

#[test]
fn bodies_are_found_in_their_chunks() {
    let (module, wasm) = module(SOURCE);
    let some = snapshot(&module, &wasm, 2);
    for defined in 0..2 {
        let (body, bytes) = some.body(defined).unwrap();
        assert_eq!(*body, module.bodies[defined as usize]);
        assert_eq!(Some(bytes), module.bytes(&wasm, &body.range));
    }
    assert_eq!(some.body(2), None);
    assert_eq!(Snapshot::default().body(0), None);
}

#[test]
fn missing_callees_are_noted_and_judged_later() {
    let (module, wasm) = module(SOURCE);
    let some = snapshot(&module, &wasm, 1);
    let ask = |guesses| {
        let known = Known::so_far(&module, &some, guesses);
        assert!(known.is_small(0, Size::Usual(10), 0), "it is there");
        assert!(!known.is_small(1, Size::Usual(0), 0), "nothing fits into nothing");
        assert!(known.may_go_on().is_ok());
        assert!(!known.is_small(2, Size::Usual(10), 0));
        known
    };
    assert!(matches!(ask(false).may_go_on(), Err(Failure::Early(Some(2)))));
    let known = ask(true);
    assert!(known.may_go_on().is_ok());
    let body = |callee: u32| module.bodies.get(callee as usize);
    assert!(known.into_asked().callees_are_large(body), "it has a br_table");
    let known = ask(true);
    assert!(!known.is_small(1, Size::Usual(1), 0));
    assert!(known.into_asked().callees_are_large(body), "two operators do not fit into one");
    let known = ask(true);
    assert!(!known.is_small(1, Size::Usual(2), 0) && !known.is_small(1, Size::Usual(1), 0));
    let asked = known.into_asked();
    assert!(!asked.callees_are_large(body));
    assert!(!asked.callees_are_large(|_| None), "nobody knows yet");
}

#[test]
fn facts_that_were_used_are_noted() {
    let (module, wasm) = module(SOURCE);
    let some = snapshot(&module, &wasm, 1);
    let uses: [fn(&Known<'_>) -> bool; 4] = [
        |known| known.table_is_fixed(0),
        |known| known.memory_never_grows(0),
        |known| known.global_is_fixed(0),
        |known| known.global_constant(0).is_some(),
    ];
    for ask in uses {
        let known = Known::so_far(&module, &some, false);
        assert!(ask(&known));
        let asked = known.into_asked();
        assert!(asked.agrees_with(&module.facts));
        assert!(!asked.agrees_with(&Facts::default()));
    }
    let known = Known::so_far(&module, &some, false);
    assert!(matches!(known.escaped_rank(0), Err(Failure::Early(None))));
    assert_eq!(known.into_asked(), Asked::default());
}
