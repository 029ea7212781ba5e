//! The store: owner of everything alive, and the way into guest code.

use crate::block::{Cause, Pinned, Resume, StoreBlock};
use crate::context::{HOST_CONTEXT_BYTES, HOST_ENTRY, HOST_STACK_BYTES};
use crate::frame::{CallFrame, RegisterArguments};
use crate::host::{Entry, HostFunction};
use crate::instance::InstanceRequest;
use crate::interpret;
use crate::objects::{FunctionId, HostContext, InstanceId, Objects, index_of};
use crate::stack::GuestStack;
use crate::sys::arch;
use crate::traps::Running;
use crate::{Exit, ExitCause, InterruptHandle, Pool, StoreLimits, VmError};
use holm_abi::interpreter::INTERPRETED;
use holm_abi::layout::{self, CONTEXT_GAP_BYTES, Callee, FunctionRecord, NO_INSTANCE};
use holm_spec::trap::TrapReason;
use std::cell::{Cell, RefCell};
use std::sync::Arc;

/// Owner of everything alive; see the crate's documentation for its rules.
#[derive(Debug)]
pub struct Store<H> {
    data: H,
    block: Pinned<StoreBlock>,
    objects: Pinned<Objects>,
    stack: Option<GuestStack>,
    pool: Pool,
    /// No guest may be called any more: a host function panicked, or the heap is lost.
    poisoned: bool,
    times: Times,
}

/// The processor time of a store's guests and of what they call, if somebody lends a clock.
#[derive(Clone, Copy, Debug)]
struct Times {
    clock: Option<fn() -> u64>,
    /// Of calls that are over.
    passed: u64,
    /// When the call began that is under way.
    began: u64,
}

impl std::fmt::Debug for StoreBlock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StoreBlock").field("fuel", &self.fuel).finish_non_exhaustive()
    }
}

// SAFETY: the raw pointers inside refer to allocations that the store owns; host functions and host objects
// are `Send + Sync` by their bounds; a store is used by one thread at a time (rule 1).
unsafe impl<H: Send> Send for Store<H> {}
// SAFETY: a shared reference gives out only shared references to objects and data; cells of the block
// change only under `&mut Store`.
unsafe impl<H: Sync> Sync for Store<H> {}

impl<H: 'static> Store<H> {
    /// An empty store with host data `data`.
    ///
    /// # Errors
    /// When there is no memory for a guest's stack.
    pub fn new(pool: &Pool, limits: StoreLimits, data: H) -> Result<Self, VmError> {
        let stack = pool.take_stack()?;
        let block = Pinned::new(StoreBlock {
            functions: Cell::new(std::ptr::null()),
            fuel: Cell::new(i64::MAX),
            caller: Cell::new(0),
            heap_next: Cell::new(0),
            heap_limit: Cell::new(0),
            host_sp: Cell::new(0),
            guest_sp: Cell::new(stack.usable().end),
            exit_fp: Cell::new(0),
            activation: Cell::new(std::ptr::null_mut()),
            slots_end: Cell::new(0),
            slots_top: Cell::new(0),
            resume: Cell::new(Resume::NOWHERE),
            thrown: Cell::new(0),
            owner: Cell::new(std::ptr::null_mut()),
            nested: Cell::new(0),
            objects: Cell::new(std::ptr::null_mut()),
            cause: Cell::new(Cause::NONE),
            host_stack_start: Cell::new(0),
            guard: stack.guard(),
            stack: stack.usable(),
            codes: RefCell::default(),
            failure: Cell::new(None),
            trace: Cell::new(None),
            trail: RefCell::default(),
            host_stack_bytes_max: pool.config().host_stack_bytes_max,
        });
        let objects = Pinned::new(Objects::new(block.as_ptr(), pool, limits));
        block.objects.set(objects.as_ptr());
        let stack = Some(stack);
        let times = Times { clock: pool.config().processor_clock, passed: 0, began: 0 };
        Ok(Self { data, block, objects, stack, pool: pool.clone(), poisoned: false, times })
    }

    /// The host's data.
    #[inline]
    pub fn data(&self) -> &H {
        &self.data
    }

    /// The host's data, to change.
    #[inline]
    pub fn data_mut(&mut self) -> &mut H {
        &mut self.data
    }

    /// What the store owns.
    #[inline]
    pub fn objects(&self) -> &Objects {
        &self.objects
    }

    /// What the store owns, to change.
    #[inline]
    pub fn objects_mut(&mut self) -> &mut Objects {
        self.objects.as_mut()
    }

    /// Both at once.
    #[inline]
    pub fn data_and_objects(&mut self) -> (&mut H, &mut Objects) {
        (&mut self.data, self.objects.as_mut())
    }

    /// Makes an instance; its globals, tables and memories are not initialised yet.
    ///
    /// # Errors
    /// When a limit or the operating system forbids it.
    pub fn instance_new(&mut self, request: InstanceRequest<'_>) -> Result<InstanceId, VmError> {
        self.objects_mut().instance_new(request)
    }

    /// Puts a host function of type `type_id` into the store.
    ///
    /// # Errors
    /// None today; limits on host functions may come.
    pub fn host_function_new(
        &mut self,
        function: &HostFunction<H>,
        type_id: u32,
    ) -> Result<FunctionId, VmError> {
        let mut context = Pinned::<HostContext>::new([0; HOST_CONTEXT_BYTES / 8]);
        let mut set = |offset: i32, value: u64| {
            let below_top = (layout::CONTEXT_TOP - offset).unsigned_abs() as usize;
            context.as_mut()[(HOST_CONTEXT_BYTES - below_top) / 8] = value;
        };
        set(layout::STORE, self.block.as_ptr().expose_provenance() as u64);
        set(layout::FUNCTIONS_FIRST, u64::from(NO_INSTANCE) << 32);
        set(layout::HOST_FUNCTION, function.closure.address().expose_provenance() as u64);
        set(HOST_ENTRY, function.entry.address());
        set(HOST_STACK_BYTES, u64::from(function.stack_bytes));
        let top = context.as_ptr().expose_provenance() + HOST_CONTEXT_BYTES;
        let stub = match function.entry {
            Entry::Registers(_) => arch::host_call_registers(),
            Entry::Frame(_) if function.int_only => arch::host_call_int(),
            Entry::Frame(_) => arch::host_call(),
        };
        let callee = Callee { code: stub, anchor: (top + CONTEXT_GAP_BYTES as usize) as u64 };
        let objects = self.objects_mut();
        objects.host_functions.push((context, Arc::clone(&function.closure)));
        let record = FunctionRecord {
            callee,
            signature: type_id,
            instance: NO_INSTANCE,
            function: index_of(objects.host_functions.len() - 1),
            reserved: 0,
        };
        Ok(objects.add_functions([record].into_iter()))
    }

    /// Calls a function of the store: a guest's, or a host function by way of its stub.
    ///
    /// The frame must be made for the function's signature. On success it holds the results.
    ///
    /// # Errors
    /// When the guest is left before it returns.
    ///
    /// # Panics
    /// When the handle is another store's.
    #[inline]
    pub fn call(&mut self, function: FunctionId, frame: &mut CallFrame) -> Result<(), Box<Exit>> {
        let int_only = frame.int_only;
        let enter = if int_only { arch::holm_vm_enter_int } else { arch::holm_vm_enter };
        self.run(function, |block, callee| {
            if callee.code & INTERPRETED != 0 {
                return interpret::enter(block, function, frame);
            }
            let raw = std::ptr::from_mut(frame.seal());
            // SAFETY: the callee is a function of this store and expects its anchor; the frame is sealed;
            // the stack below `guest_sp` is free. The store is not used until the call returns (rule 2).
            let status = unsafe { enter(std::ptr::from_ref(block), &raw const callee, raw) };
            (status == 0).then_some(())
        })
    }

    /// Calls a function whose parameters all travel in registers and that has at most one result, not a
    /// vector of 128 bits. Gives the first integer register and the first vector register of the results;
    /// only that of the result's class has a meaning.
    ///
    /// # Errors
    /// When the guest is left before it returns.
    ///
    /// # Panics
    /// When the handle is another store's.
    #[inline(always)]
    pub fn call_registers(
        &mut self,
        function: FunctionId,
        arguments: RegisterArguments,
    ) -> Result<(u64, u64), Box<Exit>> {
        self.run(function, |block, callee| {
            if callee.code & INTERPRETED != 0 {
                return interpret::enter_registers(block, function, &arguments);
            }
            // SAFETY: as in `call`; the function's values travel in registers (the caller checked its type).
            unsafe { arch::call_registers(block, callee, arguments) }
        })
    }

    /// Does what each entry needs around `enter`, which gives nothing when the guest was left.
    #[inline(always)]
    fn run<R>(
        &mut self,
        function: FunctionId,
        enter: impl FnOnce(&StoreBlock, Callee) -> Option<R>,
    ) -> Result<R, Box<Exit>> {
        if self.poisoned {
            return Err(self.refused());
        }
        let mut callee = self.objects.function(function).expect("a function of this store").callee;
        if callee.code & INTERPRETED != 0
            && let Some(machine) = interpret::promoted(callee)
        {
            callee = machine;
        }
        let at: *const StoreBlock = self.block.as_ptr();
        // SAFETY: the block lives as long as the store, and everything in it is shared.
        let block = unsafe { &*at };
        let this: *mut () = std::ptr::from_mut(self).cast();
        let owner = block.owner.replace(this);
        // Thunks set it again before any host function looks, so that nobody needs the old value.
        block.caller.set(0);
        let outermost = block.is_idle();
        if outermost {
            let marker = 0u8;
            block.host_stack_start.set((&raw const marker).addr());
            if let Some(clock) = self.times.clock {
                self.times.began = clock();
            }
        } else if block.is_host_stack_full() {
            block.owner.set(owner);
            return Err(self.exhausted());
        } else {
            block.nested.set(block.nested.get() + 1);
        }
        // The interpreter itself needs no signals.
        let running = (callee.code & INTERPRETED == 0).then(|| Running::new(at));
        let result = enter(block, callee);
        drop(running);
        if !outermost {
            block.owner.set(owner);
            block.nested.set(block.nested.get() - 1);
        } else if let Some(clock) = self.times.clock {
            self.times.passed += clock().saturating_sub(self.times.began);
        }
        result.ok_or_else(|| self.exit())
    }

    /// Nanoseconds of processor time that guests took, with the host functions they called; nothing without a clock.
    #[must_use]
    pub fn processor_ns(&self) -> Option<u64> {
        let Times { clock, passed, began } = self.times;
        let now = clock.filter(|_| !self.block.is_idle()).map_or(began, |clock| clock());
        clock.map(|_| passed + now.saturating_sub(began))
    }

    /// A way to stop guests of this store from another thread.
    #[must_use]
    pub fn interrupt_handle(&self) -> InterruptHandle {
        self.objects.interrupt.clone()
    }

    /// Fuel left; negative when it is exhausted. Only code compiled with fuel uses it.
    #[must_use]
    pub fn fuel(&self) -> i64 {
        self.block.fuel.get()
    }

    /// Sets the fuel that guests may use.
    pub fn set_fuel(&mut self, fuel: i64) {
        self.block.fuel.set(fuel);
    }

    /// Whether a host function panicked; guests can then no longer be called.
    #[must_use]
    pub fn is_poisoned(&self) -> bool {
        self.poisoned && self.objects.lost.is_none()
    }

    /// The nesting of host and guest is too deep.
    #[cold]
    fn exhausted(&self) -> Box<Exit> {
        let cause = Cause { reason: None, pc: 0, fp: 0 };
        let backtrace = crate::backtrace::capture(&self.block, cause);
        Box::new(Exit { cause: ExitCause::Trap(TrapReason::StackOverflow), backtrace })
    }

    #[cold]
    fn refused(&self) -> Box<Exit> {
        let cause = match self.objects.lost {
            Some(_) => ExitCause::Trap(TrapReason::Interrupted),
            None => ExitCause::Panic("an earlier call of this store ended in a panic".to_owned()),
        };
        Box::new(Exit { cause, backtrace: Vec::new() })
    }

    /// What ended the call.
    #[cold]
    fn exit(&mut self) -> Box<Exit> {
        let cause = self.block.cause.replace(Cause::NONE);
        let trace = self.block.trace.take();
        let failure = self.block.failure.take();
        let backtrace = trace.unwrap_or_else(|| match failure {
            Some(ExitCause::Exception(_)) if cause.reason.is_none() => {
                crate::backtrace::capture_thrown(&self.block, cause)
            }
            _ => crate::backtrace::capture(&self.block, cause),
        });
        let cause = match (cause.reason, failure) {
            (Some(TrapReason::Bug), Some(failure)) => failure,
            (Some(reason), _) => ExitCause::Trap(reason),
            (None, Some(failure)) => failure,
            (None, None) => ExitCause::Panic("the guest was left for no reason".to_owned()),
        };
        self.poisoned |= matches!(cause, ExitCause::Panic(_)) || self.objects.lost.is_some();
        Box::new(Exit { cause, backtrace })
    }
}

impl<H> Drop for Store<H> {
    fn drop(&mut self) {
        if self.objects.interrupt.retire() {
            self.objects.as_mut().instances.iter_mut().for_each(|i| i.slot_mut().close());
        }
        // Shared memories must not write into contexts that go back to the pool.
        self.objects.as_mut().memories.clear();
        self.objects.as_mut().release_budget();
        if let Some(stack) = self.stack.take() {
            self.pool.give_stack(stack);
        }
    }
}
