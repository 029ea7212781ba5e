//! What waits to be compiled: the hottest first, and what has cooled not at all.
//!
//! Not here: compiling. Invariant: a part is waiting, in work, or settled; what is settled never waits again.
//! Read next: [`super::thresholds`], which has the numbers.

use super::thresholds::{BATCH_COST_MAX, BATCH_MAX, BATCH_SHARE, COOLING_BATCHES};
use holm_abi::{Entry, Part};
use std::collections::{BTreeMap, BTreeSet};

/// A part that waits.
#[derive(Clone, Copy, Debug)]
struct Waiting {
    /// How often it was noticed.
    heat: u64,
    /// How many batches had been taken when it was noticed last.
    noticed: u64,
}

/// What it means that a part was noticed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Notice {
    /// It waits now.
    First,
    /// It has been waiting.
    Again,
    /// It need not wait any more.
    Settled,
}

/// The queue of one module.
#[derive(Debug, Default)]
pub(super) struct Queue {
    waiting: BTreeMap<Part, Waiting>,
    /// In work, compiled, or refused.
    settled: BTreeSet<Part>,
    batches: u64,
}

impl Queue {
    /// A part was noticed.
    pub(super) fn notice(&mut self, part: Part) -> Notice {
        if self.settled.contains(&part) {
            return Notice::Settled;
        }
        let waiting = self.waiting.entry(part).or_insert(Waiting { heat: 0, noticed: 0 });
        waiting.heat += 1;
        waiting.noticed = self.batches;
        if waiting.heat == 1 { Notice::First } else { Notice::Again }
    }

    /// How many parts are in work, compiled or refused.
    pub(super) fn settled(&self) -> usize {
        self.settled.len()
    }

    /// Whether nothing waits.
    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Takes a part that is to be compiled out of turn; nothing if it is settled.
    pub(super) fn take_now(&mut self, part: Part) -> Option<Part> {
        self.waiting.remove(&part);
        self.settled.insert(part).then_some(part)
    }

    /// Takes the parts that are to be compiled next, the hottest first, by what compiling a function costs; and drops
    /// those that have cooled, which it also gives.
    pub(super) fn take(&mut self, cost: impl Fn(u32) -> u64) -> (Vec<Part>, Vec<Part>) {
        let batches = self.batches;
        let heat = |waiting: &Waiting| {
            let halvings = (batches - waiting.noticed) / COOLING_BATCHES;
            waiting.heat.checked_shr(u32::try_from(halvings).unwrap_or(u32::MAX)).unwrap_or(0)
        };
        let mut by_heat: Vec<(u64, Part)> =
            self.waiting.iter().map(|(part, waiting)| (heat(waiting), *part)).collect();
        // A loop is waited for by somebody who is in it; its function's next call is later.
        by_heat.sort_unstable_by_key(|(heat, part)| {
            (std::cmp::Reverse(*heat), part.entry == Entry::Start, *part)
        });
        let cooled = by_heat.iter().filter(|(heat, _)| *heat == 0).map(|(_, part)| *part).collect();
        self.waiting.retain(|_, waiting| heat(waiting) > 0);
        let count = (self.waiting.len() / BATCH_SHARE).clamp(1, BATCH_MAX);
        let mut room = BATCH_COST_MAX;
        let mut taken = Vec::new();
        for (_, part) in by_heat.into_iter().filter(|(heat, _)| *heat > 0).take(count) {
            let cost = cost(part.defined);
            if cost > room && !taken.is_empty() {
                break;
            }
            room = room.saturating_sub(cost);
            taken.push(part);
        }
        for part in &taken {
            self.waiting.remove(part);
            self.settled.insert(*part);
        }
        self.batches += 1;
        (taken, cooled)
    }
}

#[cfg(test)]
mod tests;
