//! What Cranelift may assume of each load and store: alias regions, and which memory never changes.
//!
//! Regions never overlap: linear memories defined here (each its own), imported memories (together),
//! tables, the changing part of the context, result buffers, and globals (the first few their own).
//! A load is `readonly` only when nobody writes the place while any guest code of the instance runs.
//! Read next: [`super::memory`].

use super::Translator;
use cranelift_codegen::ir::{AliasRegion, AliasRegionData, Endianness, MemFlagsData};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// A part of memory that overlaps no other part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Region {
    /// Linear memory defined here, by index.
    Memory(u32),
    /// All imported linear memories.
    ImportedMemories,
    /// The entries of all tables.
    Tables,
    /// Lengths, bases and counters that the host or the code changes.
    Context,
    /// Buffers for results that do not fit into registers.
    Results,
    /// One global defined here.
    Global(u32),
    /// All other globals.
    Globals,
    /// The fields of structures at one distance from the header: no other part of the same object lies there.
    Field(u32),
    /// The elements of all arrays whose elements have a size with this binary logarithm.
    Elements(u32),
    /// The lengths of all arrays.
    Lengths,
    /// The header words of all objects.
    Headers,
    /// Where the next object goes.
    Nursery,
    /// The cards of the heap.
    Cards,
    /// The table of types.
    Types,
    /// Where machine code calls functions.
    Entries,
    /// The interpreter's slots, which code that begins at a loop reads.
    Slots,
}

/// Distances in structures that get a region of their own.
const FIELD_REGIONS_END: u32 = 128;

impl Region {
    /// The region of the fields at a distance from the header.
    pub(crate) fn field(at: u32) -> Self {
        Self::Field(at.min(FIELD_REGIONS_END))
    }
}

/// Regions that a function has used so far.
#[derive(Debug, Default)]
pub(crate) struct Regions {
    known: BTreeMap<Region, AliasRegion>,
    globals: u32,
}

/// How many globals get a region of their own in one function.
const GLOBAL_REGIONS_MAX: u32 = 24;

impl Translator<'_, '_> {
    /// Flags of a load or store that cannot trap, in a region that changes.
    pub(crate) fn flags(&mut self, region: Region) -> MemFlagsData {
        let region = self.region(region);
        MemFlagsData::trusted().with_endianness(Endianness::Little).with_alias_region(Some(region))
    }

    /// Flags of a load from a place that nobody writes.
    pub(crate) fn constant_flags() -> MemFlagsData {
        MemFlagsData::trusted().with_endianness(Endianness::Little).with_readonly().with_can_move()
    }

    /// Flags of a load or store in linear memory, which traps where the memory ends.
    pub(crate) fn heap_flags(&mut self, memory: u32) -> MemFlagsData {
        let region = if memory < self.env.module.imported_memories {
            Region::ImportedMemories
        } else {
            Region::Memory(memory)
        };
        let region = self.region(region);
        MemFlagsData::new().with_endianness(Endianness::Little).with_alias_region(Some(region))
    }

    pub(super) fn region(&mut self, region: Region) -> AliasRegion {
        if let Some(known) = self.regions.known.get(&region) {
            return *known;
        }
        let region = match region {
            Region::Global(_) if self.regions.globals >= GLOBAL_REGIONS_MAX => Region::Globals,
            other => other,
        };
        self.regions.globals += u32::from(matches!(region, Region::Global(_)));
        let (user_id, description): (u32, Cow<'static, str>) = match region {
            Region::ImportedMemories => (0, "imported memories".into()),
            Region::Tables => (1, "tables".into()),
            Region::Context => (2, "context".into()),
            Region::Results => (3, "results".into()),
            Region::Globals => (4, "globals".into()),
            Region::Lengths => (5, "lengths of arrays".into()),
            Region::Headers => (6, "headers of objects".into()),
            Region::Nursery => (7, "nursery".into()),
            Region::Cards => (8, "cards".into()),
            Region::Types => (9, "types".into()),
            Region::Entries => (10, "entries of functions".into()),
            Region::Slots => (11, "slots".into()),
            Region::Field(at) => (0x4000_0000 | at, format!("fields at {at}").into()),
            Region::Elements(log2) => (0x5000_0000 | log2, format!("elements {log2}").into()),
            Region::Memory(index) => (0x1000_0000 | index, format!("memory {index}").into()),
            Region::Global(index) => (0x2000_0000 | index, format!("global {index}").into()),
        };
        let regions = &mut self.regions.known;
        let dfg = &mut self.b.func.dfg;
        *regions
            .entry(region)
            .or_insert_with(|| dfg.alias_regions.insert(AliasRegionData { user_id, description }))
    }
}
