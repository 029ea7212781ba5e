//! Memories' sizes, tables, references: what needs more than the registers, and the builtins.
//!
//! Read next: [`super::vector`].

use super::body::{Body, Destination, Field, S, Source, Value, join, trap};
use super::regs::{Leave, Regs, Step};
use core::marker::PhantomData;
use holm_abi::layout;
use holm_spec::trap::TrapReason;

/// The size of memory 0: how far to shift its bytes.
pub(super) struct MemorySize<D>(PhantomData<D>);

impl<D: Destination<i64>> Body for MemorySize<D> {
    const NAME: &'static str = "memory.size";
    const FIELDS: &'static [Field] = &join(&[&[Field::Small], D::FIELDS]);
    #[inline(always)]
    fn step(mut r: Regs) -> Step {
        let pages = (r.len as u64) >> (r.unit(1) & 63);
        D::put(&mut r, 2, pages.cast_signed());
        Ok(r.advance(Self::UNITS))
    }
}

pub(super) struct TableSize<D, const IMPORTED: bool>(PhantomData<D>);

impl<D: Destination<i64>, const IMPORTED: bool> Body for TableSize<D, IMPORTED> {
    const NAME: &'static str = "table.size";
    const FIELDS: &'static [Field] = &join(&[&[Field::Context], D::FIELDS]);
    #[inline(always)]
    fn step(mut r: Regs) -> Step {
        let offset = r.offset(1);
        let size: u64 = if IMPORTED {
            r.behind(offset, layout::TABLE_LENGTH)
        } else {
            r.context(offset + layout::TABLE_LENGTH)
        };
        D::put(&mut r, 3, size.cast_signed());
        Ok(r.advance(Self::UNITS))
    }
}

pub(super) struct TableGet<D, const IMPORTED: bool>(PhantomData<D>);

impl<D: Destination<i32>, const IMPORTED: bool> Body for TableGet<D, IMPORTED> {
    const NAME: &'static str = "table.get";
    const FIELDS: &'static [Field] = &join(&[&[Field::Context, Field::Slot], D::FIELDS]);
    #[inline(always)]
    fn step(mut r: Regs) -> Step {
        let index: i32 = <S as Source<i32>>::get(&r, 3);
        let definition = r.definition::<IMPORTED>(r.offset(1));
        let entry = r.table_entry(definition, u64::from(index.cast_unsigned()));
        let Some(entry) = entry else { return trap(TrapReason::OutOfBoundsTable) };
        let reference = (entry >> 96) as u32;
        D::put(&mut r, 4, reference.cast_signed());
        Ok(r.advance(Self::UNITS))
    }
}

/// A reference to a function: its place among those that escape.
pub(super) struct RefFunc<D>(PhantomData<D>);

impl<D: Destination<i32>> Body for RefFunc<D> {
    const NAME: &'static str = "ref.func";
    const FIELDS: &'static [Field] = &join(&[&[Field::Count], D::FIELDS]);
    #[inline(always)]
    fn step(mut r: Regs) -> Step {
        let first: u32 = r.context(layout::FUNCTIONS_FIRST);
        let reference = first.wrapping_add(r.imm32(1));
        D::put(&mut r, 3, reference.cast_signed());
        Ok(r.advance(Self::UNITS))
    }
}

/// A builtin without a result: its number, its first argument, the slots of the other three.
pub(super) struct Builtin;

impl Body for Builtin {
    const NAME: &'static str = "builtin";
    const FIELDS: &'static [Field] =
        &[Field::Small, Field::I64, Field::Slot, Field::Slot, Field::Slot];
    #[inline(always)]
    fn step(r: Regs) -> Step {
        call(&r, r.operand(8))?;
        Ok(r.advance(Self::UNITS))
    }
}

/// `memory.grow` and `table.grow`: the builtin, its first argument, the slots of the other two, the bits of the
/// result.
pub(super) struct Grow<D>(PhantomData<D>);

impl<D: Destination<i64>> Body for Grow<D> {
    const NAME: &'static str = "grow";
    const FIELDS: &'static [Field] =
        &join(&[&[Field::Small, Field::I64, Field::Slot, Field::Slot, Field::Small], D::FIELDS]);
    #[inline(always)]
    fn step(mut r: Regs) -> Step {
        let old = call(&r, 0)?;
        r.reload_memory();
        let unused = 64 - u32::from(r.unit(8)).min(64);
        let old = old << unused >> unused;
        D::put(&mut r, 9, i64::from_slot(old));
        Ok(r.advance(Self::UNITS))
    }
}

/// A builtin with a result: its number, its first argument, the slots of the other three, the bits of the result.
pub(super) struct Ask<D>(PhantomData<D>);

impl<D: Destination<i64>> Body for Ask<D> {
    const NAME: &'static str = "ask";
    const FIELDS: &'static [Field] = &join(&[
        &[Field::Small, Field::I64, Field::Slot, Field::Slot, Field::Slot, Field::Small],
        D::FIELDS,
    ]);
    #[inline(always)]
    fn step(mut r: Regs) -> Step {
        let value = call(&r, r.operand(8))?;
        let unused = 64 - u32::from(r.unit(9)).min(64);
        D::put(&mut r, 10, i64::from_slot(value << unused >> unused));
        Ok(r.advance(Self::UNITS))
    }
}

/// Makes another memory, or a shared one, what accesses go to: its definition, the slot with the address, what is added
/// to that, and what the address must be a multiple of.
pub(super) struct Window<const IMPORTED: bool>;

impl<const IMPORTED: bool> Body for Window<IMPORTED> {
    const NAME: &'static str = "window";
    const FIELDS: &'static [Field] = &[Field::Context, Field::Slot, Field::I64, Field::Small];
    #[inline(always)]
    fn step(mut r: Regs) -> Step {
        let Some(address) = r.operand(3).checked_add(r.imm64(4)) else {
            return trap(TrapReason::OutOfBoundsMemory);
        };
        if address & (u64::from(r.unit(8)) - 1) != 0 {
            return trap(TrapReason::UnalignedAtomic);
        }
        let definition = r.definition::<IMPORTED>(r.offset(1));
        r.set_window(definition, address);
        Ok(r.advance(Self::UNITS))
    }
}

/// An address and what is added to it, as 64 bits.
pub(super) struct Effective<D>(PhantomData<D>);

impl<D: Destination<i64>> Body for Effective<D> {
    const NAME: &'static str = "address";
    const FIELDS: &'static [Field] = &join(&[&[Field::Slot, Field::I64], D::FIELDS]);
    #[inline(always)]
    fn step(mut r: Regs) -> Step {
        let Some(address) = r.operand(1).checked_add(r.imm64(2)) else {
            return trap(TrapReason::OutOfBoundsMemory);
        };
        D::put(&mut r, 6, i64::from_slot(address));
        Ok(r.advance(Self::UNITS))
    }
}

/// Makes memory 0 what accesses go to again.
pub(super) struct Reload;

impl Body for Reload {
    const NAME: &'static str = "reload";
    const FIELDS: &'static [Field] = &[];
    #[inline(always)]
    fn step(mut r: Regs) -> Step {
        r.reload_memory();
        Ok(r.advance(Self::UNITS))
    }
}

/// The size of a memory that is not memory 0: its definition, how far to shift its bytes.
pub(super) struct OtherMemorySize<D, const IMPORTED: bool>(PhantomData<D>);

impl<D: Destination<i64>, const IMPORTED: bool> Body for OtherMemorySize<D, IMPORTED> {
    const NAME: &'static str = "memory.size";
    const FIELDS: &'static [Field] = &join(&[&[Field::Context, Field::Small], D::FIELDS]);
    #[inline(always)]
    fn step(mut r: Regs) -> Step {
        let definition = r.definition::<IMPORTED>(r.offset(1));
        let pages = Regs::length_of(definition) >> (r.unit(3) & 63);
        D::put(&mut r, 4, pages.cast_signed());
        Ok(r.advance(Self::UNITS))
    }
}

/// A 64-bit index as one of 32 bits; none that a table has if it does not fit.
pub(super) struct Narrow<D>(PhantomData<D>);

impl<D: Destination<i32>> Body for Narrow<D> {
    const NAME: &'static str = "narrow";
    const FIELDS: &'static [Field] = &join(&[&[Field::Slot], D::FIELDS]);
    #[inline(always)]
    fn step(mut r: Regs) -> Step {
        let index = u32::try_from(r.operand(1)).unwrap_or(u32::MAX);
        D::put(&mut r, 2, index.cast_signed());
        Ok(r.advance(Self::UNITS))
    }
}

/// Traps if a reference is null.
pub(super) struct NonNull;

impl Body for NonNull {
    const NAME: &'static str = "ref.as_non_null";
    const FIELDS: &'static [Field] = &[Field::Slot];
    #[inline(always)]
    fn step(r: Regs) -> Step {
        if r.operand(1) == 0 {
            return trap(TrapReason::NullReference);
        }
        Ok(r.advance(Self::UNITS))
    }
}

/// Calls the builtin of an instruction with its first argument and two slots, and one more argument.
#[inline(always)]
fn call(r: &Regs, last: u64) -> Result<u64, Leave> {
    builtin(r, u32::from(r.unit(1)), [r.imm64(2), r.operand(6), r.operand(7), last])
}

/// Calls a builtin.
#[inline(always)]
pub(super) fn builtin(r: &Regs, number: u32, arguments: [u64; 4]) -> Result<u64, Leave> {
    // Like callers, it stands after its first unit.
    r.advance(1).save();
    let activation = r.activation();
    let outside = r.with_activation(|activation| {
        activation.arguments = arguments;
        activation.outside
    });
    // SAFETY: the activation is running; translation made the arguments for this builtin.
    let value = unsafe { (outside.builtin)(activation, number) };
    if let Some(reason) = r.with_activation(|activation| activation.trap) {
        return Err(Leave::Noted(reason));
    }
    super::exception::is_thrown(r)?;
    Ok(value)
}
