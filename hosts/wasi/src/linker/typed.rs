//! Each row of the table as a closure with the row's types, so that parameters come in registers.
//!
//! The compiler makes a function for every list of parameters, twice if there are threads. Not here: the table (see
//! `preview1/table.rs`); the same with one closure for all (see `untyped.rs`). Invariant: every row of the table has an arm here.
//!
//! Read next: `untyped.rs`.

use super::Host;
use crate::preview1::{Function, PARAMS_MAX, Word};
use holm::{Caller, Error, Linker, Result};

/// Offers one function as a closure with the types of its row.
pub(super) fn add<T: 'static>(
    linker: &mut Linker<T>,
    module: &str,
    function: &'static Function,
    host: impl Host<T>,
) -> Result<()> {
    use Word::{I32, I64};
    /// One arm per list of parameters: `a I32 u32` is a parameter, its type in the row, and in Rust.
    macro_rules! by_types {
        ($([$($name:ident $word:ident $ty:ident),*])*) => {
            match (function.params, function.results) {
                ([I32], []) => linker.func_wrap(module, function.name, move |c: Caller<'_, T>, a: u32| {
                    run(c, function, host, [a.into()]).map(drop)
                }),
                $(([$($word),*], [I32]) => linker.func_wrap(
                    module,
                    function.name,
                    move |c: Caller<'_, T>, $($name: $ty),*| run(c, function, host, [$($name.into()),*]),
                ),)*
                (params, results) => {
                    let text = format!("{} has unforeseen types {params:?} {results:?}", function.name);
                    return Err(Error::host(text));
                }
            }
        };
    }
    let added = by_types! {
        []
        [a I32 u32]
        [a I32 u32, b I32 u32]
        [a I32 u32, b I64 u64]
        [a I32 u32, b I32 u32, d I32 u32]
        [a I32 u32, b I64 u64, d I32 u32]
        [a I32 u32, b I64 u64, d I64 u64]
        [a I32 u32, b I32 u32, d I32 u32, e I32 u32]
        [a I32 u32, b I64 u64, d I32 u32, e I32 u32]
        [a I32 u32, b I64 u64, d I64 u64, e I32 u32]
        [a I32 u32, b I32 u32, d I32 u32, e I32 u32, f I32 u32]
        [a I32 u32, b I32 u32, d I32 u32, e I64 u64, f I32 u32]
        [a I32 u32, b I32 u32, d I32 u32, e I32 u32, f I32 u32, g I32 u32]
        [a I32 u32, b I32 u32, d I32 u32, e I32 u32, f I32 u32, g I32 u32, h I32 u32]
        [a I32 u32, b I32 u32, d I32 u32, e I32 u32, f I64 u64, g I64 u64, h I32 u32]
        [a I32 u32, b I32 u32, d I32 u32, e I32 u32, f I32 u32, g I64 u64, h I64 u64, i I32 u32, j I32 u32]
    };
    added.map(drop)
}

#[inline]
fn run<T: 'static, const N: usize>(
    caller: Caller<'_, T>,
    function: &'static Function,
    host: impl Host<T>,
    params: [u64; N],
) -> Result<u32> {
    let mut slots = [0; PARAMS_MAX];
    slots[..N].copy_from_slice(&params);
    host.call(caller, function, &slots)
}
