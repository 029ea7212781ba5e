//! What lies beneath a tree and is only ever read: a directory of the host under an overlay, or an archive.
//!
//! A lower object is named by its path from the lower root. Each look goes through `open_beneath`, so that whatever
//! others do to the lower directory meanwhile, nothing outside of it is reached.
//!
//! Invariant: nothing here writes, creates, removes or renames.
//!
//! Read next: `nodes.rs`, which asks for names and states when they are first needed.

use crate::capability::resolve::open_beneath;
use crate::capability::stat::{Kind, Stat};
use crate::{Errno, limits};
use rustix::fd::OwnedFd;
use rustix::fs::{AtFlags, Mode, OFlags, RawDir};
use rustix::io::Errno as Kernel;
use std::fs::File;
#[cfg(feature = "zip")]
use std::io::Read;
use std::os::unix::fs::FileExt;
use std::sync::Arc;

/// The directory of the host under an overlay.
#[derive(Debug)]
pub(super) struct LowerRoot {
    fd: OwnedFd,
}

/// A name in a lower directory.
pub(super) struct LowerEntry {
    pub(super) name: Box<[u8]>,
    pub(super) kind: Kind,
}

impl LowerRoot {
    pub(super) fn new(fd: OwnedFd) -> LowerRoot {
        LowerRoot { fd }
    }

    fn open(&self, path: &[u8], flags: OFlags) -> Result<OwnedFd, Errno> {
        let path = if path.is_empty() { b"." } else { path };
        let mut flags = flags | OFlags::NOFOLLOW;
        if !flags.contains(OFlags::PATH) {
            flags |= OFlags::NONBLOCK | OFlags::NOCTTY;
        }
        open_beneath(&self.fd, path, flags, Mode::empty())
    }

    /// The names in a directory, in order; `.` and `..` are left out. `limit` says no to each that is too many.
    pub(super) fn list(
        &self,
        path: &[u8],
        mut limit: impl FnMut(&[u8]) -> Result<(), Errno>,
    ) -> Result<Vec<LowerEntry>, Errno> {
        let fd = self.open(path, OFlags::RDONLY | OFlags::DIRECTORY)?;
        let mut buffer = Vec::with_capacity(limits::LISTING_BYTES);
        let mut raw = RawDir::new(&fd, buffer.spare_capacity_mut());
        let mut entries = Vec::new();
        while let Some(entry) = raw.next() {
            let entry = entry?;
            let name = entry.file_name().to_bytes();
            if matches!(name, b"." | b"..") {
                continue;
            }
            limit(name)?;
            let mut kind = entry.file_type();
            // Some file systems do not say.
            if kind == rustix::fs::FileType::Unknown {
                let flags = AtFlags::SYMLINK_NOFOLLOW;
                let stat = rustix::fs::statat(&fd, entry.file_name(), flags)?;
                kind = rustix::fs::FileType::from_raw_mode(stat.st_mode);
            }
            entries.push(LowerEntry { name: name.into(), kind: kind.into() });
        }
        entries.sort_unstable_by(|a, b| a.name.cmp(&b.name));
        Ok(entries)
    }

    pub(super) fn stat(&self, path: &[u8]) -> Result<Stat, Errno> {
        let fd = self.open(path, OFlags::PATH)?;
        Ok(rustix::fs::fstat(&fd)?.into())
    }

    /// Where a link leads to.
    pub(super) fn read_link(&self, path: &[u8]) -> Result<Vec<u8>, Errno> {
        let fd = self.open(path, OFlags::PATH)?;
        let mut buffer = vec![0; limits::PATH_BYTES_MAX + 1];
        let count = rustix::fs::readlinkat_raw(&fd, "", &mut *buffer)?;
        buffer.truncate(count);
        Ok(buffer)
    }
}

/// Where the unchanged bytes of a file are.
#[derive(Debug)]
pub(super) struct Base {
    source: Source,
    at: u64,
    /// How much of it is shown: less than there is once the file was cut.
    pub(super) len: u64,
}

#[derive(Debug)]
enum Source {
    Archive(Arc<File>),
    Lower { root: Arc<LowerRoot>, path: Box<[u8]>, open: Option<File> },
}

impl Base {
    /// A part of an archive.
    pub(super) fn archive(file: &Arc<File>, at: u64, len: u64) -> Base {
        Base { source: Source::Archive(Arc::clone(file)), at, len }
    }

    /// A file in the directory under an overlay.
    pub(super) fn lower(root: &Arc<LowerRoot>, path: &[u8], len: u64) -> Base {
        let source = Source::Lower { root: Arc::clone(root), path: path.into(), open: None };
        Base { source, at: 0, len }
    }

    /// Makes reading possible. A file under an overlay takes a descriptor of the host until `close`.
    pub(super) fn open(&mut self) -> Result<(), Errno> {
        let Source::Lower { root, path, open } = &mut self.source else { return Ok(()) };
        if open.is_none() {
            let fd = root.open(path, OFlags::RDONLY)?;
            if Stat::from(rustix::fs::fstat(&fd)?).kind != Kind::RegularFile {
                return Err(Errno::Stale);
            }
            *open = Some(File::from(fd));
        }
        Ok(())
    }

    /// Gives the descriptor of the host back.
    pub(super) fn close(&mut self) {
        if let Source::Lower { open, .. } = &mut self.source {
            *open = None;
        }
    }

    /// Fills `out` from an offset; what is missing because the base became shorter meanwhile is zero.
    pub(super) fn read(&self, out: &mut [u8], at: u64) -> Result<(), Errno> {
        let file = match &self.source {
            Source::Archive(file) => file,
            Source::Lower { open: Some(file), .. } => file,
            Source::Lower { open: None, .. } => return Err(Errno::Io),
        };
        let mut done = 0;
        while done < out.len() {
            match file.read_at(&mut out[done..], self.at + at + done as u64) {
                Ok(0) => {
                    out[done..].fill(0);
                    break;
                }
                Ok(count) => done += count,
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(error) => return Err(errno_of(&error)),
            }
        }
        Ok(())
    }
}

fn errno_of(error: &std::io::Error) -> Errno {
    Kernel::from_io_error(error).map_or(Errno::Io, Errno::from)
}

/// A file that is compressed in an archive.
#[derive(Debug)]
#[cfg_attr(not(feature = "zip"), expect(dead_code, reason = "nothing is packed"))]
pub(super) struct Packed {
    pub(super) file: Arc<File>,
    pub(super) at: u64,
    pub(super) packed_len: u64,
    pub(super) len: u64,
    pub(super) crc: u32,
}

/// A part of an archive as a stream.
#[cfg(feature = "zip")]
struct Part<'a> {
    file: &'a File,
    at: u64,
    left: u64,
}

#[cfg(feature = "zip")]
impl Read for Part<'_> {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        let room = usize::try_from(self.left).unwrap_or(usize::MAX).min(out.len());
        let count = self.file.read_at(&mut out[..room], self.at)?;
        self.at += count as u64;
        self.left -= count as u64;
        Ok(count)
    }
}

impl Packed {
    /// Hands the unpacked bytes to `put`, piece by piece, never more than the archive says there are. `io` if they
    /// are not what the archive says.
    #[cfg(feature = "zip")]
    pub(super) fn unpack(
        &self,
        mut put: impl FnMut(&[u8]) -> Result<(), Errno>,
    ) -> Result<(), Errno> {
        let part = Part { file: &self.file, at: self.at, left: self.packed_len };
        let mut bytes = flate2::read::DeflateDecoder::new(part).take(self.len.saturating_add(1));
        let mut crc = flate2::Crc::new();
        let mut piece = vec![0; super::content::PIECE_BYTES];
        loop {
            let count = match bytes.read(&mut piece) {
                Ok(0) => break,
                Ok(count) => count,
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(errno_of(&error)),
            };
            crc.update(&piece[..count]);
            put(&piece[..count])?;
        }
        let done = self.len.saturating_add(1) - bytes.limit();
        if done != self.len || crc.sum() != self.crc {
            return Err(Errno::Io);
        }
        Ok(())
    }

    /// As above, where nothing is packed.
    #[cfg(not(feature = "zip"))]
    pub(super) fn unpack(&self, _: impl FnMut(&[u8]) -> Result<(), Errno>) -> Result<(), Errno> {
        Err(Errno::Notsup)
    }
}
