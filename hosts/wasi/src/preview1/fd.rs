//! Descriptors: their state, their files' state, closing and renumbering.
//!
//! Not here: reading and writing (`io.rs`), listing (`readdir.rs`).
//!
//! Read next: `descriptor.rs`.

use super::args::Args;
use super::descriptor::fdflags;
use super::layout;
use super::rights::Rights;
use crate::capability::Object;
use crate::capability::file::Durability;
use crate::capability::stat::{SetTime, SetTimes};
use crate::memory::View;
use crate::refusal::{Reason, refuse};
use crate::{Errno, Fault, WasiCtx};
use rustix::fs::Advice;

type Outcome = Result<(), Fault>;

pub(crate) fn fd_advise(ctx: &mut WasiCtx, _: &mut View<'_>, a: &Args<'_>) -> Outcome {
    let (at, bytes) = (a.u64(1), a.u64(2));
    let advice = match a.u32(3) {
        0 => Advice::Normal,
        1 => Advice::Sequential,
        2 => Advice::Random,
        3 => Advice::WillNeed,
        4 => Advice::DontNeed,
        5 => Advice::NoReuse,
        _ => return Err(Errno::Inval.into()),
    };
    let (descriptor, _) = ctx.descriptor(a.u32(0))?;
    Ok(descriptor.file(Rights::FD_ADVISE)?.advise(at, bytes, advice)?)
}

pub(crate) fn fd_allocate(ctx: &mut WasiCtx, _: &mut View<'_>, a: &Args<'_>) -> Outcome {
    let (at, bytes) = (a.u64(1), a.u64(2));
    let (descriptor, _) = ctx.descriptor(a.u32(0))?;
    Ok(descriptor.file(Rights::FD_ALLOCATE)?.allocate(at, bytes)?)
}

pub(crate) fn fd_close(ctx: &mut WasiCtx, _: &mut View<'_>, a: &Args<'_>) -> Outcome {
    match ctx.descriptors.remove(a.u32(0)) {
        Some(_) => Ok(()),
        None => Err(Errno::Badf.into()),
    }
}

pub(crate) fn fd_datasync(ctx: &mut WasiCtx, _: &mut View<'_>, a: &Args<'_>) -> Outcome {
    Ok(sync(ctx, a.u32(0), Rights::FD_DATASYNC, Durability::Data)?)
}

pub(crate) fn fd_sync(ctx: &mut WasiCtx, _: &mut View<'_>, a: &Args<'_>) -> Outcome {
    Ok(sync(ctx, a.u32(0), Rights::FD_SYNC, Durability::DataAndMetadata)?)
}

fn sync(
    ctx: &mut WasiCtx,
    number: u32,
    rights: Rights,
    durability: Durability,
) -> Result<(), Errno> {
    let (descriptor, _) = ctx.descriptor(number)?;
    match &descriptor.object {
        Object::File(file) => {
            descriptor.need(rights)?;
            file.sync(durability)
        }
        Object::Directory(directory) => {
            descriptor.need(rights)?;
            directory.sync()
        }
        Object::Stream(_) | Object::Listener(_) | Object::Socket(_) => Err(Errno::Inval),
    }
}

pub(crate) fn fd_fdstat_get(ctx: &mut WasiCtx, memory: &mut View<'_>, a: &Args<'_>) -> Outcome {
    let (descriptor, _) = ctx.descriptor(a.u32(0))?;
    let stat = layout::fdstat(
        descriptor.kind(),
        descriptor.flags,
        descriptor.reported_rights(),
        descriptor.inheriting,
    );
    Ok(a.ptr(1).write(memory, &stat)?)
}

pub(crate) fn fd_fdstat_set_flags(ctx: &mut WasiCtx, _: &mut View<'_>, a: &Args<'_>) -> Outcome {
    let flags = a.flags(1, u32::from(fdflags::ALL))?;
    let (descriptor, _) = ctx.descriptor(a.u32(0))?;
    descriptor.need(Rights::FD_FDSTAT_SET_FLAGS)?;
    descriptor.flags = u16::try_from(flags).map_err(|_| Errno::Inval)?;
    Ok(())
}

pub(crate) fn fd_fdstat_set_rights(ctx: &mut WasiCtx, _: &mut View<'_>, a: &Args<'_>) -> Outcome {
    let (base_bits, inheriting_bits) = (a.u64(1), a.u64(2));
    let (base, inheriting) = (Rights::from_bits(base_bits), Rights::from_bits(inheriting_bits));
    let unknown = base.bits() != base_bits || inheriting.bits() != inheriting_bits;
    let (descriptor, _) = ctx.descriptor(a.u32(0))?;
    if unknown || !descriptor.base.contains(base) || !descriptor.inheriting.contains(inheriting) {
        return Err(refuse(Reason::NoRight).into());
    }
    descriptor.base = base;
    descriptor.inheriting = inheriting;
    Ok(())
}

pub(crate) fn fd_filestat_get(ctx: &mut WasiCtx, memory: &mut View<'_>, a: &Args<'_>) -> Outcome {
    let (descriptor, _) = ctx.descriptor(a.u32(0))?;
    descriptor.need(Rights::FD_FILESTAT_GET)?;
    let stat = descriptor.stat()?;
    Ok(a.ptr(1).write(memory, &layout::filestat(&ctx.veiled(stat)))?)
}

/// `fd_filestat_get` of `wasi_unstable`.
pub(crate) fn fd_filestat_get_0(ctx: &mut WasiCtx, memory: &mut View<'_>, a: &Args<'_>) -> Outcome {
    let (descriptor, _) = ctx.descriptor(a.u32(0))?;
    descriptor.need(Rights::FD_FILESTAT_GET)?;
    let stat = descriptor.stat()?;
    Ok(a.ptr(1).write(memory, &layout::filestat_0(&ctx.veiled(stat)))?)
}

pub(crate) fn fd_filestat_set_size(ctx: &mut WasiCtx, _: &mut View<'_>, a: &Args<'_>) -> Outcome {
    let bytes = a.u64(1);
    let (descriptor, _) = ctx.descriptor(a.u32(0))?;
    match descriptor.file(Rights::FD_FILESTAT_SET_SIZE) {
        Ok(file) => Ok(file.set_size(bytes)?),
        Err(Errno::Spipe) => Err(Errno::Inval.into()),
        Err(errno) => Err(errno.into()),
    }
}

pub(crate) fn fd_filestat_set_times(ctx: &mut WasiCtx, _: &mut View<'_>, a: &Args<'_>) -> Outcome {
    let times = set_times(a, 1)?;
    let (descriptor, _) = ctx.descriptor(a.u32(0))?;
    descriptor.need(Rights::FD_FILESTAT_SET_TIMES)?;
    let result = match &descriptor.object {
        Object::File(file) => file.set_times(times),
        Object::Directory(directory) => directory.set_times(times),
        Object::Stream(_) | Object::Listener(_) | Object::Socket(_) => Err(Errno::Inval),
    };
    Ok(result?)
}

/// Two times and, behind them, flags that say which are meant.
pub(crate) fn set_times(a: &Args<'_>, index: usize) -> Result<SetTimes, Errno> {
    let flags = a.flags(index + 2, 15)?;
    let one = |flags: u32, time: u64| match flags & 3 {
        0 => Ok(SetTime::Keep),
        1 => Ok(SetTime::To(time)),
        2 => Ok(SetTime::Now),
        _ => Err(Errno::Inval),
    };
    Ok(SetTimes {
        accessed: one(flags, a.u64(index))?,
        modified: one(flags >> 2, a.u64(index + 1))?,
    })
}

pub(crate) fn fd_prestat_get(ctx: &mut WasiCtx, memory: &mut View<'_>, a: &Args<'_>) -> Outcome {
    let (descriptor, _) = ctx.descriptor(a.u32(0))?;
    let name = descriptor.preopened.as_ref().ok_or(Errno::Badf)?;
    let len = u32::try_from(name.len()).map_err(|_| Errno::Overflow)?;
    Ok(a.ptr(1).write(memory, &layout::prestat(len))?)
}

pub(crate) fn fd_prestat_dir_name(
    ctx: &mut WasiCtx,
    memory: &mut View<'_>,
    a: &Args<'_>,
) -> Outcome {
    let (descriptor, _) = ctx.descriptor(a.u32(0))?;
    let name = descriptor.preopened.as_ref().ok_or(Errno::Badf)?.as_bytes();
    let place = a.slice(1);
    if (place.len as usize) < name.len() {
        return Err(Errno::Nametoolong.into());
    }
    place.check(memory)?;
    Ok(a.ptr(1).write(memory, name)?)
}

pub(crate) fn fd_renumber(ctx: &mut WasiCtx, _: &mut View<'_>, a: &Args<'_>) -> Outcome {
    match ctx.descriptors.renumber(a.u32(0), a.u32(1)) {
        Some(_) => Ok(()),
        None => Err(Errno::Badf.into()),
    }
}
