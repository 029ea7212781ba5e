//! Arguments and environment variables.
//!
//! Read next: `context.rs`, where they come from.

use super::args::Args;
use crate::context::Strings;
use crate::memory::{GuestPtr, View};
use crate::{Errno, Fault, WasiCtx};

type Outcome = Result<(), Fault>;

pub(crate) fn args_get(ctx: &mut WasiCtx, memory: &mut View<'_>, a: &Args<'_>) -> Outcome {
    Ok(get(&ctx.arguments, memory, a.ptr(0), a.ptr(1))?)
}

pub(crate) fn args_sizes_get(ctx: &mut WasiCtx, memory: &mut View<'_>, a: &Args<'_>) -> Outcome {
    Ok(sizes_get(&ctx.arguments, memory, a.ptr(0), a.ptr(1))?)
}

pub(crate) fn environ_get(ctx: &mut WasiCtx, memory: &mut View<'_>, a: &Args<'_>) -> Outcome {
    Ok(get(&ctx.variables, memory, a.ptr(0), a.ptr(1))?)
}

pub(crate) fn environ_sizes_get(ctx: &mut WasiCtx, memory: &mut View<'_>, a: &Args<'_>) -> Outcome {
    Ok(sizes_get(&ctx.variables, memory, a.ptr(0), a.ptr(1))?)
}

/// Writes the strings one behind the other, and a list of where each begins.
fn get(
    strings: &Strings,
    memory: &mut View<'_>,
    list: GuestPtr,
    bytes: GuestPtr,
) -> Result<(), Errno> {
    bytes.write(memory, &strings.bytes)?;
    let mut place = list;
    for (index, start) in strings.starts.iter().enumerate() {
        if index > 0 {
            place = place.offset(4)?;
        }
        place.write_u32(memory, bytes.offset(*start)?.0)?;
    }
    Ok(())
}

fn sizes_get(
    strings: &Strings,
    memory: &mut View<'_>,
    count: GuestPtr,
    bytes: GuestPtr,
) -> Result<(), Errno> {
    count.write_count(memory, strings.starts.len())?;
    bytes.write_count(memory, strings.bytes.len())
}
