//! Where instructions stem from: the offset of an operator in the file, and, for operators of an inlined
//! function, the calls around it.
//!
//! Cranelift carries 32 bits along with each instruction. For the function's own operators these are the offset;
//! for operators of inlined functions they are the highest bit and an index into [`Places`].
//! Invariant: a site comes after the site that its call belongs to.

use cranelift_codegen::ir::SourceLoc;
use std::collections::BTreeMap;

/// Marks an index among the places of inlined operators. Files are shorter than this.
const INLINED: u32 = 1 << 31;

/// The places of one function's instructions.
#[derive(Clone, Debug, Default)]
pub(crate) struct Places {
    /// Calls that were replaced by their callee's code: where, and 1 + the site that they belong to, or 0.
    pub(crate) sites: Vec<(u32, u32)>,
    /// Inlined operators: offset, and 1 + the site that they belong to.
    inlined: Vec<(u32, u32)>,
    /// 1 + the site that the present operator belongs to, or 0.
    site: u32,
    /// The offset of the present operator.
    offset: u32,
    /// What Cranelift carries for it.
    carried: u32,
    /// Loops: what Cranelift carries for them, and how many loops are around.
    loops: BTreeMap<u32, u32>,
}

impl Places {
    /// What Cranelift is to carry for an operator.
    pub(super) fn location(&mut self, offset: u32) -> SourceLoc {
        self.offset = offset;
        self.carried = if self.site == 0 {
            offset.min(INLINED - 1)
        } else {
            let index = u32::try_from(self.inlined.len()).unwrap_or(u32::MAX);
            self.inlined.push((offset, self.site));
            INLINED | index
        };
        SourceLoc::new(self.carried)
    }

    /// Says that the present operator is a loop in so many others.
    pub(super) fn note_loop(&mut self, depth: usize) {
        self.loops.insert(self.carried, u32::try_from(depth).unwrap_or(u32::MAX));
    }

    /// How many loops are around the one that Cranelift carried this for, if it is one.
    pub(crate) fn loop_depth(&self, location: SourceLoc) -> Option<u32> {
        self.loops.get(&location.bits()).copied()
    }

    /// From here on, operators are those of the function that the present one calls. Gives what
    /// [`Self::leave`] wants.
    pub(super) fn enter(&mut self) -> (u32, u32) {
        self.sites.push((self.offset, self.site));
        let site = u32::try_from(self.sites.len()).unwrap_or(u32::MAX);
        (self.offset, std::mem::replace(&mut self.site, site))
    }

    /// The end of what [`Self::enter`] began. Gives what Cranelift is to carry for the rest of the call.
    pub(super) fn leave(&mut self, (offset, outer): (u32, u32)) -> SourceLoc {
        self.site = outer;
        self.location(offset)
    }

    /// The offset of the present operator.
    pub(super) fn here(&self) -> u32 {
        self.offset
    }

    /// The offset and 1 + the site, or 0, of what Cranelift carried.
    pub(crate) fn resolve(&self, location: SourceLoc) -> Option<(u32, u32)> {
        let bits = location.bits();
        if location.is_default() {
            None
        } else if bits & INLINED == 0 {
            Some((bits, 0))
        } else {
            self.inlined.get((bits & !INLINED) as usize).copied()
        }
    }
}
