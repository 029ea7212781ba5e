//! Functions without machine code: how the rest of the engine gets into the interpreter and how the
//! interpreter gets out.
//!
//! A function that is interpreted, or begins so, has a *code number* ([`crate::layout::code_number`]), in which the bit
//! [`INTERPRETED`] is set. It stands wherever a code address stands otherwise: in a `Callee`, in a table's entry,
//! in a function's record. Who sees the bit finds the function's entry, or calls [`Executor::run`]; machine code
//! simply jumps there where functions can be promoted.
//!
//! Arguments and results lie in *slots* of 8 bytes, in order, a vector in two; scalars are zero-extended.
//! Callee and caller use the same slots: the results replace the arguments.
//!
//! Not here: the interpreter (see `holm-interp`) and whoever runs it (see `holm-vm`); they know only this file
//! of each other. Invariant: the unsafe functions below may be called only as their comments say.
//! Read next: [`crate::layout`], whose fields the interpreter reads like compiled code does.

use crate::layout::Callee;
use crate::signature::{Location, RegisterFile, SignatureAbi};
use crate::tier::{CompileError, NoProfile, Part, Profile};
use alloc::boxed::Box;
use alloc::string::String;
use alloc::sync::Arc;
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

    /// How much more a defined function may be called or loop before its promoter is told, less than 0 when it is about to
    /// be; nothing where nothing is counted. What does not become less has cooled.
    fn heat(&self, defined: u32) -> Option<i32> {
        let _ = defined;
        None
    }

    /// How the values of a function are passed, by its index among all functions.
    fn signature(&self, function: u32) -> Option<&SlotSignature>;

    /// How to run its functions. Good for as long as `self` is.
    fn executor(&self) -> Executor;

    /// Takes note of machine code for a part: from now on it is called, or entered by the loop when it comes round.
    /// Nothing happens if there is some already, or where nothing is ever promoted.
    fn promote(&self, part: Part, code: u64) {
        let _ = (part, code);
    }

    /// Has a function compiled at once, on this thread, and gives where its machine code begins; nothing where that
    /// cannot be. Asked for when machine code and interpreted functions call each other so often that the host's stack
    /// is about to end.
    fn force(&self, defined: u32) -> Option<u64> {
        let _ = defined;
        None
    }

    /// What was seen so far while functions were interpreted. It goes on growing.
    fn profile(&self) -> &dyn Profile {
        &NoProfile
    }

    /// Gives `each` the defined functions that have been called and are still interpreted.
    fn called(&self, each: &mut dyn FnMut(u32)) {
        let _ = each;
    }

    /// Writes the register code of defined function `defined`, one instruction per line.
    ///
    /// # Errors
    /// When there is no such function, or it cannot be translated.
    fn print(&self, defined: u32) -> Result<String, CompileError>;

    /// Bytes of register code made so far, and bytes of WebAssembly code that it came from.
    fn translated_bytes(&self) -> (u64, u64);
}

/// Is told what runs often, and has it compiled.
///
/// A program keeps its promoter alive. A promoter that knows its program must know it weakly, or neither would ever be
/// dropped.
pub trait Promoter: Send + Sync + Debug {
    /// A function was called often ([`crate::tier::Entry::Start`]) or one of its loops ran often, since it was told last.
    /// Gives how much more it may be called or run before it is told again (at least 1). Whatever comes of it comes by
    /// [`Interpreted::promote`], perhaps before this returns.
    fn hot(&self, part: Part) -> i32;

    /// A function is needed as machine code, however seldom it runs, because the stack has no room for more
    /// changes between tiers. If it can be had, [`Interpreted::promote`] is called before this returns.
    fn force(&self, defined: u32) {
        let _ = defined;
    }
}

/// What a program needs to know whose functions begin interpreted and may be promoted.
pub struct Tiering<'a> {
    /// Where the stubs are, see [`crate::layout::code_number`].
    pub base: u64,
    /// Who is told.
    pub promoter: Arc<dyn Promoter>,
    /// How much each defined function may be called or loop before that for the first time.
    pub heat: &'a dyn Fn(u32) -> i32,
    /// How much more it may after that, while its branches and calls are watched, before the promoter is told; 0 if they are
    /// not.
    pub watch: i32,
    /// How much a call counts; calls are not counted at all if 0.
    pub call_weight: u16,
    /// How much it counts that a loop comes to its header; not at all if 0.
    pub loop_weight: u16,
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

impl Activation {
    /// An outermost stay that is about to begin.
    #[must_use]
    pub const fn new(
        program: *const (),
        anchor: *mut u8,
        code: u64,
        slots: *mut u64,
        outside: &'static Outside,
    ) -> Self {
        Self {
            program,
            anchor,
            code,
            slots,
            outside,
            trap: None,
            thrown: 0,
            arguments: [0; 4],
            ip: 0,
            frame: 0,
            previous: core::ptr::null(),
            host_sp: 0,
        }
    }
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
    /// Whether all values travel in registers, none of them a vector, with at most one result.
    pub in_registers: bool,
}

impl SlotSignature {
    /// Computes it.
    #[must_use]
    pub fn new(ty: &FuncType, registers: &RegisterFile) -> Self {
        let abi = SignatureAbi::new(ty, registers);
        let (params, param_slots) = values(ty.params(), &abi.params);
        let (results, result_slots) = values(ty.results(), &abi.results);
        let in_registers = abi.stack_bytes == 0
            && !abi.result_buffer
            && results.len() <= 1
            && !params.iter().chain(&results).any(|value| value.vector);
        Self {
            params,
            results,
            param_slots,
            result_slots,
            stack_bytes: abi.stack_bytes,
            result_buffer: abi.result_buffer,
            in_registers,
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
