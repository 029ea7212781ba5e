//! One function body → register code, in one pass.
//!
//! The [`Translator`] walks the operators with a picture of the operand stack beside it. Operands that are locals
//! or constants stay where they are until an instruction takes them; results stay in an accumulator until
//! something else needs it, and only then get a slot. Not here: what instructions do (see `executor`).
//! Invariant: what a branch may reach finds every operand in the slot that its height gives it.
//! Read next: [`stack`], then [`emit`], then [`control`].

mod atomic;
mod branch;
mod call;
mod cast;
mod control;
mod data;
mod emit;
mod exception;
mod join;
mod known;
mod numeric;
mod object;
mod stack;
mod vector;

use crate::executor::FRAME_RESERVE;
use crate::executor::entry::{Maps, TryRange};
use crate::executor::watch::Watched;
use crate::ops::function_field;
use crate::ops::misc::Misc;
use crate::program::Program;
use alloc::boxed::Box;
use alloc::format;
use alloc::vec::Vec;
use control::Frame;
use emit::Last;
use exception::OpenTry;
use holm_abi::CompileError;
use holm_abi::interpreter::slots_of;
use holm_module::wasm::{self, Operator};
use holm_module::{BodyReader, Module};
use holm_spec::types::{StorageType, ValType};
use stack::{Entry, Place};

/// Frames up to this many slots are reached by 16-bit numbers.
const NEAR_SLOTS: u32 = 65_000;
/// Slots for operands of functions with larger frames.
const SCRATCH_SLOTS: u32 = 16;
/// More slots than any stack has.
const FRAME_SLOTS_MAX: u32 = 1 << 28;

/// What translation makes.
#[derive(Debug, Default)]
pub(crate) struct Translated {
    /// The instructions.
    pub(crate) units: Vec<u16>,
    /// Which unit begins what stems from which offset in the wasm bytes; ascending. Only if asked for.
    pub(crate) sources: Vec<(u32, u32)>,
    /// Bodies of tries, inner ones first.
    pub(crate) tries: Vec<TryRange>,
    /// Where references are. Only if sources were asked for.
    pub(crate) maps: Maps,
    /// Offsets of the indirect calls that are noted, by their number.
    pub(crate) calls: Vec<u32>,
    /// Branches and calls that can be watched, ascending; only if that is asked for.
    pub(crate) watched: Vec<Watched>,
}

/// A parameter or local.
#[derive(Clone, Copy, Debug)]
struct Local {
    slot: u32,
    ty: ValType,
    /// How many operands on the stack are this local, not a copy of it.
    operands: u32,
}

/// Why translation ended early.
#[derive(Debug)]
enum Failure {
    /// The frame is too large for short slot numbers.
    Far,
    Error(CompileError),
}

type Done = Result<(), Failure>;

impl From<wasm::Error> for Failure {
    fn from(error: wasm::Error) -> Self {
        bug(format!("{error}"))
    }
}

/// Whether the collector follows values of a type.
fn is_collected(ty: ValType) -> bool {
    holm_abi::object::is_collected(StorageType::Val(ty))
}

fn bug(text: alloc::string::String) -> Failure {
    Failure::Error(CompileError::Bug(text))
}

/// What is noted besides the code, which is the same whatever that is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Notes {
    /// Only what the code needs to run.
    None,
    /// Where it comes from, and where references are.
    Sources,
    /// What can be watched.
    Watched,
}

/// Room for what begins every function.
const HEAD_UNITS: usize = 16;
/// Operands and blocks of most functions.
const OPERANDS: usize = 16;
const BLOCKS: usize = 8;

/// The translation of one body in progress.
struct Translator<'a> {
    program: &'a Program,
    module: &'a Module,
    /// The function, by its index among the defined ones.
    defined: u32,
    units: Vec<u16>,
    notes: Notes,
    sources: Vec<(u32, u32)>,
    /// Offset in the wasm bytes of the operator at hand.
    offset: u32,
    locals: Vec<Local>,
    stack: Vec<Entry>,
    /// How many operands from the bottom on are known to be no locals; where loops are counted also no constants.
    clean: usize,
    frames: Vec<Frame<'a>>,
    /// Tries whose bodies are over, and those whose bodies this place is in.
    tries: Vec<TryRange>,
    /// Which operands are references of the collector's, at every place where it can run; only with sources.
    maps: Vec<(u32, Box<[u32]>)>,
    open_tries: Vec<OpenTry>,
    tries_count: u32,
    /// Where the indirect calls are that are noted.
    calls: Vec<u32>,
    /// What can be watched; only if that is asked for.
    watched: Vec<Watched>,
    /// Clauses of tries of the earlier form that this place is in.
    clauses: u32,
    /// Whether the place can be reached.
    reachable: bool,
    /// Blocks opened since the place cannot be reached.
    dead: u32,
    /// Which operand waits in the accumulator of each class.
    waiting: [Option<usize>; 3],
    /// Which slot's value the accumulator of each class holds.
    cached: [Option<u32>; 3],
    last: Option<Last>,
    /// The latest write of a result to a slot: where its number stands, and the slot.
    last_to: Option<(usize, u32)>,
    /// The latest instruction, if it is a copy that another one can be made part of.
    last_copy: Option<usize>,
    /// The latest complete instruction, if another one can be joined to it.
    first: Option<join::First>,
    /// What memory is known to hold.
    known: known::Known,
    /// Slots of the parameters; the return address follows them.
    header: u32,
    /// The slots of operands of far frames, if the frame is one.
    scratch: Option<u32>,
    scratch_used: u32,
    first_operand: u32,
    frame_slots: u32,
    /// Where the charge of the segment in progress stands, and how much it is.
    segment: Option<(usize, u32)>,
}

/// Translates a body.
pub(crate) fn function(
    program: &Program,
    defined: u32,
    body: BodyReader<'_>,
    notes: Notes,
) -> Result<Translated, CompileError> {
    let BodyReader { locals, operators } = body;
    let near = Translator::new(program, defined, &locals, notes, false);
    let done = near.and_then(|near| near.body(operators.clone(), defined));
    let done = match done {
        Err(Failure::Far) => Translator::new(program, defined, &locals, notes, true)
            .and_then(|far| far.body(operators, defined)),
        done => done,
    };
    done.map_err(|failure| match failure {
        Failure::Error(error) => error,
        Failure::Far => CompileError::Limit(format!(
            "function {} needs more than {FRAME_SLOTS_MAX} slots",
            program.module.function_index(defined)
        )),
    })
}

impl<'a> Translator<'a> {
    fn new(
        program: &'a Program,
        defined: u32,
        declared: &[(u32, ValType)],
        notes: Notes,
        far: bool,
    ) -> Result<Self, Failure> {
        let module: &Module = &program.module;
        let ty = module.function_type(module.function_index(defined));
        let ty = ty.ok_or_else(|| bug(format!("function body {defined} has no type")))?;
        let mut slot = 0;
        let mut locals = Vec::new();
        let mut declare = |ty: ValType, slot: &mut u32| {
            locals.push(Local { slot: *slot, ty, operands: 0 });
            *slot += slots_of(ty);
        };
        ty.params().iter().for_each(|ty| declare(*ty, &mut slot));
        let header = slot;
        slot += 2;
        let scratch = far.then_some(slot);
        slot += if far { SCRATCH_SLOTS } else { 0 };
        let first_local = slot;
        for (count, ty) in declared {
            (0..*count).for_each(|_| declare(*ty, &mut slot));
        }
        let range = &module.bodies[defined as usize].range;
        // About a unit for each byte; what is too much is given back.
        let bytes = usize::try_from(range.end - range.start).unwrap_or_default();
        let mut this = Self {
            program,
            module,
            defined,
            units: Vec::with_capacity(bytes + HEAD_UNITS),
            notes,
            sources: Vec::new(),
            offset: u32::try_from(range.start).unwrap_or(u32::MAX),
            locals,
            stack: Vec::with_capacity(OPERANDS),
            clean: 0,
            frames: Vec::with_capacity(BLOCKS),
            tries: Vec::new(),
            maps: Vec::new(),
            open_tries: Vec::new(),
            tries_count: 0,
            calls: Vec::new(),
            watched: Vec::new(),
            clauses: 0,
            reachable: true,
            dead: 0,
            waiting: [None; 3],
            cached: [None; 3],
            last: None,
            last_to: None,
            last_copy: None,
            first: None,
            known: known::Known::default(),
            header,
            scratch,
            scratch_used: 0,
            first_operand: slot,
            frame_slots: 0,
            segment: None,
        };
        this.need(slot)?;
        let calls = module.bodies[defined as usize].calls > 0;
        this.misc(if calls { Misc::EnterPolled } else { Misc::Enter });
        this.wide(0);
        this.wide(first_local);
        this.wide(slot - first_local);
        if program.call_weight > 0 {
            let start = this.units.len();
            this.count(Misc::CountCall, program.call_weight);
            this.watch(start, false);
        }
        this.open_function(ty.results())?;
        Ok(this)
    }

    /// Translates the operators.
    fn body(
        mut self,
        mut operators: wasm::OperatorsReader<'_>,
        defined: u32,
    ) -> Result<Translated, Failure> {
        self.begin_segment();
        while !operators.eof() {
            let (operator, offset) = operators.read_with_offset()?;
            self.offset = u32::try_from(offset).unwrap_or(u32::MAX);
            self.scratch_used = 0;
            self.operator(&operator)?;
        }
        if !self.frames.is_empty() {
            return Err(bug(format!("function body {defined} has open blocks at its end")));
        }
        self.set_wide(1, self.frame_slots);
        let locals = self.locals.iter().filter(|local| is_collected(local.ty));
        let maps = Maps { locals: locals.map(|local| local.slot).collect(), operands: self.maps };
        let Self { units, sources, tries, calls, watched, .. } = self;
        Ok(Translated { units, sources, tries, maps, calls, watched })
    }

    fn operator(&mut self, operator: &Operator<'_>) -> Done {
        if !self.reachable {
            return self.unreachable_operator(operator);
        }
        self.count_operator();
        if self.local_operator(operator)?
            || self.numeric_operator(operator)?
            || self.access_operator(operator)?
        {
            return Ok(());
        }
        self.forget_memory(operator);
        let handled = self.memory_operator(operator)?
            || self.control_operator(operator)?
            || self.call_operator(operator)?
            || self.data_operator(operator)?
            || self.vector_operator(operator)?
            || self.atomic_operator(operator)?
            || self.exception_operator(operator)?
            || self.object_operator(operator)?
            || self.cast_operator(operator)?;
        // Its name would cost every build the names of all operators.
        if handled { Ok(()) } else { Err(bug("an operator has no translation".into())) }
    }

    /// Notes which operands are references of the collector's, which may move what they refer to while the instruction is
    /// outside that is known by unit `at`.
    fn note_references(&mut self, at: usize) {
        if self.notes != Notes::Sources {
            return;
        }
        let is_one = |entry: &&Entry| entry.place == Place::Slot && is_collected(entry.ty);
        let slots: Box<[u32]> = self.stack.iter().filter(is_one).map(|entry| entry.slot).collect();
        if !slots.is_empty() {
            self.maps.push((u32::try_from(at).unwrap_or(u32::MAX), slots));
        }
    }

    /// Makes the frame so large that it has `slots` slots.
    fn need(&mut self, slots: u32) -> Done {
        self.frame_slots = self.frame_slots.max(slots);
        let max = if self.scratch.is_some() { FRAME_SLOTS_MAX } else { NEAR_SLOTS };
        if slots + FRAME_RESERVE > max { Err(Failure::Far) } else { Ok(()) }
    }

    /// Counts that this place is reached.
    fn count(&mut self, misc: Misc, weight: u16) {
        self.misc(misc);
        self.wide(function_field(self.defined));
        self.units.push(weight);
    }

    /// Takes note of an instruction that can be watched. `inverted` says of a branch that it is taken when the operator's is
    /// not.
    fn watch(&mut self, start: usize, inverted: bool) {
        if self.notes == Notes::Watched {
            self.unwatch(start);
            let (unit, number) = (u32::try_from(start).unwrap_or(u32::MAX), self.units[start]);
            self.watched.push(Watched { unit, number, offset: self.offset, inverted });
        }
    }

    /// Forgets the instructions from a unit on, in whose place there is another.
    fn unwatch(&mut self, start: usize) {
        while self.watched.last().is_some_and(|last| last.unit as usize >= start) {
            self.watched.pop();
        }
    }

    /// Starts a segment of operators that are charged for together, if fuel is counted.
    fn begin_segment(&mut self) {
        if self.program.fuel {
            self.end_segment();
            self.misc(Misc::Fuel);
            self.segment = Some((self.units.len(), 0));
            self.wide(0);
        }
    }

    /// Ends the segment in progress: its charge is known now.
    fn end_segment(&mut self) {
        if let Some((at, operators)) = self.segment.take() {
            self.set_wide(at, operators);
        }
    }

    fn count_operator(&mut self) {
        if let Some((_, operators)) = &mut self.segment {
            *operators += 1;
        }
    }
}
