//! Parameters, locals, constants, and what only moves operands.
//!
//! Locals are Cranelift variables; it builds the SSA form. Read next: [`super::control`].

use super::heap::is_collected;
use super::{Handled, Translator, value_type};
use cranelift_codegen::ir::{InstBuilder, Value, types};
use cranelift_frontend::Variable;
use holm_module::wasm::{Ieee32, Ieee64, Operator};
use holm_spec::types::ValType;

/// A parameter or local.
pub(super) type Local = Variable;

impl Translator<'_, '_> {
    /// Makes variables for the parameters and for the locals that the body declares.
    pub(super) fn declare_locals(
        &mut self,
        params: &[ValType],
        values: &[Value],
        locals: &[(u32, ValType)],
    ) {
        for (ty, value) in params.iter().zip(values) {
            let local = self.declare_local(*ty);
            self.b.def_var(local, *value);
            self.locals.push(local);
        }
        for (count, ty) in locals {
            let zero = self.zero(value_type(*ty));
            for _ in 0..*count {
                let local = self.declare_local(*ty);
                self.b.def_var(local, zero);
                self.locals.push(local);
            }
        }
    }

    fn declare_local(&mut self, ty: ValType) -> Local {
        let local = self.b.declare_var(value_type(ty));
        if is_collected(ty) {
            self.b.declare_var_needs_stack_map(local);
        }
        local
    }

    pub(super) fn local_operator(&mut self, operator: &Operator<'_>) -> Handled {
        match operator {
            Operator::LocalGet { local_index } => {
                let value = self.b.use_var(self.locals[*local_index as usize]);
                self.push(value);
            }
            Operator::LocalSet { local_index } => {
                let value = self.pop();
                self.set_local(*local_index, value);
            }
            Operator::LocalTee { local_index } => {
                let value = self.pop();
                self.set_local(*local_index, value);
                self.push(value);
            }
            Operator::I32Const { value } => {
                let value = i64::from(value.cast_unsigned());
                let value = self.b.ins().iconst(types::I32, value);
                self.push(value);
            }
            Operator::I64Const { value } => {
                let value = self.b.ins().iconst(types::I64, *value);
                self.push(value);
            }
            Operator::F32Const { value } => self.constant_f32(*value),
            Operator::F64Const { value } => self.constant_f64(*value),
            Operator::V128Const { value } => {
                let bytes = self.b.func.dfg.constants.insert(value.bytes().as_slice().into());
                let value = self.b.ins().vconst(types::I8X16, bytes);
                self.push(value);
            }
            Operator::Drop => drop(self.pop()),
            Operator::Select => self.select(),
            Operator::TypedSelect { ty } => {
                self.select();
                if let (Some(ty), Some(value)) = (self.env.module.val_type(*ty), self.stack.last())
                {
                    self.follow(*value, ty);
                }
            }
            Operator::Nop => {}
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn set_local(&mut self, local: u32, value: Value) {
        let value = self.canonical(value);
        self.b.def_var(self.locals[local as usize], value);
    }

    fn constant_f32(&mut self, value: Ieee32) {
        let bits = cranelift_codegen::ir::immediates::Ieee32::with_bits(value.bits());
        let value = self.b.ins().f32const(bits);
        self.push(value);
    }

    fn constant_f64(&mut self, value: Ieee64) {
        let bits = cranelift_codegen::ir::immediates::Ieee64::with_bits(value.bits());
        let value = self.b.ins().f64const(bits);
        self.push(value);
    }

    fn select(&mut self) {
        let (yes, no, condition) = self.pop3();
        let (yes, no) = (self.canonical(yes), self.canonical(no));
        let value = self.b.ins().select(condition, yes, no);
        self.push(value);
    }
}
