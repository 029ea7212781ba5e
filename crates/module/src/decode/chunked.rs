//! Decoding while the bytes still arrive.
//!
//! Not here: decoding at once (see [`super`]), and where the bytes come from. Invariant: a body that is
//! counted as ready is validated and will not change; the bytes that arrived are kept, because ranges in the
//! module refer to them. Read next: `sections.rs`.

use super::{State, add_cost};
use crate::check::{Scratch, check_body};
use crate::error::{Invalid, at_most};
use crate::facts::Facts;
use crate::features::Features;
use crate::limits::Limits;
use crate::module::Module;
use alloc::vec::Vec;
use wasmparser::{Chunk, Payload};

/// Decodes a module while its bytes arrive.
pub struct Decoder {
    state: State,
    scratch: Scratch,
    bytes: Vec<u8>,
    /// How many of the bytes have been decoded.
    position: usize,
    /// How many bytes there must be before going on makes sense.
    wanted: usize,
    /// What the imports and all bodies so far cost; nothing before the first body.
    cost: Option<u64>,
    failed: Option<Invalid>,
}

/// How far a [`Decoder`] has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// How many bytes have arrived.
    pub bytes: u64,
    /// How many bodies, from the first, are validated and can be compiled.
    pub bodies_ready: u32,
    /// How many bodies there will be: the functions defined so far.
    pub bodies_expected: u32,
}

impl Decoder {
    /// A decoder that waits for the first byte.
    #[must_use]
    pub fn new(limits: &Limits, features: Features) -> Self {
        Self {
            state: State::new(limits, features),
            scratch: Scratch::default(),
            bytes: Vec::new(),
            position: 0,
            wanted: 0,
            cost: None,
            failed: None,
        }
    }

    /// Takes the next bytes and decodes as far as they allow.
    ///
    /// # Errors
    /// As for [`Module::new`]; from then on every call gives the same error.
    pub fn push(&mut self, bytes: &[u8]) -> Result<Progress, Invalid> {
        self.go(bytes, false)?;
        Ok(self.progress())
    }

    /// The module, and the file as it arrived, when there are no more bytes.
    ///
    /// # Errors
    /// As for [`Module::new`], or the file ends too early.
    pub fn finish(mut self) -> Result<(Module, Vec<u8>), Invalid> {
        self.go(&[], true)?;
        let mut module = self.state.sections.module;
        module.facts = Facts::conclude(&module, &self.scratch.effects);
        Ok((module, self.bytes))
    }

    /// How far decoding has come.
    #[must_use]
    pub fn progress(&self) -> Progress {
        Progress {
            bytes: self.bytes.len() as u64,
            bodies_ready: u32::try_from(self.module().bodies.len()).unwrap_or(u32::MAX),
            bodies_expected: self.module().defined_functions(),
        }
    }

    /// The module as far as it is known. All sections before the code section are complete once the first
    /// body is ready; data, names and later custom sections may still be missing.
    #[must_use]
    pub fn module(&self) -> &Module {
        &self.state.sections.module
    }

    /// The same, with [`Module::facts`] drawn from the bodies that are ready; those that are still missing can
    /// break them.
    pub fn module_so_far(&mut self) -> &Module {
        let module = &mut self.state.sections.module;
        module.facts = Facts::so_far(module, &self.scratch.effects);
        module
    }

    /// The bytes that have arrived, for [`Module::body`].
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    fn go(&mut self, bytes: &[u8], is_last: bool) -> Result<(), Invalid> {
        if let Some(error) = &self.failed {
            return Err(error.clone());
        }
        let all = self.bytes.len() as u64 + bytes.len() as u64;
        let limit = ("module_bytes_max", self.state.sections.limits.module_bytes_max);
        let result = at_most("bytes of the module", limit, all, all).and_then(|()| {
            self.bytes.extend_from_slice(bytes);
            self.decode(is_last)
        });
        self.failed = result.as_ref().err().cloned();
        result
    }

    fn decode(&mut self, is_last: bool) -> Result<(), Invalid> {
        while !self.state.ended && (is_last || self.bytes.len() >= self.wanted) {
            let rest = self.bytes.get(self.position..).unwrap_or_default();
            match self.state.parser.parse(rest, is_last) {
                Ok(Chunk::NeedMoreData(more)) => {
                    self.wanted = self.bytes.len().saturating_add(more.max(1));
                }
                Ok(Chunk::Parsed { consumed, payload }) => {
                    self.position += consumed;
                    let body = match &payload {
                        Payload::CodeSectionEntry(body) => Some(body.get_binary_reader()),
                        _ => None,
                    };
                    if let (Some(defined), Some(reader)) = (self.state.payload(payload)?, body) {
                        let State { sections, surroundings, .. } = &mut self.state;
                        let Some(surroundings) = surroundings else { continue };
                        let (limits, scratch) = (&sections.limits, &mut self.scratch);
                        let body = check_body(surroundings, limits, scratch, defined, reader)?;
                        let cost = self.cost.unwrap_or_else(|| sections.module.import_cost());
                        self.cost = Some(add_cost(limits, cost, &body)?);
                        sections.module.bodies[defined as usize] = body;
                    }
                }
                Err(error) => return Err(Invalid::from_reader(&error)),
            }
        }
        Ok(())
    }
}
