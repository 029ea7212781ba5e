//! Branches, entering and leaving functions, fuel.
//!
//! A branch that is taken looks whether the guest is to be interrupted; so does the entry of a function that
//! calls. Read next: [`super::call`].

use super::body::{Body, Field, Source, Value, join, trap};
use super::regs::{FRAME_RESERVE, Leave, Regs, Step};
use core::marker::PhantomData;
use holm_abi::layout;
use holm_spec::trap::TrapReason;

pub(super) struct Branch;

impl Body for Branch {
    const NAME: &'static str = "br";
    const FIELDS: &'static [Field] = &[Field::Branch];
    #[inline(always)]
    fn step(r: Regs) -> Step {
        r.branch(1)
    }
}

pub(super) struct BranchIf<X, const WHEN: bool>(PhantomData<X>);

impl<X: Source<i32>, const WHEN: bool> Body for BranchIf<X, WHEN> {
    const NAME: &'static str = if WHEN { "br_if" } else { "br_unless" };
    const FIELDS: &'static [Field] = &join(&[&[Field::Branch], X::FIELDS]);
    #[inline(always)]
    fn step(r: Regs) -> Step {
        let truth = X::get(&r, 3) != 0;
        if truth == WHEN { r.branch(1) } else { Ok(r.advance(Self::UNITS)) }
    }
}

/// The number of branches, the branch for larger indices, then the branches.
pub(super) struct BranchTable<X>(PhantomData<X>);

impl<X: Source<i32>> Body for BranchTable<X> {
    const NAME: &'static str = "br_table";
    const FIELDS: &'static [Field] = &join(&[X::FIELDS, &[Field::Branches, Field::Branch]]);
    #[inline(always)]
    fn step(r: Regs) -> Step {
        let index = X::get(&r, 1).cast_unsigned();
        let count = r.imm32(1 + X::UNITS);
        let default = 3 + X::UNITS;
        let at = if index < count { default + 2 + 2 * index as usize } else { default };
        r.branch(at)
    }
}

pub(super) struct Unreachable;

impl Body for Unreachable {
    const NAME: &'static str = "unreachable";
    const FIELDS: &'static [Field] = &[];
    #[inline(always)]
    fn step(_: Regs) -> Step {
        trap(TrapReason::Unreachable)
    }
}

/// Charges for the operators up to the next charge.
pub(super) struct Fuel;

impl Body for Fuel {
    const NAME: &'static str = "fuel";
    const FIELDS: &'static [Field] = &[Field::Count];
    #[inline(always)]
    fn step(r: Regs) -> Step {
        let left: u64 = r.behind(layout::STORE, layout::STORE_FUEL);
        let left = left.cast_signed().wrapping_sub(i64::from(r.imm32(1)));
        r.set_behind(layout::STORE, layout::STORE_FUEL, left.cast_unsigned());
        if left < 0 { trap(TrapReason::OutOfFuel) } else { Ok(r.advance(Self::UNITS)) }
    }
}

/// So many slots are cleared whatever a function has: most have fewer locals.
const CLEARED: usize = 8;
// The frame may end where they begin.
const _: () = assert!(CLEARED <= FRAME_RESERVE as usize);

/// The start of a function: its frame's size, its first slot to be zero, and how many there are.
pub(super) struct Enter;

impl Body for Enter {
    const NAME: &'static str = "enter";
    const FIELDS: &'static [Field] = &[Field::Count, Field::Count, Field::Count];
    #[inline(always)]
    fn step(mut r: Regs) -> Step {
        let frame = u64::from(r.imm32(1)) + u64::from(FRAME_RESERVE);
        if r.sp as u64 + frame * 8 > r.slots_end() {
            return trap(TrapReason::StackOverflow);
        }
        let (first, count) = (r.imm32(3) as usize, r.imm32(5) as usize);
        // What lies behind them is of nobody yet: some more are cleared sooner than it is known how many are to be.
        r.clear_slots(first, CLEARED);
        if count > CLEARED {
            r.clear_slots(first + CLEARED, count - CLEARED);
        }
        Ok(r.advance(Self::UNITS))
    }
}

/// The same for a function that calls.
pub(super) struct EnterPolled;

impl Body for EnterPolled {
    const NAME: &'static str = "enter.poll";
    const FIELDS: &'static [Field] = Enter::FIELDS;
    #[inline(always)]
    fn step(r: Regs) -> Step {
        r.poll()?;
        Enter::step(r)
    }
}

/// Returns nothing.
pub(super) struct Return;

impl Body for Return {
    const NAME: &'static str = "return";
    const FIELDS: &'static [Field] = &[Field::Small];
    #[inline(always)]
    fn step(mut r: Regs) -> Step {
        r.pop_frame(usize::from(r.unit(1)));
        Ok(r)
    }
}

/// Returns a scalar.
pub(super) struct ReturnOne<T, X>(PhantomData<(T, X)>);

impl<T: Value, X: Source<T>> Body for ReturnOne<T, X> {
    const NAME: &'static str = "return";
    const FIELDS: &'static [Field] = &join(&[&[Field::Small], X::FIELDS]);
    #[inline(always)]
    fn step(mut r: Regs) -> Step {
        let value = X::get(&r, 2);
        let mut callee = r;
        r.pop_frame(usize::from(r.unit(1)));
        callee.set_slot(0, value.to_slot());
        value.accumulate(&mut r);
        Ok(r)
    }
}

/// Returns several slots that lie side by side.
pub(super) struct ReturnMany;

impl Body for ReturnMany {
    const NAME: &'static str = "return";
    const FIELDS: &'static [Field] = &[Field::Small, Field::FarSlot, Field::Count];
    #[inline(always)]
    fn step(mut r: Regs) -> Step {
        let mut callee = r;
        let (from, count) = (r.imm32(2) as usize, r.imm32(4) as usize);
        r.pop_frame(usize::from(r.unit(1)));
        callee.move_slots(from, 0, count);
        Ok(r)
    }
}

/// What the outermost function returns to.
pub(super) struct Exit;

impl Body for Exit {
    const NAME: &'static str = "exit";
    const FIELDS: &'static [Field] = &[];
    #[inline(always)]
    fn step(_: Regs) -> Step {
        Err(Leave::Returned)
    }
}
