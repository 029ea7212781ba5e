//! Code that begins at the header of a loop, to go on with what the interpreter had begun.
//!
//! The whole body is translated as always, into blocks that are not reached from the function's entry, except for
//! one: the header of the loop, to which the entry goes with the locals and operands that it finds in the
//! interpreter's slots. What can be reached only from the start of the body is dropped by the optimizer. Operands
//! below the loop have to be known by a name that holds on both ways to it, so each block that the loop lies in has
//! them kept in variables from where it begins to where it ends; Cranelift then joins the values as it does
//! for locals.
//! Invariant: the loop is of the function's own body, never of an inlined one.
//! Read next: [`holm_abi::Entry`], which says where the slots are, and [`super::control`].

use super::flags::Region;
use super::local::Local;
use super::{Translator, value_type};
use crate::error::Failure;
use cranelift_codegen::ir::{self, Block, InstBuilder, Value};
use holm_module::BodyReader;
use holm_module::wasm::{Operator, OperatorsReader};
use holm_spec::types::ValType;
use std::collections::BTreeMap;

/// Operands below a loop times blocks of the function: making one variable known in one block takes some bytes, and
/// some time.
const KEPT_MAX: u64 = 4_000_000;

/// The loop that a function is to begin at, and the way there.
pub(super) struct Resume {
    /// Where the loop is in the file.
    offset: u32,
    /// The operators that begin the blocks that the loop lies in, and its own. With a `try` of the earlier form in
    /// one of whose clauses it lies comes the place of that clause.
    path: BTreeMap<u32, Option<u32>>,
    /// The address of the interpreter's slot 0.
    slots: Value,
    /// The first operand's slot.
    operands_at: u32,
    /// Follows the entry. Goes to the loop once it is known what is on the stack there.
    bridge: Block,
    /// What is kept of the operands below the blocks on the way that are open, the outermost block first.
    kept: Vec<Kept>,
    entered: bool,
}

/// Operands that are in variables because the loop lies in the block above them.
struct Kept {
    /// The frame of that block.
    frame: usize,
    /// Where they begin on the operand stack. They end below the block.
    from: usize,
    operands: Vec<Local>,
    /// Where the clause is, if the loop lies in one.
    clause: Option<u32>,
    /// The reference to the exception of that clause. The interpreter has it as the clause's first operand.
    exception: Option<Local>,
}

/// Goes through the interpreter's slots.
struct Slots {
    address: Value,
    next: u32,
}

impl Resume {
    /// Whether code begins at the loop by now.
    pub(super) fn is_entered(&self) -> bool {
        self.entered
    }
}

impl Translator<'_, '_> {
    /// Begins at a loop: loads the locals, then goes on in a block that only the translation reaches.
    pub(super) fn begin_at_loop(
        &mut self,
        (offset, locals_at): (u32, u32),
        params: &[ValType],
        slots: Value,
        reader: &BodyReader<'_>,
    ) -> Result<(), Failure> {
        self.locate(u64::from(offset));
        let path = path(reader.operators.clone(), offset)?;
        let mut from = Slots { address: slots, next: 0 };
        for ty in params {
            self.load_local(*ty, &mut from)?;
        }
        from.next = locals_at;
        for (count, ty) in &reader.locals {
            for _ in 0..*count {
                self.load_local(*ty, &mut from)?;
            }
        }
        let (bridge, start) = (self.b.create_block(), self.b.create_block());
        self.b.ins().jump(bridge, &[]);
        self.b.seal_block(bridge);
        self.switch_to_only(start);
        // Nobody gets here, but locals must have values.
        for at in 0..self.locals.len() {
            let Local { variable, ty, .. } = self.locals[at];
            let zero = self.zero(ty);
            self.b.def_var(variable, zero);
        }
        let operands_at = from.next;
        let (kept, entered) = (Vec::new(), false);
        self.resume = Some(Resume { offset, path, slots, operands_at, bridge, kept, entered });
        Ok(())
    }

    /// Makes a variable of the local in the next slot.
    fn load_local(&mut self, ty: ValType, from: &mut Slots) -> Result<(), Failure> {
        let local = self.declare_local(ty);
        let value = self.load_slot(local.ty, from)?;
        self.follow(value, ty);
        self.b.def_var(local.variable, value);
        self.locals.push(local);
        Ok(())
    }

    fn load_slot(&mut self, ty: ir::Type, from: &mut Slots) -> Result<Value, Failure> {
        let offset = i32::try_from(u64::from(from.next) * 8).map_err(|_| {
            Failure::Limit(format!("it begins at a loop with a value in slot {}", from.next))
        })?;
        from.next = from.next.saturating_add(if ty.is_vector() { 2 } else { 1 });
        // Not said to be aligned, which a vector in two slots is not.
        let flags = self.known_object_flags(Region::Slots);
        Ok(self.b.ins().load(ty, flags, from.address, offset))
    }

    /// What `resume` has of the operator at hand, if it is one on the way to the loop: where the clause is.
    fn on_the_way(&self) -> Option<Option<u32>> {
        let resume = self.resume.as_ref().filter(|_| self.inlining.depth() == 0)?;
        resume.path.get(&self.places.here()).copied()
    }

    /// Before an operator: if it begins a block that the loop to begin at lies in, keeps the operands below.
    pub(super) fn keep_operands(&mut self, operator: &Operator<'_>) {
        let Some(clause) = self.on_the_way() else { return };
        let (ty, taken) = match operator {
            Operator::Block { blockty }
            | Operator::Loop { blockty }
            | Operator::Try { blockty } => (*blockty, 0),
            Operator::TryTable { try_table } => (try_table.ty, 0),
            Operator::If { blockty } => (*blockty, 1),
            _ => return,
        };
        let last = self.resume.as_ref().and_then(|resume| resume.kept.last());
        let from = last.map_or(0, |kept| kept.from + kept.operands.len());
        let end = self.stack.len() - taken - self.block_type(ty).0.len();
        let operands = (from..end).map(|at| {
            let is_collected = self.collected.contains(self.stack[at]);
            let value = self.canonical(self.stack[at]);
            self.variable_of(value, is_collected)
        });
        let operands = operands.collect();
        let kept = Kept { frame: self.frames.len(), from, operands, clause, exception: None };
        if let Some(resume) = &mut self.resume {
            // Code that begins here is hot, whatever hints say.
            self.is_cold &= resume.offset != self.places.here();
            resume.kept.push(kept);
        }
    }

    /// A variable that has this value from here on.
    fn variable_of(&mut self, value: Value, is_collected: bool) -> Local {
        let local = self.declare_variable(self.b.func.dfg.value_type(value), is_collected);
        self.b.def_var(local.variable, value);
        local
    }

    /// At the start of a clause: keeps the reference to its exception, if the loop to begin at lies in it.
    pub(super) fn keep_exception(&mut self, reference: Value) {
        let (frame, here) = (self.frames.len() - 1, self.places.here());
        let last = self.resume.as_ref().and_then(|resume| resume.kept.last());
        let Some(kept) = last.filter(|kept| kept.frame == frame) else { return };
        let exception = (kept.clause == Some(here)).then(|| self.variable_of(reference, false));
        let last = self.resume.as_mut().and_then(|resume| resume.kept.last_mut());
        last.into_iter().for_each(|kept| kept.exception = exception);
    }

    /// The reference to the exception of the clause of a frame, where it is `reference` on the way from the
    /// clause's start.
    pub(super) fn kept_exception(&mut self, frame: usize, reference: Value) -> Value {
        let kept = self.resume.as_ref().map_or(&[][..], |resume| &resume.kept);
        match kept.iter().find(|kept| kept.frame == frame).and_then(|kept| kept.exception) {
            Some(variable) => self.read_local(variable),
            None => reference,
        }
    }

    /// After a jump to the header of a loop with parameters of some types: if it is the loop to begin at, goes there
    /// from the entry too.
    pub(super) fn enter_from_slots(
        &mut self,
        header: Block,
        params: &[ValType],
    ) -> Result<(), Failure> {
        let is_it = self.inlining.depth() == 0;
        let is_it = |resume: &&mut Resume| is_it && resume.offset == self.places.here();
        let Some(resume) = self.resume.as_mut().filter(is_it) else { return Ok(()) };
        resume.entered = true;
        let mut from = Slots { address: resume.slots, next: resume.operands_at };
        let mut locals = Vec::new();
        for kept in &resume.kept {
            locals.extend(kept.operands.iter().chain(&kept.exception).copied());
        }
        let bridge = resume.bridge;
        let body = self.inlining.current().and_then(|defined| self.env.known.body(defined));
        let blocks = body.map_or(0, |body| body.blocks);
        if locals.len() as u64 * u64::from(blocks) > KEPT_MAX {
            return Err(Failure::Limit(format!(
                "it begins at a loop above {} operands, and has {blocks} blocks: their product is more than {KEPT_MAX}",
                locals.len()
            )));
        }
        self.b.switch_to_block(bridge);
        for Local { variable, ty, .. } in locals {
            let value = self.load_slot(ty, &mut from)?;
            self.b.def_var(variable, value);
        }
        let mut values = Vec::with_capacity(params.len());
        for ty in params {
            values.push(self.load_slot(value_type(*ty), &mut from)?);
        }
        self.jump(header, &values);
        Ok(())
    }

    /// After the end of a block: takes what was kept below it back to the operand stack.
    pub(super) fn restore_operands(&mut self) {
        let frame = self.frames.len();
        let is_it = |resume: &&mut Resume| resume.kept.last().is_some_and(|k| k.frame == frame);
        let kept = self.resume.as_mut().filter(is_it).and_then(|resume| resume.kept.pop());
        let Some(kept) = kept.filter(|_| self.reachable) else { return };
        for (at, local) in (kept.from..).zip(kept.operands) {
            self.stack[at] = self.read_local(local);
        }
    }
}

/// The operators that begin the blocks that a loop lies in, as in [`Resume::path`].
fn path(
    mut operators: OperatorsReader<'_>,
    offset: u32,
) -> Result<BTreeMap<u32, Option<u32>>, Failure> {
    let no_loop = || Failure::Bug(format!("there is no loop at {offset:#x}"));
    let mut open: Vec<(u32, Option<u32>)> = Vec::new();
    while !operators.eof() {
        let (operator, at) = operators.read_with_offset()?;
        let at = u32::try_from(at).map_err(|_| no_loop())?;
        let is_loop = matches!(operator, Operator::Loop { .. });
        match operator {
            Operator::Block { .. }
            | Operator::Loop { .. }
            | Operator::If { .. }
            | Operator::TryTable { .. }
            | Operator::Try { .. } => open.push((at, None)),
            Operator::Catch { .. } | Operator::CatchAll => {
                open.last_mut().into_iter().for_each(|(_, clause)| *clause = Some(at));
            }
            Operator::End | Operator::Delegate { .. } => drop(open.pop()),
            _ => {}
        }
        if at >= offset {
            let found = at == offset && is_loop;
            return if found { Ok(open.into_iter().collect()) } else { Err(no_loop()) };
        }
    }
    Err(no_loop())
}
