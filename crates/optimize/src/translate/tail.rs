//! Calls that replace their caller: `return_call`, `return_call_indirect`, `return_call_ref`.
//!
//! Inside an image they use no stack, however often they are repeated. Into another instance or the host
//! they leave the frame of a foreign-call thunk behind, because somebody has to change the anchor back.
//! Invariant: a body with such an operator is never translated in place of a call.
//! Read next: [`super::indirect`], [`super::reference_call`].

use super::call::Callee;
use super::indirect::Site;
use super::reference_call::Found;
use super::{Handled, Translator, environment};
use cranelift_codegen::ir::{InstBuilder, Value};
use holm_module::wasm::Operator;

impl Translator<'_, '_> {
    pub(super) fn tail_call_operator(&mut self, operator: &Operator<'_>) -> Handled {
        match operator {
            Operator::ReturnCall { function_index } => self.return_call(*function_index),
            Operator::ReturnCallIndirect { type_index, table_index } => {
                let index = self.pop();
                let args = self.pop_tail_arguments(*type_index);
                let site = Site { ty: *type_index, table: *table_index };
                let entry = self.checked_entry(site, index);
                self.return_to(*type_index, &args, entry);
            }
            Operator::ReturnCallRef { type_index } => {
                let reference = self.pop();
                let args = self.pop_tail_arguments(*type_index);
                let callee = self.checked_reference(reference);
                self.return_to(*type_index, &args, callee);
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn return_call(&mut self, function: u32) {
        let ty = self.env.function_type_index(function);
        let args = self.pop_tail_arguments(ty);
        self.end_segment();
        self.calls = true;
        match self.callee(function, ty) {
            Callee::Here(function) => drop(self.b.ins().return_call(function, &args)),
            Callee::Elsewhere { signature, code } => {
                self.b.ins().return_call_indirect(signature, code, &args);
            }
            Callee::Import { signature, code, thunk, target } => {
                let args = [&[target], &args[..]].concat();
                if let Some(thunk) = thunk {
                    let (special, plain) = self.fork(code);
                    self.switch_to_only(plain);
                    self.b.ins().return_call(thunk, &args);
                    self.switch_to_only(special);
                }
                self.b.ins().return_call_indirect(signature, code, &args);
            }
        }
        self.leave();
    }

    /// Takes the arguments off the stack, behind the buffer for results if they need one: the caller's own.
    fn pop_tail_arguments(&mut self, ty: u32) -> Vec<Value> {
        let args = self.pop_canonical(self.env.ty(ty).params().len());
        self.result_buffer.into_iter().chain(args).collect()
    }

    /// Goes on in what was found, in the own instance or another.
    fn return_to(&mut self, ty: u32, args: &[Value], found: Found) {
        self.end_segment();
        self.calls = true;
        let (near, far) = (self.b.create_block(), self.b.create_block());
        self.b.set_cold_block(far);
        self.b.ins().brif(found.away, far, &[], near, &[]);
        self.switch_to_only(far);
        let record = self.record_of(found);
        let thunk = self.function(environment::NAMESPACE_THUNK, ty, ty);
        let far_args = [&[record], args].concat();
        self.b.ins().return_call(thunk, &far_args);
        self.switch_to_only(near);
        let code = self.code_of(found);
        let signature = self.signature(ty);
        self.b.ins().return_call_indirect(signature, code, args);
        self.leave();
    }
}
