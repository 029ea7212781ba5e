//! A set of small indices, one bit each.
//!
//! Not here: sorting or removing. Invariant: inserting costs the same however full the set is, because
//! function bodies insert the same few indices again and again. Read next: [`crate::facts`].

/// A set of indices that grows to the largest one inserted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct IndexSet {
    words: Vec<u64>,
}

impl IndexSet {
    /// Adds an index.
    pub(crate) fn insert(&mut self, index: u32) {
        let word = index as usize / 64;
        if word >= self.words.len() {
            self.words.resize(word + 1, 0);
        }
        self.words[word] |= 1 << (index % 64);
    }

    /// Adds all of another set.
    pub(crate) fn insert_all(&mut self, other: &Self) {
        if self.words.len() < other.words.len() {
            self.words.resize(other.words.len(), 0);
        }
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
