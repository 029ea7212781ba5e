//! `Code`: what a tier makes of a module. Inert, position independent, the same bytes in memory and on disk.
//!
//! One text image and flat tables of little-endian numbers beside it, each sorted by code offset, so that
//! loading parses nothing: a look-up is a binary search in place. All offsets are bytes from the start of
//! the text. Reading from untrusted bytes checks the shape of every table; it says nothing about the
//! machine code itself, which is the verifier's business.
//!
//! The functions of an image are all those that the module defines, in order, or, in an image of *parts*, those
//! that its list of members names. Read next: [`merge`](Code::merge), which makes one image of several.

mod call;
mod merge;

pub use call::{Call, CallForm, resolve_call};

use crate::container::{ArtifactError, Container, ContainerWriter, SharedBytes, read_u32};
use alloc::format;
use alloc::vec::Vec;
use holm_spec::trap::TrapReason;

/// Section kinds of an artifact that belong to code.
pub mod section {
    /// The text of [`crate::Settings`].
    pub const SETTINGS: u32 = 1;
    /// Machine code.
    pub const TEXT: u32 = 2;
    /// Pairs of `u32`: offset and bytes of each function.
    pub const FUNCTIONS: u32 = 3;
    /// Pairs of `u32`: offset of an instruction that may trap, reason.
    pub const TRAPS: u32 = 4;
    /// Pairs of `u32`: code offset, offset in the wasm bytes; valid up to the next pair.
    pub const SOURCES: u32 = 5;
    /// One `u32` per type: offset of its foreign-call thunk, or `u32::MAX`.
    pub const THUNKS: u32 = 6;
    /// Pairs of `u32`: code offset, 1 + the site whose callee the code belongs to, or 0 if it is the
    /// function's own; valid up to the next pair.
    pub const INLINED: u32 = 7;
    /// Pairs of `u32`, one per call that was replaced by its callee's code: offset of the call in the wasm
    /// bytes, 1 + the site that the call itself belongs to, or 0.
    pub const SITES: u32 = 8;
    /// Pairs of `u32`, one per safepoint that has references in its frame: the return address of the call as
    /// a code offset, where its list starts in `FRAME_SLOTS`.
    pub const FRAMES: u32 = 9;
    /// Lists of `u32`: how many follow, then for each a distance in bytes below the frame pointer, where
    /// a reference of 32 bits lies.
    pub const FRAME_SLOTS: u32 = 10;
    /// Four `u32` per call that has a handler for exceptions; see [`crate::Handler`].
    pub const HANDLERS: u32 = 12;
    /// Pairs of `u32`: code offset, a [`super::Saved`]; valid up to the next pair.
    pub const SAVED: u32 = 13;
    /// In an image of parts, pairs of `u32`, one per function: its defined index, and 0 or, if it begins at a loop, 1 +
    /// the offset of the loop in the wasm bytes. Empty if the functions are all that the module defines.
    pub const MEMBERS: u32 = 14;
    /// In an image of parts, pairs of `u32`, one per call inside the text; see [`super::Call`].
    pub const CALLS: u32 = 15;
}

/// The place of one function in the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FunctionRange {
    /// Where its entry is.
    pub offset: u32,
    /// How long it is.
    pub bytes: u32,
}

/// One function of an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Member {
    /// Its defined index.
    pub defined: u32,
    /// The offset of the loop in the wasm bytes that it begins at, if it does not begin at its start.
    pub loop_offset: Option<u32>,
    /// Where it is.
    pub range: FunctionRange,
}

/// Where an exception that leaves a call is handled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Handler {
    /// Where the call returns to.
    pub return_address: u32,
    /// Where the handler starts. It expects what is kept over calls as it was at the call: the stack and frame
    /// pointers, the pinned register and those of [`KEPT_REGISTERS`]; the address of the exception's record
    /// is in the first result register.
    pub entry: u32,
    /// Bytes from the stack pointer at the call (and in the handler) up to the frame pointer.
    pub frame_bytes: u32,
    /// Where the frame keeps its anchor during the call.
    pub anchor: AnchorAt,
}

/// A place of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum AnchorAt {
    /// So many bytes above the stack pointer.
    Stack(u32),
    /// This one of [`KEPT_REGISTERS`].
    Register(u32),
}

/// Registers that functions keep for their callers, besides the stack and frame pointers and the pinned one:
/// rbx, r12, r13, r14. Only code for x86-64 makes use of it that they are kept over a throw.
pub const KEPT_REGISTERS: usize = 4;

/// Bytes of a line of code, by which processors fetch it. A tier places a function in a line as its loops like it, and whoever
/// moves its code keeps the place.
pub const LINE_BYTES: u32 = 64;

/// What fills the space before and between functions: an instruction that traps, on both architectures.
pub const FILLER: u8 = 0xcc;

/// Where functions have put the registers of their caller that they use themselves: for each of
/// [`KEPT_REGISTERS`], how many words below the frame pointer, or 0 for nowhere.
pub type Saved = [u8; KEPT_REGISTERS];

impl AnchorAt {
    const REGISTER: u32 = 1 << 31;

    fn to_u32(self) -> u32 {
        match self {
            Self::Stack(offset) => offset,
            Self::Register(index) => index | Self::REGISTER,
        }
    }

    fn from_u32(bits: u32) -> Self {
        if bits & Self::REGISTER == 0 {
            Self::Stack(bits)
        } else {
            Self::Register(bits & !Self::REGISTER)
        }
    }
}

/// What a tier collects before it becomes [`Code`].
#[derive(Clone, Debug, Default)]
pub struct CodeParts {
    /// The image: all functions and thunks, every call inside it resolved.
    pub text: Vec<u8>,
    /// Per function, in ascending order of offsets; if there are no members, per defined function in index order.
    pub functions: Vec<FunctionRange>,
    /// In an image of parts, for each of `functions`: its defined index, and 0 or 1 + the offset in the wasm bytes of
    /// the loop that it begins at.
    pub members: Vec<(u32, u32)>,
    /// In an image of parts: the calls inside the text, ascending.
    pub calls: Vec<Call>,
    /// Instructions that may trap, ascending.
    pub traps: Vec<(u32, TrapReason)>,
    /// Code offset → wasm offset, ascending.
    pub sources: Vec<(u32, u32)>,
    /// Per type index: its foreign-call thunk.
    pub thunks: Vec<Option<u32>>,
    /// Code offset → 1 + index of the site that it was inlined at, or 0; ascending.
    pub inlined: Vec<(u32, u32)>,
    /// Calls that were replaced by their callee's code: where in the wasm bytes, and 1 + index of the site
    /// that the call itself was inlined at (which comes before it), or 0.
    pub sites: Vec<(u32, u32)>,
    /// Return address → where in `frame_slots` its list starts; ascending.
    pub frames: Vec<(u32, u32)>,
    /// Lists of places below the frame pointer, each after its length.
    pub frame_slots: Vec<u32>,
    /// Calls with handlers, by ascending return address.
    pub handlers: Vec<Handler>,
    /// Code offset → where the function has saved registers, ascending.
    pub saved: Vec<(u32, Saved)>,
}

/// Compiled code of one module.
#[derive(Clone, Debug)]
pub struct Code {
    settings: SharedBytes,
    text: SharedBytes,
    functions: SharedBytes,
    traps: SharedBytes,
    sources: SharedBytes,
    thunks: SharedBytes,
    inlined: SharedBytes,
    sites: SharedBytes,
    frames: SharedBytes,
    frame_slots: SharedBytes,
    handlers: SharedBytes,
    saved: SharedBytes,
    members: SharedBytes,
    calls: SharedBytes,
}

/// What the settings of an image of parts end in: it runs only where functions have entries.
const PARTS: &str = " parts";

impl Code {
    /// Turns what a tier collected, compiled under `settings`, into code.
    ///
    /// # Panics
    /// When the parts contradict each other, which is a bug of the tier.
    #[must_use]
    pub fn from_parts(parts: CodeParts, settings: &crate::Settings) -> Self {
        let suffix = if parts.members.is_empty() { "" } else { PARTS };
        let settings = format!("{settings}{suffix}");
        Self::new(parts, settings.into_bytes().into()).expect("a tier's parts are coherent")
    }

    /// Turns what was collected into code, if it is coherent.
    fn new(parts: CodeParts, settings: SharedBytes) -> Result<Self, ArtifactError> {
        let pairs = |pairs: &mut dyn Iterator<Item = (u32, u32)>| {
            let bytes = pairs.flat_map(|(a, b)| [a.to_le_bytes(), b.to_le_bytes()]);
            SharedBytes::from(bytes.flatten().collect::<Vec<u8>>())
        };
        let frame_slots = parts.frame_slots.iter().copied().flat_map(u32::to_le_bytes);
        let handlers = parts.handlers.iter().flat_map(|handler| {
            let Handler { return_address, entry, frame_bytes, anchor } = *handler;
            [return_address, entry, frame_bytes, anchor.to_u32()].map(u32::to_le_bytes)
        });
        let thunks = parts.thunks.iter().map(|thunk| thunk.unwrap_or(u32::MAX).to_le_bytes());
        Self {
            settings,
            functions: pairs(&mut parts.functions.iter().map(|f| (f.offset, f.bytes))),
            traps: pairs(&mut parts.traps.iter().map(|(at, reason)| (*at, *reason as u32))),
            sources: pairs(&mut parts.sources.iter().copied()),
            thunks: thunks.flatten().collect::<Vec<u8>>().into(),
            inlined: pairs(&mut parts.inlined.iter().copied()),
            sites: pairs(&mut parts.sites.iter().copied()),
            frames: pairs(&mut parts.frames.iter().copied()),
            frame_slots: frame_slots.collect::<Vec<u8>>().into(),
            handlers: handlers.flatten().collect::<Vec<u8>>().into(),
            saved: pairs(
                &mut parts.saved.iter().map(|(at, saved)| (*at, u32::from_le_bytes(*saved))),
            ),
            members: pairs(&mut parts.members.iter().copied()),
            calls: pairs(&mut parts.calls.iter().map(|call| call.to_pair())),
            text: parts.text.into(),
        }
        .checked()
    }

    /// Adds the sections of this code to an artifact.
    pub fn append<'a>(&'a self, out: &mut ContainerWriter<'a>) {
        let page = crate::layout::HOST_PAGE_BYTES as usize;
        let mut add = |kind, align, bytes: &'a SharedBytes| out.section(kind, align, &**bytes);
        add(section::SETTINGS, 16, &self.settings);
        add(section::FUNCTIONS, 16, &self.functions);
        add(section::TRAPS, 16, &self.traps);
        add(section::SOURCES, 16, &self.sources);
        add(section::THUNKS, 16, &self.thunks);
        add(section::INLINED, 16, &self.inlined);
        add(section::SITES, 16, &self.sites);
        add(section::FRAMES, 16, &self.frames);
        add(section::FRAME_SLOTS, 16, &self.frame_slots);
        add(section::HANDLERS, 16, &self.handlers);
        add(section::SAVED, 16, &self.saved);
        add(section::MEMBERS, 16, &self.members);
        add(section::CALLS, 16, &self.calls);
        add(section::TEXT, page, &self.text);
    }

    /// Finds and checks the tables of an artifact.
    ///
    /// # Errors
    /// When a table is missing, unsorted, or points outside the text.
    pub fn read(container: &Container) -> Result<Self, ArtifactError> {
        Self {
            settings: container.section(section::SETTINGS)?,
            text: container.section(section::TEXT)?,
            functions: container.section(section::FUNCTIONS)?,
            traps: container.section(section::TRAPS)?,
            sources: container.section(section::SOURCES)?,
            thunks: container.section(section::THUNKS)?,
            inlined: container.section(section::INLINED)?,
            sites: container.section(section::SITES)?,
            frames: container.section(section::FRAMES)?,
            frame_slots: container.section(section::FRAME_SLOTS)?,
            handlers: container.section(section::HANDLERS)?,
            saved: container.section(section::SAVED)?,
            members: container.section(section::MEMBERS)?,
            calls: container.section(section::CALLS)?,
        }
        .checked()
    }

    /// The same if its tables can be used.
    fn checked(self) -> Result<Self, ArtifactError> {
        let code = self;
        let check = |holds: bool, what: &str| {
            if holds { Ok(()) } else { Err(ArtifactError(format!("artifact's {what} is damaged"))) }
        };
        let text_bytes = code.text.len() as u64;
        check(u32::try_from(text_bytes).is_ok(), "text")?;
        let Self { functions, traps, sources, inlined, sites, frames, saved, .. } = &code;
        let tables = [functions, traps, sources, inlined, sites, frames, saved];
        let tables = [&tables[..], &[&code.members, &code.calls]].concat();
        check(tables.iter().all(|table| table.len().is_multiple_of(8)), "table size")?;
        check(code.thunks.len().is_multiple_of(4), "thunk table")?;
        let members = code.members.len();
        check(members == 0 || members == code.functions.len(), "member table")?;
        check(are_calls(&code.calls, text_bytes), "call table")?;
        let mut end = 0;
        for index in 0..code.function_count() {
            let FunctionRange { offset, bytes } = code.range(index).unwrap_or_default();
            check(u64::from(offset) >= end, "function table")?;
            end = u64::from(offset) + u64::from(bytes);
            check(end <= text_bytes, "function table")?;
        }
        for table in [&code.traps, &code.sources, &code.inlined, &code.frames, &code.saved] {
            check(
                is_sorted(table) && last_key(table).is_none_or(|key| u64::from(key) <= text_bytes),
                "code map",
            )?;
        }
        let thunks = (0..).map_while(|at| read_u32(&code.thunks, 4 * at));
        check(
            thunks.into_iter().all(|at| at == u32::MAX || u64::from(at) < text_bytes),
            "thunk table",
        )?;
        check(are_handlers(&code.handlers, text_bytes), "handler table")?;
        let mut sites = (0..).map_while(|at| Some((at, pair(&code.sites, at)?.1 as usize)));
        check(sites.all(|(at, outer)| outer <= at), "site table")?;
        let mut frames = (0..).map_while(|at| pair(&code.frames, at));
        check(frames.all(|(_, list)| code.frame_list(list).is_some()), "frame map")?;
        Ok(code)
    }

    /// Where the frame of the function that is to be returned to at `offset` keeps references: distances in
    /// bytes below its frame pointer.
    pub fn frame_slots_at(&self, offset: u32) -> impl Iterator<Item = u32> {
        let found = last_at_or_below(&self.frames, offset).and_then(|at| pair(&self.frames, at));
        let list =
            found.filter(|(at, _)| *at == offset).and_then(|(_, list)| self.frame_list(list));
        let slots = list.unwrap_or_default().chunks_exact(4);
        slots.map_while(|slot| read_u32(slot, 0))
    }

    /// The list that starts at word `start` of the frame slots.
    fn frame_list(&self, start: u32) -> Option<&[u8]> {
        let start = (start as usize).checked_mul(4)?;
        let count = read_u32(&self.frame_slots, start)? as usize;
        self.frame_slots.get(start + 4..(start + 4).checked_add(count.checked_mul(4)?)?)
    }

    /// The offsets in the wasm bytes of all calls that are active at `offset` of one frame: the operator
    /// that the instruction stems from, then the calls around it that were replaced by their callee's code,
    /// the innermost first.
    pub fn sources_at(&self, offset: u32) -> impl Iterator<Item = u32> {
        let inlined = last_at_or_below(&self.inlined, offset);
        let mut site = inlined.and_then(|at| pair(&self.inlined, at)).map_or(0, |(_, site)| site);
        let calls = core::iter::from_fn(move || {
            let (call, outer) = pair(&self.sites, site.checked_sub(1)? as usize)?;
            site = outer;
            Some(call)
        });
        self.source_at(offset).into_iter().chain(calls)
    }

    /// The settings it was compiled for, as text.
    #[must_use]
    pub fn settings(&self) -> &str {
        str::from_utf8(&self.settings).unwrap_or_default()
    }

    /// The machine code.
    #[must_use]
    pub fn text(&self) -> &[u8] {
        &self.text
    }

    /// How many functions there are in the image.
    #[must_use]
    pub fn function_count(&self) -> u32 {
        u32::try_from(self.functions.len() / 8).unwrap_or(u32::MAX)
    }

    /// Whether this is an image of parts: some functions of a module, or loops of them, in any order.
    #[must_use]
    pub fn is_of_parts(&self) -> bool {
        !self.members.is_empty()
    }

    /// Where defined function `index` is, if its code from the start on is here. In an image of parts this looks
    /// through all members.
    #[must_use]
    pub fn function(&self, index: u32) -> Option<FunctionRange> {
        if !self.is_of_parts() {
            return self.range(index);
        }
        let is_it = |member: &Member| member.defined == index && member.loop_offset.is_none();
        self.members().find(is_it).map(|member| member.range)
    }

    /// The functions of the image, in the order of the text.
    pub fn members(&self) -> impl Iterator<Item = Member> {
        (0..self.function_count()).map_while(|ordinal| self.member(ordinal))
    }

    /// The function at a place in the order of the text.
    #[must_use]
    pub fn member(&self, ordinal: u32) -> Option<Member> {
        let range = self.range(ordinal)?;
        if !self.is_of_parts() {
            return Some(Member { defined: ordinal, loop_offset: None, range });
        }
        let (defined, at) = pair(&self.members, ordinal as usize)?;
        Some(Member { defined, loop_offset: at.checked_sub(1), range })
    }

    /// The calls inside the text of an image of parts.
    pub fn calls(&self) -> impl Iterator<Item = Call> {
        (0..).map_while(|at| pair(&self.calls, at)).map(Call::from_pair)
    }

    /// The place in the text of the function that has this place in its order.
    fn range(&self, ordinal: u32) -> Option<FunctionRange> {
        let (offset, bytes) = pair(&self.functions, ordinal as usize)?;
        Some(FunctionRange { offset, bytes })
    }

    /// The foreign-call thunk of type `index`.
    #[must_use]
    pub fn thunk(&self, index: u32) -> Option<u32> {
        read_u32(&self.thunks, index as usize * 4).filter(|at| *at != u32::MAX)
    }

    /// The defined index of the function whose code contains `offset`, wherever it begins. Neither allocates nor
    /// locks.
    #[must_use]
    pub fn function_at(&self, offset: u32) -> Option<u32> {
        self.member_at(offset).map(|member| member.defined)
    }

    /// The function whose code contains `offset`. Neither allocates nor locks.
    #[must_use]
    pub fn member_at(&self, offset: u32) -> Option<Member> {
        let ordinal = last_at_or_below(&self.functions, offset)?;
        let member = self.member(u32::try_from(ordinal).ok()?)?;
        (offset - member.range.offset < member.range.bytes).then_some(member)
    }

    /// Why the instruction at `offset` traps, if it is one that may. Neither allocates nor locks.
    #[must_use]
    pub fn trap_at(&self, offset: u32) -> Option<TrapReason> {
        let (at, reason) = pair(&self.traps, last_at_or_below(&self.traps, offset)?)?;
        (at == offset).then_some(())?;
        TrapReason::from_u8(u8::try_from(reason).ok()?)
    }

    /// The handler of the call that returns to `offset`, if it has one. Neither allocates nor locks.
    #[must_use]
    pub fn handler_at(&self, offset: u32) -> Option<Handler> {
        let (mut low, mut high) = (0, self.handlers.len() / 16);
        while low < high {
            let middle = low + (high - low) / 2;
            let found = handler(&self.handlers, middle)?;
            match found.return_address.cmp(&offset) {
                core::cmp::Ordering::Less => low = middle + 1,
                core::cmp::Ordering::Equal => return Some(found),
                core::cmp::Ordering::Greater => high = middle,
            }
        }
        None
    }

    /// Where the function that contains `offset` has saved registers. Neither allocates nor locks.
    #[must_use]
    pub fn saved_at(&self, offset: u32) -> Saved {
        let found = last_at_or_below(&self.saved, offset).and_then(|at| pair(&self.saved, at));
        found.map_or(0, |(_, saved)| saved).to_le_bytes()
    }

    /// The offset in the wasm bytes that the instruction at `offset` stems from.
    #[must_use]
    pub fn source_at(&self, offset: u32) -> Option<u32> {
        pair(&self.sources, last_at_or_below(&self.sources, offset)?).map(|(_, wasm)| wasm)
    }
}

impl Default for FunctionRange {
    /// An impossible place, used where a table is damaged.
    fn default() -> Self {
        Self { offset: u32::MAX, bytes: u32::MAX }
    }
}

/// The `index`-th pair of a table.
fn pair(table: &[u8], index: usize) -> Option<(u32, u32)> {
    let at = index.checked_mul(8)?;
    Some((read_u32(table, at)?, read_u32(table, at + 4)?))
}

/// The `index`-th entry of a table of handlers.
fn handler(table: &[u8], index: usize) -> Option<Handler> {
    let at = index.checked_mul(16)?;
    Some(Handler {
        return_address: read_u32(table, at)?,
        entry: read_u32(table, at + 4)?,
        frame_bytes: read_u32(table, at + 8)?,
        anchor: AnchorAt::from_u32(read_u32(table, at + 12)?),
    })
}

/// Whether a table of handlers for so many bytes of text can be used.
fn are_handlers(table: &[u8], text_bytes: u64) -> bool {
    let handlers = || (0..).map_while(|at| handler(table, at));
    let inside = |at: u32| u64::from(at) < text_bytes;
    let fits = |handler: Handler| {
        inside(handler.return_address)
            && inside(handler.entry)
            && match handler.anchor {
                AnchorAt::Stack(offset) => u64::from(offset) + 8 <= u64::from(handler.frame_bytes),
                AnchorAt::Register(index) => (index as usize) < KEPT_REGISTERS,
            }
    };
    table.len().is_multiple_of(16)
        && handlers().is_sorted_by_key(|handler| handler.return_address)
        && handlers().all(fits)
}

/// Whether a table of calls in so many bytes of text can be used.
fn are_calls(table: &[u8], text_bytes: u64) -> bool {
    let calls = || (0..).map_while(|at| pair(table, at)).map(Call::from_pair);
    let fits =
        |call: Call| u64::from(call.at) + 4 <= text_bytes && u64::from(call.target) < text_bytes;
    is_sorted(table) && calls().all(fits)
}

/// Index of the last pair whose key is not above `key`.
fn last_at_or_below(table: &[u8], key: u32) -> Option<usize> {
    let (mut low, mut high) = (0, table.len() / 8);
    while low < high {
        let middle = low + (high - low) / 2;
        if pair(table, middle)?.0 <= key { low = middle + 1 } else { high = middle }
    }
    low.checked_sub(1)
}

fn is_sorted(table: &[u8]) -> bool {
    let keys = (0..table.len() / 8).map_while(|index| pair(table, index)).map(|(key, _)| key);
    keys.is_sorted()
}

fn last_key(table: &[u8]) -> Option<u32> {
    pair(table, (table.len() / 8).checked_sub(1)?).map(|(key, _)| key)
}
