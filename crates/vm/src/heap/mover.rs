//! Moves objects: copies what a reference leads to into the old space, once, and leaves word of it behind.
//!
//! Places that hold references are not followed at once: each waits in a short queue while the processor
//! fetches what it refers to, because most of the time of a collection is waiting for memory. Objects are followed in
//! the order in which they were copied, so that the copies themselves are the list of what to do.
//! Whoever asks for it can have the mover stop between any two of its steps; what is left then is of no use to anybody.
//! Invariant: a moved object's header says so, with its new place behind it; a place in the queue lies in an
//! object that does not move any more.
//! Read next: [`super::collect`], [`super::layouts`].

use super::Old;
use super::collect::offset;
use super::layouts::{Layouts, Shape};
use super::space::Space;
use holm_abi::object::{ARRAY_ELEMENTS, CARD_BYTES_LOG2, MOVED};
use std::ops::Range;

/// Places in the queue; about as many as the processor fetches from memory at the same time.
const WAITING: usize = 16;

/// Bytes that are copied or looked at between two questions whether to stop.
const PIECE_BYTES: u64 = 256 << 10;
/// Objects or places that are looked at between two such questions.
const PIECE_OBJECTS: u32 = 1 << 10;

/// What moves.
#[derive(Clone, Copy, Debug)]
pub(super) enum From {
    /// Objects of the nursery, which starts here and has this many bytes.
    Nursery(u32, u32),
    /// Everything outside of the space that objects go to.
    Everything,
}

/// See the module's documentation.
pub(super) struct Mover<'a> {
    space: &'a mut Space,
    layouts: &'a Layouts,
    /// Where objects go.
    old: &'a mut Old,
    from: From,
    /// Places that wait, 0 for none.
    waiting: [u32; WAITING],
    /// The place in the queue that has waited longest.
    longest: usize,
    /// Whether to stop.
    stop: &'a dyn Fn() -> bool,
    stopped: bool,
    /// Steps since that was last asked.
    steps: u32,
}

impl<'a> Mover<'a> {
    pub(super) fn new(
        space: &'a mut Space,
        layouts: &'a Layouts,
        old: &'a mut Old,
        from: From,
        stop: &'a dyn Fn() -> bool,
    ) -> Self {
        let (waiting, longest) = ([0; WAITING], 0);
        Self { space, layouts, old, from, waiting, longest, stop, stopped: false, steps: 0 }
    }

    /// Whether it has stopped: the heap is lost then.
    pub(super) fn has_stopped(&self) -> bool {
        self.stopped
    }

    /// Asks whether to stop.
    fn ask(&mut self) -> bool {
        self.steps = 0;
        self.stopped = self.stopped || (self.stop)();
        self.stopped
    }

    /// Asks now and then.
    #[inline]
    pub(super) fn ask_now_and_then(&mut self) -> bool {
        self.steps += 1;
        if self.steps < PIECE_OBJECTS { self.stopped } else { self.ask() }
    }

    /// Whether a reference is one to an object that has to move.
    #[inline]
    fn moves(&self, reference: u32) -> bool {
        match self.from {
            // Small integers are odd: their lowest bit makes the distance a huge one.
            From::Nursery(start, bytes) => {
                reference.wrapping_sub(start).rotate_right(1) < bytes >> 1
            }
            From::Everything => {
                let at = u64::from(reference);
                reference & 1 == 0 && reference != 0 && !self.old.range.contains(&at)
            }
        }
    }

    /// What a reference has become.
    #[inline]
    pub(super) fn forward(&mut self, reference: u32) -> u32 {
        if self.moves(reference) { self.moved(reference) } else { reference }
    }

    /// Where an object that has to move is now.
    #[inline]
    fn moved(&mut self, reference: u32) -> u32 {
        let at = u64::from(reference);
        let (header, second) = self.space.two_words(at);
        if header & MOVED != 0 { second } else { self.copy(at, header, second) }
    }

    #[inline]
    fn copy(&mut self, at: u64, header: u32, length: u32) -> u32 {
        let bytes = self.layouts.bytes(header, length);
        let to = self.old.next;
        self.old.next = to + bytes;
        if bytes > PIECE_BYTES {
            self.copy_large(at, to, bytes);
        } else {
            self.space.copy_object(at, to, bytes);
        }
        let reference = offset(to);
        self.space.set_first(reference, bytes);
        self.space.set_two_words(at, header | MOVED, reference);
        reference
    }

    /// Copies what takes long.
    #[cold]
    fn copy_large(&mut self, at: u64, to: u64, bytes: u64) {
        let mut done = 0;
        while done < bytes && !self.ask() {
            let piece = PIECE_BYTES.min(bytes - done);
            self.space.copy_object(at + done, to + done, piece);
            done += piece;
        }
    }

    /// Puts a place into the queue if what it refers to moves, and deals with the one that waited longest.
    #[inline]
    fn update(&mut self, slot: u64) {
        let reference = self.space.word(slot);
        if self.moves(reference) {
            self.space.fetch(u64::from(reference));
            let slot = std::mem::replace(&mut self.waiting[self.longest], offset_of(slot));
            self.longest = (self.longest + 1) % WAITING;
            if slot != 0 {
                self.settle(slot);
            }
        }
    }

    /// Brings a place that has waited up to date.
    #[inline]
    fn settle(&mut self, slot: u32) {
        let slot = u64::from(slot);
        let reference = self.space.word(slot);
        // It may have waited twice.
        let forwarded = self.forward(reference);
        self.space.set_word(slot, forwarded);
    }

    /// Empties the queue.
    fn settle_all(&mut self) {
        for _ in 0..WAITING {
            let slot = std::mem::take(&mut self.waiting[self.longest]);
            self.longest = (self.longest + 1) % WAITING;
            if slot != 0 {
                self.settle(slot);
            }
        }
    }

    /// Brings an object up to date, of an array the elements inside `part`, and gives its size.
    #[inline]
    fn scan(&mut self, at: u64, part: &Range<u64>) -> u64 {
        let (header, length) = self.space.two_words(at);
        let (shape, bytes) = self.layouts.shape_and_bytes(header, length);
        match shape {
            Shape::Opaque => {}
            Shape::Struct { mut words, more } => {
                while words != 0 {
                    self.update(at + 4 * u64::from(words.trailing_zeros()));
                    words &= words - 1;
                }
                for distance in more {
                    self.update(at + u64::from(*distance));
                }
            }
            Shape::References => {
                let first = at + u64::from(ARRAY_ELEMENTS);
                let end = (first + 4 * u64::from(length)).min(part.end);
                let mut slot = first.max(part.start);
                while slot < end {
                    self.update(slot);
                    slot += 4;
                }
            }
        }
        bytes
    }

    /// Follows everything copied from `from` on, and what that leads to.
    pub(super) fn follow(&mut self, from: u64) {
        let mut at = from;
        loop {
            while at < self.old.next {
                if self.ask_now_and_then() {
                    return;
                }
                at += self.scan_in_pieces(at);
            }
            self.settle_all();
            if at >= self.old.next {
                return;
            }
        }
    }

    /// Brings an object up to date and gives its size.
    #[inline]
    fn scan_in_pieces(&mut self, at: u64) -> u64 {
        let bytes = self.scan(at, &(at..at + PIECE_BYTES));
        let mut done = PIECE_BYTES;
        while done < bytes && !self.ask() {
            self.scan(at, &(at + done..at + done + PIECE_BYTES));
            done += PIECE_BYTES;
        }
        bytes
    }

    /// Looks at what lies on marked cards of the old space below `end`, and unmarks them.
    pub(super) fn scan_cards(&mut self, end: u64) {
        let card_bytes = 1_u64 << CARD_BYTES_LOG2;
        let start = self.old.range.start;
        let cards = self.space.cards_mut(&(start..end.next_multiple_of(8 * card_bytes)));
        let mut marked = Vec::new();
        let mut card = start >> CARD_BYTES_LOG2;
        for group in cards.chunks_exact_mut(8) {
            if *group != [0; 8] {
                marked
                    .extend((card..).zip(&*group).filter(|(_, mark)| **mark != 0).map(|(c, _)| c));
                group.fill(0);
            }
            card += 8;
        }
        for card in marked {
            let (start, stop) = (card * card_bytes, ((card + 1) * card_bytes).min(end));
            // Code marks the card of an element's place without the array's header.
            let part = start..stop + u64::from(ARRAY_ELEMENTS);
            let mut at = self.space.first(card);
            while at < stop {
                if self.ask_now_and_then() {
                    return;
                }
                at += self.scan(at, &part);
            }
        }
    }
}

/// Places in a heap have 32 bits.
#[expect(clippy::cast_possible_truncation, reason = "heaps are not longer than 2^32 bytes")]
fn offset_of(slot: u64) -> u32 {
    debug_assert!(slot >> 32 == 0, "place at {slot}");
    slot as u32
}
