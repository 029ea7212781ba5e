//! Where the values of locals meet: an estimate of the block parameters that a compiler in SSA form makes.
//!
//! A local needs a parameter where control arrives from two places between which it was set: at the header
//! of a loop that sets it and goes back, at the end of a block that is left from several places.
//! Not here: what a parameter costs (see [`super`]). Invariant: work is in proportion to what is counted, and
//! the count is at least what a compiler makes, if it makes none for locals that are not read any more.
//! Read next: `check.rs`.

/// The blocks that are open, the function itself outermost.
#[derive(Debug, Default)]
pub(super) struct Flow {
    frames: Vec<Frame>,
}

/// What is known of one open block.
#[derive(Clone, Copy, Debug, Default)]
struct Frame {
    /// The time at which it began.
    opened_at: u64,
    /// How many locals have been set since.
    changed: u64,
    /// From how many places control arrives at the header of the loop or at the end of the block.
    arrivals: u64,
    /// How many locals had been set when it arrived last.
    changed_at_arrival: u64,
    /// The time of the last `br_table` that goes there.
    table_at: u64,
    /// How many targets all `br_table`s that go there have together.
    table_targets: u64,
    kind: Kind,
    /// Whether control cannot be here now.
    dead: bool,
}

/// What meets at the end of a block.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Merge {
    /// How many parameters, at most.
    pub(super) parameters: u64,
    /// How many targets all `br_table`s that go there have together.
    pub(super) table_targets: u64,
}

/// The kinds of blocks that differ here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Branches go to its end.
    #[default]
    Block,
    /// Branches go to its beginning.
    Loop,
    /// Control arrives at its end also if the condition fails.
    If,
}

impl Frame {
    const fn arrive(&mut self) {
        self.arrivals += 1;
        self.changed_at_arrival = self.changed;
    }
}

impl Flow {
    /// Begins with a function.
    pub(super) fn start(&mut self) {
        self.frames.clear();
        self.frames.push(Frame::default());
    }

    /// How many blocks are open, without the function.
    pub(super) fn nesting(&self) -> u64 {
        (self.frames.len() as u64).saturating_sub(1)
    }

    /// A block begins at a time later than all before.
    pub(super) fn open(&mut self, kind: Kind, opened_at: u64) {
        let dead = self.frames.last().is_none_or(|frame| frame.dead);
        let arrivals = u64::from(kind != Kind::Block);
        self.frames.push(Frame { opened_at, arrivals, kind, dead, ..Frame::default() });
    }

    /// The other half of an `if` begins.
    pub(super) fn other_half(&mut self) {
        let outside_dead = self.frames.iter().nth_back(1).is_none_or(|frame| frame.dead);
        if let Some(frame) = self.frames.last_mut() {
            // The failing condition arrives here now, not at the end.
            frame.arrivals = frame.arrivals.saturating_sub(1);
            if !frame.dead {
                frame.arrive();
            }
            frame.dead = outside_dead;
            frame.kind = Kind::Block;
        }
    }

    /// The innermost block ends; gives what meets there.
    pub(super) fn close(&mut self) -> Merge {
        let Some(mut frame) = self.frames.pop() else { return Merge::default() };
        if frame.kind != Kind::Loop && !frame.dead {
            frame.arrive();
        }
        let leaves = if frame.kind == Kind::Loop { !frame.dead } else { frame.arrivals > 0 };
        match self.frames.last_mut() {
            Some(outside) => outside.dead |= !leaves,
            // Nothing is live after the function.
            None => return Merge::default(),
        }
        let parameters = if frame.arrivals > 1 { frame.changed_at_arrival } else { 0 };
        Merge { parameters, table_targets: frame.table_targets }
    }

    /// Control may go to this label.
    pub(super) fn branch(&mut self, depth: u32) {
        if let Some(frame) = self.target(depth) {
            frame.arrive();
        }
    }

    /// A `br_table` with so many targets, at this time, may go to this label.
    pub(super) fn table(&mut self, depth: u32, targets: u64, at: u64) {
        if let Some(frame) = self.target(depth).filter(|frame| frame.table_at != at) {
            frame.table_at = at;
            frame.table_targets += targets;
            frame.arrive();
        }
    }

    /// The block with this label, if control can go there from here.
    fn target(&mut self, depth: u32) -> Option<&mut Frame> {
        let index = self.frames.len().checked_sub(1 + depth as usize)?;
        if self.frames.last()?.dead { None } else { self.frames.get_mut(index) }
    }

    /// Control does not go on from here.
    pub(super) fn stop(&mut self) {
        if let Some(frame) = self.frames.last_mut() {
            frame.dead = true;
        }
    }

    /// A local that was set at `set_at` is set again; gives how many blocks had not seen that yet.
    pub(super) fn set(&mut self, set_at: u64) -> u64 {
        let unaware = self.frames.iter_mut().rev().take_while(|frame| frame.opened_at > set_at);
        unaware.map(|frame| frame.changed += 1).count() as u64
    }
}
