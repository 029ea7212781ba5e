//! The code of a module whose functions are promoted one by one: images, one after the other in one range of addresses.
//!
//! Every image goes through the gate like any other code, page by page, into a range that was reserved for the
//! module. Which image an address lies in is answered from any thread, also in a signal handler, and about images that
//! were published a moment ago. Not here: compiling, and telling callers where code is now (the program's entries).
//! Invariants: images lie in the order in which they were published; nothing in the range changes or goes before
//! all of it does. Read next: [`super::images`].

use super::images::Appended;
use super::{Kind, Machine, Place, PublishedCode, VerifiedCode, seal};
use crate::VmError;
use crate::limits::IMAGES_MAX;
use crate::objects::check;
use crate::sys::map::{Mapping, PAGE};
use crate::sys::stubs;
use holm_abi::Interpreted;
use holm_abi::layout::{STUBS_MAX, code_number};
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError, Weak};

/// Functions of which each is interpreted until it has machine code.
#[derive(Debug)]
pub(super) struct Tiered {
    pub(super) functions: Arc<dyn Interpreted>,
    /// How many there are.
    count: u32,
    images: Appended<Arc<PublishedCode>>,
    /// Bytes of the range that are in use; who publishes holds it.
    used: Mutex<usize>,
    /// Dropped after the images, which only know addresses in it.
    mapping: Mapping,
}

impl Tiered {
    fn new(functions: Arc<dyn Interpreted>, region_bytes: usize) -> Result<Self, VmError> {
        let base = stubs()?.base();
        let count = count(&*functions);
        let first = functions.entry(0);
        assert!(
            first.is_none_or(|first| first == code_number(base, 0)),
            "functions that were made for the stubs at {base:#x}, not {first:?}"
        );
        let mapping = Mapping::reserve(region_bytes)?;
        let (images, used) = (Appended::default(), Mutex::new(0));
        Ok(Self { functions, count, images, used, mapping })
    }

    /// The addresses where images may be.
    pub(super) fn addresses(&self) -> Range<u64> {
        let start = self.mapping.base().as_ptr().expose_provenance() as u64;
        start..start + self.mapping.bytes() as u64
    }

    /// The image that begins last at or below an address.
    pub(super) fn image_at(&self, pc: u64) -> Option<&Arc<PublishedCode>> {
        self.images.last_where(|image| image.addresses().start <= pc)
    }

    fn publish(
        &self,
        parent: Weak<PublishedCode>,
        code: VerifiedCode,
    ) -> Result<Arc<PublishedCode>, VmError> {
        let code = code.0;
        // Machine code jumps to them.
        stubs()?.need(self.count)?;
        let file = seal(code.text())?;
        let bytes = code.text().len().max(1).next_multiple_of(PAGE);
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        let (offset, end) = (*used, *used + bytes);
        check("code memory", end as u64, self.mapping.bytes() as u64)?;
        check("images of code", self.images.count() as u64 + 1, u64::from(IMAGES_MAX))?;
        self.mapping.make_executable(offset, &file, code.text().len())?;
        *used = end;
        let start = self.addresses().start + offset as u64;
        let place = Place::In { start, parent };
        let kind = Kind::Machine(Box::new(Machine { code, place }));
        let image = Arc::new(PublishedCode { kind });
        let appended = self.images.push(Arc::clone(&image));
        debug_assert!(appended.is_ok(), "the list has room, and the lock is held");
        Ok(image)
    }
}

/// How many functions there are; each of them has a code number.
fn count(functions: &dyn Interpreted) -> u32 {
    let (mut low, mut high) = (0, STUBS_MAX);
    while low < high {
        let middle = low + (high - low) / 2;
        if functions.entry(middle).is_some() { low = middle + 1 } else { high = middle }
    }
    low
}

/// What the machine code of a module takes up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CodeMemory {
    /// Images that were published.
    pub images: u64,
    /// Bytes of the pages that they lie in.
    pub bytes: u64,
    /// The most there may be.
    pub bytes_max: u64,
}

impl PublishedCode {
    /// Functions that are interpreted until they have machine code, for which so many bytes of addresses are
    /// reserved (see [`crate::CODE_REGION_BYTES`]).
    ///
    /// # Errors
    /// When there are no such addresses.
    ///
    /// # Panics
    /// When the functions' code numbers are not those of this process's [`stubs`].
    pub fn tiered(
        functions: Arc<dyn Interpreted>,
        region_bytes: usize,
    ) -> Result<Arc<Self>, VmError> {
        let tiered = Tiered::new(functions, region_bytes)?;
        Ok(Arc::new(Self { kind: Kind::Tiered(Box::new(tiered)) }))
    }

    /// What the machine code of functions that are promoted one by one takes up; nothing if this is other code.
    #[must_use]
    pub fn code_memory(&self) -> Option<CodeMemory> {
        let Kind::Tiered(tiered) = &self.kind else { return None };
        let used = *tiered.used.lock().unwrap_or_else(PoisonError::into_inner);
        Some(CodeMemory {
            images: tiered.images.count() as u64,
            bytes: used as u64,
            bytes_max: tiered.mapping.bytes() as u64,
        })
    }
}

/// Publishes machine code of some functions of `parent`, which are interpreted so far. What calls them does not know
/// yet; see [`PublishedCode::members`] and [`Interpreted::promote`].
///
/// # Errors
/// When there is no room for it ([`VmError::Exhausted`], "code memory"), or the operating system refuses.
///
/// # Panics
/// When the parent was not made by [`PublishedCode::tiered`].
pub fn publish_into(
    parent: &Arc<PublishedCode>,
    code: VerifiedCode,
) -> Result<Arc<PublishedCode>, VmError> {
    let Kind::Tiered(tiered) = &parent.kind else { panic!("functions that can be promoted") };
    tiered.publish(Arc::downgrade(parent), code)
}
