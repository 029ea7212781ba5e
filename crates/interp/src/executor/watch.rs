//! How branches go, and how often calls are made: watched for a while before a function is promoted.
//!
//! Nothing is added to the code for that. When a function has run most of what it takes to be promoted, the numbers of
//! its conditional branches, of its direct calls and of its entry are replaced by those of the instructions below, which
//! count and then do the same. Each puts the number back when it has counted enough, and all are put back
//! when the promoter is told. So what runs seldom pays nothing, and what runs often pays for a short time.
//! Not here: what becomes of it (see `Profile`). Invariants: an instruction and the one that watches in its place have the
//! same fields, and what is replaced is the number of an instruction as translation left it; threads that count at the same time may lose counts, nothing else.
//! Read next: [`super::tiering`].

use super::body::{A, Body, Destination, Field, I, S, Source, ToS, Value};
use super::call::program;
use super::regs::{Regs, Step, as_usize};
use super::{call, tiering};
use crate::PROMOTES;
use crate::ops::misc::Misc;
use crate::ops::{self, FUSED_PAIRS, joined, scalar};
use crate::translate::Translated;
use alloc::boxed::Box;
use core::sync::atomic::{AtomicPtr, AtomicU8, AtomicU16, AtomicU32, Ordering};
use holm_abi::tier::{Seen, Share};
use holm_spec::trap::TrapReason;
use once_cell::race::OnceBox;

/// After so many counts an instruction is not watched any more.
const SEEN_MAX: u32 = 64;
/// Counts that say nothing yet.
const SEEN_MIN: u32 = 32;

/// An instruction that can be watched, as translation makes it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Watched {
    /// Its first unit.
    pub(crate) unit: u32,
    /// Its number, which is there.
    pub(crate) number: u16,
    /// The operator's offset in the wasm bytes.
    pub(crate) offset: u32,
    /// Whether a branch is taken when the operator's is not.
    pub(crate) inverted: bool,
}

/// An instruction that can be watched, and what was seen of it.
#[derive(Debug)]
pub(crate) struct Sight {
    address: u64,
    what: Watched,
    /// How often it ran in the lower half, how often the operator's branch was taken in the upper one.
    counts: AtomicU32,
}

impl Sight {
    /// Counts it; whether that goes on.
    fn count(&self, taken: bool) -> bool {
        let counts = self.counts.load(Ordering::Relaxed);
        let seen = (counts & 0xffff) + 1;
        if seen <= SEEN_MAX {
            self.counts.store(counts + 1 + (u32::from(taken) << 16), Ordering::Relaxed);
        }
        seen < SEEN_MAX
    }

    fn seen(&self) -> Share {
        let counts = self.counts.load(Ordering::Relaxed);
        Share { times: counts >> 16, of: counts & 0xffff }
    }
}

/// What of a function can be watched.
#[derive(Debug)]
pub(crate) struct Watch {
    /// Ascending.
    sights: Box<[Sight]>,
    /// Whether that is yet to come, goes on, or is over.
    state: AtomicU8,
}

const NOT_YET: u8 = 0;
const WATCHING: u8 = 1;
const OVER: u8 = 2;

impl Watch {
    /// Of the code in `units`, which has just been `made` again with notes of what can be watched.
    pub(crate) fn new(units: &[AtomicU16], made: &Translated) -> Self {
        debug_assert_eq!(
            units.len(),
            made.units.len(),
            "translation gives the same code every time"
        );
        let sight = |what: &Watched| {
            let unit = units.get(what.unit as usize)?;
            // An instruction that was joined to another would be a field by now.
            let is_there = made.units.get(what.unit as usize) == Some(&what.number);
            debug_assert!(is_there, "unit {} has another number", what.unit);
            watching(what.number).filter(|_| is_there)?;
            Some(Sight { address: unit.as_ptr() as u64, what: *what, counts: AtomicU32::new(0) })
        };
        let sights = made.watched.iter().filter_map(sight).collect();
        Self { sights, state: AtomicU8::new(NOT_YET) }
    }

    /// Whether it has not begun yet.
    pub(crate) fn is_to_come(&self) -> bool {
        self.state.load(Ordering::Relaxed) == NOT_YET
    }

    /// Watches from now on, unless that has been before.
    pub(crate) fn begin(&self, units: &[AtomicU16]) -> bool {
        let order = Ordering::Relaxed;
        let first = self.state.compare_exchange(NOT_YET, WATCHING, order, order).is_ok();
        if first {
            for sight in &self.sights {
                if let Some(to) = watching(sight.what.number) {
                    units[sight.what.unit as usize].store(to, order);
                }
            }
        }
        first
    }

    /// Watches no longer.
    pub(crate) fn end(&self, units: &[AtomicU16]) {
        if self.state.swap(OVER, Ordering::Relaxed) == WATCHING {
            for sight in &self.sights {
                units[sight.what.unit as usize].store(sight.what.number, Ordering::Relaxed);
            }
        }
    }

    /// What is at a unit.
    pub(crate) fn at(&self, unit: u32) -> Option<&Sight> {
        let at = self.sights.binary_search_by_key(&unit, |sight| sight.what.unit).ok()?;
        Some(&self.sights[at])
    }

    /// What was seen of the operator at an offset, if that says anything.
    pub(crate) fn seen(&self, offset: u32) -> Option<Seen> {
        let at = self.sights.binary_search_by_key(&offset, |sight| sight.what.offset).ok()?;
        self.meaning(&self.sights[at])
    }

    fn meaning(&self, sight: &Sight) -> Option<Seen> {
        let share = sight.seen();
        match Misc::WatchBranch.number() {
            branch if watching(sight.what.number)? == branch => {
                (share.of >= SEEN_MIN).then_some(Seen::Branch(share))
            }
            _ if sight.what.number == Misc::Call.number() => {
                let entered = self.sights.first().filter(|first| is_entry(first));
                let share = Share { times: share.of, of: entered?.seen().of };
                (share.times.max(share.of) >= SEEN_MIN).then_some(Seen::Call(share))
            }
            _ => None,
        }
    }

    /// Tells what was seen at which offset.
    pub(crate) fn visit(&self, visit: &mut dyn FnMut(u32, Seen)) {
        for sight in &self.sights {
            if let Some(seen) = self.meaning(sight) {
                visit(sight.what.offset, seen);
            }
        }
    }
}

const fn is_entry(sight: &Sight) -> bool {
    sight.what.number == Misc::CountCall.number()
}

/// The number of the instruction that watches in the place of another.
fn watching(number: u16) -> Option<u16> {
    let is = |misc: Misc| number == misc.number();
    let branches = [
        ops::FUSED..ops::LOAD,
        joined::SUM_BRANCH..joined::CHOICE,
        joined::GLOBAL_BRANCH..joined::END,
    ];
    if branches.iter().any(|range| range.contains(&number)) || Truth::of(number).is_some() {
        Some(Misc::WatchBranch.number())
    } else if is(Misc::Call) {
        Some(Misc::WatchCall.number())
    } else if is(Misc::CountCall) {
        Some(Misc::WatchEnter.number())
    } else {
        None
    }
}

/// Sights that are kept at hand.
const NEAR: usize = 2048;

/// Finds what is watched at an instruction.
#[derive(Debug, Default)]
pub(crate) struct Sights {
    /// By some bits of the address: the sights that were looked for last; owned by the program's functions. There once one
    /// was.
    near: OnceBox<[AtomicPtr<Sight>; NEAR]>,
}

impl Sights {
    /// The sight of an address; `far` looks for it if it is not at hand. All have to be of functions that live as long as this.
    pub(crate) fn find<'a>(
        &'a self,
        address: u64,
        far: impl FnOnce() -> Option<&'a Sight>,
    ) -> Option<&'a Sight> {
        let empty = || Box::new([const { AtomicPtr::new(core::ptr::null_mut()) }; NEAR]);
        let near = &self.near.get_or_init(empty)[as_usize(address / 2) % NEAR];
        // SAFETY: null or put here below, of a function that lives as long as this.
        let found = unsafe { near.load(Ordering::Acquire).as_ref() };
        if let Some(found) = found.filter(|found| found.address == address) {
            return Some(found);
        }
        let found = far()?;
        near.store(core::ptr::from_ref(found).cast_mut(), Ordering::Release);
        Some(found)
    }
}

/// A branch on a condition that is not fused with another operator: whether it is accumulated, and when it is taken.
struct Truth {
    accumulated: bool,
    when: bool,
}

impl Truth {
    fn of(number: u16) -> Option<Self> {
        let all = [Misc::BranchIfS, Misc::BranchUnlessS, Misc::BranchIfA, Misc::BranchUnlessA];
        let at = all.iter().position(|misc| misc.number() == number)?;
        Some(Self { accumulated: at >= 2, when: at % 2 == 0 })
    }
}

/// Whether the branch with a number is taken, and its length; does what is done before it.
fn evaluate(r: &mut Regs, number: u16) -> (bool, usize) {
    if let Some(Truth { accumulated, when }) = Truth::of(number) {
        let (value, units) = if accumulated { one::<A>(r) } else { one::<S>(r) };
        return ((value != 0) == when, units);
    }
    if let Some(comparison) = number.checked_sub(joined::GLOBAL_BRANCH) {
        let value = r.context::<u32>(r.offset(3)).cast_signed();
        return (compare(comparison, value, I::get(r, 5)), 7);
    }
    if let Some(form) = number.checked_sub(joined::SUM_BRANCH) {
        return sum(r, form);
    }
    let form = number - ops::FUSED;
    let (operator, pair) = (form / 2 / FUSED_PAIRS, form / 2 % FUSED_PAIRS);
    let (truth, units) = FUSED[usize::from(operator)](r, pair);
    (truth == form.is_multiple_of(2), units)
}

/// Makes the sum that a branch is joined with, then [`evaluate`].
fn sum(r: &mut Regs, form: u16) -> (bool, usize) {
    let operand = |r: &Regs, at: usize, constant: bool| -> (i32, usize) {
        if constant { (I::get(r, at), at + 2) } else { (S::get(r, at), at + 1) }
    };
    let (a, at) = operand(r, 3, false);
    let (b, to) = operand(r, at, form & 2 != 0);
    let sum = a.wrapping_add(b);
    <ToS as Destination<i32>>::put(r, to, sum);
    let (other, end) = operand(r, to + 1, form & 1 != 0);
    (compare(form / 4, sum, other), end)
}

/// A comparison of 32-bit integers, by its number.
fn compare(comparison: u16, a: i32, b: i32) -> bool {
    let unsigned = (a.cast_unsigned(), b.cast_unsigned());
    match comparison {
        0 => a == b,
        1 => a != b,
        2 => a < b,
        3 => unsigned.0 < unsigned.1,
        4 => a > b,
        5 => unsigned.0 > unsigned.1,
        6 => a <= b,
        7 => unsigned.0 <= unsigned.1,
        8 => a >= b,
        _ => unsigned.0 >= unsigned.1,
    }
}

fn one<X: Source<i32>>(r: &Regs) -> (i32, usize) {
    (X::get(r, 3), 3 + X::UNITS)
}

/// The operands of a form, and the length of the branch.
#[inline(never)]
fn two<T: Value>(r: &Regs, pair: u16) -> (T, T, usize) {
    match pair {
        0 => operands::<T, S, S>(r),
        1 => operands::<T, S, I>(r),
        2 => operands::<T, A, S>(r),
        3 => operands::<T, A, I>(r),
        _ => operands::<T, S, A>(r),
    }
}

fn operands<T, X: Source<T>, Y: Source<T>>(r: &Regs) -> (T, T, usize) {
    (X::get(r, 3), Y::get(r, 3 + X::UNITS), 3 + X::UNITS + Y::UNITS)
}

/// What a fused operator gives, and the length of the branch.
fn truth<O>(r: &Regs, pair: u16) -> (bool, usize)
where
    O: scalar::Binary<Value = i32>,
    O::Operand: Value,
{
    let (a, b, units) = two(r, pair);
    (O::eval(a, b).is_ok_and(|value| value != 0), units)
}

macro_rules! truths {
    ($($name:ident)*) => {
        [$(truth::<scalar::$name>),*]
    };
}
type Evaluate = fn(&Regs, u16) -> (bool, usize);
static FUSED: [Evaluate; scalar::FUSED as usize] = scalar::fuseds!(truths);

/// Counts a branch. Gives 1 if it is taken, plus twice its length; 0 if it is unknown. Also what is accumulated then.
#[inline(never)]
fn count_branch(
    own: *mut u8,
    ip: *const u16,
    sp: *mut u64,
    (acc, f, d): (u64, f32, f64),
) -> (usize, u64) {
    let mut r = Regs { ip, acc, f, d, ..Regs::at_frame(own, sp) };
    let Some(sight) = program(&r).sight_at(ip) else { return (0, acc) };
    let (taken, units) = evaluate(&mut r, sight.what.number);
    if !sight.count(taken != sight.what.inverted) {
        r.set_number(sight.what.number);
    }
    (2 * units + usize::from(taken), r.acc)
}

/// Counts any other instruction.
#[inline(never)]
fn count(anchor: *mut u8, ip: *const u16, sp: *mut u64) {
    let r = Regs { ip, ..Regs::at_frame(anchor, sp) };
    if let Some(sight) = program(&r).sight_at(ip)
        && !sight.count(false)
    {
        r.set_number(sight.what.number);
    }
}

/// A conditional branch.
pub(super) struct Branch;

impl Body for Branch {
    const NAME: &'static str = "watch.branch";
    const FIELDS: &'static [Field] = &[Field::Branch];
    #[inline(always)]
    fn step(mut r: Regs) -> Step {
        if !PROMOTES {
            return super::body::trap(TrapReason::Bug);
        }
        let (taken, acc) = count_branch(r.anchor, r.ip, r.sp, (r.acc, r.f, r.d));
        r.acc = acc;
        match taken {
            0 => super::body::trap(TrapReason::Bug),
            taken if taken % 2 == 1 => r.branch(1),
            not => Ok(r.advance(not / 2)),
        }
    }
}

/// The entry of a function.
pub(super) struct Enter;

impl Body for Enter {
    const NAME: &'static str = "watch.enter";
    const FIELDS: &'static [Field] = tiering::CountCall::FIELDS;
    #[inline(always)]
    fn step(r: Regs) -> Step {
        if !PROMOTES {
            return super::body::trap(TrapReason::Bug);
        }
        count(r.anchor, r.ip, r.sp);
        tiering::CountCall::step(r)
    }
}

/// A call of a function of the module.
pub(super) struct Call;

impl Body for Call {
    const NAME: &'static str = "watch.call";
    const FIELDS: &'static [Field] = call::Call::FIELDS;
    #[inline(always)]
    fn step(r: Regs) -> Step {
        if !PROMOTES {
            return super::body::trap(TrapReason::Bug);
        }
        count(r.anchor, r.ip, r.sp);
        call::Call::step(r)
    }
}
