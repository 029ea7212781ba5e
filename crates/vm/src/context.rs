//! Access to a context by offsets from its anchor.
//!
//! An [`Anchor`] is an address, not a permission: its methods are unsafe and say what must hold.

use holm_abi::layout::CONTEXT_TOP;
use std::ptr::NonNull;

/// In a host function's context: address of its Rust entry.
pub(crate) const HOST_ENTRY: i32 = CONTEXT_TOP - 32;
/// In a host function's context: bytes of stack arguments that it removes on return.
pub(crate) const HOST_STACK_BYTES: i32 = CONTEXT_TOP - 40;
/// Bytes of a host function's context.
pub(crate) const HOST_CONTEXT_BYTES: usize = 64;

/// What the pinned register holds while code runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Anchor(NonNull<u8>);

impl Anchor {
    /// The anchor at an address.
    pub(crate) fn new(address: NonNull<u8>) -> Self {
        Self(address)
    }

    /// As a number, as code sees it.
    pub(crate) fn address(self) -> u64 {
        self.0.as_ptr().expose_provenance() as u64
    }

    /// As a pointer.
    pub(crate) fn as_ptr(self) -> *mut u8 {
        self.0.as_ptr()
    }

    /// The field at `offset`.
    pub(crate) fn field<T>(self, offset: i32) -> *mut T {
        self.0.as_ptr().wrapping_offset(offset as isize).cast()
    }

    /// Writes a field.
    ///
    /// # Safety
    /// The field lies inside a live context of this anchor and has room for a `T`.
    pub(crate) unsafe fn write<T>(self, offset: i32, value: T) {
        // SAFETY: by contract.
        unsafe { self.field::<T>(offset).write(value) }
    }

    /// Reads a field.
    ///
    /// # Safety
    /// The field lies inside a live context of this anchor and holds a `T`.
    pub(crate) unsafe fn read<T: Copy>(self, offset: i32) -> T {
        // SAFETY: by contract.
        unsafe { self.field::<T>(offset).read() }
    }
}
