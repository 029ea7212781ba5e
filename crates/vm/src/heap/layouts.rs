//! The layouts of the types whose objects can be in a heap, by their ids, in the form that the collector wants.

use holm_abi::object::{HOST_BYTES, ID_MASK, KIND_ARRAY, KIND_HOST, KIND_MASK, ObjectLayout};

/// See the module's documentation.
#[derive(Debug, Default)]
pub(crate) struct Layouts {
    /// By id.
    types: Vec<Known>,
    /// The places of references in structures, those of each type together.
    references: Vec<u32>,
}

/// What is known of a type.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Known {
    /// Of a structure its size, of an array the binary logarithm of an element's.
    bytes: u32,
    /// Of a structure where its references are listed, of an array whether it has any.
    first: u32,
    count: u32,
}

/// What an object is made of.
#[derive(Clone, Copy, Debug)]
pub(super) enum Shape<'a> {
    /// A structure with references at these distances.
    Struct(&'a [u32]),
    /// An array of references.
    References,
    /// An array of something else, or a host object.
    Opaque,
}

impl Layouts {
    /// Takes note of a type.
    pub(crate) fn add(&mut self, id: u32, layout: &ObjectLayout) {
        let index = (id & ID_MASK) as usize;
        if self.types.len() <= index {
            self.types.resize(index + 1, Known::default());
        }
        if self.types[index] != Known::default() {
            return;
        }
        self.types[index] = match layout {
            ObjectLayout::Struct(layout) => {
                let first = crate::objects::index_of(self.references.len());
                self.references.extend(&layout.references);
                let count = crate::objects::index_of(layout.references.len());
                Known { bytes: layout.bytes, first, count }
            }
            ObjectLayout::Array(layout) => Known {
                bytes: layout.element_bytes_log2,
                first: layout.references.into(),
                count: 0,
            },
        };
    }

    #[inline]
    fn known(&self, header: u32) -> &Known {
        &self.types[(header & ID_MASK) as usize]
    }

    /// Bytes of an object with this header and, if it is an array, this length.
    #[inline]
    pub(super) fn bytes(&self, header: u32, length: u32) -> u64 {
        match header & KIND_MASK {
            KIND_HOST => u64::from(HOST_BYTES),
            KIND_ARRAY => self.array_bytes(header, length),
            _ => u64::from(self.known(header).bytes),
        }
    }

    /// Bytes of an array.
    #[inline]
    pub(super) fn array_bytes(&self, header: u32, length: u32) -> u64 {
        let layout = holm_abi::object::ArrayLayout {
            element_bytes_log2: self.known(header).bytes,
            references: false,
        };
        layout.bytes(length)
    }

    /// Binary logarithm of the size of an array's elements.
    #[inline]
    pub(crate) fn element_bytes_log2(&self, header: u32) -> u32 {
        self.known(header).bytes
    }

    /// What an object with this header is made of.
    #[inline]
    pub(super) fn shape(&self, header: u32) -> Shape<'_> {
        match header & KIND_MASK {
            KIND_HOST => Shape::Opaque,
            KIND_ARRAY if self.known(header).first != 0 => Shape::References,
            KIND_ARRAY => Shape::Opaque,
            _ => {
                let Known { first, count, .. } = *self.known(header);
                let list = first as usize..(first + count) as usize;
                Shape::Struct(&self.references[list])
            }
        }
    }
}
