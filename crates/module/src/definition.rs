//! Types as the file defines them, turned into the standard's.
//!
//! Not here: sections (see `sections.rs`). Invariant: what is valid but of a later proposal gives an error
//! that says so. Read next: [`crate::wasm`].

use crate::error::Invalid;
use crate::wasm::Types;
use alloc::format;
use alloc::vec::Vec;
use holm_spec::types::{
    self, CompositeType, FieldType, FuncType, GlobalType, MemoryType, StorageType, SubType,
    TableType, ValType,
};
use wasmparser::CompositeInnerType;

/// Something of a later proposal that the data model does not have yet.
#[cold]
pub(crate) fn unsupported(what: &str, offset: u64) -> Invalid {
    Invalid::unsupported(format!("{what} is not supported by this version"), offset)
}

fn val_type(ty: wasmparser::ValType, types: Types<'_>, offset: u64) -> Result<ValType, Invalid> {
    types.value(ty).ok_or_else(|| unsupported(&format!("value type {ty}"), offset))
}

pub(crate) fn memory_type(ty: &wasmparser::MemoryType, offset: u64) -> Result<MemoryType, Invalid> {
    let log2 = ty.page_size_log2.unwrap_or(u32::from(holm_spec::PAGE_BYTES_LOG2));
    Ok(MemoryType {
        limits: types::Limits { min: ty.initial, max: ty.maximum },
        is_64: ty.memory64,
        shared: ty.shared,
        page_bytes_log2: u8::try_from(log2).map_err(|_| unsupported("page size", offset))?,
    })
}

pub(crate) fn table_type(
    ty: &wasmparser::TableType,
    types: Types<'_>,
    offset: u64,
) -> Result<TableType, Invalid> {
    if ty.shared {
        return Err(unsupported("shared table", offset));
    }
    let element = types.reference(ty.element_type);
    Ok(TableType {
        element: element.ok_or_else(|| unsupported("table element type", offset))?,
        limits: types::Limits { min: ty.initial, max: ty.maximum },
        is_64: ty.table64,
    })
}

pub(crate) fn global_type(
    ty: wasmparser::GlobalType,
    types: Types<'_>,
    offset: u64,
) -> Result<GlobalType, Invalid> {
    if ty.shared {
        return Err(unsupported("shared global", offset));
    }
    Ok(GlobalType { value: val_type(ty.content_type, types, offset)?, mutable: ty.mutable })
}

fn field_type(
    ty: wasmparser::FieldType,
    types: Types<'_>,
    offset: u64,
) -> Result<FieldType, Invalid> {
    let storage = match ty.element_type {
        wasmparser::StorageType::I8 => StorageType::I8,
        wasmparser::StorageType::I16 => StorageType::I16,
        wasmparser::StorageType::Val(ty) => StorageType::Val(val_type(ty, types, offset)?),
    };
    Ok(FieldType { storage, mutable: ty.mutable })
}

fn composite_type(
    ty: &wasmparser::CompositeType,
    types: Types<'_>,
    offset: u64,
) -> Result<CompositeType, Invalid> {
    if ty.shared || ty.descriptor_idx.is_some() || ty.describes_idx.is_some() {
        return Err(unsupported("shared type or type with a descriptor", offset));
    }
    let list = |list: &[wasmparser::ValType]| {
        list.iter().map(|ty| val_type(*ty, types, offset)).collect::<Result<Vec<_>, _>>()
    };
    Ok(match &ty.inner {
        CompositeInnerType::Func(function) => {
            let (params, results) = (list(function.params())?, list(function.results())?);
            CompositeType::Func(FuncType::new(params, results))
        }
        CompositeInnerType::Array(array) => {
            CompositeType::Array(field_type(array.0, types, offset)?)
        }
        CompositeInnerType::Struct(structure) => {
            let fields = structure.fields.iter().map(|field| field_type(*field, types, offset));
            CompositeType::Struct(fields.collect::<Result<_, _>>()?)
        }
        CompositeInnerType::Cont(_) => return Err(unsupported("continuation type", offset)),
    })
}

pub(crate) fn sub_type(
    ty: &wasmparser::SubType,
    types: Types<'_>,
    offset: u64,
) -> Result<SubType, Invalid> {
    let index = |index: wasmparser::PackedIndex| {
        index.as_module_index().ok_or_else(|| unsupported("supertype", offset))
    };
    Ok(SubType {
        is_final: ty.is_final,
        supertype: ty.supertype_idxs.first().copied().map(index).transpose()?,
        composite: composite_type(&ty.composite_type, types, offset)?,
    })
}
