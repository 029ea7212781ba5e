//! Calls of small functions, replaced by the body of what they call.
//!
//! The callee's operators are translated in place, in a block of its own whose end is the return. Who is small
//! enough is decided from what validation counted; where a profile says that a call is made often, larger ones are, and
//! where it is seldom made, hardly any. Nothing is inlined while code counts fuel: segments would be charged differently.
//! Invariant: a loop polls once per round, wherever it is translated.
//! Read next: [`super::control`].

use super::Translator;
use super::frames::{Frame, Kind, Types};
use super::hint::{SEEN_MIN, is_seldom};
use crate::environment::{Calls, Environment};
use crate::error::Failure;
use crate::known::{Known, Size};
use holm_abi::Share;

/// How deep calls are inlined into inlined calls.
const DEPTH_MAX: usize = 4;
/// Operators that a function may gain whatever its size.
const GROWTH_MIN: u32 = 160;
/// What it may gain besides by calls that are made often, where somebody waits for the code, or does not.
const HOT_GROWTH: [u32; 2] = [600, 1200];
/// The most operators of a callee that is called often; likewise.
const HOT_OPERATORS_MAX: [u32; 2] = [120, 200];
/// Operators of a function that takes no more room than its call.
const TINY_OPERATORS_MAX: u32 = 6;
/// Calls are made often if they are made once in so many calls of their function.
const OFTEN_DIVISOR: u32 = 2;

/// How often a call is made, beside its function's own calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Frequency {
    Seldom,
    Unknown,
    Often,
}

/// What has been inlined into a function so far.
pub(super) struct Inlining {
    /// The functions being translated, by defined index, the outermost first.
    active: Vec<u32>,
    /// Operators that may still be added.
    budget: u32,
    /// Operators that calls may still add besides which are made often.
    hot_budget: u32,
    /// The most operators of what these call.
    hot_most: u32,
}

impl Inlining {
    pub(super) fn new(env: &Environment<'_>, defined: u32, expands: bool) -> Self {
        let own = env.known.operators(defined);
        let budget = if expands { GROWTH_MIN + own / 2 } else { 0 };
        let ahead = usize::from(matches!(env.calls, Calls::Image));
        let hot_budget = if expands { HOT_GROWTH[ahead] } else { 0 };
        let hot_most = HOT_OPERATORS_MAX[ahead];
        Self { active: vec![defined], budget, hot_budget, hot_most }
    }

    /// How many calls around the operator at hand are inlined.
    pub(super) fn depth(&self) -> usize {
        self.active.len() - 1
    }

    /// The function that the operator at hand is of.
    pub(super) fn current(&self) -> Option<u32> {
        self.active.last().copied()
    }

    /// Whether a call of this function, made so often, is to be replaced.
    fn wants(&self, defined: u32, frequency: Frequency, known: &Known<'_>) -> bool {
        let recursions = self.active.iter().filter(|active| **active == defined).count();
        let size = match frequency {
            Frequency::Seldom => Size::Usual(self.budget.min(TINY_OPERATORS_MAX)),
            Frequency::Unknown => Size::Usual(self.budget),
            Frequency::Often => Size::Large(self.hot_most.min(self.budget + self.hot_budget)),
        };
        self.active.len() <= DEPTH_MAX && known.is_small(defined, size, recursions)
    }

    /// Takes what inlining a function adds from what may be added.
    fn spend(&mut self, operators: u32) {
        let hot = operators.min(self.hot_budget);
        // Nobody gets here without enough of both.
        (self.hot_budget, self.budget) = match self.budget.checked_sub(operators) {
            Some(rest) => (self.hot_budget, rest),
            None => (self.hot_budget - hot, self.budget.saturating_sub(operators - hot)),
        };
    }
}

impl Translator<'_, '_> {
    /// Whether a call of a defined function is to be replaced by its body.
    pub(super) fn wants_inlined(&self, defined: u32) -> bool {
        self.inlining.wants(defined, self.frequency(), &self.env.known)
    }

    /// How often the call at hand is made.
    fn frequency(&self) -> Frequency {
        if self.is_cold {
            return Frequency::Seldom;
        }
        let current = self.inlining.current();
        let seen = current.and_then(|it| self.env.profile.calls(it, self.places.here()));
        match seen {
            Some(seen) if is_seldom(seen) => Frequency::Seldom,
            Some(Share { times, of }) if times >= SEEN_MIN && times >= of / OFTEN_DIVISOR => {
                Frequency::Often
            }
            _ => Frequency::Unknown,
        }
    }

    /// Translates a function in place of a call, whose arguments are on the stack.
    pub(super) fn inline_call(&mut self, defined: u32, ty: u32) -> Result<(), Failure> {
        let env = self.env;
        let (params, results) = (env.ty(ty).params(), env.ty(ty).results());
        let mut reader = env.known.read(defined)?;
        let args = self.pop_canonical(params.len());
        let locals = std::mem::take(&mut self.locals);
        self.declare_locals(params, &args, &reader.locals);
        let outer = std::mem::replace(&mut self.body_frame, self.frames.len());
        let base = self.stack.len();
        let (params, results) = (Types::List(&[]), Types::List(results));
        self.frames.push(Frame::new(Kind::Inlined, base, params, results));
        let site = self.places.enter();
        self.inlining.active.push(defined);
        self.inlining.spend(env.known.operators(defined));
        self.operators(&mut reader.operators)?;
        self.inlining.active.pop();
        // An indirect call may go on after one of its callees.
        let location = self.places.leave(site);
        self.b.set_srcloc(location);
        self.body_frame = outer;
        self.locals = locals;
        Ok(())
    }
}
