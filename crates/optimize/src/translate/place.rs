//! Where instructions stem from: the offset of an operator in the file, and, for operators of an inlined
//! function, the calls around it.
//!
//! Cranelift carries 32 bits along with each instruction. For the function's own operators these are the offset;
//! for operators of inlined functions they are the highest bit and an index into [`Places`].
//! Invariant: a site comes after the site that its call belongs to.

use cranelift_codegen::ir::SourceLoc;

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
}

impl Places {
    /// What Cranelift is to carry for an operator.
    pub(super) fn location(&mut self, offset: u32) -> SourceLoc {
        self.offset = offset;
        if self.site == 0 {
            return SourceLoc::new(offset.min(INLINED - 1));
        }
        let index = u32::try_from(self.inlined.len()).unwrap_or(u32::MAX);
        self.inlined.push((offset, self.site));
        SourceLoc::new(INLINED | index)
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
