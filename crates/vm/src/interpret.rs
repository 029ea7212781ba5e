//! Between the host, other instances and the interpreter.
//!
//! Interpreted functions run on the host's stack, their frames lie in slots of the store's own. Each stay in the
//! interpreter is one [`Activation`]; activations and stays in machine code can be nested in any order. Not here:
//! interpreting. Invariants: the block's `activation` is the innermost one, and its `previous` chain is exactly
//! what is under way; whoever first sees that a guest was left captures the backtrace, because activations are
//! gone when the host gets to know. Read next: [`crate::store`].

use crate::block::{Cause, StoreBlock};
use crate::context::{Anchor, HOST_ENTRY};
use crate::frame::{CallFrame, RegisterArguments, as_usize, low};
use crate::host::{HostEntry, RegisterEntry};
use crate::objects::{FunctionId, Objects};
use crate::sys::arch;
use crate::traps::Running;
use crate::{ExitCause, Frame, InstanceId, PublishedCode};
use holm_abi::layout::{Callee, INSTANCE, STORE};
use holm_abi::{Activation, Location, Outside, SlotSignature, SlotValue};
use holm_spec::trap::TrapReason;
use std::ops::Range;
use std::ptr::NonNull;
use std::sync::Arc;

/// The ways out of the interpreter.
static OUTSIDE: Outside = Outside { call, builtin };

/// Kept free above a call's arguments and results for what the interpreter writes there.
const RESERVE_BYTES: u64 = 128;

/// Calls an interpreted function of the store for the host; nothing when it was left.
#[inline(never)]
pub(crate) fn enter(block: &StoreBlock, function: FunctionId, frame: &mut CallFrame) -> Option<()> {
    let returned = enter_with(block, function, |p| frame.param(p.location, p.vector))?;
    for result in &returned.signature().results {
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
    let Some(result) = returned.signature().results.first() else { return Some((0, 0)) };
    let value = low(returned.slots.get(result.slot, false));
    let is_vector = matches!(result.location, Location::Vector(_));
    Some(if is_vector { (0, value) } else { (value, 0) })
}

/// A call that returned: the slots that hold its results.
struct Returned {
    slots: Slots,
    code: Arc<PublishedCode>,
    function: u32,
}

impl Returned {
    /// How the results lie in their slots.
    fn signature(&self) -> &SlotSignature {
        signature_of(&self.code, self.function)
    }
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
) -> Option<Returned> {
    let objects = objects(block);
    let record = *objects.function(function).expect("a function of this store");
    let code = Arc::clone(objects.instances[record.instance as usize].code());
    let signature = signature_of(&code, record.function);
    let first = block.slots_top.get();
    if first + u64::from(signature.slots()) * 8 + RESERVE_BYTES > block.slots_end.get() {
        note(block, Some(TrapReason::StackOverflow));
        return None;
    }
    let slots = Slots(std::ptr::with_exposed_provenance_mut(as_usize(first)));
    for param in &signature.params {
        slots.set(param.slot, clean(value(param), param), param.vector);
    }
    let status = run(block, &code, record.callee, slots.0);
    (status == 0).then_some(Returned { slots, code, function: record.function })
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

/// Runs an interpreted function on arguments that lie in `slots`.
fn run(block: &StoreBlock, code: &PublishedCode, callee: Callee, slots: *mut u64) -> u32 {
    let executor = code.interpreted().expect("asked before").executor();
    let mut activation = Activation {
        program: executor.program,
        anchor: std::ptr::with_exposed_provenance_mut(as_usize(callee.anchor)),
        code: callee.code,
        slots,
        outside: &OUTSIDE,
        trap: None,
        thrown: 0,
        arguments: [0; 4],
        ip: 0,
        frame: 0,
        previous: block.activation.get(),
        host_sp: block.host_sp.get(),
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
        objects(block).exceptions.escape(thrown);
        note(block, None);
        block.failure.set(Some(ExitCause::Exception(thrown)));
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

/// A call of a host function or of machine code.
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
    let status = call_machine(block, callee, signature, Slots(slots));
    block.slots_top.set(top);
    if status == 0 {
        return 0;
    }
    match thrown(block) {
        Some(Ok(reference)) => {
            // SAFETY: by contract.
            unsafe { (*activation).thrown = reference };
        }
        Some(Err(reason)) => note(block, Some(reason)),
        None => left(block),
    }
    1
}

/// The exception with which something was just left, if by one; why not, if its reference names none.
fn thrown(block: &StoreBlock) -> Option<Result<u32, TrapReason>> {
    let mut reference = block.thrown.replace(0);
    if reference == 0 {
        // Machine code without a handler is left like this.
        match block.failure.take() {
            Some(ExitCause::Exception(thrown)) => reference = thrown,
            failure => block.failure.set(failure),
        }
    }
    if reference == 0 {
        return None;
    }
    let alive = objects(block).exceptions.record(reference).is_some();
    Some(if alive { Ok(reference) } else { Err(crate::unwind::missing(reference)) })
}

/// The code of the instance with an anchor.
fn code_of(block: &StoreBlock, anchor: u64) -> Option<Arc<PublishedCode>> {
    Some(instance_of(block, anchor)?.1)
}

/// The instance with an anchor, and its code.
fn instance_of(block: &StoreBlock, anchor: u64) -> Option<(InstanceId, Arc<PublishedCode>)> {
    let anchor = std::ptr::with_exposed_provenance_mut(as_usize(anchor));
    let anchor = Anchor::new(NonNull::new(anchor)?);
    // SAFETY: every context has this field.
    let instance: u32 = unsafe { anchor.read(INSTANCE) };
    let code = Arc::clone(objects(block).instances.get(instance as usize)?.code());
    Some((InstanceId(instance), code))
}

/// A host function, or machine code of another instance.
fn call_machine(
    block: &StoreBlock,
    callee: Callee,
    signature: &SlotSignature,
    slots: Slots,
) -> u32 {
    let mut frame = CallFrame::for_slots(signature);
    for param in &signature.params {
        frame.set_param(param.location, slots.get(param.slot, param.vector), param.vector);
    }
    let raw = std::ptr::from_mut(frame.seal());
    let is = |stub: *const ()| stub as u64 == callee.code;
    let anchor = std::ptr::with_exposed_provenance_mut(as_usize(callee.anchor));
    let anchor = Anchor::new(NonNull::new(anchor).expect("contexts are not at null"));
    let status = if is(arch::holm_vm_host_call_registers as *const ()) {
        // SAFETY: host functions' stubs stand only beside host functions' contexts, which have this field.
        let entry: RegisterEntry = unsafe { anchor.read(HOST_ENTRY) };
        let [a, b, c, d, e, ..] = frame.raw.ints;
        // SAFETY: the anchor is that of the function's context; its arguments are in these registers.
        let result = unsafe { entry(anchor.as_ptr(), a, b, c, d, e) };
        frame.raw.ints[0] = result.value;
        u32::from(result.left != 0)
    } else if [arch::holm_vm_host_call as *const (), arch::holm_vm_host_call_int as *const ()]
        .into_iter()
        .any(is)
    {
        // SAFETY: as above.
        let entry: HostEntry = unsafe { anchor.read(HOST_ENTRY) };
        // SAFETY: the anchor is that of the function's context, the frame was made for its signature.
        unsafe { entry(anchor.as_ptr(), raw) }
    } else {
        let running = Running::new(block);
        // SAFETY: the callee is a function of this store and expects its anchor; the frame is sealed; the stack
        // below `guest_sp` is free.
        let status = unsafe { arch::holm_vm_enter(block, &raw const callee, raw) };
        drop(running);
        status
    };
    if status != 0 {
        return 1;
    }
    for result in &signature.results {
        slots.set(result.slot, clean(frame.result(result.location), result), result.vector);
    }
    0
}

/// A result without what may lie above it in its register.
fn clean(value: u128, result: &SlotValue) -> u128 {
    if result.vector { value } else { value & result.mask }
}

/// Something called from the interpreter was left: captures the frames, unless somebody did before.
#[cold]
fn left(block: &StoreBlock) {
    let cause = block.cause.get();
    if let Some(trace) = block.trace.take() {
        block.trace.set(Some(trace));
    } else if cause.pc != 0 {
        block.trace.set(Some(crate::backtrace::capture(block, cause)));
    } else {
        // A host function called right from here: its stub was not used, so there is no frame of it.
        note(block, cause.reason);
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
        let code = code_of(block, activation.anchor.expose_provenance() as u64);
        if let Some(interpreted) = code.as_ref().and_then(|code| code.interpreted()) {
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
        && let Some(code) = code_of(block, activation.anchor.expose_provenance() as u64)
        && let Some(interpreted) = code.interpreted()
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
    let anchor = activation.anchor.expose_provenance() as u64;
    let Some(code) = code_of(block, anchor) else { return };
    let Some(interpreted) = code.interpreted() else { return };
    let walk = interpreted.executor().walk;
    // SAFETY: the activation is outside or was just left, see the file's documentation.
    unsafe {
        walk(activation, &mut |anchor, function, offset| {
            let anchor = anchor.expose_provenance() as u64;
            let Some((instance, code)) = instance_of(block, anchor) else { return false };
            visit(Frame {
                code,
                function,
                offset: offset.unwrap_or(u32::MAX),
                instance: Some(instance),
            })
        });
    }
}
