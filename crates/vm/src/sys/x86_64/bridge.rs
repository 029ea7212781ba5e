//! The bridge from machine code to the interpreter, written as assembly.
//!
//! A stub of a function that has no machine code jumps here, as if this were the function: `eax` is its index among
//! the defined ones, r15 the anchor, the arguments are where its type has them. They are spilled into a frame
//! on the guest's stack; the interpreter runs on the host's stack, like host functions. Not here: what happens there
//! ([`crate::interpret::bridge`]), which says how it ended:
//!
//! * returned, with one integer at most and no stack arguments;
//! * left, by a trap or an exception;
//! * returned, with everything that there can be: stack arguments are the callee's to remove;
//! * or an address: the function has machine code now, which goes on with the registers as they were.
//!
//! Read next: [`super`], whose stubs these are like.

use super::registers::{
    FRAME_BYTES, FRAME_INTS, FRAME_STACK, FRAME_STACK_BYTES, FRAME_VECTORS, load_result_ints,
    load_vectors, save_vectors, spill_ints,
};
use crate::block::{EXIT_FP, GUEST_SP, HOST_SP};
use holm_abi::layout::STORE;

unsafe extern "sysv64" {
    /// Machine code → interpreter; jumped to by stubs.
    pub(crate) fn holm_vm_interpret();
    /// The first byte after it.
    fn holm_vm_interpret_end();
}

/// How a stay behind the bridge ended: the function returned, with one integer at most and no stack arguments.
pub(crate) const RETURNED: u64 = 0;
/// It was left.
pub(crate) const LEFT: u64 = 1;
/// It returned; everything is to be loaded, and stack arguments are to be removed.
pub(crate) const RETURNED_ALL: u64 = 2;

/// Whether an address lies in the bridge.
pub(crate) fn contains(pc: u64) -> bool {
    let start = holm_vm_interpret as *const () as u64;
    let end = holm_vm_interpret_end as *const () as u64;
    (start..end).contains(&pc)
}

std::arch::global_asm!(
    ".text",
    ".balign 64",
    ".globl holm_vm_interpret",
    "holm_vm_interpret:",
    spill_ints!(),
    save_vectors!("rsp"),
    "    lea r11, [rbp + 16]",
    "    mov [rsp + {stack}], r11",
    "    mov edx, eax",
    "    mov rax, [r15 + {store}]",
    "    mov [rax + {guest_sp}], rsp",
    "    mov [rax + {exit_fp}], rbp",
    "    mov rdi, r15",
    "    mov rsi, rsp",
    "    mov rsp, [rax + {host_sp}]",
    "    call {interpret}",
    "    cmp rax, {left}",
    "    je 3f",
    "    ja 2f",
    "    mov rax, [rbp - {frame_bytes} + {ints}]",
    "    mov rsp, rbp",
    "    pop rbp",
    "    ret",
    "3:",
    "    mov rax, [r15 + {store}]",
    "    jmp holm_vm_left",
    "2:",
    "    lea rsp, [rbp - {frame_bytes}]",
    load_vectors!("rsp"),
    "    cmp rax, {returned_all}",
    "    je 4f",
    // There is machine code now.
    "    mov r11, rax",
    "    mov rdi, [rsp + {ints}]",
    "    mov rsi, [rsp + {ints} + 8]",
    "    mov rdx, [rsp + {ints} + 16]",
    "    mov rcx, [rsp + {ints} + 24]",
    "    mov r8, [rsp + {ints} + 32]",
    "    mov r9, [rsp + {ints} + 40]",
    "    mov rsp, rbp",
    "    pop rbp",
    "    jmp r11",
    "4:",
    load_result_ints!(),
    "    mov r11, [rsp + {stack_bytes}]",
    "    mov rsp, rbp",
    "    pop rbp",
    "    test r11, r11",
    "    jnz 5f",
    "    ret",
    // The return address goes to where the last stack argument is; a pop counts from where the stack is after it.
    "5:",
    "    pop qword ptr [rsp + r11 - 8]",
    "    lea rsp, [rsp + r11 - 8]",
    "    ret",
    ".globl holm_vm_interpret_end",
    "holm_vm_interpret_end:",
    "    ud2",
    exit_fp = const EXIT_FP,
    guest_sp = const GUEST_SP,
    host_sp = const HOST_SP,
    store = const STORE,
    ints = const FRAME_INTS,
    vectors = const FRAME_VECTORS,
    stack = const FRAME_STACK,
    stack_bytes = const FRAME_STACK_BYTES,
    frame_bytes = const FRAME_BYTES,
    left = const LEFT,
    returned_all = const RETURNED_ALL,
    interpret = sym crate::interpret::bridge::interpret,
);
