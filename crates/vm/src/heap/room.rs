//! Where new objects go: to the nursery, or to the old space at once.
//!
//! As long as most of the nursery survives, copying it is work for nothing. So after a minor collection that found
//! that out, code fills the end of the old space, piece by piece, and what lies there counts as old as soon as a piece is
//! full: nobody looks at it before the next major collection. That one tells how much of it was still
//! alive; if little was, or when such a phase has become long, new objects go to the nursery again.
//! Invariant: while new objects go to the old space, the nursery is empty, cards mean nothing, and the table of first
//! objects is right up to where the phase began only.
//! Read next: [`super::collect`].

use super::Heap;
use super::mover::PIECE_BYTES;
use crate::VmError;
use crate::limits::{NURSERY_BYTES_FIRST, NURSERY_BYTES_MIN, OLD_PHASE_BYTES_MAX};
use crate::sys::map::HUGE_PAGE_BYTES;
use holm_abi::object::{CARD_BYTES_LOG2, NULL_BYTES};

/// Where new objects go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Room {
    /// To the nursery.
    Nursery,
    /// To the old space, from this offset on.
    Old(u64),
}

impl Heap {
    /// Sets where new objects may go from now on; what was made so far is dealt with. After an error there is less room,
    /// or none.
    pub(super) fn open_room(&mut self) -> Result<(), VmError> {
        let left = self.bytes_max.saturating_sub(self.old.used());
        if self.room != Room::Nursery {
            let start = self.old.next;
            let end = start + NURSERY_BYTES_MIN.min(left) / 8 * 8;
            (self.young_start, self.young_limit) = (start, start);
            self.old.commit(&self.space, end)?;
            self.young_limit = end;
            return Ok(());
        }
        let start = u64::from(NULL_BYTES);
        let end = start + self.nursery_bytes.min(left) / 8 * 8;
        (self.young_start, self.young_limit) = (start, end.min(self.nursery_committed));
        if end > self.nursery_committed {
            let committed = if self.nursery_bytes > NURSERY_BYTES_FIRST {
                self.space.want_huge_pages(HUGE_PAGE_BYTES..super::NURSERY_END);
                super::NURSERY_END
            } else {
                HUGE_PAGE_BYTES
            };
            self.space.commit(self.nursery_committed..committed)?;
            self.nursery_committed = committed;
        }
        self.young_limit = end;
        Ok(())
    }

    /// Takes what new objects filled of the old space, up to `next`, as old.
    pub(super) fn absorb(&mut self, next: u64) {
        if self.room != Room::Nursery {
            self.stats.bytes_allocated += next - self.young_start;
            self.old.next = next;
            self.young_start = next;
        }
    }

    /// After a minor collection of which so much survived: new objects go to the old space from now on if that is
    /// better.
    pub(super) fn choose_room(&mut self, survived: u64, nursery_used: u64) {
        if survived > nursery_used / 2 && (nursery_used > NURSERY_BYTES_MIN / 2 || self.stress) {
            self.room = Room::Old(self.old.next);
        }
    }

    /// After a major collection that copied so much of what the phase before it made; what it left is in the other space.
    pub(super) fn choose_room_again(&mut self, survived: u64) {
        self.room = match self.room {
            Room::Old(began) if survived > (self.other.next - began) / 4 => {
                Room::Old(self.old.next)
            }
            _ => Room::Nursery,
        };
    }

    /// Ends a phase that has become long, before anything else is made. False when it was told to `stop` first: the heap
    /// is lost then.
    pub(super) fn end_long_phase(&mut self, stop: &dyn Fn() -> bool) -> bool {
        let Room::Old(began) = self.room else { return true };
        let most = if self.stress { 256 } else { OLD_PHASE_BYTES_MAX };
        if self.old.next - began <= most {
            return true;
        }
        let mut at = began;
        let mut asked = began;
        while at < self.old.next {
            if at - asked >= PIECE_BYTES {
                if stop() {
                    return false;
                }
                asked = at;
            }
            let (header, second) = self.space.two_words(at);
            let bytes = self.layouts.bytes(header, second);
            self.space.set_first(super::collect::offset(at), bytes);
            at += bytes;
        }
        // The nursery is empty: nothing refers to it.
        let card_group = 8 << CARD_BYTES_LOG2;
        let used = self.old.range.start..self.old.next.next_multiple_of(card_group);
        self.space.cards_mut(&used).fill(0);
        let young = std::mem::take(&mut self.hosts.young);
        self.hosts.old.extend(young);
        self.room = Room::Nursery;
        true
    }
}
