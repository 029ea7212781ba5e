//! Linear memories that several stores, on several threads, use at once.
//!
//! Not here: one store's handle to it (see [`crate::memory`]). Invariant: nobody gets a slice of its bytes,
//! because a guest on another thread may write them at any time. Read next: [`crate::memory`].

use crate::engine::Engine;
use crate::error::{Error, Result};
use crate::memory::{MemoryAccessError, outside};
use holm_spec::types::MemoryType;

/// A linear memory that threads share. Belongs to no store; cloning gives another handle to it.
#[derive(Clone, Debug)]
pub struct SharedMemory {
    inner: holm_vm::SharedMemory,
}

impl SharedMemory {
    /// Makes a memory of a type that is shared and names a maximum.
    ///
    /// # Errors
    /// When the type is not, or the system has no address space left.
    pub fn new(engine: &Engine, ty: MemoryType) -> Result<Self> {
        if !ty.shared || ty.limits.max.is_none() {
            return Err(Error::link(format!(
                "a memory that threads share has to be shared and to have a maximum, found {ty}"
            )));
        }
        Ok(Self { inner: holm_vm::SharedMemory::new(&ty, engine.memory_strategy())? })
    }

    /// The type; its minimum is the current size.
    #[must_use]
    pub fn ty(&self) -> MemoryType {
        self.inner.ty()
    }

    /// The size in pages.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.inner.ty().limits.min
    }

    /// The size in bytes.
    #[must_use]
    pub fn data_size(&self) -> usize {
        self.inner.length()
    }

    /// Copies bytes out. Guests that write them at the same time may be seen half-way.
    ///
    /// # Errors
    /// When the range leaves the memory; nothing is copied then.
    pub fn read(&self, offset: usize, into: &mut [u8]) -> Result<(), MemoryAccessError> {
        let bytes = into.len();
        let done = self.inner.read(offset, into);
        if done { Ok(()) } else { Err(outside(offset, bytes, self.inner.length())) }
    }

    /// Copies bytes in. Guests that read them at the same time may see them half-way.
    ///
    /// # Errors
    /// When the range leaves the memory; nothing is copied then.
    pub fn write(&self, offset: usize, from: &[u8]) -> Result<(), MemoryAccessError> {
        let done = self.inner.write(offset, from);
        if done { Ok(()) } else { Err(outside(offset, from.len(), self.inner.length())) }
    }

    /// Adds `delta` pages and gives the size before.
    ///
    /// # Errors
    /// When the memory's maximum does not allow it, or the system has no memory left.
    pub fn grow(&self, delta: u64) -> Result<u64> {
        self.inner.grow(delta, u64::MAX)?.ok_or_else(|| {
            let ty = self.ty();
            Error::exhausted("memory", format!("a {ty} cannot grow by {delta}: its own maximum"))
        })
    }

    pub(crate) fn inner(&self) -> &holm_vm::SharedMemory {
        &self.inner
    }

    pub(crate) fn from_inner(inner: holm_vm::SharedMemory) -> Self {
        Self { inner }
    }
}
