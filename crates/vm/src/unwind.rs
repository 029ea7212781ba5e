//! From a throw to its handler: the builtins of exceptions, and the walk over the guest's frames.
//!
//! Frames are followed by their frame pointers. Code lists which of its calls have a handler, by return address;
//! the first frame that returns to such a call is resumed there. Its stack and frame pointers are known, it keeps
//! its anchor, and the registers that functions keep for their callers are taken from where the functions on the
//! way have saved them. Where an activation ends without a handler, the exception leaves through the host.
//! Not here: comparing tags, which handlers do. Read next: `sys` (the stub that resumes).

use crate::backtrace::saved;
use crate::block::{Resume, StoreBlock};
use crate::builtins::{BuiltinResult, caller};
use crate::frame::as_usize;
use crate::objects::Objects;
use crate::{ExitCause, VmError};
use holm_abi::AnchorAt;
use holm_spec::trap::TrapReason;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// What a host function fails with to throw an exception of its store: the reference.
#[derive(Clone, Copy, Debug)]
pub struct Thrown(pub u32);

/// How a builtin of exceptions ends.
enum End {
    /// With a result.
    Value(u64),
    /// In a trap.
    Trap(TrapReason),
    /// By throwing.
    Throw(u32),
}

/// A builtin of exceptions: from the instance that called and two arguments to its end.
trait Run {
    fn run(block: &StoreBlock, objects: &mut Objects, instance: usize, arguments: [u64; 2]) -> End;
}

/// Runs builtin `B` for the stub.
///
/// # Safety
/// Called by the builtin stub only: `anchor` is that of a live instance whose store's call is under way.
unsafe extern "C" fn entry<B: Run>(
    anchor: *mut u8,
    a: u64,
    b: u64,
    _: u64,
    _: u64,
) -> BuiltinResult {
    // SAFETY: the contract is the same.
    let (block, objects, instance) = unsafe { caller(anchor) };
    let run = || B::run(block, objects, instance, [a, b]);
    match catch_unwind(AssertUnwindSafe(run)) {
        Ok(End::Value(value)) => return BuiltinResult { value, status: 0 },
        Ok(End::Trap(reason)) => block.leave(reason),
        Ok(End::Throw(reference)) => block.throw(reference),
        Err(panic) => block.fail(ExitCause::Panic(crate::host::panic_text(&*panic))),
    }
    BuiltinResult { value: 0, status: 1 }
}

/// Says for the stub where a guest that was left goes on: 1 for a handler, whose place is in the block, 0 for the
/// host's entry.
///
/// # Safety
/// Called by the stubs only: a call of the block's store is under way, and the registers that functions keep
/// are in the block.
pub(crate) unsafe extern "C" fn left(block: *const StoreBlock) -> u32 {
    // SAFETY: the block outlives the call (rule 3); it is only ever shared.
    let block = unsafe { &*block };
    let reference = block.thrown.replace(0);
    if reference == 0 {
        return 0;
    }
    // SAFETY: the store is suspended in `call`; by rule 2 nobody holds a reference into it.
    let objects = unsafe { &*block.objects.get() };
    let Some(record) = objects.exceptions.record(reference) else {
        block.leave(missing(reference));
        return 0;
    };
    match catch_unwind(AssertUnwindSafe(|| find(block, record).is_some())) {
        Ok(true) => return 1,
        Ok(false) => {
            objects.exceptions.escape(reference);
            block.fail(ExitCause::Exception(reference));
        }
        Err(panic) => block.fail(ExitCause::Panic(crate::host::panic_text(&*panic))),
    }
    0
}

/// The entries of the builtins of exceptions, in the order of their numbers.
pub(crate) const ENTRIES: [crate::builtins::Entry; 4] =
    [entry::<New>, entry::<GetRecord>, entry::<Throw>, entry::<ThrowRef>];

struct New;
impl Run for New {
    fn run(block: &StoreBlock, objects: &mut Objects, instance: usize, args: [u64; 2]) -> End {
        match make(block, objects, instance, args) {
            Ok(reference) => record(objects, reference),
            Err(reason) => End::Trap(reason),
        }
    }
}

struct GetRecord;
impl Run for GetRecord {
    fn run(_: &StoreBlock, objects: &mut Objects, _: usize, [reference, _]: [u64; 2]) -> End {
        record(objects, low(reference))
    }
}

struct Throw;
impl Run for Throw {
    fn run(block: &StoreBlock, objects: &mut Objects, instance: usize, args: [u64; 2]) -> End {
        match make(block, objects, instance, args) {
            Ok(reference) => End::Throw(reference),
            Err(reason) => End::Trap(reason),
        }
    }
}

struct ThrowRef;
impl Run for ThrowRef {
    fn run(_: &StoreBlock, _: &mut Objects, _: usize, [reference, _]: [u64; 2]) -> End {
        End::Throw(low(reference))
    }
}

/// Makes the exception that code asks for: a tag of the instance and the address of values.
fn make(
    block: &StoreBlock,
    objects: &mut Objects,
    instance: usize,
    [tag, values]: [u64; 2],
) -> Result<u32, TrapReason> {
    let tag = objects.instances[instance].tags()[low(tag) as usize];
    let count = objects.tag_type(tag).ty.params().len();
    let bytes = count as u64 * 16;
    let is_in = |range: &std::ops::Range<u64>| {
        values >= range.start && values.checked_add(bytes).is_some_and(|end| end <= range.end)
    };
    let copied: Vec<u128>;
    let values: &[u128] = if count == 0 {
        &[]
    } else if is_in(&block.stack) && values.is_multiple_of(16) {
        let at = std::ptr::with_exposed_provenance(as_usize(values));
        // SAFETY: on the guest's stack (checked), where nobody runs now.
        unsafe { std::slice::from_raw_parts(at, count) }
    } else if objects.slots().is_some_and(|slots| is_in(&slots)) {
        let at = std::ptr::with_exposed_provenance::<u128>(as_usize(values));
        // SAFETY: in the slots of interpreted functions (checked), where nobody runs now.
        let value = |index| unsafe { at.wrapping_add(index).read_unaligned() };
        copied = (0..count).map(value).collect();
        &copied
    } else {
        return Err(TrapReason::Bug);
    };
    objects.exception_new(tag, values).map_err(|error| match error {
        VmError::Exhausted { .. } => TrapReason::AllocationFailed,
        VmError::Interrupted => TrapReason::Interrupted,
        VmError::Os { .. } => TrapReason::Bug,
    })
}

/// The record of an exception.
fn record(objects: &Objects, reference: u32) -> End {
    match objects.exceptions.record(reference) {
        Some(record) => End::Value(record),
        None => End::Trap(missing(reference)),
    }
}

/// Why a reference names nothing. A guest's reference always does.
pub(crate) fn missing(reference: u32) -> TrapReason {
    if reference == 0 { TrapReason::NullReference } else { TrapReason::Bug }
}

/// Puts the innermost handler of the guest that was left last into the block, if there is one.
fn find(block: &StoreBlock, record: u64) -> Option<()> {
    let codes = block.codes.borrow();
    let mut kept = block.resume.get().kept;
    let mut fp = block.exit_fp.get();
    while let Some([caller, pc]) = saved(block, fp) {
        let (code, offset) = codes.find(pc)?;
        let code_start = code.addresses().start;
        let code = code.code()?;
        if let Some(handler) = code.handler_at(offset) {
            let sp = caller.checked_sub(u64::from(handler.frame_bytes))?;
            let anchor = match handler.anchor {
                AnchorAt::Stack(offset) => saved(block, sp + u64::from(offset))?[0],
                AnchorAt::Register(index) => kept[index as usize],
            };
            let pc = code_start + u64::from(handler.entry);
            block.resume.set(Resume { pc, sp, fp: caller, anchor, record, kept });
            return Some(());
        }
        // The function of this frame is left: what it saved is its caller's again.
        for (register, words) in kept.iter_mut().zip(code.saved_at(offset)) {
            if words > 0 {
                *register = saved(block, caller.checked_sub(8 * u64::from(words))?)?[0];
            }
        }
        // Callers lie above; the outermost has none.
        if caller <= fp {
            return None;
        }
        fp = caller;
    }
    None
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "the upper half of such arguments means nothing"
)]
fn low(value: u64) -> u32 {
    value as u32
}
