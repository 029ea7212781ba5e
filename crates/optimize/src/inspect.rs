//! What became of a module on the way to machine code, as text: for tests and for people.

use crate::Optimizer;
use crate::environment::{Calls, Environment, Shared};
use crate::known::Known;
use crate::parts;
use crate::worker::{Unit, Worker};
use holm_abi::{CompileError, Part, Profile};
use holm_module::Module;

/// A stage of compilation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Cranelift's intermediate code, before it is optimized.
    Intermediate,
    /// Machine instructions.
    Machine,
}

/// A module, its bytes, and what was seen of it while it ran.
#[derive(Clone, Copy)]
pub struct Source<'a> {
    /// The module.
    pub module: &'a Module,
    /// Its bytes.
    pub wasm: &'a [u8],
    /// What was seen.
    pub profile: &'a dyn Profile,
}

/// The text of one defined function at a stage.
///
/// # Errors
/// When the function cannot be compiled.
pub fn function(
    optimizer: &Optimizer,
    source: Source<'_>,
    defined: u32,
    stage: Stage,
) -> Result<String, CompileError> {
    unit(optimizer, source, Unit::function(defined), Calls::Image, stage)
}

/// The text at a stage of the first of some functions, or loops of functions, that are compiled as a batch.
///
/// # Errors
/// When the batch cannot be compiled.
pub fn part(
    optimizer: &Optimizer,
    source: Source<'_>,
    batch: &[Part],
    stage: Stage,
) -> Result<String, CompileError> {
    let starts = parts::starts(source.module, batch)?;
    let first = Unit::Part(batch[0]);
    unit(optimizer, source, first, Calls::Entries(&starts), stage)
}

/// The text of the foreign-call thunk of a type at a stage.
///
/// # Errors
/// When the thunk cannot be compiled.
pub fn thunk(
    optimizer: &Optimizer,
    source: Source<'_>,
    ty: u32,
    stage: Stage,
) -> Result<String, CompileError> {
    unit(optimizer, source, Unit::Thunk(ty), Calls::Image, stage)
}

fn unit(
    optimizer: &Optimizer,
    Source { module, wasm, profile }: Source<'_>,
    unit: Unit,
    calls: Calls<'_>,
    stage: Stage,
) -> Result<String, CompileError> {
    let shared = Shared::new(module, &optimizer.settings, optimizer.targets.full());
    let known = Known::whole(module, wasm);
    let env = Environment::new(&shared, module, &optimizer.settings, known, calls);
    let env = env.with_profile(profile);
    let mut worker = Worker::new();
    let named = |failure: crate::error::Failure| unit.failed(failure, module);
    let effort = optimizer.effort(&env.known, unit);
    if stage == Stage::Intermediate {
        worker.translate(&env, unit, effort).map_err(named)?;
        return Ok(worker.clif());
    }
    worker.disassemble = true;
    worker.compile(&env, &optimizer.targets, unit, effort).map_err(named)?;
    let text = worker.disassembly.unwrap_or_default();
    // Where the prologue saves registers is no instruction.
    let is_code = |line: &&str| !line.trim_start().starts_with("unwind ");
    Ok(text.lines().filter(is_code).flat_map(|line| [line, "\n"]).collect())
}
