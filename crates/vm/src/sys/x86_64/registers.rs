//! Registers to a frame in memory and back, as assembly for the stubs.
//!
//! Each macro is lines of a template, which names the operands `ints` and `vectors`: where both lie in the frame
//! that the register given begins. Not here: when (see the stubs). Read next: [`super`].

use crate::frame::RawFrame;

pub(super) const FRAME_INTS: usize = std::mem::offset_of!(RawFrame, ints);
pub(super) const FRAME_VECTORS: usize = std::mem::offset_of!(RawFrame, vectors);
pub(super) const FRAME_STACK: usize = std::mem::offset_of!(RawFrame, stack);
pub(super) const FRAME_STACK_BYTES: usize = std::mem::offset_of!(RawFrame, stack_bytes);
pub(super) const FRAME_BYTES: usize = size_of::<RawFrame>();
const _: () = assert!(FRAME_BYTES.is_multiple_of(16));

/// Puts the vector registers of arguments or results into a frame.
macro_rules! save_vectors {
    ($frame:literal) => {
        concat!(
            "movups [",
            $frame,
            " + {vectors}], xmm0\n",
            "movups [",
            $frame,
            " + {vectors} + 16], xmm1\n",
            "movups [",
            $frame,
            " + {vectors} + 32], xmm2\n",
            "movups [",
            $frame,
            " + {vectors} + 48], xmm3\n",
            "movups [",
            $frame,
            " + {vectors} + 64], xmm4\n",
            "movups [",
            $frame,
            " + {vectors} + 80], xmm5\n",
            "movups [",
            $frame,
            " + {vectors} + 96], xmm6\n",
            "movups [",
            $frame,
            " + {vectors} + 112], xmm7",
        )
    };
}

/// Takes them from there.
macro_rules! load_vectors {
    ($frame:literal) => {
        concat!(
            "movups xmm0, [",
            $frame,
            " + {vectors}]\n",
            "movups xmm1, [",
            $frame,
            " + {vectors} + 16]\n",
            "movups xmm2, [",
            $frame,
            " + {vectors} + 32]\n",
            "movups xmm3, [",
            $frame,
            " + {vectors} + 48]\n",
            "movups xmm4, [",
            $frame,
            " + {vectors} + 64]\n",
            "movups xmm5, [",
            $frame,
            " + {vectors} + 80]\n",
            "movups xmm6, [",
            $frame,
            " + {vectors} + 96]\n",
            "movups xmm7, [",
            $frame,
            " + {vectors} + 112]",
        )
    };
}

/// Begins a frame on the guest's stack, at `rsp`, with the integer registers of arguments in it.
macro_rules! spill_ints {
    () => {
        concat!(
            "push rbp\n",
            "mov rbp, rsp\n",
            "sub rsp, {frame_bytes}\n",
            "mov [rsp + {ints}], rdi\n",
            "mov [rsp + {ints} + 8], rsi\n",
            "mov [rsp + {ints} + 16], rdx\n",
            "mov [rsp + {ints} + 24], rcx\n",
            "mov [rsp + {ints} + 32], r8\n",
            "mov [rsp + {ints} + 40], r9",
        )
    };
}

/// Takes the integer registers of results from the frame at `rsp`.
macro_rules! load_result_ints {
    () => {
        concat!(
            "mov rax, [rsp + {ints}]\n",
            "mov rcx, [rsp + {ints} + 8]\n",
            "mov rdx, [rsp + {ints} + 16]\n",
            "mov rsi, [rsp + {ints} + 24]\n",
            "mov rdi, [rsp + {ints} + 32]\n",
            "mov r8, [rsp + {ints} + 40]\n",
            "mov r9, [rsp + {ints} + 48]\n",
            "mov r10, [rsp + {ints} + 56]",
        )
    };
}

pub(super) use {load_result_ints, load_vectors, save_vectors, spill_ints};
