//! What happened while functions moved up: for statistics and traces.
//!
//! Not here: showing it (hosts do). Invariant: bounded; what does not fit is counted, not kept.
//! Read next: [`super`].

use super::thresholds::EVENTS_MAX;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// Why there is machine code of a function or of one of its loops.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TierReason {
    /// The function had run about so many rounds of its loops by then, of which a call counts as some.
    Ran {
        /// Rounds.
        rounds: u64,
        /// Rounds that a call counts as; 0 if calls do not count.
        per_call: u16,
    },
    /// An earlier run called it.
    CalledBefore,
    /// An earlier run compiled it, and its code was kept.
    Kept,
    /// Compiled and interpreted functions called each other so deep down that the stack had no room for more changes.
    Deep,
}

/// What became of a function or of one of its loops.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TierEventKind {
    /// It was called, or ran, so often that it is to be compiled.
    Noticed,
    /// It waited and was not noticed again for so long that it is not compiled.
    Cooled,
    /// Its machine code runs from now on, for this reason.
    Promoted(TierReason),
    /// It stays where it is, for this reason.
    Refused(String),
}

/// One event.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TierEvent {
    /// When, by the clock of [`crate::Config::clock`]; nothing without one.
    pub at_ns: Option<u64>,
    /// The function, by its index in its module.
    pub function: u32,
    /// Where the loop is in the bytes of the module, if it is about one.
    pub loop_offset: Option<u32>,
    /// What.
    pub kind: TierEventKind,
}

/// One compilation of one or more functions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TierCompilation {
    /// When it began and ended, by the clock of [`crate::Config::clock`].
    pub span_ns: Option<(u64, u64)>,
    /// How many functions and loops it was of.
    pub parts: usize,
    /// Bytes of machine code.
    pub code_bytes: u64,
}

/// Totals.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct TierStats {
    /// Functions that were compiled and promoted.
    pub functions: u64,
    /// Loops that can be entered while they run.
    pub loops: u64,
    /// Functions and loops that could not be promoted.
    pub refused: u64,
    /// Those that waited for nothing.
    pub cooled: u64,
    /// Compilations.
    pub compilations: u64,
    /// Nanoseconds of all of them together, on all threads, if there is a clock.
    pub compile_ns: u64,
    /// Bytes of machine code.
    pub code_bytes: u64,
}

/// The events of one module.
#[derive(Debug, Default)]
pub(super) struct Log {
    stats: TierStats,
    /// By function: the rounds that were noticed.
    rounds: BTreeMap<u32, u64>,
    /// Functions that were compiled because the stack was about to end.
    deep: BTreeSet<u32>,
    events: VecDeque<TierEvent>,
    compilations: VecDeque<TierCompilation>,
}

impl Log {
    /// Notes that a function has run so many rounds until it was noticed, the first time or again.
    pub(super) fn noticed(&mut self, function: u32, first: u32, again: u32) {
        let rounds = self.rounds.entry(function).or_default();
        *rounds += u64::from(if *rounds == 0 { first } else { again });
    }

    /// Notes that a function is needed because the stack is about to end.
    pub(super) fn deep(&mut self, function: u32) {
        self.deep.insert(function);
    }

    /// Why a function is promoted that was compiled in this run.
    pub(super) fn reason(&self, function: u32, per_call: u16) -> TierReason {
        match self.rounds.get(&function) {
            _ if self.deep.contains(&function) => TierReason::Deep,
            Some(rounds) => TierReason::Ran { rounds: *rounds, per_call },
            None => TierReason::CalledBefore,
        }
    }

    pub(super) fn add(&mut self, event: TierEvent) {
        match (&event.kind, event.loop_offset) {
            (TierEventKind::Promoted(TierReason::Kept), _) => {}
            (TierEventKind::Promoted(_), None) => self.stats.functions += 1,
            (TierEventKind::Promoted(_), Some(_)) => self.stats.loops += 1,
            (TierEventKind::Refused(_), _) => self.stats.refused += 1,
            (TierEventKind::Cooled, _) => self.stats.cooled += 1,
            (TierEventKind::Noticed, _) => {}
        }
        if self.events.len() == EVENTS_MAX {
            self.events.pop_front();
        }
        self.events.push_back(event);
    }

    /// Notes a compilation.
    pub(super) fn compiled(&mut self, compilation: TierCompilation) {
        self.stats.compilations += 1;
        self.stats.code_bytes += compilation.code_bytes;
        let span = compilation.span_ns.map_or(0, |(began, ended)| ended.saturating_sub(began));
        self.stats.compile_ns += span;
        if self.compilations.len() == EVENTS_MAX {
            self.compilations.pop_front();
        }
        self.compilations.push_back(compilation);
    }

    pub(super) fn stats(&self) -> TierStats {
        self.stats
    }

    pub(super) fn events(&self) -> Vec<TierEvent> {
        self.events.iter().cloned().collect()
    }

    pub(super) fn compilations(&self) -> Vec<TierCompilation> {
        self.compilations.iter().copied().collect()
    }
}
