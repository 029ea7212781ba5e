//! The end of the guest, yielding, and randomness.
//!
//! Read next: `fault.rs`.

use super::args::Args;
use super::poll::Resumed;
use crate::memory::View;
use crate::{Errno, Fault, Trap, WasiCtx};

type Outcome = Result<(), Fault>;

pub(crate) fn proc_exit(_: &mut WasiCtx, _: &mut View<'_>, a: &Args<'_>) -> Outcome {
    Err(Fault::Exit(a.u32(0)))
}

/// There are no handlers, so every signal has its default action: nothing, or the end of the guest. Suspending a
/// guest is not supported.
pub(crate) fn proc_raise(_: &mut WasiCtx, _: &mut View<'_>, a: &Args<'_>) -> Outcome {
    match a.u32(0) {
        // none, pipe, chld, cont, urg, winch
        0 | 13 | 16 | 17 | 22 | 27 => Ok(()),
        // stop, tstp, ttin, ttou
        18..=21 => Err(Errno::Notsup.into()),
        signal if signal <= 30 => {
            Err(Fault::Trap(Trap::Raised(u8::try_from(signal).unwrap_or(u8::MAX))))
        }
        _ => Err(Errno::Inval.into()),
    }
}

pub(crate) fn sched_yield(ctx: &mut WasiCtx, _: &mut View<'_>, _: &Args<'_>) -> Outcome {
    ctx.waiting().check()?;
    if ctx.waiting().elsewhere.is_none() {
        std::thread::yield_now();
        return Ok(());
    }
    match ctx.resumed.take() {
        Some(_) => Ok(()),
        None => {
            ctx.resumed = Some(Resumed::Yielded);
            Err(ctx.waiting().leave(std::iter::empty(), Some(0)))
        }
    }
}

pub(crate) fn random_get(ctx: &mut WasiCtx, memory: &mut View<'_>, a: &Args<'_>) -> Outcome {
    let mut random = ctx.random;
    a.slice(0).fill_all(memory, |bytes| random.fill(bytes, ctx.waiting()))?;
    ctx.random = random;
    Ok(())
}
