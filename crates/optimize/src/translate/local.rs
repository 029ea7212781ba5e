//! Parameters, locals, constants, and what only moves operands.
//!
//! Locals are Cranelift variables; it builds the SSA form. Read next: [`super::control`].

use super::heap::is_collected;
use super::{Handled, Translator, value_type};
use cranelift_codegen::ir::{self, InstBuilder, Value, types};
use cranelift_frontend::Variable;
use holm_module::wasm::{Ieee32, Ieee64, Operator};
use holm_spec::types::ValType;

/// A parameter, a local, or an operand that is kept like one.
#[derive(Clone, Copy)]
pub(super) struct Local {
    pub(super) variable: Variable,
    pub(super) ty: ir::Type,
    /// Whether the collector follows its values.
    is_collected: bool,
}

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
            self.b.def_var(local.variable, *value);
            self.locals.push(local);
        }
        for (count, ty) in locals {
            let zero = self.zero(value_type(*ty));
            for _ in 0..*count {
                let local = self.declare_local(*ty);
                self.b.def_var(local.variable, zero);
                self.locals.push(local);
            }
        }
    }

    pub(super) fn declare_local(&mut self, ty: ValType) -> Local {
        self.declare_variable(value_type(ty), is_collected(ty))
    }

    pub(super) fn declare_variable(&mut self, ty: ir::Type, is_collected: bool) -> Local {
        let variable = self.b.declare_var(ty);
        if is_collected {
            self.b.declare_var_needs_stack_map(variable);
        }
        Local { variable, ty, is_collected }
    }

    /// The value that a local has here.
    pub(super) fn read_local(&mut self, local: Local) -> Value {
        let value = self.b.use_var(local.variable);
        if local.is_collected {
            self.collected.insert(value);
        }
        value
    }

    pub(super) fn local_operator(&mut self, operator: &Operator<'_>) -> Handled {
        match operator {
            Operator::LocalGet { local_index } => {
                let value = self.read_local(self.locals[*local_index as usize]);
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
        self.b.def_var(self.locals[local as usize].variable, value);
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
