//! The heap in code: addresses of objects, room for new ones, cards, and which values the collector follows.
//!
//! A reference becomes an address by adding it, extended with zeros, to the base of the heap, so that no value of
//! it leaves the reservation. Such an address holds until the next call and no longer: a collection may
//! move the object. Values that are references of the collector's are declared where they come into being, so
//! that Cranelift keeps them in the frame across calls and reads them again behind.
//! Invariant: between the room for an object and its last field nothing is called.
//! Read next: [`super::object`], [`super::cast`].

use super::flags::Region;
use super::{Translator, trap};
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{AliasRegionData, Endianness, InstBuilder, MemFlagsData, Value, types};
use holm_abi::settings::MemoryStrategy;
use holm_abi::{Builtin, layout, object};
use holm_spec::trap::TrapReason;
use holm_spec::types::{HeapType, RefType, StorageType, ValType};

/// Whether the collector follows values of a type.
pub(super) const fn is_collected(ty: ValType) -> bool {
    object::is_collected(StorageType::Val(ty))
}

impl Translator<'_, '_> {
    /// Has Cranelift give each place of the frame that keeps a reference a region of its own.
    pub(super) fn separate_frame_slots(&mut self) {
        self.b.make_stack_map_alias_region(Box::new(|regions, _, slot, _| {
            let user_id = 0x3000_0000 | slot.as_u32();
            let description = format!("reference in {slot}").into();
            Some(regions.insert(AliasRegionData { user_id, description }))
        }));
    }

    /// Says that a value comes into being with this type, so that the collector follows it if need be, and casts
    /// ask no more than they must. A value that was found to be of a type later has that type only there.
    pub(super) fn follow(&mut self, value: Value, ty: ValType) {
        if is_collected(ty) {
            self.collect(value);
        }
        if let ValType::Ref(ty) = ty {
            self.born_as[value] = Some(ty);
        }
    }

    /// Says that the collector follows a value.
    pub(super) fn collect(&mut self, value: Value) {
        self.b.declare_value_needs_stack_map(value);
        self.collected.insert(value);
    }

    /// The type that a reference had where it came into being, if that is known.
    pub(super) fn birth_type(&self, reference: Value) -> Option<RefType> {
        self.born_as[self.b.func.dfg.resolve_aliases(reference)]
    }

    /// Says the types of several values.
    pub(super) fn follow_all(&mut self, values: &[Value], types: &[ValType]) {
        for (value, ty) in values.iter().zip(types) {
            self.follow(*value, *ty);
        }
    }

    /// Flags of an access to an object that traps for `reason` if the reference is null.
    pub(super) fn object_flags(&mut self, region: Region, reason: TrapReason) -> MemFlagsData {
        let region = self.region(region);
        MemFlagsData::new()
            .with_endianness(Endianness::Little)
            .with_alias_region(Some(region))
            .with_trap_code(Some(trap::code(reason)))
    }

    /// Flags of an access to an object that is there. Not said to be aligned: objects are to 8 bytes, vectors want
    /// 16.
    pub(super) fn known_object_flags(&mut self, region: Region) -> MemFlagsData {
        let region = self.region(region);
        MemFlagsData::new()
            .with_endianness(Endianness::Little)
            .with_alias_region(Some(region))
            .with_trap_code(None)
    }

    /// The base of the heap.
    pub(super) fn heap_base(&mut self) -> Value {
        self.context_constant(types::I64, layout::HEAP_BASE)
    }

    /// The address of a reference, or of a reference plus a distance that did not overflow.
    pub(super) fn heap_address(&mut self, reference: Value) -> Value {
        let base = self.heap_base();
        let offset = self.b.ins().uextend(types::I64, reference);
        if self.env.settings.memory == MemoryStrategy::Checked {
            // The reservation may be shorter than what 32 bits reach.
            let bytes = self.context_constant(types::I64, layout::HEAP_BYTES);
            let inside = self.b.ins().icmp(IntCC::UnsignedLessThan, offset, bytes);
            self.b.ins().trapz(inside, trap::code(TrapReason::Bug));
        }
        self.b.ins().iadd(base, offset)
    }

    /// The header word of a type's objects.
    pub(super) fn header_of(&mut self, ty: u32) -> Value {
        self.context_constant(types::I32, self.env.layout.type_id(ty))
    }

    /// A reference to room for an object of `bytes` bytes with its header written, and its address.
    pub(super) fn room(&mut self, ty: u32, bytes: u32) -> (Value, Value) {
        let store = self.context_constant(types::I64, layout::STORE);
        let flags = self.flags(Region::Nursery);
        let next = self.b.ins().load(types::I64, flags, store, layout::STORE_HEAP_NEXT);
        let end = self.b.ins().iadd_imm_u(next, i64::from(bytes));
        let limit = self.b.ins().load(types::I64, flags, store, layout::STORE_HEAP_LIMIT);
        let full = self.b.ins().icmp(IntCC::UnsignedGreaterThan, end, limit);
        let (slow, fast, done) =
            (self.b.create_block(), self.b.create_block(), self.b.create_block());
        self.b.set_cold_block(slow);
        let reference = self.b.append_block_param(done, types::I32);
        self.b.ins().brif(full, slow, &[], fast, &[]);
        self.switch_to_only(fast);
        self.b.ins().store(flags, end, store, layout::STORE_HEAP_NEXT);
        let made = self.b.ins().ireduce(types::I32, next);
        self.jump(done, &[made]);
        self.switch_to_only(slow);
        let header = self.header_of(ty);
        let header = self.b.ins().uextend(types::I64, header);
        let bytes = self.b.ins().iconst(types::I64, i64::from(bytes));
        let made = self.builtin(Builtin::ObjectNew, &[header, bytes]);
        let made = self.b.ins().ireduce(types::I32, made);
        self.jump(done, &[made]);
        self.switch_to_only(done);
        self.collect(reference);
        let address = self.heap_address(reference);
        let header = self.header_of(ty);
        let flags = self.flags(Region::Headers);
        self.b.ins().store(flags, header, address, object::HEADER);
        (reference, address)
    }

    /// Marks the card of a place in the heap, after a reference was stored there. `value` is that reference.
    pub(super) fn mark_card(&mut self, place: Value, value: Value) {
        if self.is_not_an_object(value) {
            return;
        }
        let offset = self.b.ins().uextend(types::I64, place);
        let card = self.b.ins().ushr_imm_u(offset, i64::from(object::CARD_BYTES_LOG2));
        let base = self.heap_base();
        let address = self.b.ins().iadd(base, card);
        let one = self.b.ins().iconst(types::I8, 1);
        let flags = self.flags(Region::Cards);
        self.b.ins().store(flags, one, address, object::CARDS);
    }

    /// Whether a reference is plainly null or a small integer.
    fn is_not_an_object(&self, value: Value) -> bool {
        use cranelift_codegen::ir::{InstructionData, Opcode};
        let dfg = &self.b.func.dfg;
        let Some(made_by) = dfg.value_def(dfg.resolve_aliases(value)).inst() else { return false };
        match dfg.insts[made_by] {
            InstructionData::UnaryImm { opcode: Opcode::Iconst, imm } => {
                imm.bits() == 0 || imm.bits() & 1 == 1
            }
            _ => false,
        }
    }

    /// The heap type that an operator names.
    pub(super) fn heap_type(
        &self,
        ty: holm_module::wasm::HeapType,
    ) -> Result<HeapType, crate::error::Failure> {
        self.env.module.heap_type(ty).ok_or_else(|| {
            crate::error::Failure::Bug(format!("heap type {ty:?} has no translation"))
        })
    }
}
