//! Functions without machine code: how the rest of the engine gets into the interpreter and how the
//! interpreter gets out.
//!
//! A function that is interpreted has an *entry*, the address of the interpreter's data about it with
//! [`INTERPRETED`] added. It stands wherever a code address stands otherwise: in a `Callee`, in a table's entry,
//! in a function's record. Nobody jumps there; who sees the bit calls [`Executor::run`] instead.
//!
//! Arguments and results lie in *slots* of 8 bytes, in order, a vector in two; scalars are zero-extended.
//! Callee and caller use the same slots: the results replace the arguments.
//!
//! Not here: the interpreter (see `holm-interp`) and whoever runs it (see `holm-vm`); they know only this file
//! of each other. Invariant: the unsafe functions below may be called only as their comments say.
//! Read next: [`crate::layout`], whose fields the interpreter reads like compiled code does.

use crate::layout::Callee;
use crate::signature::{Location, RegisterFile, SignatureAbi};
use crate::tier::CompileError;
use alloc::boxed::Box;
use alloc::string::String;
use core::fmt::Debug;
use holm_spec::trap::TrapReason;
use holm_spec::types::{FuncType, ValType};

/// Set in the code address of a function that is interpreted. Machine code starts at even addresses.
pub const INTERPRETED: u64 = 1;

/// A module whose functions can be interpreted.
pub trait Interpreted: Send + Sync + Debug {
    /// What stands for the code address of defined function `defined`.
    fn entry(&self, defined: u32) -> Option<u64>;

    /// The address of the first entry's data, for [`crate::layout::ENTRIES`].
    fn entries(&self) -> u64;

    /// How the values of a function are passed, by its index among all functions.
    fn signature(&self, function: u32) -> Option<&SlotSignature>;

    /// How to run its functions. Good for as long as `self` is.
    fn executor(&self) -> Executor;

    /// Writes the register code of defined function `defined`, one instruction per line.
    ///
    /// # Errors
    /// When there is no such function, or it cannot be translated.
    fn print(&self, defined: u32) -> Result<String, CompileError>;

    /// Bytes of register code made so far, and bytes of WebAssembly code that it came from.
    fn translated_bytes(&self) -> (u64, u64);
}

/// Is told an instance's anchor, a defined function's index, an offset in the wasm bytes; says whether to go on.
pub type Visitor<'a> = &'a mut dyn FnMut(*mut u8, u32, Option<u32>) -> bool;

/// The entries into an interpreter.
#[derive(Clone, Copy, Debug)]
pub struct Executor {
    /// The interpreter's own business; goes into [`Activation::program`].
    pub program: *const (),
    /// Runs the function [`Activation::code`] until it returns (0) or is left (1).
    ///
    /// Unsafe: the activation must describe a function of this program, an instance of it that is alive and in
    /// which nobody else runs, and slots that hold the arguments; `outside` must keep its promises.
    pub run: unsafe fn(*mut Activation) -> u32,
    /// Tells the functions that are active, innermost first, with the anchor of the instance and the offset of the
    /// operator in the wasm bytes, until it is told to stop.
    ///
    /// Unsafe: the activation must be one that `run` works on and that is outside or has just been left.
    pub walk: unsafe fn(*const Activation, Visitor<'_>),
    /// The address above the slots of the innermost function.
    ///
    /// Unsafe: as for `walk`.
    pub top: unsafe fn(*const Activation) -> u64,
    /// Shows the references of the collector's in the slots of all active functions, to be changed.
    ///
    /// Unsafe: as for `walk`.
    pub references: unsafe fn(*const Activation, &mut dyn FnMut(u32) -> u32),
}

/// One stay in the interpreter, from an entry to the return or the trap that ends it.
#[repr(C)]
#[derive(Debug)]
pub struct Activation {
    /// [`Executor::program`] of the function that runs; the interpreter changes it, and the next field, when it goes
    /// from one instance to another by itself.
    pub program: *const (),
    /// The anchor of the instance.
    pub anchor: *mut u8,
    /// The entry of the function that is called.
    pub code: u64,
    /// Its slots: arguments before, results after.
    pub slots: *mut u64,
    /// The ways out.
    pub outside: &'static Outside,
    /// Why it was left, if by a trap of its own.
    pub trap: Option<TrapReason>,
    /// The exception with which what was outside ended, by its reference, or 0. The interpreter looks for a handler;
    /// where there is none it stays.
    pub thrown: u32,
    /// What a builtin is called with.
    pub arguments: [u64; 4],
    /// The instruction at which it is outside, or was left; the interpreter's business.
    pub ip: u64,
    /// The innermost function's slots at that point; the interpreter's business.
    pub frame: u64,
    /// The activation around this one; the business of whoever runs it, like the next field.
    pub previous: *const Activation,
    /// The stay in machine code around this one.
    pub host_sp: u64,
}

/// The ways out of an interpreter.
pub struct Outside {
    /// Calls a function that is not interpreted. Gives 0 when it returned, 1 when it was left, by an exception if
    /// [`Activation::thrown`] is set.
    ///
    /// Unsafe: `signature` must be the callee's, and the slots must hold the arguments and have room for the
    /// results; nothing above both is in use.
    pub call:
        unsafe fn(*mut Activation, callee: *const Callee, &SlotSignature, slots: *mut u64) -> u32,
    /// Calls a builtin by its number with [`Activation::arguments`]. Gives its result; a trap is noted in
    /// [`Activation::trap`], an exception in [`Activation::thrown`].
    ///
    /// Unsafe: the activation must be running, the arguments must be the builtin's.
    pub builtin: unsafe fn(*mut Activation, builtin: u32) -> u64,
}

impl Debug for Outside {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Outside")
    }
}

/// One value of a signature: its slot, and where compiled code and host functions have it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SlotValue {
    /// Its first slot.
    pub slot: u32,
    /// Where it is in registers and on the stack.
    pub location: Location,
    /// Whether it is a vector and takes two slots.
    pub vector: bool,
    /// The bits of a register that it takes up; those above are unspecified in registers and zero in slots.
    pub mask: u128,
}

/// How the values of a function type lie in slots, and how they get from there into registers and back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SlotSignature {
    /// The parameters.
    pub params: Box<[SlotValue]>,
    /// The results.
    pub results: Box<[SlotValue]>,
    /// Slots of all parameters.
    pub param_slots: u32,
    /// Slots of all results.
    pub result_slots: u32,
    /// Bytes of stack arguments.
    pub stack_bytes: u32,
    /// Whether the results go through a buffer.
    pub result_buffer: bool,
}

impl SlotSignature {
    /// Computes it.
    #[must_use]
    pub fn new(ty: &FuncType, registers: &RegisterFile) -> Self {
        let abi = SignatureAbi::new(ty, registers);
        let (params, param_slots) = values(ty.params(), &abi.params);
        let (results, result_slots) = values(ty.results(), &abi.results);
        Self {
            params,
            results,
            param_slots,
            result_slots,
            stack_bytes: abi.stack_bytes,
            result_buffer: abi.result_buffer,
        }
    }

    /// Slots that parameters and results need, which share them.
    #[must_use]
    pub const fn slots(&self) -> u32 {
        if self.param_slots > self.result_slots { self.param_slots } else { self.result_slots }
    }
}

/// How many slots a value takes.
#[must_use]
pub const fn slots_of(ty: ValType) -> u32 {
    if matches!(ty, ValType::V128) { 2 } else { 1 }
}

fn values(types: &[ValType], locations: &[Location]) -> (Box<[SlotValue]>, u32) {
    let mut next = 0;
    let values = types.iter().zip(locations).map(|(ty, location)| {
        let slot = next;
        next += slots_of(*ty);
        let mask = match ty {
            ValType::V128 => u128::MAX,
            ValType::I64 | ValType::F64 => u128::from(u64::MAX),
            _ => u128::from(u32::MAX),
        };
        SlotValue { slot, location: *location, vector: *ty == ValType::V128, mask }
    });
    (values.collect(), next)
}
