//! Names and fields of the operators, for printing and for checks: the table of operators without any address in it.
//!
//! The table itself has three addresses in each of its rows. A loader would have to adjust every one whenever the
//! program starts, and write to the pages that they are on, for what only `holm inspect --bytecode` ever asks. So it is
//! read by the compiler alone, and what is left in the program is this: names one after the other, and where they are.
//! Invariant: a description's place is its operator's number. Read next: [`super::table`].

use super::table::{NUMBERS, ROWS};
use crate::ops::Field;

/// The most fields that an operator has.
const FIELDS_MAX: usize = 8;

/// What printing may know of an operator.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Description {
    name: (u16, u8),
    fields: [Field; FIELDS_MAX],
}

impl Description {
    /// Of the operator with this number, if there is one.
    pub(crate) fn of(number: u16) -> Option<&'static Self> {
        DESCRIPTIONS.get(usize::from(number))
    }

    /// Its name.
    pub(crate) fn name(&self) -> &'static str {
        let start = usize::from(self.name.0);
        let bytes = NAMES.get(start..start + usize::from(self.name.1));
        bytes.and_then(|bytes| str::from_utf8(bytes).ok()).unwrap_or_default()
    }

    /// Its name and those of its fields, separated by spaces.
    #[cfg(any(test, feature = "counting"))]
    pub(crate) fn text(&self) -> alloc::string::String {
        let mut text = alloc::string::String::from(self.name());
        for field in self.fields().iter().filter(|field| **field != Field::None) {
            text.push(' ');
            text.push_str(field.word());
        }
        text
    }

    /// Its fields; some may be [`Field::None`].
    pub(crate) fn fields(&self) -> &[Field] {
        &self.fields
    }
}

/// Whether two names are the same.
const fn same(a: &str, b: &str) -> bool {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    let mut at = 0;
    while at < a.len() && at < b.len() && a[at] == b[at] {
        at += 1;
    }
    at == a.len() && at == b.len()
}

/// How many bytes names take where forms of an operator, which follow each other, share one.
const NAMES_BYTES: usize = {
    let rows = &ROWS;
    let (mut bytes, mut at) = (0, 0);
    while at < NUMBERS {
        if at == 0 || !same(rows[at].name, rows[at - 1].name) {
            bytes += rows[at].name.len();
        }
        at += 1;
    }
    // Where a name begins is kept in 16 bits.
    assert!(bytes <= u16::MAX as usize);
    bytes
};

static NAMES: [u8; NAMES_BYTES] = {
    let rows = &ROWS;
    let mut names = [0; NAMES_BYTES];
    let (mut end, mut at) = (0, 0);
    while at < NUMBERS {
        if at == 0 || !same(rows[at].name, rows[at - 1].name) {
            let (_, rest) = names.split_at_mut(end);
            let (place, _) = rest.split_at_mut(rows[at].name.len());
            place.copy_from_slice(rows[at].name.as_bytes());
            end += rows[at].name.len();
        }
        at += 1;
    }
    names
};

#[expect(clippy::cast_possible_truncation, reason = "asserted, and names have few letters")]
static DESCRIPTIONS: [Description; NUMBERS] = {
    let rows = &ROWS;
    let mut all = [Description { name: (0, 0), fields: [Field::None; FIELDS_MAX] }; NUMBERS];
    let (mut end, mut at) = (0, 0);
    while at < NUMBERS {
        let bytes = rows[at].name.len();
        assert!(bytes <= u8::MAX as usize);
        if at == 0 || !same(rows[at].name, rows[at - 1].name) {
            end += bytes;
        }
        all[at].name = ((end - bytes) as u16, bytes as u8);
        let (place, _) = all[at].fields.split_at_mut(rows[at].fields.len());
        place.copy_from_slice(rows[at].fields);
        at += 1;
    }
    all
};
