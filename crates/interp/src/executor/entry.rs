//! What the interpreter keeps of every defined function: where calls of it go, and its register code, once there is any.
//!
//! Entries lie in one array per module, whose address all contexts have. Threads may translate the same function at the
//! same time; the first to finish wins and the others throw theirs away. Others may promote it meanwhile.
//! Invariants: an entry's code is set once and lives as long as the entry; where calls go changes from `translate` to the
//! register code, and from either to `promoted`, never back.
//! Read next: [`super::regs`], which finds entries, then [`super::tiering`].

use super::atomic::AtomicU64;
use super::profile::Site;
use super::watch::Watch;
use crate::ops::function_field;
use crate::ops::misc::Misc;
use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::cell::UnsafeCell;
use core::mem::offset_of;
use core::sync::atomic::{AtomicBool, AtomicI32, AtomicPtr, AtomicU16, Ordering};
use holm_abi::SlotSignature;
use holm_abi::interpreter::INTERPRETED;
use holm_abi::layout::{
    FUNCTION_ENTRY_BYTES, FUNCTION_ENTRY_MACHINE, INTERPRETING_STUB, code_number,
};
use once_cell::race::OnceBox;

/// Register code of one function.
#[derive(Debug)]
pub(crate) struct Code {
    pub(crate) units: Box<[AtomicU16]>,
    /// Bodies of tries, inner ones first; empty for most functions.
    pub(crate) tries: Box<[TryRange]>,
    /// What is noted of indirect calls, by ascending offset; empty where nothing is.
    pub(crate) sites: Box<[Site]>,
    /// What is counted of branches and calls, once that has begun.
    pub(crate) watch: OnceBox<Watch>,
    /// Where references are, once a collection wanted to know.
    maps: OnceBox<Maps>,
}

/// Which slots hold references of the collector's when a function is outside.
#[derive(Debug, Default)]
pub(crate) struct Maps {
    /// Slots of parameters and locals, which always do.
    pub(crate) locals: Box<[u32]>,
    /// Slots of operands, by the unit after the one that the instruction is known by; ascending.
    pub(crate) operands: Vec<(u32, Box<[u32]>)>,
}

impl Maps {
    /// The slots for the instruction that goes on at unit `at`, or that is one unit before.
    pub(crate) fn slots_at(&self, at: u32) -> impl Iterator<Item = u32> {
        let operands = self.operands.binary_search_by_key(&at, |map| map.0).ok();
        let operands = operands.map_or(&[][..], |index| &self.operands[index].1);
        self.locals.iter().chain(operands).copied()
    }
}

/// The body of a try: instructions from which exceptions go somewhere.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TryRange {
    /// Its first unit, and the first one after it.
    pub(crate) range: (u32, u32),
    /// Its number in the function.
    pub(crate) id: u32,
    pub(crate) handler: Handler,
}

/// Where exceptions go.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Handler {
    /// To the instruction at this unit.
    At(u32),
    /// To the handler of another try around it, or out of the function.
    Delegate(Option<u32>),
}

impl Code {
    pub(crate) fn new(units: Vec<u16>, tries: Box<[TryRange]>, sites: Box<[Site]>) -> Self {
        let units = units.into_iter().map(AtomicU16::new).collect();
        Self { units, tries, sites, watch: OnceBox::new(), maps: OnceBox::new() }
    }

    /// The first instruction.
    pub(crate) fn start(&self) -> *const u16 {
        self.units.as_ptr().cast()
    }

    /// The 32-bit field at a unit.
    pub(crate) fn wide(&self, at: usize) -> Option<u32> {
        let unit = |at: usize| Some(u32::from(self.units.get(at)?.load(Ordering::Relaxed)));
        Some(unit(at)? | unit(at + 1)? << 16)
    }

    /// Where references are; `make` says so if nobody has asked before.
    pub(crate) fn maps(&self, make: impl FnOnce() -> Maps) -> &Maps {
        self.maps.get_or_init(|| Box::new(make()))
    }

    /// The unit at which an exception from the instruction at unit `at` is handled, if it is.
    pub(crate) fn handler_at(&self, at: u32) -> Option<u32> {
        let mut delegated = None;
        for body in &self.tries {
            let is_it = match delegated {
                Some(id) => body.id == id,
                None => (body.range.0..body.range.1).contains(&at),
            };
            match body.handler {
                _ if !is_it => {}
                Handler::At(unit) => return Some(unit),
                Handler::Delegate(None) => return None,
                Handler::Delegate(Some(id)) => delegated = Some(id),
            }
        }
        None
    }
}

/// Something that threads take turns with; what they do takes no time.
#[derive(Debug, Default)]
struct Turns<T> {
    taken: AtomicBool,
    value: UnsafeCell<T>,
}

// SAFETY: the value is only used between `taken` becoming true and false again, by one thread.
unsafe impl<T: Send> Sync for Turns<T> {}

impl<T> Turns<T> {
    fn with<R>(&self, f: impl FnOnce(&mut T) -> R) -> R {
        while self.taken.swap(true, Ordering::Acquire) {
            core::hint::spin_loop();
        }
        // SAFETY: nobody else is between the two accesses to `taken`.
        let result = f(unsafe { &mut *self.value.get() });
        self.taken.store(false, Ordering::Release);
        result
    }
}

/// Which function the register code at an address is of.
#[derive(Debug, Default)]
pub(crate) struct Places {
    /// By the first address: the first address after it, and the function.
    map: Turns<BTreeMap<u64, (u64, u32)>>,
}

impl Places {
    /// Adds the code of a function.
    pub(crate) fn add(&self, code: &Code, defined: u32) {
        let start = code.start() as u64;
        let end = start + 2 * code.units.len() as u64;
        self.map.with(|map| map.insert(start, (end, defined)));
    }

    /// The function, and the instruction's place in it.
    pub(crate) fn find(&self, ip: u64) -> Option<(u32, u32)> {
        let found =
            self.map.with(|map| map.range(..=ip).next_back().map(|(start, end)| (*start, *end)));
        let (start, (end, defined)) = found?;
        let at = u32::try_from((ip - start) / 2).ok()?;
        (ip < end).then_some((defined, at))
    }
}

/// The machine code that goes on with a loop, and how it is called.
#[derive(Clone, Debug)]
pub(crate) struct LoopCode {
    pub(crate) code: u64,
    pub(crate) signature: Arc<SlotSignature>,
}

/// Which loops have machine code to go on with.
#[derive(Debug, Default)]
pub(crate) struct Loops {
    /// By the function, and the offset of the `loop` operator.
    map: Turns<BTreeMap<(u32, u32), LoopCode>>,
}

impl Loops {
    /// Adds a loop's code, unless it has some.
    pub(crate) fn add(&self, defined: u32, offset: u32, code: LoopCode) {
        self.map.with(|map| {
            map.entry((defined, offset)).or_insert(code);
        });
    }

    pub(crate) fn find(&self, defined: u32, offset: u32) -> Option<LoopCode> {
        self.map.with(|map| map.get(&(defined, offset)).cloned())
    }
}

/// A function as calls see it.
#[repr(C, align(16))]
#[derive(Debug)]
pub(crate) struct FunctionEntry {
    /// The first instruction: `translate` below, the function's register code, or `promoted` below.
    ip: AtomicPtr<u16>,
    /// Where machine code calls the function: its interpreting stub, if there is one, or its own machine code.
    machine: AtomicU64,
    /// The instruction `translate`, with the function as its field.
    translate: [u16; 4],
    /// The instruction `call.machine`, with the function as its field.
    promoted: [u16; 4],
    /// The register code, if there is any; owned.
    code: AtomicPtr<Code>,
    /// How much more it may run before the promoter is told.
    heat: AtomicI32,
    /// The index of its type.
    ty: u32,
}

const _: () = assert!(size_of::<FunctionEntry>() == FUNCTION_ENTRY_BYTES as usize);
const _: () =
    assert!(offset_of!(FunctionEntry, machine) == FUNCTION_ENTRY_MACHINE.cast_unsigned() as usize);

/// The entries of a module's defined functions.
#[derive(Debug)]
pub(crate) struct Entries {
    entries: Box<[FunctionEntry]>,
    /// See [`code_number`].
    base: u64,
}

impl Entries {
    /// Entries of functions without code, with the index of the type and the heat of each.
    pub(crate) fn new(base: u64, functions: impl Iterator<Item = (u32, i32)>) -> Self {
        let entry = |index: u32, ty: u32, heat: i32| {
            let [a, b, c, d] = function_field(index).to_le_bytes();
            let field = [u16::from_le_bytes([a, b]), u16::from_le_bytes([c, d])];
            let instruction = |misc: Misc| [misc.number(), field[0], field[1], 0];
            FunctionEntry {
                ip: AtomicPtr::new(core::ptr::null_mut()),
                machine: AtomicU64::new(0),
                translate: instruction(Misc::Translate),
                promoted: instruction(Misc::CallMachine),
                code: AtomicPtr::new(core::ptr::null_mut()),
                heat: AtomicI32::new(heat),
                ty,
            }
        };
        let functions = (0..).zip(functions);
        let entries: Box<[FunctionEntry]> =
            functions.map(|(index, (ty, heat))| entry(index, ty, heat)).collect();
        let this = Self { entries, base };
        for (index, entry) in (0..).zip(&this.entries) {
            // The array does not move any more.
            entry.ip.store(entry.translate.as_ptr().cast_mut(), Ordering::Relaxed);
            entry.machine.store(this.stub(index), Ordering::Relaxed);
        }
        this
    }

    /// What stands for a function's code address.
    pub(crate) fn number(&self, defined: u32) -> Option<u64> {
        self.get(defined).map(|_| code_number(self.base, defined))
    }

    /// The stub that has a function interpreted; 0 if there are none.
    fn stub(&self, defined: u32) -> u64 {
        match self.base {
            0 => 0,
            base => (code_number(base, defined) & !INTERPRETED) + u64::from(INTERPRETING_STUB),
        }
    }

    /// From now on everybody calls a function's machine code, unless it has some already.
    pub(crate) fn promote(&self, defined: u32, code: u64) {
        let (stub, Some(entry)) = (self.stub(defined), self.get(defined)) else { return };
        let order = (Ordering::Release, Ordering::Relaxed);
        if entry.machine.compare_exchange(stub, code, order.0, order.1).is_ok() {
            // Who sees this sees the code, too.
            entry.ip.store(entry.promoted.as_ptr().cast_mut(), Ordering::Release);
        }
    }

    /// The function in whose entry an instruction is.
    pub(crate) fn function_at(&self, ip: u64) -> Option<u32> {
        let index = ip.checked_sub(self.address())? / u64::from(FUNCTION_ENTRY_BYTES);
        u32::try_from(index).ok().filter(|index| self.get(*index).is_some())
    }

    /// The entry of a function.
    pub(crate) fn get(&self, defined: u32) -> Option<&FunctionEntry> {
        self.entries.get(defined as usize)
    }

    /// The address of the first entry.
    pub(crate) fn address(&self) -> u64 {
        self.entries.as_ptr().expose_provenance() as u64
    }

    /// All functions that have code, with their index.
    pub(crate) fn translated(&self) -> impl Iterator<Item = (u32, &Code)> {
        (0..).zip(&self.entries).filter_map(|(index, entry)| Some((index, entry.code()?)))
    }
}

impl FunctionEntry {
    /// Where a call of the function goes.
    #[inline(always)]
    pub(super) fn ip(&self) -> *const u16 {
        self.ip.load(Ordering::Acquire)
    }

    /// Where its machine code is. Only to be asked by the instruction `call.machine`.
    #[inline(always)]
    pub(crate) fn machine(&self) -> u64 {
        self.machine.load(Ordering::Acquire)
    }

    /// The index of its type.
    #[inline(always)]
    pub(crate) const fn ty(&self) -> u32 {
        self.ty
    }

    /// The instruction that calls its machine code, if calls go there.
    pub(crate) fn promoted(&self) -> Option<*const u16> {
        let promoted = self.promoted.as_ptr();
        core::ptr::eq(self.ip(), promoted).then_some(promoted)
    }

    /// How much more it may run before the promoter is told; less than 0 if it is to be told.
    pub(crate) fn heat(&self) -> i32 {
        self.heat.load(Ordering::Relaxed)
    }

    pub(crate) fn set_heat(&self, heat: i32) {
        self.heat.store(heat, Ordering::Relaxed);
    }

    /// Counts a run; whether the promoter need not be told. Threads that count at the same time may lose some.
    #[inline(always)]
    pub(super) fn count(&self, weight: u16) -> bool {
        let heat = self.heat().wrapping_sub(i32::from(weight));
        self.set_heat(heat);
        heat >= 0
    }

    /// The register code, if there is any.
    pub(crate) fn code(&self) -> Option<&Code> {
        let code = self.code.load(Ordering::Acquire);
        // SAFETY: null or set by `set`, of a box that only the drop of the entry takes back.
        unsafe { code.as_ref() }
    }

    /// Gives the function its code, unless it has some already; what it has then.
    pub(crate) fn set(&self, code: Code) -> &Code {
        let new = Box::into_raw(Box::new(code));
        let null = core::ptr::null_mut();
        let swapped = self.code.compare_exchange(null, new, Ordering::AcqRel, Ordering::Acquire);
        let current = match swapped {
            Ok(_) => new,
            Err(current) => {
                // SAFETY: made by `into_raw` above, and given to nobody.
                drop(unsafe { Box::from_raw(new) });
                current
            }
        };
        // SAFETY: as in `code`.
        let current = unsafe { &*current };
        // Only the first time: it may have been promoted meanwhile.
        let (from, to) = (self.translate.as_ptr().cast_mut(), current.start().cast_mut());
        let _ = self.ip.compare_exchange(from, to, Ordering::Release, Ordering::Relaxed);
        current
    }
}

impl Drop for FunctionEntry {
    fn drop(&mut self) {
        let code = *self.code.get_mut();
        if !code.is_null() {
            // SAFETY: made by `Box::into_raw` in `set`; nobody refers to an entry that is dropped.
            drop(unsafe { Box::from_raw(code) });
        }
    }
}
