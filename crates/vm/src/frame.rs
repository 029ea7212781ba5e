//! The registers and stack arguments of one call, on both sides of the boundary.
//!
//! [`RawFrame`] is what the stubs read and write. A [`CallFrame`] is the host's side of an entry, a
//! [`HostFrame`] a host function's view of the frame that the exit stub spilled. Locations come from
//! `holm_abi::SignatureAbi`; indices that a signature cannot have panic, and fold away when they are constant.

use crate::sys::arch::{NO_INT, NO_VECTOR};
use holm_abi::signature::RESULT_BYTES;
use holm_abi::{Location, SignatureAbi, SlotSignature};
use std::array;
use std::marker::PhantomData;
use std::mem::MaybeUninit;

/// Registers in memory.
#[repr(C, align(16))]
#[derive(Debug)]
pub(crate) struct RawFrame {
    pub(crate) ints: [u64; 8],
    pub(crate) vectors: [u128; 8],
    /// Address of the stack arguments.
    pub(crate) stack: u64,
    pub(crate) stack_bytes: u64,
}

impl RawFrame {
    pub(crate) const ZERO: Self = Self { ints: [0; 8], vectors: [0; 8], stack: 0, stack_bytes: 0 };
}

/// The arguments of a call, to be loaded into registers; those that a signature does not have are left out.
#[derive(Clone, Copy, Debug)]
pub struct RegisterArguments {
    pub(crate) ints: [MaybeUninit<u64>; 6],
    pub(crate) vectors: [MaybeUninit<f64>; 8],
}

impl RegisterArguments {
    /// None at all.
    pub(crate) const NONE: Self = Self { ints: [NO_INT; 6], vectors: [NO_VECTOR; 8] };

    /// Sets the argument in a register.
    ///
    /// # Panics
    /// When it is not in a register.
    pub(crate) fn set(&mut self, location: Location, value: u64) {
        match location {
            Location::Int(n) => self.ints[n as usize] = MaybeUninit::new(value),
            Location::Vector(n) => {
                self.vectors[n as usize] = MaybeUninit::new(f64::from_bits(value));
            }
            Location::Stack(_) | Location::Buffer(_) => unreachable!("a value in memory"),
        }
    }

    /// The n-th integer argument.
    pub(crate) fn int(&self, n: u32) -> u64 {
        // SAFETY: whoever made these gave as many as the signature has (see `CallFrame::arguments`), and only
        // places that the signature has are asked for.
        unsafe { self.ints[n as usize].assume_init() }
    }

    /// The low half of the n-th vector argument.
    pub(crate) fn vector(&self, n: u32) -> u64 {
        // SAFETY: as for `int`.
        unsafe { self.vectors[n as usize].assume_init() }.to_bits()
    }
}

/// Arguments and results of a call into a guest.
#[derive(Debug)]
pub struct CallFrame {
    pub(crate) raw: RawFrame,
    /// Stack arguments, then the result buffer; 16-byte units keep both aligned.
    area: Vec<u128>,
    result_area: usize,
    /// Whether the short entry will do.
    pub(crate) int_only: bool,
}

impl CallFrame {
    /// An empty frame for a signature.
    #[must_use]
    #[inline]
    pub fn new(abi: &SignatureAbi) -> Self {
        let result_area = abi.stack_bytes as usize / 16;
        let results = if abi.result_buffer { abi.results.len() } else { 0 };
        let total = result_area + results * (RESULT_BYTES as usize / 16);
        let area = if total == 0 { Vec::new() } else { vec![0u128; total] };
        let mut frame = Self {
            raw: RawFrame { stack_bytes: u64::from(abi.stack_bytes), ..RawFrame::ZERO },
            area,
            result_area,
            int_only: is_int_only(abi),
        };
        if abi.result_buffer {
            let buffer = frame.area[result_area..].as_mut_ptr();
            frame.raw.ints[0] = buffer.expose_provenance() as u64;
        }
        frame
    }

    /// An empty frame for a signature whose values all travel in registers. `int_only` says that it has no
    /// vectors and at most one result; the short entry will do then. Inlined, so that the frame is made where
    /// it is used and never copied.
    #[must_use]
    #[inline(always)]
    pub const fn in_registers(int_only: bool) -> Self {
        Self { raw: RawFrame::ZERO, area: Vec::new(), result_area: 0, int_only }
    }

    /// Fixes the addresses that the stubs read; called right before the entry.
    pub(crate) fn seal(&mut self) -> &mut RawFrame {
        self.raw.stack = self.area.as_mut_ptr().expose_provenance() as u64;
        &mut self.raw
    }

    /// The first argument registers of each class, vectors cut to their low halves.
    #[must_use]
    #[inline(always)]
    pub fn arguments(&self, ints: usize, vectors: usize) -> RegisterArguments {
        let int = |n: usize| match n < ints {
            true => MaybeUninit::new(self.raw.ints[n]),
            false => NO_INT,
        };
        let vector = |n: usize| match n < vectors {
            true => MaybeUninit::new(f64::from_bits(low(self.raw.vectors[n]))),
            false => NO_VECTOR,
        };
        RegisterArguments { ints: array::from_fn(int), vectors: array::from_fn(vector) }
    }

    /// Sets the n-th integer argument register.
    #[inline]
    pub fn set_int(&mut self, n: u32, value: u64) {
        self.raw.ints[n as usize] = value;
    }

    /// Sets the n-th vector argument register.
    #[inline]
    pub fn set_vector(&mut self, n: u32, value: u128) {
        self.raw.vectors[n as usize] = value;
    }

    /// The n-th integer result register.
    #[must_use]
    #[inline]
    pub fn int(&self, n: u32) -> u64 {
        self.raw.ints[n as usize]
    }

    /// The n-th vector result register.
    #[must_use]
    #[inline]
    pub fn vector(&self, n: u32) -> u128 {
        self.raw.vectors[n as usize]
    }

    /// Sets the parameter at a location; scalars use the low bits.
    ///
    /// # Panics
    /// When the signature has no such location.
    #[inline]
    pub fn set_param(&mut self, location: Location, value: u128, is_vector128: bool) {
        match location {
            Location::Int(n) => self.set_int(n, low(value)),
            Location::Vector(n) => self.set_vector(n, value),
            Location::Stack(offset) | Location::Buffer(offset) => {
                let unit = &mut self.area[offset as usize / 16];
                if is_vector128 {
                    *unit = value;
                } else {
                    let shift = (offset % 16) * 8;
                    let mask = u128::from(u64::MAX) << shift;
                    *unit = (*unit & !mask) | (u128::from(low(value)) << shift);
                }
            }
        }
    }

    /// The parameter at a location, as it was set.
    pub(crate) fn param(&self, location: Location, is_vector128: bool) -> u128 {
        match location {
            Location::Int(n) => u128::from(self.raw.ints[n as usize]),
            Location::Vector(n) => self.raw.vectors[n as usize],
            Location::Stack(offset) | Location::Buffer(offset) => {
                let unit = self.area[offset as usize / 16];
                if is_vector128 { unit } else { u128::from(low(unit >> ((offset % 16) * 8))) }
            }
        }
    }

    /// Sets the result at a location, for a function that is not machine code.
    pub(crate) fn set_result(&mut self, location: Location, value: u128) {
        match location {
            Location::Int(n) => self.raw.ints[n as usize] = low(value),
            Location::Vector(n) => self.raw.vectors[n as usize] = value,
            Location::Stack(offset) | Location::Buffer(offset) => {
                self.area[self.result_area + offset as usize / 16] = value;
            }
        }
    }

    /// An empty frame for a signature that slots know.
    pub(crate) fn for_slots(signature: &SlotSignature) -> Self {
        let result_area = signature.stack_bytes as usize / 16;
        let results = if signature.result_buffer { signature.results.len() } else { 0 };
        let total = result_area + results * (RESULT_BYTES as usize / 16);
        let mut frame = Self {
            raw: RawFrame { stack_bytes: u64::from(signature.stack_bytes), ..RawFrame::ZERO },
            area: if total == 0 { Vec::new() } else { vec![0u128; total] },
            result_area,
            int_only: false,
        };
        if signature.result_buffer {
            let buffer = frame.area[result_area..].as_mut_ptr();
            frame.raw.ints[0] = buffer.expose_provenance() as u64;
        }
        frame
    }

    /// The result at a location; scalars are in the low bits, what lies above them is unspecified.
    ///
    /// # Panics
    /// When the signature has no such location.
    #[must_use]
    #[inline]
    pub fn result(&self, location: Location) -> u128 {
        match location {
            Location::Int(n) => u128::from(self.int(n)),
            Location::Vector(n) => self.vector(n),
            Location::Stack(offset) | Location::Buffer(offset) => {
                self.area[self.result_area + offset as usize / 16]
            }
        }
    }
}

/// Whether the short stubs will do: nothing but integer registers, at most one result.
pub(crate) fn is_int_only(abi: &SignatureAbi) -> bool {
    abi.vector_arguments == 0
        && abi.stack_bytes == 0
        && !abi.result_buffer
        && abi.results.len() <= 1
        && abi.results.iter().all(|result| matches!(result, Location::Int(_)))
}

/// Arguments and results of a call from a guest to a host function.
#[derive(Debug)]
pub struct HostFrame<'a> {
    raw: &'a mut RawFrame,
    /// Address of the result buffer, taken before results overwrite the register, or 0.
    buffer: u64,
    buffer_bytes: u32,
    lifetime: PhantomData<&'a mut ()>,
}

impl<'a> HostFrame<'a> {
    /// # Safety
    /// `raw` was spilled by the exit stub for a call of signature `abi`: its stack area has
    /// `abi.stack_bytes` bytes, and with a result buffer its first integer is the buffer's address.
    #[inline]
    pub(crate) unsafe fn new(raw: &'a mut RawFrame, buffer_results: u32) -> Self {
        let buffer = if buffer_results > 0 { raw.ints[0] } else { 0 };
        Self { raw, buffer, buffer_bytes: buffer_results * RESULT_BYTES, lifetime: PhantomData }
    }

    /// The n-th integer argument register.
    #[must_use]
    #[inline]
    pub fn int(&self, n: u32) -> u64 {
        self.raw.ints[n as usize]
    }

    /// The n-th vector argument register.
    #[must_use]
    #[inline]
    pub fn vector(&self, n: u32) -> u128 {
        self.raw.vectors[n as usize]
    }

    /// The 8-byte stack argument at `offset`.
    ///
    /// # Panics
    /// When the signature has no stack argument there.
    #[must_use]
    #[inline]
    pub fn stack(&self, offset: u32) -> u64 {
        assert!(u64::from(offset) + 8 <= self.raw.stack_bytes, "no stack argument at {offset}");
        let address = self.raw.stack + u64::from(offset);
        let pointer: *const u64 = std::ptr::with_exposed_provenance(as_usize(address));
        // SAFETY: inside the stack arguments (checked; by the contract of `new` they are that long), which
        // the guest wrote and which stay in place until the host function returns.
        unsafe { pointer.read_unaligned() }
    }

    /// The 16-byte stack argument at `offset`.
    ///
    /// # Panics
    /// When the signature has no such stack argument.
    #[must_use]
    #[inline]
    pub fn stack_vector(&self, offset: u32) -> u128 {
        u128::from(self.stack(offset)) | u128::from(self.stack(offset + 8)) << 64
    }

    /// The parameter at a location; scalars are in the low bits, what lies above them is unspecified.
    ///
    /// # Panics
    /// When the signature has no such location.
    #[must_use]
    #[inline]
    pub fn param(&self, location: Location, is_vector128: bool) -> u128 {
        match location {
            Location::Int(n) => u128::from(self.int(n)),
            Location::Vector(n) => self.vector(n),
            Location::Stack(offset) | Location::Buffer(offset) if is_vector128 => {
                self.stack_vector(offset)
            }
            Location::Stack(offset) | Location::Buffer(offset) => u128::from(self.stack(offset)),
        }
    }

    /// Sets the n-th integer result register. Read all parameters first: registers are shared.
    #[inline]
    pub fn set_int(&mut self, n: u32, value: u64) {
        self.raw.ints[n as usize] = value;
    }

    /// Sets the n-th vector result register. Read all parameters first: registers are shared.
    #[inline]
    pub fn set_vector(&mut self, n: u32, value: u128) {
        self.raw.vectors[n as usize] = value;
    }

    /// Sets the result at a location. Read all parameters first: registers are shared.
    ///
    /// # Panics
    /// When the signature has no such location.
    #[inline]
    pub fn set_result(&mut self, location: Location, value: u128) {
        match location {
            Location::Int(n) => self.set_int(n, low(value)),
            Location::Vector(n) => self.set_vector(n, value),
            Location::Stack(offset) | Location::Buffer(offset) => {
                assert!(offset + RESULT_BYTES <= self.buffer_bytes, "no result at {offset}");
                let address = as_usize(self.buffer + u64::from(offset));
                let pointer: *mut u128 = std::ptr::with_exposed_provenance_mut(address);
                // SAFETY: inside the result buffer that the caller passed (the contract of `new`), at an
                // offset checked against its length.
                unsafe { pointer.write_unaligned(value) }
            }
        }
    }
}

/// The low 64 bits.
#[expect(clippy::cast_possible_truncation, reason = "the low half is what is asked for")]
#[inline]
pub(crate) const fn low(value: u128) -> u64 {
    value as u64
}

/// An address of this machine.
#[expect(clippy::cast_possible_truncation, reason = "addresses are of this machine")]
#[inline]
pub(crate) const fn as_usize(address: u64) -> usize {
    address as usize
}
