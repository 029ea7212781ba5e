//! Signals that machine code raises: an access outside a memory, an illegal instruction, a division.
//!
//! The handler runs on an alternate stack (the guest's may be what overflowed). It asks `traps` whether
//! the fault is a guest's; if so it resumes the thread at the leaving stub, which returns to the host. A
//! fault that is nobody's goes to whoever handled the signal before.

use crate::sys::map::Mapping;
use crate::traps::fault::{Fault, Resume};
use std::mem::MaybeUninit;
use std::sync::{Mutex, MutexGuard, Once, OnceLock, PoisonError};

const SIGNALS: [libc::c_int; 4] = [libc::SIGSEGV, libc::SIGBUS, libc::SIGILL, libc::SIGFPE];
const ALTERNATE_STACK_BYTES: usize = 64 * 1024;

/// The actions that were in place before ours, in the order of [`SIGNALS`].
static PREVIOUS: [OnceLock<libc::sigaction>; SIGNALS.len()] =
    [const { OnceLock::new() }; SIGNALS.len()];

/// Installs the handler, once per process.
pub(crate) fn install() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        for (signal, previous) in SIGNALS.into_iter().zip(&PREVIOUS) {
            let mut old = MaybeUninit::<libc::sigaction>::zeroed();
            // SAFETY: a null new action only asks; the kernel fills in the old one.
            let asked = unsafe { libc::sigaction(signal, std::ptr::null(), old.as_mut_ptr()) };
            assert_eq!(asked, 0, "asking for a signal's action");
            // SAFETY: filled in by the kernel; zeros would be a valid action as well.
            let old = unsafe { old.assume_init() };
            let mut action = old;
            previous.get_or_init(|| old);
            action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK | libc::SA_NODEFER;
            let handler: extern "C" fn(libc::c_int, *mut libc::siginfo_t, *mut libc::c_void) =
                handle;
            action.sa_sigaction = handler as usize;
            // SAFETY: the action is complete; the handler keeps to what is allowed in a handler.
            let done = unsafe { libc::sigaction(signal, &raw const action, std::ptr::null_mut()) };
            assert_eq!(done, 0, "installing a signal handler");
        }
    });
}

/// Stacks of threads that have ended, for the next ones: mapping and unmapping them costs more than all else that is done here.
static IDLE: Mutex<Vec<Mapping>> = Mutex::new(Vec::new());
/// How many are kept.
const IDLE_MAX: usize = 128;

fn idle() -> MutexGuard<'static, Vec<Mapping>> {
    IDLE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Gives the calling thread an alternate stack for signals, once; it lives as long as the thread.
pub(crate) fn prepare_thread() {
    struct Alternate(Option<Mapping>);
    impl Drop for Alternate {
        fn drop(&mut self) {
            let off = libc::stack_t {
                ss_sp: std::ptr::null_mut(),
                ss_flags: libc::SS_DISABLE,
                ss_size: 0,
            };
            // SAFETY: disables this thread's alternate stack before its memory goes away.
            unsafe { libc::sigaltstack(&raw const off, std::ptr::null_mut()) };
            let mut idle = idle();
            if idle.len() < IDLE_MAX {
                idle.extend(self.0.take());
            }
        }
    }
    thread_local! {
        static STACK: Alternate = Alternate({
            let used = idle().pop();
            let stack = used.or_else(|| Mapping::zeroed(ALTERNATE_STACK_BYTES).ok());
            if let Some(stack) = &stack {
                let on = libc::stack_t {
                    ss_sp: stack.base().as_ptr().cast(),
                    ss_flags: 0,
                    ss_size: ALTERNATE_STACK_BYTES,
                };
                // SAFETY: nobody else uses the mapping, which is of that size and lives until the thread ends.
                unsafe { libc::sigaltstack(&raw const on, std::ptr::null_mut()) };
            }
            stack
        });
    }
    STACK.with(|stack| debug_assert!(stack.0.is_some(), "no memory for a signal stack"));
}

extern "C" fn handle(signal: libc::c_int, info: *mut libc::siginfo_t, context: *mut libc::c_void) {
    // SAFETY: the kernel passes a valid context to an SA_SIGINFO handler.
    let context_parts = unsafe { &mut *context.cast::<libc::ucontext_t>() };
    let registers = &mut context_parts.uc_mcontext.gregs;
    // SAFETY: the kernel passes a valid siginfo.
    let details = unsafe { &*info };
    // SAFETY: the address is meaningful for the signals that this handles.
    let address = unsafe { details.si_addr() }.expose_provenance();
    let register = |index: libc::c_int| registers[index.cast_unsigned() as usize].cast_unsigned();
    let fault = Fault {
        pc: register(libc::REG_RIP),
        fp: register(libc::REG_RBP),
        address: address as u64,
        is_memory: signal == libc::SIGSEGV || signal == libc::SIGBUS,
    };
    if let Some(Resume { pc, block }) = crate::traps::fault::handle(&fault) {
        registers[libc::REG_RIP.cast_unsigned() as usize] = pc.cast_signed();
        registers[libc::REG_RBX.cast_unsigned() as usize] = block.cast_signed();
        return;
    }
    pass_on(signal, info, context);
}

/// Hands a fault that is not a guest's to the previous handler, or lets it end the process.
fn pass_on(signal: libc::c_int, info: *mut libc::siginfo_t, context: *mut libc::c_void) {
    let index = SIGNALS.iter().position(|s| *s == signal).unwrap_or_default();
    let Some(previous) = PREVIOUS[index].get() else { return };
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
