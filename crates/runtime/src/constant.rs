//! Constant expressions that make objects: a small stack machine over values and handles.
//!
//! Not here: expressions without operators of their own (see [`crate::instantiate`]). Invariant: a reference
//! waits on the stack as a handle, because making the next object may move it.

use crate::error::{Error, Result};
use crate::value::{low32, low64};
use holm_abi::object::{ARRAY_ELEMENTS, ArrayLayout, StructLayout, is_collected};
use holm_module::Module as Meta;
use holm_module::expr::ConstOp;
use holm_spec::types::{CompositeType, FieldType};
use holm_vm::{Objects, RootId};

/// A value that the collector follows if it has to.
#[derive(Clone, Copy)]
pub(crate) enum Held {
    /// Something that stays what it is.
    Bits(u128),
    /// A reference.
    Root(RootId),
}

impl Held {
    /// The bits, for now.
    pub(crate) fn bits(self, objects: &Objects) -> Result<u128> {
        match self {
            Self::Bits(bits) => Ok(bits),
            Self::Root(root) => {
                let reference = objects.rooted(root).map(u128::from);
                reference.ok_or_else(|| Error::bug("a handle died before its scope"))
            }
        }
    }
}

/// Evaluates the operators of one expression.
pub(crate) struct Machine<'a> {
    pub(crate) objects: &'a mut Objects,
    pub(crate) meta: &'a Meta,
    /// The header word of each type.
    pub(crate) headers: &'a [u32],
    pub(crate) stack: Vec<Held>,
}

impl Machine<'_> {
    fn pop(&mut self) -> Result<Held> {
        self.stack.pop().ok_or_else(|| Error::bug("a constant expression lacks an operand"))
    }

    fn pop_bits(&mut self) -> Result<u128> {
        let held = self.pop()?;
        held.bits(self.objects)
    }

    fn push_reference(&mut self, reference: u32) {
        let root = self.objects.root(reference);
        self.stack.push(Held::Root(root));
    }

    /// Pushes the bits of a value that may be a reference.
    pub(crate) fn push(&mut self, bits: u128, collected: bool) {
        if collected && bits != 0 {
            self.push_reference(low32(bits));
        } else {
            self.stack.push(Held::Bits(bits));
        }
    }

    fn arithmetic(&mut self, operator: ConstOp) -> Result<()> {
        let (b, a) = (low64(self.pop_bits()?), low64(self.pop_bits()?));
        let narrow = |value: u64| u128::from(low32(value.into()));
        let value = match operator {
            ConstOp::I32Add => narrow(a.wrapping_add(b)),
            ConstOp::I32Sub => narrow(a.wrapping_sub(b)),
            ConstOp::I32Mul => narrow(a.wrapping_mul(b)),
            ConstOp::I64Add => a.wrapping_add(b).into(),
            ConstOp::I64Sub => a.wrapping_sub(b).into(),
            _ => a.wrapping_mul(b).into(),
        };
        self.stack.push(Held::Bits(value));
        Ok(())
    }

    /// Does one operator that needs neither globals nor functions.
    pub(crate) fn step(&mut self, operator: ConstOp) -> Result<()> {
        match operator {
            ConstOp::I32(value) => self.push(value.cast_unsigned().into(), false),
            ConstOp::I64(value) => self.push(value.cast_unsigned().into(), false),
            ConstOp::F32(bits) => self.push(bits.into(), false),
            ConstOp::F64(bits) => self.push(bits.into(), false),
            ConstOp::V128(bits) => self.push(bits, false),
            ConstOp::RefNull(_) => self.push(0, false),
            ConstOp::I32Add
            | ConstOp::I32Sub
            | ConstOp::I32Mul
            | ConstOp::I64Add
            | ConstOp::I64Sub
            | ConstOp::I64Mul => self.arithmetic(operator)?,
            ConstOp::RefI31 => {
                let value = low32(self.pop_bits()?);
                self.push((value << 1 | 1).into(), false);
            }
            // Inside and outside a reference looks the same.
            ConstOp::AnyConvertExtern | ConstOp::ExternConvertAny => {}
            ConstOp::StructNew(ty) => self.struct_new(ty, true)?,
            ConstOp::StructNewDefault(ty) => self.struct_new(ty, false)?,
            ConstOp::ArrayNew(ty) => {
                let count = low32(self.pop_bits()?);
                let value = self.pop()?;
                let array = self.array_new(ty, count)?;
                let bits = value.bits(self.objects)?;
                if count > 0 && bits != 0 {
                    self.objects.array_fill(array, bits);
                }
                self.push_reference(array);
            }
            ConstOp::ArrayNewDefault(ty) => {
                let count = low32(self.pop_bits()?);
                let array = self.array_new(ty, count)?;
                self.push_reference(array);
            }
            ConstOp::ArrayNewFixed(ty, count) => self.array_new_fixed(ty, count)?,
            ConstOp::GlobalGet(_) | ConstOp::RefFunc(_) => {
                return Err(Error::bug("a constant expression was not taken apart"));
            }
        }
        Ok(())
    }

    /// Takes `count` values off the stack, in order.
    fn pop_many(&mut self, count: usize) -> Result<Vec<Held>> {
        let start = self.stack.len().checked_sub(count);
        let start = start.ok_or_else(|| Error::bug("a constant expression lacks operands"))?;
        Ok(self.stack.split_off(start))
    }

    fn struct_new(&mut self, ty: u32, from_stack: bool) -> Result<()> {
        let fields: &[FieldType] = match &self.meta.types[ty as usize].composite {
            CompositeType::Struct(fields) => fields,
            _ => return Err(Error::bug("a structure is made of another type")),
        };
        let values = if from_stack { self.pop_many(fields.len())? } else { Vec::new() };
        let reference = self.objects.struct_new_zeroed(self.headers[ty as usize])?;
        let layout = StructLayout::new(fields);
        for ((value, field), distance) in values.iter().zip(fields).zip(&layout.fields) {
            let bits = value.bits(self.objects)?;
            let bytes = field.storage.bytes();
            self.objects.object_write(reference, *distance, bytes, bits);
        }
        self.push_reference(reference);
        Ok(())
    }

    fn array_new(&mut self, ty: u32, count: u32) -> Result<u32> {
        Ok(self.objects.array_new_zeroed(self.headers[ty as usize], count)?)
    }

    fn array_new_fixed(&mut self, ty: u32, count: u32) -> Result<()> {
        let CompositeType::Array(element) = self.meta.types[ty as usize].composite else {
            return Err(Error::bug("an array is made of another type"));
        };
        let values = self.pop_many(count as usize)?;
        let array = self.array_new(ty, count)?;
        let bytes = element.storage.bytes();
        debug_assert_eq!(1 << ArrayLayout::new(element).element_bytes_log2, bytes);
        let mut distance = ARRAY_ELEMENTS;
        for value in values {
            let bits = value.bits(self.objects)?;
            self.objects.object_write(array, distance, bytes, bits);
            distance += bytes;
        }
        self.push_reference(array);
        Ok(())
    }
}

/// Whether the collector follows what a value of this type holds.
pub(crate) fn is_reference(ty: holm_spec::types::ValType) -> bool {
    is_collected(holm_spec::types::StorageType::Val(ty))
}
