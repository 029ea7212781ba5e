//! Relaxed vector operators, with the results of the standard's deterministic profile.
//!
//! The standard lets an engine choose; this one chooses the same on every tier and machine, so that a program
//! gives the same answer everywhere. Each operator is the strict one of the same purpose. The one exception
//! are fused multiplications on an x86-64 processor without FMA, which round twice.
//! Read next: [`super::vector_float`].

use super::{Handled, Translator};
use cranelift_codegen::ir::{self, InstBuilder, types};
use holm_abi::Architecture;
use holm_module::wasm::{Operator, strict_operator};
use types::{F32X4, F64X2, I8X16, I16X8};

impl Translator<'_, '_> {
    pub(super) fn vector_relaxed_operator(&mut self, operator: &Operator<'_>) -> Handled {
        if let Some(strict) = strict_operator(operator) {
            return self.vector_operator(&strict);
        }
        match operator {
            Operator::F32x4RelaxedMadd => self.multiply_add(F32X4, false),
            Operator::F32x4RelaxedNmadd => self.multiply_add(F32X4, true),
            Operator::F64x2RelaxedMadd => self.multiply_add(F64X2, false),
            Operator::F64x2RelaxedNmadd => self.multiply_add(F64X2, true),
            Operator::I16x8RelaxedDotI8x16I7x16S => self.dot_bytes(),
            Operator::I32x4RelaxedDotI8x16I7x16AddS => {
                let sum = self.pop();
                self.dot_bytes();
                let pairs = self.pop();
                let (low, high) = (self.b.ins().swiden_low(pairs), self.b.ins().swiden_high(pairs));
                let quads = self.b.ins().iadd_pairwise(low, high);
                let sum = self.as_lanes(sum, types::I32X4);
                let result = self.b.ins().iadd(quads, sum);
                self.push(result);
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// `a * b + c`, or `-(a * b) + c`.
    fn multiply_add(&mut self, ty: ir::Type, negated: bool) {
        let (a, b, c) = self.pop3();
        let (a, b, c) = (self.as_lanes(a, ty), self.as_lanes(b, ty), self.as_lanes(c, ty));
        let a = if negated { self.b.ins().fneg(a) } else { a };
        let settings = self.env.settings;
        let fuses = settings.architecture == Architecture::Aarch64
            || settings.cpu_features.split(',').any(|feature| feature == "fma");
        let result = if fuses {
            self.b.ins().fma(a, b, c)
        } else {
            let product = self.b.ins().fmul(a, b);
            self.b.ins().fadd(product, c)
        };
        self.push(result);
    }

    /// Sums of pairs of products of signed bytes.
    fn dot_bytes(&mut self) {
        let (a, b) = self.pop2();
        let (a, b) = (self.as_lanes(a, I8X16), self.as_lanes(b, I8X16));
        let (a_low, b_low) = (self.b.ins().swiden_low(a), self.b.ins().swiden_low(b));
        let low = self.b.ins().imul(a_low, b_low);
        let (a_high, b_high) = (self.b.ins().swiden_high(a), self.b.ins().swiden_high(b));
        let high = self.b.ins().imul(a_high, b_high);
        let sums = self.b.ins().iadd_pairwise(low, high);
        debug_assert_eq!(self.b.func.dfg.value_type(sums), I16X8);
        self.push(sums);
    }
}
