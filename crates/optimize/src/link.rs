//! All units of a module, or some parts of it, → one text image.
//!
//! Functions lie in index order, or that of the batch; thunks after them; each where [`crate::lines`] wants it. Calls inside the image are resolved
//! here, so that nothing is left to relocate. Invariant: the image is the same whoever compiled its parts.

use crate::worker::{Compiled, Unit, push_change};
use holm_abi::code::{Call, FILLER, resolve_call};
use holm_abi::{CodeParts, CompileError, Entry, FunctionRange, Handler, Part, Saved};
use std::collections::BTreeMap;

/// The most bytes a text can have: a call reaches ±2 GiB on x86-64; on aarch64 ±128 MiB, checked per call.
const TEXT_BYTES_MAX: usize = 1 << 30;

/// Lays out all functions of a module (in index order) and thunks (by type, of `types` types). Their code is gone
/// afterwards, so that it is not held twice.
///
/// # Errors
/// The image is larger than calls can reach.
pub(crate) fn link(
    functions: &mut [Compiled],
    thunks: &mut BTreeMap<u32, Compiled>,
    types: usize,
) -> Result<CodeParts, CompileError> {
    let mut parts = lay_out(functions, thunks, types)?;
    let places = parts.functions.iter().map(|range| range.offset).collect::<Vec<_>>();
    let place = |part: Part| places.get(part.defined as usize).copied();
    resolve(&mut parts, functions, thunks, &place)?;
    Ok(parts)
}

/// The same for some functions of a module, or loops of them, in the order of `batch`.
///
/// # Errors
/// As for [`link`].
pub(crate) fn link_parts(
    batch: &[Part],
    functions: &mut [Compiled],
    thunks: &mut BTreeMap<u32, Compiled>,
) -> Result<CodeParts, CompileError> {
    let types = thunks.last_key_value().map_or(0, |(last, _)| *last as usize + 1);
    let mut parts = lay_out(functions, thunks, types)?;
    let places = parts.functions.iter().map(|range| range.offset);
    let places: BTreeMap<Part, u32> = batch.iter().copied().zip(places).collect();
    let place = |part: Part| places.get(&part).copied();
    parts.members = batch.iter().map(|part| (part.defined, loop_mark(part.entry))).collect();
    parts.calls = resolve(&mut parts, functions, thunks, &place)?;
    parts.calls.sort_unstable();
    Ok(parts)
}

/// What tells an entry in [`CodeParts::members`].
fn loop_mark(entry: Entry) -> u32 {
    match entry {
        Entry::Start => 0,
        Entry::Loop { offset, .. } => offset.saturating_add(1),
    }
}

/// Puts functions and thunks one behind the other.
fn lay_out(
    functions: &mut [Compiled],
    thunks: &mut BTreeMap<u32, Compiled>,
    types: usize,
) -> Result<CodeParts, CompileError> {
    let mut parts = CodeParts { thunks: vec![None; types], ..CodeParts::default() };
    let mut lists = BTreeMap::new();
    let bytes: usize = functions.iter().chain(thunks.values()).map(|c| c.code.len() + 64).sum();
    if bytes > TEXT_BYTES_MAX {
        return Err(too_large(bytes));
    }
    parts.text.reserve(bytes);
    for function in &mut *functions {
        let bytes = u32::try_from(function.code.len()).map_err(|_| too_large(bytes))?;
        let offset = place(function, &mut parts)?;
        place_frames(function, offset, &mut parts, &mut lists);
        parts.functions.push(FunctionRange { offset, bytes });
    }
    for (ty, thunk) in &mut *thunks {
        parts.thunks[*ty as usize] = Some(place(thunk, &mut parts)?);
    }
    Ok(parts)
}

/// Fills in the distances of all calls inside the text, and says which there are.
fn resolve(
    parts: &mut CodeParts,
    functions: &[Compiled],
    thunks: &BTreeMap<u32, Compiled>,
    place: &dyn Fn(Part) -> Option<u32>,
) -> Result<Vec<Call>, CompileError> {
    let mut calls = Vec::new();
    let placed = functions.iter().zip(parts.functions.iter().map(|range| range.offset));
    let placed_thunks = thunks.iter().filter_map(|(ty, thunk)| {
        let offset = parts.thunks[*ty as usize]?;
        Some((thunk, offset))
    });
    for (unit, start) in placed.chain(placed_thunks) {
        for call in &unit.calls {
            let target = match call.target {
                Unit::Part(part) => place(part),
                Unit::Thunk(ty) => parts.thunks.get(ty as usize).copied().flatten(),
            };
            let target = target.ok_or_else(|| {
                CompileError::Bug(format!("call of {:?}, which is not in the image", call.target))
            })?;
            let call = Call { at: start + call.offset, target, form: call.form };
            resolve_call(&mut parts.text, call).map_err(|error| CompileError::Limit(error.0))?;
            calls.push(call);
        }
    }
    Ok(calls)
}

/// Appends one unit, and gives where it starts.
fn place(unit: &mut Compiled, parts: &mut CodeParts) -> Result<u32, CompileError> {
    let start = unit.begins.next(parts.text.len());
    let start = start.next_multiple_of(unit.alignment.max(1) as usize);
    parts.text.resize(start, FILLER);
    let code = std::mem::take(&mut unit.code);
    parts.text.extend_from_slice(&code);
    let start = u32::try_from(start).map_err(|_| too_large(start))?;
    parts.traps.extend(unit.traps.iter().map(|(at, reason)| (start + at, *reason)));
    for (at, source) in &unit.sources {
        push_change(&mut parts.sources, start + at, *source);
    }
    let first_site = u32::try_from(parts.sites.len()).map_err(|_| too_large(code.len()))?;
    let in_image = |site: u32| if site == 0 { 0 } else { site + first_site };
    if parts.inlined.last().is_some_and(|(_, site)| *site != 0) {
        parts.inlined.push((start, 0));
    }
    for (at, site) in &unit.inlined {
        push_change(&mut parts.inlined, start + at, in_image(*site));
    }
    if parts.saved.last().map_or(Saved::default(), |(_, saved)| *saved) != unit.saved {
        parts.saved.push((start, unit.saved));
    }
    parts.handlers.extend(unit.handlers.iter().map(|handler| Handler {
        return_address: start + handler.return_address,
        entry: start + handler.entry,
        ..*handler
    }));
    parts.sites.extend(unit.sites.iter().map(|(call, outer)| (*call, in_image(*outer))));
    Ok(start)
}

/// Adds the frame maps of a unit that starts at `start`. Equal lists are kept once, in `lists`.
fn place_frames(
    unit: &Compiled,
    start: u32,
    parts: &mut CodeParts,
    lists: &mut BTreeMap<Vec<u32>, u32>,
) {
    for (at, slots) in &unit.frames {
        let list = *lists.entry(slots.clone()).or_insert_with(|| {
            let list = parts.frame_slots.len();
            parts.frame_slots.extend(u32::try_from(slots.len()));
            parts.frame_slots.extend(slots);
            u32::try_from(list).unwrap_or(u32::MAX)
        });
        parts.frames.push((start + at, list));
    }
}

fn too_large(bytes: usize) -> CompileError {
    CompileError::Limit(format!(
        "machine code of {bytes} bytes is more than a module can have ({TEXT_BYTES_MAX})"
    ))
}

#[cfg(test)]
mod tests;
