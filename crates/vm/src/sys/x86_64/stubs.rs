//! The stubs of functions that are interpreted until they have machine code: at each function's code number one that
//! goes wherever its entry says, and one that has it interpreted.
//!
//! They are the same for every module, so that a process has them once: at a base that leaves the index of the function
//! in the lower bits of its stubs' addresses. They are made in chunks when a module needs them, and go through
//! the gate like all code. Not here: the bridge to the interpreter (`bridge.rs`), whose address is in a page behind the
//! last stub. Invariant: stubs never change or go. Read next: [`holm_abi::layout::code_number`].

use crate::VmError;
use crate::limits::STUB_CHUNK;
use crate::objects::check;
use crate::publish::seal;
use crate::sys::map::{Mapping, PAGE};
use holm_abi::layout::{
    ENTRIES, FUNCTION_ENTRY_BYTES, FUNCTION_ENTRY_MACHINE, INTERPRETING_STUB, STUB_BYTES, STUBS_MAX,
};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};

/// Bytes of all stubs; their base is a multiple of it.
const AREA_BYTES: u32 = STUB_BYTES * STUBS_MAX;

const _: () = assert!(STUBS_MAX.is_multiple_of(STUB_CHUNK));
const _: () = assert!((STUB_CHUNK as usize * STUB_BYTES as usize).is_multiple_of(PAGE));

static AREA: OnceLock<Area> = OnceLock::new();

#[derive(Debug)]
struct Area {
    mapping: Mapping,
    base: u64,
    /// How many functions have stubs.
    made: AtomicU32,
    /// Held while more are made.
    making: Mutex<()>,
}

/// The stubs of this process.
#[derive(Clone, Copy, Debug)]
pub struct StubArea(&'static Area);

/// The stubs of this process. Reserves their addresses when it is called for the first time.
///
/// # Errors
/// When there are no addresses for them.
pub fn stubs() -> Result<StubArea, VmError> {
    if let Some(area) = AREA.get() {
        return Ok(StubArea(area));
    }
    // Whoever comes second uses the other one's.
    let area = Area::new()?;
    Ok(StubArea(AREA.get_or_init(|| area)))
}

/// The base of the stubs that a code number belongs to, if it belongs to any.
pub(crate) fn base_of(code: u64) -> Option<u64> {
    let base = AREA.get()?.base;
    (code & !u64::from(AREA_BYTES - 1) == base).then_some(base)
}

impl StubArea {
    /// Where they are, for [`holm_abi::layout::code_number`].
    #[must_use]
    pub fn base(self) -> u64 {
        self.0.base
    }

    /// Makes the stubs of so many functions. Machine code may be published only for modules whose functions have them.
    ///
    /// # Errors
    /// When there are too many functions or the operating system refuses.
    pub fn need(self, count: u32) -> Result<(), VmError> {
        self.0.need(count)
    }
}

impl Area {
    fn new() -> Result<Self, VmError> {
        let bytes = AREA_BYTES as usize;
        let mapping = Mapping::reserve_aligned(bytes + PAGE, bytes)?;
        let base = mapping.base().as_ptr().expose_provenance() as u64;
        Ok(Self { mapping, base, made: AtomicU32::new(0), making: Mutex::new(()) })
    }

    fn need(&self, count: u32) -> Result<(), VmError> {
        if count <= self.made.load(Ordering::Acquire) {
            return Ok(());
        }
        check("functions that are promoted", u64::from(count), u64::from(STUBS_MAX))?;
        let making = self.making.lock().unwrap_or_else(PoisonError::into_inner);
        let mut made = self.made.load(Ordering::Acquire);
        if made == 0 {
            let bridge = super::bridge::holm_vm_interpret as *const () as u64;
            let behind = bridge.to_le_bytes();
            self.mapping.make_executable(AREA_BYTES as usize, seal(&[&behind])?, behind.len())?;
        }
        while made < count {
            let chunk: Vec<u8> = (made..made + STUB_CHUNK).flat_map(encode).collect();
            let offset = made as usize * STUB_BYTES as usize;
            self.mapping.make_executable(offset, seal(&[&chunk])?, chunk.len())?;
            made += STUB_CHUNK;
            self.made.store(made, Ordering::Release);
        }
        drop(making);
        Ok(())
    }
}

/// Both stubs of a function.
fn encode(defined: u32) -> [u8; STUB_BYTES as usize] {
    const BREAKPOINT: u8 = 0xcc;
    let mut stubs = [BREAKPOINT; STUB_BYTES as usize];
    let mut put = |at: u32, bytes: &[u8]| {
        stubs[at as usize..at as usize + bytes.len()].copy_from_slice(bytes);
        at + u32::try_from(bytes.len()).unwrap_or_default()
    };
    let machine = defined * FUNCTION_ENTRY_BYTES + FUNCTION_ENTRY_MACHINE.cast_unsigned();
    // mov r11, [r15 + ENTRIES]; jmp [r11 + machine]
    let at = put(1, &[0x4d, 0x8b, 0x9f]);
    let at = put(at, &ENTRIES.to_le_bytes());
    let at = put(at, &[0x41, 0xff, 0xa3]);
    let end = put(at, &machine.to_le_bytes());
    debug_assert!(end <= INTERPRETING_STUB, "the other stub begins there");
    // mov eax, defined; jmp [rip + distance to the address behind all stubs]
    let at = put(INTERPRETING_STUB, &[0xb8]);
    let at = put(at, &defined.to_le_bytes());
    let at = put(at, &[0xff, 0x25]);
    let distance = AREA_BYTES - (defined * STUB_BYTES + at + 4);
    put(at, &distance.to_le_bytes());
    stubs
}

#[cfg(test)]
mod tests;
