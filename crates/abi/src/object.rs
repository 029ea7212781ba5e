//! Objects under the collector: references, headers, and where the fields of each type lie.
//!
//! A reference has 32 bits: 0 is null, an odd number is a small integer (the value shifted left by one), an even
//! number the distance in bytes from the base of the store's heap to the object's header. An object starts
//! with its header word, the id of its type with the kind in the upper bits; an array goes on with its
//! length. Compilers and the collector compute layouts by the functions here, so that they agree.
//! Invariant: a field's place depends on the fields before it only, so that a structure type can be read as any
//! type above it. Read next: [`crate::layout`] for where the heap is.

use alloc::boxed::Box;
use alloc::vec::Vec;
use holm_spec::types::{CompositeType, FieldType, Hierarchy, StorageType};

/// Objects start at multiples of this.
pub const OBJECT_ALIGN: u32 = 8;

/// The header word of an object: its type's id, its kind.
pub const HEADER: i32 = 0;
/// The length of an array, in elements.
pub const ARRAY_LENGTH: i32 = 4;
/// The first element of an array.
pub const ARRAY_ELEMENTS: u32 = 8;
/// Where a structure's fields begin.
pub const STRUCT_FIELDS: u32 = 4;
/// In a host object: its place in the store's list.
pub const HOST_INDEX: i32 = 4;
/// Bytes of a host object.
pub const HOST_BYTES: u32 = 8;

/// The part of a header word that is the type's id; more types than that cannot be alive.
pub const ID_MASK: u32 = (1 << 20) - 1;
/// The part of a header word that is the kind.
pub const KIND_MASK: u32 = 0b11 << 28;
/// Kind: a structure.
pub const KIND_STRUCT: u32 = 0;
/// Kind: an array.
pub const KIND_ARRAY: u32 = 1 << 28;
/// Kind: a thing of the host's; its id is 0.
pub const KIND_HOST: u32 = 2 << 28;
/// Set by the collector in the header of an object that it has moved; never seen by code.
pub const MOVED: u32 = 1 << 31;

/// Binary logarithm of the bytes that one card stands for.
pub const CARD_BYTES_LOG2: u32 = 9;
/// From the base of the heap to the card of offset 0: one byte per card, not zero when a reference was
/// stored in it since the last collection.
pub const CARDS: i32 = -(1 << (32 - CARD_BYTES_LOG2));

/// Below this offset nothing of a heap is accessible, so that null needs no check: no field lies further
/// from its header.
pub const NULL_BYTES: u32 = 256 * 1024;

/// Entries of a row of the table of types, each a type's id: for `n` below [`DISPLAY_DEPTH`] the ancestor at
/// depth `n` or the type itself, 0 further down; last the type right above.
pub const DISPLAY_ENTRIES: u32 = 8;
/// Depths that a row of the table of types covers.
pub const DISPLAY_DEPTH: u32 = 7;
/// Binary logarithm of the bytes of a row.
pub const DISPLAY_BYTES_LOG2: u32 = 5;

/// How an object of some type is laid out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ObjectLayout {
    /// A structure.
    Struct(StructLayout),
    /// An array.
    Array(ArrayLayout),
}

/// How a structure is laid out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StructLayout {
    /// The distance of each field from the header.
    pub fields: Box<[u32]>,
    /// The distances of the fields that the collector follows.
    pub references: Box<[u32]>,
    /// Size of the whole, a multiple of [`OBJECT_ALIGN`].
    pub bytes: u32,
}

/// How an array is laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ArrayLayout {
    /// Binary logarithm of an element's size.
    pub element_bytes_log2: u32,
    /// Whether elements are references that the collector follows.
    pub references: bool,
}

/// Whether the collector follows what is kept this way.
#[must_use]
pub const fn is_collected(storage: StorageType) -> bool {
    match storage.as_reference() {
        Some(ty) => matches!(ty.heap.hierarchy(), Hierarchy::Any | Hierarchy::Extern),
        None => false,
    }
}

impl StructLayout {
    /// Lays out fields: each goes to the first free place that suits it.
    #[must_use]
    pub fn new(fields: &[FieldType]) -> Self {
        let mut end = STRUCT_FIELDS;
        // What alignment left free, as starts and ends in ascending order.
        let mut holes: Vec<(u32, u32)> = Vec::new();
        let mut place = |storage: StorageType| {
            let bytes = storage.bytes();
            let align = bytes.min(OBJECT_ALIGN);
            let fits = |(start, end): &(u32, u32)| start.next_multiple_of(align) + bytes <= *end;
            if let Some(index) = holes.iter().position(fits) {
                let (start, hole_end) = holes.remove(index);
                let at = start.next_multiple_of(align);
                let rest = [(start, at), (at + bytes, hole_end)];
                let rest = rest.into_iter().filter(|(start, end)| start < end);
                holes.splice(index..index, rest);
                return at;
            }
            let at = end.next_multiple_of(align);
            if at > end {
                holes.push((end, at));
            }
            end = at + bytes;
            at
        };
        let places: Box<[u32]> = fields.iter().map(|field| place(field.storage)).collect();
        let all = fields.iter().zip(&places);
        let references = all.filter(|(field, _)| is_collected(field.storage)).map(|(_, at)| *at);
        let references = references.collect();
        Self { fields: places, references, bytes: end.next_multiple_of(OBJECT_ALIGN) }
    }
}

impl ArrayLayout {
    /// Lays out an array of such elements.
    #[must_use]
    pub const fn new(element: FieldType) -> Self {
        Self {
            element_bytes_log2: element.storage.bytes().trailing_zeros(),
            references: is_collected(element.storage),
        }
    }

    /// Bytes of an array with so many elements, a multiple of [`OBJECT_ALIGN`].
    #[must_use]
    pub const fn bytes(&self, length: u32) -> u64 {
        let elements = (length as u64) << self.element_bytes_log2;
        (ARRAY_ELEMENTS as u64 + elements).next_multiple_of(OBJECT_ALIGN as u64)
    }
}

impl ObjectLayout {
    /// The layout of the objects of a type; nothing for function types.
    #[must_use]
    pub fn new(ty: &CompositeType) -> Option<Self> {
        match ty {
            CompositeType::Func(_) => None,
            CompositeType::Struct(fields) => Some(Self::Struct(StructLayout::new(fields))),
            CompositeType::Array(element) => Some(Self::Array(ArrayLayout::new(*element))),
        }
    }

    /// The kind, for the header.
    #[must_use]
    pub const fn kind(&self) -> u32 {
        match self {
            Self::Struct(_) => KIND_STRUCT,
            Self::Array(_) => KIND_ARRAY,
        }
    }
}

/// The header word of a type with this id.
#[must_use]
pub const fn header(ty: &CompositeType, id: u32) -> u32 {
    match ty {
        CompositeType::Func(_) | CompositeType::Struct(_) => id,
        CompositeType::Array(_) => id | KIND_ARRAY,
    }
}

#[cfg(test)]
mod tests;
