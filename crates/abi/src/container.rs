//! The artifact file: a header, a table of sections, the sections.
//!
//! ```text
//!   0   magic "\0holm\x1a\r\n"           8 bytes
//!   8   format version                    u32
//!   12  number of sections                u32
//!   16  per section: kind u32, zero u32, offset u64, bytes u64
//!   …   sections, each 16-byte aligned (machine code: page aligned), zero filled between
//! ```
//!
//! All numbers are little-endian. A container is only bytes: what a section means is up to its reader.
//! Reading checks every offset, so that a damaged file is an error and never a panic.

use alloc::borrow::Cow;
use alloc::borrow::ToOwned as _;
use alloc::format;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec;
use alloc::vec::Vec;
use core::fmt;
use core::ops::Range;

const MAGIC: [u8; 8] = *b"\0holm\x1a\r\n";
/// Changes whenever code compiled by an older build must not be used any more.
const FORMAT: u32 = 2;
const HEADER_BYTES: usize = 16;
const ENTRY_BYTES: usize = 24;
const SECTIONS_MAX: usize = 64;
/// What lies between sections; none is aligned to more.
static ZEROS: [u8; crate::layout::HOST_PAGE_BYTES as usize] =
    [0; crate::layout::HOST_PAGE_BYTES as usize];

/// Bytes that several owners share, wherever they come from: a vector, a mapped file, a static.
#[derive(Clone)]
pub struct SharedBytes {
    owner: Arc<dyn AsRef<[u8]> + Send + Sync>,
    range: Range<usize>,
}

impl SharedBytes {
    /// All bytes of `owner`.
    #[must_use]
    pub fn new(owner: Arc<dyn AsRef<[u8]> + Send + Sync>) -> Self {
        let range = 0..(*owner).as_ref().len();
        Self { owner, range }
    }

    /// A part of these bytes, or nothing if it does not lie inside.
    #[must_use]
    pub fn slice(&self, range: Range<usize>) -> Option<Self> {
        if range.start > range.end || range.end > self.range.len() {
            return None;
        }
        let range = self.range.start + range.start..self.range.start + range.end;
        Some(Self { owner: Arc::clone(&self.owner), range })
    }
}

impl AsRef<[u8]> for SharedBytes {
    fn as_ref(&self) -> &[u8] {
        (*self.owner).as_ref().get(self.range.clone()).unwrap_or_default()
    }
}

impl core::ops::Deref for SharedBytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        self.as_ref()
    }
}

impl From<Vec<u8>> for SharedBytes {
    fn from(bytes: Vec<u8>) -> Self {
        Self::new(Arc::new(bytes))
    }
}

impl fmt::Debug for SharedBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SharedBytes({})", self.range.len())
    }
}

/// Why bytes are not an artifact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArtifactError(pub String);

impl fmt::Display for ArtifactError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl core::error::Error for ArtifactError {}

/// Builds a container out of parts that it borrows or owns.
#[derive(Default)]
pub struct ContainerWriter<'a> {
    sections: Vec<(u32, usize, Cow<'a, [u8]>)>,
    header: Vec<u8>,
}

impl<'a> ContainerWriter<'a> {
    /// An empty container.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a section; `align` is a power of two.
    pub fn section(&mut self, kind: u32, align: usize, bytes: impl Into<Cow<'a, [u8]>>) {
        debug_assert!(align.is_power_of_two() && align <= ZEROS.len());
        self.sections.push((kind, align.max(16), bytes.into()));
    }

    /// The bytes of the file.
    #[must_use]
    pub fn finish(mut self) -> Vec<u8> {
        self.pieces().concat()
    }

    /// The bytes of the file in pieces that follow each other, without a copy of the sections.
    pub fn pieces(&mut self) -> Vec<&[u8]> {
        let table = HEADER_BYTES + ENTRY_BYTES * self.sections.len();
        let mut out = Vec::with_capacity(table);
        out.extend_from_slice(&MAGIC);
        out.extend_from_slice(&FORMAT.to_le_bytes());
        let count = u32::try_from(self.sections.len()).unwrap_or(u32::MAX);
        out.extend_from_slice(&count.to_le_bytes());
        let mut end = table;
        for (kind, align, bytes) in &self.sections {
            let start = end.next_multiple_of(*align);
            end = start + bytes.len();
            out.extend_from_slice(&u64::from(*kind).to_le_bytes());
            out.extend_from_slice(&(start as u64).to_le_bytes());
            out.extend_from_slice(&(bytes.len() as u64).to_le_bytes());
        }
        self.header = out;
        let mut pieces = vec![self.header.as_slice()];
        let mut end = table;
        for (_, align, bytes) in &self.sections {
            let start = end.next_multiple_of(*align);
            pieces.extend([&ZEROS[..start - end], bytes]);
            end = start + bytes.len();
        }
        pieces
    }
}

/// A container that has been read: its sections lie inside its bytes.
#[derive(Clone, Debug)]
pub struct Container {
    bytes: SharedBytes,
    sections: Vec<(u32, Range<usize>)>,
}

impl Container {
    /// Whether `bytes` begin like an artifact.
    #[must_use]
    pub fn recognizes(bytes: &[u8]) -> bool {
        bytes.starts_with(&MAGIC)
    }

    /// Reads the header and the section table.
    ///
    /// # Errors
    /// When the bytes are not an artifact, of another format version, or damaged.
    pub fn read(bytes: SharedBytes) -> Result<Self, ArtifactError> {
        let error = |text: &str| ArtifactError(text.to_owned());
        if !Self::recognizes(&bytes) {
            return Err(error("not a holm artifact: the magic number is missing"));
        }
        let format = read_u32(&bytes, 8).ok_or_else(|| error("artifact ends inside its header"))?;
        if format != FORMAT {
            let text = format!("artifact has format {format}, this build reads format {FORMAT}");
            return Err(ArtifactError(text));
        }
        let count = read_u32(&bytes, 12).unwrap_or(u32::MAX) as usize;
        if count > SECTIONS_MAX {
            let text = format!("artifact names {count} sections, the most is {SECTIONS_MAX}");
            return Err(ArtifactError(text));
        }
        let mut sections = Vec::with_capacity(count);
        for index in 0..count {
            let at = HEADER_BYTES + ENTRY_BYTES * index;
            let field = |offset| read_u64(&bytes, at + offset);
            let section = (|| {
                let kind = u32::try_from(field(0)?).ok()?;
                let start = usize::try_from(field(8)?).ok()?;
                let end = start.checked_add(usize::try_from(field(16)?).ok()?)?;
                (end <= bytes.len()).then_some((kind, start..end))
            })();
            sections.push(section.ok_or_else(|| {
                ArtifactError(format!("section {index} does not lie inside the artifact"))
            })?);
        }
        Ok(Self { bytes, sections })
    }

    /// The section of a kind.
    ///
    /// # Errors
    /// When the artifact does not have it.
    pub fn section(&self, kind: u32) -> Result<SharedBytes, ArtifactError> {
        let found = self.sections.iter().find(|(k, _)| *k == kind);
        found
            .and_then(|(_, range)| self.bytes.slice(range.clone()))
            .ok_or_else(|| ArtifactError(format!("artifact has no section of kind {kind}")))
    }
}

/// The little-endian `u32` at `offset`, if there is one.
pub(crate) fn read_u32(bytes: &[u8], offset: usize) -> Option<u32> {
    let end = offset.checked_add(4)?;
    Some(u32::from_le_bytes(bytes.get(offset..end)?.try_into().ok()?))
}

fn read_u64(bytes: &[u8], offset: usize) -> Option<u64> {
    let end = offset.checked_add(8)?;
    Some(u64::from_le_bytes(bytes.get(offset..end)?.try_into().ok()?))
}

#[cfg(test)]
mod tests;
