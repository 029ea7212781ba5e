//! Floating-point operators on lanes.

use super::{Handled, Translator};
use cranelift_codegen::ir::condcodes::FloatCC;
use cranelift_codegen::ir::{self, Endianness, InstBuilder, MemFlagsData, types};
use holm_module::wasm::Operator;
use types::{F32X4, F64X2};

impl Translator<'_, '_> {
    pub(super) fn vector_float_operator(&mut self, operator: &Operator<'_>) -> Handled {
        if let Some((ty, condition)) = comparison(operator) {
            self.lanes2(ty, |i, a, b| i.fcmp(condition, a, b));
            return Ok(true);
        }
        match operator {
            Operator::F32x4Add => self.lanes2(F32X4, |i, a, b| i.fadd(a, b)),
            Operator::F64x2Add => self.lanes2(F64X2, |i, a, b| i.fadd(a, b)),
            Operator::F32x4Sub => self.lanes2(F32X4, |i, a, b| i.fsub(a, b)),
            Operator::F64x2Sub => self.lanes2(F64X2, |i, a, b| i.fsub(a, b)),
            Operator::F32x4Mul => self.lanes2(F32X4, |i, a, b| i.fmul(a, b)),
            Operator::F64x2Mul => self.lanes2(F64X2, |i, a, b| i.fmul(a, b)),
            Operator::F32x4Div => self.lanes2(F32X4, |i, a, b| i.fdiv(a, b)),
            Operator::F64x2Div => self.lanes2(F64X2, |i, a, b| i.fdiv(a, b)),
            Operator::F32x4Min => self.lanes2(F32X4, |i, a, b| i.fmin(a, b)),
            Operator::F64x2Min => self.lanes2(F64X2, |i, a, b| i.fmin(a, b)),
            Operator::F32x4Max => self.lanes2(F32X4, |i, a, b| i.fmax(a, b)),
            Operator::F64x2Max => self.lanes2(F64X2, |i, a, b| i.fmax(a, b)),
            Operator::F32x4PMin => self.pseudo_extremum(F32X4, FloatCC::LessThan),
            Operator::F64x2PMin => self.pseudo_extremum(F64X2, FloatCC::LessThan),
            Operator::F32x4PMax => self.pseudo_extremum(F32X4, FloatCC::GreaterThan),
            Operator::F64x2PMax => self.pseudo_extremum(F64X2, FloatCC::GreaterThan),
            Operator::F32x4Abs => self.lanes1(F32X4, |i, a| i.fabs(a)),
            Operator::F64x2Abs => self.lanes1(F64X2, |i, a| i.fabs(a)),
            Operator::F32x4Neg => self.lanes1(F32X4, |i, a| i.fneg(a)),
            Operator::F64x2Neg => self.lanes1(F64X2, |i, a| i.fneg(a)),
            Operator::F32x4Sqrt => self.lanes1(F32X4, |i, a| i.sqrt(a)),
            Operator::F64x2Sqrt => self.lanes1(F64X2, |i, a| i.sqrt(a)),
            Operator::F32x4Ceil => self.lanes1(F32X4, |i, a| i.ceil(a)),
            Operator::F64x2Ceil => self.lanes1(F64X2, |i, a| i.ceil(a)),
            Operator::F32x4Floor => self.lanes1(F32X4, |i, a| i.floor(a)),
            Operator::F64x2Floor => self.lanes1(F64X2, |i, a| i.floor(a)),
            Operator::F32x4Trunc => self.lanes1(F32X4, |i, a| i.trunc(a)),
            Operator::F64x2Trunc => self.lanes1(F64X2, |i, a| i.trunc(a)),
            Operator::F32x4Nearest => self.lanes1(F32X4, |i, a| i.nearest(a)),
            Operator::F64x2Nearest => self.lanes1(F64X2, |i, a| i.nearest(a)),
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// The second operand where `second <condition> first` holds, else the first.
    fn pseudo_extremum(&mut self, ty: ir::Type, condition: FloatCC) {
        let (a, b) = self.pop2();
        let (a, b) = (self.as_lanes(a, ty), self.as_lanes(b, ty));
        let chosen = self.b.ins().fcmp(condition, b, a);
        let flags = MemFlagsData::new().with_endianness(Endianness::Little);
        let chosen = self.b.ins().bitcast(ty, flags, chosen);
        let result = self.b.ins().bitselect(chosen, b, a);
        self.push(result);
    }
}

/// The lanes and the condition of a comparison.
fn comparison(operator: &Operator<'_>) -> Option<(ir::Type, FloatCC)> {
    use FloatCC as Cc;
    Some(match operator {
        Operator::F32x4Eq => (F32X4, Cc::Equal),
        Operator::F64x2Eq => (F64X2, Cc::Equal),
        Operator::F32x4Ne => (F32X4, Cc::NotEqual),
        Operator::F64x2Ne => (F64X2, Cc::NotEqual),
        Operator::F32x4Lt => (F32X4, Cc::LessThan),
        Operator::F64x2Lt => (F64X2, Cc::LessThan),
        Operator::F32x4Gt => (F32X4, Cc::GreaterThan),
        Operator::F64x2Gt => (F64X2, Cc::GreaterThan),
        Operator::F32x4Le => (F32X4, Cc::LessThanOrEqual),
        Operator::F64x2Le => (F64X2, Cc::LessThanOrEqual),
        Operator::F32x4Ge => (F32X4, Cc::GreaterThanOrEqual),
        Operator::F64x2Ge => (F64X2, Cc::GreaterThanOrEqual),
        _ => return None,
    })
}
