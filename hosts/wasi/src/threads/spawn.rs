//! Starting a thread for a guest.
//!
//! Invariant: a number is given out once among those that run; what was reserved for a thread that did not come to be is given
//! back before the guest is told.
//!
//! Read next: `threads.rs`.

use super::{Group, State, WasiThread};
use crate::Trap;
use crate::linker::ended;
use crate::preview1::End;
use crate::refusal::{Reason, Refusal};
use holm::{Caller, Error, Result, Store};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// The function that a thread begins with.
const START: &str = "wasi_thread_start";

/// The largest number of a thread.
const ID_MAX: u32 = (1 << 29) - 1;

/// What the guest is told when there is no thread for it: the negated number of `again`, as for `pthread_create`.
const REFUSED: i32 = -6;

/// `thread-spawn`: starts a thread that is given `argument`. Gives its number, or a negative one.
pub(super) fn spawn(mut caller: Caller<'_, WasiThread>, argument: u32) -> Result<i32> {
    let group = Arc::clone(&caller.data().group);
    let id = reserve(&group);
    if group.is_over() {
        id.into_iter().for_each(|id| forget(&group, id, None));
        return Err(ended(End::Trap(Trap::Stopped)));
    }
    let Some(id) = id else {
        // Others have something to do, perhaps this very guest's end.
        std::thread::yield_now();
        return Ok(REFUSED);
    };
    let fuel = share_fuel(&group, &mut caller);
    Ok(match start(&group, id, fuel, argument) {
        Ok(()) => i32::try_from(id).unwrap_or(REFUSED),
        Err(_) => {
            forget(&group, id, fuel);
            refuse(&group);
            REFUSED
        }
    })
}

/// Gives back what was reserved for a thread that did not come to be.
fn forget(group: &Group, id: u32, fuel: Option<u64>) {
    group.state().running.remove(&id);
    group.used.give_fuel(fuel.unwrap_or(0));
    group.one_less();
}

/// Takes a share of the caller's fuel for a new thread: what is left, in equal parts for all threads that there may yet be.
/// The caller was given before what threads left that have ended. So all together never use more than there was.
fn share_fuel(group: &Group, caller: &mut Caller<'_, WasiThread>) -> Option<u64> {
    let left = caller.fuel_left()?;
    let left = left.saturating_add(group.used.take_fuel());
    let alive = group.alive.load(Ordering::SeqCst);
    let shares = group.limits.threads_max.saturating_sub(alive).saturating_add(1);
    let share = left / u64::from(shares);
    caller.set_fuel(left - share).ok()?;
    Some(share)
}

/// A number for a thread, if there may be one more. Whoever is refused takes no lock: guests that ask again and again keep
/// nobody waiting.
fn reserve(group: &Group) -> Option<u32> {
    // The guest is about to be stopped itself.
    if group.is_over() {
        return None;
    }
    let one_more = |alive: u32| Some(alive + 1).filter(|more| *more < group.limits.threads_max);
    let Ok(before) = group.alive.fetch_update(Ordering::SeqCst, Ordering::SeqCst, one_more) else {
        refuse(group);
        return None;
    };
    let mut state = group.state();
    let id = next(&state);
    state.last = id;
    state.running.insert(id, holm::InterruptHandle::default());
    state.threads += 1;
    state.threads_peak = state.threads_peak.max(u64::from(before) + 2);
    Some(id)
}

/// The next number that no thread has.
fn next(state: &State) -> u32 {
    let after = |id: u32| if id >= ID_MAX { 1 } else { id + 1 };
    let mut id = after(state.last);
    while state.running.contains_key(&id) {
        id = after(id);
    }
    id
}

/// Tells the log of the context, if there is one.
fn refuse(group: &Group) {
    if !group.is_logged || group.is_over() {
        return;
    }
    let mut ctx = group.context();
    let reason = Reason::Threads;
    let refusal = Refusal {
        function: super::SPAWN.1,
        reason,
        errno: reason.errno(),
        grant: None,
        path: None,
    };
    if let Some(log) = &mut ctx.refusals {
        (log.0)(&refusal);
        ctx.usage.refusals += 1;
    }
}

fn start(group: &Arc<Group>, id: u32, fuel: Option<u64>, argument: u32) -> Result<()> {
    if group.is_over() {
        return Err(over());
    }
    let program = group.program.get().ok_or_else(|| Error::host("there is no program yet"))?;
    let data = WasiThread::new(group, id);
    let mut store = Store::try_new(program.module().engine(), group.limits.store, data)?;
    store.share_limits(&group.budget)?;
    if let Some(fuel) = fuel {
        store.set_fuel(fuel)?;
    }
    {
        let mut state = group.state();
        if group.is_over() {
            return Err(over());
        }
        state.running.insert(id, store.interrupt_handle());
    }
    let group = Arc::clone(group);
    let thread = std::thread::Builder::new().name(format!("wasi-{id}"));
    let body = move || {
        let result = catch_unwind(AssertUnwindSafe(|| run(&group, &mut store, id, argument)));
        let result = result.unwrap_or_else(|_| Err(Error::host("the thread of the host panicked")));
        let (usage, fuel) = (store.usage(), store.fuel_left());
        drop(store);
        group.leave(id, result, &usage, fuel);
        group.let_others_leave();
    };
    thread.spawn(body).map(drop).map_err(Error::host)
}

fn over() -> Error {
    Error::host("the program is over")
}

/// All that a thread does.
fn run(group: &Group, store: &mut Store<WasiThread>, id: u32, argument: u32) -> Result<()> {
    let program = group.program.get().ok_or_else(|| Error::host("there is no program"))?;
    if group.is_over() {
        return Ok(());
    }
    let instance = program.instantiate(&mut *store)?;
    let function = instance.get_typed_func::<(u32, u32), ()>(&*store, START)?;
    function.call(&mut *store, (id, argument))
}
