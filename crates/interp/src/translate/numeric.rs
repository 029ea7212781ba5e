//! Constants, operators on scalars, `select`.
//!
//! Read next: [`super::data`].

use super::emit::{LastKind, index};
use super::stack::{Entry, Place, class_of};
use super::{Done, Failure, Translator};
use crate::ops::misc::Misc;
use crate::ops::scalar::{self, Class, Row};
use crate::ops::{self, From, joined, raw};
use holm_module::wasm::Operator;
use holm_spec::types::{RefType, ValType};

/// The number of `i64.eq`, for tests for zero of 64-bit integers.
const I64_EQ: u16 = 10;

/// The comparison of integers that is true when another is false, by number.
pub(super) const fn opposite(number: u16) -> Option<u16> {
    let width = number / 10;
    Some(
        width * 10
            + match number % 10 {
                _ if width > 1 => return None,
                0 => 1,
                1 => 0,
                2 => 8,
                3 => 9,
                4 => 6,
                5 => 7,
                6 => 4,
                7 => 5,
                8 => 2,
                _ => 3,
            },
    )
}

impl Translator<'_> {
    pub(super) fn numeric_operator(&mut self, operator: &Operator<'_>) -> Result<bool, Failure> {
        if let Some(row) = scalar::binary(operator) {
            self.binary(row)?;
            self.make_canonical(operator)?;
        } else if let Some(row) = scalar::unary(operator) {
            self.unary(row, operator)?;
            self.make_canonical(operator)?;
        } else {
            match operator {
                Operator::Nop => {}
                Operator::I32Const { value } => {
                    self.push(Place::Constant(u64::from(value.cast_unsigned())), ValType::I32)?;
                }
                Operator::I64Const { value } => {
                    self.push(Place::Constant(value.cast_unsigned()), ValType::I64)?;
                }
                Operator::F32Const { value } => {
                    self.push(Place::Constant(u64::from(value.bits())), ValType::F32)?;
                }
                Operator::F64Const { value } => {
                    self.push(Place::Constant(value.bits()), ValType::F64)?;
                }
                Operator::Select | Operator::TypedSelect { .. } => self.select()?,
                Operator::RefNull { hty } => {
                    let heap = self.module.heap_type(*hty);
                    let heap = heap.ok_or_else(|| super::bug("null of an unknown type".into()))?;
                    self.push(Place::Constant(0), RefType::nullable(heap).into())?;
                }
                Operator::I64Add128 => self.wide_operator(Misc::Add128, 4)?,
                Operator::I64Sub128 => self.wide_operator(Misc::Sub128, 4)?,
                Operator::I64MulWideS => self.wide_operator(Misc::MulWideS, 2)?,
                Operator::I64MulWideU => self.wide_operator(Misc::MulWideU, 2)?,
                Operator::RefIsNull => {
                    let row = scalar::unary(&Operator::I32Eqz);
                    let row = row.ok_or_else(|| super::bug("no test for zero".into()))?;
                    self.unary(row, &Operator::I32Eqz)?;
                }
                _ => return Ok(false),
            }
        }
        Ok(true)
    }

    /// An operand as an instruction wants it: in a near slot, in the accumulator, or as a constant.
    pub(super) fn fetch(&mut self, entry: &Entry) -> From {
        let from = self.source(entry);
        self.bring_near(from)
    }

    /// An operand that must not be a constant.
    pub(super) fn fetch_value(&mut self, entry: &Entry) -> From {
        match self.source(entry) {
            From::Constant(value) => {
                self.put(value, entry.slot);
                self.bring_near(From::Slot(entry.slot))
            }
            from => self.bring_near(from),
        }
    }

    /// The slot that an operand is in although an accumulator has it too.
    pub(super) fn slot_of(&self, entry: &Entry) -> Option<u32> {
        match entry.place {
            Place::Local(local) => Some(self.locals[local as usize].slot),
            Place::Slot => Some(entry.slot),
            Place::Accumulator | Place::Constant(_) => None,
        }
    }

    /// Makes a NaN that an operator may just have given canonical, if that is asked for.
    fn make_canonical(&mut self, operator: &Operator<'_>) -> Done {
        if !self.program.canonical_nans || !raw::is_raw(operator) {
            return Ok(());
        }
        let ty = self.pop().ty;
        let before = self.cached;
        let is_32 = ty == ValType::F32;
        let start = self.misc(if is_32 { Misc::CanonicalF32 } else { Misc::CanonicalF64 });
        self.result(start, ty, LastKind::Other, before)
    }

    pub(super) fn binary(&mut self, row: Row) -> Done {
        let loaded = self.last;
        let second = self.pop();
        let first = self.pop();
        self.spill(row.value);
        if self.join_load(&row, [&first, &second], loaded)? {
            return Ok(());
        }
        let (mut a, mut b) = (self.fetch(&first), self.fetch(&second));
        if let (From::Constant(value), From::Constant(_)) = (a, b) {
            self.put(value, first.slot);
            a = self.bring_near(From::Slot(first.slot));
        } else if let (From::Accumulator, From::Accumulator) = (a, b) {
            // Both are the same local; it is in its slot as well.
            if let Some(slot) = self.slot_of(&second) {
                b = self.bring_near(From::Slot(slot));
            } else if let Some(slot) = self.slot_of(&first) {
                a = self.bring_near(From::Slot(slot));
            }
        }
        let Some(pair) = ops::pair(a, b) else {
            return Err(super::bug("two operands in one accumulator".into()));
        };
        let before = self.cached;
        let wide_constant = row.operand == Class::F64;
        let start = self.op(ops::binary(row.number, pair, false));
        self.operand(a, wide_constant);
        self.operand(b, wide_constant);
        let kind = if row.number < scalar::FUSED && pair < ops::FUSED_PAIRS {
            LastKind::Test { number: row.number, pair, operands: [a, b], wide_constant }
        } else if row.number == scalar::I32_ADD {
            // The order does not matter; forms want constants last.
            let turned = matches!(a, From::Constant(_)) || b == From::Accumulator;
            LastKind::Sum(if turned { [b, a] } else { [a, b] })
        } else {
            LastKind::Other
        };
        let ty = type_of(row.value, row.is_64);
        self.result(start, ty, kind, before)
    }

    fn unary(&mut self, row: Row, operator: &Operator<'_>) -> Done {
        let is_zero = matches!(operator, Operator::I32Eqz);
        if is_zero && self.negate_last() {
            return Ok(());
        }
        let tested = self.last.filter(|last| {
            let top = self.stack.last().map(|top| top.place);
            is_zero && self.stack.len() == last.entry + 1 && top == Some(Place::Accumulator)
        });
        let operand = self.pop();
        self.spill(row.value);
        let a = self.fetch_value(&operand);
        let before = self.cached;
        if matches!(operator, Operator::I64Eqz) {
            // As a comparison, which can be fused with a branch.
            let operands = [a, From::Constant(0)];
            let pair = ops::pair(a, From::Constant(0)).unwrap_or_default();
            let start = self.op(ops::binary(I64_EQ, pair, false));
            self.operand(a, false);
            self.wide(0);
            let kind = LastKind::Test { number: I64_EQ, pair, operands, wide_constant: false };
            return self.result(start, ValType::I32, kind, before);
        }
        let start = self.op(ops::unary(row.number, ops::single(a), false));
        self.operand(a, false);
        let kind = match tested.map(|last| (last, last.kind)) {
            Some((last, LastKind::Test { number, pair, operands, wide_constant })) => {
                let super::emit::Last { start, before, .. } = last;
                LastKind::Not { number, pair, operands, wide_constant, start, before }
            }
            _ if is_zero => LastKind::IsZero(a),
            _ => LastKind::Other,
        };
        self.result(start, type_of(row.value, value_is_64(operator)), kind, before)
    }

    /// Turns a comparison of integers that was just made into its opposite.
    fn negate_last(&mut self) -> bool {
        let Some(last) = self.last else { return false };
        let LastKind::Test { number, pair, operands, wide_constant } = last.kind else {
            return false;
        };
        let Some(opposite) = opposite(number) else { return false };
        let top = self.stack.last().map(|top| top.place);
        if self.stack.len() != last.entry + 1 || top != Some(Place::Accumulator) {
            return false;
        }
        self.units[last.start] = ops::binary(opposite, pair, false);
        let kind = LastKind::Test { number: opposite, pair, operands, wide_constant };
        self.last = Some(super::emit::Last { kind, ..last });
        true
    }

    /// An operator with two or four 64-bit operands and two results.
    fn wide_operator(&mut self, misc: Misc, operands: usize) -> Done {
        let mut fields = [0; 4];
        for field in fields[..operands].iter_mut().rev() {
            let slot = self.pop_to_slot();
            *field = self.near(slot);
        }
        self.misc(misc);
        self.units.extend_from_slice(&fields[..operands]);
        // Two slots side by side, like those of a vector.
        let slot = self.next_slot();
        self.result_in_slot(ValType::V128)?;
        self.stack.pop();
        self.last_to = None;
        for slot in [slot, slot + 1] {
            self.stack.push(Entry { place: Place::Slot, ty: ValType::I64, slot });
        }
        Ok(())
    }

    fn select(&mut self) -> Done {
        let top = self.stack.len() - 1;
        let comparison = self.chosen_by().filter(|_| self.stack[top - 1].ty != ValType::V128);
        if let Some((last, _)) = comparison {
            // The comparison is made again, as part of the choice.
            self.units.truncate(last.start);
            self.cached = last.before;
            self.forget();
        }
        // Both values have to be in slots; the condition may wait in its accumulator meanwhile.
        for at in [top - 1, top - 2] {
            if !matches!(self.stack[at].place, Place::Local(_)) {
                self.materialize(at);
            }
        }
        let ty = self.stack[top - 1].ty;
        if ty == ValType::V128 {
            let condition = self.pop_to_slot();
            let (b, a) = (self.pop_to_slot(), self.pop_to_slot());
            let fields = [self.near(condition), self.near2(a), self.near2(b)];
            self.misc(Misc::SelectV);
            self.units.extend(fields);
            return self.result_in_slot(ty);
        }
        let condition = self.pop();
        let is_int = class_of(ty) == Class::Int;
        if let Some((_, (number, pair, operands))) = comparison {
            let (b, a) = (self.pop_to_slot(), self.pop_to_slot());
            let fields = [self.near(a), self.near(b)];
            self.spill(Class::Int);
            let before = self.cached;
            let start = self.op(joined::choice(number, pair) + u16::from(!is_int));
            operands.into_iter().for_each(|operand| self.operand(operand, false));
            self.units.extend(fields);
            return self.chosen(start, ty, before);
        }
        let condition = self.fetch_value(&condition);
        let (b, a) = (self.pop_to_slot(), self.pop_to_slot());
        let fields = [self.near(a), self.near(b)];
        self.spill(Class::Int);
        let before = self.cached;
        let in_accumulator = condition == From::Accumulator;
        let start = self.misc(match (in_accumulator, is_int) {
            (false, true) => Misc::SelectS,
            (false, false) => Misc::SelectSTo,
            (true, true) => Misc::SelectA,
            (true, false) => Misc::SelectATo,
        });
        self.operand(condition, false);
        self.units.extend(fields);
        self.chosen(start, ty, before)
    }

    /// The result of a choice, begun at `start`; if it is no integer the form with a slot.
    fn chosen(&mut self, start: usize, ty: ValType, before: [Option<u32>; 3]) -> Done {
        if class_of(ty) == Class::Int {
            self.result(start, ty, LastKind::Other, before)
        } else {
            // The accumulator of integers has the bits, which are of no use.
            self.cached[index(Class::Int)] = None;
            self.result_in_slot(ty)
        }
    }
}

/// A type whose values are accumulated in `class`.
pub(super) const fn type_of(class: Class, is_64: bool) -> ValType {
    match (class, is_64) {
        (Class::Int, false) => ValType::I32,
        (Class::Int, true) => ValType::I64,
        (Class::F32, _) => ValType::F32,
        (Class::F64, _) => ValType::F64,
        (Class::Vector, _) => ValType::V128,
    }
}

/// Whether an operator with one operand gives a 64-bit integer.
const fn value_is_64(operator: &Operator<'_>) -> bool {
    matches!(
        operator,
        Operator::I64Clz
            | Operator::I64Ctz
            | Operator::I64Popcnt
            | Operator::I64Extend8S
            | Operator::I64Extend16S
            | Operator::I64Extend32S
            | Operator::I64ExtendI32S
            | Operator::I64ExtendI32U
            | Operator::I64TruncF32S
            | Operator::I64TruncF32U
            | Operator::I64TruncF64S
            | Operator::I64TruncF64U
            | Operator::I64TruncSatF32S
            | Operator::I64TruncSatF32U
            | Operator::I64TruncSatF64S
            | Operator::I64TruncSatF64U
            | Operator::I64ReinterpretF64
    )
}
