//! Integer operators on lanes.

use super::{Handled, Translator};
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{self, InstBuilder, types};
use holm_module::wasm::Operator;
use types::{I8X16, I16X8, I32X4, I64X2};

impl Translator<'_, '_> {
    pub(super) fn vector_integer_operator(&mut self, operator: &Operator<'_>) -> Handled {
        if let Some((ty, condition)) = comparison(operator) {
            self.lanes2(ty, |i, a, b| i.icmp(condition, a, b));
            return Ok(true);
        }
        Ok(self.vector_arithmetic(operator)
            || self.vector_saturating(operator)
            || self.vector_extremum(operator)
            || self.vector_shift(operator))
    }

    fn vector_arithmetic(&mut self, operator: &Operator<'_>) -> bool {
        match operator {
            Operator::I8x16Add => self.lanes2(I8X16, |i, a, b| i.iadd(a, b)),
            Operator::I16x8Add => self.lanes2(I16X8, |i, a, b| i.iadd(a, b)),
            Operator::I32x4Add => self.lanes2(I32X4, |i, a, b| i.iadd(a, b)),
            Operator::I64x2Add => self.lanes2(I64X2, |i, a, b| i.iadd(a, b)),
            Operator::I8x16Sub => self.lanes2(I8X16, |i, a, b| i.isub(a, b)),
            Operator::I16x8Sub => self.lanes2(I16X8, |i, a, b| i.isub(a, b)),
            Operator::I32x4Sub => self.lanes2(I32X4, |i, a, b| i.isub(a, b)),
            Operator::I64x2Sub => self.lanes2(I64X2, |i, a, b| i.isub(a, b)),
            Operator::I16x8Mul => self.lanes2(I16X8, |i, a, b| i.imul(a, b)),
            Operator::I32x4Mul => self.lanes2(I32X4, |i, a, b| i.imul(a, b)),
            Operator::I64x2Mul => self.lanes2(I64X2, |i, a, b| i.imul(a, b)),
            Operator::I8x16Neg => self.lanes1(I8X16, |i, a| i.ineg(a)),
            Operator::I16x8Neg => self.lanes1(I16X8, |i, a| i.ineg(a)),
            Operator::I32x4Neg => self.lanes1(I32X4, |i, a| i.ineg(a)),
            Operator::I64x2Neg => self.lanes1(I64X2, |i, a| i.ineg(a)),
            Operator::I8x16Abs => self.lanes1(I8X16, |i, a| i.iabs(a)),
            Operator::I16x8Abs => self.lanes1(I16X8, |i, a| i.iabs(a)),
            Operator::I32x4Abs => self.lanes1(I32X4, |i, a| i.iabs(a)),
            Operator::I64x2Abs => self.lanes1(I64X2, |i, a| i.iabs(a)),
            Operator::I8x16Popcnt => self.lanes1(I8X16, |i, a| i.popcnt(a)),
            _ => return false,
        }
        true
    }

    fn vector_saturating(&mut self, operator: &Operator<'_>) -> bool {
        match operator {
            Operator::I8x16AddSatS => self.lanes2(I8X16, |i, a, b| i.sadd_sat(a, b)),
            Operator::I8x16AddSatU => self.lanes2(I8X16, |i, a, b| i.uadd_sat(a, b)),
            Operator::I8x16SubSatS => self.lanes2(I8X16, |i, a, b| i.ssub_sat(a, b)),
            Operator::I8x16SubSatU => self.lanes2(I8X16, |i, a, b| i.usub_sat(a, b)),
            Operator::I16x8AddSatS => self.lanes2(I16X8, |i, a, b| i.sadd_sat(a, b)),
            Operator::I16x8AddSatU => self.lanes2(I16X8, |i, a, b| i.uadd_sat(a, b)),
            Operator::I16x8SubSatS => self.lanes2(I16X8, |i, a, b| i.ssub_sat(a, b)),
            Operator::I16x8SubSatU => self.lanes2(I16X8, |i, a, b| i.usub_sat(a, b)),
            Operator::I16x8Q15MulrSatS => {
                self.lanes2(I16X8, |i, a, b| i.sqmul_round_sat(a, b));
            }
            _ => return false,
        }
        true
    }

    fn vector_extremum(&mut self, operator: &Operator<'_>) -> bool {
        match operator {
            Operator::I8x16MinS => self.lanes2(I8X16, |i, a, b| i.smin(a, b)),
            Operator::I8x16MinU => self.lanes2(I8X16, |i, a, b| i.umin(a, b)),
            Operator::I8x16MaxS => self.lanes2(I8X16, |i, a, b| i.smax(a, b)),
            Operator::I8x16MaxU => self.lanes2(I8X16, |i, a, b| i.umax(a, b)),
            Operator::I16x8MinS => self.lanes2(I16X8, |i, a, b| i.smin(a, b)),
            Operator::I16x8MinU => self.lanes2(I16X8, |i, a, b| i.umin(a, b)),
            Operator::I16x8MaxS => self.lanes2(I16X8, |i, a, b| i.smax(a, b)),
            Operator::I16x8MaxU => self.lanes2(I16X8, |i, a, b| i.umax(a, b)),
            Operator::I32x4MinS => self.lanes2(I32X4, |i, a, b| i.smin(a, b)),
            Operator::I32x4MinU => self.lanes2(I32X4, |i, a, b| i.umin(a, b)),
            Operator::I32x4MaxS => self.lanes2(I32X4, |i, a, b| i.smax(a, b)),
            Operator::I32x4MaxU => self.lanes2(I32X4, |i, a, b| i.umax(a, b)),
            Operator::I8x16AvgrU => self.lanes2(I8X16, |i, a, b| i.avg_round(a, b)),
            Operator::I16x8AvgrU => self.lanes2(I16X8, |i, a, b| i.avg_round(a, b)),
            _ => return false,
        }
        true
    }

    fn vector_shift(&mut self, operator: &Operator<'_>) -> bool {
        type Op = ir::Opcode;
        let (ty, opcode) = match operator {
            Operator::I8x16Shl => (I8X16, Op::Ishl),
            Operator::I16x8Shl => (I16X8, Op::Ishl),
            Operator::I32x4Shl => (I32X4, Op::Ishl),
            Operator::I64x2Shl => (I64X2, Op::Ishl),
            Operator::I8x16ShrS => (I8X16, Op::Sshr),
            Operator::I16x8ShrS => (I16X8, Op::Sshr),
            Operator::I32x4ShrS => (I32X4, Op::Sshr),
            Operator::I64x2ShrS => (I64X2, Op::Sshr),
            Operator::I8x16ShrU => (I8X16, Op::Ushr),
            Operator::I16x8ShrU => (I16X8, Op::Ushr),
            Operator::I32x4ShrU => (I32X4, Op::Ushr),
            Operator::I64x2ShrU => (I64X2, Op::Ushr),
            _ => return false,
        };
        let (vector, count) = self.pop2();
        let vector = self.as_lanes(vector, ty);
        let ins = self.b.ins();
        let result = match opcode {
            Op::Ishl => ins.ishl(vector, count),
            Op::Sshr => ins.sshr(vector, count),
            _ => ins.ushr(vector, count),
        };
        self.push(result);
        true
    }
}

/// The lanes and the condition of a comparison.
fn comparison(operator: &Operator<'_>) -> Option<(ir::Type, IntCC)> {
    use IntCC as Cc;
    Some(match operator {
        Operator::I8x16Eq => (I8X16, Cc::Equal),
        Operator::I16x8Eq => (I16X8, Cc::Equal),
        Operator::I32x4Eq => (I32X4, Cc::Equal),
        Operator::I64x2Eq => (I64X2, Cc::Equal),
        Operator::I8x16Ne => (I8X16, Cc::NotEqual),
        Operator::I16x8Ne => (I16X8, Cc::NotEqual),
        Operator::I32x4Ne => (I32X4, Cc::NotEqual),
        Operator::I64x2Ne => (I64X2, Cc::NotEqual),
        Operator::I8x16LtS => (I8X16, Cc::SignedLessThan),
        Operator::I16x8LtS => (I16X8, Cc::SignedLessThan),
        Operator::I32x4LtS => (I32X4, Cc::SignedLessThan),
        Operator::I64x2LtS => (I64X2, Cc::SignedLessThan),
        Operator::I8x16LtU => (I8X16, Cc::UnsignedLessThan),
        Operator::I16x8LtU => (I16X8, Cc::UnsignedLessThan),
        Operator::I32x4LtU => (I32X4, Cc::UnsignedLessThan),
        Operator::I8x16GtS => (I8X16, Cc::SignedGreaterThan),
        Operator::I16x8GtS => (I16X8, Cc::SignedGreaterThan),
        Operator::I32x4GtS => (I32X4, Cc::SignedGreaterThan),
        Operator::I64x2GtS => (I64X2, Cc::SignedGreaterThan),
        Operator::I8x16GtU => (I8X16, Cc::UnsignedGreaterThan),
        Operator::I16x8GtU => (I16X8, Cc::UnsignedGreaterThan),
        Operator::I32x4GtU => (I32X4, Cc::UnsignedGreaterThan),
        Operator::I8x16LeS => (I8X16, Cc::SignedLessThanOrEqual),
        Operator::I16x8LeS => (I16X8, Cc::SignedLessThanOrEqual),
        Operator::I32x4LeS => (I32X4, Cc::SignedLessThanOrEqual),
        Operator::I64x2LeS => (I64X2, Cc::SignedLessThanOrEqual),
        Operator::I8x16LeU => (I8X16, Cc::UnsignedLessThanOrEqual),
        Operator::I16x8LeU => (I16X8, Cc::UnsignedLessThanOrEqual),
        Operator::I32x4LeU => (I32X4, Cc::UnsignedLessThanOrEqual),
        Operator::I8x16GeS => (I8X16, Cc::SignedGreaterThanOrEqual),
        Operator::I16x8GeS => (I16X8, Cc::SignedGreaterThanOrEqual),
        Operator::I32x4GeS => (I32X4, Cc::SignedGreaterThanOrEqual),
        Operator::I64x2GeS => (I64X2, Cc::SignedGreaterThanOrEqual),
        Operator::I8x16GeU => (I8X16, Cc::UnsignedGreaterThanOrEqual),
        Operator::I16x8GeU => (I16X8, Cc::UnsignedGreaterThanOrEqual),
        Operator::I32x4GeU => (I32X4, Cc::UnsignedGreaterThanOrEqual),
        _ => return None,
    })
}
