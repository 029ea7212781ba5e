//! Linear memories that several stores, on several threads, use at once.
//!
//! The bytes never move: the whole of the largest size is reserved. Each store that holds the memory has a
//! definition of its own for compiled code to read; growing writes the new length into all of them. Invariant:
//! a definition is listed from its making until right before its store frees it.
//! Read next: [`super::parking`].

use super::parking::Parking;
use super::view::View;
use super::{MemoryDefinition, minimum_bytes, pages_max};
use crate::VmError;
use crate::slot::GUARDED_BYTES;
use crate::sys::map::{Access, Mapping, PAGE};
use holm_abi::MemoryStrategy;
use holm_spec::types::MemoryType;
use std::mem::offset_of;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A linear memory that threads share. Cloning gives another handle to the same memory.
#[derive(Clone, Debug)]
pub struct SharedMemory {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    ty: MemoryType,
    mapping: Mapping,
    /// Bytes that are accessible.
    bytes: AtomicUsize,
    /// Where code of each holder reads base and length.
    definitions: Mutex<Vec<Listed>>,
    parking: Parking,
}

/// A definition in a store's keeping.
#[derive(Debug, PartialEq, Eq)]
struct Listed(NonNull<MemoryDefinition>);

// SAFETY: the pointer is used only under the list's lock, while the definition lives (see the module).
unsafe impl Send for Listed {}

impl SharedMemory {
    /// Makes a memory of a type that is shared and has a maximum.
    ///
    /// # Errors
    /// When the operating system does not have the address space.
    pub fn new(ty: &MemoryType, strategy: MemoryStrategy) -> Result<Self, VmError> {
        let bytes = minimum_bytes(ty)?;
        let pages = ty.limits.max.unwrap_or(u64::MAX).min(pages_max(ty));
        let most = usize::try_from(pages << ty.page_bytes_log2)
            .map_err(|error| VmError::os("sizing a memory", error))?;
        let reserved = match strategy {
            MemoryStrategy::Reserved if !ty.is_64 => GUARDED_BYTES,
            _ => most,
        };
        let mapping = Mapping::reserve(reserved)?;
        mapping.protect(0, bytes.next_multiple_of(PAGE), Access::ReadWrite)?;
        let bytes = AtomicUsize::new(bytes);
        let (definitions, parking) = (Mutex::default(), Parking::default());
        Ok(Self { shared: Arc::new(Shared { ty: *ty, mapping, bytes, definitions, parking }) })
    }

    /// Its type, with the current size as minimum.
    #[must_use]
    pub fn ty(&self) -> MemoryType {
        let mut ty = self.shared.ty;
        ty.limits.min = self.length() as u64 >> ty.page_bytes_log2;
        ty
    }

    /// Its size in bytes.
    #[must_use]
    pub fn length(&self) -> usize {
        self.shared.bytes.load(Ordering::SeqCst)
    }

    /// Reads bytes that other threads may be writing; false when they lie outside.
    #[must_use]
    pub fn read(&self, at: usize, bytes: &mut [u8]) -> bool {
        self.view().try_read(at, bytes).is_some()
    }

    /// Writes bytes that other threads may be using; false when they lie outside.
    #[must_use]
    pub fn write(&self, at: usize, bytes: &[u8]) -> bool {
        self.view().try_write(at, bytes).is_some()
    }

    /// Grows by so many pages, but not over so many bytes; the old size in pages, or nothing when that or its type forbids
    /// it.
    ///
    /// # Errors
    /// When the operating system refuses.
    pub fn grow(&self, delta: u64, bytes_max: u64) -> Result<Option<u64>, VmError> {
        let definitions = self.definitions();
        let Shared { ty, mapping, .. } = &*self.shared;
        let old = self.length();
        let pages = old as u64 >> ty.page_bytes_log2;
        let most = ty.limits.max.unwrap_or(u64::MAX).min(pages_max(ty));
        let Some(grown) = pages.checked_add(delta).filter(|grown| *grown <= most) else {
            return Ok(None);
        };
        let Ok(bytes) = usize::try_from(grown << ty.page_bytes_log2) else { return Ok(None) };
        if delta > 0 && bytes as u64 > bytes_max {
            return Ok(None);
        }
        let (from, to) = (old.next_multiple_of(PAGE), bytes.next_multiple_of(PAGE));
        if to > from {
            mapping.protect(from, to - from, Access::ReadWrite)?;
        }
        self.shared.bytes.store(bytes, Ordering::SeqCst);
        for listed in &*definitions {
            // SAFETY: the length lies inside the definition.
            let length = unsafe { listed.0.byte_add(offset_of!(MemoryDefinition, length)) };
            // SAFETY: listed definitions live, and their length is an aligned number that others only read.
            let length = unsafe { AtomicU64::from_ptr(length.cast().as_ptr()) };
            length.store(bytes as u64, Ordering::SeqCst);
        }
        Ok(Some(pages))
    }

    /// Whether both are the same memory.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.shared, &other.shared)
    }

    /// Threads that wait for an address.
    pub(crate) fn parking(&self) -> &Parking {
        &self.shared.parking
    }

    /// The bytes as they are now.
    pub(crate) fn view(&self) -> View {
        // SAFETY: so many bytes are accessible, and never become inaccessible while the memory lives.
        unsafe { View::shared(self.base(), self.length()) }
    }

    pub(crate) fn base(&self) -> NonNull<u8> {
        self.shared.mapping.base()
    }

    /// Fills in a definition and keeps it up to date.
    pub(crate) fn list(&self, definition: NonNull<MemoryDefinition>) {
        let mut definitions = self.definitions();
        let value = MemoryDefinition { base: self.base().as_ptr(), length: self.length() as u64 };
        // SAFETY: the caller's definition lives and nobody else uses it yet.
        unsafe { definition.write(value) };
        definitions.push(Listed(definition));
    }

    /// Forgets a definition.
    pub(crate) fn unlist(&self, definition: NonNull<MemoryDefinition>) {
        self.definitions().retain(|listed| listed.0 != definition);
    }

    fn definitions(&self) -> MutexGuard<'_, Vec<Listed>> {
        self.shared.definitions.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
