//! From one instruction to the next: by jumps, or in a loop.
//!
//! A handler of the first kind ends in a call of the next handler with the same arguments in the same registers.
//! Where the compiler optimizes it makes that a jump, so that the stack does not grow; `build.rs` chooses this
//! kind only there, and a test runs on a small stack. The loop calls one handler after the other; it works
//! everywhere. Both use the same bodies. Invariant: instructions have valid numbers, see [`super::regs`].
//! Read next: [`super`].

use super::body::Body;
#[cfg(holm_tail_dispatch)]
use super::likely::Likely;
#[cfg(not(holm_tail_dispatch))]
use super::regs::Step;
use super::regs::{Leave, Regs};
use holm_spec::trap::TrapReason;

/// What the registers are while handlers jump to each other; gives 0 when the outermost function returned, 1
/// when it was left. The accumulator is the fourth, because shifts of x86-64 want their distance there.
#[cfg(target_arch = "x86_64")]
pub(super) type Handler =
    unsafe extern "sysv64" fn(*const u16, *mut u64, *mut u8, u64, usize, *mut u8, f32, f64) -> u32;
/// As above.
#[cfg(not(target_arch = "x86_64"))]
pub(super) type Handler =
    unsafe extern "C" fn(*const u16, *mut u64, *mut u8, u64, usize, *mut u8, f32, f64) -> u32;

/// A handler that leaves going on to its caller.
#[cfg(not(holm_tail_dispatch))]
pub(super) type Looped = fn(Regs) -> Step;

/// Numbers for [`Leave`] in the register of the accumulator.
const RETURNED: u64 = 0x100;
const FAILED: u64 = 0x101;
/// To this the number of a reason is added.
const NOTED: u64 = 0x200;

/// Goes on to an instruction that is likely to come next, if it does.
#[cfg(holm_tail_dispatch)]
macro_rules! likely {
    ($body:ident, $number:ident, $r:ident, $($place:literal)*) => {
        $(
            if let Some((number, next)) = const { $body::NEXT[$place] }
                && $number == number
            {
                // SAFETY: this is the handler of the instruction, and it wants what this one was given.
                return unsafe { next($r.ip, $r.sp, $r.mem, $r.acc, $r.len, $r.anchor, $r.f, $r.d) };
            }
        )*
        const { assert!($body::NEXT.len() == [$($place),*].len()) }
    };
}

macro_rules! handlers {
    ($abi:literal) => {
        /// A handler that goes on to the next, of which likely ones become part of it where they are small.
        #[cfg_attr(holm_handlers_apart, inline(never))]
        pub(super) unsafe extern $abi fn tail<B: Body>(
            ip: *const u16,
            sp: *mut u64,
            mem: *mut u8,
            acc: u64,
            len: usize,
            anchor: *mut u8,
            f: f32,
            d: f64,
        ) -> u32 {
            match B::step(Regs { ip, sp, mem, len, anchor, acc, f, d }) {
                Ok(r) => {
                    let number = r.number();
                    #[cfg(feature = "counting")]
                    super::counting::count(number);
                    #[cfg(holm_tail_dispatch)]
                    likely!(B, number, r, 0 1 2 3);
                    // SAFETY: instructions have valid numbers.
                    let next = unsafe { super::table::TAIL.as_ptr().add(number).read() };
                    // SAFETY: the next handler wants what this one was given.
                    unsafe { next(r.ip, r.sp, r.mem, r.acc, r.len, r.anchor, r.f, r.d) }
                }
                Err(leave) => {
                    let why = match leave {
                        Leave::Trap(reason) => reason as u64,
                        Leave::Noted(reason) => NOTED + reason as u64,
                        Leave::Returned => RETURNED,
                        Leave::Failed => FAILED,
                    };
                    // SAFETY: as above.
                    unsafe { stop(ip, sp, mem, why, len, anchor, f, d) }
                }
            }
        }

        /// Leaves the interpreter; the accumulator says why.
        #[cold]
        #[inline(never)]
        unsafe extern $abi fn stop(
            ip: *const u16,
            sp: *mut u64,
            mem: *mut u8,
            acc: u64,
            len: usize,
            anchor: *mut u8,
            f: f32,
            d: f64,
        ) -> u32 {
            let leave = match acc {
                RETURNED => Leave::Returned,
                FAILED => Leave::Failed,
                NOTED.. => Leave::Noted(reason_of(acc - NOTED)),
                reason => Leave::Trap(reason_of(reason)),
            };
            left(&Regs { ip, sp, mem, len, anchor, acc, f, d }, leave)
        }
    };
}

#[cfg(target_arch = "x86_64")]
handlers!("sysv64");
#[cfg(not(target_arch = "x86_64"))]
handlers!("C");

/// The reason for a trap, by its number.
fn reason_of(number: u64) -> TrapReason {
    let reason = u8::try_from(number).ok().and_then(TrapReason::from_u8);
    reason.unwrap_or(TrapReason::Bug)
}

/// A handler for the loop.
#[cfg(not(holm_tail_dispatch))]
pub(super) fn looped<B: Body>(r: Regs) -> Step {
    B::step(r)
}

/// Notes in the activation why and where it was left.
fn left(r: &Regs, leave: Leave) -> u32 {
    match leave {
        Leave::Returned => 0,
        Leave::Failed => 1,
        Leave::Trap(reason) | Leave::Noted(reason) => {
            if let Leave::Trap(_) = leave {
                // Callers stand after their calls; this makes the instruction that trapped look the same.
                r.advance(1).save();
            }
            r.with_activation(|activation| activation.trap = Some(reason));
            1
        }
    }
}

/// Runs from the instruction at `r.ip` until the outermost function is left.
pub(super) fn run(r: Regs) -> u32 {
    #[cfg(holm_tail_dispatch)]
    {
        let first = super::table::TAIL[r.number()];
        // SAFETY: these are registers made by `Regs::enter`.
        unsafe { first(r.ip, r.sp, r.mem, r.acc, r.len, r.anchor, r.f, r.d) }
    }
    #[cfg(not(holm_tail_dispatch))]
    {
        let mut r = r;
        loop {
            match super::table::LOOPED[r.number()](r) {
                Ok(next) => r = next,
                Err(leave) => return left(&r, leave),
            }
        }
    }
}
