//! The table of operators: for every number its name, its fields, and its handler for both dispatchers.
//!
//! Made from the lists in `ops` by one macro per family. Invariant: a row's place is the number that `ops` computes
//! for it; a test looks at every row. Read next: [`super::dispatch`], [`super::describe`].

use super::atomic::AtomicU64;
use super::body::{A, Body, I, S, Sum, ToA, ToS};
use super::dispatch::{Handler, tail};
#[cfg(not(holm_tail_dispatch))]
use super::dispatch::{Looped, looped};
use super::numeric::{Binary, Fused, Unary};
use super::{
    atomic, call, control, exception, global, joined, memory, moves, numeric, object, outside,
    profile, tiering, vector, watch,
};
use crate::ops::misc::{LOADS, MISCS, STORES, load, loads, miscs, store, stores};
use crate::ops::scalar::{self, BINARIES, UNARIES, binaries, fuseds, unaries};
use crate::ops::{self, Field, relaxed};
use core::sync::atomic::{AtomicU8, AtomicU16, AtomicU32};

/// One operator in one form.
#[derive(Clone, Copy)]
#[cfg_attr(
    not(any(test, feature = "listing")),
    expect(dead_code, reason = "names and fields are what is listed")
)]
pub(super) struct Row {
    pub(super) name: &'static str,
    pub(super) fields: &'static [Field],
    tail: Handler,
    #[cfg(not(holm_tail_dispatch))]
    looped: Looped,
}

const fn row<B: Body>() -> Row {
    Row {
        name: B::NAME,
        fields: B::FIELDS,
        tail: tail::<B>,
        #[cfg(not(holm_tail_dispatch))]
        looped: looped::<B>,
    }
}

macro_rules! binary_rows {
    ($($name:ident $text:literal $operand:ident $value:ident $function:ident;)*) => {
        [$([
            row::<Binary<scalar::$name, S, S, ToA>>(),
            row::<Binary<scalar::$name, S, S, ToS>>(),
            row::<Binary<scalar::$name, S, I, ToA>>(),
            row::<Binary<scalar::$name, S, I, ToS>>(),
            row::<Binary<scalar::$name, A, S, ToA>>(),
            row::<Binary<scalar::$name, A, S, ToS>>(),
            row::<Binary<scalar::$name, A, I, ToA>>(),
            row::<Binary<scalar::$name, A, I, ToS>>(),
            row::<Binary<scalar::$name, S, A, ToA>>(),
            row::<Binary<scalar::$name, S, A, ToS>>(),
            row::<Binary<scalar::$name, I, S, ToA>>(),
            row::<Binary<scalar::$name, I, S, ToS>>(),
            row::<Binary<scalar::$name, I, A, ToA>>(),
            row::<Binary<scalar::$name, I, A, ToS>>(),
        ]),*]
    };
}
static BINARY: [[Row; 14]; BINARIES] = binaries!(binary_rows);

macro_rules! unary_rows {
    ($($name:ident $text:literal $operand:ident $value:ident $function:ident;)*) => {
        [$([
            row::<Unary<scalar::$name, S, ToA>>(),
            row::<Unary<scalar::$name, S, ToS>>(),
            row::<Unary<scalar::$name, A, ToA>>(),
            row::<Unary<scalar::$name, A, ToS>>(),
        ]),*]
    };
}
static UNARY: [[Row; 4]; UNARIES] = unaries!(unary_rows);

macro_rules! fused_rows {
    ($($name:ident)*) => {
        [$([
            row::<Fused<scalar::$name, S, S, true>>(),
            row::<Fused<scalar::$name, S, S, false>>(),
            row::<Fused<scalar::$name, S, I, true>>(),
            row::<Fused<scalar::$name, S, I, false>>(),
            row::<Fused<scalar::$name, A, S, true>>(),
            row::<Fused<scalar::$name, A, S, false>>(),
            row::<Fused<scalar::$name, A, I, true>>(),
            row::<Fused<scalar::$name, A, I, false>>(),
            row::<Fused<scalar::$name, S, A, true>>(),
            row::<Fused<scalar::$name, S, A, false>>(),
        ]),*]
    };
}
static FUSED: [[Row; 10]; scalar::FUSED as usize] = fuseds!(fused_rows);

macro_rules! load_rows {
    ($($name:ident $text:literal $value:ident $class:ident $bytes:literal $from:expr;)*) => {
        [$([
            row::<memory::Load<load::$name, S, ToA, $bytes>>(),
            row::<memory::Load<load::$name, S, ToS, $bytes>>(),
            row::<memory::Load<load::$name, A, ToA, $bytes>>(),
            row::<memory::Load<load::$name, A, ToS, $bytes>>(),
            row::<memory::Load<load::$name, I, ToA, $bytes>>(),
            row::<memory::Load<load::$name, I, ToS, $bytes>>(),
            row::<memory::Load<load::$name, Sum<S, S>, ToA, $bytes>>(),
            row::<memory::Load<load::$name, Sum<S, S>, ToS, $bytes>>(),
            row::<memory::Load<load::$name, Sum<S, I>, ToA, $bytes>>(),
            row::<memory::Load<load::$name, Sum<S, I>, ToS, $bytes>>(),
            row::<memory::Load<load::$name, Sum<A, I>, ToA, $bytes>>(),
            row::<memory::Load<load::$name, Sum<A, I>, ToS, $bytes>>(),
            row::<memory::Load<load::$name, Sum<A, S>, ToA, $bytes>>(),
            row::<memory::Load<load::$name, Sum<A, S>, ToS, $bytes>>(),
        ]),*]
    };
}
static LOAD: [[Row; 14]; LOADS] = loads!(load_rows);

macro_rules! store_rows {
    ($($name:ident $text:literal $value:ident $class:ident $bytes:literal $from:expr;)*) => {
        [$([
            row::<memory::Store<store::$name, S, S, $bytes>>(),
            row::<memory::Store<store::$name, S, A, $bytes>>(),
            row::<memory::Store<store::$name, S, I, $bytes>>(),
            row::<memory::Store<store::$name, A, S, $bytes>>(),
            row::<memory::Store<store::$name, A, A, $bytes>>(),
            row::<memory::Store<store::$name, A, I, $bytes>>(),
            row::<memory::Store<store::$name, I, S, $bytes>>(),
            row::<memory::Store<store::$name, I, A, $bytes>>(),
            row::<memory::Store<store::$name, I, I, $bytes>>(),
            row::<memory::Store<store::$name, Sum<S, S>, S, $bytes>>(),
            row::<memory::Store<store::$name, Sum<S, S>, A, $bytes>>(),
            row::<memory::Store<store::$name, Sum<S, S>, I, $bytes>>(),
            row::<memory::Store<store::$name, Sum<S, I>, S, $bytes>>(),
            row::<memory::Store<store::$name, Sum<S, I>, A, $bytes>>(),
            row::<memory::Store<store::$name, Sum<S, I>, I, $bytes>>(),
            row::<memory::Store<store::$name, Sum<A, I>, S, $bytes>>(),
            row::<memory::Store<store::$name, Sum<A, I>, A, $bytes>>(),
            row::<memory::Store<store::$name, Sum<A, I>, I, $bytes>>(),
            row::<memory::Store<store::$name, Sum<A, S>, S, $bytes>>(),
            row::<memory::Store<store::$name, Sum<A, S>, A, $bytes>>(),
            row::<memory::Store<store::$name, Sum<A, S>, I, $bytes>>(),
        ]),*]
    };
}
static STORE: [[Row; 21]; STORES] = stores!(store_rows);

macro_rules! misc_rows {
    ($($name:ident: $body:ty;)*) => {
        [$(row::<$body>()),*]
    };
}
static MISC: [Row; MISCS] = miscs!(misc_rows);

pub(super) const NUMBERS: usize = ops::ALL as usize;

/// Copies rows to the places from `at` on; gives the place after them.
const fn place(all: &mut [Row; NUMBERS], mut at: usize, rows: &[Row]) -> usize {
    let mut index = 0;
    while index < rows.len() {
        all[at] = rows[index];
        at += 1;
        index += 1;
    }
    at
}

/// The whole table. Only the compiler reads it, for what stands below and in [`super::describe`].
pub(super) static ROWS: [Row; NUMBERS] = {
    let mut all = [MISC[0]; NUMBERS];
    let mut at = place(&mut all, ops::BINARY as usize, BINARY.as_flattened());
    assert!(at == ops::UNARY as usize);
    at = place(&mut all, at, UNARY.as_flattened());
    assert!(at == ops::FUSED as usize);
    at = place(&mut all, at, FUSED.as_flattened());
    assert!(at == ops::LOAD as usize);
    at = place(&mut all, at, LOAD.as_flattened());
    assert!(at == ops::STORE as usize);
    at = place(&mut all, at, STORE.as_flattened());
    assert!(at == ops::MISC as usize);
    at = place(&mut all, at, &MISC);
    assert!(at == ops::VECTOR as usize);
    at = super::vector::place(&mut all, at);
    assert!(at == ops::joined::SUM_BRANCH as usize);
    at = joined::place(&mut all, at);
    assert!(at == NUMBERS);
    all
};

/// The handlers that go on to the next one themselves.
#[cfg_attr(
    not(holm_tail_dispatch),
    allow(dead_code, reason = "handlers name the table, so that the compiler cannot tell")
)]
pub(super) static TAIL: [Handler; NUMBERS] = {
    let mut handlers = [ROWS[0].tail; NUMBERS];
    let mut at = 0;
    while at < NUMBERS {
        handlers[at] = ROWS[at].tail;
        at += 1;
    }
    handlers
};

/// The handlers for the loop.
#[cfg(not(holm_tail_dispatch))]
pub(super) static LOOPED: [Looped; NUMBERS] = {
    let mut handlers = [ROWS[0].looped; NUMBERS];
    let mut at = 0;
    while at < NUMBERS {
        handlers[at] = ROWS[at].looped;
        at += 1;
    }
    handlers
};

/// For the families of vectors.
pub(super) const fn put<B: Body>(all: &mut [Row; NUMBERS], at: usize) -> usize {
    all[at] = row::<B>();
    at + 1
}

pub(super) type Rows = [Row; NUMBERS];
