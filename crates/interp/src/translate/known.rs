//! What memory is known to hold, so that it need not be loaded: values that were stored or loaded a moment ago and are still in
//! a local or in the accumulator.
//!
//! Code that nobody optimized keeps its variables in memory and gets each where it uses it: of what a Python compiled like
//! that runs until it prints, 7 % of all instructions are such loads. Only whole integers at a local and an offset are
//! noted; two such places that have the local in common overlap if their offsets do. Not here: loads and stores
//! (see [`super::data`]). Invariants: everything is forgotten where branches go to, and by whatever may change memory otherwise, or
//! how long it is; a value that is known was accessed there before, so that loading it cannot trap.
//! Read next: [`super::join`].

use super::Translator;
use super::stack::{Entry, Place};
use crate::ops::scalar::Class;
use holm_module::wasm::Operator;
use holm_spec::types::ValType;

/// So many places are known at most.
const PLACES_MAX: usize = 8;

/// What an access is to: some bytes at a local and an offset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Cell {
    /// The local that has the address.
    address: u32,
    /// Added to it.
    offset: u64,
    bytes: u64,
    /// Of the value.
    ty: ValType,
}

impl Cell {
    /// Whether it is an integer with all its bytes.
    const fn is_whole(&self) -> bool {
        match self.ty {
            ValType::I32 => self.bytes == 4,
            ValType::I64 => self.bytes == 8,
            _ => false,
        }
    }

    /// Whether it certainly has no byte in common with another.
    const fn is_apart(&self, other: &Self) -> bool {
        let before = self.offset + self.bytes <= other.offset;
        self.address == other.address && (before || other.offset + other.bytes <= self.offset)
    }
}

/// What is known at a place in the function.
#[derive(Debug, Default)]
pub(super) struct Known {
    /// Integers that are the values of locals.
    locals: [Option<(Cell, u32)>; PLACES_MAX],
    /// Where the next one goes.
    next: usize,
    /// The integer that the accumulator holds if the function ends at this unit.
    accumulated: Option<(Cell, usize)>,
}

impl Known {
    fn retain(&mut self, keep: impl Fn(&Cell, Option<u32>) -> bool) {
        for known in &mut self.locals {
            *known = known.filter(|(cell, value)| keep(cell, Some(*value)));
        }
        self.accumulated = self.accumulated.filter(|(cell, _)| keep(cell, None));
    }

    /// Nothing is known.
    pub(super) fn forget(&mut self) {
        self.locals = [None; PLACES_MAX];
        self.accumulated = None;
    }

    /// A local has another value.
    fn local_changed(&mut self, local: u32) {
        self.retain(|cell, value| cell.address != local && value != Some(local));
    }

    /// Some bytes are being written, or any.
    fn written(&mut self, to: Option<Cell>) {
        match to {
            Some(to) => self.retain(|cell, _| cell.is_apart(&to)),
            None => self.forget(),
        }
    }

    /// A local has the value of an integer in memory. If it is the address as well, it may have become that just now.
    fn add(&mut self, cell: Cell, value: u32) {
        if cell.address != value {
            self.locals[self.next] = Some((cell, value));
            self.next = (self.next + 1) % PLACES_MAX;
        }
    }
}

impl Translator<'_> {
    /// Forgets what an operator may change that is neither an access nor a computation.
    pub(super) fn forget_memory(&mut self, operator: &Operator<'_>) {
        match operator {
            Operator::BrIf { .. }
            | Operator::Block { .. }
            | Operator::If { .. }
            | Operator::GlobalGet { .. }
            | Operator::GlobalSet { .. } => {}
            _ => self.known.forget(),
        }
    }

    /// What an access is to whose address is the uppermost operand.
    pub(super) fn accessed(&self, bytes: u64, ty: ValType, offset: u64) -> Option<Cell> {
        let Place::Local(address) = self.stack.last()?.place else { return None };
        Some(Cell { address, offset, bytes, ty })
    }

    /// Takes the value of a load whose address is the uppermost operand from where it is known to be, if it is.
    pub(super) fn load_known(&mut self, cell: Option<Cell>) -> Result<bool, super::Failure> {
        let Some(cell) = cell else { return Ok(false) };
        let is_it = |known: &&(Cell, u32)| known.0 == cell;
        if let Some((_, local)) = self.known.locals.iter().flatten().find(is_it).copied() {
            self.pop();
            self.locals[local as usize].operands += 1;
            self.push(Place::Local(local), cell.ty)?;
            return Ok(true);
        }
        let int = super::emit::index(Class::Int);
        if self.known.accumulated != Some((cell, self.units.len())) || self.waiting[int].is_some() {
            return Ok(false);
        }
        self.pop();
        self.forget();
        self.push(Place::Accumulator, cell.ty)?;
        self.waiting[int] = Some(self.stack.len() - 1);
        self.cached[int] = None;
        Ok(true)
    }

    /// Notes a load that was just written.
    pub(super) fn note_load(&mut self, cell: Option<Cell>) {
        let whole = cell.filter(Cell::is_whole);
        self.known.accumulated = whole.map(|cell| (cell, self.units.len()));
    }

    /// What the accumulator holds, if that is also in memory.
    pub(super) fn accumulated_cell(&self) -> Option<Cell> {
        self.known.accumulated.filter(|(_, end)| *end == self.units.len()).map(|(cell, _)| cell)
    }

    /// A local has another value: that of an integer in memory, if `cell` is one.
    pub(super) fn note_local(&mut self, cell: Option<Cell>, local: u32) {
        self.known.local_changed(local);
        if let Some(cell) = cell {
            self.known.add(cell, local);
        }
    }

    /// Notes a store that was just written, of a value that is in the accumulator or not.
    pub(super) fn note_store(&mut self, cell: Option<Cell>, value: &Entry, accumulated: bool) {
        self.known.written(cell);
        let Some(cell) = cell.filter(Cell::is_whole) else { return };
        match value.place {
            Place::Local(local) => self.known.add(cell, local),
            _ if accumulated => self.known.accumulated = Some((cell, self.units.len())),
            _ => {}
        }
    }
}
