//! A list that only grows and that anybody may read at any time.
//!
//! Readers take no lock and allocate nothing, so that a signal handler may be one. Elements never move: they lie in
//! pieces, each twice as long as the one before. Not here: who may append (see [`super::region`]).
//! Invariant: every element below `count` is there, and was before `count` said so.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Elements of the first piece.
const FIRST: usize = 16;
/// Pieces that there can be.
const PIECES: usize = 11;

const _: () = assert!(FIRST * ((1 << PIECES) - 1) > crate::limits::IMAGES_MAX as usize);

/// See the module's documentation.
#[derive(Debug)]
pub(super) struct Appended<T> {
    pieces: [OnceLock<Box<[OnceLock<T>]>>; PIECES],
    count: AtomicUsize,
}

impl<T> Default for Appended<T> {
    fn default() -> Self {
        Self { pieces: [const { OnceLock::new() }; PIECES], count: AtomicUsize::new(0) }
    }
}

impl<T> Appended<T> {
    /// How many elements there are.
    pub(super) fn count(&self) -> usize {
        // Pairs with the store of `push`: the elements are there.
        self.count.load(Ordering::Acquire)
    }

    /// An element.
    pub(super) fn get(&self, index: usize) -> Option<&T> {
        let (piece, at) = place(index);
        self.pieces.get(piece)?.get()?.get(at)?.get()
    }

    /// Appends an element; gives it back when the list is full, or when somebody else appends right now.
    pub(super) fn push(&self, value: T) -> Result<(), T> {
        let index = self.count.load(Ordering::Relaxed);
        let (piece, at) = place(index);
        let Some(list) = self.pieces.get(piece) else { return Err(value) };
        let new = || (0..FIRST << piece).map(|_| OnceLock::new()).collect();
        list.get_or_init(new)[at].set(value)?;
        self.count.store(index + 1, Ordering::Release);
        Ok(())
    }

    /// The last element that is not behind what `is_before_or_at` looks for. The elements must be in order.
    pub(super) fn last_where(&self, is_before_or_at: impl Fn(&T) -> bool) -> Option<&T> {
        let (mut low, mut high) = (0, self.count());
        while low < high {
            let middle = low + (high - low) / 2;
            if is_before_or_at(self.get(middle)?) { low = middle + 1 } else { high = middle }
        }
        self.get(low.checked_sub(1)?)
    }
}

/// The piece of an element, and its place there.
fn place(index: usize) -> (usize, usize) {
    let number = index + FIRST;
    let log2 = number.ilog2();
    ((log2 - FIRST.ilog2()) as usize, number - (1 << log2))
}

#[cfg(test)]
mod tests;
