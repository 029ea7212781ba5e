//! What happened while functions moved up: for statistics and traces.
//!
//! Not here: showing it (hosts do). Invariant: bounded; what does not fit is counted, not kept.
//! Read next: [`super`].

use super::thresholds::EVENTS_MAX;
use std::collections::VecDeque;

/// What became of a function or of one of its loops.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TierEventKind {
    /// It was called, or ran, so often that it is to be compiled.
    Noticed,
    /// It waited and was not noticed again for so long that it is not compiled.
    Cooled,
    /// Its machine code runs from now on.
    Promoted,
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
    /// Functions that were promoted.
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
    events: VecDeque<TierEvent>,
    compilations: VecDeque<TierCompilation>,
}

impl Log {
    pub(super) fn add(&mut self, event: TierEvent) {
        match (&event.kind, event.loop_offset) {
            (TierEventKind::Promoted, None) => self.stats.functions += 1,
            (TierEventKind::Promoted, Some(_)) => self.stats.loops += 1,
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
