//! Operators between vectors with different lanes: narrowing, widening, products of widened lanes, and
//! conversions between integers and floats.

use super::{Handled, Translator};
use cranelift_codegen::ir::{self, InstBuilder, Value, types};
use holm_module::wasm::Operator;
use types::{F32X4, F64X2, I8X16, I16X8, I32X4, I64X2};

/// Which half of a vector, and how its lanes get wider.
#[derive(Clone, Copy)]
enum Widen {
    LowSigned,
    LowUnsigned,
    HighSigned,
    HighUnsigned,
}

use Widen::{HighSigned, HighUnsigned, LowSigned, LowUnsigned};

impl Translator<'_, '_> {
    pub(super) fn vector_conversion_operator(&mut self, operator: &Operator<'_>) -> Handled {
        if let Some((ty, half)) = extension(operator) {
            let value = self.pop();
            let value = self.widened(value, ty, half);
            self.push(value);
            return Ok(true);
        }
        if let Some((ty, half)) = extended_product(operator) {
            let (a, b) = self.pop2();
            let (a, b) = (self.widened(a, ty, half), self.widened(b, ty, half));
            let product = self.b.ins().imul(a, b);
            self.push(product);
            return Ok(true);
        }
        match operator {
            Operator::I8x16NarrowI16x8S => self.lanes2(I16X8, |i, a, b| i.snarrow(a, b)),
            Operator::I8x16NarrowI16x8U => self.lanes2(I16X8, |i, a, b| i.unarrow(a, b)),
            Operator::I16x8NarrowI32x4S => self.lanes2(I32X4, |i, a, b| i.snarrow(a, b)),
            Operator::I16x8NarrowI32x4U => self.lanes2(I32X4, |i, a, b| i.unarrow(a, b)),
            Operator::I16x8ExtAddPairwiseI8x16S => self.add_pairs(I8X16, LowSigned, HighSigned),
            Operator::I16x8ExtAddPairwiseI8x16U => {
                self.add_pairs(I8X16, LowUnsigned, HighUnsigned);
            }
            Operator::I32x4ExtAddPairwiseI16x8S => self.add_pairs(I16X8, LowSigned, HighSigned),
            Operator::I32x4ExtAddPairwiseI16x8U => {
                self.add_pairs(I16X8, LowUnsigned, HighUnsigned);
            }
            Operator::I32x4DotI16x8S => self.dot(),
            Operator::I32x4TruncSatF32x4S => {
                self.lanes1(F32X4, |i, a| i.fcvt_to_sint_sat(I32X4, a));
            }
            Operator::I32x4TruncSatF32x4U => {
                self.lanes1(F32X4, |i, a| i.fcvt_to_uint_sat(I32X4, a));
            }
            Operator::I32x4TruncSatF64x2SZero => {
                let zero = self.zero(I64X2);
                self.lanes1(F64X2, |i, a| i.fcvt_to_sint_sat(I64X2, a));
                self.unary(|i, a| i.snarrow(a, zero));
            }
            Operator::I32x4TruncSatF64x2UZero => {
                let zero = self.zero(I64X2);
                self.lanes1(F64X2, |i, a| i.fcvt_to_uint_sat(I64X2, a));
                self.unary(|i, a| i.uunarrow(a, zero));
            }
            Operator::F32x4ConvertI32x4S => {
                self.lanes1(I32X4, |i, a| i.fcvt_from_sint(F32X4, a));
            }
            Operator::F32x4ConvertI32x4U => {
                self.lanes1(I32X4, |i, a| i.fcvt_from_uint(F32X4, a));
            }
            Operator::F64x2ConvertLowI32x4S => {
                self.lanes1(I32X4, |i, a| i.swiden_low(a));
                self.unary(|i, a| i.fcvt_from_sint(F64X2, a));
            }
            Operator::F64x2ConvertLowI32x4U => {
                self.lanes1(I32X4, |i, a| i.uwiden_low(a));
                self.unary(|i, a| i.fcvt_from_uint(F64X2, a));
            }
            Operator::F32x4DemoteF64x2Zero => self.lanes1(F64X2, |i, a| i.fvdemote(a)),
            Operator::F64x2PromoteLowF32x4 => self.lanes1(F32X4, |i, a| i.fvpromote_low(a)),
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// Half of a vector's lanes, twice as wide.
    fn widened(&mut self, value: Value, ty: ir::Type, half: Widen) -> Value {
        let value = self.as_lanes(value, ty);
        let ins = self.b.ins();
        match half {
            LowSigned => ins.swiden_low(value),
            LowUnsigned => ins.uwiden_low(value),
            HighSigned => ins.swiden_high(value),
            HighUnsigned => ins.uwiden_high(value),
        }
    }

    fn add_pairs(&mut self, ty: ir::Type, low: Widen, high: Widen) {
        let value = self.pop();
        let (low, high) = (self.widened(value, ty, low), self.widened(value, ty, high));
        let sums = self.b.ins().iadd_pairwise(low, high);
        self.push(sums);
    }

    fn dot(&mut self) {
        let (a, b) = self.pop2();
        let mut product = |half| {
            let (a, b) = (self.widened(a, I16X8, half), self.widened(b, I16X8, half));
            self.b.ins().imul(a, b)
        };
        let (low, high) = (product(LowSigned), product(HighSigned));
        let sums = self.b.ins().iadd_pairwise(low, high);
        self.push(sums);
    }
}

/// The lanes before widening, and which half.
fn extension(operator: &Operator<'_>) -> Option<(ir::Type, Widen)> {
    Some(match operator {
        Operator::I16x8ExtendLowI8x16S => (I8X16, LowSigned),
        Operator::I16x8ExtendLowI8x16U => (I8X16, LowUnsigned),
        Operator::I16x8ExtendHighI8x16S => (I8X16, HighSigned),
        Operator::I16x8ExtendHighI8x16U => (I8X16, HighUnsigned),
        Operator::I32x4ExtendLowI16x8S => (I16X8, LowSigned),
        Operator::I32x4ExtendLowI16x8U => (I16X8, LowUnsigned),
        Operator::I32x4ExtendHighI16x8S => (I16X8, HighSigned),
        Operator::I32x4ExtendHighI16x8U => (I16X8, HighUnsigned),
        Operator::I64x2ExtendLowI32x4S => (I32X4, LowSigned),
        Operator::I64x2ExtendLowI32x4U => (I32X4, LowUnsigned),
        Operator::I64x2ExtendHighI32x4S => (I32X4, HighSigned),
        Operator::I64x2ExtendHighI32x4U => (I32X4, HighUnsigned),
        _ => return None,
    })
}

/// The lanes before widening, and which half, of a product of widened lanes.
fn extended_product(operator: &Operator<'_>) -> Option<(ir::Type, Widen)> {
    Some(match operator {
        Operator::I16x8ExtMulLowI8x16S => (I8X16, LowSigned),
        Operator::I16x8ExtMulLowI8x16U => (I8X16, LowUnsigned),
        Operator::I16x8ExtMulHighI8x16S => (I8X16, HighSigned),
        Operator::I16x8ExtMulHighI8x16U => (I8X16, HighUnsigned),
        Operator::I32x4ExtMulLowI16x8S => (I16X8, LowSigned),
        Operator::I32x4ExtMulLowI16x8U => (I16X8, LowUnsigned),
        Operator::I32x4ExtMulHighI16x8S => (I16X8, HighSigned),
        Operator::I32x4ExtMulHighI16x8U => (I16X8, HighUnsigned),
        Operator::I64x2ExtMulLowI32x4S => (I32X4, LowSigned),
        Operator::I64x2ExtMulLowI32x4U => (I32X4, LowUnsigned),
        Operator::I64x2ExtMulHighI32x4S => (I32X4, HighSigned),
        Operator::I64x2ExtMulHighI32x4U => (I32X4, HighUnsigned),
        _ => return None,
    })
}
