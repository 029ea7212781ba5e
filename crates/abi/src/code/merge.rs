//! Several images of parts → one.
//!
//! The code of each function is copied, and calls are pointed at where their targets went; nothing is compiled
//! anew. Code that begins at a loop is left out: it is of use only to a function that was caught in the middle.
//! Of a function that several images have, the first copy stays, and all call that one.
//! Invariant: the same images in the same order give the same bytes. Read next: [`super::Call`].

use super::{
    Call, Code, CodeParts, FILLER, FunctionRange, Handler, LINE_BYTES, handler, last_at_or_below,
    pair, resolve_call,
};
use crate::container::{ArtifactError, read_u32};
use alloc::borrow::ToOwned as _;
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::vec::Vec;
use core::ops::Range;
use holm_spec::trap::TrapReason;

/// What lies at a place of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Unit {
    /// A function from its start on, by defined index.
    Function(u32),
    /// The foreign-call thunk of a type.
    Thunk(u32),
    /// Code that begins at a loop.
    Loop,
}

/// An image and where its units start.
struct Source<'a> {
    code: &'a Code,
    units: BTreeMap<u32, Unit>,
    /// How many sites came before those of this image.
    first_site: u32,
}

/// What has been put together so far.
#[derive(Default)]
struct Merged {
    parts: CodeParts,
    /// Where units went.
    places: BTreeMap<Unit, u32>,
    /// Calls to be resolved, with what they call.
    calls: Vec<(Call, Unit)>,
    /// Lists of places in frames that are there already, and where.
    lists: BTreeMap<Vec<u32>, u32>,
}

impl Code {
    /// Makes one image of parts out of several of the same module, compiled under the same settings. It has every
    /// function that one of them has, none twice, and none of the loops.
    ///
    /// # Errors
    /// When there is no function in them, they are not images of parts, they do not belong together, or they are
    /// damaged.
    pub fn merge(images: &[&Self]) -> Result<Self, ArtifactError> {
        let bytes: usize = images.iter().map(|image| image.text.len()).sum();
        if bytes >= 1 << 31 {
            return Err(ArtifactError(format!("images of {bytes} bytes are too large for one")));
        }
        let mut merged = Merged::default();
        let mut sources = Vec::with_capacity(images.len());
        for code in images {
            if !code.is_of_parts() {
                return Err(ArtifactError("an image of a whole module is not merged".to_owned()));
            }
            if code.settings() != images.first().map_or("", |first| first.settings()) {
                return Err(ArtifactError(format!(
                    "images for other settings are not merged: {}",
                    code.settings()
                )));
            }
            sources.push(merged.begin(code)?);
        }
        for source in &sources {
            merged.functions(source)?;
        }
        merged.thunks(&sources)?;
        let Merged { mut parts, places, calls, .. } = merged;
        for (call, unit) in calls {
            let target = places.get(&unit).copied().ok_or_else(|| damaged("call table"))?;
            let call = Call { target, ..call };
            resolve_call(&mut parts.text, call)?;
            parts.calls.push(call);
        }
        match images.first() {
            Some(first) if !parts.functions.is_empty() => Self::new(parts, first.settings.clone()),
            _ => Err(ArtifactError("there are no functions to merge".to_owned())),
        }
    }
}

impl<'a> Source<'a> {
    fn new(code: &'a Code, first_site: u32) -> Self {
        let function = |member: super::Member| {
            let unit = member.loop_offset.map_or(Unit::Function(member.defined), |_| Unit::Loop);
            (member.range.offset, unit)
        };
        let thunks = (0..).map_while(|ty| Some((ty, read_u32(&code.thunks, ty as usize * 4)?)));
        let thunks = thunks.filter(|(_, at)| *at != u32::MAX).map(|(ty, at)| (at, Unit::Thunk(ty)));
        let units = code.members().map(function).chain(thunks).collect();
        Self { code, units, first_site }
    }

    /// The unit that starts at an offset, with the space behind it.
    fn span(&self, start: u32) -> Range<u32> {
        let end = self.units.range(start + 1..).next().map(|(start, _)| *start);
        start..end.unwrap_or(u32::try_from(self.code.text.len()).unwrap_or(u32::MAX))
    }

    /// A site of this image among those of all.
    fn site(&self, site: u32) -> u32 {
        if site == 0 { 0 } else { site.saturating_add(self.first_site) }
    }
}

impl Merged {
    /// Takes over what belongs to no unit of an image.
    fn begin<'a>(&mut self, code: &'a Code) -> Result<Source<'a>, ArtifactError> {
        let first_site =
            u32::try_from(self.parts.sites.len()).map_err(|_| damaged("site table"))?;
        let source = Source::new(code, first_site);
        let sites = (0..).map_while(|at| pair(&code.sites, at));
        self.parts.sites.extend(sites.map(|(call, outer)| (call, source.site(outer))));
        Ok(source)
    }

    /// Takes over the functions of an image that are not there yet.
    fn functions(&mut self, source: &Source<'_>) -> Result<(), ArtifactError> {
        for member in source.code.members() {
            let FunctionRange { offset, bytes } = member.range;
            let unit = Unit::Function(member.defined);
            if member.loop_offset.is_some() || self.places.contains_key(&unit) {
                continue;
            }
            let span = offset..offset.saturating_add(bytes);
            let offset = self.copy(source, span)?;
            self.places.insert(unit, offset);
            self.parts.functions.push(FunctionRange { offset, bytes });
            self.parts.members.push((member.defined, 0));
        }
        Ok(())
    }

    /// Takes over the thunks that functions call.
    fn thunks(&mut self, sources: &[Source<'_>]) -> Result<(), ArtifactError> {
        let called = self.calls.iter().map(|(_, unit)| *unit);
        let mut called: Vec<Unit> = called.filter(|unit| matches!(unit, Unit::Thunk(_))).collect();
        called.sort_unstable();
        called.dedup();
        for unit in called {
            let Unit::Thunk(ty) = unit else { continue };
            let holder = |source: &&Source<'_>| source.code.thunk(ty).is_some();
            let source = sources.iter().find(holder).ok_or_else(|| damaged("thunk table"))?;
            let start = source.code.thunk(ty).ok_or_else(|| damaged("thunk table"))?;
            let offset = self.copy(source, source.span(start))?;
            self.places.insert(unit, offset);
            self.parts.thunks.resize(self.parts.thunks.len().max(ty as usize + 1), None);
            if let Some(thunk) = self.parts.thunks.get_mut(ty as usize) {
                *thunk = Some(offset);
            }
        }
        Ok(())
    }

    /// Appends a piece of a text with all that is said of it, and gives where it starts.
    fn copy(&mut self, source: &Source<'_>, span: Range<u32>) -> Result<u32, ArtifactError> {
        let Source { code, .. } = source;
        let parts = &mut self.parts;
        // The place in a line has every alignment in it that code asks for.
        let line = LINE_BYTES as usize;
        let in_line = span.start as usize % line;
        let end = parts.text.len();
        let start = (end + line - in_line).next_multiple_of(line) - line + in_line;
        parts.text.resize(start, FILLER);
        let text = code.text.get(span.start as usize..span.end as usize);
        parts.text.extend_from_slice(text.ok_or_else(|| damaged("text"))?);
        let start = u32::try_from(start).map_err(|_| damaged("text"))?;
        // Everything that moves lies inside of the piece, or is not in order.
        let moved = |at: u32| at.checked_sub(span.start).and_then(|at| at.checked_add(start));
        let here = |at: u32| moved(at).ok_or_else(|| damaged("code map"));
        for (at, reason) in within(&code.traps, &span) {
            let reason = u8::try_from(reason).ok().and_then(TrapReason::from_u8);
            parts.traps.push((here(at)?, reason.ok_or_else(|| damaged("trap table"))?));
        }
        for (at, source) in changes(&code.sources, &span) {
            push_change(&mut parts.sources, here(at)?, source);
        }
        let own = (span.start, 0);
        for (at, site) in core::iter::once(own).chain(changes(&code.inlined, &span)) {
            set(&mut parts.inlined, here(at)?, source.site(site));
        }
        for (at, saved) in core::iter::once(own).chain(changes(&code.saved, &span)) {
            set(&mut parts.saved, here(at)?, saved.to_le_bytes());
        }
        for (at, list) in within(&code.frames, &span) {
            let list = code.frame_list(list).ok_or_else(|| damaged("frame map"))?;
            let list = list.chunks_exact(4).map_while(|slot| read_u32(slot, 0)).collect();
            let list = frame_list(&mut self.lists, &mut parts.frame_slots, list);
            parts.frames.push((here(at)?, list));
        }
        let handlers = code.handlers.len() / 16;
        let key = |index| handler(&code.handlers, index).map(|handler| handler.return_address);
        let first = first_at_or_above(handlers, key, span.start);
        let handlers = (first..handlers).map_while(|index| handler(&code.handlers, index));
        for handler in handlers.take_while(|handler| handler.return_address < span.end) {
            let (return_address, entry) = (here(handler.return_address)?, here(handler.entry)?);
            parts.handlers.push(Handler { return_address, entry, ..handler });
        }
        for call in within(&code.calls, &span).map(Call::from_pair) {
            let unit = source.units.get(&call.target).copied();
            let unit =
                unit.filter(|unit| *unit != Unit::Loop).ok_or_else(|| damaged("call table"))?;
            self.calls.push((Call { at: here(call.at)?, ..call }, unit));
        }
        Ok(start)
    }
}

/// The pairs of a table with keys in a range.
fn within<'a>(table: &'a [u8], span: &Range<u32>) -> impl Iterator<Item = (u32, u32)> + use<'a> {
    let key = |index| pair(table, index).map(|(key, _)| key);
    let first = first_at_or_above(table.len() / 8, key, span.start);
    let end = span.end;
    (first..).map_while(|index| pair(table, index)).take_while(move |(key, _)| *key < end)
}

/// The same for a table whose values are valid up to the next key.
fn changes<'a>(table: &'a [u8], span: &Range<u32>) -> impl Iterator<Item = (u32, u32)> + use<'a> {
    let at_start = last_at_or_below(table, span.start).and_then(|at| pair(table, at));
    let start = span.start;
    let behind = start.saturating_add(1)..span.end;
    at_start.map(|(_, value)| (start, value)).into_iter().chain(within(table, &behind))
}

/// Index of the first entry, of `count` in ascending order, whose key is not below `wanted`.
fn first_at_or_above(count: usize, key: impl Fn(usize) -> Option<u32>, wanted: u32) -> usize {
    let (mut low, mut high) = (0, count);
    while low < high {
        let middle = low + (high - low) / 2;
        if key(middle).is_some_and(|key| key < wanted) { low = middle + 1 } else { high = middle }
    }
    low
}

/// Adds a value that holds from `at` on, unless it holds already.
fn push_change<T: PartialEq>(changes: &mut Vec<(u32, T)>, at: u32, value: T) {
    if changes.last().is_none_or(|(_, last)| *last != value) {
        changes.push((at, value));
    }
}

/// The same where the value before the first change is the default, and a later value for a place is the one
/// that counts.
fn set<T: PartialEq + Default>(changes: &mut Vec<(u32, T)>, at: u32, value: T) {
    if changes.last().is_some_and(|(last, _)| *last == at) {
        changes.pop();
    }
    if changes.last().map_or(value != T::default(), |(_, last)| *last != value) {
        changes.push((at, value));
    }
}

/// Where a list of places in frames is; equal ones are kept once.
fn frame_list(lists: &mut BTreeMap<Vec<u32>, u32>, slots: &mut Vec<u32>, list: Vec<u32>) -> u32 {
    if let Some(known) = lists.get(&list) {
        return *known;
    }
    let start = u32::try_from(slots.len()).unwrap_or(u32::MAX);
    slots.extend(u32::try_from(list.len()));
    slots.extend(&list);
    lists.insert(list, start);
    start
}

fn damaged(what: &str) -> ArtifactError {
    ArtifactError(format!("artifact's {what} is damaged"))
}

#[cfg(test)]
mod tests;
