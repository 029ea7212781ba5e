//! What memory is known to hold, so that it need not be loaded: values that were stored or loaded a moment ago and are still in
//! a local or in the accumulator.
//!
//! Code that nobody optimized keeps its variables in memory and gets each where it uses it: of what a Python compiled like
//! that runs until it prints, one instruction in ten is such a load. Only whole integers at a local and an offset are
//! noted; two such places that have the local in common overlap if their offsets do. Not here: loads and stores
//! (see [`super::data`]). Invariants: everything is forgotten where branches go to, and by whatever may change memory otherwise, or
//! how long it is; a value that is known was accessed there before, so that loading it cannot trap.
//! Read next: [`super::join`].

use super::Translator;
use super::stack::{Entry, Place};
use crate::ops::misc::{LoadNumber, StoreNumber};
use crate::ops::scalar::Class;
use holm_module::wasm::Operator;
use holm_spec::types::ValType;

/// So many places are known at most.
const PLACES_MAX: usize = 8;

/// An integer in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Cell {
    /// The local that has the address.
    address: u32,
    /// Added to it.
    offset: u64,
    /// Of the integer.
    ty: ValType,
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
    /// Whether the ranges of two integers at the same address have bytes in common.
    const fn overlap(cell: &Cell, offset: u64, bytes: u64) -> bool {
        cell.offset < offset + bytes && offset < cell.offset + bytes_of(cell.ty)
    }

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
    pub(super) fn local_changed(&mut self, local: u32) {
        self.retain(|cell, value| cell.address != local && value != Some(local));
    }

    /// Some bytes are being written: those at an offset from a local, or any.
    fn written(&mut self, at: Option<(u32, u64)>, bytes: u64) {
        match at {
            Some((address, offset)) => self
                .retain(|cell, _| cell.address == address && !Self::overlap(cell, offset, bytes)),
            None => self.forget(),
        }
    }

    fn add(&mut self, cell: Cell, value: u32) {
        if cell.address != value {
            self.locals[self.next] = Some((cell, value));
            self.next = (self.next + 1) % PLACES_MAX;
        }
    }
}

/// How many bytes an integer has.
const fn bytes_of(ty: ValType) -> u64 {
    if matches!(ty, ValType::I64) { 8 } else { 4 }
}

/// The integer that a load of all its bytes gets.
fn loaded(load: LoadNumber, ty: ValType, address: &Entry, offset: u64) -> Option<Cell> {
    let whole = matches!(
        (load, ty),
        (LoadNumber::I32Load, ValType::I32) | (LoadNumber::I64Load, ValType::I64)
    );
    let Place::Local(address) = address.place else { return None };
    whole.then_some(Cell { address, offset, ty })
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

    /// Takes the value of a load whose address is the uppermost operand from where it is known to be, if it is.
    pub(super) fn load_known(
        &mut self,
        load: LoadNumber,
        ty: ValType,
        offset: u64,
    ) -> Result<bool, super::Failure> {
        let Some(cell) = self.stack.last().and_then(|top| loaded(load, ty, top, offset)) else {
            return Ok(false);
        };
        let is_it = |known: &&(Cell, u32)| known.0 == cell;
        if let Some((_, local)) = self.known.locals.iter().flatten().find(is_it).copied() {
            self.pop();
            self.locals[local as usize].operands += 1;
            self.push(Place::Local(local), ty)?;
            return Ok(true);
        }
        let int = super::emit::index(Class::Int);
        if self.known.accumulated != Some((cell, self.units.len())) || self.waiting[int].is_some() {
            return Ok(false);
        }
        self.pop();
        self.forget();
        self.push(Place::Accumulator, ty)?;
        self.waiting[int] = Some(self.stack.len() - 1);
        self.cached[int] = None;
        Ok(true)
    }

    /// Notes a load that was just written.
    pub(super) fn note_load(
        &mut self,
        load: LoadNumber,
        ty: ValType,
        address: &Entry,
        offset: u64,
    ) {
        let cell = loaded(load, ty, address, offset);
        self.known.accumulated = cell.map(|cell| (cell, self.units.len()));
    }

    /// Notes that what was just loaded goes to a local: to be called before the local changes, which the answer is for.
    pub(super) fn loaded_into(&self) -> Option<Cell> {
        self.known.accumulated.filter(|(_, end)| *end == self.units.len()).map(|(cell, _)| cell)
    }

    /// A local has the value of an integer in memory.
    pub(super) fn note_local(&mut self, cell: Option<Cell>, local: u32) {
        self.known.local_changed(local);
        if let Some(cell) = cell.filter(|cell| cell.address != local) {
            self.known.add(cell, local);
        }
    }

    /// Notes a store that was just written, of a value that is in the accumulator or not.
    pub(super) fn note_store(
        &mut self,
        store: StoreNumber,
        [address, value]: [&Entry; 2],
        offset: u64,
        accumulated: bool,
    ) {
        let at = match address.place {
            Place::Local(local) => Some((local, offset)),
            _ => None,
        };
        self.known.written(at, store.bytes());
        let whole = matches!(
            (store, value.ty),
            (StoreNumber::I32Store, ValType::I32) | (StoreNumber::I64Store, ValType::I64)
        );
        let Some((address, offset)) = at.filter(|_| whole) else { return };
        let cell = Cell { address, offset, ty: value.ty };
        match value.place {
            Place::Local(local) => self.known.add(cell, local),
            _ if accumulated => self.known.accumulated = Some((cell, self.units.len())),
            _ => {}
        }
    }
}
