//! Linear memories.
//!
//! A memory's bytes lie in its instance's slot (memory 0 under `Reserved`), in a reservation of their own
//! (other memories under `Reserved`), or in a plain mapping that moves when it grows (`Checked`). Code
//! finds base and length in a *definition*, which this module keeps up to date. Memories that threads share
//! are in [`shared`].

mod parking;
mod shared;
mod view;

pub(crate) use parking::Waited;
pub use shared::SharedMemory;
pub(crate) use view::View;

use crate::VmError;
use crate::slot::{GUARDED_BYTES, MEMORY32_BYTES, Slot};
use crate::sys::map::{Access, Mapping, PAGE};
use holm_abi::MemoryStrategy;
use holm_spec::types::MemoryType;
use std::ptr::NonNull;

/// What code reads: `holm_abi::layout::MEMORY_BASE` and `MEMORY_LENGTH`.
#[repr(C)]
#[derive(Debug)]
pub(crate) struct MemoryDefinition {
    pub(crate) base: *mut u8,
    pub(crate) length: u64,
}

/// Where the bytes are.
#[derive(Debug)]
enum Storage {
    /// In the slot of the instance with this index.
    Slot(u32),
    /// In a reservation with a guard; so many bytes are accessible.
    Reserved(Mapping, usize),
    /// In a mapping that is replaced when it gets too small.
    Moving(Mapping),
    /// Wherever the threads that share it find it.
    Shared(SharedMemory),
}

/// A linear memory.
#[derive(Debug)]
pub(crate) struct Memory {
    ty: MemoryType,
    storage: Storage,
    base: NonNull<u8>,
    bytes: usize,
    definition: NonNull<MemoryDefinition>,
}

impl Memory {
    /// Memory 0 of the instance `index`, inside its slot.
    pub(crate) fn in_slot(
        ty: &MemoryType,
        index: u32,
        slot: &mut Slot,
        definition: NonNull<MemoryDefinition>,
    ) -> Result<Self, VmError> {
        let bytes = minimum_bytes(ty)?;
        slot.set_accessible(bytes)?;
        let base = NonNull::new(slot.anchor().as_ptr()).expect("anchors are not null");
        let ty = *ty;
        Ok(Self { ty, storage: Storage::Slot(index), base, bytes, definition }.publish())
    }

    /// A memory of its own.
    pub(crate) fn standalone(
        ty: &MemoryType,
        strategy: MemoryStrategy,
        definition: NonNull<MemoryDefinition>,
    ) -> Result<Self, VmError> {
        let bytes = minimum_bytes(ty)?;
        let accessible = bytes.next_multiple_of(PAGE);
        let storage = match strategy {
            MemoryStrategy::Reserved if !ty.is_64 => {
                let mapping = Mapping::reserve(GUARDED_BYTES)?;
                mapping.protect(0, accessible, Access::ReadWrite)?;
                Storage::Reserved(mapping, accessible)
            }
            _ => Storage::Moving(Mapping::zeroed(bytes)?),
        };
        let base = match &storage {
            Storage::Reserved(mapping, _) | Storage::Moving(mapping) => mapping.base(),
            Storage::Slot(_) | Storage::Shared(_) => {
                unreachable!("standalone memories have their own storage")
            }
        };
        let ty = *ty;
        Ok(Self { ty, storage, base, bytes, definition }.publish())
    }

    /// A memory that threads share.
    pub(crate) fn shared(memory: SharedMemory, definition: NonNull<MemoryDefinition>) -> Self {
        memory.list(definition);
        let (ty, base, bytes) = (memory.ty(), memory.base(), memory.length());
        Self { ty, storage: Storage::Shared(memory), base, bytes, definition }
    }

    /// The memory that threads share, if it is one.
    pub(crate) fn as_shared(&self) -> Option<&SharedMemory> {
        match &self.storage {
            Storage::Shared(memory) => Some(memory),
            _ => None,
        }
    }

    /// Its bytes, whoever else uses them.
    pub(crate) fn view(&self) -> View {
        match &self.storage {
            Storage::Shared(memory) => memory.view(),
            // SAFETY: so many bytes at the base are mapped, and a memory does not move while it is borrowed.
            _ => unsafe { View::new(self.base, self.bytes) },
        }
    }

    /// Its type, with the current size as minimum.
    pub(crate) fn ty(&self) -> MemoryType {
        let mut ty = self.ty;
        ty.limits.min = self.pages();
        ty
    }

    /// Current size in pages.
    pub(crate) fn pages(&self) -> u64 {
        self.length() as u64 >> self.ty.page_bytes_log2
    }

    /// Current size in bytes.
    pub(crate) fn length(&self) -> usize {
        match &self.storage {
            Storage::Shared(memory) => memory.length(),
            _ => self.bytes,
        }
    }

    /// The definition that code reads.
    pub(crate) fn definition(&self) -> NonNull<MemoryDefinition> {
        self.definition
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        self.check_unshared();
        // SAFETY: `bytes` bytes at `base` are mapped and initialised; guests do not run while a reference
        // into the store exists (rule 2).
        unsafe { std::slice::from_raw_parts(self.base.as_ptr(), self.bytes) }
    }

    pub(crate) fn bytes_mut(&mut self) -> &mut [u8] {
        self.check_unshared();
        // SAFETY: as in `bytes`, and `&mut self` makes it exclusive.
        unsafe { std::slice::from_raw_parts_mut(self.base.as_ptr(), self.bytes) }
    }

    fn check_unshared(&self) {
        let shared = matches!(self.storage, Storage::Shared(_));
        assert!(!shared, "other threads use a shared memory: its bytes can only be copied");
    }

    /// The bytes it would have after growing by `delta` pages, if its type allows that.
    pub(crate) fn grown_bytes(&self, delta: u64) -> Option<usize> {
        let pages = self.pages().checked_add(delta)?;
        let max = self.ty.limits.max.unwrap_or(u64::MAX).min(pages_max(&self.ty));
        if pages > max {
            return None;
        }
        usize::try_from(pages << self.ty.page_bytes_log2).ok()
    }

    /// Grows to `bytes`; the slot is that of the instance named by the storage.
    pub(crate) fn grow(&mut self, bytes: usize, slots: &mut dyn SlotOf) -> Result<(), VmError> {
        let accessible = bytes.next_multiple_of(PAGE);
        match &mut self.storage {
            Storage::Shared(_) => unreachable!("shared memories grow by themselves"),
            Storage::Slot(instance) => slots.slot(*instance).set_accessible(bytes)?,
            Storage::Reserved(mapping, old) => {
                if accessible > *old {
                    mapping.protect(*old, accessible - *old, Access::ReadWrite)?;
                    *old = accessible;
                }
            }
            Storage::Moving(mapping) if accessible <= mapping.bytes() => {}
            Storage::Moving(mapping) => {
                // Half as much again, so that growing page by page stays linear.
                let roomy = accessible.max(mapping.bytes() + mapping.bytes() / 2);
                let bigger = Mapping::zeroed(roomy).or_else(|_| Mapping::zeroed(accessible))?;
                // SAFETY: both mappings are at least `self.bytes` long and distinct.
                unsafe {
                    let old = self.base.as_ptr();
                    bigger.base().as_ptr().copy_from_nonoverlapping(old, self.bytes);
                }
                *mapping = bigger;
                self.base = mapping.base();
            }
        }
        self.bytes = bytes;
        self.write_definition();
        Ok(())
    }

    fn publish(self) -> Self {
        self.write_definition();
        self
    }

    /// Tells code where the memory is now.
    fn write_definition(&self) {
        let value = MemoryDefinition { base: self.base.as_ptr(), length: self.bytes as u64 };
        // SAFETY: definitions live as long as the store (rule 3) and are read only by guest code, which
        // does not run now.
        unsafe { self.definition.write(value) };
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        if let Storage::Shared(memory) = &self.storage {
            memory.unlist(self.definition);
        }
    }
}

/// Finds the slot of an instance.
pub(crate) trait SlotOf {
    fn slot(&mut self, instance: u32) -> &mut Slot;
}

/// The most pages that a type of memory can have.
fn pages_max(ty: &MemoryType) -> u64 {
    let bytes = if ty.is_64 { ADDRESSES_MAX } else { MEMORY32_BYTES };
    bytes >> ty.page_bytes_log2
}

/// Bytes of a 64-bit memory that a process of this machine could ever have.
const ADDRESSES_MAX: u64 = 1 << 47;

/// Bytes of a new memory.
pub(crate) fn minimum_bytes(ty: &MemoryType) -> Result<usize, VmError> {
    let max = pages_max(ty);
    if ty.limits.min > max {
        return Err(VmError::Exhausted { limit: "memory pages", value: ty.limits.min, max });
    }
    let bytes = ty.limits.min << ty.page_bytes_log2;
    usize::try_from(bytes).map_err(|error| VmError::os("sizing a memory", error))
}
