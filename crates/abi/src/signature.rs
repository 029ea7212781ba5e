//! How the values of a call are passed: one description for compilers, stubs and host functions.
//!
//! Inside guest code calls use the compiler's `Tail` convention, whose registers are listed in
//! [`RegisterFile`]. Integer-class values (i32, i64, references) take integer registers in order, floats
//! and vectors take vector registers in order, what is left over goes to the stack in 8-byte slots
//! (16-byte, aligned, for v128). When a type has more results of a class than result registers, *all*
//! results go through memory instead: the caller passes the address of a buffer with 16 bytes per result
//! as an extra first integer argument, and nothing comes back in registers.

use alloc::boxed::Box;
use holm_spec::types::{FuncType, ValType};

/// How many registers of each class a convention has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RegisterFile {
    /// Integer argument registers.
    pub int_arguments: u32,
    /// Vector argument registers.
    pub vector_arguments: u32,
    /// Integer result registers.
    pub int_results: u32,
    /// Vector result registers.
    pub vector_results: u32,
}

impl RegisterFile {
    /// x86-64: rdi rsi rdx rcx r8 r9 and xmm0–7 in; rax rcx rdx rsi rdi r8 r9 r10 and xmm0–7 out.
    pub const X86_64: Self =
        Self { int_arguments: 6, vector_arguments: 8, int_results: 8, vector_results: 8 };
    /// aarch64: x2–x7 and v0–v7 both ways; the convention keeps x0 and x1 for itself.
    pub const AARCH64: Self =
        Self { int_arguments: 6, vector_arguments: 8, int_results: 6, vector_results: 8 };
}

/// Where one value of a call is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Location {
    /// The n-th integer register.
    Int(u32),
    /// The n-th vector register.
    Vector(u32),
    /// On the stack, so many bytes above the first stack argument.
    Stack(u32),
    /// In the result buffer, so many bytes from its start.
    Buffer(u32),
}

/// How a function type is passed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignatureAbi {
    /// Where each parameter is.
    pub params: Box<[Location]>,
    /// Where each result is.
    pub results: Box<[Location]>,
    /// Whether results go through a buffer (its address is then `Location::Int(0)` of the arguments).
    pub result_buffer: bool,
    /// Bytes of stack arguments, a multiple of 16.
    pub stack_bytes: u32,
    /// Integer argument registers in use, the result buffer's address included.
    pub int_arguments: u32,
    /// Vector argument registers in use.
    pub vector_arguments: u32,
}

/// Bytes per result in a result buffer.
pub const RESULT_BYTES: u32 = 16;

/// Whether a type is passed in vector registers.
#[must_use]
pub const fn is_vector_class(ty: ValType) -> bool {
    matches!(ty, ValType::F32 | ValType::F64 | ValType::V128)
}

/// Whether the results of a type need a buffer.
#[must_use]
pub fn needs_result_buffer(results: &[ValType], registers: &RegisterFile) -> bool {
    let vectors = results.iter().filter(|ty| is_vector_class(**ty)).count();
    let ints = results.len() - vectors;
    vectors > registers.vector_results as usize || ints > registers.int_results as usize
}

impl SignatureAbi {
    /// Computes how `ty` is passed.
    #[must_use]
    pub fn new(ty: &FuncType, registers: &RegisterFile) -> Self {
        let result_buffer = needs_result_buffer(ty.results(), registers);
        let mut ints = u32::from(result_buffer);
        let mut vectors = 0;
        let mut stack = 0u32;
        let params = ty.params().iter().map(|param| {
            let vector = is_vector_class(*param);
            let (next, max) = if vector {
                (&mut vectors, registers.vector_arguments)
            } else {
                (&mut ints, registers.int_arguments)
            };
            if *next < max {
                *next += 1;
                let register = *next - 1;
                return if vector { Location::Vector(register) } else { Location::Int(register) };
            }
            let bytes = if *param == ValType::V128 { 16 } else { 8 };
            let offset = stack.next_multiple_of(bytes);
            stack = offset + bytes;
            Location::Stack(offset)
        });
        let params = params.collect();
        Self {
            params,
            results: result_locations(ty.results(), result_buffer),
            result_buffer,
            stack_bytes: stack.next_multiple_of(16),
            int_arguments: ints,
            vector_arguments: vectors,
        }
    }
}

/// Where each result is.
fn result_locations(results: &[ValType], buffer: bool) -> Box<[Location]> {
    let (mut ints, mut vectors, mut offset) = (0, 0, 0);
    let next = |counter: &mut u32, step: u32| {
        *counter += step;
        *counter - step
    };
    let locations = results.iter().map(|ty| {
        if buffer {
            Location::Buffer(next(&mut offset, RESULT_BYTES))
        } else if is_vector_class(*ty) {
            Location::Vector(next(&mut vectors, 1))
        } else {
            Location::Int(next(&mut ints, 1))
        }
    });
    locations.collect()
}

#[cfg(test)]
mod tests;
