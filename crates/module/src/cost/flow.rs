//! Where the values of locals meet: an estimate of the block parameters that a compiler in SSA form makes.
//!
//! A local needs a parameter where control arrives from two places between which it was set, if it is read
//! afterwards: at the end of a block that is left from several places, and at the header of a loop that
//! reads it and then sets it. Parameters are counted when the read (or set) that needs them is seen.
//! Not here: what a parameter costs (see [`super`]). Invariant: the time for a use of a local is constant but
//! for a binary search over the open blocks and for the loops that it says it looked at.
//! Read next: `check.rs`.

use alloc::vec::Vec;
/// The open blocks of a function, the function itself outermost, and what met so far.
#[derive(Debug, Default)]
pub(super) struct Flow {
    frames: Vec<Frame>,
    /// The times at which the open loops began.
    loops: Vec<u64>,
    /// How many blocks have ended at which control arrived from several places.
    merges: u64,
    /// When the last of them ended.
    merged_at: u64,
    /// The most targets of any `br_table` that goes to such a block.
    table_targets: u64,
}

/// What is known of one open block.
#[derive(Clone, Copy, Debug, Default)]
struct Frame {
    /// The time at which it began.
    opened_at: u64,
    /// How many values it gives, and a branch to its label carries.
    arity: Arity,
    /// From how many places control arrives at its end.
    arrivals: u64,
    /// The time of the last `br_table` that goes there.
    table_at: u64,
    /// How many targets all `br_table`s that go there have together.
    table_targets: u64,
    kind: Kind,
    /// Whether control cannot be here now.
    dead: bool,
}

/// How many values a block deals with.
#[derive(Clone, Copy, Debug, Default)]
struct Arity {
    results: u32,
    carried: u32,
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

/// What is known of one local. Times before the function began mean that nothing happened to it yet.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Local {
    /// When it was set last.
    set_at: u64,
    /// When it got the value that it has now: it was set, or its values met for a read.
    got_at: u64,
    /// How many blocks were open then.
    got_depth: usize,
    /// How many merges there had been then.
    got_merges: u64,
    /// Until when the headers of loops are counted.
    headers_at: u64,
}

impl Flow {
    /// Begins with a function of so many results, at a time later than all before.
    pub(super) fn start(&mut self, now: u64, results: u32) {
        (self.merges, self.merged_at, self.table_targets) = (0, 0, 0);
        self.loops.clear();
        self.frames.clear();
        let arity = Arity { results, carried: results };
        self.frames.push(Frame { opened_at: now, arity, ..Frame::default() });
    }

    /// How many blocks are open, without the function.
    pub(super) fn nesting(&self) -> u64 {
        (self.frames.len() as u64).saturating_sub(1)
    }

    /// How many loops are open.
    pub(super) fn loop_nesting(&self) -> u64 {
        self.loops.len() as u64
    }

    /// The most targets of any `br_table` that goes to a place where values meet.
    pub(super) const fn table_targets(&self) -> u64 {
        self.table_targets
    }

    /// How many values a branch to this label carries.
    pub(super) fn carried(&self, depth: u32) -> u64 {
        let index = self.frames.len().checked_sub(1 + depth as usize);
        index.and_then(|index| self.frames.get(index)).map_or(0, |frame| frame.arity.carried.into())
    }

    /// How many values the innermost block gives.
    pub(super) fn results(&self) -> u64 {
        self.frames.last().map_or(0, |frame| frame.arity.results.into())
    }

    /// How many values the function gives.
    pub(super) fn function_results(&self) -> u64 {
        self.frames.first().map_or(0, |frame| frame.arity.results.into())
    }

    /// A block with so many parameters and results begins at a time later than all before.
    pub(super) fn open(&mut self, kind: Kind, opened_at: u64, (params, results): (u32, u32)) {
        let dead = self.frames.last().is_none_or(|frame| frame.dead);
        let arrivals = u64::from(kind == Kind::If);
        let arity = Arity { results, carried: if kind == Kind::Loop { params } else { results } };
        self.frames.push(Frame { opened_at, arity, arrivals, kind, dead, ..Frame::default() });
        if kind == Kind::Loop {
            self.loops.push(opened_at);
        }
    }

    /// The other half of an `if` begins.
    pub(super) fn other_half(&mut self) {
        let outside_dead = self.frames.iter().nth_back(1).is_none_or(|frame| frame.dead);
        if let Some(frame) = self.frames.last_mut() {
            // The failing condition arrives here now, not at the end.
            frame.arrivals = frame.arrivals.saturating_sub(1) + u64::from(!frame.dead);
            frame.dead = outside_dead;
            frame.kind = Kind::Block;
        }
    }

    /// The innermost block ends at a time later than all before.
    pub(super) fn close(&mut self, now: u64) {
        let Some(frame) = self.frames.pop() else { return };
        let leaves = if frame.kind == Kind::Loop {
            self.loops.pop();
            !frame.dead
        } else {
            let arrivals = frame.arrivals + u64::from(!frame.dead);
            if arrivals > 1 {
                self.merges += 1;
                self.merged_at = now;
                self.table_targets = self.table_targets.max(frame.table_targets);
            }
            arrivals > 0
        };
        if let Some(outside) = self.frames.last_mut() {
            outside.dead |= !leaves;
        }
    }

    /// Control may go to this label.
    pub(super) fn branch(&mut self, depth: u32) {
        if let Some(frame) = self.target(depth) {
            frame.arrivals += 1;
        }
    }

    /// A `br_table` with so many targets, at this time, may go to this label.
    pub(super) fn table(&mut self, depth: u32, targets: u64, at: u64) {
        if let Some(frame) = self.target(depth).filter(|frame| frame.table_at != at) {
            frame.table_at = at;
            frame.table_targets += targets;
            frame.arrivals += 1;
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

    /// When the last block ended where control arrives from several places. A local that was used since
    /// needs no parameters to be read.
    pub(super) const fn merged_at(&self) -> u64 {
        self.merged_at
    }

    /// A local is read that may need parameters. Gives how many it needs.
    pub(super) fn read(&self, local: &mut Local, now: u64) -> u64 {
        let merges = self.merges.saturating_sub(local.got_merges);
        let untouched =
            self.frames.first().is_none_or(|function| local.got_at < function.opened_at);
        if untouched {
            // It has its first value, which is there in every block.
            return 0;
        }
        // The blocks that were open when it got its value and are not any more.
        let common = self.frames.partition_point(|frame| frame.opened_at <= local.got_at);
        let parameters = merges.min(local.got_depth.saturating_sub(common) as u64);
        self.get(local, now);
        if parameters == 0 {
            return 0;
        }
        let headers = self.loops.iter().rev().take_while(|opened| **opened > local.headers_at);
        let headers = headers.count() as u64;
        local.headers_at = now;
        parameters + headers
    }

    /// A local that was used last at `used_at` is set. Gives how many parameters that needs, and how many
    /// loops had to be looked at.
    pub(super) fn set(&self, local: &mut Local, used_at: u64, now: u64) -> (u64, u64) {
        let counted_at = local.set_at.max(local.headers_at);
        let (mut parameters, mut loops) = (0, 0);
        for opened in self.loops.iter().rev().take_while(|opened| **opened > counted_at) {
            loops += 1;
            // After the loop began it was used, and not set: it was read.
            parameters += u64::from(*opened <= used_at);
        }
        if parameters > 0 {
            local.headers_at = now;
        }
        local.set_at = now;
        self.get(local, now);
        (parameters, loops)
    }

    /// A local has a new value.
    const fn get(&self, local: &mut Local, now: u64) {
        local.got_at = now;
        local.got_depth = self.frames.len();
        local.got_merges = self.merges;
    }
}
