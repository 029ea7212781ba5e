//! `ref.null`, `ref.is_null`, `ref.func`.
//!
//! A reference is a 32-bit index into an array of the store; 0 is null. The functions of the module that
//! can escape have consecutive indices, in the order of the module's facts.

use super::{Handled, Translator};
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{InstBuilder, types};
use holm_abi::layout;
use holm_module::wasm::Operator;

use crate::error::Failure;

impl Translator<'_, '_> {
    pub(super) fn reference_operator(&mut self, operator: &Operator<'_>) -> Handled {
        match operator {
            Operator::RefNull { .. } => {
                let null = self.b.ins().iconst(types::I32, 0);
                self.push(null);
            }
            Operator::RefIsNull => {
                let value = self.pop();
                let is_null = self.b.ins().icmp_imm_u(IntCC::Equal, value, 0);
                self.push_condition(is_null);
            }
            Operator::RefFunc { function_index } => self.ref_func(*function_index)?,
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn ref_func(&mut self, function: u32) -> Result<(), Failure> {
        let rank = self.env.known.escaped_rank(function)?;
        let first = self.context_constant(types::I32, layout::FUNCTIONS_FIRST);
        let reference = self.b.ins().iadd_imm_s(first, rank);
        self.push(reference);
        Ok(())
    }
}
