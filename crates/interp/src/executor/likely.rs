//! Which instructions are likely to come next: every handler asks for a few before it looks into the table of all.
//!
//! Processors remember where indirect jumps went for a few thousand cases, a case being a jump and what went before it;
//! a program with a flat profile has more of them, and most of its time goes into jumps that were foretold wrong. Of conditional
//! jumps they remember many times as much. So a handler compares the number of the next instruction with those that follow
//! it most often, and jumps straight to their handlers. A wrong guess costs a comparison. Not here: which they are (see
//! [`crate::ops::successors`]), the jumps (see [`super::dispatch`]).
//! Invariant: a row of the list is found by the name of an instruction and of its fields, so that forms that only differ in
//! what is accumulated share one. Read next: [`super::dispatch`].

use super::body::Body;
use super::dispatch::Handler;
use super::table::TAIL;
use crate::ops::Field;
use crate::ops::successors::{SUCCESSORS, SUCCESSORS_MAX};

/// How many rows of the list are taken, and how many successors of each: fewer where size counts.
const TAKEN: (usize, usize) =
    if cfg!(holm_handlers_apart) { (150, 2) } else { (SUCCESSORS.len(), SUCCESSORS_MAX) };

/// What comes after an instruction.
pub(super) trait Likely {
    /// Numbers and handlers, the most likely first.
    const NEXT: [Option<(usize, Handler)>; SUCCESSORS_MAX];
}

impl<B: Body> Likely for B {
    const NEXT: [Option<(usize, Handler)>; SUCCESSORS_MAX] = next(key(B::NAME, B::FIELDS));
}

/// Where the list of successors has the row of a key.
#[derive(Clone, Copy)]
struct Place {
    key: u64,
    row: usize,
}

/// All places, by ascending key.
const PLACES: [Place; TAKEN.0] = {
    let mut places = [Place { key: 0, row: 0 }; TAKEN.0];
    let mut row = 0;
    while row < places.len() {
        let new = Place { key: hash(BASIS, SUCCESSORS[row].0.as_bytes()), row };
        let mut at = row;
        while at > 0 && places[at - 1].key > new.key {
            places[at] = places[at - 1];
            at -= 1;
        }
        assert!(at == 0 || places[at - 1].key < new.key, "no instruction has two rows");
        places[at] = new;
        row += 1;
    }
    places
};

/// The likely successors of the instruction with this key.
const fn next(key: u64) -> [Option<(usize, Handler)>; SUCCESSORS_MAX] {
    let mut handlers = [None; SUCCESSORS_MAX];
    let (mut low, mut high) = (0, PLACES.len());
    while low < high {
        let middle = usize::midpoint(low, high);
        if PLACES[middle].key < key {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    if low == PLACES.len() || PLACES[low].key != key {
        return handlers;
    }
    let (_, successors) = SUCCESSORS[PLACES[low].row];
    let mut at = 0;
    while at < successors.len() && at < TAKEN.1 {
        let number = successors[at].0 as usize;
        handlers[at] = Some((number, TAIL[number]));
        at += 1;
    }
    handlers
}

/// A number for an instruction's name and those of its fields, separated by spaces.
const fn key(name: &str, fields: &[Field]) -> u64 {
    let mut key = hash(BASIS, name.as_bytes());
    let mut at = 0;
    while at < fields.len() {
        if !matches!(fields[at], Field::None) {
            key = hash(hash(key, b" "), fields[at].word().as_bytes());
        }
        at += 1;
    }
    key
}

/// What [`hash`] begins with.
const BASIS: u64 = 0xcbf2_9ce4_8422_2325;

/// FNV-1a, going on from a state.
const fn hash(mut state: u64, bytes: &[u8]) -> u64 {
    let mut at = 0;
    while at < bytes.len() {
        state = (state ^ bytes[at] as u64).wrapping_mul(0x0000_0100_0000_01b3);
        at += 1;
    }
    state
}
