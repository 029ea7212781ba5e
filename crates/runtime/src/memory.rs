//! Linear memories, seen from the host.
//!
//! Not here: how they are reserved and bounded (see `holm-vm`). Invariant: a guest's address is only an
//! offset here; it becomes a slice through a bounds check and never otherwise.
//! Read next: [`crate::table`].

use crate::context::{AsContext, AsContextMut, StoreContext, StoreContextMut, StoreId};
use crate::error::{Error, Result};
use crate::shared::SharedMemory;
use holm_spec::types::MemoryType;
use holm_vm::MemoryId;
use std::fmt;

/// A linear memory of one store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Memory {
    pub(crate) store: StoreId,
    pub(crate) id: MemoryId,
}

/// An access from the host that leaves the memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemoryAccessError {
    /// Where the access starts.
    pub offset: u64,
    /// How long it is, in bytes.
    pub bytes: u64,
    /// How long the memory is, in bytes.
    pub memory_bytes: u64,
}

impl fmt::Display for MemoryAccessError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { offset, bytes, memory_bytes } = self;
        write!(f, "out of bounds memory access: {bytes} bytes at {offset:#x} of {memory_bytes}")
    }
}

impl std::error::Error for MemoryAccessError {}

impl From<MemoryAccessError> for Error {
    fn from(error: MemoryAccessError) -> Self {
        Self::host(error)
    }
}

impl Memory {
    /// Makes a memory that belongs to no instance, to be given to instances as an import.
    ///
    /// # Errors
    /// When a limit of the store is reached or the system has no memory left.
    pub fn new(mut store: impl AsContextMut, ty: MemoryType) -> Result<Self> {
        if ty.shared {
            let memory = SharedMemory::new(store.as_context_mut().engine(), ty)?;
            return Self::from_shared(store, &memory);
        }
        let store = store.as_context_mut();
        let id = store.0.objects_mut().memory_new(&ty)?;
        Ok(Self { store: store.id(), id })
    }

    /// Lets a store use a memory that threads share.
    ///
    /// # Errors
    /// When a limit of the store is reached.
    pub fn from_shared(mut store: impl AsContextMut, memory: &SharedMemory) -> Result<Self> {
        let store = store.as_context_mut();
        let id = store.0.objects_mut().memory_share(memory.inner())?;
        Ok(Self { store: store.id(), id })
    }

    /// The memory as other stores can use it too, if threads can share it.
    ///
    /// # Panics
    /// When the memory belongs to another store.
    #[must_use]
    pub fn as_shared(&self, store: impl AsContext) -> Option<SharedMemory> {
        let store = self.checked(store.as_context());
        store.0.objects().memory_shared(self.id).cloned().map(SharedMemory::from_inner)
    }

    /// The type; its minimum is the current size.
    ///
    /// # Panics
    /// When the memory belongs to another store.
    #[must_use]
    pub fn ty(&self, store: impl AsContext) -> MemoryType {
        let store = self.checked(store.as_context());
        store.0.objects().memory_type(self.id)
    }

    /// The size in pages.
    ///
    /// # Panics
    /// When the memory belongs to another store.
    #[must_use]
    pub fn size(&self, store: impl AsContext) -> u64 {
        let store = self.checked(store.as_context());
        store.0.objects().memory_pages(self.id)
    }

    /// The size in bytes.
    ///
    /// # Panics
    /// When the memory belongs to another store.
    #[must_use]
    pub fn data_size(&self, store: impl AsContext) -> usize {
        self.checked(store.as_context()).0.objects().memory_length(self.id)
    }

    /// The bytes. They cannot be held over a call into a guest, which might change or move them.
    ///
    /// # Panics
    /// When the memory belongs to another store, or threads share it: then its bytes can only be copied.
    #[must_use]
    pub fn data<'a, T: 'static>(&self, store: impl Into<StoreContext<'a, T>>) -> &'a [u8] {
        let store = self.checked(store.into());
        store.0.objects().memory_bytes(self.id)
    }

    /// The bytes, for writing.
    ///
    /// # Panics
    /// When the memory belongs to another store, or threads share it.
    #[must_use]
    pub fn data_mut<'a, T: 'static>(
        &self,
        store: impl Into<StoreContextMut<'a, T>>,
    ) -> &'a mut [u8] {
        self.data_and_store_mut(store).0
    }

    /// The bytes and the embedder's data, both for writing.
    ///
    /// # Panics
    /// When the memory belongs to another store, or threads share it.
    #[must_use]
    pub fn data_and_store_mut<'a, T: 'static>(
        &self,
        store: impl Into<StoreContextMut<'a, T>>,
    ) -> (&'a mut [u8], &'a mut T) {
        let store = store.into();
        assert!(self.store == store.id(), "memory belongs to another store");
        let (data, objects) = store.0.data_and_objects();
        (objects.memory_bytes_mut(self.id), data.user_mut())
    }

    /// Copies bytes out.
    ///
    /// # Errors
    /// When the range leaves the memory; nothing is copied then.
    ///
    /// # Panics
    /// When the memory belongs to another store.
    pub fn read(
        &self,
        store: impl AsContext,
        offset: usize,
        into: &mut [u8],
    ) -> Result<(), MemoryAccessError> {
        let store = self.checked(store.as_context());
        let objects = store.0.objects();
        let bytes = into.len();
        let done = objects.memory_read(self.id, offset, into);
        done.ok_or_else(|| outside(offset, bytes, objects.memory_length(self.id)))
    }

    /// Copies bytes in.
    ///
    /// # Errors
    /// When the range leaves the memory; nothing is copied then.
    ///
    /// # Panics
    /// When the memory belongs to another store.
    pub fn write(
        &self,
        mut store: impl AsContextMut,
        offset: usize,
        from: &[u8],
    ) -> Result<(), MemoryAccessError> {
        let store = store.as_context_mut();
        assert!(self.store == store.id(), "memory belongs to another store");
        let objects = store.0.objects_mut();
        let done = objects.memory_write(self.id, offset, from);
        done.ok_or_else(|| outside(offset, from.len(), objects.memory_length(self.id)))
    }

    /// Adds `delta` pages and gives the size before.
    ///
    /// # Errors
    /// When the memory's own maximum or a limit of the store does not allow it, or the system has no memory
    /// left. The size is as it was then.
    pub fn grow(&self, mut store: impl AsContextMut, delta: u64) -> Result<u64> {
        let store = store.as_context_mut();
        if self.store != store.id() {
            return Err(Error::other_store("memory"));
        }
        let objects = store.0.objects_mut();
        if let Some(pages) = objects.memory_grow(self.id, delta)? {
            return Ok(pages);
        }
        let ty = objects.memory_type(self.id);
        Err(Error::exhausted(
            "memory",
            format!(
                "a {ty} cannot grow by {delta}: its own maximum, or the {} bytes that the store allows in \
                 all (`StoreLimits::memory_bytes_max`)",
                objects.limits().memory_bytes_max
            ),
        ))
    }

    fn checked<'a, T>(&self, store: StoreContext<'a, T>) -> StoreContext<'a, T> {
        assert!(self.store == store.id(), "memory belongs to another store");
        store
    }
}

#[cold]
pub(crate) fn outside(offset: usize, bytes: usize, memory_bytes: usize) -> MemoryAccessError {
    MemoryAccessError {
        offset: offset as u64,
        bytes: bytes as u64,
        memory_bytes: memory_bytes as u64,
    }
}
