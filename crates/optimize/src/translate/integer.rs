//! Integer operators of scalars.
//!
//! 32 and 64 bits share a method: the operands' Cranelift types say which it is. Division traps in
//! Cranelift's own instructions. Read next: [`super::conversion`].

use super::{Handled, Translator};
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{self, InstBuilder, Value, types};
use cranelift_frontend::FuncInstBuilder;
use holm_module::wasm::Operator;
use types::{I8, I16, I32};

impl<'f> Translator<'_, 'f> {
    pub(super) fn integer_operator(&mut self, operator: &Operator<'_>) -> Handled {
        if let Some(condition) = comparison(operator) {
            let (a, b) = self.pop2();
            let result = self.b.ins().icmp(condition, a, b);
            self.push_condition(result);
            return Ok(true);
        }
        match operator {
            Operator::I32Add | Operator::I64Add => self.binary(|i, a, b| i.iadd(a, b)),
            Operator::I32Sub | Operator::I64Sub => self.binary(|i, a, b| i.isub(a, b)),
            Operator::I32Mul | Operator::I64Mul => self.binary(|i, a, b| i.imul(a, b)),
            Operator::I32DivS | Operator::I64DivS => self.binary(|i, a, b| i.sdiv(a, b)),
            Operator::I32DivU | Operator::I64DivU => self.binary(|i, a, b| i.udiv(a, b)),
            Operator::I32RemS | Operator::I64RemS => self.binary(|i, a, b| i.srem(a, b)),
            Operator::I32RemU | Operator::I64RemU => self.binary(|i, a, b| i.urem(a, b)),
            Operator::I32And | Operator::I64And => self.binary(|i, a, b| i.band(a, b)),
            Operator::I32Or | Operator::I64Or => self.binary(|i, a, b| i.bor(a, b)),
            Operator::I32Xor | Operator::I64Xor => self.binary(|i, a, b| i.bxor(a, b)),
            Operator::I32Shl | Operator::I64Shl => self.binary(|i, a, b| i.ishl(a, b)),
            Operator::I32ShrS | Operator::I64ShrS => self.binary(|i, a, b| i.sshr(a, b)),
            Operator::I32ShrU | Operator::I64ShrU => self.binary(|i, a, b| i.ushr(a, b)),
            Operator::I32Rotl | Operator::I64Rotl => self.binary(|i, a, b| i.rotl(a, b)),
            Operator::I32Rotr | Operator::I64Rotr => self.binary(|i, a, b| i.rotr(a, b)),
            Operator::I32Clz | Operator::I64Clz => self.unary(|i, a| i.clz(a)),
            Operator::I32Ctz | Operator::I64Ctz => self.unary(|i, a| i.ctz(a)),
            Operator::I32Popcnt | Operator::I64Popcnt => self.unary(|i, a| i.popcnt(a)),
            Operator::I32Eqz | Operator::I64Eqz => {
                let value = self.pop();
                let result = self.b.ins().icmp_imm_u(IntCC::Equal, value, 0);
                self.push_condition(result);
            }
            Operator::I32Extend8S | Operator::I64Extend8S => self.sign_extend(I8),
            Operator::I32Extend16S | Operator::I64Extend16S => self.sign_extend(I16),
            Operator::I64Extend32S => self.sign_extend(I32),
            _ => return Ok(false),
        }
        Ok(true)
    }

    pub(super) fn unary(&mut self, build: impl FnOnce(FuncInstBuilder<'_, 'f>, Value) -> Value) {
        let operand = self.pop();
        let result = build(self.b.ins(), operand);
        self.push(result);
    }

    pub(super) fn binary(
        &mut self,
        build: impl FnOnce(FuncInstBuilder<'_, 'f>, Value, Value) -> Value,
    ) {
        let (a, b) = self.pop2();
        let result = build(self.b.ins(), a, b);
        self.push(result);
    }

    /// Keeps the low bits and fills the others with their sign.
    fn sign_extend(&mut self, from: ir::Type) {
        let value = self.pop();
        let ty = self.b.func.dfg.value_type(value);
        let low = self.b.ins().ireduce(from, value);
        let value = self.b.ins().sextend(ty, low);
        self.push(value);
    }
}

/// The condition that a comparison of two integers tests.
fn comparison(operator: &Operator<'_>) -> Option<IntCC> {
    Some(match operator {
        Operator::I32Eq | Operator::I64Eq => IntCC::Equal,
        Operator::I32Ne | Operator::I64Ne => IntCC::NotEqual,
        Operator::I32LtS | Operator::I64LtS => IntCC::SignedLessThan,
        Operator::I32LtU | Operator::I64LtU => IntCC::UnsignedLessThan,
        Operator::I32GtS | Operator::I64GtS => IntCC::SignedGreaterThan,
        Operator::I32GtU | Operator::I64GtU => IntCC::UnsignedGreaterThan,
        Operator::I32LeS | Operator::I64LeS => IntCC::SignedLessThanOrEqual,
        Operator::I32LeU | Operator::I64LeU => IntCC::UnsignedLessThanOrEqual,
        Operator::I32GeS | Operator::I64GeS => IntCC::SignedGreaterThanOrEqual,
        Operator::I32GeU | Operator::I64GeU => IntCC::UnsignedGreaterThanOrEqual,
        _ => return None,
    })
}
