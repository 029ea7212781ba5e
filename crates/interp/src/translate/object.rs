//! Structures and arrays.
//!
//! What makes an object may move all others, so operands stay on the stack, in slots that the map of that place names, until
//! the object is there; what it takes besides lies in slots above them. Read next: [`super::cast`].

use super::emit::{LastKind, halves, index};
use super::stack::{Place, class_of};
use super::{Done, Failure, Translator, is_collected};
use crate::ops::misc::Misc;
use crate::ops::scalar::Class;
use holm_abi::Builtin;
use holm_abi::object::{ARRAY_ELEMENTS, ARRAY_LENGTH, ArrayLayout, StructLayout};
use holm_module::wasm::Operator;
use holm_spec::types::{CompositeType, FieldType, HeapType, RefType, StorageType, ValType};

/// Slots above the operands that an operator may use.
const EXTRA_SLOTS: u32 = 4;

/// The forms of an access, by how the place is kept.
#[derive(Clone, Copy)]
struct Forms {
    signed: [Misc; 2],
    /// Of 8, 16, 32 and 64 bits; a vector; a reference of the collector's.
    plain: [Misc; 6],
}

const STRUCT_GET: Forms = Forms {
    signed: [Misc::StructGetS8, Misc::StructGetS16],
    plain: [
        Misc::StructGetU8,
        Misc::StructGetU16,
        Misc::StructGetW32,
        Misc::StructGetW64,
        Misc::StructGetV,
        Misc::StructGetW32,
    ],
};
const ARRAY_GET: Forms = Forms {
    signed: [Misc::ArrayGetS8, Misc::ArrayGetS16],
    plain: [
        Misc::ArrayGetU8,
        Misc::ArrayGetU16,
        Misc::ArrayGetW32,
        Misc::ArrayGetW64,
        Misc::ArrayGetV,
        Misc::ArrayGetW32,
    ],
};
const STRUCT_SET: Forms = Forms {
    signed: [Misc::StructSetU8, Misc::StructSetU16],
    plain: [
        Misc::StructSetU8,
        Misc::StructSetU16,
        Misc::StructSetW32,
        Misc::StructSetW64,
        Misc::StructSetV,
        Misc::StructSetRef,
    ],
};
const ARRAY_SET: Forms = Forms {
    signed: [Misc::ArraySetU8, Misc::ArraySetU16],
    plain: [
        Misc::ArraySetU8,
        Misc::ArraySetU16,
        Misc::ArraySetW32,
        Misc::ArraySetW64,
        Misc::ArraySetV,
        Misc::ArraySetRef,
    ],
};

impl Forms {
    fn of(&self, storage: StorageType, signed: bool) -> Misc {
        match storage {
            StorageType::I8 if signed => self.signed[0],
            StorageType::I16 if signed => self.signed[1],
            StorageType::I8 => self.plain[0],
            StorageType::I16 => self.plain[1],
            StorageType::Val(ValType::I64 | ValType::F64) => self.plain[3],
            StorageType::Val(ValType::V128) => self.plain[4],
            StorageType::Val(ty) if is_collected(ty) => self.plain[5],
            StorageType::Val(_) => self.plain[2],
        }
    }
}

impl<'a> Translator<'a> {
    pub(super) fn object_operator(&mut self, operator: &Operator<'_>) -> Result<bool, Failure> {
        match operator {
            Operator::StructNew { struct_type_index } => self.struct_new(*struct_type_index)?,
            Operator::StructNewDefault { struct_type_index } => {
                let layout = StructLayout::new(self.fields(*struct_type_index));
                let made = self.room(Misc::ObjectNewZero, *struct_type_index, layout.bytes)?;
                self.made(made, 0, *struct_type_index)?;
            }
            Operator::StructGet { struct_type_index, field_index }
            | Operator::StructGetU { struct_type_index, field_index } => {
                self.struct_get(*struct_type_index, *field_index, false)?;
            }
            Operator::StructGetS { struct_type_index, field_index } => {
                self.struct_get(*struct_type_index, *field_index, true)?;
            }
            Operator::StructSet { struct_type_index, field_index } => {
                self.struct_set(*struct_type_index, *field_index);
            }
            _ => return self.array_operator(operator),
        }
        Ok(true)
    }

    fn array_operator(&mut self, operator: &Operator<'_>) -> Result<bool, Failure> {
        match operator {
            Operator::ArrayNew { array_type_index } => self.array_new(*array_type_index, true)?,
            Operator::ArrayNewDefault { array_type_index } => {
                self.array_new(*array_type_index, false)?;
            }
            Operator::ArrayNewFixed { array_type_index, array_size } => {
                self.array_of(*array_type_index, *array_size)?;
            }
            Operator::ArrayGet { array_type_index } | Operator::ArrayGetU { array_type_index } => {
                self.array_get(*array_type_index, false)?;
            }
            Operator::ArrayGetS { array_type_index } => self.array_get(*array_type_index, true)?,
            Operator::ArraySet { array_type_index } => self.array_set(*array_type_index),
            Operator::ArrayLen => {
                let array = self.pop_near();
                self.spill(Class::Int);
                let before = self.cached;
                let start = self.misc(Misc::ArrayLength);
                self.units.push(array);
                self.result(start, ValType::I32, LastKind::Other, before)?;
            }
            _ => return self.array_bulk_operator(operator),
        }
        Ok(true)
    }

    fn array_bulk_operator(&mut self, operator: &Operator<'_>) -> Result<bool, Failure> {
        match operator {
            Operator::ArrayNewData { array_type_index, array_data_index } => {
                let builtin = Builtin::ArrayNewData;
                self.array_from_segment(builtin, *array_type_index, *array_data_index)?;
            }
            Operator::ArrayNewElem { array_type_index, array_elem_index } => {
                let builtin = Builtin::ArrayNewElement;
                self.array_from_segment(builtin, *array_type_index, *array_elem_index)?;
            }
            Operator::ArrayFill { array_type_index } => {
                let extra = self.extra(4)?;
                let (count, value) = (self.pop_to_slot(), self.pop_to_slot());
                let (index, array) = (self.pop_to_slot(), self.pop_to_slot());
                let ty = self.element_type(*array_type_index).storage.unpacked();
                self.fill([array, index, value, count], ty, extra);
            }
            Operator::ArrayCopy { .. } => {
                let extra = self.extra(5)?;
                let (count, from, source) =
                    (self.pop_to_slot(), self.pop_to_slot(), self.pop_to_slot());
                let (to, array) = (self.pop_to_slot(), self.pop_to_slot());
                self.pair(array, source, extra);
                self.ask4(Builtin::ArrayCopy, [extra, to, from, count], extra + 1);
            }
            Operator::ArrayInitData { array_data_index, .. } => {
                self.array_init(Builtin::ArrayInitData, *array_data_index)?;
            }
            Operator::ArrayInitElem { array_elem_index, .. } => {
                self.array_init(Builtin::ArrayInitElement, *array_elem_index)?;
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// The fields of a structure type.
    fn fields(&self, ty: u32) -> &'a [FieldType] {
        match &self.module.types[ty as usize].composite {
            CompositeType::Struct(fields) => fields,
            _ => &[],
        }
    }

    /// The elements of an array type.
    fn element_type(&self, ty: u32) -> FieldType {
        match &self.module.types[ty as usize].composite {
            CompositeType::Array(element) => *element,
            _ => FieldType { storage: StorageType::I8, mutable: false },
        }
    }

    /// Puts the uppermost operands into their slots; the first slot above them, of those that are free.
    fn extra(&mut self, operands: usize) -> Result<u32, Failure> {
        self.spill_all();
        self.materialize_top(operands);
        let extra = self.next_slot();
        self.need(extra + EXTRA_SLOTS)?;
        Ok(extra)
    }

    /// Room for an object, with all operands still on the stack; the slot of the reference to it.
    fn room(&mut self, misc: Misc, ty: u32, bytes: u32) -> Result<u32, Failure> {
        let made = self.extra(0)?;
        let start = self.misc(misc);
        self.note_references(start + 1);
        self.wide(self.program.layout.type_id(ty).cast_unsigned());
        self.wide(bytes);
        self.to(made);
        self.last_to = None;
        // What the accumulator had may have moved.
        self.cached = [None; 3];
        Ok(made)
    }

    /// Replaces operands by the reference to what was made of them.
    fn made(&mut self, made: u32, operands: usize, ty: u32) -> Done {
        for _ in 0..operands {
            self.pop();
        }
        let heap = match self.module.types[ty as usize].composite {
            CompositeType::Array(_) => HeapType::ConcreteArray(ty),
            _ => HeapType::ConcreteStruct(ty),
        };
        let slot = self.next_slot();
        self.scratch_used = 0;
        self.copy(made, slot, Class::Int);
        self.push(Place::Slot, RefType::non_null(heap).into())
    }

    fn struct_new(&mut self, ty: u32) -> Done {
        let fields = self.fields(ty);
        let layout = StructLayout::new(fields);
        self.materialize_top(fields.len());
        let made = self.room(Misc::ObjectNew, ty, layout.bytes)?;
        let first = self.stack.len() - fields.len();
        for (index, field) in fields.iter().enumerate() {
            let value = self.stack[first + index].slot;
            self.set_new(made, layout.fields[index], field.storage, value);
        }
        self.made(made, fields.len(), ty)
    }

    /// Writes a field of an object that was just made.
    fn set_new(&mut self, made: u32, at: u32, storage: StorageType, value: u32) {
        self.scratch_used = 0;
        let made = self.near(made);
        let is_vector = storage == StorageType::Val(ValType::V128);
        let value = if is_vector { self.near2(value) } else { self.near(value) };
        // It is young: nobody has to know that references were stored there.
        let misc = match STRUCT_SET.of(storage, false) {
            Misc::StructSetRef => Misc::StructSetW32,
            other => other,
        };
        self.misc(misc);
        self.units.push(made);
        self.wide(at);
        self.units.push(value);
    }

    /// An instruction that reads a place: its fields so far are `fields`.
    fn get(&mut self, misc: Misc, fields: &[u16], ty: ValType) -> Done {
        if ty == ValType::V128 {
            self.misc(misc);
            self.units.extend_from_slice(fields);
            return self.result_in_slot(ty);
        }
        self.spill(Class::Int);
        let before = self.cached;
        if class_of(ty) == Class::Int {
            let start = self.misc(misc);
            self.units.extend_from_slice(fields);
            return self.result(start, ty, LastKind::Other, before);
        }
        // The form with the result in a slot; the accumulator of integers has the bits, which are of no use.
        self.op(misc.number() + 1);
        self.units.extend_from_slice(fields);
        self.cached[index(Class::Int)] = None;
        self.result_in_slot(ty)
    }

    fn struct_get(&mut self, ty: u32, field: u32, signed: bool) -> Done {
        let storage = self.fields(ty)[field as usize].storage;
        let at = StructLayout::new(self.fields(ty)).fields[field as usize];
        let reference = self.pop_near();
        let [low, high] = halves(at);
        let fields = [reference, low, high];
        self.get(STRUCT_GET.of(storage, signed), &fields, storage.unpacked())
    }

    fn struct_set(&mut self, ty: u32, field: u32) {
        let storage = self.fields(ty)[field as usize].storage;
        let at = StructLayout::new(self.fields(ty)).fields[field as usize];
        let value = self.pop_kept(storage);
        let reference = self.pop_near();
        self.misc(STRUCT_SET.of(storage, false));
        self.units.push(reference);
        self.wide(at);
        self.units.push(value);
    }

    /// The near slot or slots of a value that is popped.
    fn pop_kept(&mut self, storage: StorageType) -> u16 {
        let slot = self.pop_to_slot();
        if storage == StorageType::Val(ValType::V128) { self.near2(slot) } else { self.near(slot) }
    }

    fn array_get(&mut self, ty: u32, signed: bool) -> Done {
        let storage = self.element_type(ty).storage;
        let index = self.pop_near();
        let array = self.pop_near();
        self.get(ARRAY_GET.of(storage, signed), &[array, index], storage.unpacked())
    }

    fn array_set(&mut self, ty: u32) {
        let storage = self.element_type(ty).storage;
        let value = self.pop_kept(storage);
        let index = self.pop_near();
        let array = self.pop_near();
        self.misc(ARRAY_SET.of(storage, false));
        self.units.extend([array, index, value]);
    }

    fn array_of(&mut self, ty: u32, count: u32) -> Done {
        let element = self.element_type(ty);
        let layout = ArrayLayout::new(element);
        let bytes = u32::try_from(layout.bytes(count)).unwrap_or(u32::MAX);
        self.materialize_top(count as usize);
        let made = self.room(Misc::ObjectNew, ty, bytes)?;
        self.put(u64::from(count), made + 1);
        let length = StorageType::Val(ValType::I32);
        self.set_new(made, ARRAY_LENGTH.unsigned_abs(), length, made + 1);
        let first = self.stack.len() - count as usize;
        let mut at = ARRAY_ELEMENTS;
        for index in 0..count as usize {
            let value = self.stack[first + index].slot;
            self.set_new(made, at, element.storage, value);
            at += 1 << layout.element_bytes_log2;
        }
        self.made(made, count as usize, ty)
    }

    fn array_new(&mut self, ty: u32, has_value: bool) -> Done {
        let operands = 1 + usize::from(has_value);
        let extra = self.extra(operands)?;
        let top = self.stack.len() - 1;
        let (count, value) = (self.stack[top].slot, self.stack[top + 1 - operands].slot);
        self.header(ty, extra);
        self.ask4(Builtin::ArrayNew, [extra, count, extra, extra], extra);
        if has_value {
            self.put(0, extra + 1);
            let element = self.element_type(ty).storage.unpacked();
            self.fill([extra, extra + 1, value, count], element, extra + 2);
        }
        self.made(extra, operands, ty)
    }

    fn array_from_segment(&mut self, builtin: Builtin, ty: u32, segment: u32) -> Done {
        let extra = self.extra(2)?;
        let top = self.stack.len() - 1;
        let (from, count) = (self.stack[top - 1].slot, self.stack[top].slot);
        self.header(ty, extra);
        self.put(u64::from(segment), extra + 1);
        self.ask4(builtin, [extra, extra + 1, from, count], extra);
        self.made(extra, 2, ty)
    }

    fn array_init(&mut self, builtin: Builtin, segment: u32) -> Done {
        let extra = self.extra(4)?;
        let (count, from) = (self.pop_to_slot(), self.pop_to_slot());
        let (to, array) = (self.pop_to_slot(), self.pop_to_slot());
        self.put(u64::from(segment), extra);
        self.pair(array, extra, extra + 1);
        self.ask4(builtin, [extra + 1, to, from, count], extra);
        Ok(())
    }

    /// Fills elements: array, index, value and count lie in these slots; `extra` and the next one are free.
    fn fill(&mut self, slots: [u32; 4], ty: ValType, extra: u32) {
        let [array, index, value, count] = slots;
        self.pair(index, count, extra);
        let high = if ty == ValType::V128 {
            value + 1
        } else {
            self.put(0, extra + 1);
            extra + 1
        };
        self.ask4(Builtin::ArrayFill, [array, extra, value, high], extra);
    }

    /// The header word of a type into a slot.
    fn header(&mut self, ty: u32, slot: u32) {
        self.scratch_used = 0;
        self.misc(Misc::Word);
        self.wide(self.program.layout.type_id(ty).cast_unsigned());
        self.to(slot);
    }

    /// Two slots' numbers into one.
    fn pair(&mut self, low: u32, high: u32, slot: u32) {
        self.scratch_used = 0;
        let fields = [self.near(low), self.near(high)];
        self.misc(Misc::Pair);
        self.units.extend(fields);
        self.to(slot);
    }

    /// A builtin on four slots. It may collect; what it gives, if it has a result, goes to another slot.
    fn ask4(&mut self, builtin: Builtin, slots: [u32; 4], to: u32) {
        self.scratch_used = 0;
        let fields = slots.map(|slot| self.near(slot));
        let start = self.misc(Misc::Ask4);
        self.note_references(start + 1);
        self.units.push(builtin as u16);
        self.units.extend(fields);
        self.to(to);
        self.last_to = None;
        self.cached = [None; 3];
    }
}
