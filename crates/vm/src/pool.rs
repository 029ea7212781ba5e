//! The pool: slots and stacks that are idle, kept for the next instance.
//!
//! Shared by all stores of an engine. Nothing in it belongs to a guest: slots are reset before they come
//! back.

use crate::VmError;
use crate::heap::HeapConfig;
use crate::limits::POOL_IDLE_MAX;
use crate::slot::{GUARDED_BYTES, Slot, SlotKind};
use crate::stack::GuestStack;
use crate::sys::map::{CAN_RESERVE, Mapping};
use holm_abi::MemoryStrategy;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// How the types of an engine relate; asked where compiled code cannot tell by an id alone.
pub trait TypeRelations: Send + Sync {
    /// Whether the type with id `sub` is the one with id `sup` or below it.
    fn is_below(&self, sub: u32, sup: u32) -> bool;

    /// The address of the [`crate::TypeTable`], 0 while no type has needed one.
    fn table_address(&self) -> u64 {
        0
    }
}

/// Types without relatives: each is below itself alone.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoRelations;

impl TypeRelations for NoRelations {
    fn is_below(&self, sub: u32, sup: u32) -> bool {
        sub == sup
    }
}

/// How stores of an engine use memory.
#[derive(Clone, Copy, Debug)]
pub struct PoolConfig {
    /// How memories are bounded; `None` reserves address space where it can be had and checks elsewhere.
    pub strategy: Option<MemoryStrategy>,
    /// Bytes of a guest's stack.
    pub stack_bytes: usize,
    /// Bytes of host stack that nested calls (host → guest → host → …) may use.
    pub host_stack_bytes_max: usize,
    /// How heaps behave.
    pub heap: HeapConfig,
    /// Gives the nanoseconds that the calling thread has had a processor, to count what guests take.
    pub processor_clock: Option<fn() -> u64>,
}

impl Default for PoolConfig {
    fn default() -> Self {
        Self {
            strategy: None,
            stack_bytes: 2 << 20,
            host_stack_bytes_max: 512 << 10,
            heap: HeapConfig::default(),
            processor_clock: None,
        }
    }
}

/// See the module's documentation. Cloning shares it.
#[derive(Clone, Debug)]
pub struct Pool {
    shared: Arc<Shared>,
}

struct Shared {
    strategy: MemoryStrategy,
    config: PoolConfig,
    types: Box<dyn TypeRelations>,
    slots: Mutex<Vec<Slot>>,
    stacks: Mutex<Vec<GuestStack>>,
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pool").field("strategy", &self.strategy).finish_non_exhaustive()
    }
}

impl Pool {
    /// Prepares the process (signal handlers) and chooses the memory strategy.
    ///
    /// # Errors
    /// When `Reserved` is asked for and the address space for one memory cannot be had.
    pub fn new(config: PoolConfig, types: impl TypeRelations + 'static) -> Result<Self, VmError> {
        crate::sys::signals::install();
        let wanted = match config.strategy {
            Some(strategy) => strategy,
            None if CAN_RESERVE => MemoryStrategy::Reserved,
            None => MemoryStrategy::Checked,
        };
        let mut strategy = wanted;
        if wanted == MemoryStrategy::Reserved {
            // Room for several memories, or reservations would fail one by one later.
            let attempt = match CAN_RESERVE {
                true => Mapping::reserve(GUARDED_BYTES.saturating_mul(4)),
                false => Err(VmError::os("reserving addresses", "this platform cannot")),
            };
            match attempt {
                Ok(_) => {}
                Err(error) if config.strategy.is_some() => return Err(error),
                Err(_) => strategy = MemoryStrategy::Checked,
            }
        }
        let shared = Shared {
            strategy,
            config,
            types: Box::new(types),
            slots: Mutex::new(Vec::new()),
            stacks: Mutex::new(Vec::new()),
        };
        Ok(Self { shared: Arc::new(shared) })
    }

    /// How memories are bounded.
    #[must_use]
    pub fn strategy(&self) -> MemoryStrategy {
        self.shared.strategy
    }

    pub(crate) fn types(&self) -> &dyn TypeRelations {
        &*self.shared.types
    }

    pub(crate) fn config(&self) -> &PoolConfig {
        &self.shared.config
    }

    /// A clean slot, best one whose memory has `accessible` bytes already.
    pub(crate) fn take_slot(&self, kind: SlotKind, accessible: usize) -> Result<Slot, VmError> {
        let mut idle = lock(&self.shared.slots);
        let fits = |slot: &Slot| slot.kind() == kind;
        let best = idle.iter().rposition(|slot| fits(slot) && slot.accessible() == accessible);
        let found = best.or_else(|| idle.iter().rposition(fits));
        let slot = found.map(|index| idle.swap_remove(index));
        drop(idle);
        let mut slot = slot.map_or_else(|| Slot::new(kind), Ok)?;
        slot.open()?;
        Ok(slot)
    }

    /// Takes a slot back; its instance is gone.
    pub(crate) fn give_slot(&self, mut slot: Slot) {
        if slot.reset().is_err() {
            return;
        }
        let mut idle = lock(&self.shared.slots);
        if idle.len() < POOL_IDLE_MAX {
            idle.push(slot);
        }
    }

    pub(crate) fn take_stack(&self) -> Result<GuestStack, VmError> {
        let idle = lock(&self.shared.stacks).pop();
        idle.map_or_else(|| GuestStack::new(self.shared.config.stack_bytes), Ok)
    }

    pub(crate) fn give_stack(&self, stack: GuestStack) {
        let mut idle = lock(&self.shared.stacks);
        if idle.len() < POOL_IDLE_MAX {
            idle.push(stack);
        }
    }
}

/// A list of idle things is whole at any time, even if a holder of the lock panicked.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
