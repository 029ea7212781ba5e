//! Moves objects: copies what a reference leads to into the old space, once, and leaves word of it behind.
//!
//! Places whose turn has not come are on a stack, so that what an object leads to is copied close behind it: what is used
//! together lies together. The place on top is not followed at once: it waits in a queue while the
//! processor fetches what it refers to, because most of the time of a collection is waiting for memory. The stack has a
//! fixed size. Objects whose places did not fit are found again by reading all copies from the first of them on.
//! Whoever asks for it can have the mover stop between any two of its steps; what is left then is of no use to anybody.
//! Invariant: a moved object's header says so, with its new place behind it; a place on the stack or in the queue lies
//! in an object that does not move any more.
//! Read next: [`super::collect`], [`super::layouts`].

use super::Old;
use super::collect::offset;
use super::layouts::{Layouts, Shape};
use super::space::Space;
use holm_abi::object::{ARRAY_ELEMENTS, CARD_BYTES_LOG2, MOVED};
use std::ops::Range;

/// Places in the queue: a few times as many as the processor fetches from memory at the same time.
const WAITING: usize = 32;
/// Ranges on the stack.
const OPEN: usize = if cfg!(test) { 64 } else { 8192 };

/// Bytes that are copied or looked at between two questions whether to stop.
pub(super) const PIECE_BYTES: u64 = 256 << 10;
/// Objects or places that are looked at between two such questions.
const PIECE_STEPS: u32 = 1 << 10;

/// What moves.
#[derive(Clone, Copy, Debug)]
pub(super) enum From {
    /// Objects of the nursery, which starts here and has this many bytes.
    Nursery(u32, u32),
    /// Everything outside of the space that objects go to.
    Everything,
}

/// Places of references that nobody looked at yet: the first and the end.
type Places = (u32, u32);

/// See the module's documentation.
pub(super) struct Mover<'a> {
    space: &'a mut Space,
    layouts: &'a Layouts,
    /// Where objects go.
    old: &'a mut Old,
    from: From,
    /// Places that wait, 0 for none, with the reference that is there.
    waiting: [(u32, u32); WAITING],
    /// The place in the queue that has waited longest.
    longest: usize,
    /// The stack, and how much of it is in use.
    open: Box<[Places]>,
    count: usize,
    /// The first copy of which not all places went to the stack.
    left_out: u64,
    /// Bytes of copies of what was at this offset or behind.
    behind: (u32, u64),
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
        let open = vec![(0, 0); OPEN].into_boxed_slice();
        let waiting = [(0, 0); WAITING];
        Self {
            space,
            layouts,
            old,
            from,
            waiting,
            longest: 0,
            open,
            count: 0,
            left_out: u64::MAX,
            behind: (u32::MAX, 0),
            stop,
            stopped: false,
            steps: 0,
        }
    }

    /// Counts the bytes that it copies of what lies at this offset or behind.
    pub(super) fn counting(mut self, behind: u32) -> Self {
        self.behind.0 = behind;
        self
    }

    /// Whether it has stopped: the heap is lost then.
    pub(super) fn has_stopped(&self) -> bool {
        self.stopped
    }

    /// Asks whether to stop.
    #[cold]
    fn ask(&mut self) -> bool {
        self.steps = 0;
        self.stopped = self.stopped || (self.stop)();
        self.stopped
    }

    /// Asks now and then.
    #[inline]
    pub(super) fn ask_now_and_then(&mut self) -> bool {
        self.steps += 1;
        if self.steps < PIECE_STEPS { self.stopped } else { self.ask() }
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

    /// What a reference from outside of the heap has become.
    #[inline]
    pub(super) fn forward(&mut self, reference: u32) -> u32 {
        if !self.moves(reference) {
            return reference;
        }
        let moved = self.moved(reference);
        self.follow_open();
        moved
    }

    /// Where an object that has to move is now.
    #[inline]
    fn moved(&mut self, reference: u32) -> u32 {
        let at = u64::from(reference);
        let (header, second) = self.space.two_words(at);
        if header & MOVED != 0 { second } else { self.copy(reference, header, second) }
    }

    /// Copies an object, and takes note of the places of its references.
    #[inline]
    fn copy(&mut self, from: u32, header: u32, length: u32) -> u32 {
        let layouts = self.layouts;
        let (shape, bytes) = layouts.shape_and_bytes(header, length);
        let (at, to) = (u64::from(from), self.old.next);
        self.old.next = to + bytes;
        if bytes > PIECE_BYTES {
            self.copy_large(at, to, bytes);
        } else {
            self.space.copy_object(at, to, bytes);
        }
        let reference = offset(to);
        self.space.set_first(reference, bytes);
        self.space.set_two_words(at, header | MOVED, reference);
        self.behind.1 += if from >= self.behind.0 { bytes } else { 0 };
        match shape {
            Shape::Opaque => {}
            Shape::Struct { mut words, more } => {
                for distance in more.iter().rev() {
                    self.leave_open((reference + distance, reference + distance + 4), to);
                }
                while words != 0 {
                    let above = words.leading_zeros();
                    let run = (words << above).leading_ones();
                    let end = u64::BITS - above;
                    self.leave_open((reference + 4 * (end - run), reference + 4 * end), to);
                    words &= !(u64::MAX << (end - run));
                }
            }
            Shape::References => {
                let first = reference + ARRAY_ELEMENTS;
                self.leave_open((first, first + 4 * length), to);
            }
        }
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

    /// Puts places of the copy at `to` on the stack.
    #[inline]
    fn leave_open(&mut self, places: Places, to: u64) {
        if places.0 >= places.1 {
            return;
        }
        match self.open.get_mut(self.count) {
            Some(free) => {
                *free = places;
                self.count += 1;
            }
            None => self.left_out = self.left_out.min(to),
        }
    }

    /// Lets a place wait if what it refers to moves, and deals with the one that waited longest.
    #[inline]
    fn look(&mut self, slot: u32) {
        let reference = self.space.word(u64::from(slot));
        if self.moves(reference) {
            self.space.fetch(u64::from(reference));
            let waited = std::mem::replace(&mut self.waiting[self.longest], (slot, reference));
            self.longest = (self.longest + 1) % WAITING;
            if waited.0 != 0 {
                self.settle(waited);
            }
        }
    }

    /// Brings a place that has waited up to date. That it has waited twice does not matter.
    #[inline]
    fn settle(&mut self, (slot, reference): (u32, u32)) {
        let moved = self.moved(reference);
        self.space.set_word(u64::from(slot), moved);
    }

    /// Empties the stack, unless it stops; the queue remains.
    #[inline]
    fn follow_open(&mut self) {
        while let Some(top) = self.count.checked_sub(1) {
            if self.ask_now_and_then() {
                return;
            }
            let (slot, end) = self.open[top];
            if slot + 4 < end {
                self.open[top].0 = slot + 4;
            } else {
                self.count = top;
            }
            self.look(slot);
        }
    }

    /// Empties the stack, unless it stops, and the queue.
    fn follow_all(&mut self) {
        let mut empty = 0;
        while empty < WAITING {
            self.follow_open();
            let waited = std::mem::take(&mut self.waiting[self.longest]);
            self.longest = (self.longest + 1) % WAITING;
            if waited.0 == 0 {
                empty += 1;
            } else {
                empty = 0;
                self.settle(waited);
            }
        }
    }

    /// Brings an object up to date, of an array the elements inside `part`, and gives its size.
    fn scan(&mut self, at: u64, part: &Range<u64>) -> u64 {
        let (header, length) = self.space.two_words(at);
        let layouts = self.layouts;
        let (shape, bytes) = layouts.shape_and_bytes(header, length);
        let start = offset(at);
        match shape {
            Shape::Opaque => {}
            Shape::Struct { mut words, more } => {
                while words != 0 {
                    self.look(start + 4 * words.trailing_zeros());
                    self.follow_open();
                    words &= words - 1;
                }
                for distance in more {
                    self.look(start + distance);
                    self.follow_open();
                }
            }
            Shape::References => {
                let first = at + u64::from(ARRAY_ELEMENTS);
                let end = (first + 4 * u64::from(length)).min(part.end);
                let mut slot = first.max(part.start);
                while slot < end {
                    self.look(offset_of(slot));
                    self.follow_open();
                    slot += 4;
                }
            }
        }
        bytes
    }

    /// Follows everything that was copied, and what that leads to. Gives how many bytes were copied of what was
    /// behind the offset that was told.
    pub(super) fn follow(&mut self) -> u64 {
        self.follow_all();
        // What is left out from here on lies further behind, where this comes by.
        let mut at = self.left_out;
        while at < self.old.next && !self.ask_now_and_then() {
            at += self.scan_in_pieces(at);
            if at >= self.old.next {
                self.follow_all();
            }
        }
        self.behind.1
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
