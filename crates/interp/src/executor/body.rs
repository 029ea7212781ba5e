//! What a handler is: a type with a name, the fields of its instruction, and one step.
//!
//! Operands come in three forms, results in two; each form is a type, so that one generic body makes the handler
//! of every combination. Not here: the bodies. Invariant: an instruction is its operator's number, then its fields
//! in the order in which `FIELDS` lists them; nothing else knows their places.
//! Read next: [`super::numeric`].

use super::regs::{Regs, Step};
pub(crate) use crate::ops::Field;
use crate::ops::units;
use holm_spec::trap::TrapReason;

/// One operator of the machine in one form.
pub(super) trait Body {
    /// Its name, without its form.
    const NAME: &'static str;
    /// Its fields.
    const FIELDS: &'static [Field];
    /// Its length.
    const UNITS: usize = 1 + units(Self::FIELDS);
    /// Does it.
    fn step(r: Regs) -> Step;
}

/// Values that accumulators hold.
pub(super) trait Value: Copy {
    /// The field of a constant.
    const IMMEDIATE: Field;
    fn immediate(r: &Regs, at: usize) -> Self;
    fn from_slot(slot: u64) -> Self;
    fn to_slot(self) -> u64;
    fn accumulated(r: &Regs) -> Self;
    fn accumulate(self, r: &mut Regs);
}

impl Value for i32 {
    const IMMEDIATE: Field = Field::I32;
    #[inline(always)]
    fn immediate(r: &Regs, at: usize) -> Self {
        r.imm32(at).cast_signed()
    }
    #[expect(clippy::cast_possible_truncation, reason = "the upper half means nothing")]
    #[inline(always)]
    fn from_slot(slot: u64) -> Self {
        slot as Self
    }
    #[inline(always)]
    fn to_slot(self) -> u64 {
        u64::from(self.cast_unsigned())
    }
    #[inline(always)]
    fn accumulated(r: &Regs) -> Self {
        Self::from_slot(r.acc)
    }
    #[inline(always)]
    fn accumulate(self, r: &mut Regs) {
        r.acc = self.to_slot();
    }
}

impl Value for i64 {
    const IMMEDIATE: Field = Field::S32;
    #[inline(always)]
    fn immediate(r: &Regs, at: usize) -> Self {
        Self::from(r.imm32(at).cast_signed())
    }
    #[inline(always)]
    fn from_slot(slot: u64) -> Self {
        slot.cast_signed()
    }
    #[inline(always)]
    fn to_slot(self) -> u64 {
        self.cast_unsigned()
    }
    #[inline(always)]
    fn accumulated(r: &Regs) -> Self {
        r.acc.cast_signed()
    }
    #[inline(always)]
    fn accumulate(self, r: &mut Regs) {
        r.acc = self.cast_unsigned();
    }
}

impl Value for f32 {
    const IMMEDIATE: Field = Field::F32;
    #[inline(always)]
    fn immediate(r: &Regs, at: usize) -> Self {
        Self::from_bits(r.imm32(at))
    }
    #[expect(clippy::cast_possible_truncation, reason = "the upper half means nothing")]
    #[inline(always)]
    fn from_slot(slot: u64) -> Self {
        Self::from_bits(slot as u32)
    }
    #[inline(always)]
    fn to_slot(self) -> u64 {
        u64::from(self.to_bits())
    }
    #[inline(always)]
    fn accumulated(r: &Regs) -> Self {
        r.f
    }
    #[inline(always)]
    fn accumulate(self, r: &mut Regs) {
        r.f = self;
    }
}

impl Value for f64 {
    const IMMEDIATE: Field = Field::F64;
    #[inline(always)]
    fn immediate(r: &Regs, at: usize) -> Self {
        Self::from_bits(r.imm64(at))
    }
    #[inline(always)]
    fn from_slot(slot: u64) -> Self {
        Self::from_bits(slot)
    }
    #[inline(always)]
    fn to_slot(self) -> u64 {
        self.to_bits()
    }
    #[inline(always)]
    fn accumulated(r: &Regs) -> Self {
        r.d
    }
    #[inline(always)]
    fn accumulate(self, r: &mut Regs) {
        r.d = self;
    }
}

/// Where an operand comes from.
pub(super) trait Source<T> {
    const FIELDS: &'static [Field];
    const UNITS: usize = units(Self::FIELDS);
    fn get(r: &Regs, at: usize) -> T;
}

/// From a slot.
pub(super) struct S;
/// From the accumulator.
pub(super) struct A;
/// From the instruction.
pub(super) struct I;

impl<T: Value> Source<T> for S {
    const FIELDS: &'static [Field] = &[Field::Slot];
    #[inline(always)]
    fn get(r: &Regs, at: usize) -> T {
        T::from_slot(r.operand(at))
    }
}

impl<T: Value> Source<T> for A {
    const FIELDS: &'static [Field] = &[];
    #[inline(always)]
    fn get(r: &Regs, _: usize) -> T {
        T::accumulated(r)
    }
}

impl<T: Value> Source<T> for I {
    const FIELDS: &'static [Field] = &[T::IMMEDIATE];
    #[inline(always)]
    fn get(r: &Regs, at: usize) -> T {
        T::immediate(r, at)
    }
}

/// Where an address comes from.
pub(super) trait Address {
    const FIELDS: &'static [Field];
    const UNITS: usize = units(Self::FIELDS);
    fn address(r: &Regs, at: usize) -> u64;
}

impl Address for S {
    const FIELDS: &'static [Field] = &[Field::Slot, Field::Offset];
    #[inline(always)]
    fn address(r: &Regs, at: usize) -> u64 {
        let index: i32 = <Self as Source<i32>>::get(r, at);
        index.to_slot() + u64::from(r.imm32(at + 1))
    }
}

impl Address for A {
    const FIELDS: &'static [Field] = &[Field::Offset];
    #[inline(always)]
    fn address(r: &Regs, at: usize) -> u64 {
        i32::accumulated(r).to_slot() + u64::from(r.imm32(at))
    }
}

impl Address for I {
    const FIELDS: &'static [Field] = &[Field::Offset];
    #[inline(always)]
    fn address(r: &Regs, at: usize) -> u64 {
        u64::from(r.imm32(at))
    }
}

/// An address that is a sum of two operands, as `i32.add` would make it.
pub(super) struct Sum<X, Y>(core::marker::PhantomData<(X, Y)>);

impl<X: Source<i32>, Y: Source<i32>> Address for Sum<X, Y> {
    const FIELDS: &'static [Field] = &join(&[X::FIELDS, Y::FIELDS, &[Field::Offset]]);
    #[inline(always)]
    fn address(r: &Regs, at: usize) -> u64 {
        let (a, b) = (X::get(r, at), Y::get(r, at + X::UNITS));
        a.wrapping_add(b).to_slot() + u64::from(r.imm32(at + X::UNITS + Y::UNITS))
    }
}

/// Where a result goes. It is always accumulated as well.
pub(super) trait Destination<T> {
    const FIELDS: &'static [Field];
    fn put(r: &mut Regs, at: usize, value: T);
}

/// To the accumulator alone.
pub(super) struct ToA;
/// To a slot.
pub(super) struct ToS;

impl<T: Value> Destination<T> for ToA {
    const FIELDS: &'static [Field] = &[];
    #[inline(always)]
    fn put(r: &mut Regs, _: usize, value: T) {
        value.accumulate(r);
    }
}

impl<T: Value> Destination<T> for ToS {
    const FIELDS: &'static [Field] = &[Field::To];
    #[inline(always)]
    fn put(r: &mut Regs, at: usize, value: T) {
        let slot = usize::from(r.unit(at));
        r.set_slot(slot, value.to_slot());
        value.accumulate(r);
    }
}

/// Joins lists of fields. Six are the most that an instruction has.
pub(super) const fn join(lists: &[&[Field]]) -> [Field; 8] {
    let mut all = [Field::None; 8];
    let (mut list, mut at) = (0, 0);
    while list < lists.len() {
        let mut index = 0;
        while index < lists[list].len() {
            if !matches!(lists[list][index], Field::None) {
                all[at] = lists[list][index];
                at += 1;
            }
            index += 1;
        }
        list += 1;
    }
    all
}

/// A trap.
#[inline(always)]
pub(super) const fn trap<T>(reason: TrapReason) -> Result<T, super::regs::Leave> {
    Err(super::regs::Leave::Trap(reason))
}
