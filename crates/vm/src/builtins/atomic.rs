//! Waiting for an address of a shared memory, and waking those who wait.
//!
//! Not here: the atomic operators themselves, which are instructions. Invariant: a deadline ends a wait.
//! Read next: `crates/vm/src/memory/parking.rs`.

use super::{Context, Run, range, to_usize};
use crate::memory::{View, Waited};
use holm_spec::trap::TrapReason;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

/// Checks that an access is aligned and inside.
fn check(view: View, address: u64, bytes: u64) -> Result<usize, TrapReason> {
    if !address.is_multiple_of(bytes) {
        return Err(TrapReason::UnalignedAtomic);
    }
    range(address, bytes, view.length()).map(|range| range.start)
}

fn wait(
    context: &mut Context<'_>,
    [memory, address, _, timeout]: [u64; 4],
    bytes: u64,
    expected: impl FnOnce(View, usize) -> bool,
) -> Result<u64, TrapReason> {
    let memory = context.memory(memory);
    let view = context.view(memory);
    let at = check(view, address, bytes)?;
    let shared = context.objects.memory_shared(memory).ok_or(TrapReason::ExpectedSharedMemory)?;
    let timeout = u64::try_from(timeout.cast_signed()).ok().map(Duration::from_nanos);
    let interrupt = &context.objects.interrupt;
    let interrupted = || interrupt.is_interrupted();
    let wait = || shared.parking().wait(address, timeout, || expected(view, at), interrupted);
    match interrupt.park(wait) {
        (Waited::Interrupted, _) | (_, true) => Err(TrapReason::Interrupted),
        (Waited::Woken, false) => Ok(0),
        (Waited::NotEqual, false) => Ok(1),
        (Waited::TimedOut, false) => Ok(2),
    }
}

pub(super) struct Wait32;
impl Run for Wait32 {
    fn run(context: &mut Context<'_>, arguments: [u64; 4]) -> Result<u64, TrapReason> {
        wait(context, arguments, 4, |view, at| {
            let value = view.at(at, 4).cast::<u32>().as_ptr();
            // SAFETY: inside the memory, aligned, and accessed by others only as guests do.
            let value = unsafe { AtomicU32::from_ptr(value) }.load(Ordering::SeqCst);
            u64::from(value) == arguments[2] & u64::from(u32::MAX)
        })
    }
}

pub(super) struct Wait64;
impl Run for Wait64 {
    fn run(context: &mut Context<'_>, arguments: [u64; 4]) -> Result<u64, TrapReason> {
        wait(context, arguments, 8, |view, at| {
            let value = view.at(at, 8).cast::<u64>().as_ptr();
            // SAFETY: inside the memory, aligned, and accessed by others only as guests do.
            let value = unsafe { AtomicU64::from_ptr(value) }.load(Ordering::SeqCst);
            value == arguments[2]
        })
    }
}

pub(super) struct Notify;
impl Run for Notify {
    fn run(
        context: &mut Context<'_>,
        [memory, address, count, _]: [u64; 4],
    ) -> Result<u64, TrapReason> {
        let memory = context.memory(memory);
        check(context.view(memory), address, 4)?;
        let Some(shared) = context.objects.memory_shared(memory) else { return Ok(0) };
        let count = u32::try_from(to_usize(count)).unwrap_or(u32::MAX);
        Ok(shared.parking().notify(address, count).into())
    }
}
