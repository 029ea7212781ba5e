//! Operators on vectors: operands and results in slots.
//!
//! Read next: [`super`].

use super::emit::LastKind;
use super::{Done, Failure, Translator};
use crate::ops::misc::Misc;
use crate::ops::raw::raw_lanes;
use crate::ops::relaxed;
use crate::ops::scalar::Class;
use crate::ops::vector::{Vector, find};
use holm_module::wasm::{MemArg, Operator, strict_operator};
use holm_spec::types::ValType;

impl Translator<'_> {
    pub(super) fn vector_operator(&mut self, operator: &Operator<'_>) -> Result<bool, Failure> {
        if let Some(strict) = strict_operator(operator) {
            return self.vector_operator(&strict);
        }
        if let Some(misc) = relaxed::ternary(operator) {
            let (c, b, a) = (self.vector_operand(), self.vector_operand(), self.vector_operand());
            self.misc(misc);
            self.units.extend([a, b, c]);
            self.result_in_slot(ValType::V128)?;
            self.make_lanes_canonical(operator)?;
            return Ok(true);
        }
        let Some(vector) = find(operator) else { return Ok(false) };
        match vector {
            Vector::Binary(number) => {
                let (b, a) = (self.vector_operand(), self.vector_operand());
                self.op(number);
                self.units.extend([a, b]);
                self.result_in_slot(ValType::V128)?;
            }
            Vector::Unary(number) => {
                let a = self.vector_operand();
                self.op(number);
                self.units.push(a);
                self.result_in_slot(ValType::V128)?;
            }
            Vector::Shift(number) => {
                let by = self.scalar_operand();
                let a = self.vector_operand();
                self.op(number);
                self.units.extend([a, by]);
                self.result_in_slot(ValType::V128)?;
            }
            Vector::Test(number) => {
                let a = self.vector_operand();
                self.spill(Class::Int);
                let before = self.cached;
                let start = self.op(number);
                self.units.push(a);
                self.result(start, ValType::I32, LastKind::Other, before)?;
            }
            Vector::Splat(number) => {
                let a = self.scalar_operand();
                self.op(number);
                self.units.push(a);
                self.result_in_slot(ValType::V128)?;
            }
            Vector::Extract(number, lane, ty) => {
                let a = self.vector_operand();
                self.op(number);
                self.units.extend([a, u16::from(lane)]);
                self.result_in_slot(ty)?;
            }
            Vector::Replace(number, lane) => {
                let value = self.scalar_operand();
                let a = self.vector_operand();
                self.op(number);
                self.units.extend([a, value, u16::from(lane)]);
                self.result_in_slot(ValType::V128)?;
            }
            Vector::Bitselect(number) => {
                let mask = self.vector_operand();
                let (b, a) = (self.vector_operand(), self.vector_operand());
                self.op(number);
                self.units.extend([a, b, mask]);
                self.result_in_slot(ValType::V128)?;
            }
            other => self.vector_data(other)?,
        }
        self.make_lanes_canonical(operator)?;
        Ok(true)
    }

    /// Makes NaNs that an operator may just have given canonical, if that is asked for.
    fn make_lanes_canonical(&mut self, operator: &Operator<'_>) -> Done {
        let Some(bits) = raw_lanes(operator).filter(|_| self.program.canonical_nans) else {
            return Ok(());
        };
        let a = self.vector_operand();
        self.misc(if bits == 32 { Misc::CanonicalF32x4 } else { Misc::CanonicalF64x2 });
        self.units.push(a);
        self.result_in_slot(ValType::V128)
    }

    /// Constants and memory.
    fn vector_data(&mut self, vector: Vector) -> Done {
        match vector {
            Vector::Constant(number, value) => {
                self.op(number);
                self.vector_constant(value);
                self.result_in_slot(ValType::V128)
            }
            Vector::Shuffle(number, lanes) => {
                let (b, a) = (self.vector_operand(), self.vector_operand());
                self.op(number);
                self.units.extend([a, b]);
                self.vector_constant(u128::from_le_bytes(lanes));
                self.result_in_slot(ValType::V128)
            }
            Vector::Load(number, memarg) => {
                let windowed = self.access(number, &memarg)?;
                self.result_in_slot(ValType::V128)?;
                self.end_access(windowed)
            }
            Vector::LoadLane(number, memarg, lane) => {
                let a = self.vector_operand();
                let windowed = self.access(number, &memarg)?;
                self.units.extend([a, u16::from(lane)]);
                self.result_in_slot(ValType::V128)?;
                self.end_access(windowed)
            }
            Vector::StoreLane(number, memarg, lane) => {
                let a = self.vector_operand();
                let windowed = self.access(number, &memarg)?;
                self.units.extend([a, u16::from(lane)]);
                self.end_access(windowed)
            }
            Vector::Store(number, memarg) => {
                let a = self.vector_operand();
                let windowed = self.access(number, &memarg)?;
                self.units.push(a);
                self.end_access(windowed)
            }
            _ => Err(super::bug("a vector operator of no kind".into())),
        }
    }

    /// The near slots of a vector that is popped.
    fn vector_operand(&mut self) -> u16 {
        let slot = self.pop_to_slot();
        self.near2(slot)
    }

    /// The near slot of a scalar that is popped.
    fn scalar_operand(&mut self) -> u16 {
        let slot = self.pop_to_slot();
        self.near(slot)
    }

    fn vector_constant(&mut self, value: u128) {
        let [low, high] = halves(value);
        self.long(low);
        self.long(high);
    }

    /// Begins an access to memory at the address on top of the stack; whether it goes through a window.
    fn access(&mut self, number: u16, memarg: &MemArg) -> Result<bool, Failure> {
        let windowed = self.needs_window(memarg);
        let (address, offset) = if windowed {
            self.open_window(memarg, 1);
            // The window begins at the address.
            let slot = self.next_slot();
            self.put(0, slot);
            (self.near(slot), 0)
        } else {
            let offset = u32::try_from(memarg.offset)
                .map_err(|_| super::bug("an offset of more than 32 bits".into()))?;
            (self.scalar_operand(), offset)
        };
        self.op(number);
        self.units.push(address);
        self.wide(offset);
        Ok(windowed)
    }

    fn end_access(&mut self, windowed: bool) -> Done {
        if windowed {
            self.close_window();
        }
        Ok(())
    }
}

/// The lower and the upper half.
#[expect(clippy::cast_possible_truncation, reason = "the halves are cut out")]
const fn halves(value: u128) -> [u64; 2] {
    [value as u64, (value >> 64) as u64]
}
