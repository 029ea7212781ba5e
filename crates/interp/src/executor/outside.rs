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

/// Calls the builtin of an instruction with its first argument and two slots, and one more argument.
#[inline(always)]
fn call(r: &Regs, last: u64) -> Result<u64, Leave> {
    r.save();
    let activation = r.activation();
    let arguments = [r.imm64(2), r.operand(6), r.operand(7), last];
    let outside = r.with_activation(|activation| {
        activation.arguments = arguments;
        activation.outside
    });
    // SAFETY: the activation is running; translation made the arguments for this builtin.
    let value = unsafe { (outside.builtin)(activation, u32::from(r.unit(1))) };
    match r.with_activation(|activation| activation.trap) {
        None => Ok(value),
        Some(reason) => Err(Leave::Trap(reason)),
    }
}
