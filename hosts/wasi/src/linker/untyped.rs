//! All rows of the table as one closure over integers: for programs that must be small.
//!
//! A call costs a few nanoseconds more than with `typed.rs`, in whose place this is; the program is 45 KB smaller. Not here: the
//! table (see `preview1/table.rs`). Invariant: the types are the row's, so that the engine hands in nothing else.
//!
//! Read next: `typed.rs`.

use super::Host;
use crate::preview1::{Function, Word};
use holm::{FuncType, Linker, Result, ValType};

/// Offers one function as a closure over integers.
pub(super) fn add<T: 'static>(
    linker: &mut Linker<T>,
    module: &str,
    function: &'static Function,
    host: impl Host<T>,
) -> Result<()> {
    let types = |words: &[Word]| words.iter().map(value_type).collect::<Vec<_>>();
    let ty = FuncType::new(types(function.params), types(function.results));
    let added = linker.func_integers(module, function.name, &ty, move |caller, slots| {
        host.call(caller, function, slots).map(u64::from)
    });
    added.map(drop)
}

const fn value_type(word: &Word) -> ValType {
    match word {
        Word::I32 => ValType::I32,
        Word::I64 => ValType::I64,
    }
}
