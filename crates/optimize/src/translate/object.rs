//! Structures: `struct.*`; and what structures and arrays share.
//!
//! The place of a field is the same constant that the collector knows. A field of null lies in memory that
//! nobody can access, so that only the access itself finds out. Read next: [`super::heap`], [`super::array`].

use super::flags::Region;
use super::heap::is_collected;
use super::{Handled, Translator, value_type};
use cranelift_codegen::ir::{InstBuilder, MemFlagsData, Value, types};
use holm_abi::object;
use holm_module::wasm::Operator;
use holm_spec::trap::TrapReason;
use holm_spec::types::{CompositeType, FieldType, StorageType};

/// A place in an object.
#[derive(Clone, Copy)]
pub(super) struct Slot {
    pub(super) address: Value,
    pub(super) offset: i32,
    pub(super) flags: MemFlagsData,
    pub(super) storage: StorageType,
}

impl<'a> Translator<'a, '_> {
    pub(super) fn struct_operator(&mut self, operator: &Operator<'_>) -> Handled {
        match operator {
            Operator::StructNew { struct_type_index } => self.struct_new(*struct_type_index, false),
            Operator::StructNewDefault { struct_type_index } => {
                self.struct_new(*struct_type_index, true);
            }
            Operator::StructGet { struct_type_index, field_index }
            | Operator::StructGetU { struct_type_index, field_index } => {
                self.struct_get(*struct_type_index, *field_index, false);
            }
            Operator::StructGetS { struct_type_index, field_index } => {
                self.struct_get(*struct_type_index, *field_index, true);
            }
            Operator::StructSet { struct_type_index, field_index } => {
                self.struct_set(*struct_type_index, *field_index);
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// The fields of a structure type.
    fn fields(&self, ty: u32) -> &'a [FieldType] {
        match &self.env.module.types[ty as usize].composite {
            CompositeType::Struct(fields) => fields,
            _ => &[],
        }
    }

    fn struct_new(&mut self, ty: u32, default: bool) {
        let fields = self.fields(ty);
        let layout = self.env.struct_layout(ty);
        let values = if default { Vec::new() } else { self.pop_canonical(fields.len()) };
        let (reference, address) = self.room(ty, layout.bytes);
        for (index, field) in fields.iter().enumerate() {
            let value = match values.get(index) {
                Some(value) => *value,
                None => self.zero(value_type(field.storage.unpacked())),
            };
            let at = layout.fields[index];
            let flags = self.known_object_flags(Region::field(at));
            let slot = Slot { address, offset: offset(at), flags, storage: field.storage };
            self.put(slot, value);
        }
        self.push(reference);
    }

    fn struct_get(&mut self, ty: u32, field: u32, signed: bool) {
        let reference = self.pop();
        let slot = self.field(ty, field, reference);
        let value = self.get(slot, signed);
        self.push(value);
    }

    fn struct_set(&mut self, ty: u32, field: u32) {
        let (reference, value) = self.pop2();
        let value = self.canonical(value);
        let slot = self.field(ty, field, reference);
        self.put(slot, value);
        if is_collected(slot.storage.unpacked()) {
            self.mark_card(reference, value);
        }
    }

    /// The place of a field.
    fn field(&mut self, ty: u32, field: u32, reference: Value) -> Slot {
        let storage = self.fields(ty)[field as usize].storage;
        let at = self.env.struct_layout(ty).fields[field as usize];
        let flags = self.object_flags(Region::field(at), TrapReason::NullStructureReference);
        Slot { address: self.heap_address(reference), offset: offset(at), flags, storage }
    }

    /// Reads a place.
    pub(super) fn get(&mut self, slot: Slot, signed: bool) -> Value {
        let Slot { address, offset, flags, storage } = slot;
        let ins = self.b.ins();
        match storage {
            StorageType::I8 if signed => ins.sload8(types::I32, flags, address, offset),
            StorageType::I8 => ins.uload8(types::I32, flags, address, offset),
            StorageType::I16 if signed => ins.sload16(types::I32, flags, address, offset),
            StorageType::I16 => ins.uload16(types::I32, flags, address, offset),
            StorageType::Val(ty) => {
                let value = ins.load(value_type(ty), flags, address, offset);
                self.follow(value, ty);
                value
            }
        }
    }

    /// Writes a place.
    pub(super) fn put(&mut self, slot: Slot, value: Value) {
        let Slot { address, offset, flags, storage } = slot;
        match storage {
            StorageType::I8 => self.b.ins().istore8(flags, value, address, offset),
            StorageType::I16 => self.b.ins().istore16(flags, value, address, offset),
            StorageType::Val(_) => self.b.ins().store(flags, value, address, offset),
        };
    }
}

/// A distance in an object, as Cranelift wants it.
fn offset(at: u32) -> i32 {
    debug_assert!(at < object::NULL_BYTES, "a field {at} bytes from its header");
    at.cast_signed()
}
