//! Between the host, other instances and the interpreter.
//!
//! Interpreted functions run on the host's stack, their frames lie in slots of the store's own. Each stay in the
//! interpreter is one [`Activation`]; activations and stays in machine code can be nested in any order. Not here:
//! interpreting. Invariants: the block's `activation` is the innermost one, and its `previous` chain is exactly
//! what is under way; whoever first sees that a guest was left captures the backtrace, because activations are
//! gone when the host gets to know. Read next: [`bridge`], the way from machine code, and [`crate::store`].

#[cfg(feature = "machine-code")]
pub(crate) mod bridge;

use crate::backtrace::{LeftStay, leave_behind};
use crate::block::{Cause, StoreBlock};
use crate::context::{Anchor, HOST_ENTRY};
use crate::frame::{CallFrame, RawFrame, RegisterArguments, as_usize, low};
use crate::host::{HostEntry, RegisterEntry};
use crate::objects::{FunctionId, Objects};
use crate::sys::arch;
use crate::traps::Running;
use crate::{ExitCause, Frame, InstanceId, PublishedCode};
#[cfg(feature = "machine-code")]
use holm_abi::interpreter::INTERPRETED;
use holm_abi::layout::{Callee, INSTANCE, STORE};
use holm_abi::{Activation, Location, Outside, SlotSignature, SlotValue};
use holm_spec::trap::TrapReason;
use std::ops::Range;
use std::ptr::NonNull;
use std::sync::Arc;
#[cfg(feature = "machine-code")]
use std::sync::atomic::{AtomicU64, Ordering};

/// The ways out of the interpreter.
static OUTSIDE: Outside = Outside { call, builtin };

/// Kept free above a call's arguments and results for what the interpreter writes there.
const RESERVE_BYTES: u64 = 128;

/// Calls an interpreted function of the store for the host; nothing when it was left.
#[inline(never)]
pub(crate) fn enter(block: &StoreBlock, function: FunctionId, frame: &mut CallFrame) -> Option<()> {
    let returned = enter_with(block, function, |p| frame.param(p.location, p.vector))?;
    for result in &returned.signature.results {
        frame.set_result(result.location, returned.slots.get(result.slot, result.vector));
    }
    Some(())
}

/// The same for a function whose values all travel in registers, with one result at most: the first integer and the
/// first vector register of the results.
#[inline(never)]
pub(crate) fn enter_registers(
    block: &StoreBlock,
    function: FunctionId,
    arguments: &RegisterArguments,
) -> Option<(u64, u64)> {
    let returned = enter_with(block, function, |param| match param.location {
        Location::Vector(n) => u128::from(arguments.vector(n)),
        Location::Int(n) | Location::Stack(n) | Location::Buffer(n) => u128::from(arguments.int(n)),
    })?;
    let Some(result) = returned.signature.results.first() else { return Some((0, 0)) };
    let value = low(returned.slots.get(result.slot, false));
    let is_vector = matches!(result.location, Location::Vector(_));
    Some(if is_vector { (0, value) } else { (value, 0) })
}

/// A call that returned: the slots that hold its results.
struct Returned<'a> {
    slots: Slots,
    /// How the results lie in them.
    signature: &'a SlotSignature,
}

/// How the values of an interpreted function lie in slots, by its index in its module.
fn signature_of(code: &PublishedCode, function: u32) -> &SlotSignature {
    let interpreted = code.interpreted().expect("only interpreted functions have such entries");
    interpreted.signature(function).expect("every function has a type")
}

/// Calls an interpreted function with parameters from wherever they are.
fn enter_with(
    block: &StoreBlock,
    function: FunctionId,
    value: impl Fn(&SlotValue) -> u128,
) -> Option<Returned<'_>> {
    let record = *objects(block).function(function).expect("a function of this store");
    let code = code_of(block, record.instance).expect("instances of this store");
    let signature = signature_of(code, record.function);
    let slots = slots_for(block, signature)?;
    for param in &signature.params {
        slots.set(param.slot, clean(value(param), param), param.vector);
    }
    let status = run(block, code, record.callee, slots.0, |_, thrown| {
        objects(block).exceptions.escape(thrown);
        block.cause.set(Cause::NONE);
        block.trace.set(Some(crate::backtrace::capture_thrown(block, Cause::NONE)));
        block.failure.set(Some(ExitCause::Exception(thrown)));
    });
    (status == 0).then_some(Returned { slots, signature })
}

/// Free slots for a call that begins; nothing, and a trap noted, when there are not enough.
fn slots_for(block: &StoreBlock, signature: &SlotSignature) -> Option<Slots> {
    let first = block.slots_top.get();
    if first + u64::from(signature.slots()) * 8 + RESERVE_BYTES > block.slots_end.get() {
        note(block, Some(TrapReason::StackOverflow));
        return None;
    }
    Some(Slots(std::ptr::with_exposed_provenance_mut(as_usize(first))))
}

/// Slots of a call: as many as its signature has, inside the store's.
#[derive(Clone, Copy)]
struct Slots(*mut u64);

impl Slots {
    fn set(self, slot: u32, value: u128, vector: bool) {
        let at = self.0.wrapping_add(slot as usize);
        // SAFETY: the signature's slots lie inside the store's (checked, or the interpreter's promise), and
        // nothing that runs uses them now.
        unsafe { at.write(low(value)) };
        if vector {
            let upper = at.wrapping_add(1);
            // SAFETY: as above; a vector has two.
            unsafe { upper.write(low(value >> 64)) };
        }
    }

    fn get(self, slot: u32, vector: bool) -> u128 {
        let at = self.0.wrapping_add(slot as usize);
        // SAFETY: as in `set`.
        let lower = unsafe { at.read() };
        if !vector {
            return u128::from(lower);
        }
        let upper = at.wrapping_add(1);
        // SAFETY: as above; a vector has two.
        let upper = unsafe { upper.read() };
        u128::from(lower) | u128::from(upper) << 64
    }
}

/// Runs an interpreted function on arguments that lie in `slots`: 0 when it returned, 1 when it was left. `uncaught` is given
/// the activation and the exception that it was left with, if it was by one.
fn run(
    block: &StoreBlock,
    code: &PublishedCode,
    callee: Callee,
    slots: *mut u64,
    uncaught: impl FnOnce(*const Activation, u32),
) -> u32 {
    let executor = code.interpreted().expect("asked before").executor();
    let anchor = std::ptr::with_exposed_provenance_mut(as_usize(callee.anchor));
    let mut activation = Activation {
        previous: block.activation.get(),
        host_sp: block.host_sp.get(),
        ..Activation::new(executor.program, anchor, callee.code, slots, &OUTSIDE)
    };
    let this = &raw mut activation;
    block.activation.set(this);
    // SAFETY: the entry is one of this code's, the anchor its instance's; the store is suspended in a call, so
    // that nobody else runs in it; the arguments lie in the slots.
    let status = unsafe { (executor.run)(this) };
    // SAFETY: the interpreter is done with it.
    let trap = unsafe { (*this).trap };
    // SAFETY: as above.
    let thrown = unsafe { (*this).thrown };
    if status != 0
        && let Some(reason) = trap
    {
        note(block, Some(reason));
    } else if status != 0 && thrown != 0 {
        uncaught(this, thrown);
    }
    // SAFETY: as above.
    block.activation.set(unsafe { (*this).previous }.cast_mut());
    status
}

/// Notes why the guest is left, and captures its frames while they are there.
fn note(block: &StoreBlock, reason: Option<TrapReason>) {
    let cause = Cause { reason, pc: 0, fp: 0 };
    block.cause.set(cause);
    block.trace.set(Some(crate::backtrace::capture(block, cause)));
}

/// The objects of a store that is suspended in a call.
fn objects(block: &StoreBlock) -> &Objects {
    // SAFETY: the block's store owns them; by rule 2 nobody changes them while this reference is in use.
    unsafe { &*block.objects.get() }
}

/// The store's block that an activation belongs to.
///
/// # Safety
/// The activation is running.
unsafe fn block_of<'a>(activation: *const Activation) -> &'a StoreBlock {
    // SAFETY: by contract.
    let anchor = unsafe { (*activation).anchor };
    let anchor = Anchor::new(NonNull::new(anchor).expect("contexts are not at null"));
    // SAFETY: every context has its store's block in this field.
    let block: *const StoreBlock = unsafe { anchor.read(STORE) };
    // SAFETY: the block outlives the call (rule 3); it is only ever shared.
    unsafe { &*block }
}

/// A call of a host function or of machine code, of this instance or another.
///
/// # Safety
/// As [`Outside::call`].
unsafe fn call(
    activation: *mut Activation,
    callee: *const Callee,
    signature: &SlotSignature,
    slots: *mut u64,
) -> u32 {
    // SAFETY: by contract.
    let block = unsafe { block_of(activation) };
    // SAFETY: by contract; copied, because records move when there are more of them.
    let callee = unsafe { *callee };
    // SAFETY: by contract.
    let caller = unsafe { (*activation).anchor };
    block.caller.set(caller.expose_provenance() as u64);
    let top = block.slots_top.get();
    let own = u64::from(signature.slots()) * 8;
    block.slots_top.set(slots.expose_provenance() as u64 + own);
    let host = host_function(callee);
    let returned = match host {
        Some(host) => call_host(host, callee, signature, Slots(slots)),
        None => call_machine(block, callee, signature, Slots(slots)),
    };
    block.slots_top.set(top);
    if returned.is_some() {
        return 0;
    }
    match thrown(block) {
        Some(Ok(reference)) => {
            // SAFETY: by contract.
            unsafe { (*activation).thrown = reference };
        }
        Some(Err(reason)) => note(block, Some(reason)),
        None => left(block, host.is_some()),
    }
    1
}

/// The exception with which something was just left, if by one; why not, if its reference names none.
fn thrown(block: &StoreBlock) -> Option<Result<u32, TrapReason>> {
    let mut reference = block.thrown.replace(0);
    if reference == 0 {
        // Machine code without a handler is left like this.
        match block.failure.take() {
            Some(ExitCause::Exception(thrown)) => {
                reference = thrown;
                leave_behind(block, LeftStay::Machine(block.cause.get().fp));
            }
            failure => block.failure.set(failure),
        }
    }
    if reference == 0 {
        return None;
    }
    let alive = objects(block).exceptions.record(reference).is_some();
    Some(if alive { Ok(reference) } else { Err(crate::unwind::missing(reference)) })
}

/// The code of an instance, for as long as the store is suspended in a call.
fn code_of(block: &StoreBlock, instance: u32) -> Option<&PublishedCode> {
    let code = Arc::as_ptr(objects(block).instances.get(instance as usize)?.code());
    // SAFETY: instances keep their code and are never removed (rule 3), though the list of them may move while the
    // code is in use; nothing ever changes code.
    Some(unsafe { &*code })
}

/// The code of the instance in which an activation runs.
fn code_at<'a>(block: &'a StoreBlock, activation: &Activation) -> Option<&'a PublishedCode> {
    code_of(block, instance_of(activation.anchor)?)
}

/// The index of the instance with an anchor.
fn instance_of(anchor: *mut u8) -> Option<u32> {
    let anchor = Anchor::new(NonNull::new(anchor)?);
    // SAFETY: every context has this field.
    Some(unsafe { anchor.read(INSTANCE) })
}

/// How the stub of a host function takes its arguments.
#[derive(Clone, Copy)]
pub(crate) enum Host {
    Registers,
    Frame,
}

/// Whether what is called is a host function.
pub(crate) fn host_function(callee: Callee) -> Option<Host> {
    let code = callee.code;
    if code == arch::host_call_registers() {
        return Some(Host::Registers);
    }
    let frame = code == arch::host_call_int() || code == arch::host_call();
    frame.then_some(Host::Frame)
}

/// The frame of a call with arguments from slots.
fn frame_of(signature: &SlotSignature, slots: Slots) -> CallFrame {
    let mut frame = CallFrame::for_slots(signature);
    for param in &signature.params {
        frame.set_param(param.location, slots.get(param.slot, param.vector), param.vector);
    }
    frame
}

/// Calls a host function; nothing when it fails.
fn call_host(host: Host, callee: Callee, signature: &SlotSignature, slots: Slots) -> Option<()> {
    let mut frame = frame_of(signature, slots);
    let raw = std::ptr::from_mut(frame.seal());
    // SAFETY: the callee is a host function with its context, the frame was made for its signature.
    let is_left = unsafe { call_host_on(host, callee, raw) };
    (!is_left).then(|| take_results(&frame, signature, slots))
}

/// Calls a host function on a frame with its arguments, where its results go; whether it is left.
///
/// # Safety
/// The callee is a host function of a store whose call is under way, with its own anchor; the frame is sealed and was made for
/// its signature; nobody holds a reference to either.
#[inline(always)]
pub(crate) unsafe fn call_host_on(host: Host, callee: Callee, raw: *mut RawFrame) -> bool {
    let anchor = std::ptr::with_exposed_provenance_mut(as_usize(callee.anchor));
    let anchor = Anchor::new(NonNull::new(anchor).expect("contexts are not at null"));
    match host {
        Host::Registers => {
            // SAFETY: host functions' stubs stand only beside host functions' contexts, which have this field.
            let entry: RegisterEntry = unsafe { anchor.read(HOST_ENTRY) };
            // SAFETY: by contract.
            let [a, b, c, d, e, ..] = unsafe { (*raw).ints };
            // SAFETY: the anchor is that of the function's context; its arguments are in these registers.
            let result = unsafe { entry(anchor.as_ptr(), a, b, c, d, e) };
            // SAFETY: by contract.
            unsafe { (*raw).ints[0] = result.value };
            result.left != 0
        }
        Host::Frame => {
            // SAFETY: as above.
            let entry: HostEntry = unsafe { anchor.read(HOST_ENTRY) };
            // SAFETY: the anchor is that of the function's context, the frame was made for its signature.
            let left = unsafe { entry(anchor.as_ptr(), raw) };
            left != 0
        }
    }
}

/// Calls machine code; nothing when it is left.
fn call_machine(
    block: &StoreBlock,
    callee: Callee,
    signature: &SlotSignature,
    slots: Slots,
) -> Option<()> {
    let running = Running::new(block);
    if signature.in_registers {
        let mut arguments = RegisterArguments::NONE;
        for param in &signature.params {
            arguments.set(param.location, low(slots.get(param.slot, false)));
        }
        // SAFETY: the callee is a function of this store and expects its anchor; its values travel in registers; the
        // stack below `guest_sp` is free; only the block is in use here.
        let (int, vector) = unsafe { arch::call_registers(block, callee, arguments) }?;
        drop(running);
        if let Some(result) = signature.results.first() {
            let value = if matches!(result.location, Location::Vector(_)) { vector } else { int };
            slots.set(result.slot, clean(value.into(), result), false);
        }
        return Some(());
    }
    let mut frame = frame_of(signature, slots);
    let raw = std::ptr::from_mut(frame.seal());
    // SAFETY: as above; the frame is sealed.
    let status = unsafe { arch::holm_vm_enter(block, &raw const callee, raw) };
    drop(running);
    (status == 0).then(|| take_results(&frame, signature, slots))
}

/// Puts the results of a call into slots.
fn take_results(frame: &CallFrame, signature: &SlotSignature, slots: Slots) {
    for result in &signature.results {
        slots.set(result.slot, clean(frame.result(result.location), result), result.vector);
    }
}

/// Where machine code is of a function that began interpreted and has some by now.
#[cfg(feature = "machine-code")]
#[inline(never)]
pub(crate) fn promoted(callee: Callee) -> Option<Callee> {
    use holm_abi::layout::{
        ENTRIES, FUNCTION_ENTRY_BYTES, FUNCTION_ENTRY_MACHINE, INTERPRETING_STUB,
        function_of_code_number,
    };
    crate::sys::base_of(callee.code)?;
    let anchor = std::ptr::with_exposed_provenance_mut(as_usize(callee.anchor));
    let anchor = Anchor::new(NonNull::new(anchor)?);
    // SAFETY: the code number says that the anchor is that of an instance with function entries.
    let entries: u64 = unsafe { anchor.read(ENTRIES) };
    let entry = u64::from(function_of_code_number(callee.code) * FUNCTION_ENTRY_BYTES);
    let at = (entries + entry).wrapping_add_signed(FUNCTION_ENTRY_MACHINE.into());
    let machine: *const AtomicU64 = std::ptr::with_exposed_provenance(as_usize(at));
    // SAFETY: each function has an entry, which lives as long as the code of its instances; this field is atomic.
    let code = unsafe { &*machine }.load(Ordering::Acquire);
    let stub = callee.code - INTERPRETED + u64::from(INTERPRETING_STUB);
    (code != stub).then_some(Callee { code, ..callee })
}

/// Without machine code nothing is ever promoted.
#[cfg(not(feature = "machine-code"))]
pub(crate) fn promoted(_: Callee) -> Option<Callee> {
    None
}

/// A result without what may lie above it in its register.
fn clean(value: u128, result: &SlotValue) -> u128 {
    if result.vector { value } else { value & result.mask }
}

/// Something called from the interpreter was left, a host function or machine code: captures the frames, unless somebody
/// did before.
#[cold]
fn left(block: &StoreBlock, host: bool) {
    let cause = block.cause.get();
    if let Some(trace) = block.trace.take() {
        block.trace.set(Some(trace));
    } else if host {
        // Its stub was not used, so there is no frame of it.
        note(block, cause.reason);
    } else {
        block.trace.set(Some(crate::backtrace::capture(block, cause)));
    }
}

/// A builtin.
///
/// # Safety
/// As [`Outside::builtin`].
unsafe fn builtin(activation: *mut Activation, number: u32) -> u64 {
    // SAFETY: by contract.
    let anchor = unsafe { (*activation).anchor };
    // SAFETY: by contract.
    let [a, b, c, d] = unsafe { (*activation).arguments };
    let entry = crate::builtins::TABLE[number as usize];
    // SAFETY: the anchor is that of a live instance, whose store is suspended in a call.
    let result = unsafe { entry(anchor, a, b, c, d) };
    if let Some(value) = result.value() {
        return value;
    }
    // SAFETY: by contract.
    let block = unsafe { block_of(activation) };
    let reason = match thrown(block) {
        Some(Ok(reference)) => {
            // SAFETY: by contract.
            unsafe { (*activation).thrown = reference };
            return 0;
        }
        Some(Err(reason)) => reason,
        // A panic has no reason; it stays noted as the failure.
        None => block.cause.replace(Cause::NONE).reason.unwrap_or(TrapReason::Bug),
    };
    // SAFETY: by contract.
    unsafe { (*activation).trap = Some(reason) };
    0
}

/// Shows every reference of the collector's in the slots of interpreted functions that are under way, to be changed.
pub(crate) fn visit_references(block: &StoreBlock, visit: &mut dyn FnMut(u32) -> u32) {
    let mut next = block.activation.get().cast_const();
    // SAFETY: the block refers only to activations that are alive, and so do they.
    while let Some(activation) = unsafe { next.as_ref() } {
        let code = code_at(block, activation);
        if let Some(interpreted) = code.and_then(PublishedCode::interpreted) {
            // SAFETY: all of them are outside.
            unsafe { (interpreted.executor().references)(activation, visit) };
        }
        next = activation.previous;
    }
}

/// The slots in use: those of all interpreted functions that are under way.
pub(crate) fn slots_in_use(block: &StoreBlock, objects: &Objects) -> Range<u64> {
    let Some(slots) = objects.slots() else { return 0..0 };
    let mut end = block.slots_top.get();
    // SAFETY: the block refers only to activations that are alive.
    if let Some(activation) = unsafe { block.activation.get().as_ref() }
        && let Some(interpreted) = code_at(block, activation).and_then(PublishedCode::interpreted)
    {
        // SAFETY: the activation is outside, or it would not be asked.
        end = end.max(unsafe { (interpreted.executor().top)(activation) });
    }
    slots.start..end.min(slots.end)
}

/// Tells the frames of an activation, innermost first, until it is told to stop.
pub(crate) fn walk(
    block: &StoreBlock,
    activation: &Activation,
    mut visit: impl FnMut(Frame) -> bool,
) {
    let code = code_at(block, activation);
    let Some(interpreted) = code.and_then(PublishedCode::interpreted) else { return };
    let walk = interpreted.executor().walk;
    // SAFETY: the activation is outside or was just left, see the file's documentation.
    unsafe {
        walk(activation, &mut |anchor, function, offset| {
            let Some(instance) = instance_of(anchor) else { return false };
            let Some(found) = objects(block).instances.get(instance as usize) else { return false };
            visit(Frame {
                code: Arc::clone(found.code()),
                function,
                offset: offset.unwrap_or(u32::MAX),
                instance: Some(InstanceId(instance)),
            })
        });
    }
}
