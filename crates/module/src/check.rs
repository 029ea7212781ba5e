//! Validating one function body, and learning about it in the same pass over its operators.
//!
//! The validator is `wasmparser`'s; a visitor in front of it sees each operator first, feeds the [`Meter`]
//! and notes flags and effects. Not here: the cost model itself (see [`crate::cost`]).
//! Invariant: operators whose validation takes time in proportion to an arity or a table are charged before
//! they are validated and skipped when the function is over its limit, so that time is bounded by cost.
//! Read next: `visitor`, the list of operators; then [`crate::decode`], which calls this.

use crate::body::{BodyFlags, FunctionBody};
use crate::cost::{Kind, Meter};
use crate::error::{Invalid, at_most};
use crate::facts::{Counts, Effects};
use crate::limits::Limits;
use alloc::format;
use alloc::vec::Vec;
use visitor::Visitor;
use wasmparser::{
    BinaryReader, BlockType, BrTable, Catch, FuncToValidate, FuncValidator,
    FuncValidatorAllocations, MemArg, TryTable, ValidatorResources, WasmFeatures,
};

mod visitor;

/// What all bodies of a module are validated against.
#[derive(Clone)]
pub(crate) struct Surroundings {
    /// The validator's own view of the module.
    pub(crate) resources: ValidatorResources,
    pub(crate) features: WasmFeatures,
    /// For each type how many parameters and results it has.
    pub(crate) arities: Vec<(u32, u32)>,
    /// For each function its type, imported ones first.
    pub(crate) functions: Vec<u32>,
    pub(crate) imported_functions: u32,
    pub(crate) counts: Counts,
}

/// What is kept from body to body.
#[derive(Default)]
pub(crate) struct Scratch {
    allocations: FuncValidatorAllocations,
    meter: Meter,
    pub(crate) effects: Effects,
}

/// Validates the body of a defined function.
pub(crate) fn check_body(
    surroundings: &Surroundings,
    limits: &Limits,
    scratch: &mut Scratch,
    defined: u32,
    mut reader: BinaryReader<'_>,
) -> Result<FunctionBody, Invalid> {
    let range = reader.range();
    let index = surroundings.imported_functions + defined;
    let Some(&ty) = surroundings.functions.get(index as usize) else {
        return Err(Invalid::malformed("more function bodies than functions", range.start));
    };
    let allocations = core::mem::take(&mut scratch.allocations);
    let to_validate = FuncToValidate {
        resources: surroundings.resources.clone(),
        index,
        ty,
        features: surroundings.features,
    };
    let mut validator = to_validate.into_validator(allocations);
    scratch.effects.make_room(surroundings.counts);
    let (params, results) = surroundings.arities.get(ty as usize).copied().unwrap_or_default();
    scratch.meter.start(results, limits.function_cost_max);
    let locals = read_locals(&mut validator, &mut reader, limits)?;
    scratch.meter.locals(locals as usize, params as usize);
    let mut body = FunctionBody { range, locals, ..FunctionBody::default() };
    read_operators(
        &mut validator,
        &mut reader,
        &mut Notes {
            surroundings,
            limits,
            meter: &mut scratch.meter,
            effects: &mut scratch.effects,
            body: &mut body,
            heavy: false,
            align: 0,
            stop: None,
            is_unsupported: false,
        },
    )?;
    body.cost = scratch.meter.cost();
    body.block_parameters = u32::try_from(scratch.meter.parameters()).unwrap_or(u32::MAX);
    scratch.allocations = validator.into_allocations();
    Ok(body)
}

/// Reads the declarations of locals; gives how many there are, parameters included.
fn read_locals(
    validator: &mut FuncValidator<ValidatorResources>,
    reader: &mut BinaryReader<'_>,
    limits: &Limits,
) -> Result<u32, Invalid> {
    let malformed = |error| Invalid::from_reader(&error);
    let (params, start) = (u64::from(validator.len_locals()), reader.original_position());
    let mut declared = 0_u64;
    for _ in 0..reader.read_var_u32().map_err(malformed)? {
        let offset = reader.original_position();
        let count: u32 = reader.read().map_err(malformed)?;
        let ty = reader.read().map_err(malformed)?;
        declared += u64::from(count);
        if declared > u64::from(u32::MAX) {
            return Err(Invalid::malformed(format!("too many locals: {declared}"), offset));
        }
        // Over the limit reading goes on, because the rest decides which error it is.
        if params + declared <= limits.locals_max {
            let defined = validator.define_locals(offset, count, ty);
            defined.map_err(|error| Invalid::from_validator(&error))?;
        }
    }
    let what = format!("locals of function {}", validator.index());
    at_most(&what, ("locals_max", limits.locals_max), params + declared, start)?;
    Ok(validator.len_locals())
}

fn read_operators(
    validator: &mut FuncValidator<ValidatorResources>,
    reader: &mut BinaryReader<'_>,
    notes: &mut Notes<'_>,
) -> Result<(), Invalid> {
    let mut operators = 0_u32;
    while !reader.eof() {
        let offset = reader.original_position();
        let visited = {
            let mut visitor = Visitor { inner: validator.visitor(offset), notes };
            reader.visit_operator(&mut visitor)
        };
        match visited {
            Ok(Ok(())) => {}
            // The format has five bits for the alignment, which the reader does not check.
            Ok(Err(error)) if notes.align >= 32 => return Err(Invalid::from_reader(&error)),
            Ok(Err(error)) => return Err(Invalid::from_validator(&error)),
            Err(error) => return Err(Invalid::from_reader(&error)),
        }
        if notes.is_unsupported {
            let message = "operator of stack-switching is not supported by this version";
            return Err(Invalid::unsupported(message, offset));
        }
        operators += 1;
        if notes.heavy {
            notes.heavy = false;
            notes.meter.waiting(u64::from(validator.operand_stack_height()));
            notes.refuse_if_over(validator.index(), offset)?;
        }
    }
    let end = reader.original_position();
    notes.body.operators = operators;
    notes.meter.operators(u64::from(operators));
    notes.refuse_if_over(validator.index(), end)?;
    reader.finish_expression(&validator.visitor(end)).map_err(|error| Invalid::from_reader(&error))
}

/// What is noted about the body while its operators pass.
struct Notes<'a> {
    surroundings: &'a Surroundings,
    limits: &'a Limits,
    meter: &'a mut Meter,
    effects: &'a mut Effects,
    body: &'a mut FunctionBody,
    /// Whether the operator just seen can cost more than a plain one, so that the sum is to be looked at.
    heavy: bool,
    /// The binary logarithm of the alignment that the last access to memory asked for.
    align: u8,
    /// The limit that the operator just seen is over, other than the cost.
    stop: Option<Stop>,
    /// Whether the operator just seen is one that nobody can compile.
    is_unsupported: bool,
}

/// A limit that a function is over: what is counted, the limit's name and maximum, the count.
struct Stop {
    what: &'static str,
    limit: (&'static str, u64),
    count: u64,
}

impl Notes<'_> {
    fn refuse_if_over(&self, function: u32, offset: u64) -> Result<(), Invalid> {
        if self.meter.is_over() { Err(self.refusal(function, offset)) } else { Ok(()) }
    }

    #[cold]
    fn refusal(&self, function: u32, offset: u64) -> Invalid {
        let (what, limit, count) = match &self.stop {
            Some(stop) => (stop.what, stop.limit, stop.count),
            None => (
                "cost to compile",
                ("function_cost_max", self.limits.function_cost_max),
                self.meter.cost(),
            ),
        };
        Invalid::over(&format!("{what} of function {function}"), limit, count, offset)
    }

    fn arity(&self, ty: u32) -> (u32, u32) {
        self.surroundings.arities.get(ty as usize).copied().unwrap_or_default()
    }

    fn block_arity(&self, ty: BlockType) -> (u32, u32) {
        match ty {
            BlockType::Empty => (0, 0),
            BlockType::Type(_) => (0, 1),
            BlockType::FuncType(ty) => self.arity(ty),
        }
    }

    // The methods below charge for operators whose validation takes time in proportion to an arity or a
    // table, and say whether the function is over its limit, so that this validation has to be skipped.

    fn block(&mut self, ty: BlockType, kind: Kind) -> bool {
        let arity = self.block_arity(ty);
        if arity.0 > 0 || arity.1 > 1 {
            self.body.flags |= BodyFlags::MULTI_VALUE;
        }
        self.meter.block(kind, arity);
        self.body.blocks += 1;
        if kind == Kind::Loop {
            self.body.loops += 1;
            self.body.flags |= BodyFlags::LOOPS;
        }
        let nesting = self.meter.nesting();
        if nesting > self.limits.nesting_max {
            let limit = ("nesting_max", self.limits.nesting_max);
            self.stop(Stop { what: "nesting of blocks", limit, count: nesting });
        }
        self.body.nesting = self.body.nesting.max(u32::try_from(nesting).unwrap_or(u32::MAX));
        self.is_over()
    }

    fn try_table(&mut self, table: &TryTable) -> bool {
        self.meter.values(table.catches.len() as u64);
        self.body.flags |= BodyFlags::EXCEPTIONS;
        for catch in &table.catches {
            let (Catch::One { label, .. }
            | Catch::OneRef { label, .. }
            | Catch::All { label }
            | Catch::AllRef { label }) = catch;
            self.meter.target(*label, 0);
        }
        self.block(table.ty, Kind::Block)
    }

    fn other_half(&mut self) -> bool {
        self.meter.other_half();
        self.is_over()
    }

    fn end(&mut self) -> bool {
        self.meter.end();
        self.is_over()
    }

    /// A branch that may be taken.
    fn branch(&mut self, depth: u32) -> bool {
        self.meter.branch(depth);
        self.is_over()
    }

    /// A branch that is taken.
    fn jump(&mut self, depth: u32) -> bool {
        self.meter.branch(depth);
        self.meter.stop();
        self.is_over()
    }

    /// `return`.
    fn leave(&mut self) -> bool {
        self.meter.leave();
        self.is_over()
    }

    fn branch_table(&mut self, table: &BrTable<'_>) -> bool {
        let targets = u64::from(table.len());
        self.meter.branch_table(targets, table.default());
        self.body.flags |= BodyFlags::BRANCH_TABLES;
        if targets > self.limits.br_table_targets_max {
            let limit = ("br_table_targets_max", self.limits.br_table_targets_max);
            self.stop(Stop { what: "targets of a br_table", limit, count: targets });
            return true;
        }
        // What cannot be read here the validator refuses.
        for depth in table.targets().map_while(Result::ok) {
            self.meter.target(depth, targets);
        }
        self.meter.target(table.default(), targets);
        self.meter.stop();
        self.is_over()
    }

    fn call(&mut self, function: u32, flags: BodyFlags) -> bool {
        let ty = self.surroundings.functions.get(function as usize).copied();
        if function < self.surroundings.imported_functions {
            self.body.flags |= BodyFlags::IMPORT_CALLS;
        }
        self.call_type(ty.unwrap_or(u32::MAX), flags | BodyFlags::DIRECT_CALLS)
    }

    fn call_type(&mut self, ty: u32, flags: BodyFlags) -> bool {
        let (params, results) = self.arity(ty);
        self.meter.call(u64::from(params) + u64::from(results));
        self.body.calls += 1;
        self.body.flags |= flags;
        if flags.contains(BodyFlags::TAIL_CALLS) {
            self.meter.stop();
        }
        self.is_over()
    }

    fn is_over(&mut self) -> bool {
        self.heavy = true;
        self.meter.is_over()
    }

    fn access(&mut self, memarg: MemArg, flags: BodyFlags) {
        self.body.flags |= flags;
        self.align = memarg.align;
    }

    fn bulk(&mut self, flags: BodyFlags) {
        self.meter.bulk();
        self.body.flags |= flags | BodyFlags::BULK;
    }

    #[cold]
    fn stop(&mut self, stop: Stop) {
        self.stop = Some(stop);
        self.meter.end_now();
    }
}
