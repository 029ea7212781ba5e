//! What a file of a tree holds: pieces in memory over an unchanged base that lies elsewhere.
//!
//! A piece is made when something in it is written. Where there is none, bytes come from the base (a part of an archive,
//! or a file beneath an overlay), and where that has none either, they are zero. So a hole costs nothing, and one
//! byte written to a large file costs one piece.
//!
//! Invariant: every byte of capacity held here was taken from the tree's `Space` before it was allocated; nothing of
//! the base beyond `Base::len` is ever shown.
//!
//! Read next: `lower.rs` for the bases, `file.rs` for who calls.

use super::lower::{Base, Packed};
use crate::refusal::{Reason, refuse};
use crate::{Errno, Space};
use std::collections::BTreeMap;
use std::io::{IoSlice, IoSliceMut};

/// Bytes of a piece.
pub(super) const PIECE_BYTES: usize = 64 << 10;
/// What keeping a piece costs besides its bytes.
const PIECE_COST: u64 = 64;

/// The bytes of a file.
#[derive(Debug, Default)]
pub(super) struct Content {
    size: u64,
    /// By number.
    pieces: BTreeMap<u64, Piece>,
    base: Option<Base>,
    /// Where all of it comes from, if that must be unpacked before any of it can be read.
    packed: Option<Packed>,
    unpacked: bool,
    /// A guest wrote to it.
    changed: bool,
}

#[derive(Debug)]
struct Piece {
    /// Shorter than a piece can be if the rest is zero.
    bytes: Vec<u8>,
    /// What was taken for it.
    taken: u64,
}

/// The piece that holds an offset, and where in it.
fn split(at: u64) -> (u64, usize) {
    let piece = PIECE_BYTES as u64;
    // A remainder by the size of a piece fits any integer.
    (at / piece, usize::try_from(at % piece).unwrap_or(0))
}

impl Content {
    /// A file that shows what is in `base`.
    pub(super) fn over(base: Base) -> Content {
        Content { size: base.len, base: Some(base), ..Content::default() }
    }

    /// A file that is packed in an archive.
    #[cfg(feature = "zip")]
    pub(super) fn packed(packed: Packed) -> Content {
        Content { size: packed.len, packed: Some(packed), ..Content::default() }
    }

    /// Makes the content readable, which may take a descriptor of the host or room for all of it.
    pub(super) fn open(&mut self, space: &Space) -> Result<(), Errno> {
        if let Some(base) = &mut self.base {
            base.open()?;
        }
        let Some(packed) = self.packed.take_if(|_| !self.unpacked) else { return Ok(()) };
        let size = self.size;
        let mut at = 0;
        let result = packed.unpack(|bytes| {
            let count = self.write_pieces(space, &[IoSlice::new(bytes)], at)?;
            at += count as u64;
            if count < bytes.len() { Err(refuse(Reason::Space)) } else { Ok(()) }
        });
        self.size = size;
        self.packed = Some(packed);
        if result.is_err() {
            self.drop_pieces(space);
        } else {
            self.unpacked = true;
        }
        result
    }

    /// Gives back what `open` took, as far as it can be had again. What was unpacked stays while there is much room.
    pub(super) fn close(&mut self, space: &Space) {
        if let Some(base) = &mut self.base {
            base.close();
        }
        if self.packed.is_some() && !self.changed && space.used() > space.max() / 2 {
            self.drop_pieces(space);
            self.unpacked = false;
        }
    }

    fn drop_pieces(&mut self, space: &Space) {
        for piece in std::mem::take(&mut self.pieces).into_values() {
            space.give(piece.taken);
        }
    }

    pub(super) fn size(&self) -> u64 {
        self.size
    }

    /// Whether anything was written since it was made.
    pub(super) fn is_changed(&self) -> bool {
        self.changed
    }

    /// Reads at an offset as much as there is.
    pub(super) fn read(&self, slices: &mut [IoSliceMut<'_>], mut at: u64) -> Result<usize, Errno> {
        let mut done = 0;
        for slice in slices {
            let mut rest = &mut **slice;
            while !rest.is_empty() && at < self.size {
                let count = self.read_some(rest, at)?;
                rest = &mut rest[count..];
                at += count as u64;
                done += count;
            }
        }
        Ok(done)
    }

    /// Reads at an offset below the size, at least one byte.
    fn read_some(&self, out: &mut [u8], at: u64) -> Result<usize, Errno> {
        let left = usize::try_from(self.size - at).unwrap_or(usize::MAX);
        let count = out.len().min(left);
        if self.pieces.is_empty()
            && let Some(base) = &self.base
            && at < base.len
        {
            let inside = usize::try_from(base.len - at).unwrap_or(usize::MAX);
            let out = &mut out[..count.min(inside)];
            base.read(out, at)?;
            return Ok(out.len());
        }
        let (number, from) = split(at);
        let count = count.min(PIECE_BYTES - from);
        let out = &mut out[..count];
        match self.pieces.get(&number) {
            Some(piece) => {
                let have = piece.bytes.get(from..).unwrap_or_default();
                let (filled, zero) = out.split_at_mut(have.len().min(count));
                filled.copy_from_slice(&have[..filled.len()]);
                zero.fill(0);
            }
            None => self.read_base(out, at)?,
        }
        Ok(count)
    }

    /// The base's bytes, and zeros behind its end.
    fn read_base(&self, out: &mut [u8], at: u64) -> Result<(), Errno> {
        let len = self.base.as_ref().map_or(0, |base| base.len.saturating_sub(at));
        let inside = usize::try_from(len).unwrap_or(usize::MAX).min(out.len());
        let (inside, zero) = out.split_at_mut(inside);
        zero.fill(0);
        match &self.base {
            Some(base) if !inside.is_empty() => base.read(inside, at),
            _ => Ok(()),
        }
    }

    /// Writes at an offset as much as there is room for; an error only if that is nothing.
    pub(super) fn write(
        &mut self,
        space: &Space,
        slices: &[IoSlice<'_>],
        at: u64,
    ) -> Result<usize, Errno> {
        let count = self.write_pieces(space, slices, at)?;
        self.changed |= count > 0;
        Ok(count)
    }

    fn write_pieces(
        &mut self,
        space: &Space,
        slices: &[IoSlice<'_>],
        mut at: u64,
    ) -> Result<usize, Errno> {
        let mut done = 0;
        for slice in slices {
            let mut rest = &**slice;
            while !rest.is_empty() {
                let count = match self.write_some(space, rest, at) {
                    Ok(count) => count,
                    Err(_) if done > 0 => return Ok(done),
                    Err(errno) => return Err(errno),
                };
                rest = &rest[count..];
                at += count as u64;
                done += count;
            }
        }
        Ok(done)
    }

    fn write_some(&mut self, space: &Space, bytes: &[u8], at: u64) -> Result<usize, Errno> {
        let (number, from) = split(at);
        let count = bytes.len().min(PIECE_BYTES - from);
        let end = at.checked_add(count as u64).filter(|end| i64::try_from(*end).is_ok());
        let end = end.ok_or(Errno::Fbig)?;
        self.piece_of(space, number, from + count)?[from..from + count]
            .copy_from_slice(&bytes[..count]);
        self.size = self.size.max(end);
        Ok(count)
    }

    /// The piece with this number, at least `len` bytes long, with what the base has in it.
    fn piece_of(&mut self, space: &Space, number: u64, len: usize) -> Result<&mut [u8], Errno> {
        let start = number * PIECE_BYTES as u64;
        if !self.pieces.contains_key(&number) {
            let below = self.base.as_ref().map_or(0, |base| base.len.saturating_sub(start));
            let below = usize::try_from(below).unwrap_or(PIECE_BYTES).min(PIECE_BYTES);
            let capacity = capacity_for(below.max(len));
            let taken = PIECE_COST + capacity as u64;
            space.take(taken)?;
            let mut bytes = Vec::with_capacity(capacity);
            bytes.resize(below, 0);
            if let Err(errno) = self.read_base(&mut bytes, start) {
                space.give(taken);
                return Err(errno);
            }
            self.pieces.insert(number, Piece { bytes, taken });
        }
        let piece = self.pieces.get_mut(&number).ok_or(Errno::Io)?;
        if piece.bytes.len() < len {
            let taken = PIECE_COST + capacity_for(len) as u64;
            if taken > piece.taken {
                space.take(taken - piece.taken)?;
                piece.taken = taken;
                piece.bytes.reserve_exact(capacity_for(len) - piece.bytes.len());
            }
            piece.bytes.resize(len, 0);
        }
        Ok(&mut piece.bytes)
    }

    /// Makes the file this long: what is cut off is forgotten, what is added is zero.
    pub(super) fn set_size(&mut self, space: &Space, size: u64) {
        if size != self.size && !self.unpacked {
            // Never read before, and now never as it was.
            self.packed = None;
        }
        if size < self.size {
            let (number, from) = split(size);
            let beyond = self.pieces.split_off(&number);
            for (cut, mut piece) in beyond {
                if cut == number && from > 0 {
                    piece.bytes.truncate(from);
                    self.pieces.insert(cut, piece);
                } else {
                    space.give(piece.taken);
                }
            }
            if let Some(base) = &mut self.base {
                base.len = base.len.min(size);
            }
        }
        self.changed |= size != self.size;
        self.size = size;
    }

    /// Gives everything back.
    pub(super) fn clear(&mut self, space: &Space) {
        self.set_size(space, 0);
        self.base = None;
        self.packed = None;
    }
}

/// Capacities grow by doubling, so that appending stays cheap.
fn capacity_for(len: usize) -> usize {
    len.next_power_of_two().clamp(64, PIECE_BYTES)
}

#[cfg(test)]
mod tests;
