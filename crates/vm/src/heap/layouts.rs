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
    /// Of an array whether it keeps references.
    references: bool,
    /// Of a structure which of its first 64 words are references.
    words: u64,
    /// Where its other references are listed.
    first: u32,
    count: u32,
}

/// What an object is made of.
#[derive(Clone, Copy, Debug)]
pub(super) enum Shape<'a> {
    /// A structure with references in these of its first 64 words, and at these distances.
    Struct { words: u64, more: &'a [u32] },
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
                let near = |distance: &&u32| **distance < 4 * u64::BITS;
                let (near, far): (Vec<&u32>, _) = layout.references.iter().partition(near);
                let words = near.into_iter().fold(0, |words, distance| words | 1 << (distance / 4));
                let first = crate::objects::index_of(self.references.len());
                let far: Vec<u32> = far.into_iter().copied().collect();
                self.references.extend(&far);
                let count = crate::objects::index_of(far.len());
                Known { bytes: layout.bytes, words, first, count, ..Known::default() }
            }
            ObjectLayout::Array(layout) => Known {
                bytes: layout.element_bytes_log2,
                references: layout.references,
                ..Known::default()
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
        self.shape_and_bytes(header, 0).0
    }

    /// What an object with this header and, if it is an array, this length is made of, and its size.
    #[inline]
    pub(super) fn shape_and_bytes(&self, header: u32, length: u32) -> (Shape<'_>, u64) {
        match header & KIND_MASK {
            KIND_HOST => (Shape::Opaque, u64::from(HOST_BYTES)),
            KIND_ARRAY => {
                let references = self.known(header).references;
                let shape = if references { Shape::References } else { Shape::Opaque };
                (shape, self.array_bytes(header, length))
            }
            _ => {
                let Known { bytes, words, first, count, .. } = *self.known(header);
                let more = match count {
                    0 => &[],
                    _ => &self.references[first as usize..(first + count) as usize],
                };
                (Shape::Struct { words, more }, u64::from(bytes))
            }
        }
    }
}
