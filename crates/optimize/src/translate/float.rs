//! Floating-point operators of scalars.
//!
//! Rounding needs SSE4.1 on x86-64, which [`crate::isa`] demands. NaNs are made canonical, where that
//! is asked for, by a pass of Cranelift. Read next: [`super::conversion`].

use super::{Handled, Translator};
use cranelift_codegen::ir::InstBuilder;
use cranelift_codegen::ir::condcodes::FloatCC;
use holm_module::wasm::Operator;

impl Translator<'_, '_> {
    pub(super) fn float_operator(&mut self, operator: &Operator<'_>) -> Handled {
        if let Some(condition) = comparison(operator) {
            let (a, b) = self.pop2();
            let result = self.b.ins().fcmp(condition, a, b);
            self.push_condition(result);
            return Ok(true);
        }
        match operator {
            Operator::F32Abs | Operator::F64Abs => self.unary(|i, a| i.fabs(a)),
            Operator::F32Neg | Operator::F64Neg => self.unary(|i, a| i.fneg(a)),
            Operator::F32Ceil | Operator::F64Ceil => self.unary(|i, a| i.ceil(a)),
            Operator::F32Floor | Operator::F64Floor => self.unary(|i, a| i.floor(a)),
            Operator::F32Trunc | Operator::F64Trunc => self.unary(|i, a| i.trunc(a)),
            Operator::F32Nearest | Operator::F64Nearest => self.unary(|i, a| i.nearest(a)),
            Operator::F32Sqrt | Operator::F64Sqrt => self.unary(|i, a| i.sqrt(a)),
            Operator::F32Add | Operator::F64Add => self.binary(|i, a, b| i.fadd(a, b)),
            Operator::F32Sub | Operator::F64Sub => self.binary(|i, a, b| i.fsub(a, b)),
            Operator::F32Mul | Operator::F64Mul => self.binary(|i, a, b| i.fmul(a, b)),
            Operator::F32Div | Operator::F64Div => self.binary(|i, a, b| i.fdiv(a, b)),
            Operator::F32Min | Operator::F64Min => self.binary(|i, a, b| i.fmin(a, b)),
            Operator::F32Max | Operator::F64Max => self.binary(|i, a, b| i.fmax(a, b)),
            Operator::F32Copysign | Operator::F64Copysign => {
                self.binary(|i, a, b| i.fcopysign(a, b));
            }
            _ => return Ok(false),
        }
        Ok(true)
    }
}

/// The condition that a comparison of two floats tests.
fn comparison(operator: &Operator<'_>) -> Option<FloatCC> {
    Some(match operator {
        Operator::F32Eq | Operator::F64Eq => FloatCC::Equal,
        Operator::F32Ne | Operator::F64Ne => FloatCC::NotEqual,
        Operator::F32Lt | Operator::F64Lt => FloatCC::LessThan,
        Operator::F32Gt | Operator::F64Gt => FloatCC::GreaterThan,
        Operator::F32Le | Operator::F64Le => FloatCC::LessThanOrEqual,
        Operator::F32Ge | Operator::F64Ge => FloatCC::GreaterThanOrEqual,
        _ => return None,
    })
}
