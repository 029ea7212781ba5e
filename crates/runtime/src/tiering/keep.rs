//! What a run leaves to the next one: the code of what was promoted, and which functions were called besides.
//!
//! Not here: the file it goes to (see [`crate::artifact`]). Invariant: what no run has called is never compiled.
//! Read next: [`super::thresholds`], which says how much is done at the end of a run.

use super::Promotions;
use super::thresholds::{FINISHED_COST_MAX, KEPT_SHARE, KEPT_WASM_BYTES_MIN};
use crate::artifact::Found;
use crate::error::Result;
use holm_abi::Code;
use std::collections::BTreeSet;
use std::sync::{PoisonError, Weak};

impl Promotions {
    /// Gives `put` what there is to keep for the next run, unless the cache has nearly all of it already. Says whether it
    /// was put there.
    pub(crate) fn keep(
        &self,
        wasm: &[u8],
        put: impl FnOnce(&Found<'_>) -> Result<bool>,
    ) -> Result<bool> {
        self.finish();
        let (images, cost) = {
            let state = self.state();
            let cost = state.queue.settled_cost();
            let is_worth_it = match state.kept_cost {
                None => cost > 0 || wasm.len() >= KEPT_WASM_BYTES_MIN,
                Some(kept) => (cost - kept) * KEPT_SHARE >= kept.max(1),
            };
            if !is_worth_it {
                return Ok(false);
            }
            (state.images.clone(), cost)
        };
        let codes = images.iter().filter_map(|image| image.code());
        // Loops are not kept: their functions were called, and are compiled as a whole in the next run.
        let has_function = |code: &&Code| code.members().any(|it| it.loop_offset.is_none());
        let codes: Vec<&Code> = codes.filter(has_function).collect();
        let promoted = (!codes.is_empty()).then(|| Code::merge(&codes)).transpose()?;
        let (called, profile) = (&self.called(), &self.profile(wasm));
        let done = put(&Found { promoted: promoted.as_ref(), called, profile })?;
        self.state().kept_cost = Some(cost);
        Ok(done)
    }

    /// In a run that found what an earlier one has kept: compiles what that one has called, because a program that was run
    /// twice will be run again; and waits for what is in work, because a function that takes longer than runs do would be
    /// begun in each of them, and never be ready.
    fn finish(&self) {
        if self.state().kept_cost.is_none() {
            return;
        }
        self.compile_expected();
        let mut state = self.state();
        let in_work: Vec<u32> = state.queue.in_work().collect();
        while state.helpers > 0 && in_work.iter().any(|defined| state.queue.is_in_work(*defined)) {
            state = self.batch_ended.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Compiles what waits and what is expected, on this thread too, within bounds.
    fn compile_expected(&self) {
        let before = self.state().queue.settled_cost();
        loop {
            let state = self.state();
            let cost = state.queue.settled_cost() - before;
            if state.queue.is_empty() || cost >= FINISHED_COST_MAX {
                return;
            }
            self.call_help(state);
            if !self.help_once() {
                return;
            }
        }
    }

    /// The functions that were called, in this run or in earlier ones, and are still interpreted; those that ran most first.
    fn called(&self) -> Vec<u32> {
        let code = self.code.get().and_then(Weak::upgrade);
        let functions = code.as_ref().and_then(|code| code.interpreted());
        let mut now: Vec<(i32, u32)> = Vec::new();
        if let Some(functions) = functions {
            // What is left until a function is noticed tells how much it ran.
            let heat = |defined| functions.heat(defined).unwrap_or(i32::MAX);
            functions.called(&mut |defined| now.push((heat(defined), defined)));
        }
        now.sort_unstable();
        let state = self.state();
        let mut seen = BTreeSet::new();
        let all = now.into_iter().map(|(_, defined)| defined).chain(state.queue.expected());
        all.filter(|defined| !state.queue.is_done(*defined) && seen.insert(*defined)).collect()
    }
}
