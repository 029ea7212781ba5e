//! Is this fault a guest's? Called from the signal handler, so that nothing here allocates or locks.
//!
//! A fault is a guest's when a guest runs on this thread and either the instruction is one that its code's
//! trap table lists, or the address is in the guard of its stack.

use super::CURRENT;
use crate::block::{Cause, StoreBlock};
use holm_spec::trap::TrapReason;

/// What the signal handler knows.
pub(crate) struct Fault {
    /// The faulting instruction.
    pub(crate) pc: u64,
    /// The frame pointer there.
    pub(crate) fp: u64,
    /// The address, for faults of memory.
    pub(crate) address: u64,
    /// Whether it is an access to memory.
    pub(crate) is_memory: bool,
}

/// Where the thread goes on.
pub(crate) struct Resume {
    /// The leaving stub.
    pub(crate) pc: u64,
    /// The block that the stub expects.
    pub(crate) block: u64,
}

/// Decides about a fault.
pub(crate) fn handle(fault: &Fault) -> Option<Resume> {
    let current = CURRENT.get();
    if current.is_null() {
        return None;
    }
    // SAFETY: set by `Running`, which does not outlive the call that borrows the store.
    let block = unsafe { &*current };
    let reason = reason(block, fault)?;
    block.cause.set(Cause { reason: Some(reason), pc: fault.pc, fp: fault.fp });
    let pc = crate::sys::arch::holm_vm_trapped as *const () as u64;
    Some(Resume { pc, block: current.expose_provenance() as u64 })
}

fn reason(block: &StoreBlock, fault: &Fault) -> Option<TrapReason> {
    // Code maps change only while no guest runs; a fault elsewhere may find one being changed.
    let codes = block.codes.try_borrow().ok()?;
    let found = codes.find(fault.pc);
    if fault.is_memory && block.guard.contains(&fault.address) {
        let guest = found.is_some() || crate::sys::arch::is_stub(fault.pc);
        return guest.then_some(TrapReason::StackOverflow);
    }
    let (code, offset) = found?;
    code.code()?.trap_at(offset)
}
