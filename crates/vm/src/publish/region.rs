//! The code of a module whose functions are promoted one by one: images, one after the other in ranges of addresses.
//!
//! Every image goes through the gate like any other code, page by page, into a range that was reserved for the
//! module. The first range is small and is there when the first image comes, so that a module of which nothing is promoted
//! takes no addresses; each further one is twice as long as the one before. Which image an address lies in is answered
//! from any thread, also in a signal handler, and about images that were published a moment ago. Not here: compiling, and
//! telling callers where code is now (the program's entries).
//! Invariants: images lie in their range in the order in which they were published; nothing in a range changes or goes
//! before all of them do. Read next: [`super::images`].

use super::images::Appended;
use super::{Kind, Machine, Place, PublishedCode, VerifiedCode, seal};
use crate::VmError;
use crate::limits::{CODE_RANGE_BYTES_FIRST, IMAGES_MAX};
use crate::objects::check;
use crate::sys::map::{Mapping, PAGE};
use crate::sys::stubs;
use holm_abi::Interpreted;
use holm_abi::code::{FILLER, LINE_BYTES};
use holm_abi::layout::{STUBS_MAX, code_number};
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError, Weak};

/// Functions of which each is interpreted until it has machine code.
#[derive(Debug)]
pub(super) struct Tiered {
    pub(super) functions: Arc<dyn Interpreted>,
    /// How many there are.
    count: u32,
    /// The most that their code may take.
    bytes_max: u64,
    ranges: Appended<CodeRange>,
    /// Who publishes holds it.
    taken: Mutex<Taken>,
}

/// What images take up.
#[derive(Debug, Default)]
struct Taken {
    images: u32,
    bytes: u64,
    /// Where the last image ends in the last range.
    end: usize,
}

impl Taken {
    /// The next page of the last range, on which no image lies.
    fn page(&self) -> usize {
        self.end.next_multiple_of(PAGE)
    }

    /// How far into its first page the next image begins: as far as the last one reached into its own. If images all
    /// began where pages do, the parts of them that run most would share a few sets of the processor's caches; QuickJS
    /// ran 10 % longer, in 80 images of a page or two.
    fn lead(&self) -> usize {
        self.end.next_multiple_of(LINE_BYTES as usize) % PAGE
    }
}

/// Addresses for images.
#[derive(Debug)]
struct CodeRange {
    images: Appended<Arc<PublishedCode>>,
    /// The images only know addresses in it.
    mapping: Mapping,
}

impl CodeRange {
    /// A range with room for `least` bytes, and for more if there are the addresses.
    fn new(least: usize, wanted: usize) -> Result<Self, VmError> {
        let mut bytes = wanted.max(least);
        loop {
            match Mapping::reserve(bytes) {
                Ok(mapping) => return Ok(Self { images: Appended::default(), mapping }),
                Err(error) if bytes == least => return Err(error),
                Err(_) => bytes = (bytes / 2).next_multiple_of(PAGE).max(least),
            }
        }
    }

    fn addresses(&self) -> Range<u64> {
        let start = self.mapping.base().as_ptr().expose_provenance() as u64;
        start..start + self.mapping.bytes() as u64
    }
}

impl Tiered {
    fn new(functions: Arc<dyn Interpreted>, bytes_max: u64) -> Result<Self, VmError> {
        let base = stubs()?.base();
        let count = count(&*functions);
        let first = functions.entry(0);
        assert!(
            first.is_none_or(|first| first == code_number(base, 0)),
            "functions that were made for the stubs at {base:#x}, not {first:?}"
        );
        let (ranges, taken) = (Appended::default(), Mutex::default());
        Ok(Self { functions, count, bytes_max, ranges, taken })
    }

    /// The image that an address may lie in. Neither allocates nor locks.
    pub(super) fn image_at(&self, pc: u64) -> Option<&Arc<PublishedCode>> {
        let mut ranges = (0..self.ranges.count()).filter_map(|index| self.ranges.get(index));
        let range = ranges.find(|range| range.addresses().contains(&pc))?;
        range.images.last_where(|image| image.addresses().start <= pc)
    }

    fn publish(
        &self,
        parent: Weak<PublishedCode>,
        code: VerifiedCode,
    ) -> Result<Arc<PublishedCode>, VmError> {
        let code = code.0;
        // Machine code jumps to them.
        stubs()?.need(self.count)?;
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let lead = taken.lead();
        let filled = lead + code.text().len().max(1);
        let bytes = filled.next_multiple_of(PAGE);
        let total = taken.bytes + bytes as u64;
        check("code memory", total, self.bytes_max)?;
        check("images of code", u64::from(taken.images) + 1, u64::from(IMAGES_MAX))?;
        let range = self.range_for(bytes, &mut taken)?;
        let page = taken.page();
        range.mapping.make_executable(page, &seal(&[&vec![FILLER; lead], code.text()])?, filled)?;
        *taken = Taken { images: taken.images + 1, bytes: total, end: page + filled };
        let start = range.addresses().start + (page + lead) as u64;
        let place = Place::In { start, parent };
        let kind = Kind::Machine(Box::new(Machine { code, place }));
        let image = Arc::new(PublishedCode { kind });
        let appended = range.images.push(Arc::clone(&image));
        debug_assert!(appended.is_ok(), "the list has room, and the lock is held");
        Ok(image)
    }

    /// The last range, if there is room for so much, or a new one.
    fn range_for(&self, bytes: usize, taken: &mut Taken) -> Result<&CodeRange, VmError> {
        let last = || self.ranges.get(self.ranges.count().checked_sub(1)?);
        let mut wanted = CODE_RANGE_BYTES_FIRST;
        if let Some(range) = last() {
            if bytes <= range.mapping.bytes() - taken.page() {
                return Ok(range);
            }
            wanted = 2 * range.mapping.bytes();
        }
        let left = usize::try_from(self.bytes_max - taken.bytes).unwrap_or(usize::MAX);
        let appended = self.ranges.push(CodeRange::new(bytes, wanted.min(left))?);
        debug_assert!(appended.is_ok(), "there are fewer ranges than images, and the lock is held");
        taken.end = 0;
        Ok(last().expect("appended just now"))
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
    /// Functions that are interpreted until they have machine code, of which there may be so much
    /// (see [`crate::CODE_REGION_BYTES`]). Nothing is reserved for it before there is some.
    ///
    /// # Errors
    /// When there are no addresses for the [`stubs`] of this process.
    ///
    /// # Panics
    /// When the functions' code numbers are not those of this process's [`stubs`].
    pub fn tiered(
        functions: Arc<dyn Interpreted>,
        region_bytes: usize,
    ) -> Result<Arc<Self>, VmError> {
        let tiered = Tiered::new(functions, region_bytes as u64)?;
        Ok(Arc::new(Self { kind: Kind::Tiered(Box::new(tiered)) }))
    }

    /// What the machine code of functions that are promoted one by one takes up; nothing if this is other code.
    #[must_use]
    pub fn code_memory(&self) -> Option<CodeMemory> {
        let Kind::Tiered(tiered) = &self.kind else { return None };
        let taken = tiered.taken.lock().unwrap_or_else(PoisonError::into_inner);
        Some(CodeMemory {
            images: taken.images.into(),
            bytes: taken.bytes,
            bytes_max: tiered.bytes_max,
        })
    }
}

/// Publishes machine code of some functions of `parent`, which are interpreted so far. What calls them does not know
/// yet; see [`PublishedCode::members`] and [`Interpreted::promote`].
///
/// # Errors
/// When there may not be more ([`VmError::Exhausted`], "code memory"), or the operating system has no addresses or
/// refuses.
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
