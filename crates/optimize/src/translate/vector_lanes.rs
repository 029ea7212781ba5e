//! Vectors as bits and as lanes: splat, extract, replace, shuffle, bitwise operators, tests.

use super::{Handled, Translator};
use cranelift_codegen::ir::{self, InstBuilder, Value, types};
use cranelift_frontend::FuncInstBuilder;
use holm_module::wasm::Operator;
use types::{F32X4, F64X2, I8X16, I16X8, I32, I32X4, I64X2};

impl<'f> Translator<'_, 'f> {
    pub(super) fn vector_lane_operator(&mut self, operator: &Operator<'_>) -> Handled {
        if let Some(ty) = splat(operator) {
            self.splat(ty);
            return Ok(true);
        }
        match operator {
            Operator::I8x16ExtractLaneS { lane } => self.extract(I8X16, *lane, Some(true)),
            Operator::I8x16ExtractLaneU { lane } => self.extract(I8X16, *lane, Some(false)),
            Operator::I16x8ExtractLaneS { lane } => self.extract(I16X8, *lane, Some(true)),
            Operator::I16x8ExtractLaneU { lane } => self.extract(I16X8, *lane, Some(false)),
            Operator::I32x4ExtractLane { lane } => self.extract(I32X4, *lane, None),
            Operator::I64x2ExtractLane { lane } => self.extract(I64X2, *lane, None),
            Operator::F32x4ExtractLane { lane } => self.extract(F32X4, *lane, None),
            Operator::F64x2ExtractLane { lane } => self.extract(F64X2, *lane, None),
            Operator::I8x16ReplaceLane { lane } => self.replace(I8X16, *lane),
            Operator::I16x8ReplaceLane { lane } => self.replace(I16X8, *lane),
            Operator::I32x4ReplaceLane { lane } => self.replace(I32X4, *lane),
            Operator::I64x2ReplaceLane { lane } => self.replace(I64X2, *lane),
            Operator::F32x4ReplaceLane { lane } => self.replace(F32X4, *lane),
            Operator::F64x2ReplaceLane { lane } => self.replace(F64X2, *lane),
            Operator::I8x16Shuffle { lanes } => self.shuffle(*lanes),
            Operator::I8x16Swizzle => self.lanes2(I8X16, |i, a, b| i.swizzle(a, b)),
            Operator::V128Not => self.lanes1(I8X16, |i, a| i.bnot(a)),
            Operator::V128And => self.lanes2(I8X16, |i, a, b| i.band(a, b)),
            Operator::V128AndNot => self.lanes2(I8X16, |i, a, b| i.band_not(a, b)),
            Operator::V128Or => self.lanes2(I8X16, |i, a, b| i.bor(a, b)),
            Operator::V128Xor => self.lanes2(I8X16, |i, a, b| i.bxor(a, b)),
            Operator::V128Bitselect => {
                let (a, b, mask) = self.pop3();
                let (a, b) = (self.canonical(a), self.canonical(b));
                let mask = self.canonical(mask);
                let result = self.b.ins().bitselect(mask, a, b);
                self.push(result);
            }
            Operator::V128AnyTrue => self.test(I8X16, |i, a| i.vany_true(a)),
            Operator::I8x16AllTrue => self.test(I8X16, |i, a| i.vall_true(a)),
            Operator::I16x8AllTrue => self.test(I16X8, |i, a| i.vall_true(a)),
            Operator::I32x4AllTrue => self.test(I32X4, |i, a| i.vall_true(a)),
            Operator::I64x2AllTrue => self.test(I64X2, |i, a| i.vall_true(a)),
            Operator::I8x16Bitmask => self.lanes1(I8X16, |i, a| i.vhigh_bits(I32, a)),
            Operator::I16x8Bitmask => self.lanes1(I16X8, |i, a| i.vhigh_bits(I32, a)),
            Operator::I32x4Bitmask => self.lanes1(I32X4, |i, a| i.vhigh_bits(I32, a)),
            Operator::I64x2Bitmask => self.lanes1(I64X2, |i, a| i.vhigh_bits(I32, a)),
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// An operator on one vector with lanes of this type.
    pub(super) fn lanes1(
        &mut self,
        ty: ir::Type,
        build: impl FnOnce(FuncInstBuilder<'_, 'f>, Value) -> Value,
    ) {
        let a = self.pop();
        let a = self.as_lanes(a, ty);
        let result = build(self.b.ins(), a);
        self.push(result);
    }

    /// An operator on two vectors with lanes of this type.
    pub(super) fn lanes2(
        &mut self,
        ty: ir::Type,
        build: impl FnOnce(FuncInstBuilder<'_, 'f>, Value, Value) -> Value,
    ) {
        let (a, b) = self.pop2();
        let (a, b) = (self.as_lanes(a, ty), self.as_lanes(b, ty));
        let result = build(self.b.ins(), a, b);
        self.push(result);
    }

    fn test(&mut self, ty: ir::Type, build: impl FnOnce(FuncInstBuilder<'_, 'f>, Value) -> Value) {
        self.lanes1(ty, build);
        let condition = self.pop();
        self.push_condition(condition);
    }

    /// A scalar in the width of a lane.
    pub(super) fn narrowed(&mut self, value: Value, lane: ir::Type) -> Value {
        let wide = self.b.func.dfg.value_type(value);
        if wide == lane { value } else { self.b.ins().ireduce(lane, value) }
    }

    fn splat(&mut self, ty: ir::Type) {
        let value = self.pop();
        let value = self.narrowed(value, ty.lane_type());
        let result = self.b.ins().splat(ty, value);
        self.push(result);
    }

    fn extract(&mut self, ty: ir::Type, lane: u8, signed: Option<bool>) {
        self.lanes1(ty, |i, a| i.extractlane(a, lane));
        match signed {
            Some(true) => self.unary(|i, a| i.sextend(I32, a)),
            Some(false) => self.unary(|i, a| i.uextend(I32, a)),
            None => {}
        }
    }

    fn replace(&mut self, ty: ir::Type, lane: u8) {
        let (vector, value) = self.pop2();
        let vector = self.as_lanes(vector, ty);
        let value = self.narrowed(value, ty.lane_type());
        let result = self.b.ins().insertlane(vector, value, lane);
        self.push(result);
    }

    fn shuffle(&mut self, lanes: [u8; 16]) {
        let mask = self.b.func.dfg.immediates.push(lanes.as_slice().into());
        self.lanes2(I8X16, |i, a, b| i.shuffle(a, b, mask));
    }
}

/// The vector type that a splat makes.
fn splat(operator: &Operator<'_>) -> Option<ir::Type> {
    Some(match operator {
        Operator::I8x16Splat => I8X16,
        Operator::I16x8Splat => I16X8,
        Operator::I32x4Splat => I32X4,
        Operator::I64x2Splat => I64X2,
        Operator::F32x4Splat => F32X4,
        Operator::F64x2Splat => F64X2,
        _ => return None,
    })
}
