//! Calls of small functions, replaced by the body of what they call.
//!
//! The callee's operators are translated in place, in a block of its own whose end is the return. Who is small
//! enough is decided from what validation counted, never from a profile, so that the image stays the same
//! for the same module. Nothing is inlined while code counts fuel: segments would be charged differently.
//! Invariant: a loop polls once per round, wherever it is translated.
//! Read next: [`super::control`].

use super::Translator;
use super::frames::{Frame, Kind, Types};
use crate::environment::Environment;
use crate::error::Failure;
use crate::known::Known;

/// How deep calls are inlined into inlined calls.
const DEPTH_MAX: usize = 4;
/// Operators that a function may gain whatever its size.
const GROWTH_MIN: u32 = 160;

/// What has been inlined into a function so far.
pub(super) struct Inlining {
    /// The functions being translated, by defined index, the outermost first.
    active: Vec<u32>,
    /// Operators that may still be added.
    budget: u32,
}

impl Inlining {
    pub(super) fn new(env: &Environment<'_>, defined: u32, expands: bool) -> Self {
        let own = env.known.operators(defined);
        let budget = if expands { GROWTH_MIN + own / 2 } else { 0 };
        Self { active: vec![defined], budget }
    }

    /// How many calls around the operator at hand are inlined.
    pub(super) fn depth(&self) -> usize {
        self.active.len() - 1
    }

    /// The function that the operator at hand is of.
    pub(super) fn current(&self) -> Option<u32> {
        self.active.last().copied()
    }

    /// Whether a call of this function is to be replaced.
    fn wants(&self, defined: u32, known: &Known<'_>) -> bool {
        let recursions = self.active.iter().filter(|active| **active == defined).count();
        self.active.len() <= DEPTH_MAX && known.is_small(defined, self.budget, recursions)
    }
}

impl Translator<'_, '_> {
    /// Whether a call of a defined function is to be replaced by its body.
    pub(super) fn wants_inlined(&self, defined: u32) -> bool {
        self.inlining.wants(defined, &self.env.known)
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
        self.inlining.budget -= env.known.operators(defined);
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
