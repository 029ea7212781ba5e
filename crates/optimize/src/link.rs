//! All units of a module → one text image.
//!
//! Functions lie in index order, thunks after them, each at its alignment. Calls inside the image are resolved
//! here, so that nothing is left to relocate. Invariant: the image is the same whoever compiled its parts.

use crate::worker::{CallForm, CallSite, Compiled, Unit, push_change};
use holm_abi::{CodeParts, CompileError, FunctionRange, Handler, Saved};
use std::collections::BTreeMap;

/// What fills the space between functions: an instruction that traps, on both architectures.
const FILLER: u8 = 0xcc;

/// The most bytes a text can have: a call reaches ±2 GiB on x86-64; on aarch64 ±128 MiB, checked per call.
const TEXT_BYTES_MAX: usize = 1 << 30;

/// Lays out compiled functions (in index order) and thunks (by type, of `types` types). Their code is gone
/// afterwards, so that it is not held twice.
///
/// # Errors
/// The image is larger than calls can reach.
pub(crate) fn link(
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
    let placed = functions.iter().zip(parts.functions.iter().map(|range| range.offset));
    let placed_thunks = thunks.iter().filter_map(|(ty, thunk)| {
        let offset = parts.thunks[*ty as usize]?;
        Some((thunk, offset))
    });
    for (unit, start) in placed.chain(placed_thunks) {
        for call in &unit.calls {
            let target = match call.target {
                Unit::Function(index) => parts.functions.get(index as usize).map(|r| r.offset),
                Unit::Thunk(ty) => parts.thunks.get(ty as usize).copied().flatten(),
            };
            let target = target.ok_or_else(|| {
                CompileError::Bug(format!("call of {:?}, which is not in the image", call.target))
            })?;
            resolve(&mut parts.text, start, call, target)?;
        }
    }
    Ok(parts)
}

/// Appends one unit, and gives where it starts.
fn place(unit: &mut Compiled, parts: &mut CodeParts) -> Result<u32, CompileError> {
    let start = parts.text.len().next_multiple_of(unit.alignment.max(1) as usize);
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

/// Fills in the distance of a call from a unit at `start` to `target`.
fn resolve(text: &mut [u8], start: u32, call: &CallSite, target: u32) -> Result<(), CompileError> {
    let at = start as usize + call.offset as usize;
    let field = text.get_mut(at..at + 4).and_then(|field| field.first_chunk_mut::<4>());
    let Some(field) = field else {
        return Err(CompileError::Bug(format!("call at {at} lies outside the image")));
    };
    let distance = i64::from(target) - i64::from(start) - i64::from(call.offset);
    let resolved = match call.form {
        CallForm::Relative32 => i32::try_from(distance - 4).ok().map(i32::cast_unsigned),
        CallForm::Branch26 => {
            let words = i32::try_from(distance / 4).ok();
            let words = words.filter(|words| (-(1 << 25)..1 << 25).contains(words));
            words.map(|words| u32::from_le_bytes(*field) | words.cast_unsigned() & 0x03ff_ffff)
        }
    };
    let resolved = resolved.ok_or_else(|| too_large(text_bytes(distance)))?;
    *field = resolved.to_le_bytes();
    Ok(())
}

fn text_bytes(distance: i64) -> usize {
    usize::try_from(distance.unsigned_abs()).unwrap_or(usize::MAX)
}

fn too_large(bytes: usize) -> CompileError {
    CompileError::Limit(format!(
        "machine code of {bytes} bytes is more than a module can have ({TEXT_BYTES_MAX})"
    ))
}

#[cfg(test)]
mod tests;
