//! The functions of preview 1 for guests of `holm`.
//!
//! Each row of the table becomes a host function: parameters are put into slots on the stack and handed to the row's function
//! together with the caller's memory. Nothing is allocated per call.
//!
//! Not here: what the functions do (`preview1/`), and contexts that threads share (`threads.rs`).
//!
//! Invariant: the memory is the one that the calling instance exports as `memory`; which one that is, is looked up
//! once per instance and kept in the context.
//!
//! Read next: `linker/typed.rs`, then `preview1/table.rs`.

#[cfg(feature = "typed-calls")]
#[path = "linker/typed.rs"]
mod rows;
#[cfg(not(feature = "typed-calls"))]
#[path = "linker/untyped.rs"]
mod rows;

use crate::preview1::{End, Function, PARAMS_MAX, SNAPSHOT_0, SNAPSHOT_1};
use crate::{Exit, Trap, WasiCtx};
use holm::{Caller, Error, Extern, Instance, Linker, Memory, Result, SharedMemory, TrapReason};

/// How the functions of the table are called for the guests of a store.
pub(crate) trait Host<T: 'static>: Copy + Send + Sync + 'static {
    /// Calls a function with the caller's memory and these parameters.
    fn call(
        self,
        caller: Caller<'_, T>,
        function: &'static Function,
        slots: &[u64; PARAMS_MAX],
    ) -> Result<u32>;
}

/// Offers the functions of `wasi_snapshot_preview1` and `wasi_unstable`. `get` finds the context in a store's data.
///
/// A guest that ends itself makes the call into it fail with [`Exit`], one that raises a signal with [`Trap`], and
/// one that is stopped by a [`crate::Stopper`] with the trap `interrupted`.
///
/// # Errors
/// When a name is defined already.
pub fn add_to_linker<T: 'static>(
    linker: &mut Linker<T>,
    get: impl Fn(&mut T) -> &mut WasiCtx + Copy + Send + Sync + 'static,
) -> Result<()> {
    add_all(linker, Alone(get))
}

/// Offers the functions of both modules.
pub(crate) fn add_all<T: 'static>(linker: &mut Linker<T>, host: impl Host<T>) -> Result<()> {
    for function in &SNAPSHOT_1 {
        rows::add(linker, "wasi_snapshot_preview1", function, host)?;
    }
    for function in &SNAPSHOT_0 {
        rows::add(linker, "wasi_unstable", function, host)?;
    }
    Ok(())
}

/// The memory that an instance calls from, as looked up last.
#[derive(Clone, Debug)]
pub(crate) struct CallerMemory {
    pub(crate) instance: Instance,
    pub(crate) memory: CallsFrom,
}

/// A guest's memory.
#[derive(Clone, Debug)]
pub(crate) enum CallsFrom {
    Own(Memory),
    Shared(SharedMemory),
}

/// A context that belongs to one store.
#[derive(Clone, Copy)]
struct Alone<G>(G);

impl<T: 'static, G> Host<T> for Alone<G>
where
    G: Fn(&mut T) -> &mut WasiCtx + Copy + Send + Sync + 'static,
{
    #[inline]
    fn call(
        self,
        mut caller: Caller<'_, T>,
        function: &'static Function,
        slots: &[u64; PARAMS_MAX],
    ) -> Result<u32> {
        let Self(get) = self;
        let answer = match memory(&mut caller, get)? {
            Some(CallsFrom::Own(memory)) => {
                let (bytes, data) = memory.data_and_store_mut(&mut caller);
                function.call(get(data), bytes, slots)
            }
            Some(CallsFrom::Shared(memory)) => {
                function.call_shared(get(caller.data_mut()), &memory, slots)
            }
            // The host called the function itself: there is no guest to write to.
            None => function.call(get(caller.data_mut()), &mut [], slots),
        };
        answer.map_err(ended)
    }
}

/// The caller's memory.
#[inline]
fn memory<T: 'static>(
    caller: &mut Caller<'_, T>,
    get: impl Fn(&mut T) -> &mut WasiCtx,
) -> Result<Option<CallsFrom>> {
    let Some(instance) = caller.instance() else { return Ok(None) };
    match &get(caller.data_mut()).caller_memory {
        Some(known) if known.instance == instance => Ok(Some(known.memory.clone())),
        _ => {
            let memory = look_up(caller)?;
            let known = CallerMemory { instance, memory: memory.clone() };
            get(caller.data_mut()).caller_memory = Some(known);
            Ok(Some(memory))
        }
    }
}

/// Finds the memory that the caller exports.
#[cold]
pub(crate) fn look_up<T: 'static>(caller: &mut Caller<'_, T>) -> Result<CallsFrom> {
    let Some(Extern::Memory(memory)) = caller.get_export("memory") else {
        return Err(Error::host("a module that calls WASI must export its memory as `memory`"));
    };
    Ok(match memory.as_shared(&*caller) {
        Some(shared) => CallsFrom::Shared(shared),
        None => CallsFrom::Own(memory),
    })
}

#[cold]
pub(crate) fn ended(end: End) -> Error {
    match end {
        End::Exit(code) => Error::host(Exit(code)),
        End::Trap(Trap::Stopped) => Error::trap(TrapReason::Interrupted),
        End::Trap(trap) => Error::host(trap),
    }
}
