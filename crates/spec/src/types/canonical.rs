//! Which types of one module are equal: the standard's rolling of groups, on indices.
//!
//! Not here: types of different modules (an engine's registry decides about those). Invariant: two types get
//! the same number exactly when the standard calls them equal. Read next: [`super::matching`].

use super::SubType;
use alloc::collections::BTreeMap;
use alloc::vec::Vec;

/// In a key: the rest of the number counts inside the group.
const INSIDE: u32 = 1 << 31;

/// For each of `types`, which lie in groups of these sizes, the index of the first one that is equal.
#[must_use]
pub fn canonical(types: &[SubType], groups: &[u32]) -> Vec<u32> {
    let mut firsts: BTreeMap<Vec<SubType>, u32> = BTreeMap::new();
    let mut canonical: Vec<u32> = Vec::with_capacity(types.len());
    for size in groups {
        let start = canonical.len();
        let end = types.len().min(start.saturating_add(*size as usize));
        let first = u32::try_from(start).unwrap_or(u32::MAX);
        let mut number = |index: u32| match index.checked_sub(first) {
            Some(inside) => INSIDE | inside,
            None => canonical[index as usize],
        };
        let key = types[start..end].iter().map(|ty| ty.map_concrete(&mut number)).collect();
        let base = *firsts.entry(key).or_insert(first);
        canonical.extend((base..).take(end - start));
    }
    canonical
}
