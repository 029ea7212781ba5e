//! 128-bit integer arithmetic on pairs of 64-bit integers.
//!
//! A pair lies on the stack with its low half first. Read next: [`super::integer`].

use super::{Handled, Translator};
use cranelift_codegen::ir::{InstBuilder, Value};
use cranelift_frontend::FuncInstBuilder;
use holm_module::wasm::Operator;

impl<'f> Translator<'_, 'f> {
    pub(super) fn wide_operator(&mut self, operator: &Operator<'_>) -> Handled {
        match operator {
            Operator::I64Add128 => self.on_pairs(|i, a, b| i.iadd(a, b)),
            Operator::I64Sub128 => self.on_pairs(|i, a, b| i.isub(a, b)),
            Operator::I64MulWideS => self.product(|i, a, b| i.smulhi(a, b)),
            Operator::I64MulWideU => self.product(|i, a, b| i.umulhi(a, b)),
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn on_pairs(&mut self, build: impl FnOnce(FuncInstBuilder<'_, 'f>, Value, Value) -> Value) {
        let (low, high) = self.pop2();
        let second = self.b.ins().iconcat(low, high);
        let (low, high) = self.pop2();
        let first = self.b.ins().iconcat(low, high);
        let result = build(self.b.ins(), first, second);
        let (low, high) = self.b.ins().isplit(result);
        self.push(low);
        self.push(high);
    }

    /// The product of two integers; `high` makes its upper half.
    fn product(&mut self, high: impl FnOnce(FuncInstBuilder<'_, 'f>, Value, Value) -> Value) {
        let (a, b) = self.pop2();
        let low = self.b.ins().imul(a, b);
        let high = high(self.b.ins(), a, b);
        self.push(low);
        self.push(high);
    }
}
