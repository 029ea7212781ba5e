//! What waits to be compiled: first what is hottest for its cost, and what has cooled not at all.
//!
//! Not here: compiling. Invariant: a part is waiting, in work, or settled; what is settled never waits again.
//! Read next: [`super::thresholds`], which has the numbers.

use super::thresholds::{
    BATCH_COST_MAX, BATCH_MAX, BATCH_SHARE, COOLING_BATCHES, EXPECTED_COST_MAX, PART_COST,
};
use holm_abi::{Entry, Part};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::ops::RangeInclusive;

/// A part that waits.
#[derive(Clone, Copy, Debug, Default)]
struct Waiting {
    /// How often it was noticed.
    heat: u64,
    /// How many batches had been taken when it was noticed last.
    noticed: u64,
}

impl Waiting {
    /// How hot it is when so many batches have been taken.
    fn heat_at(&self, batches: u64) -> u64 {
        let waited = batches - self.noticed;
        let halvings = u32::try_from(waited / COOLING_BATCHES).unwrap_or(u32::MAX);
        self.heat.checked_shr(halvings).unwrap_or(0)
    }
}

/// What it means that a part was noticed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Notice {
    /// It waits now.
    First,
    /// It has been waiting.
    Again,
    /// It need not wait, or not now.
    Settled,
}

/// A part by its function and, of a loop, its place in the file: that is all that kept code knows of a loop.
type Settled = (u32, Option<u32>);

fn settled(part: Part) -> Settled {
    match part.entry {
        Entry::Start => (part.defined, None),
        Entry::Loop { offset, .. } => (part.defined, Some(offset)),
    }
}

/// The queue of one module.
#[derive(Debug, Default)]
pub(super) struct Queue {
    waiting: BTreeMap<Part, Waiting>,
    /// Loops that have not been noticed often enough yet, and how often.
    warm: BTreeMap<Part, u64>,
    /// Functions that earlier runs called, in the order of their turn, which comes when nothing else waits.
    expected: VecDeque<u32>,
    /// In work, compiled, or refused.
    settled: BTreeSet<Settled>,
    /// What all of these cost together.
    settled_cost: u64,
    /// The functions of which a part is in work. No other part of them waits meanwhile: it is likely to need nothing more.
    in_work: BTreeSet<u32>,
    batches: u64,
}

/// All parts of a function.
fn parts_of(defined: u32) -> RangeInclusive<Part> {
    let last = Entry::Loop { offset: u32::MAX, locals_at: u32::MAX };
    Part { defined, entry: Entry::Start }..=Part { defined, entry: last }
}

impl Queue {
    /// A part was noticed; for a loop that must have happened so often before it waits. Loops of a function that waits for
    /// its next call only make that hotter: who called it so often will call it again, and one compilation is for
    /// all its loops.
    pub(super) fn notice(&mut self, part: Part, enough: u64) -> Notice {
        if self.settled.contains(&settled(part)) || self.in_work.contains(&part.defined) {
            return Notice::Settled;
        }
        let start = Part { entry: Entry::Start, ..part };
        let part = if self.waiting.contains_key(&start) { start } else { part };
        let mut heat = 1;
        if part != start && !self.waiting.contains_key(&part) {
            let warm = self.warm.entry(part).or_insert(0);
            *warm += 1;
            if *warm < enough {
                return Notice::Settled;
            }
            heat = self.warm.remove(&part).unwrap_or(1);
        }
        if part == start {
            let loops = |(part, _): (&Part, &Waiting)| *part;
            let loops: Vec<Part> = self.waiting.range(parts_of(part.defined)).map(loops).collect();
            for waiting in loops.iter().filter(|other| **other != start) {
                heat += self.waiting.remove(waiting).map_or(0, |waiting| waiting.heat);
            }
        }
        let batches = self.batches;
        let waiting = self.waiting.entry(part).or_default();
        let is_first = waiting.heat == 0;
        waiting.heat += heat;
        waiting.noticed = batches;
        if is_first { Notice::First } else { Notice::Again }
    }

    /// Functions that are likely to be called, because they were earlier. They take their turn when nothing else waits.
    pub(super) fn expect(&mut self, functions: impl IntoIterator<Item = u32>) {
        self.expected.extend(functions);
    }

    /// Those whose turn has not come.
    pub(super) fn expected(&self) -> impl Iterator<Item = u32> {
        self.expected.iter().copied()
    }

    /// Whether a function is compiled, or cannot be.
    pub(super) fn is_done(&self, defined: u32) -> bool {
        self.settled.contains(&(defined, None)) && !self.is_in_work(defined)
    }

    /// Whether a part of a function is being compiled.
    pub(super) fn is_in_work(&self, defined: u32) -> bool {
        self.in_work.contains(&defined)
    }

    /// The functions of which a part is being compiled.
    pub(super) fn in_work(&self) -> impl Iterator<Item = u32> {
        self.in_work.iter().copied()
    }

    /// What it costs to compile all parts that are in work, compiled or refused.
    pub(super) fn settled_cost(&self) -> u64 {
        self.settled_cost
    }

    /// Whether nothing waits.
    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty() && self.expected.is_empty()
    }

    /// Takes a part of this cost that is to be compiled out of turn; nothing if it is settled.
    pub(super) fn take_now(&mut self, part: Part, cost: u64) -> Option<Part> {
        self.waiting.remove(&part);
        self.settle(part, cost).then_some(part)
    }

    /// Settles a part of this cost. Says whether it was not yet.
    fn settle(&mut self, part: Part, cost: u64) -> bool {
        let is_new = self.settled.insert(settled(part));
        if is_new {
            self.settled_cost = self.settled_cost.saturating_add(cost);
        }
        is_new
    }

    /// Takes the parts that are to be compiled next, those with the most heat for what compiling them costs first; and
    /// drops those that have cooled, which it also gives. What is taken is in work until [`Queue::done`].
    pub(super) fn take(&mut self, cost: impl Fn(u32) -> u64) -> (Vec<Part>, Vec<Part>) {
        if self.waiting.is_empty() {
            return (self.take_expected(cost), Vec::new());
        }
        let batches = self.batches;
        let cold = self.waiting.iter().filter(|(_, waiting)| waiting.heat_at(batches) == 0);
        let cooled: Vec<Part> = cold.map(|(part, _)| *part).collect();
        self.waiting.retain(|_, waiting| waiting.heat_at(batches) > 0);
        // How much waiting costs the guest per unit of work that would end it.
        let worth = |(part, waiting): (&Part, &Waiting)| {
            let cost = cost(part.defined).saturating_add(PART_COST);
            (waiting.heat_at(batches).saturating_mul(1 << 32) / cost, *part)
        };
        let mut by_worth: Vec<(u64, Part)> = self.waiting.iter().map(worth).collect();
        // A loop is waited for by somebody who is in it; its function's next call is later.
        by_worth.sort_unstable_by_key(|(worth, part)| {
            (std::cmp::Reverse(*worth), part.entry == Entry::Start, *part)
        });
        let count = (self.waiting.len() / BATCH_SHARE).clamp(1, BATCH_MAX);
        let mut room = BATCH_COST_MAX;
        let mut taken: Vec<Part> = Vec::new();
        for (_, part) in by_worth.into_iter().take(count) {
            let cost = cost(part.defined);
            if cost > room && !taken.is_empty() {
                break;
            }
            if self.in_work.insert(part.defined) {
                room = room.saturating_sub(cost);
                taken.push(part);
            }
        }
        self.waiting.retain(|part, _| !self.in_work.contains(&part.defined));
        for part in &taken {
            self.settle(*part, cost(part.defined));
        }
        self.batches += 1;
        (taken, cooled)
    }

    /// Takes functions that earlier runs called: few, for what is noticed meanwhile has to wait for them.
    fn take_expected(&mut self, cost: impl Fn(u32) -> u64) -> Vec<Part> {
        let mut room = EXPECTED_COST_MAX;
        let mut taken: Vec<Part> = Vec::new();
        while let Some(defined) = self.expected.pop_front() {
            let cost = cost(defined);
            let share = cost.saturating_add(PART_COST);
            if share > room && !taken.is_empty() {
                self.expected.push_front(defined);
                break;
            }
            let part = Part { defined, entry: Entry::Start };
            if self.in_work.contains(&defined) || !self.settle(part, cost) {
                continue;
            }
            self.in_work.insert(defined);
            room = room.saturating_sub(share);
            taken.push(part);
        }
        taken
    }

    /// Parts that were taken are compiled, or cannot be.
    pub(super) fn done(&mut self, taken: &[Part]) {
        for part in taken {
            self.in_work.remove(&part.defined);
        }
    }
}

#[cfg(test)]
mod tests;
