//! Reading clocks.
//!
//! Read next: `capability/clock.rs`.

use super::args::Args;
use crate::capability::clock::Clock;
use crate::memory::View;
use crate::{Errno, Fault, WasiCtx};

type Outcome = Result<(), Fault>;

/// The clock with a number of the standard.
pub(crate) fn clock_of(id: u32) -> Result<Clock, Errno> {
    match id {
        0 => Ok(Clock::Realtime),
        1 => Ok(Clock::Monotonic),
        2 => Ok(Clock::ProcessCpu),
        3 => Ok(Clock::ThreadCpu),
        _ => Err(Errno::Inval),
    }
}

pub(crate) fn clock_res_get(ctx: &mut WasiCtx, memory: &mut View<'_>, a: &Args<'_>) -> Outcome {
    let resolution = ctx.clocks.resolution(clock_of(a.u32(0))?)?;
    Ok(a.ptr(1).write_u64(memory, resolution)?)
}

pub(crate) fn clock_time_get(ctx: &mut WasiCtx, memory: &mut View<'_>, a: &Args<'_>) -> Outcome {
    let now = ctx.clocks.now(clock_of(a.u32(0))?)?;
    Ok(a.ptr(2).write_u64(memory, now)?)
}
