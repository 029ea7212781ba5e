//! Which code is at an address, and who called whom: frame pointers, followed.

use crate::block::{Cause, StoreBlock};
use crate::limits::BACKTRACE_FRAMES_MAX;
use crate::{InstanceId, PublishedCode};
use holm_abi::Activation;
use std::sync::Arc;

/// One frame of a guest.
#[derive(Clone, Debug)]
pub struct Frame {
    /// The code it runs.
    pub code: Arc<PublishedCode>,
    /// The function, by its index among the defined ones.
    pub function: u32,
    /// The instruction: bytes from the start of the text. For callers, inside the call instruction. For functions
    /// that are interpreted, the operator's offset in the wasm bytes, or [`u32::MAX`].
    pub offset: u32,
    /// An instance of this code, when there is only one.
    pub instance: Option<InstanceId>,
}

/// The code of a store, by address.
#[derive(Debug, Default)]
pub(crate) struct CodeMap {
    /// Sorted by address; no duplicates.
    codes: Vec<Arc<PublishedCode>>,
    /// Those whose machine code comes while guests run, anywhere; no duplicates.
    tiered: Vec<Arc<PublishedCode>>,
}

impl CodeMap {
    /// Adds code that can be found by address.
    pub(crate) fn add(&mut self, code: &Arc<PublishedCode>) {
        if code.is_tiered() && !self.tiered.iter().rev().any(|known| Arc::ptr_eq(known, code)) {
            self.tiered.push(Arc::clone(code));
        }
        if code.addresses().is_empty() {
            return;
        }
        let start = code.addresses().start;
        let place = self.codes.binary_search_by_key(&start, |code| code.addresses().start);
        if let Err(place) = place {
            self.codes.insert(place, Arc::clone(code));
        }
    }

    /// The machine code that contains an address, and the offset in its text. Images are found from the moment on at
    /// which they are published.
    pub(crate) fn find(&self, pc: u64) -> Option<(&Arc<PublishedCode>, u32)> {
        let after = self.codes.partition_point(|code| code.addresses().start <= pc);
        let before = after.checked_sub(1).and_then(|index| self.codes.get(index));
        let found = before.and_then(|code| code.find(pc));
        found.or_else(|| self.tiered.iter().find_map(|code| code.find(pc)))
    }
}

/// A stay that an exception has left. Until something runs again, which is when a handler is found, its frames are
/// where they were.
pub(crate) enum LeftStay {
    /// In the interpreter, called by machine code.
    #[cfg(feature = "machine-code")]
    Interpreted(Activation),
    /// In machine code, which was left through the stub with this frame pointer.
    Machine(u64),
}

/// Notes that an exception has left a stay, for the backtrace if nobody handles it.
pub(crate) fn leave_behind(block: &StoreBlock, stay: LeftStay) {
    let mut trail = block.trail.borrow_mut();
    if trail.len() < BACKTRACE_FRAMES_MAX {
        trail.push(stay);
    }
}

/// The frames from where the latest exception was thrown on, which nobody has handled, innermost first.
pub(crate) fn capture_thrown(block: &StoreBlock, cause: Cause) -> Vec<Frame> {
    let mut walker = Walker { block, frames: Vec::new() };
    for stay in block.trail.take() {
        match stay {
            #[cfg(feature = "machine-code")]
            LeftStay::Interpreted(activation) => walker.walk_activation(&activation),
            LeftStay::Machine(fp) => walker.walk_stub(fp),
        }
    }
    walker.finish(cause)
}

/// The frames of all guests that are under way on this block, innermost first.
pub(crate) fn capture(block: &StoreBlock, cause: Cause) -> Vec<Frame> {
    Walker { block, frames: Vec::new() }.finish(cause)
}

/// The frames of all guests that are under way on this block and about to be returned to, innermost first: the
/// frame pointer and the return address of each. The innermost guest has called a stub.
pub(crate) fn callers(block: &StoreBlock) -> impl Iterator<Item = (u64, u64)> {
    let mut host_sp = block.host_sp.get();
    let mut outer_fp = block.exit_fp.get();
    let mut fp = 0;
    std::iter::from_fn(move || {
        loop {
            if let Some([next, pc]) = saved(block, fp) {
                fp = next;
                return Some((next, pc));
            }
            if host_sp == 0 {
                return None;
            }
            // Every activation left its guest through a stub before the next one was entered.
            fp = outer_fp;
            let outer = around(host_sp);
            host_sp = outer[0];
            outer_fp = outer[2];
        }
    })
}

/// What an entry saved of the stay in machine code around it: host stack pointer, guest stack pointer, exit frame.
fn around(host_sp: u64) -> [u64; 3] {
    // SAFETY: a non-zero `host_sp` is the stack pointer that an entry saved; it pushed these there.
    unsafe { std::ptr::with_exposed_provenance::<[u64; 3]>(crate::frame::as_usize(host_sp)).read() }
}

struct Walker<'a> {
    block: &'a StoreBlock,
    frames: Vec<Frame>,
}

impl Walker<'_> {
    /// Walks from a cause on outwards.
    fn finish(mut self, cause: Cause) -> Vec<Frame> {
        let block = self.block;
        if cause.pc != 0 {
            self.push(cause.pc);
            self.walk(cause.fp);
        } else {
            self.walk_stub(cause.fp);
        }
        // Outer stays in machine code: each left its guest through a stub before the next one was entered. A stay in
        // the interpreter knows which of them it is inside of.
        let mut exit_fp = block.exit_fp.get();
        let mut host_sp = block.host_sp.get();
        let mut activation = block.activation.get().cast_const();
        while self.has_room() {
            activation = self.walk_interpreted(activation, host_sp);
            if host_sp == 0 {
                break;
            }
            self.walk_stub(exit_fp);
            let saved = around(host_sp);
            host_sp = saved[0];
            exit_fp = saved[2];
        }
        self.frames
    }

    fn has_room(&self) -> bool {
        self.frames.len() < BACKTRACE_FRAMES_MAX
    }

    /// Walks from a stub's frame.
    fn walk_stub(&mut self, fp: u64) {
        self.walk(fp);
    }

    /// Walks the stays in the interpreter that are inside of the same stay in machine code; the next one after.
    fn walk_interpreted(&mut self, mut next: *const Activation, host_sp: u64) -> *const Activation {
        // SAFETY: activations live on the host's stack for as long as the block refers to them.
        while let Some(activation) = unsafe { next.as_ref() }
            && activation.host_sp == host_sp
        {
            self.walk_activation(activation);
            next = activation.previous;
        }
        next
    }

    /// Walks one stay in the interpreter.
    fn walk_activation(&mut self, activation: &Activation) {
        if self.has_room() {
            crate::interpret::walk(self.block, activation, |frame| {
                self.frames.push(frame);
                self.has_room()
            });
        }
    }

    /// Follows frame pointers to the end of the activation.
    fn walk(&mut self, mut fp: u64) {
        while let Some([next, pc]) = saved(self.block, fp) {
            if !self.has_room() || (next != 0 && next <= fp) {
                return;
            }
            // A return address is after its call; one less is inside it.
            self.push(pc - 1);
            fp = next;
        }
    }

    fn push(&mut self, pc: u64) {
        let codes = self.block.codes.borrow();
        let Some((code, offset)) = codes.find(pc) else { return };
        let Some(function) = code.code().and_then(|code| code.function_at(offset)) else { return };
        self.frames.push(Frame { code: Arc::clone(code), function, offset, instance: None });
    }
}

/// Two words of the guest's stack: at a frame pointer, the caller's frame pointer and the return address.
pub(crate) fn saved(block: &StoreBlock, fp: u64) -> Option<[u64; 2]> {
    let stack = &block.stack;
    if !fp.is_multiple_of(8) || fp < stack.start || fp.checked_add(16)? > stack.end {
        return None;
    }
    let pointer = std::ptr::with_exposed_provenance::<[u64; 2]>(crate::frame::as_usize(fp));
    // SAFETY: inside the guest's stack (checked), which is mapped; nobody runs on it now.
    Some(unsafe { pointer.read() })
}
