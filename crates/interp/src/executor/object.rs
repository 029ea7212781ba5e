//! Structures, arrays, small integers, casts.
//!
//! Room for objects is taken here while there is some; whatever may collect is a builtin. A collection may move every
//! object: translation says at which instructions that can happen and which slots hold references then. Invariant: between
//! the room for an object and its last field nothing is called. Read next: [`super::vector`].

use super::body::{Body, Destination, Field, Value, join, trap};
use super::outside::builtin;
use super::regs::{Leave, Regs, Step};
use core::marker::PhantomData;
use holm_abi::object::{
    self, DISPLAY_DEPTH, ID_MASK, KIND_ARRAY, KIND_HOST, KIND_MASK, KIND_STRUCT,
};
use holm_abi::{Builtin, layout};
use holm_spec::trap::TrapReason;

/// The reference in the slot named by a unit of the instruction.
#[expect(clippy::cast_possible_truncation, reason = "references have 32 bits")]
#[inline(always)]
fn reference(r: &Regs, at: usize) -> u32 {
    r.operand(at) as u32
}

/// The same unless it is null.
#[inline(always)]
fn non_null(r: &Regs, at: usize, reason: TrapReason) -> Result<u32, Leave> {
    match reference(r, at) {
        0 => trap(reason),
        other => Ok(other),
    }
}

/// Room for an object: the type's header word in the context, its bytes. Its contents are zero if `ZERO`.
pub(super) struct New<const ZERO: bool>;

impl<const ZERO: bool> Body for New<ZERO> {
    const NAME: &'static str = if ZERO { "object.new.zero" } else { "object.new" };
    const FIELDS: &'static [Field] = &[Field::Context, Field::Count, Field::To];
    #[inline(always)]
    fn step(mut r: Regs) -> Step {
        let (header, bytes): (u32, u32) = (r.context(r.offset(1)), r.imm32(3));
        let next: u64 = r.behind(layout::STORE, layout::STORE_HEAP_NEXT);
        let end = next + u64::from(bytes);
        let made = if end <= r.behind::<u64>(layout::STORE, layout::STORE_HEAP_LIMIT) {
            r.set_behind(layout::STORE, layout::STORE_HEAP_NEXT, end);
            next
        } else {
            let arguments = [u64::from(header), u64::from(bytes), 0, 0];
            builtin(&r, Builtin::ObjectNew as u32, arguments)?
        };
        let slot = usize::from(r.unit(5));
        r.set_slot(slot, made & u64::from(u32::MAX));
        let place = reference(&r, 5);
        r.heap_store(place, object::HEADER.unsigned_abs(), header.to_le_bytes())?;
        if ZERO {
            r.heap_clear(place, object::STRUCT_FIELDS, bytes - object::STRUCT_FIELDS)?;
        }
        Ok(r.advance(Self::UNITS))
    }
}

/// How a field or element is kept.
pub(super) trait Kept<const N: usize> {
    /// What a slot holds of it.
    fn load(bytes: [u8; N]) -> u64;
    fn store(slot: u64) -> [u8; N];
    /// Whether it is a reference of the collector's.
    const COLLECTED: bool = false;
}

macro_rules! kept {
    ($($name:ident $bytes:literal $load:expr;)*) => {
        $(
            pub(super) struct $name;
            impl Kept<$bytes> for $name {
                #[inline(always)]
                fn load(bytes: [u8; $bytes]) -> u64 {
                    let load: fn([u8; $bytes]) -> u64 = $load;
                    load(bytes)
                }
                #[inline(always)]
                fn store(slot: u64) -> [u8; $bytes] {
                    let bytes = slot.to_le_bytes();
                    core::array::from_fn(|at| bytes[at])
                }
            }
        )*
    };
}
kept! {
    S8 1 |bytes| u64::from(i32::from(i8::from_le_bytes(bytes)).cast_unsigned());
    U8 1 |bytes| u64::from(u8::from_le_bytes(bytes));
    S16 2 |bytes| u64::from(i32::from(i16::from_le_bytes(bytes)).cast_unsigned());
    U16 2 |bytes| u64::from(u16::from_le_bytes(bytes));
    W32 4 |bytes| u64::from(u32::from_le_bytes(bytes));
    W64 8 u64::from_le_bytes;
}

/// A reference of the collector's.
pub(super) struct Ref;

impl Kept<4> for Ref {
    #[inline(always)]
    fn load(bytes: [u8; 4]) -> u64 {
        W32::load(bytes)
    }
    #[inline(always)]
    fn store(slot: u64) -> [u8; 4] {
        W32::store(slot)
    }
    const COLLECTED: bool = true;
}

/// A field: the reference, the distance from the header.
pub(super) struct Get<K, D, const N: usize>(PhantomData<(K, D)>);

impl<K: Kept<N>, D: Destination<i64>, const N: usize> Body for Get<K, D, N> {
    const NAME: &'static str = "struct.get";
    const FIELDS: &'static [Field] = &join(&[&[Field::Slot, Field::Count], D::FIELDS]);
    #[inline(always)]
    fn step(mut r: Regs) -> Step {
        let place = non_null(&r, 1, TrapReason::NullStructureReference)?;
        let value = K::load(r.heap_load(place, r.imm32(2))?);
        D::put(&mut r, 4, i64::from_slot(value));
        Ok(r.advance(Self::UNITS))
    }
}

/// Sets a field: the reference, the distance from the header, the value.
pub(super) struct Set<K, const N: usize>(PhantomData<K>);

impl<K: Kept<N>, const N: usize> Body for Set<K, N> {
    const NAME: &'static str = "struct.set";
    const FIELDS: &'static [Field] = &[Field::Slot, Field::Count, Field::Slot];
    #[inline(always)]
    fn step(r: Regs) -> Step {
        let place = non_null(&r, 1, TrapReason::NullStructureReference)?;
        r.heap_store(place, r.imm32(2), K::store(r.operand(4)))?;
        if K::COLLECTED {
            r.mark_card(place);
        }
        Ok(r.advance(Self::UNITS))
    }
}

/// A field that is a vector.
pub(super) struct GetV;

impl Body for GetV {
    const NAME: &'static str = "struct.get.v128";
    const FIELDS: &'static [Field] = &[Field::Slot, Field::Count, Field::To];
    #[inline(always)]
    fn step(mut r: Regs) -> Step {
        let place = non_null(&r, 1, TrapReason::NullStructureReference)?;
        let value = u128::from_le_bytes(r.heap_load(place, r.imm32(2))?);
        let slot = usize::from(r.unit(4));
        r.set_vector(slot, value);
        Ok(r.advance(Self::UNITS))
    }
}

/// Sets a field that is a vector.
pub(super) struct SetV;

impl Body for SetV {
    const NAME: &'static str = "struct.set.v128";
    const FIELDS: &'static [Field] = &[Field::Slot, Field::Count, Field::Slot];
    #[inline(always)]
    fn step(r: Regs) -> Step {
        let place = non_null(&r, 1, TrapReason::NullStructureReference)?;
        let value = r.vector(usize::from(r.unit(4)));
        r.heap_store(place, r.imm32(2), value.to_le_bytes())?;
        Ok(r.advance(Self::UNITS))
    }
}

/// The length of an array, which is not null.
#[inline(always)]
fn length(r: &Regs, array: u32) -> Result<u32, Leave> {
    Ok(u32::from_le_bytes(r.heap_load(array, object::ARRAY_LENGTH.unsigned_abs())?))
}

/// The place of an element of `bytes` bytes, without the array's header: array and index are the first two fields.
#[inline(always)]
fn element(r: &Regs, bytes: usize) -> Result<u32, Leave> {
    let array = non_null(r, 1, TrapReason::NullArrayReference)?;
    let index = reference(r, 2);
    if index >= length(r, array)? {
        return trap(TrapReason::OutOfBoundsArray);
    }
    // In 32 bits, so that even a broken length does not lead out of the heap.
    Ok(array.wrapping_add(index << bytes.trailing_zeros()))
}

/// An element: the array, the index.
pub(super) struct ArrayGet<K, D, const N: usize>(PhantomData<(K, D)>);

impl<K: Kept<N>, D: Destination<i64>, const N: usize> Body for ArrayGet<K, D, N> {
    const NAME: &'static str = "array.get";
    const FIELDS: &'static [Field] = &join(&[&[Field::Slot, Field::Slot], D::FIELDS]);
    #[inline(always)]
    fn step(mut r: Regs) -> Step {
        let place = element(&r, N)?;
        let value = K::load(r.heap_load(place, object::ARRAY_ELEMENTS)?);
        D::put(&mut r, 3, i64::from_slot(value));
        Ok(r.advance(Self::UNITS))
    }
}

/// Sets an element: the array, the index, the value.
pub(super) struct ArraySet<K, const N: usize>(PhantomData<K>);

impl<K: Kept<N>, const N: usize> Body for ArraySet<K, N> {
    const NAME: &'static str = "array.set";
    const FIELDS: &'static [Field] = &[Field::Slot, Field::Slot, Field::Slot];
    #[inline(always)]
    fn step(r: Regs) -> Step {
        let place = element(&r, N)?;
        r.heap_store(place, object::ARRAY_ELEMENTS, K::store(r.operand(3)))?;
        if K::COLLECTED {
            r.mark_card(place);
        }
        Ok(r.advance(Self::UNITS))
    }
}

/// An element that is a vector.
pub(super) struct ArrayGetV;

impl Body for ArrayGetV {
    const NAME: &'static str = "array.get.v128";
    const FIELDS: &'static [Field] = &[Field::Slot, Field::Slot, Field::To];
    #[inline(always)]
    fn step(mut r: Regs) -> Step {
        let place = element(&r, 16)?;
        let value = u128::from_le_bytes(r.heap_load(place, object::ARRAY_ELEMENTS)?);
        let slot = usize::from(r.unit(3));
        r.set_vector(slot, value);
        Ok(r.advance(Self::UNITS))
    }
}

/// Sets an element that is a vector.
pub(super) struct ArraySetV;

impl Body for ArraySetV {
    const NAME: &'static str = "array.set.v128";
    const FIELDS: &'static [Field] = &[Field::Slot, Field::Slot, Field::Slot];
    #[inline(always)]
    fn step(r: Regs) -> Step {
        let place = element(&r, 16)?;
        let value = r.vector(usize::from(r.unit(3)));
        r.heap_store(place, object::ARRAY_ELEMENTS, value.to_le_bytes())?;
        Ok(r.advance(Self::UNITS))
    }
}

pub(super) struct ArrayLength<D>(PhantomData<D>);

impl<D: Destination<i32>> Body for ArrayLength<D> {
    const NAME: &'static str = "array.len";
    const FIELDS: &'static [Field] = &join(&[&[Field::Slot], D::FIELDS]);
    #[inline(always)]
    fn step(mut r: Regs) -> Step {
        let array = non_null(&r, 1, TrapReason::NullArrayReference)?;
        let value = length(&r, array)?;
        D::put(&mut r, 2, value.cast_signed());
        Ok(r.advance(Self::UNITS))
    }
}

/// A word of the context into a slot.
pub(super) struct Word;

impl Body for Word {
    const NAME: &'static str = "word";
    const FIELDS: &'static [Field] = &[Field::Context, Field::To];
    #[inline(always)]
    fn step(mut r: Regs) -> Step {
        let slot = usize::from(r.unit(3));
        r.set_slot(slot, u64::from(r.context::<u32>(r.offset(1))));
        Ok(r.advance(Self::UNITS))
    }
}

/// Two 32-bit numbers as one of 64 bits, the first low.
pub(super) struct Pair;

impl Body for Pair {
    const NAME: &'static str = "pair";
    const FIELDS: &'static [Field] = &[Field::Slot, Field::Slot, Field::To];
    #[inline(always)]
    fn step(mut r: Regs) -> Step {
        let value = u64::from(reference(&r, 1)) | u64::from(reference(&r, 2)) << 32;
        let slot = usize::from(r.unit(3));
        r.set_slot(slot, value);
        Ok(r.advance(Self::UNITS))
    }
}

/// A builtin on four slots whose result has 32 bits and goes to a slot.
pub(super) struct Ask4;

impl Body for Ask4 {
    const NAME: &'static str = "ask4";
    const FIELDS: &'static [Field] =
        &[Field::Small, Field::Slot, Field::Slot, Field::Slot, Field::Slot, Field::To];
    #[inline(always)]
    fn step(mut r: Regs) -> Step {
        let arguments = [r.operand(2), r.operand(3), r.operand(4), r.operand(5)];
        let value = builtin(&r, u32::from(r.unit(1)), arguments)?;
        let slot = usize::from(r.unit(6));
        r.set_slot(slot, value & u64::from(u32::MAX));
        Ok(r.advance(Self::UNITS))
    }
}

/// A small integer as a reference.
pub(super) struct Small<D>(PhantomData<D>);

impl<D: Destination<i32>> Body for Small<D> {
    const NAME: &'static str = "ref.i31";
    const FIELDS: &'static [Field] = &join(&[&[Field::Slot], D::FIELDS]);
    #[inline(always)]
    fn step(mut r: Regs) -> Step {
        let value = reference(&r, 1) << 1 | 1;
        D::put(&mut r, 2, value.cast_signed());
        Ok(r.advance(Self::UNITS))
    }
}

/// The small integer that a reference is.
pub(super) struct SmallGet<D, const SIGNED: bool>(PhantomData<D>);

impl<D: Destination<i32>, const SIGNED: bool> Body for SmallGet<D, SIGNED> {
    const NAME: &'static str = if SIGNED { "i31.get_s" } else { "i31.get_u" };
    const FIELDS: &'static [Field] = &join(&[&[Field::Slot], D::FIELDS]);
    #[inline(always)]
    fn step(mut r: Regs) -> Step {
        let value = non_null(&r, 1, TrapReason::NullI31Reference)?;
        let value = if SIGNED { value.cast_signed() >> 1 } else { (value >> 1).cast_signed() };
        D::put(&mut r, 2, value);
        Ok(r.advance(Self::UNITS))
    }
}

/// What a reference that is not null is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u16)]
pub(crate) enum Question {
    /// Nothing can be of such a type.
    Nothing,
    /// Everything is.
    Anything,
    Small,
    /// Anything but things of the host's.
    Eq,
    Struct,
    Array,
    /// An object of a type or one below it.
    Object,
    /// A function of a type or one below it.
    Function,
}

/// Whether the reference is of a type. Fields: the reference, the [`Question`], whether null is, the depth of the
/// type, its header word in the context.
#[inline(always)]
fn is(r: &Regs) -> Result<bool, Leave> {
    let reference = reference(r, 1);
    if reference == 0 {
        return Ok(r.unit(3) != 0);
    }
    let question = r.unit(2);
    let asks = |other: Question| question == other as u16;
    if asks(Question::Anything) || asks(Question::Nothing) {
        return Ok(asks(Question::Anything));
    }
    if asks(Question::Function) {
        return is_below(r, r.function_type(reference));
    }
    if reference & 1 == 1 {
        return Ok(asks(Question::Small) || asks(Question::Eq));
    }
    if asks(Question::Small) {
        return Ok(false);
    }
    let header = u32::from_le_bytes(r.heap_load(reference, object::HEADER.unsigned_abs())?);
    let kind = header & KIND_MASK;
    if asks(Question::Object) {
        return is_below(r, header);
    }
    Ok(if asks(Question::Eq) {
        kind != KIND_HOST
    } else {
        kind == if asks(Question::Struct) { KIND_STRUCT } else { KIND_ARRAY }
    })
}

/// Whether a header word or a function's type is that of the question or below it.
#[inline(always)]
fn is_below(r: &Regs, found: u32) -> Result<bool, Leave> {
    let wanted: u32 = r.context(r.offset(5));
    if found == wanted {
        return Ok(true);
    }
    let (id, wanted, depth) = (found & ID_MASK, wanted & ID_MASK, u32::from(r.unit(4)));
    if depth < DISPLAY_DEPTH {
        return Ok(r.type_above(id, depth) == wanted);
    }
    let arguments = [u64::from(id), u64::from(wanted), 0, 0];
    Ok(builtin(r, Builtin::TypeIsBelow as u32, arguments)? != 0)
}

/// Fields of what asks for a type.
const QUESTION: &[Field] = &[Field::Slot, Field::Small, Field::Small, Field::Small, Field::Context];

pub(super) struct Test<D>(PhantomData<D>);

impl<D: Destination<i32>> Body for Test<D> {
    const NAME: &'static str = "ref.test";
    const FIELDS: &'static [Field] = &join(&[QUESTION, D::FIELDS]);
    #[inline(always)]
    fn step(mut r: Regs) -> Step {
        let answer = is(&r)?;
        D::put(&mut r, 7, i32::from(answer));
        Ok(r.advance(Self::UNITS))
    }
}

pub(super) struct Cast;

impl Body for Cast {
    const NAME: &'static str = "ref.cast";
    const FIELDS: &'static [Field] = QUESTION;
    #[inline(always)]
    fn step(r: Regs) -> Step {
        if is(&r)? { Ok(r.advance(Self::UNITS)) } else { trap(TrapReason::CastFailure) }
    }
}
