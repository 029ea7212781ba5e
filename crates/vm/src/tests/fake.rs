//! An interpreter for tests: its functions are closures. They do to their slots, the guest and the host what interpreted
//! functions do, and are called, walked and promoted like them.
//!
//! Not here: the tests. Invariant: a closure keeps the contract of `holm_abi::interpreter`.

use super::verified;
use crate::block::StoreBlock;
use crate::objects::Objects;
use crate::sys::stubs;
use crate::{PublishedCode, publish_into};
use holm_abi::interpreter::Visitor;
use holm_abi::layout::{
    Callee, FUNCTION_ENTRY_BYTES, FUNCTION_ENTRY_MACHINE, INTERPRETING_STUB, STORE, STUB_BYTES,
    code_number, function_of_code_number,
};
use holm_abi::tier::{Entry, Part};
use holm_abi::{
    Activation, Builtin, CodeParts, CompileError, Executor, Interpreted, RegisterFile,
    SlotSignature,
};
use holm_spec::trap::TrapReason;
use holm_spec::types::FuncType;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

/// How a function ends that does not return.
pub(super) enum Stop {
    Trap(TrapReason),
    /// What it called was left; an exception is in the activation.
    Outside,
}

type Body = Box<dyn Fn(&Running<'_>) -> Result<(), Stop> + Send + Sync>;

/// A program: one import per type of `imports`, then a function per body.
pub(super) struct Fake {
    base: u64,
    imports: u32,
    /// A function's entry is six words, of which the second is where machine code goes.
    entries: Box<[[AtomicU64; 6]]>,
    signatures: Vec<SlotSignature>,
    bodies: Vec<Body>,
    /// Where a function is compiled to when somebody insists.
    pub(super) forced: Vec<OnceLock<u64>>,
    pub(super) forces: AtomicU32,
    /// Of each function, whether its first slot is a reference of the collector's.
    pub(super) references: Vec<bool>,
}

impl std::fmt::Debug for Fake {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Fake")
    }
}

impl Fake {
    pub(super) fn new(imports: &[FuncType], functions: Vec<(FuncType, Body)>) -> Self {
        let base = stubs().unwrap().base();
        let (types, bodies): (Vec<_>, Vec<_>) = functions.into_iter().unzip();
        let signature = |ty: &FuncType| SlotSignature::new(ty, &RegisterFile::X86_64);
        let entry = |defined: usize| {
            let stub = base + u64::from(STUB_BYTES) * defined as u64 + u64::from(INTERPRETING_STUB);
            [0, stub, 0, 0, 0, 0].map(AtomicU64::new)
        };
        assert_eq!((size_of_val(&entry(0)), FUNCTION_ENTRY_MACHINE), (48, 8));
        assert_eq!(FUNCTION_ENTRY_BYTES, 48);
        Self {
            base,
            imports: imports.len() as u32,
            entries: (0..bodies.len()).map(entry).collect(),
            signatures: imports.iter().chain(&types).map(signature).collect(),
            forced: bodies.iter().map(|_| OnceLock::new()).collect(),
            forces: AtomicU32::new(0),
            references: vec![false; bodies.len()],
            bodies,
        }
    }

    /// Where machine code calls a function.
    fn machine(&self, defined: u32) -> &AtomicU64 {
        &self.entries[defined as usize][1]
    }
}

impl Interpreted for Fake {
    fn entry(&self, defined: u32) -> Option<u64> {
        ((defined as usize) < self.bodies.len()).then(|| code_number(self.base, defined))
    }

    fn entries(&self) -> u64 {
        self.entries.as_ptr().expose_provenance() as u64
    }

    fn signature(&self, function: u32) -> Option<&SlotSignature> {
        self.signatures.get(function as usize)
    }

    fn executor(&self) -> Executor {
        Executor { program: std::ptr::from_ref(self).cast(), run, walk, top, references }
    }

    fn promote(&self, part: Part, code: u64) {
        assert_eq!(part.entry, Entry::Start);
        self.machine(part.defined).store(code, Ordering::Release);
    }

    fn force(&self, defined: u32) -> Option<u64> {
        self.forces.fetch_add(1, Ordering::Relaxed);
        let code = *self.forced[defined as usize].get()?;
        self.machine(defined).store(code, Ordering::Release);
        Some(code)
    }

    fn print(&self, _: u32) -> Result<String, CompileError> {
        Err(CompileError::Bug("closures".to_owned()))
    }

    fn translated_bytes(&self) -> (u64, u64) {
        (0, 0)
    }
}

/// Publishes functions of a program and has them called; gives their addresses.
pub(super) fn promote(code: &Arc<PublishedCode>, parts: CodeParts) -> Vec<u64> {
    let image = publish_into(code, verified(parts)).unwrap();
    assert!(image.belongs_to(code) && image.interpreted().is_none());
    let functions = code.interpreted().unwrap();
    let members: Vec<_> = image.members().collect();
    for (member, address) in &members {
        functions.promote(Part { defined: member.defined, entry: Entry::Start }, *address);
    }
    members.into_iter().map(|(_, address)| address).collect()
}

/// A function that runs.
pub(super) struct Running<'a> {
    activation: *mut Activation,
    program: &'a Fake,
    defined: u32,
}

impl Running<'_> {
    /// Looks at the activation, or changes it.
    fn with<T>(&self, f: impl FnOnce(&mut Activation) -> T) -> T {
        // SAFETY: nobody else uses it while the function runs; the reference ends with this call.
        f(unsafe { &mut *self.activation })
    }

    pub(super) fn slots(&self) -> *mut u64 {
        self.with(|this| this.slots)
    }

    pub(super) fn slot(&self, index: usize) -> u64 {
        let at = self.slots().wrapping_add(index);
        // SAFETY: functions use few slots, and there is room for them.
        unsafe { at.read() }
    }

    pub(super) fn set(&self, index: usize, value: u64) {
        let at = self.slots().wrapping_add(index);
        // SAFETY: as in `slot`.
        unsafe { at.write(value) }
    }

    pub(super) fn field<T: Copy>(&self, offset: i32) -> T {
        let field = self.with(|this| this.anchor).wrapping_offset(offset as isize).cast::<T>();
        // SAFETY: tests ask for fields that instances have.
        unsafe { field.read() }
    }

    /// Works with what the store owns.
    pub(super) fn objects<T>(&self, f: impl FnOnce(&mut Objects) -> T) -> T {
        let block: *const StoreBlock = self.field(STORE);
        // SAFETY: the store's block outlives the call.
        let objects = unsafe { &*block }.objects.get();
        // SAFETY: the store is suspended in a call, and nobody has a reference into it.
        f(unsafe { &mut *objects })
    }

    /// Calls a function of the program that has machine code, with arguments from a slot on.
    pub(super) fn call(&self, defined: u32, first: usize) -> Result<(), Stop> {
        let code = self.program.machine(defined).load(Ordering::Acquire);
        let anchor = self.with(|this| this.anchor).expose_provenance() as u64;
        self.call_outside(Callee { code, anchor }, self.program.imports + defined, first)
    }

    /// Calls an import, which is a host function.
    pub(super) fn call_import(&self, at: i32, import: u32, first: usize) -> Result<(), Stop> {
        self.call_outside(self.field(at), import, first)
    }

    fn call_outside(&self, callee: Callee, function: u32, first: usize) -> Result<(), Stop> {
        let signature = &self.program.signatures[function as usize];
        let outside = self.with(|this| this.outside);
        let slots = self.slots().wrapping_add(first);
        // SAFETY: the arguments are in the slots; what is called is what the signature says.
        let status =
            unsafe { (outside.call)(self.activation, &raw const callee, signature, slots) };
        if status == 0 { Ok(()) } else { Err(Stop::Outside) }
    }

    pub(super) fn builtin(&self, builtin: Builtin, arguments: [u64; 4]) -> Result<u64, Stop> {
        let outside = self.with(|this| {
            this.arguments = arguments;
            this.outside
        });
        // SAFETY: tests give the builtin's arguments.
        let value = unsafe { (outside.builtin)(self.activation, builtin as u32) };
        let left = self.with(|this| this.trap.is_some() || this.thrown != 0);
        if left { Err(Stop::Outside) } else { Ok(value) }
    }

    /// The exception with which what was called ended; it is caught here.
    pub(super) fn catch(&self) -> u32 {
        self.with(|this| std::mem::take(&mut this.thrown))
    }
}

unsafe fn run(activation: *mut Activation) -> u32 {
    // SAFETY: as the contract of executors has it; the reference is gone before anything runs.
    let this = unsafe { &mut *activation };
    let program: *const Fake = this.program.cast();
    // SAFETY: as above.
    let program = unsafe { &*program };
    let defined = function_of_code_number(this.code);
    this.ip = u64::from(defined) + 1;
    this.frame = this.slots.expose_provenance() as u64;
    let running = Running { activation, program, defined };
    match program.bodies[running.defined as usize](&running) {
        Ok(()) => return 0,
        Err(Stop::Trap(reason)) => running.with(|this| this.trap = Some(reason)),
        Err(Stop::Outside) => {}
    }
    1
}

/// The function of an activation and its program.
unsafe fn active<'a>(activation: *const Activation) -> (u32, &'a Fake, &'a Activation) {
    // SAFETY: as the contract of executors has it.
    let this = unsafe { &*activation };
    let program: *const Fake = this.program.cast();
    // SAFETY: as above.
    (this.ip as u32 - 1, unsafe { &*program }, this)
}

unsafe fn walk(activation: *const Activation, visit: Visitor<'_>) {
    // SAFETY: the contract is the same.
    let (defined, _, this) = unsafe { active(activation) };
    visit(this.anchor, defined, Some(1000 + defined));
}

unsafe fn top(activation: *const Activation) -> u64 {
    // SAFETY: the contract is the same.
    let (_, _, this) = unsafe { active(activation) };
    this.frame + 64
}

unsafe fn references(activation: *const Activation, visit: &mut dyn FnMut(u32) -> u32) {
    // SAFETY: the contract is the same.
    let (defined, program, this) = unsafe { active(activation) };
    if program.references[defined as usize] {
        // SAFETY: the function's first slot.
        let reference = unsafe { this.slots.read() };
        // SAFETY: as above.
        unsafe { this.slots.write(visit(reference as u32).into()) };
    }
}
