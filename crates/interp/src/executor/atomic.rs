//! Atomic operators on what a window opens at; all are sequentially consistent.
//!
//! A window (see [`super::outside`]) checks that the address is a multiple of the access's size. Not here: waiting and
//! waking, which are builtins. Read next: [`super::control`].

use super::body::{Body, Destination, Field, Value, join};
use super::regs::{Regs, Step};
use core::marker::PhantomData;
use core::sync::atomic::{AtomicU8, AtomicU16, AtomicU32, Ordering, fence};

#[cfg(target_has_atomic = "64")]
pub(crate) use core::sync::atomic::AtomicU64;
#[cfg(not(target_has_atomic = "64"))]
pub(crate) use portable_atomic::AtomicU64;

/// What an operator that reads and writes does with the old value and its operand.
#[derive(Clone, Copy, Debug)]
#[repr(u16)]
pub(crate) enum Update {
    Add,
    Sub,
    And,
    Or,
    Xor,
    Swap,
}

/// A number in memory that threads share; as 64 bits, zero-extended.
pub(super) trait Cell: Sized + 'static {
    fn read(&self) -> u64;
    fn write(&self, value: u64);
    fn update(&self, kind: u16, value: u64) -> u64;
    fn exchange(&self, expected: u64, new: u64) -> u64;
}

macro_rules! cells {
    ($($cell:ident $ty:ident;)*) => {
        $(
            #[expect(clippy::cast_possible_truncation, clippy::allow_attributes_without_reason)]
            #[allow(clippy::unnecessary_cast, clippy::cast_lossless, unfulfilled_lint_expectations)]
            impl Cell for $cell {
                #[inline(always)]
                fn read(&self) -> u64 {
                    self.load(Ordering::SeqCst) as u64
                }
                #[inline(always)]
                fn write(&self, value: u64) {
                    self.store(value as $ty, Ordering::SeqCst);
                }
                #[inline(always)]
                fn update(&self, kind: u16, value: u64) -> u64 {
                    let value = value as $ty;
                    let order = Ordering::SeqCst;
                    let old = match kind {
                        kind if kind == Update::Add as u16 => self.fetch_add(value, order),
                        kind if kind == Update::Sub as u16 => self.fetch_sub(value, order),
                        kind if kind == Update::And as u16 => self.fetch_and(value, order),
                        kind if kind == Update::Or as u16 => self.fetch_or(value, order),
                        kind if kind == Update::Xor as u16 => self.fetch_xor(value, order),
                        _ => self.swap(value, order),
                    };
                    old as u64
                }
                #[inline(always)]
                fn exchange(&self, expected: u64, new: u64) -> u64 {
                    let (expected, new, order) = (expected as $ty, new as $ty, Ordering::SeqCst);
                    match self.compare_exchange(expected, new, order, order) {
                        Ok(old) | Err(old) => old as u64,
                    }
                }
            }
        )*
    };
}
cells! {
    AtomicU8 u8;
    AtomicU16 u16;
    AtomicU32 u32;
    AtomicU64 u64;
}

pub(super) struct Load<C, D>(PhantomData<(C, D)>);

impl<C: Cell, D: Destination<i64>> Body for Load<C, D> {
    const NAME: &'static str = "atomic.load";
    const FIELDS: &'static [Field] = &join(&[D::FIELDS]);
    #[inline(always)]
    fn step(mut r: Regs) -> Step {
        let value = r.cell_at::<C>()?.read();
        D::put(&mut r, 1, i64::from_slot(value));
        Ok(r.advance(Self::UNITS))
    }
}

pub(super) struct Store<C>(PhantomData<C>);

impl<C: Cell> Body for Store<C> {
    const NAME: &'static str = "atomic.store";
    const FIELDS: &'static [Field] = &[Field::Slot];
    #[inline(always)]
    fn step(r: Regs) -> Step {
        r.cell_at::<C>()?.write(r.operand(1));
        Ok(r.advance(Self::UNITS))
    }
}

/// Reads and writes: what it does (an [`Update`]), the operand.
pub(super) struct Modify<C, D>(PhantomData<(C, D)>);

impl<C: Cell, D: Destination<i64>> Body for Modify<C, D> {
    const NAME: &'static str = "atomic.rmw";
    const FIELDS: &'static [Field] = &join(&[&[Field::Small, Field::Slot], D::FIELDS]);
    #[inline(always)]
    fn step(mut r: Regs) -> Step {
        let old = r.cell_at::<C>()?.update(r.unit(1), r.operand(2));
        D::put(&mut r, 3, i64::from_slot(old));
        Ok(r.advance(Self::UNITS))
    }
}

/// Compares and exchanges: what is expected, what is new.
pub(super) struct Exchange<C, D>(PhantomData<(C, D)>);

impl<C: Cell, D: Destination<i64>> Body for Exchange<C, D> {
    const NAME: &'static str = "atomic.cmpxchg";
    const FIELDS: &'static [Field] = &join(&[&[Field::Slot, Field::Slot], D::FIELDS]);
    #[inline(always)]
    fn step(mut r: Regs) -> Step {
        let old = r.cell_at::<C>()?.exchange(r.operand(1), r.operand(2));
        D::put(&mut r, 3, i64::from_slot(old));
        Ok(r.advance(Self::UNITS))
    }
}

pub(super) struct Fence;

impl Body for Fence {
    const NAME: &'static str = "atomic.fence";
    const FIELDS: &'static [Field] = &[];
    #[inline(always)]
    fn step(r: Regs) -> Step {
        fence(Ordering::SeqCst);
        Ok(r.advance(Self::UNITS))
    }
}
