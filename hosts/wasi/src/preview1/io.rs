//! Reading, writing and seeking.
//!
//! Bytes go between the kernel and guest memory directly; nothing is copied here.
//!
//! Invariant: the place for the count is checked before anything is read or written.
//!
//! Read next: `memory.rs` (lists of ranges), `capability/file.rs`.

use super::args::Args;
use super::rights::Rights;
use crate::capability::file::Place;
use crate::capability::{Object, file::File};
use crate::memory::{GuestPtr, View};
use crate::{Errno, Fault, WasiCtx};
use rustix::fs::SeekFrom;

type Outcome = Result<(), Fault>;

pub(crate) fn fd_read(ctx: &mut WasiCtx, memory: &mut View<'_>, a: &Args<'_>) -> Outcome {
    let count_at = checked_count(memory, a.ptr(3))?;
    let (descriptor, waiting) = ctx.descriptor(a.u32(0))?;
    readable(descriptor.need(Rights::FD_READ), &descriptor.object)?;
    let again = matches!(descriptor.object, Object::File(_));
    let count = a.vectors(1).read_into(memory, again, |slices| descriptor.read(slices, waiting))?;
    ctx.usage.bytes_read += count as u64;
    Ok(count_at.write_count(memory, count)?)
}

pub(crate) fn fd_write(ctx: &mut WasiCtx, memory: &mut View<'_>, a: &Args<'_>) -> Outcome {
    let count_at = checked_count(memory, a.ptr(3))?;
    let (descriptor, waiting) = ctx.descriptor(a.u32(0))?;
    readable(descriptor.need(Rights::FD_WRITE), &descriptor.object)?;
    let count = a.vectors(1).write_from(memory, |slices| descriptor.write(slices, waiting))?;
    ctx.usage.bytes_written += count as u64;
    Ok(count_at.write_count(memory, count)?)
}

pub(crate) fn fd_pread(ctx: &mut WasiCtx, memory: &mut View<'_>, a: &Args<'_>) -> Outcome {
    let count_at = checked_count(memory, a.ptr(4))?;
    let mut at = a.u64(3);
    let (descriptor, waiting) = ctx.descriptor(a.u32(0))?;
    let file = descriptor.file(Rights::FD_READ | Rights::FD_SEEK)?;
    let count = a.vectors(1).read_into(memory, true, |slices| {
        let count = file.read(slices, Some(at), waiting)?;
        at = at.saturating_add(count as u64);
        Ok::<usize, Fault>(count)
    })?;
    ctx.usage.bytes_read += count as u64;
    Ok(count_at.write_count(memory, count)?)
}

pub(crate) fn fd_pwrite(ctx: &mut WasiCtx, memory: &mut View<'_>, a: &Args<'_>) -> Outcome {
    let count_at = checked_count(memory, a.ptr(4))?;
    let mut at = a.u64(3);
    let (descriptor, waiting) = ctx.descriptor(a.u32(0))?;
    let durability = descriptor.durability();
    let file = descriptor.file(Rights::FD_WRITE | Rights::FD_SEEK)?;
    let count = a.vectors(1).write_from(memory, |slices| {
        let count = file.write(slices, Place::At(at), durability, waiting)?;
        at = at.saturating_add(count as u64);
        Ok::<usize, Fault>(count)
    })?;
    ctx.usage.bytes_written += count as u64;
    Ok(count_at.write_count(memory, count)?)
}

/// The place for a count, if it lies in the memory.
fn checked_count(memory: &View<'_>, at: GuestPtr) -> Result<GuestPtr, Errno> {
    at.read::<4>(memory).map(|_| at)
}

/// What a directory answers is its kind rather than its missing rights.
fn readable(rights: Result<(), Errno>, object: &Object) -> Result<(), Errno> {
    match object {
        Object::Directory(_) => Err(Errno::Isdir),
        _ => rights,
    }
}

/// The origin of a seek, in the order in which each version of the standard numbers them.
#[derive(Clone, Copy)]
enum Whence {
    Start,
    Current,
    End,
}

pub(crate) fn fd_seek(ctx: &mut WasiCtx, memory: &mut View<'_>, a: &Args<'_>) -> Outcome {
    seek(ctx, memory, a, [Whence::Start, Whence::Current, Whence::End])
}

/// `fd_seek` of `wasi_unstable`.
pub(crate) fn fd_seek_0(ctx: &mut WasiCtx, memory: &mut View<'_>, a: &Args<'_>) -> Outcome {
    seek(ctx, memory, a, [Whence::Current, Whence::End, Whence::Start])
}

fn seek(ctx: &mut WasiCtx, memory: &mut View<'_>, a: &Args<'_>, order: [Whence; 3]) -> Outcome {
    let offset = a.i64(1);
    let whence = *order.get(a.u32(2) as usize).ok_or(Errno::Inval)?;
    let (descriptor, _) = ctx.descriptor(a.u32(0))?;
    let stays = matches!(whence, Whence::Current) && offset == 0;
    // The right to seek includes the right to tell.
    let tells = stays && descriptor.need(Rights::FD_TELL).is_ok();
    let rights = if tells { Rights::FD_TELL } else { Rights::FD_SEEK };
    let file: &File = descriptor.file(rights)?;
    let to = match whence {
        Whence::Start => SeekFrom::Start(u64::try_from(offset).map_err(|_| Errno::Inval)?),
        Whence::Current => SeekFrom::Current(offset),
        Whence::End => SeekFrom::End(offset),
    };
    let position = file.seek(to)?;
    Ok(a.ptr(3).write_u64(memory, position)?)
}

pub(crate) fn fd_tell(ctx: &mut WasiCtx, memory: &mut View<'_>, a: &Args<'_>) -> Outcome {
    let (descriptor, _) = ctx.descriptor(a.u32(0))?;
    let told = descriptor.need(Rights::FD_TELL).is_ok();
    let file = descriptor.file(if told { Rights::FD_TELL } else { Rights::FD_SEEK })?;
    let position = file.seek(SeekFrom::Current(0))?;
    Ok(a.ptr(1).write_u64(memory, position)?)
}
