//! Loads and stores of vectors, whole and by lane.

use super::access::Place;
use super::{Handled, Translator};
use cranelift_codegen::ir::{self, InstBuilder, types};
use holm_module::wasm::{MemArg, Operator};
use types::{F32X4, F64X2, I8, I8X16, I16, I16X8, I32, I32X4, I64, I64X2};

impl Translator<'_, '_> {
    pub(super) fn vector_access_operator(&mut self, operator: &Operator<'_>) -> Handled {
        match operator {
            Operator::V128Load { memarg } => self.load(memarg, I8X16),
            Operator::V128Store { memarg } => self.store(memarg),
            Operator::V128Load8Splat { memarg } => self.load_splat(memarg, I8X16),
            Operator::V128Load16Splat { memarg } => self.load_splat(memarg, I16X8),
            Operator::V128Load32Splat { memarg } => self.load_splat(memarg, I32X4),
            Operator::V128Load64Splat { memarg } => self.load_splat(memarg, I64X2),
            Operator::V128Load32Zero { memarg } => self.load_zero(memarg, F32X4),
            Operator::V128Load64Zero { memarg } => self.load_zero(memarg, F64X2),
            Operator::V128Load8Lane { memarg, lane } => self.load_lane(memarg, I8X16, *lane),
            Operator::V128Load16Lane { memarg, lane } => self.load_lane(memarg, I16X8, *lane),
            Operator::V128Load32Lane { memarg, lane } => self.load_lane(memarg, I32X4, *lane),
            Operator::V128Load64Lane { memarg, lane } => self.load_lane(memarg, I64X2, *lane),
            Operator::V128Store8Lane { memarg, lane } => self.store_lane(memarg, I8, *lane),
            Operator::V128Store16Lane { memarg, lane } => self.store_lane(memarg, I16, *lane),
            Operator::V128Store32Lane { memarg, lane } => self.store_lane(memarg, I32, *lane),
            Operator::V128Store64Lane { memarg, lane } => self.store_lane(memarg, I64, *lane),
            _ => return Ok(self.load_extend(operator)),
        }
        Ok(true)
    }

    /// Loads eight bytes and extends each lane to twice its width.
    fn load_extend(&mut self, operator: &Operator<'_>) -> bool {
        type Op = ir::Opcode;
        let (memarg, opcode) = match operator {
            Operator::V128Load8x8S { memarg } => (memarg, Op::Sload8x8),
            Operator::V128Load8x8U { memarg } => (memarg, Op::Uload8x8),
            Operator::V128Load16x4S { memarg } => (memarg, Op::Sload16x4),
            Operator::V128Load16x4U { memarg } => (memarg, Op::Uload16x4),
            Operator::V128Load32x2S { memarg } => (memarg, Op::Sload32x2),
            Operator::V128Load32x2U { memarg } => (memarg, Op::Uload32x2),
            _ => return false,
        };
        let Place { address, offset, flags } = self.popped_place(memarg, 8);
        let ins = self.b.ins();
        let value = match opcode {
            Op::Sload8x8 => ins.sload8x8(flags, address, offset),
            Op::Uload8x8 => ins.uload8x8(flags, address, offset),
            Op::Sload16x4 => ins.sload16x4(flags, address, offset),
            Op::Uload16x4 => ins.uload16x4(flags, address, offset),
            Op::Sload32x2 => ins.sload32x2(flags, address, offset),
            _ => ins.uload32x2(flags, address, offset),
        };
        self.push(value);
        true
    }

    fn load_splat(&mut self, memarg: &MemArg, ty: ir::Type) {
        self.load(memarg, ty.lane_type());
        self.unary(|i, a| i.splat(ty, a));
    }

    /// Loads the lowest lane; the others become zero.
    fn load_zero(&mut self, memarg: &MemArg, ty: ir::Type) {
        self.load(memarg, ty.lane_type());
        self.unary(|i, a| i.scalar_to_vector(ty, a));
    }

    fn load_lane(&mut self, memarg: &MemArg, ty: ir::Type, lane: u8) {
        let vector = self.pop();
        self.load(memarg, ty.lane_type());
        let vector = self.as_lanes(vector, ty);
        self.unary(|i, a| i.insertlane(vector, a, lane));
    }

    fn store_lane(&mut self, memarg: &MemArg, ty: ir::Type, lane: u8) {
        let vector = self.pop();
        let lanes = ty.by(16 / ty.bytes()).unwrap_or(I8X16);
        let vector = self.as_lanes(vector, lanes);
        let value = self.b.ins().extractlane(vector, lane);
        self.push(value);
        self.store(memarg);
    }
}
