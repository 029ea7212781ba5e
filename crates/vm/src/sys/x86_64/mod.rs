//! x86-64: the stubs between host and guest, written as assembly.
//!
//! * `enter`: host → guest. Saves what the host needs, switches to the guest's stack, loads every
//!   argument register from a [`CallFrame`](crate::CallFrame), calls, stores every result register.
//! * `enter_registers`: the same for a call whose arguments are in their registers already, made by inline
//!   assembly; it saves the fields of the block only when another call is under way.
//! * `leave`: the only way out, from a return (status 0) or a trap (status 1).
//! * `left`: where a stub goes whose callee did not simply return: to a handler of an exception, or `leave`.
//! * `host_call`: guest → host function. Spills the argument registers into a frame on the guest's stack,
//!   switches to the host's stack, calls the function's entry, loads the result registers.
//! * `host_call_registers`: the same for integer arguments that stay in registers all the way.
//! * `builtin`: guest → builtin, the same with the C convention.
//!
//! Functions that are interpreted have their stubs in `stubs.rs` and `bridge.rs`.
//!
//! The `_int` variants are for signatures without vectors and with at most one result. Guest code keeps
//! rbx, rbp, r12–r14 and r15 over calls, like the C convention does. Frame pointers are always kept; the
//! chain of an activation ends with rbp = 0.

#[cfg(feature = "machine-code")]
pub(crate) mod bridge;
pub(crate) mod racing;
mod registers;
#[cfg(feature = "machine-code")]
pub(crate) mod stubs;

use crate::block::{EXIT_FP, GUEST_SP, HOST_SP, RESUME, StoreBlock};
use crate::context::{HOST_ENTRY, HOST_STACK_BYTES};
use crate::frame::{RawFrame, RegisterArguments};
use holm_abi::layout::{CALLEE_ANCHOR, Callee, STORE, STORE_CALLER};
use registers::{
    FRAME_BYTES, FRAME_INTS, FRAME_STACK, FRAME_STACK_BYTES, FRAME_VECTORS, load_result_ints,
    load_vectors, save_vectors, spill_ints,
};
use std::mem::MaybeUninit;

#[expect(
    improper_ctypes,
    reason = "the stubs touch only fields whose offsets are pinned in `block`"
)]
unsafe extern "sysv64" {
    /// Runs a guest function. Returns 0 when it returned, 1 when it left through a trap.
    pub(crate) fn holm_vm_enter(
        block: *const StoreBlock,
        callee: *const Callee,
        frame: *mut RawFrame,
    ) -> u32;
    /// As `holm_vm_enter` for signatures without vectors, stack arguments and more than one result.
    pub(crate) fn holm_vm_enter_int(
        block: *const StoreBlock,
        callee: *const Callee,
        frame: *mut RawFrame,
    ) -> u32;
    /// Runs a guest function whose arguments are in their registers; see [`call_registers`].
    fn holm_vm_enter_registers();
    /// Where a faulting guest resumes, with the block in rbx.
    pub(crate) fn holm_vm_trapped();
    /// Guest → host function, any signature.
    fn holm_vm_host_call();
    /// Guest → host function without vectors, stack arguments and more than one result.
    fn holm_vm_host_call_int();
    /// As `holm_vm_host_call_int` for at most [`HOST_REGISTERS_MAX`] arguments, which stay in registers.
    fn holm_vm_host_call_registers();
    /// The same, straight from the caller of an import: the callee's address comes first, the pinned
    /// register is the caller's anchor and stays.
    fn holm_vm_host_import();
    /// The entries of the builtins, `BUILTIN_STUB_BYTES` apart.
    pub(crate) fn holm_vm_builtins();
    /// The first byte after all stubs.
    pub(crate) fn holm_vm_stubs_end();
}

/// Integer arguments that fit in the registers of the C convention behind the anchor.
pub(crate) const HOST_REGISTERS_MAX: u32 = 5;

/// Calls of guests by host functions are limited by the stack that they take, which can be measured.
pub(crate) const NESTED_MAX: Option<u32> = None;

/// What is in a register for integers that has no argument: anything.
pub(crate) const NO_INT: MaybeUninit<u64> = MaybeUninit::uninit();
/// What is in a register for vectors that has no argument: anything.
pub(crate) const NO_VECTOR: MaybeUninit<f64> = MaybeUninit::uninit();

/// Calls guest code with all its arguments in registers. Gives the first integer and the first vector
/// register of the result, the latter's low half, or nothing when the guest was left by a trap.
///
/// # Safety
/// `code` is a function that expects `anchor`, takes no stack arguments and gives at most one result of each
/// class, in registers; the stack below the block's `guest_sp` is free; nobody holds a reference into the
/// store of the block, except shared ones to the block.
#[inline(always)]
pub(crate) unsafe fn call_registers(
    block: *const StoreBlock,
    callee: Callee,
    arguments: RegisterArguments,
) -> Option<(u64, u64)> {
    let RegisterArguments { ints, vectors } = arguments;
    let int: u64;
    let vector: f64;
    let left: u64;
    // SAFETY: the stub switches to the guest's stack and back, keeps the registers that the C convention
    // keeps, and returns here also when the guest traps; the rest is the caller's contract.
    unsafe {
        std::arch::asm!(
            "call {enter}",
            enter = sym holm_vm_enter_registers,
            inout("rax") block => int,
            inout("r10") callee.code => _,
            inout("r11") callee.anchor => left,
            inout("rdi") ints[0] => _,
            inout("rsi") ints[1] => _,
            inout("rdx") ints[2] => _,
            inout("rcx") ints[3] => _,
            inout("r8") ints[4] => _,
            inout("r9") ints[5] => _,
            inout("xmm0") vectors[0] => vector,
            inout("xmm1") vectors[1] => _,
            inout("xmm2") vectors[2] => _,
            inout("xmm3") vectors[3] => _,
            inout("xmm4") vectors[4] => _,
            inout("xmm5") vectors[5] => _,
            inout("xmm6") vectors[6] => _,
            inout("xmm7") vectors[7] => _,
            clobber_abi("sysv64"),
        );
    }
    (left == 0).then_some((int, vector.to_bits()))
}

/// Distance between two builtin entries.
pub(crate) const BUILTIN_STUB_BYTES: usize = 16;

std::arch::global_asm!(
    ".text",
    ".balign 64",
    ".globl holm_vm_enter",
    "holm_vm_enter:",
    // What both entries share: save, switch to the guest's stack, load the integer arguments.
    ".macro HOLM_ENTER",
    "    push rbp",
    "    mov rbp, rsp",
    "    push rbx",
    "    push r12",
    "    push r13",
    "    push r14",
    "    push r15",
    "    push qword ptr [rdi + {exit_fp}]",
    "    push qword ptr [rdi + {guest_sp}]",
    "    push qword ptr [rdi + {host_sp}]",
    "    mov [rdi + {host_sp}], rsp",
    "    mov rbx, rdi",
    "    mov r12, rdx",
    "    mov r15, [rsi + 8]",
    "    mov r11, [rsi]",
    "    mov rsp, [rdi + {guest_sp}]",
    ".endm",
    ".macro HOLM_LOAD_INTS",
    "    mov rdi, [r12 + {ints}]",
    "    mov rsi, [r12 + {ints} + 8]",
    "    mov rdx, [r12 + {ints} + 16]",
    "    mov rcx, [r12 + {ints} + 24]",
    "    mov r8, [r12 + {ints} + 32]",
    "    mov r9, [r12 + {ints} + 40]",
    "    xor ebp, ebp",
    ".endm",
    "    HOLM_ENTER",
    "    mov rcx, [r12 + {stack_bytes}]",
    "    test rcx, rcx",
    "    jz 2f",
    "    sub rsp, rcx",
    "    mov rsi, [r12 + {stack}]",
    "    mov rdi, rsp",
    "    shr rcx, 3",
    "    rep movsq",
    "2:",
    load_vectors!("r12"),
    "    HOLM_LOAD_INTS",
    "    call r11",
    "    mov [r12 + {ints}], rax",
    "    mov [r12 + {ints} + 8], rcx",
    "    mov [r12 + {ints} + 16], rdx",
    "    mov [r12 + {ints} + 24], rsi",
    "    mov [r12 + {ints} + 32], rdi",
    "    mov [r12 + {ints} + 40], r8",
    "    mov [r12 + {ints} + 48], r9",
    "    mov [r12 + {ints} + 56], r10",
    save_vectors!("r12"),
    "    xor eax, eax",
    // Leaving: rbx = block, eax = status.
    ".macro HOLM_LEAVE",
    "    mov rsp, [rbx + {host_sp}]",
    "    pop qword ptr [rbx + {host_sp}]",
    "    pop qword ptr [rbx + {guest_sp}]",
    "    pop qword ptr [rbx + {exit_fp}]",
    "    pop r15",
    "    pop r14",
    "    pop r13",
    "    pop r12",
    "    pop rbx",
    "    pop rbp",
    "    ret",
    ".endm",
    "    HOLM_LEAVE",
    ".balign 16",
    ".globl holm_vm_trapped",
    "holm_vm_trapped:",
    "    mov eax, 1",
    "    mov r11d, 1",
    "    HOLM_LEAVE",
    // The guest was left through a stub and this is the host's stack, rax = block: an exception may have a
    // handler. The registers that functions keep are still the guest's.
    ".balign 16",
    ".globl holm_vm_left",
    "holm_vm_left:",
    "    mov [rax + {resume} + 40], rbx",
    "    mov [rax + {resume} + 48], r12",
    "    mov [rax + {resume} + 56], r13",
    "    mov [rax + {resume} + 64], r14",
    "    mov rbx, rax",
    "    mov rdi, rax",
    "    call {left}",
    "    test eax, eax",
    "    jz holm_vm_trapped",
    "    mov r11, [rbx + {resume}]",
    "    mov rsp, [rbx + {resume} + 8]",
    "    mov rbp, [rbx + {resume} + 16]",
    "    mov r15, [rbx + {resume} + 24]",
    "    mov rax, [rbx + {resume} + 32]",
    "    mov r12, [rbx + {resume} + 48]",
    "    mov r13, [rbx + {resume} + 56]",
    "    mov r14, [rbx + {resume} + 64]",
    "    mov rbx, [rbx + {resume} + 40]",
    "    jmp r11",
    // rax = block, r10 = code, r11 = anchor. What is pushed is what HOLM_LEAVE pops after a trap; after a
    // return the guest has kept rbx and r12, and the block is put back from what is at hand.
    ".balign 64",
    ".globl holm_vm_enter_registers",
    "holm_vm_enter_registers:",
    "    push rbp",
    "    mov rbp, rsp",
    "    push rbx",
    "    push r12",
    "    push r13",
    "    push r14",
    "    push r15",
    "    mov rbx, rax",
    "    mov rax, [rbx + {host_sp}]",
    "    mov r15, [rbx + {guest_sp}]",
    "    test rax, rax",
    "    jnz 7f",
    "    push 0",
    "    push r15",
    "    push 0",
    "    mov r12, rsp",
    "    mov [rbx + {host_sp}], rsp",
    "    mov rsp, r15",
    "    mov r15, r11",
    "    xor ebp, ebp",
    "    call r10",
    "    xor r11d, r11d",
    "    mov [rbx + {guest_sp}], rsp",
    "    mov [rbx + {host_sp}], r11",
    "6:",
    "    mov r15, [r12 + 24]",
    "    lea rsp, [r12 + 48]",
    "    pop r12",
    "    pop rbx",
    "    pop rbp",
    "    ret",
    // Another call is under way: its fields come back from the stack.
    "7:",
    "    push qword ptr [rbx + {exit_fp}]",
    "    push r15",
    "    push rax",
    "    mov r12, rsp",
    "    mov [rbx + {host_sp}], rsp",
    "    mov rsp, r15",
    "    mov r15, r11",
    "    xor ebp, ebp",
    "    call r10",
    "    mov rsp, r12",
    "    pop qword ptr [rbx + {host_sp}]",
    "    pop qword ptr [rbx + {guest_sp}]",
    "    pop qword ptr [rbx + {exit_fp}]",
    "    xor r11d, r11d",
    "    jmp 6b",
    ".balign 64",
    ".globl holm_vm_enter_int",
    "holm_vm_enter_int:",
    "    HOLM_ENTER",
    "    HOLM_LOAD_INTS",
    "    call r11",
    "    mov [r12 + {ints}], rax",
    "    xor eax, eax",
    "    HOLM_LEAVE",
    // Guest to host function: r15 = the host function's anchor.
    ".macro HOLM_HOST_SWITCH",
    "    mov rax, [r15 + {store}]",
    "    mov [rax + {guest_sp}], rsp",
    "    mov [rax + {exit_fp}], rbp",
    "    mov rdi, r15",
    "    mov rsi, rsp",
    "    mov rsp, [rax + {host_sp}]",
    "    call [r15 + {host_entry}]",
    "    test eax, eax",
    "    jnz 3f",
    ".endm",
    ".balign 64",
    ".globl holm_vm_host_call_int",
    "holm_vm_host_call_int:",
    spill_ints!(),
    "    HOLM_HOST_SWITCH",
    "    mov rax, [rbp - {frame_bytes} + {ints}]",
    "    mov rsp, rbp",
    "    pop rbp",
    "    ret",
    "3:",
    "    mov rax, [r15 + {store}]",
    "    jmp holm_vm_left",
    // How a host function ends that gives its result in rax and in edx whether the guest is left.
    ".macro HOLM_HOST_RETURN",
    "    test edx, edx",
    "    jnz 8f",
    "    mov rsp, rbp",
    "    pop rbp",
    "    ret",
    "8:",
    "    mov rax, [r15 + {store}]",
    "    jmp holm_vm_left",
    ".endm",
    ".balign 64",
    ".globl holm_vm_host_call_registers",
    "holm_vm_host_call_registers:",
    "    push rbp",
    "    mov rbp, rsp",
    "    mov rax, [r15 + {store}]",
    "    mov [rax + {guest_sp}], rsp",
    "    mov [rax + {exit_fp}], rbp",
    "    mov rsp, [rax + {host_sp}]",
    "    mov r9, r8",
    "    mov r8, rcx",
    "    mov rcx, rdx",
    "    mov rdx, rsi",
    "    mov rsi, rdi",
    "    mov rdi, r15",
    "    call [r15 + {host_entry}]",
    "    HOLM_HOST_RETURN",
    ".balign 64",
    ".globl holm_vm_host_import",
    "holm_vm_host_import:",
    "    push rbp",
    "    mov rbp, rsp",
    "    mov rax, [r15 + {store}]",
    "    mov [rax + {caller}], r15",
    "    mov [rax + {guest_sp}], rsp",
    "    mov [rax + {exit_fp}], rbp",
    "    mov rsp, [rax + {host_sp}]",
    "    mov rdi, [rdi + {callee_anchor}]",
    "    call [rdi + {host_entry}]",
    "    HOLM_HOST_RETURN",
    ".balign 64",
    ".globl holm_vm_host_call",
    "holm_vm_host_call:",
    spill_ints!(),
    save_vectors!("rsp"),
    "    lea rax, [rbp + 16]",
    "    mov [rsp + {stack}], rax",
    "    mov rax, [r15 + {host_stack_bytes}]",
    "    mov [rsp + {stack_bytes}], rax",
    "    HOLM_HOST_SWITCH",
    "    lea rsp, [rbp - {frame_bytes}]",
    load_vectors!("rsp"),
    load_result_ints!(),
    "    mov rsp, rbp",
    "    pop rbp",
    // The callee removes stack arguments: move the return address above them, then return.
    "    cmp qword ptr [r15 + {host_stack_bytes}], 0",
    "    jne 4f",
    "    ret",
    "4:",
    "    pop r11",
    "    add rsp, [r15 + {host_stack_bytes}]",
    "    push r11",
    "    ret",
    "3:",
    "    mov rax, [r15 + {store}]",
    "    jmp holm_vm_left",
    // Guest to builtin: number in eax, C convention, the anchor becomes the first argument.
    ".balign 64",
    "5:",
    "    push rbp",
    "    mov rbp, rsp",
    "    mov r10, [r15 + {store}]",
    "    mov [r10 + {guest_sp}], rsp",
    "    mov [r10 + {exit_fp}], rbp",
    "    mov r8, rcx",
    "    mov rcx, rdx",
    "    mov rdx, rsi",
    "    mov rsi, rdi",
    "    mov rdi, r15",
    "    mov rsp, [r10 + {host_sp}]",
    "    lea r11, [rip + {builtins}]",
    "    call [r11 + rax * 8]",
    "    HOLM_HOST_RETURN",
    ".balign 16",
    ".globl holm_vm_builtins",
    "holm_vm_builtins:",
    ".set holm_vm_builtin_number, 0",
    ".rept {builtin_count}",
    ".balign 16",
    "    mov eax, holm_vm_builtin_number",
    "    jmp 5b",
    ".set holm_vm_builtin_number, holm_vm_builtin_number + 1",
    ".endr",
    ".balign 16",
    ".globl holm_vm_stubs_end",
    "holm_vm_stubs_end:",
    "    ud2",
    ".purgem HOLM_ENTER",
    ".purgem HOLM_LOAD_INTS",
    ".purgem HOLM_LEAVE",
    ".purgem HOLM_HOST_SWITCH",
    ".purgem HOLM_HOST_RETURN",
    exit_fp = const EXIT_FP,
    guest_sp = const GUEST_SP,
    host_sp = const HOST_SP,
    resume = const RESUME,
    store = const STORE,
    caller = const STORE_CALLER,
    callee_anchor = const CALLEE_ANCHOR,
    host_entry = const HOST_ENTRY,
    host_stack_bytes = const HOST_STACK_BYTES,
    ints = const FRAME_INTS,
    vectors = const FRAME_VECTORS,
    stack = const FRAME_STACK,
    stack_bytes = const FRAME_STACK_BYTES,
    frame_bytes = const FRAME_BYTES,
    left = sym crate::unwind::left,
    builtins = sym crate::builtins::TABLE,
    builtin_count = const holm_abi::builtin::COUNT,
);

/// Whether an address lies in the stubs.
pub(crate) fn is_stub(pc: u64) -> bool {
    let start = holm_vm_enter as *const () as u64;
    let end = holm_vm_stubs_end as *const () as u64;
    #[cfg(feature = "machine-code")]
    if bridge::contains(pc) {
        return true;
    }
    (start..end).contains(&pc)
}

/// The code of a host function of any signature.
#[inline(always)]
pub(crate) fn host_call() -> u64 {
    holm_vm_host_call as *const () as u64
}

/// Of one without vectors and stack arguments, with one result at most.
#[inline(always)]
pub(crate) fn host_call_int() -> u64 {
    holm_vm_host_call_int as *const () as u64
}

/// Of such a one with at most [`HOST_REGISTERS_MAX`] arguments.
#[inline(always)]
pub(crate) fn host_call_registers() -> u64 {
    holm_vm_host_call_registers as *const () as u64
}

/// The same for a caller that imports it.
#[inline(always)]
pub(crate) fn host_import() -> u64 {
    holm_vm_host_import as *const () as u64
}

/// The address of the entry of builtin `number`.
pub(crate) fn builtin_entry(number: usize) -> u64 {
    (holm_vm_builtins as *const () as usize + number * BUILTIN_STUB_BYTES) as u64
}

/// The registers of the C convention, besides the stack and frame pointers, that functions keep, as they are
/// now: either as the guest left them, or saved by some function of the host that is under way.
#[inline(always)]
pub(crate) fn callee_saved() -> [u64; 4] {
    let mut registers = [0_u64; 4];
    // SAFETY: reads registers only.
    unsafe {
        std::arch::asm!(
            "mov [{at}], rbx",
            "mov [{at} + 8], r12",
            "mov [{at} + 16], r13",
            "mov [{at} + 24], r14",
            at = in(reg) registers.as_mut_ptr(),
            options(nostack, preserves_flags),
        );
    }
    registers
}

/// A word of the stack in use, whatever lies there: what other functions have there is no business of the compiler's here,
/// nor of a sanitizer's.
///
/// # Safety
/// The word is mapped memory of this thread's stack.
#[inline(always)]
pub(crate) unsafe fn stack_word(at: *const u64) -> u64 {
    let word;
    // SAFETY: reads memory that is mapped, by contract.
    unsafe {
        std::arch::asm!(
            "mov {word}, [{at}]",
            at = in(reg) at,
            word = out(reg) word,
            options(nostack, preserves_flags, readonly),
        );
    }
    word
}

/// Has the processor fetch the memory at an address; a wrong one does nothing.
#[inline(always)]
pub(crate) fn prefetch(at: std::ptr::NonNull<u8>) {
    use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
    // SAFETY: every x86-64 processor has SSE, and a prefetch accesses nothing.
    unsafe { _mm_prefetch::<_MM_HINT_T0>(at.as_ptr().cast()) }
}
