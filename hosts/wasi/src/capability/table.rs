//! A table of numbered slots with a limit.
//!
//! The lowest free number is given out first, as programs written for POSIX expect.
//!
//! Invariant: there are never more than `max` occupied slots, and every number is below `max`.
//!
//! Read next: `context.rs`.

/// Slots that hold a `T` or are free.
#[derive(Debug)]
pub(crate) struct Table<T> {
    slots: Vec<Option<T>>,
    /// No slot below this one is free.
    lowest_free: usize,
    max: usize,
    len: usize,
    peak: usize,
}

impl<T> Table<T> {
    pub(crate) fn new(max: usize) -> Table<T> {
        Table { slots: Vec::new(), lowest_free: 0, max, len: 0, peak: 0 }
    }

    #[inline]
    pub(crate) fn get(&self, number: u32) -> Option<&T> {
        self.slots.get(number as usize)?.as_ref()
    }

    #[inline]
    pub(crate) fn get_mut(&mut self, number: u32) -> Option<&mut T> {
        self.slots.get_mut(number as usize)?.as_mut()
    }

    /// How many slots are occupied.
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// The most slots that were ever occupied.
    pub(crate) fn peak(&self) -> usize {
        self.peak
    }

    /// The limit.
    pub(crate) fn max(&self) -> usize {
        self.max
    }

    /// Whether another one can be inserted.
    pub(crate) fn has_room(&self) -> bool {
        self.lowest_free < self.max
    }

    /// Puts `value` into the lowest free slot, or gives it back if the table is full.
    pub(crate) fn insert(&mut self, value: T) -> Result<u32, T> {
        let Some(number) = u32::try_from(self.lowest_free).ok().filter(|_| self.has_room()) else {
            return Err(value);
        };
        if self.lowest_free == self.slots.len() {
            self.slots.push(None);
        }
        self.slots[self.lowest_free] = Some(value);
        self.len += 1;
        self.peak = self.peak.max(self.len);
        let next = self.slots[self.lowest_free..].iter().position(Option::is_none);
        self.lowest_free = next.map_or(self.slots.len(), |n| self.lowest_free + n);
        Ok(number)
    }

    /// Takes the value out of a slot.
    pub(crate) fn remove(&mut self, number: u32) -> Option<T> {
        let index = number as usize;
        let value = self.slots.get_mut(index)?.take()?;
        self.len -= 1;
        self.lowest_free = self.lowest_free.min(index);
        Some(value)
    }

    /// Moves the value of slot `from` to slot `to`, which must be occupied; what was there is given back.
    pub(crate) fn renumber(&mut self, from: u32, to: u32) -> Option<Option<T>> {
        self.get(from)?;
        self.get(to)?;
        if from == to {
            return Some(None);
        }
        let value = self.remove(from);
        Some(std::mem::replace(self.slots.get_mut(to as usize)?, value))
    }
}

#[cfg(test)]
mod tests;
