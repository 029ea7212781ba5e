//! Host functions: Rust closures that guests call.
//!
//! A [`HostFunction`] belongs to no store. Put into one it gets a small context of its own, so that code
//! calls it exactly like a function of another instance: the exit stub finds the entry in that context.

use crate::block::StoreBlock;
use crate::context::Anchor;
use crate::frame::{HostFrame, RawFrame, is_int_only};
use crate::sys::arch::HOST_REGISTERS_MAX;
use crate::{ExitCause, HostFailure, InstanceId, Store, Thrown};
use holm_abi::SignatureAbi;
use holm_abi::layout::{HOST_FUNCTION, INSTANCE, NO_INSTANCE, STORE};
use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

/// The Rust side of the exit stub: `(anchor, frame) → 0 to go on, 1 to leave the guest`.
pub(crate) type HostEntry = unsafe extern "C" fn(*mut u8, *mut RawFrame) -> u32;

/// The Rust side of the exit stub for arguments in registers.
pub(crate) type RegisterEntry =
    unsafe extern "C" fn(*mut u8, u64, u64, u64, u64, u64) -> RegisterResult;

/// What a [`RegisterEntry`] returns, in two registers.
#[repr(C)]
pub(crate) struct RegisterResult {
    /// The function's result, if it has one.
    pub(crate) value: u64,
    /// 0 to go on, 1 to leave the guest.
    pub(crate) left: u64,
}

/// Either way into a host function; each has its own stub.
#[derive(Clone, Copy)]
pub(crate) enum Entry {
    Frame(HostEntry),
    Registers(RegisterEntry),
}

impl Entry {
    /// The address of the function.
    pub(crate) fn address(self) -> u64 {
        match self {
            Self::Frame(entry) => entry as usize as u64,
            Self::Registers(entry) => entry as usize as u64,
        }
    }
}

/// A host function that can be put into any store of host data `H`.
pub struct HostFunction<H> {
    pub(crate) closure: Arc<dyn Closure>,
    pub(crate) entry: Entry,
    pub(crate) int_only: bool,
    pub(crate) stack_bytes: u32,
    data: std::marker::PhantomData<fn(H)>,
}

impl<H> Clone for HostFunction<H> {
    fn clone(&self) -> Self {
        Self { closure: Arc::clone(&self.closure), data: std::marker::PhantomData, ..*self }
    }
}

impl<H> std::fmt::Debug for HostFunction<H> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("HostFunction")
    }
}

/// Anything that can be kept alive: the closure's concrete type is known to its entry alone.
pub(crate) trait Closure: Send + Sync {
    /// Address of the value.
    fn address(&self) -> *const ();
}

/// A closure and what its frames look like.
struct Typed<F> {
    function: F,
    buffer_results: u32,
}

impl<F: Send + Sync> Closure for Typed<F> {
    fn address(&self) -> *const () {
        std::ptr::from_ref(self).cast()
    }
}

impl<H: 'static> HostFunction<H> {
    /// Makes a host function of a closure. It gets the store, the instance that called (nothing when the
    /// host itself did), and the frame with the arguments, where it puts the results.
    pub fn new<F>(abi: &SignatureAbi, function: F) -> Self
    where
        F: Fn(&mut Store<H>, Option<InstanceId>, &mut HostFrame<'_>) -> Result<(), HostFailure>
            + Send
            + Sync
            + 'static,
    {
        let results = if abi.result_buffer { abi.results.len() } else { 0 };
        let int_only = is_int_only(abi);
        let buffer_results = u32::try_from(results).unwrap_or(u32::MAX);
        Self {
            closure: Arc::new(Typed { function, buffer_results }),
            entry: if int_only && abi.int_arguments <= HOST_REGISTERS_MAX {
                Entry::Registers(enter_registers::<H, F>)
            } else {
                Entry::Frame(enter::<H, F>)
            },
            int_only,
            stack_bytes: abi.stack_bytes,
            data: std::marker::PhantomData,
        }
    }
}

/// Runs a host function of type `F` for the exit stub.
///
/// # Safety
/// Called by the exit stub only: `anchor` is that of the function's context in a live `Store<H>` whose
/// call is under way, and `frame` is the frame that the stub spilled.
unsafe extern "C" fn enter<H: 'static, F>(anchor: *mut u8, frame: *mut RawFrame) -> u32
where
    F: Fn(&mut Store<H>, Option<InstanceId>, &mut HostFrame<'_>) -> Result<(), HostFailure>,
{
    // SAFETY: the stub passes its own frame, which nobody else refers to.
    let raw = unsafe { &mut *frame };
    // SAFETY: the contract is the same.
    unsafe { run::<H, F>(anchor, raw) }
}

/// Runs a host function of type `F`, whose arguments and result fit in registers, for the exit stub.
///
/// # Safety
/// As for [`enter`].
unsafe extern "C" fn enter_registers<H: 'static, F>(
    anchor: *mut u8,
    a: u64,
    b: u64,
    c: u64,
    d: u64,
    e: u64,
) -> RegisterResult
where
    F: Fn(&mut Store<H>, Option<InstanceId>, &mut HostFrame<'_>) -> Result<(), HostFailure>,
{
    // Taken apart by the compiler where the function is small: nothing of it reaches memory then.
    let mut raw = RawFrame::ZERO;
    raw.ints = [a, b, c, d, e, 0, 0, 0];
    // SAFETY: the contract is the same; a function whose values are in registers has no stack arguments.
    let left = unsafe { run::<H, F>(anchor, &mut raw) };
    RegisterResult { value: raw.ints[0], left: left.into() }
}

/// Runs a host function of type `F` on its frame: 0 to go on, 1 to leave the guest.
///
/// # Safety
/// `anchor` is that of the function's context in a live `Store<H>` whose call is under way, and `raw` holds
/// the arguments of a call of the function's signature.
#[inline(always)]
unsafe fn run<H: 'static, F>(anchor: *mut u8, raw: &mut RawFrame) -> u32
where
    F: Fn(&mut Store<H>, Option<InstanceId>, &mut HostFrame<'_>) -> Result<(), HostFailure>,
{
    let anchor = Anchor::new(std::ptr::NonNull::new(anchor).expect("stubs pass an anchor"));
    // SAFETY: every context has its store's block in this field.
    let block: *const StoreBlock = unsafe { anchor.read(STORE) };
    // SAFETY: the block outlives the call (rule 3); it is only ever shared.
    let block = unsafe { &*block };
    // SAFETY: a host function's context has its `Typed<F>` here, kept alive by the store.
    let typed: *const Typed<F> = unsafe { anchor.read(HOST_FUNCTION) };
    // SAFETY: as above; `F` is the type this entry was made for.
    let typed = unsafe { &*typed };
    // SAFETY: `Store::call` set the owner and is suspended; by rule 2 nobody holds a reference into it.
    let store = unsafe { &mut *block.owner.get().cast::<Store<H>>() };
    // SAFETY: the frame is the one of this function's signature.
    let mut frame = unsafe { HostFrame::new(raw, typed.buffer_results) };
    let caller = caller(block);
    let run = || (typed.function)(store, caller, &mut frame);
    let failure = match catch_unwind(AssertUnwindSafe(run)) {
        Ok(Ok(())) => return 0,
        Ok(Err(failure)) => match failure.downcast_ref::<Thrown>() {
            Some(Thrown(reference)) => {
                block.throw(*reference);
                return 1;
            }
            None => ExitCause::Host(failure),
        },
        Err(panic) => ExitCause::Panic(panic_text(&*panic)),
    };
    block.fail(failure);
    1
}

/// The instance that made the latest foreign call.
fn caller(block: &StoreBlock) -> Option<InstanceId> {
    let address = std::ptr::with_exposed_provenance_mut(crate::frame::as_usize(block.caller.get()));
    let anchor = Anchor::new(std::ptr::NonNull::new(address)?);
    // SAFETY: thunks write only anchors of this store's contexts, which all have this field; `Store::call`
    // clears it, so that no stale value is left.
    let instance: u32 = unsafe { anchor.read(INSTANCE) };
    (instance != NO_INSTANCE).then_some(InstanceId(instance))
}

/// What a panic said.
pub(crate) fn panic_text(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "a value that is not text".to_owned())
}
