//! Calls: arguments into the slots where the callee's frame begins, results found there.
//!
//! Read next: [`super::vector`].

use super::emit::{index, short};
use super::stack::{Place, class_of};
use super::{Done, Failure, Translator};
use crate::ops::misc::Misc;
use crate::ops::scalar::Class;
use crate::ops::{From, function_field};
use holm_module::TypeIndex;
use holm_module::wasm::Operator;
use holm_spec::types::{FuncType, ValType};

impl<'a> Translator<'a> {
    pub(super) fn call_operator(&mut self, operator: &Operator<'_>) -> Result<bool, Failure> {
        match operator {
            Operator::Call { function_index } => self.call(*function_index)?,
            Operator::CallIndirect { type_index, table_index } => {
                self.call_indirect(*type_index, *table_index)?;
            }
            Operator::CallRef { type_index } => self.call_ref(*type_index)?,
            Operator::ReturnCall { function_index } => self.return_call(*function_index)?,
            Operator::ReturnCallIndirect { type_index, table_index } => {
                self.return_call_indirect(*type_index, *table_index)?;
            }
            Operator::ReturnCallRef { type_index } => {
                let reference = self.pop_to_slot();
                let near = self.near(reference);
                let from = self.tail_arguments(*type_index)?;
                self.misc(Misc::ReturnCallRef);
                self.tail_fields(from);
                self.wide(*type_index);
                self.units.push(near);
                self.leave();
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn type_at(&self, ty: u32) -> Result<&'a FuncType, Failure> {
        self.module.ty(TypeIndex(ty)).ok_or_else(|| super::bug("call of no type".into()))
    }

    fn call(&mut self, function: u32) -> Done {
        let ty = self.module.functions[function as usize].0;
        let signature = self.type_at(ty)?;
        let base = self.arguments(signature)?;
        if let Some(defined) = self.module.defined_index(function) {
            let start = self.misc(Misc::Call);
            self.watch(start, false);
            self.wide(base);
            self.units.push(params(signature));
            self.wide(function_field(defined));
        } else {
            let callee = self.program.layout.imported_function(function);
            self.misc(Misc::CallImport);
            self.wide(base);
            self.wide(callee.cast_unsigned());
            self.wide(ty);
        }
        self.results(signature)
    }

    fn call_indirect(&mut self, ty: u32, table: u32) -> Done {
        let signature = self.type_at(ty)?;
        self.narrow_index(table)?;
        let table_index = self.pop();
        let from = self.fetch_value(&table_index);
        // The arguments may be written after the index is fetched: they lie below its slot.
        let base = self.arguments(signature)?;
        let (imported, definition) = self.table(table);
        let accumulated = from == From::Accumulator;
        let note = match (imported, accumulated) {
            (false, false) => Misc::NoteEntryS,
            (false, true) => Misc::NoteEntryA,
            (true, false) => Misc::NoteImportedS,
            (true, true) => Misc::NoteImportedA,
        };
        if self.note(note) {
            self.wide(definition.cast_unsigned());
            self.operand(from, false);
        }
        self.misc(match (imported, accumulated) {
            (false, false) => Misc::CallIndirectS,
            (false, true) => Misc::CallIndirectA,
            (true, false) => Misc::CallImportedTableS,
            (true, true) => Misc::CallImportedTableA,
        });
        self.wide(base);
        self.units.push(params(signature));
        self.wide(definition.cast_unsigned());
        self.wide(self.program.layout.type_id(ty).cast_unsigned());
        self.wide(ty);
        self.operand(from, false);
        self.results(signature)
    }

    fn call_ref(&mut self, ty: u32) -> Done {
        let signature = self.type_at(ty)?;
        let reference = self.pop_to_slot();
        let near = self.near(reference);
        let base = self.arguments(signature)?;
        if self.note(Misc::NoteReference) {
            self.units.push(near);
        }
        self.misc(Misc::CallRef);
        self.wide(base);
        self.wide(ty);
        self.units.push(near);
        self.results(signature)
    }

    /// Begins the instruction that notes what the call at hand calls, if that is noted.
    fn note(&mut self, misc: Misc) -> bool {
        let Some(number) = u16::try_from(self.calls.len()).ok() else { return false };
        if !self.program.notes_calls() {
            return false;
        }
        self.calls.push(self.offset);
        self.misc(misc);
        self.wide(function_field(self.defined));
        self.units.push(number);
        true
    }

    fn return_call(&mut self, function: u32) -> Done {
        let ty = self.module.functions[function as usize].0;
        let signature = self.type_at(ty)?;
        let from = self.tail_arguments(ty)?;
        if let Some(defined) = self.module.defined_index(function) {
            self.misc(Misc::ReturnCall);
            self.tail_fields(from);
            self.units.push(params(signature));
            self.wide(function_field(defined));
        } else {
            let callee = self.program.layout.imported_function(function);
            self.misc(Misc::ReturnCallImport);
            self.tail_fields(from);
            self.wide(callee.cast_unsigned());
            self.wide(ty);
        }
        self.leave();
        Ok(())
    }

    fn return_call_indirect(&mut self, ty: u32, table: u32) -> Done {
        self.narrow_index(table)?;
        let index = self.pop_to_slot();
        let near = self.near(index);
        let from = self.tail_arguments(ty)?;
        let (imported, definition) = self.table(table);
        self.misc(if imported { Misc::ReturnCallImportedTable } else { Misc::ReturnCallIndirect });
        self.tail_fields(from);
        self.wide(definition.cast_unsigned());
        self.wide(self.program.layout.type_id(ty).cast_unsigned());
        self.wide(ty);
        self.units.push(near);
        self.leave();
        Ok(())
    }

    /// Puts the arguments of a call that replaces this function side by side; the first one's slot.
    fn tail_arguments(&mut self, ty: u32) -> Result<u32, Failure> {
        self.end_segment();
        let signature = self.type_at(ty)?;
        self.arguments(signature)
    }

    /// The first fields of such a call.
    fn tail_fields(&mut self, from: u32) {
        self.wide(from);
        self.units.push(short(self.header));
    }

    /// Where a table's definition is in the context, and whether that is only a pointer to it.
    pub(super) fn table(&self, table: u32) -> (bool, i32) {
        match table.checked_sub(self.module.imported_tables) {
            Some(defined) => (false, self.program.layout.defined_table(defined)),
            None => (true, self.program.layout.imported_table(table)),
        }
    }

    /// Puts the arguments into their slots; the first of these.
    fn arguments(&mut self, ty: &FuncType) -> Result<u32, Failure> {
        let count = ty.params().len();
        // Whatever waits in an accumulator would not survive the call.
        self.spill_all();
        self.materialize_top(count);
        let base = match self.stack.get(self.stack.len() - count) {
            Some(first) => first.slot,
            None => self.next_slot(),
        };
        let slots = super::control::slots(ty.params()).max(super::control::slots(ty.results()));
        self.need(base + slots + crate::executor::FRAME_RESERVE)?;
        Ok(base)
    }

    /// Replaces the arguments by the results.
    fn results(&mut self, ty: &FuncType) -> Done {
        for _ in ty.params() {
            self.pop();
        }
        self.note_references(self.units.len());
        self.cached = [None; 3];
        for ty in ty.results() {
            self.push(Place::Slot, *ty)?;
        }
        // A single result is accumulated as well.
        if let [ty] = ty.results()
            && *ty != ValType::V128
        {
            let class = class_of(*ty);
            debug_assert!(class != Class::Vector, "vectors are not accumulated");
            self.cached[index(class)] = self.stack.last().map(|top| top.slot);
        }
        Ok(())
    }
}

/// Slots of the parameters, where the return address goes.
fn params(ty: &FuncType) -> u16 {
    short(super::control::slots(ty.params()))
}
