//! `global.get` and `global.set`.
//!
//! A global that the module gives a number and nobody changes is that number.

use super::flags::Region;
use super::heap::is_collected;
use super::{Handled, Translator, value_type};
use cranelift_codegen::ir::{
    InstBuilder, MemFlagsData, Value,
    immediates::{Ieee32, Ieee64},
    types,
};
use holm_module::ConstExpr;
use holm_module::wasm::Operator;

impl Translator<'_, '_> {
    pub(super) fn global_operator(&mut self, operator: &Operator<'_>) -> Handled {
        match operator {
            Operator::GlobalGet { global_index } => {
                let value = self.global_get(*global_index);
                self.push(value);
            }
            Operator::GlobalSet { global_index } => self.global_set(*global_index),
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn global_get(&mut self, global: u32) -> Value {
        if let Some(value) = self.env.known.global_constant(global)
            && let Some(value) = self.constant(value)
        {
            return value;
        }
        let global_type = self.env.module.globals[global as usize].ty.value;
        let ty = value_type(global_type);
        let (address, offset, changing) = self.global_cell(global);
        let fixed = self.env.known.global_is_fixed(global);
        let collected = is_collected(global_type);
        // The collector changes even what nobody sets.
        let flags = if fixed && !collected { Self::constant_flags() } else { changing };
        let value = self.b.ins().load(ty, flags, address, offset);
        self.follow(value, global_type);
        value
    }

    fn global_set(&mut self, global: u32) {
        let value = self.pop();
        let value = self.canonical(value);
        let (address, offset, flags) = self.global_cell(global);
        self.b.ins().store(flags, value, address, offset);
    }

    /// Where a global lies, and the flags of accesses to it while it may change.
    fn global_cell(&mut self, global: u32) -> (Value, i32, MemFlagsData) {
        let layout = &self.env.layout;
        match global.checked_sub(self.env.module.imported_globals) {
            Some(defined) => {
                let offset = layout.defined_global(defined);
                (self.anchor, offset, self.flags(Region::Global(global)))
            }
            None => {
                let cell = self.context_constant(types::I64, layout.imported_global(global));
                (cell, 0, self.flags(Region::Globals))
            }
        }
    }

    fn constant(&mut self, value: &ConstExpr) -> Option<Value> {
        Some(match value {
            ConstExpr::I32(value) => {
                let value = i64::from(value.cast_unsigned());
                self.b.ins().iconst(types::I32, value)
            }
            ConstExpr::I64(value) => self.b.ins().iconst(types::I64, *value),
            ConstExpr::F32(bits) => self.b.ins().f32const(Ieee32::with_bits(*bits)),
            ConstExpr::F64(bits) => self.b.ins().f64const(Ieee64::with_bits(*bits)),
            ConstExpr::V128(bits) => {
                let bytes = bits.to_le_bytes();
                let bytes = self.b.func.dfg.constants.insert(bytes.as_slice().into());
                self.b.ins().vconst(types::I8X16, bytes)
            }
            _ => return None,
        })
    }
}
