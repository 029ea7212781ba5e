//! Conversions between scalars.

use super::{Handled, Translator};
use cranelift_codegen::ir::{self, Endianness, InstBuilder, MemFlagsData, types};
use holm_module::wasm::Operator;
use types::{F32, F64, I32, I64};

impl Translator<'_, '_> {
    pub(super) fn conversion_operator(&mut self, operator: &Operator<'_>) -> Handled {
        match operator {
            Operator::I32WrapI64 => self.unary(|i, a| i.ireduce(I32, a)),
            Operator::I64ExtendI32S => self.unary(|i, a| i.sextend(I64, a)),
            Operator::I64ExtendI32U => self.unary(|i, a| i.uextend(I64, a)),
            Operator::I32TruncF32S | Operator::I32TruncF64S => {
                self.unary(|i, a| i.fcvt_to_sint(I32, a));
            }
            Operator::I32TruncF32U | Operator::I32TruncF64U => {
                self.unary(|i, a| i.fcvt_to_uint(I32, a));
            }
            Operator::I64TruncF32S | Operator::I64TruncF64S => {
                self.unary(|i, a| i.fcvt_to_sint(I64, a));
            }
            Operator::I64TruncF32U | Operator::I64TruncF64U => {
                self.unary(|i, a| i.fcvt_to_uint(I64, a));
            }
            Operator::I32TruncSatF32S | Operator::I32TruncSatF64S => {
                self.unary(|i, a| i.fcvt_to_sint_sat(I32, a));
            }
            Operator::I32TruncSatF32U | Operator::I32TruncSatF64U => {
                self.unary(|i, a| i.fcvt_to_uint_sat(I32, a));
            }
            Operator::I64TruncSatF32S | Operator::I64TruncSatF64S => {
                self.unary(|i, a| i.fcvt_to_sint_sat(I64, a));
            }
            Operator::I64TruncSatF32U | Operator::I64TruncSatF64U => {
                self.unary(|i, a| i.fcvt_to_uint_sat(I64, a));
            }
            Operator::F32ConvertI32S | Operator::F32ConvertI64S => {
                self.unary(|i, a| i.fcvt_from_sint(F32, a));
            }
            Operator::F32ConvertI32U | Operator::F32ConvertI64U => {
                self.unary(|i, a| i.fcvt_from_uint(F32, a));
            }
            Operator::F64ConvertI32S | Operator::F64ConvertI64S => {
                self.unary(|i, a| i.fcvt_from_sint(F64, a));
            }
            Operator::F64ConvertI32U | Operator::F64ConvertI64U => {
                self.unary(|i, a| i.fcvt_from_uint(F64, a));
            }
            Operator::F32DemoteF64 => self.unary(|i, a| i.fdemote(F32, a)),
            Operator::F64PromoteF32 => self.unary(|i, a| i.fpromote(F64, a)),
            Operator::I32ReinterpretF32 => self.reinterpret(I32),
            Operator::I64ReinterpretF64 => self.reinterpret(I64),
            Operator::F32ReinterpretI32 => self.reinterpret(F32),
            Operator::F64ReinterpretI64 => self.reinterpret(F64),
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// The same bits as another type.
    fn reinterpret(&mut self, ty: ir::Type) {
        let flags = MemFlagsData::new().with_endianness(Endianness::Little);
        self.unary(|i, a| i.bitcast(ty, flags, a));
    }
}
