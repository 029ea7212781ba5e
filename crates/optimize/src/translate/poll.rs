//! Polls: loads from a page of the context that the host protects to interrupt the guest.
//!
//! There is one at every loop header and at the entry of every function that calls. The loaded value is
//! never used. Each poll of a function reads its own word of the page, because Cranelift drops a load
//! that it has already seen on the way; when the words run out, polls are atomic loads, which it keeps.
//! Read next: [`super::fuel`].

use super::frames::{Frame, Kind};
use super::{Translator, trap};
use cranelift_codegen::ir::{Endianness, Inst, InstBuilder, MemFlagsData, types};
use holm_abi::layout::{HOST_PAGE_BYTES, POLL};
use holm_spec::trap::TrapReason;

/// Words in the poll page.
const WORDS: u32 = HOST_PAGE_BYTES / 4;

impl Translator<'_, '_> {
    /// Gives the host a chance to interrupt here, and says by which instruction.
    pub(super) fn poll(&mut self) -> Option<Inst> {
        if !self.env.settings.polls {
            return None;
        }
        let flags = MemFlagsData::new()
            .with_endianness(Endianness::Little)
            .with_aligned()
            .with_trap_code(Some(trap::code(TrapReason::Interrupted)));
        let word = self.polls;
        self.polls += 1;
        let loaded = if word < WORDS {
            let offset = POLL.wrapping_add_unsigned(word * 4);
            self.b.ins().load(types::I32, flags, self.anchor, offset)
        } else {
            let address = self.b.ins().iadd_imm_s(self.anchor, i64::from(POLL));
            self.b.ins().atomic_load(types::I32, flags, address)
        };
        self.b.func.dfg.value_def(loaded).inst()
    }

    /// The same at a loop's head, before its frame is opened.
    pub(super) fn poll_loop(&mut self) {
        if self.poll().is_some() {
            let is_loop = |frame: &&Frame<'_>| matches!(frame.kind, Kind::Loop(_));
            self.places.note_loop(self.frames.iter().filter(is_loop).count());
        }
    }
}
