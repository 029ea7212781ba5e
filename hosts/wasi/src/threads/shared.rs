//! Calls of WASI by threads that share a context.
//!
//! The context is locked while a call runs and never while it waits: a call that would have to wait puts down what for, gives
//! the lock back, waits, and is made again.
//!
//! Not here: what a call does (`preview1/`). Reading and writing files counts as running, since file systems answer.
//!
//! Invariant: the lock is held for no longer than one attempt of one call; a stop ends every wait.
//!
//! Read next: `capability/wait.rs`.

use super::Group;
use crate::linker::{CallerMemory, CallsFrom, Host, ended, look_up};
use crate::memory::View;
use crate::preview1::{End, Function, Left, PARAMS_MAX};
use crate::{Errno, Fault, Trap};
use holm::{Caller, Error, Result, SharedMemory};
use std::sync::Arc;

/// One thread of a program: the data of its store.
#[derive(Debug)]
pub struct WasiThread {
    pub(super) group: Arc<Group>,
    id: u32,
    memory: Option<CallerMemory>,
}

impl WasiThread {
    pub(super) fn new(group: &Arc<Group>, id: u32) -> WasiThread {
        WasiThread { group: Arc::clone(group), id, memory: None }
    }

    /// The number that the guest knows the thread by; 0 is the first one.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.id
    }
}

/// How the functions of the table are called by threads.
#[derive(Clone, Copy)]
pub(super) struct Together;

impl Host<WasiThread> for Together {
    fn call(
        self,
        mut caller: Caller<'_, WasiThread>,
        function: &'static Function,
        slots: &[u64; PARAMS_MAX],
    ) -> Result<u32> {
        let Some(instance) = caller.instance() else {
            return Err(Error::host("functions of WASI for threads are called by a guest only"));
        };
        let thread = caller.data_mut();
        if thread.memory.as_ref().is_none_or(|known| known.instance != instance) {
            let memory = look_up(&mut caller)?;
            caller.data_mut().memory = Some(CallerMemory { instance, memory });
        }
        let thread = caller.data();
        let group = Arc::clone(&thread.group);
        let answer = match thread.memory.as_ref().map(|known| known.memory.clone()) {
            Some(CallsFrom::Shared(memory)) => attempts(&group, function, slots, Shared(memory)),
            Some(CallsFrom::Own(memory)) => {
                let (bytes, _) = memory.data_and_store_mut(&mut caller);
                attempts(&group, function, slots, Own(bytes))
            }
            None => attempts(&group, function, slots, Own(&mut [])),
        };
        answer.map_err(ended)
    }
}

/// What a view is made of, attempt after attempt.
trait Memory {
    fn view(&mut self) -> View<'_>;
}

struct Own<'a>(&'a mut [u8]);

impl Memory for Own<'_> {
    fn view(&mut self) -> View<'_> {
        View::Own(self.0)
    }
}

struct Shared(SharedMemory);

impl Memory for Shared {
    fn view(&mut self) -> View<'_> {
        View::Shared(&self.0)
    }
}

/// Makes a call until it does not have to wait.
fn attempts(
    group: &Group,
    function: &'static Function,
    slots: &[u64; PARAMS_MAX],
    mut memory: impl Memory,
) -> std::result::Result<u32, End> {
    let mut resumed = None;
    let mut calls = 1;
    loop {
        // Whoever is stopped does not queue up.
        if group.stopper.is_stopped() {
            return Err(End::Trap(Trap::Stopped));
        }
        let mut ctx = group.context();
        ctx.usage.calls += std::mem::take(&mut calls);
        ctx.resumed = resumed.take();
        let left = match function.attempt(&mut ctx, &mut memory.view(), slots) {
            Ok(number) => return Ok(number),
            Err(left) => left,
        };
        let wait = match left {
            Left::End(end) => return Err(end),
            Left::Wait => ctx.elsewhere.as_ref().and_then(|elsewhere| elsewhere.take()),
        };
        resumed = ctx.resumed.take();
        drop(ctx);
        match wait.map(|wait| wait.wait(&group.stopper)) {
            Some(Ok(())) => {}
            Some(Err(Fault::Trap(trap))) => return Err(End::Trap(trap)),
            Some(Err(Fault::Errno(errno))) => return Ok(errno as u32),
            Some(Err(Fault::Exit(_) | Fault::Wait)) | None => return Ok(Errno::Again as u32),
        }
    }
}
