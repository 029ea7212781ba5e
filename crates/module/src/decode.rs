//! From bytes to a module, at once or while the bytes still arrive, in one thread or several.
//!
//! [`Module::new`] does everything at once. [`Module::decode`] leaves the bodies out, so that several
//! [`BodyValidator`]s can share them. [`Decoder`] takes the file in chunks and validates each body as soon as
//! it is there, so that compilers can start on what is ready.
//! Not here: what sections mean (see `sections.rs`) and what makes a body valid (see `check.rs`).
//! Invariant: all three ways accept the same files and give the same module.
//! Read next: `sections.rs`.

use crate::body::FunctionBody;
use crate::check::{Scratch, Surroundings, check_body};
use crate::error::{Invalid, at_most};
use crate::facts::{Counts, Effects, Facts};
use crate::features::Features;
use crate::hints::{self, BranchHints};
use crate::limits::Limits;
use crate::module::{CustomSection, Module};
use crate::names::Names;
use crate::sections::Sections;
use alloc::borrow::ToOwned as _;
use alloc::format;
use alloc::vec;
use alloc::vec::Vec;
use wasmparser::{BinaryReader, Chunk, Encoding, Parser, Payload, Validator};

mod chunked;

pub use chunked::{Decoder, Progress};

impl Module {
    /// Reads and validates a module.
    ///
    /// # Errors
    /// The bytes are no module, break a rule, use what is switched off, or are over a limit.
    pub fn new(bytes: &[u8], limits: &Limits, features: Features) -> Result<Self, Invalid> {
        let decoded = Self::decode(bytes, limits, features)?;
        let mut validator = decoded.validator();
        for defined in 0..decoded.body_count() {
            validator.validate_body(defined)?;
        }
        let report = validator.finish();
        decoded.finish(vec![report])
    }

    /// Reads and validates everything but the function bodies, which is left to the caller.
    ///
    /// # Errors
    /// As for [`Module::new`].
    pub fn decode<'a>(
        bytes: &'a [u8],
        limits: &Limits,
        features: Features,
    ) -> Result<Decoded<'a>, Invalid> {
        let mut state = State::new(limits, features);
        let mut position = 0;
        while !state.ended {
            let rest = bytes.get(position..).unwrap_or_default();
            match state.parser.parse(rest, true) {
                Ok(Chunk::Parsed { consumed, payload }) => {
                    position += consumed;
                    state.payload(payload)?;
                }
                Ok(Chunk::NeedMoreData(_)) => {
                    return Err(Invalid::malformed("unexpected end", position as u64));
                }
                Err(error) => return Err(Invalid::from_reader(&error)),
            }
        }
        let surroundings = state.surroundings;
        Ok(Decoded { bytes, module: state.sections.module, limits: limits.clone(), surroundings })
    }
}

/// A module whose bodies have still to be validated.
pub struct Decoded<'a> {
    bytes: &'a [u8],
    module: Module,
    limits: Limits,
    /// Nothing when there are no bodies.
    surroundings: Option<Surroundings>,
}

impl<'a> Decoded<'a> {
    /// How many bodies there are to validate.
    #[must_use]
    pub fn body_count(&self) -> u32 {
        u32::try_from(self.module.bodies.len()).unwrap_or(u32::MAX)
    }

    /// The module as far as it is known: without costs, flags and facts.
    #[must_use]
    pub fn module(&self) -> &Module {
        &self.module
    }

    /// A validator of bodies; every thread that helps takes its own.
    #[must_use]
    pub fn validator(&self) -> BodyValidator<'_> {
        BodyValidator { decoded: self, scratch: Scratch::default(), done: Vec::new(), cost: 0 }
    }

    /// The validated module, from what the validators learned. Which of them did which body makes no
    /// difference.
    ///
    /// # Errors
    /// A body was left out, or all bodies together cost too much.
    pub fn finish(mut self, reports: Vec<BodyReport>) -> Result<Module, Invalid> {
        let mut effects = Effects::default();
        let mut missing = self.module.bodies.len();
        for report in reports {
            effects.merge(&report.effects);
            for (defined, body) in report.bodies {
                if let Some(slot) = self.module.bodies.get_mut(defined as usize) {
                    missing -= usize::from(slot.operators == 0);
                    *slot = body;
                }
            }
        }
        if missing > 0 {
            return Err(Invalid::broken_rule(
                format!("{missing} function bodies were not validated"),
                0,
            ));
        }
        let mut cost = self.module.import_cost();
        for body in &self.module.bodies {
            cost = add_cost(&self.limits, cost, body)?;
        }
        self.module.facts = Facts::conclude(&self.module, &effects);
        Ok(self.module)
    }
}

/// Adds the cost of one more body to that of the bodies before it.
fn add_cost(limits: &Limits, before: u64, body: &FunctionBody) -> Result<u64, Invalid> {
    let cost = before.saturating_add(body.cost);
    let limit = ("module_cost_base", limits.module_cost_max(body.range.end));
    at_most("cost to compile of the functions so far", limit, cost, body.range.start)?;
    Ok(cost)
}

/// Validates bodies of one module in one thread.
pub struct BodyValidator<'a> {
    decoded: &'a Decoded<'a>,
    scratch: Scratch,
    done: Vec<(u32, FunctionBody)>,
    cost: u64,
}

/// What one [`BodyValidator`] learned.
pub struct BodyReport {
    bodies: Vec<(u32, FunctionBody)>,
    effects: Effects,
}

impl BodyValidator<'_> {
    /// Validates the body of a defined function, and gives its cost and what else is known of it.
    ///
    /// # Errors
    /// The body breaks a rule or is over a limit. The error with the lowest offset is the one to report.
    pub fn validate_body(&mut self, defined: u32) -> Result<&FunctionBody, Invalid> {
        let Decoded { bytes, module, limits, surroundings } = self.decoded;
        let (Some(body), Some(surroundings)) = (module.bodies.get(defined as usize), surroundings)
        else {
            return Err(Invalid::broken_rule(format!("there is no function body {defined}"), 0));
        };
        let content = module.bytes(bytes, &body.range).unwrap_or_default();
        let reader = BinaryReader::new_features(content, body.range.start, surroundings.features);
        let body = check_body(surroundings, limits, &mut self.scratch, defined, reader)?;
        // The whole is checked in the end; this stops early when one share alone is too much.
        self.cost = self.cost.saturating_add(body.cost);
        let limit = ("module_cost_base", limits.module_cost_max(bytes.len() as u64));
        at_most("cost to compile of the functions so far", limit, self.cost, body.range.start)?;
        self.done.push((defined, body));
        Ok(&self.done[self.done.len() - 1].1)
    }

    /// What was learned, for [`Decoded::finish`].
    #[must_use]
    pub fn finish(self) -> BodyReport {
        BodyReport { bodies: self.done, effects: self.scratch.effects }
    }
}

/// What every way of decoding shares: a machine fed with the payloads of the parser.
struct State {
    parser: Parser,
    sections: Sections,
    surroundings: Option<Surroundings>,
    ended: bool,
}

impl State {
    fn new(limits: &Limits, features: Features) -> Self {
        let mut parser = Parser::new(0);
        parser.set_features(features.to_wasmparser());
        let validator = Validator::new_with_features(features.to_wasmparser());
        let module = Module { features, ..Module::default() };
        let sections = Sections::new(module, validator, limits.clone());
        Self { parser, sections, surroundings: None, ended: false }
    }

    /// Takes the next payload; gives the index of the body if it is one.
    fn payload(&mut self, payload: Payload<'_>) -> Result<Option<u32>, Invalid> {
        let at = self.parser.offset();
        let limit = ("module_bytes_max", self.sections.limits.module_bytes_max);
        at_most("bytes of the module", limit, at, at)?;
        match payload {
            Payload::Version { num, encoding, range } => {
                if encoding == Encoding::Component {
                    let message = "unknown binary version: this is a component, not a module";
                    return Err(Invalid::malformed(message, range.start));
                }
                let valid = self.sections.validator.version(num, encoding, &range);
                valid.map_err(|error| Invalid::from_reader(&error))?;
            }
            Payload::CodeSectionEntry(body) => return self.body(&body).map(Some),
            Payload::CustomSection(section) => self.custom_section(&section)?,
            Payload::End(offset) => {
                let valid = self.sections.validator.end(offset);
                valid.map_err(|error| Invalid::from_validator(&error))?;
                self.sections.module.wasm_bytes = offset;
                self.ended = true;
            }
            other => self.section(&other)?,
        }
        Ok(None)
    }

    fn section(&mut self, payload: &Payload<'_>) -> Result<(), Invalid> {
        let sections = &mut self.sections;
        let reader = |error| Invalid::from_reader(&error);
        let validator = |error| Invalid::from_validator(&error);
        match payload {
            Payload::TypeSection(section) => sections.types(section),
            Payload::ImportSection(section) => sections.imports(section),
            Payload::FunctionSection(section) => sections.functions(section),
            Payload::TableSection(section) => sections.tables(section),
            Payload::MemorySection(section) => sections.memories(section),
            Payload::TagSection(section) => sections.tags(section),
            Payload::GlobalSection(section) => sections.globals(section),
            Payload::ExportSection(section) => sections.exports(section),
            Payload::ElementSection(section) => sections.elements(section),
            Payload::DataSection(section) => sections.data(section),
            Payload::StartSection { func, range } => {
                sections.module.start = Some(*func);
                sections.validator.start_section(*func, range).map_err(validator)
            }
            Payload::DataCountSection { count, range } => {
                let limit = ("data_segments_max", sections.limits.data_segments_max);
                at_most("data segments", limit, u64::from(*count), range.start)?;
                sections.validator.data_count_section(*count, range).map_err(validator)
            }
            Payload::CodeSectionStart { unchecked_range, .. } => {
                sections.module.code_range = unchecked_range.clone();
                sections.validator.code_section_start(unchecked_range).map_err(reader)
            }
            Payload::UnknownSection { id, range, .. } => {
                sections.validator.unknown_section(*id, range).map_err(reader)
            }
            _ => Err(Invalid::malformed("unknown section", self.parser.offset())),
        }
    }

    fn body(&mut self, body: &wasmparser::FunctionBody<'_>) -> Result<u32, Invalid> {
        let sections = &mut self.sections;
        let range = body.range();
        let defined = u32::try_from(sections.module.bodies.len()).unwrap_or(u32::MAX);
        let limit = ("body_bytes_max", sections.limits.body_bytes_max);
        let what = || format!("bytes of function {}", sections.module.function_index(defined));
        at_most(&what(), limit, range.end - range.start, range.start)?;
        let entry = sections
            .validator
            .code_section_entry(body)
            .map_err(|error| Invalid::from_validator(&error))?;
        let module = &mut sections.module;
        module.bodies.push(FunctionBody { range, ..FunctionBody::default() });
        if self.surroundings.is_none() {
            let count = |list: &[_]| u32::try_from(list.len()).unwrap_or(u32::MAX);
            self.surroundings = Some(Surroundings {
                resources: entry.resources,
                features: entry.features,
                arities: module
                    .types
                    .iter()
                    .map(|ty| {
                        ty.as_func().map_or((0, 0), |ty| (count(ty.params()), count(ty.results())))
                    })
                    .collect(),
                functions: module.functions.iter().map(|ty| ty.0).collect(),
                imported_functions: module.imported_functions,
                counts: Counts::of(module),
            });
        }
        Ok(defined)
    }

    fn custom_section(
        &mut self,
        section: &wasmparser::CustomSectionReader<'_>,
    ) -> Result<(), Invalid> {
        let Sections { module, limits, .. } = &mut self.sections;
        let count = module.custom_sections.len() as u64 + 1;
        let limit = ("custom_sections_max", limits.custom_sections_max);
        at_most("custom sections", limit, count, section.range().start)?;
        if section.name() == "name" {
            let functions = u32::try_from(module.functions.len()).unwrap_or(u32::MAX);
            module.names = Names::read(section.data_reader(), functions, limits.name_bytes_max);
        }
        let is_first = || module.custom_sections.iter().all(|other| other.name != hints::SECTION);
        if section.name() == hints::SECTION && module.bodies.is_empty() && is_first() {
            let most = limits.branch_hints_max;
            module.branch_hints = BranchHints::read(section.data_reader(), most);
        }
        let (name, range) = (section.name().to_owned(), section.data_range());
        module.custom_sections.push(CustomSection { name, range });
        Ok(())
    }
}

#[cfg(test)]
mod tests;
