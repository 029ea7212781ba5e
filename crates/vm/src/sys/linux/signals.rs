//! Signals that machine code raises: an access outside a memory, an illegal instruction, a division.
//!
//! The handler runs on an alternate stack (the guest's may be what overflowed). It asks `traps` whether
//! the fault is a guest's; if so it resumes the thread at the leaving stub, which returns to the host. A
//! fault that is nobody's goes to whoever handled the signal before.

use crate::traps::{Fault, Resume};
use std::cell::UnsafeCell;
use std::mem::MaybeUninit;
use std::sync::Once;

const SIGNALS: [libc::c_int; 4] = [libc::SIGSEGV, libc::SIGBUS, libc::SIGILL, libc::SIGFPE];
const ALTERNATE_STACK_BYTES: usize = 64 * 1024;

/// The actions that were in place before ours, indexed like [`SIGNALS`].
struct Previous(UnsafeCell<[MaybeUninit<libc::sigaction>; SIGNALS.len()]>);

// SAFETY: written once inside `Once::call_once`, before the handler that reads it can run.
unsafe impl Sync for Previous {}

static PREVIOUS: Previous = Previous(UnsafeCell::new([const { MaybeUninit::uninit() }; 4]));

/// Installs the handler, once per process.
pub(crate) fn install() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        for (index, signal) in SIGNALS.into_iter().enumerate() {
            // SAFETY: all-zero bytes are a valid `sigaction` (default action, empty mask).
            let mut action: libc::sigaction = unsafe { MaybeUninit::zeroed().assume_init() };
            action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK | libc::SA_NODEFER;
            let handler: extern "C" fn(libc::c_int, *mut libc::siginfo_t, *mut libc::c_void) =
                handle;
            action.sa_sigaction = handler as usize;
            // SAFETY: index is inside the array, which nobody else touches inside `call_once`.
            let previous = unsafe { (*PREVIOUS.0.get()).as_mut_ptr().add(index) };
            // SAFETY: both pointers are valid; the handler keeps to what is allowed in a handler.
            let done = unsafe { libc::sigaction(signal, &raw const action, previous.cast()) };
            assert_eq!(done, 0, "installing a signal handler");
        }
    });
}

/// Gives the calling thread an alternate stack for signals, once; it lives as long as the thread.
pub(crate) fn prepare_thread() {
    struct Alternate(Option<crate::sys::map::Mapping>);
    impl Drop for Alternate {
        fn drop(&mut self) {
            let off = libc::stack_t {
                ss_sp: std::ptr::null_mut(),
                ss_flags: libc::SS_DISABLE,
                ss_size: 0,
            };
            // SAFETY: disables this thread's alternate stack before its memory goes away.
            unsafe { libc::sigaltstack(&raw const off, std::ptr::null_mut()) };
            self.0 = None;
        }
    }
    thread_local! {
        static STACK: Alternate = Alternate({
            let stack = crate::sys::map::Mapping::zeroed(ALTERNATE_STACK_BYTES).ok();
            if let Some(stack) = &stack {
                let on = libc::stack_t {
                    ss_sp: stack.base().as_ptr().cast(),
                    ss_flags: 0,
                    ss_size: ALTERNATE_STACK_BYTES,
                };
                // SAFETY: the mapping is fresh, of that size, and lives until the thread ends.
                unsafe { libc::sigaltstack(&raw const on, std::ptr::null_mut()) };
            }
            stack
        });
    }
    STACK.with(|stack| debug_assert!(stack.0.is_some(), "no memory for a signal stack"));
}

extern "C" fn handle(signal: libc::c_int, info: *mut libc::siginfo_t, context: *mut libc::c_void) {
    // SAFETY: the kernel passes a valid context to an SA_SIGINFO handler.
    let registers = unsafe { &mut (*context.cast::<libc::ucontext_t>()).uc_mcontext.gregs };
    // SAFETY: the kernel passes a valid siginfo; the address is meaningful for these signals.
    let address = unsafe { (*info).si_addr() }.expose_provenance();
    let register = |index: libc::c_int| registers[index.cast_unsigned() as usize].cast_unsigned();
    let fault = Fault {
        pc: register(libc::REG_RIP),
        fp: register(libc::REG_RBP),
        address: address as u64,
        is_memory: signal == libc::SIGSEGV || signal == libc::SIGBUS,
    };
    if let Some(Resume { pc, block }) = crate::traps::handle(&fault) {
        registers[libc::REG_RIP.cast_unsigned() as usize] = pc.cast_signed();
        registers[libc::REG_RBX.cast_unsigned() as usize] = block.cast_signed();
        return;
    }
    pass_on(signal, info, context);
}

/// Hands a fault that is not a guest's to the previous handler, or lets it end the process.
fn pass_on(signal: libc::c_int, info: *mut libc::siginfo_t, context: *mut libc::c_void) {
    let index = SIGNALS.iter().position(|s| *s == signal).unwrap_or_default();
    // SAFETY: the handler only runs after `install` has filled the array.
    let previous = unsafe { (*PREVIOUS.0.get())[index].assume_init_ref() };
    if previous.sa_sigaction == libc::SIG_DFL || previous.sa_sigaction == libc::SIG_IGN {
        // Back to the default action: returning re-executes the instruction, which then ends the process.
        // SAFETY: restoring a previously valid action.
        unsafe { libc::sigaction(signal, previous, std::ptr::null_mut()) };
    } else if previous.sa_flags & libc::SA_SIGINFO != 0 {
        type Handler = extern "C" fn(libc::c_int, *mut libc::siginfo_t, *mut libc::c_void);
        // SAFETY: with SA_SIGINFO the field holds a three-argument handler.
        let handler: Handler = unsafe { std::mem::transmute(previous.sa_sigaction) };
        handler(signal, info, context);
    } else {
        // SAFETY: without SA_SIGINFO the field holds a one-argument handler.
        let handler: extern "C" fn(libc::c_int) =
            unsafe { std::mem::transmute(previous.sa_sigaction) };
        handler(signal);
    }
}
