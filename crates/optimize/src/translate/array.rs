//! Arrays: `array.*`.
//!
//! Reading and writing an element happens in line, behind a comparison with the length; so do small new arrays
//! of constant length. The rest is the host's, which cuts long work into interruptible pieces.
//! Read next: [`super::object`].

use super::flags::Region;
use super::heap::is_collected;
use super::object::Slot;
use super::{Handled, Translator, trap, value_type};
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{self, InstBuilder, Value, types};
use holm_abi::Builtin;
use holm_abi::object::{self, ARRAY_ELEMENTS, ArrayLayout};
use holm_abi::settings::MemoryStrategy;
use holm_module::wasm::Operator;
use holm_spec::trap::TrapReason;
use holm_spec::types::{CompositeType, FieldType, StorageType};

/// The longest new array that is made in line, in elements.
const INLINE_ELEMENTS_MAX: u32 = 24;

impl Translator<'_, '_> {
    pub(super) fn array_operator(&mut self, operator: &Operator<'_>) -> Handled {
        match operator {
            Operator::ArrayNew { array_type_index } => self.array_new(*array_type_index, true),
            Operator::ArrayNewDefault { array_type_index } => {
                self.array_new(*array_type_index, false);
            }
            Operator::ArrayNewFixed { array_type_index, array_size } => {
                let values = self.pop_canonical(*array_size as usize);
                let array = self.array_of(*array_type_index, &values);
                self.push(array);
            }
            Operator::ArrayGet { array_type_index } | Operator::ArrayGetU { array_type_index } => {
                self.array_get(*array_type_index, false);
            }
            Operator::ArrayGetS { array_type_index } => self.array_get(*array_type_index, true),
            Operator::ArraySet { array_type_index } => self.array_set(*array_type_index),
            Operator::ArrayLen => {
                let array = self.pop();
                let length = self.array_length(array);
                self.push(length);
            }
            _ => return self.array_bulk_operator(operator),
        }
        Ok(true)
    }

    fn array_bulk_operator(&mut self, operator: &Operator<'_>) -> Handled {
        match operator {
            Operator::ArrayNewData { array_type_index, array_data_index } => {
                let builtin = Builtin::ArrayNewData;
                self.array_from_segment(builtin, *array_type_index, *array_data_index);
            }
            Operator::ArrayNewElem { array_type_index, array_elem_index } => {
                let builtin = Builtin::ArrayNewElement;
                self.array_from_segment(builtin, *array_type_index, *array_elem_index);
            }
            Operator::ArrayFill { .. } => {
                let count = self.pop();
                let (array, index, value) = self.pop3();
                self.array_fill(array, index, value, count);
            }
            Operator::ArrayCopy { .. } => {
                let (source, from, count) = self.pop3();
                let (array, to) = self.pop2();
                let arrays = self.pair(array, source);
                let [to, from, count] = [to, from, count].map(|number| self.wide(number));
                self.builtin(Builtin::ArrayCopy, &[arrays, to, from, count]);
            }
            Operator::ArrayInitData { array_data_index, .. } => {
                self.array_init(Builtin::ArrayInitData, *array_data_index);
            }
            Operator::ArrayInitElem { array_elem_index, .. } => {
                self.array_init(Builtin::ArrayInitElement, *array_elem_index);
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// The elements of an array type.
    fn element_type(&self, ty: u32) -> FieldType {
        match &self.env.module.types[ty as usize].composite {
            CompositeType::Array(element) => *element,
            _ => FieldType { storage: StorageType::I8, mutable: false },
        }
    }

    /// A new array of these elements.
    fn array_of(&mut self, ty: u32, values: &[Value]) -> Value {
        let element = self.element_type(ty);
        let layout = ArrayLayout::new(element);
        let count = u32::try_from(values.len()).unwrap_or(u32::MAX);
        let bytes = u32::try_from(layout.bytes(count)).unwrap_or(u32::MAX);
        let (reference, address) = self.room(ty, bytes);
        let length = self.b.ins().iconst(types::I32, i64::from(count));
        let flags = self.flags(Region::Lengths);
        self.b.ins().store(flags, length, address, object::ARRAY_LENGTH);
        let flags = self.known_object_flags(Region::Elements(layout.element_bytes_log2));
        let mut offset = ARRAY_ELEMENTS.cast_signed();
        for value in values {
            self.put(Slot { address, offset, flags, storage: element.storage }, *value);
            offset += 1 << layout.element_bytes_log2;
        }
        reference
    }

    fn array_new(&mut self, ty: u32, has_value: bool) {
        let element = self.element_type(ty);
        let count = self.pop();
        let value = if has_value {
            let value = self.pop();
            self.canonical(value)
        } else {
            self.zero(value_type(element.storage.unpacked()))
        };
        if let Some(count) = self.small_constant(count, INLINE_ELEMENTS_MAX) {
            let array = self.array_of(ty, &vec![value; count as usize]);
            return self.push(array);
        }
        let header = self.header_of(ty);
        let header = self.wide(header);
        let length = self.wide(count);
        let array = self.builtin(Builtin::ArrayNew, &[header, length]);
        let array = self.b.ins().ireduce(types::I32, array);
        self.collect(array);
        if has_value {
            let zero = self.b.ins().iconst(types::I32, 0);
            self.array_fill(array, zero, value, count);
        }
        self.push(array);
    }

    /// A constant that is at most `most`.
    fn small_constant(&self, value: Value, most: u32) -> Option<u32> {
        let definition = self.b.func.dfg.value_def(value).inst()?;
        let ir::InstructionData::UnaryImm { imm, .. } = self.b.func.dfg.insts[definition] else {
            return None;
        };
        u32::try_from(imm.bits()).ok().filter(|value| *value <= most)
    }

    fn array_from_segment(&mut self, builtin: Builtin, ty: u32, segment: u32) {
        let (from, count) = self.pop2();
        let header = self.header_of(ty);
        let segment = self.b.ins().iconst(types::I64, i64::from(segment));
        let [header, from, count] = [header, from, count].map(|number| self.wide(number));
        let array = self.builtin(builtin, &[header, segment, from, count]);
        let array = self.b.ins().ireduce(types::I32, array);
        self.collect(array);
        self.push(array);
    }

    fn array_init(&mut self, builtin: Builtin, segment: u32) {
        let (to, from, count) = self.pop3();
        let array = self.pop();
        let segment = self.b.ins().iconst(types::I32, i64::from(segment));
        let what = self.pair(array, segment);
        let [to, from, count] = [to, from, count].map(|number| self.wide(number));
        self.builtin(builtin, &[what, to, from, count]);
    }

    fn array_fill(&mut self, array: Value, index: Value, value: Value, count: Value) {
        let value = self.canonical(value);
        let part = self.pair(index, count);
        let array = self.wide(array);
        let zero = self.b.ins().iconst(types::I64, 0);
        let ty = self.b.func.dfg.value_type(value);
        let (low, high) = if ty.is_vector() {
            let lanes = self.as_lanes(value, types::I64X2);
            (self.b.ins().extractlane(lanes, 0), self.b.ins().extractlane(lanes, 1))
        } else {
            let flags = ir::MemFlagsData::new();
            let bits = match ty {
                types::F32 => self.b.ins().bitcast(types::I32, flags, value),
                types::F64 => self.b.ins().bitcast(types::I64, flags, value),
                _ => value,
            };
            let is_wide = self.b.func.dfg.value_type(bits) == types::I64;
            (if is_wide { bits } else { self.wide(bits) }, zero)
        };
        self.builtin(Builtin::ArrayFill, &[array, part, low, high]);
    }

    fn array_get(&mut self, ty: u32, signed: bool) {
        let (array, index) = self.pop2();
        let (slot, _) = self.element(ty, array, index);
        let value = self.get(slot, signed);
        self.push(value);
    }

    fn array_set(&mut self, ty: u32) {
        let (array, index, value) = self.pop3();
        let value = self.canonical(value);
        let (slot, place) = self.element(ty, array, index);
        self.put(slot, value);
        if is_collected(slot.storage.unpacked()) {
            self.mark_card(place, value);
        }
    }

    /// The length of an array, which traps when it is null.
    fn array_length(&mut self, array: Value) -> Value {
        if self.env.settings.memory == MemoryStrategy::Checked && !self.env.has_arrays() {
            // There may be no heap then, and nothing is inside of it, not even null.
            self.b.ins().trapz(array, trap::code(TrapReason::NullArrayReference));
        }
        let address = self.heap_address(array);
        let flags = self.object_flags(Region::Lengths, TrapReason::NullArrayReference);
        self.b.ins().load(types::I32, flags, address, object::ARRAY_LENGTH)
    }

    /// The place of an element, and as an offset in the heap without the array's header.
    fn element(&mut self, ty: u32, array: Value, index: Value) -> (Slot, Value) {
        let storage = self.element_type(ty).storage;
        let shift = storage.bytes().trailing_zeros();
        let length = self.array_length(array);
        let outside = self.b.ins().icmp(IntCC::UnsignedGreaterThanOrEqual, index, length);
        self.b.ins().trapnz(outside, trap::code(TrapReason::OutOfBoundsArray));
        // In 32 bits, so that even a broken length does not lead out of the heap.
        let distance = self.b.ins().ishl_imm_u(index, i64::from(shift));
        let place = self.b.ins().iadd(array, distance);
        let address = self.heap_address(place);
        let flags = self.known_object_flags(Region::Elements(shift));
        let offset = ARRAY_ELEMENTS.cast_signed();
        (Slot { address, offset, flags, storage }, place)
    }

    /// 32 bits as 64.
    pub(super) fn wide(&mut self, value: Value) -> Value {
        self.b.ins().uextend(types::I64, value)
    }

    /// Two times 32 bits in 64, the first low.
    fn pair(&mut self, low: Value, high: Value) -> Value {
        let (low, high) = (self.wide(low), self.wide(high));
        let high = self.b.ins().ishl_imm_u(high, 32);
        self.b.ins().bor(low, high)
    }
}
