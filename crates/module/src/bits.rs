//! A set of indices below a known end, one bit each.
//!
//! Not here: sorting or removing. Invariant: inserting costs the same however full the set is, because
//! function bodies insert the same few indices again and again; and it never takes memory, because the
//! indices in a body are noted before they are validated. Read next: [`crate::facts`].

use alloc::vec::Vec;
/// A set of indices below the end that it has room for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct IndexSet {
    words: Vec<u64>,
}

impl IndexSet {
    /// Makes room for the indices below `end`.
    pub(crate) fn make_room(&mut self, end: usize) {
        let words = end.div_ceil(64);
        if self.words.len() < words {
            self.words.resize(words, 0);
        }
    }

    /// Adds an index. One that there is no room for is nobody's and is ignored.
    pub(crate) fn insert(&mut self, index: u32) {
        if let Some(word) = self.words.get_mut(index as usize / 64) {
            *word |= 1 << (index % 64);
        }
    }

    /// Adds all of another set.
    pub(crate) fn insert_all(&mut self, other: &Self) {
        self.make_room(other.words.len() * 64);
        for (own, other) in self.words.iter_mut().zip(&other.words) {
            *own |= other;
        }
    }

    /// Whether the index was added.
    pub(crate) fn contains(&self, index: u32) -> bool {
        self.words.get(index as usize / 64).is_some_and(|word| word & (1 << (index % 64)) != 0)
    }

    /// The indices below `end`, rising.
    pub(crate) fn below(&self, end: u32) -> impl Iterator<Item = u32> {
        (0..end).filter(|index| self.contains(*index))
    }
}

impl Extend<u32> for IndexSet {
    fn extend<I: IntoIterator<Item = u32>>(&mut self, indices: I) {
        indices.into_iter().for_each(|index| self.insert(index));
    }
}
