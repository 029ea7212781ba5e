//! What is known of a module besides the function at hand: facts, and the bodies of other functions.
//!
//! Of a whole module everything is known. While a module arrives, facts may still be broken and bodies are
//! missing; then the most favourable answer is given and noted in [`Asked`]. Not here: who compiles when (see
//! [`crate::early`]). Invariant: code that was made from noted answers is the code of the whole
//! module if the answers hold there. Read next: [`crate::environment`].

use crate::error::Failure;
use holm_module::{BodyFlags, BodyReader, ConstExpr, Facts, FunctionBody, Module};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The most operators of a callee that calls nothing.
const LEAF_OPERATORS_MAX: u32 = 48;
/// The most operators of a callee that calls others.
const CALLER_OPERATORS_MAX: u32 = 24;
/// The same, if it has to do with objects: compilers to those have not inlined yet what others have.
const OBJECT_CALLER_OPERATORS_MAX: u32 = 48;
/// The most operators of a function that is inlined into itself.
const RECURSIVE_OPERATORS_MAX: u32 = 96;
/// Locals of a callee.
const LOCALS_MAX: u32 = 24;

/// How large a function may be that is inlined: at most of so many operators.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Size {
    /// If it is not much larger than calling it.
    Usual(u32),
    /// Even if it is.
    Large(u32),
}

/// Whether a function is small enough to be inlined that is already being inlined so many times.
pub(crate) fn is_small(body: &FunctionBody, size: Size, recursions: usize) -> bool {
    let unfit = BodyFlags::BRANCH_TABLES | BodyFlags::TAIL_CALLS;
    let (Size::Usual(budget) | Size::Large(budget)) = size;
    let most = match (body.calls, recursions) {
        (_, 0) if matches!(size, Size::Large(_)) => budget,
        (0, _) => LEAF_OPERATORS_MAX,
        (_, 0) if body.flags.contains(BodyFlags::OBJECTS) => OBJECT_CALLER_OPERATORS_MAX,
        (_, 0) => CALLER_OPERATORS_MAX,
        (_, 1) => RECURSIVE_OPERATORS_MAX,
        _ => 0,
    };
    !body.flags.intersects(unfit) && body.locals <= LOCALS_MAX && body.operators <= most.min(budget)
}

/// Some bodies that follow each other, with their bytes.
#[derive(Debug)]
pub(crate) struct Chunk {
    /// The defined index of the first.
    pub(crate) first: u32,
    pub(crate) bodies: Vec<FunctionBody>,
    /// Where in the file `bytes` begin.
    pub(crate) start: u64,
    pub(crate) bytes: Vec<u8>,
}

/// What had arrived of a module at some time.
#[derive(Clone, Debug, Default)]
pub(crate) struct Snapshot {
    pub(crate) facts: Arc<Facts>,
    pub(crate) chunks: Vec<Arc<Chunk>>,
    /// How many bodies there are.
    pub(crate) ready: u32,
}

impl Snapshot {
    /// The body of a defined function, and its bytes.
    pub(crate) fn body(&self, defined: u32) -> Option<(&FunctionBody, &[u8])> {
        let after = self.chunks.partition_point(|chunk| chunk.first <= defined);
        let chunk = self.chunks.get(after.checked_sub(1)?)?;
        let body = chunk.bodies.get((defined - chunk.first) as usize)?;
        let start = usize::try_from(body.range.start.checked_sub(chunk.start)?).ok()?;
        let end = usize::try_from(body.range.end.checked_sub(chunk.start)?).ok()?;
        Some((body, chunk.bytes.get(start..end)?))
    }
}

/// Where bodies are.
#[derive(Clone, Copy)]
pub(crate) enum Bodies<'a> {
    /// In this file, all of them.
    All(&'a [u8]),
    /// As far as they have arrived.
    Some(&'a Snapshot),
}

/// The answers that a function's code depends on, of those that may still turn out to be wrong.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Asked {
    tables: BTreeSet<u32>,
    memories: BTreeSet<u32>,
    globals: BTreeSet<u32>,
    /// Callees that were missing and taken for too large to be inlined, each with the most operators that it
    /// might have had.
    callees: BTreeMap<u32, u32>,
}

impl Asked {
    /// The last callee that was missing.
    pub(crate) fn last_missing(&self) -> Option<u32> {
        self.callees.last_key_value().map(|(callee, _)| *callee)
    }

    /// Whether the answers agree with these facts.
    pub(crate) fn agrees_with(&self, facts: &Facts) -> bool {
        self.tables.iter().all(|table| facts.table_is_fixed(*table))
            && self.memories.iter().all(|memory| facts.memory_never_grows(*memory))
            && self.globals.iter().all(|global| facts.global_is_fixed(*global))
    }

    /// Whether all callees that were missing are too large, now that `body` has them.
    pub(crate) fn callees_are_large<'a>(
        &self,
        body: impl Fn(u32) -> Option<&'a FunctionBody>,
    ) -> bool {
        let is_large = |(callee, budget): (&u32, &u32)| {
            body(*callee).is_some_and(|body| !is_small(body, Size::Usual(*budget), 0))
        };
        self.callees.iter().all(is_large)
    }
}

/// What the translation of one function can ask.
pub(crate) struct Known<'a> {
    module: &'a Module,
    facts: &'a Facts,
    bodies: Bodies<'a>,
    /// Whether code may depend on callees that are missing.
    guesses: bool,
    asked: RefCell<Asked>,
}

impl<'a> Known<'a> {
    /// Everything.
    pub(crate) fn whole(module: &'a Module, wasm: &'a [u8]) -> Self {
        let bodies = Bodies::All(wasm);
        Self { module, facts: &module.facts, bodies, guesses: false, asked: RefCell::default() }
    }

    /// What had arrived after the sections in `module`.
    pub(crate) fn so_far(module: &'a Module, snapshot: &'a Snapshot, guesses: bool) -> Self {
        let bodies = Bodies::Some(snapshot);
        Self { module, facts: &snapshot.facts, bodies, guesses, asked: RefCell::default() }
    }

    /// What has been asked.
    pub(crate) fn into_asked(self) -> Asked {
        self.asked.into_inner()
    }

    /// Fails if a callee was missing that must not be.
    pub(crate) fn may_go_on(&self) -> Result<(), Failure> {
        match self.asked.borrow().last_missing() {
            Some(missing) if !self.guesses => Err(Failure::Early(Some(missing))),
            _ => Ok(()),
        }
    }

    fn note(&self, holds: bool, asked: impl FnOnce(&mut Asked)) -> bool {
        if holds && matches!(self.bodies, Bodies::Some(_)) {
            asked(&mut self.asked.borrow_mut());
        }
        holds
    }

    /// Whether the table keeps its entries; see [`Facts`].
    pub(crate) fn table_is_fixed(&self, table: u32) -> bool {
        let fixed = self.facts.table_is_fixed(table);
        self.note(fixed, |asked| _ = asked.tables.insert(table))
    }

    /// Whether the memory keeps its size.
    pub(crate) fn memory_never_grows(&self, memory: u32) -> bool {
        let fixed = self.facts.memory_never_grows(memory);
        self.note(fixed, |asked| _ = asked.memories.insert(memory))
    }

    /// Whether the global keeps its first value.
    pub(crate) fn global_is_fixed(&self, global: u32) -> bool {
        let fixed = self.facts.global_is_fixed(global);
        self.note(fixed, |asked| _ = asked.globals.insert(global))
    }

    /// The number that a global always is.
    pub(crate) fn global_constant(&self, global: u32) -> Option<&'a ConstExpr> {
        let init = self.module.globals.get(global as usize)?.init.as_ref()?;
        (init.is_number() && self.global_is_fixed(global)).then_some(init)
    }

    /// The place of a function among those that escape, if it does.
    pub(crate) fn rank_if_escaped(&self, function: u32) -> Result<Option<i64>, Failure> {
        if matches!(self.bodies, Bodies::Some(_)) {
            return Err(Failure::Early(None));
        }
        let rank = self.facts.escaped().binary_search(&function);
        Ok(rank.ok().and_then(|rank| i64::try_from(rank).ok()))
    }

    /// The place of a function among those that escape.
    pub(crate) fn escaped_rank(&self, function: u32) -> Result<i64, Failure> {
        self.rank_if_escaped(function)?.ok_or_else(|| {
            Failure::Bug(format!("function {function} is referred to but not known to escape"))
        })
    }

    /// What is known of the body of a defined function, if it is there.
    pub(crate) fn body(&self, defined: u32) -> Option<&'a FunctionBody> {
        match self.bodies {
            Bodies::All(_) => self.module.bodies.get(defined as usize),
            Bodies::Some(snapshot) => snapshot.body(defined).map(|(body, _)| body),
        }
    }

    /// How many operators the body of a defined function has.
    pub(crate) fn operators(&self, defined: u32) -> u32 {
        self.body(defined).map_or(0, |body| body.operators)
    }

    /// Whether a function is small enough to be inlined that is already being inlined so many times.
    pub(crate) fn is_small(&self, defined: u32, size: Size, recursions: usize) -> bool {
        if let Some(body) = self.body(defined) {
            return is_small(body, size, recursions);
        }
        // While a module arrives there is no profile, which alone makes large ones worth it.
        let (Size::Usual(budget) | Size::Large(budget)) = size;
        if budget > 0 {
            let mut asked = self.asked.borrow_mut();
            let most = asked.callees.entry(defined).or_default();
            *most = budget.max(*most);
        }
        false
    }

    /// The locals and operators of a defined function.
    pub(crate) fn read(&self, defined: u32) -> Result<BodyReader<'a>, Failure> {
        match self.bodies {
            Bodies::All(wasm) => Ok(self.module.body(wasm, defined)?),
            Bodies::Some(snapshot) => {
                let (body, bytes) = snapshot.body(defined).ok_or(Failure::Early(Some(defined)))?;
                Ok(self.module.read_body(body, bytes)?)
            }
        }
    }
}

#[cfg(test)]
mod tests;
