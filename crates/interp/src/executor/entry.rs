//! What the interpreter keeps of every defined function: where its register code is, once there is any.
//!
//! Entries lie in one array per module, at addresses that contexts, tables and records hold. Threads may translate
//! the same function at the same time; the first to finish wins and the others throw theirs away.
//! Invariant: an entry's code is set once and lives as long as the entry.
//! Read next: [`super::regs`], which finds entries.

use crate::ops::misc::Misc;
use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::cell::UnsafeCell;
use core::sync::atomic::{AtomicBool, AtomicPtr, Ordering};

/// Register code of one function.
#[derive(Debug)]
pub(crate) struct Code {
    pub(crate) units: Box<[u16]>,
    /// Bodies of tries, inner ones first; empty for most functions.
    pub(crate) tries: Box<[TryRange]>,
    /// Where references are, once a collection wanted to know; owned.
    maps: AtomicPtr<Maps>,
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
    pub(crate) fn new(units: Box<[u16]>, tries: Box<[TryRange]>) -> Self {
        Self { units, tries, maps: AtomicPtr::new(core::ptr::null_mut()) }
    }

    /// Where references are; `make` says so if nobody has asked before.
    pub(crate) fn maps(&self, make: impl FnOnce() -> Maps) -> &Maps {
        let mut maps = self.maps.load(Ordering::Acquire);
        if maps.is_null() {
            let new = Box::into_raw(Box::new(make()));
            let order = (Ordering::AcqRel, Ordering::Acquire);
            maps = match self.maps.compare_exchange(maps, new, order.0, order.1) {
                Ok(_) => new,
                Err(current) => {
                    // SAFETY: made by `into_raw` above, and given to nobody.
                    drop(unsafe { Box::from_raw(new) });
                    current
                }
            };
        }
        // SAFETY: set once, above, of a box that only the drop of the code takes back.
        unsafe { &*maps }
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

/// Which function the register code at an address is of. Threads take turns; what they do takes no time.
#[derive(Debug, Default)]
pub(crate) struct Places {
    taken: AtomicBool,
    /// By the first address: the first address after it, and the function.
    map: UnsafeCell<BTreeMap<u64, (u64, u32)>>,
}

// SAFETY: the map is only used between `taken` becoming true and false again, by one thread.
unsafe impl Sync for Places {}

impl Places {
    fn with<T>(&self, f: impl FnOnce(&mut BTreeMap<u64, (u64, u32)>) -> T) -> T {
        while self.taken.swap(true, Ordering::Acquire) {
            core::hint::spin_loop();
        }
        // SAFETY: nobody else is between the two accesses to `taken`.
        let result = f(unsafe { &mut *self.map.get() });
        self.taken.store(false, Ordering::Release);
        result
    }

    /// Adds the code of a function.
    pub(crate) fn add(&self, code: &Code, defined: u32) {
        let start = code.units.as_ptr() as u64;
        let end = start + 2 * code.units.len() as u64;
        self.with(|map| map.insert(start, (end, defined)));
    }

    /// The function, and the instruction's place in it.
    pub(crate) fn find(&self, ip: u64) -> Option<(u32, u32)> {
        let found =
            self.with(|map| map.range(..=ip).next_back().map(|(start, end)| (*start, *end)));
        let (start, (end, defined)) = found?;
        let at = u32::try_from((ip - start) / 2).ok()?;
        (ip < end).then_some((defined, at))
    }
}

/// A function as calls see it.
#[repr(C)]
#[derive(Debug)]
pub(crate) struct FunctionEntry {
    /// The first instruction: `translate` below, or the function's register code.
    ip: AtomicPtr<u16>,
    /// The instruction `translate`, with the function's index.
    translate: [u16; 4],
    /// The register code, if there is any; owned.
    code: AtomicPtr<Code>,
}

/// The entries of a module's defined functions.
#[derive(Debug)]
pub(crate) struct Entries {
    entries: Box<[FunctionEntry]>,
}

impl Entries {
    /// Entries of functions without code.
    pub(crate) fn new(count: u32) -> Self {
        let entry = |index: u32| {
            let [a, b, c, d] = index.to_le_bytes();
            let index = [u16::from_le_bytes([a, b]), u16::from_le_bytes([c, d])];
            FunctionEntry {
                ip: AtomicPtr::new(core::ptr::null_mut()),
                translate: [Misc::Translate.number(), index[0], index[1], 0],
                code: AtomicPtr::new(core::ptr::null_mut()),
            }
        };
        let entries: Box<[FunctionEntry]> = (0..count).map(entry).collect();
        for entry in &entries {
            // The array does not move any more.
            entry.ip.store(entry.translate.as_ptr().cast_mut(), Ordering::Relaxed);
        }
        Self { entries }
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

impl Drop for Code {
    fn drop(&mut self) {
        let maps = *self.maps.get_mut();
        if !maps.is_null() {
            // SAFETY: made by `Box::into_raw` in `maps`; nobody refers to code that is dropped.
            drop(unsafe { Box::from_raw(maps) });
        }
    }
}

impl FunctionEntry {
    /// Where a call of the function goes.
    #[inline(always)]
    pub(super) fn ip(&self) -> *const u16 {
        self.ip.load(Ordering::Acquire)
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
        self.ip.store(current.units.as_ptr().cast_mut(), Ordering::Release);
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
