//! What a guest can do by path.
//!
//! Not here: how a path is confined (`capability/directory.rs`, `capability/resolve.rs`).
//!
//! Read next: `capability/directory.rs`.

use super::args::Args;
use super::descriptor::{Descriptor, fdflags};
use super::fd::set_times;
use super::layout;
use super::rights::Rights;
use crate::capability::directory::{Directory, Open};
use crate::capability::path::GuestPath;
use crate::capability::stat::Stat;
use crate::memory::View;
use crate::refusal::{Reason, refuse};
use crate::{Errno, Fault, WasiCtx, limits};
use std::borrow::Cow;

type Outcome = Result<(), Fault>;

const SYMLINK_FOLLOW: u32 = 1;

mod oflags {
    pub(super) const CREAT: u32 = 1;
    pub(super) const DIRECTORY: u32 = 2;
    pub(super) const EXCL: u32 = 4;
    pub(super) const TRUNC: u32 = 8;
    pub(super) const ALL: u32 = CREAT | DIRECTORY | EXCL | TRUNC;
}

/// The directory of a descriptor, if the rights are there.
fn directory(ctx: &WasiCtx, number: u32, rights: Rights) -> Result<&Directory, Errno> {
    ctx.descriptors.get(number).ok_or(Errno::Badf)?.directory(rights)
}

/// The text of a path.
struct Text<'m>(Cow<'m, [u8]>);

impl Text<'_> {
    fn path(&self) -> Result<GuestPath<'_>, Errno> {
        GuestPath::new(&self.0)
    }
}

/// The text of a path at an address and with the length behind it.
fn text<'m>(memory: &'m View<'_>, a: &Args<'_>, index: usize) -> Result<Text<'m>, Errno> {
    a.slice(index).get(memory, limits::PATH_BYTES_MAX).map(Text)
}

pub(crate) fn path_create_directory(
    ctx: &mut WasiCtx,
    memory: &mut View<'_>,
    a: &Args<'_>,
) -> Outcome {
    let directory = directory(ctx, a.u32(0), Rights::PATH_CREATE_DIRECTORY)?;
    Ok(directory.create_directory(text(memory, a, 1)?.path()?)?)
}

fn stat(ctx: &WasiCtx, memory: &View<'_>, a: &Args<'_>) -> Result<Stat, Errno> {
    let follow = a.flags(1, SYMLINK_FOLLOW)? != 0;
    let directory = directory(ctx, a.u32(0), Rights::PATH_FILESTAT_GET)?;
    directory.stat_at(text(memory, a, 2)?.path()?, follow)
}

pub(crate) fn path_filestat_get(ctx: &mut WasiCtx, memory: &mut View<'_>, a: &Args<'_>) -> Outcome {
    let stat = stat(ctx, memory, a)?;
    Ok(a.ptr(4).write(memory, &layout::filestat(&ctx.veiled(stat)))?)
}

/// `path_filestat_get` of `wasi_unstable`.
pub(crate) fn path_filestat_get_0(
    ctx: &mut WasiCtx,
    memory: &mut View<'_>,
    a: &Args<'_>,
) -> Outcome {
    let stat = stat(ctx, memory, a)?;
    Ok(a.ptr(4).write(memory, &layout::filestat_0(&ctx.veiled(stat)))?)
}

pub(crate) fn path_filestat_set_times(
    ctx: &mut WasiCtx,
    memory: &mut View<'_>,
    a: &Args<'_>,
) -> Outcome {
    let follow = a.flags(1, SYMLINK_FOLLOW)? != 0;
    let times = set_times(a, 4)?;
    let directory = directory(ctx, a.u32(0), Rights::PATH_FILESTAT_SET_TIMES)?;
    Ok(directory.set_times_at(text(memory, a, 2)?.path()?, follow, times)?)
}

pub(crate) fn path_link(ctx: &mut WasiCtx, memory: &mut View<'_>, a: &Args<'_>) -> Outcome {
    let follow = a.flags(1, SYMLINK_FOLLOW)? != 0;
    let from = directory(ctx, a.u32(0), Rights::PATH_LINK_SOURCE)?;
    let to = directory(ctx, a.u32(4), Rights::PATH_LINK_TARGET)?;
    Ok(from.link(text(memory, a, 2)?.path()?, follow, to, text(memory, a, 5)?.path()?)?)
}

pub(crate) fn path_open(ctx: &mut WasiCtx, memory: &mut View<'_>, a: &Args<'_>) -> Outcome {
    let follow = a.flags(1, SYMLINK_FOLLOW)? != 0;
    let oflags = a.flags(4, oflags::ALL)?;
    let flags = u16::try_from(a.flags(7, u32::from(fdflags::ALL))?).map_err(|_| Errno::Inval)?;
    let (base, inheriting) = (Rights::from_bits(a.u64(5)), Rights::from_bits(a.u64(6)));
    let has = |flag: u32| oflags & flag != 0;
    let mut needed = Rights::PATH_OPEN;
    if has(oflags::CREAT) {
        needed = needed | Rights::PATH_CREATE_FILE;
    }
    if has(oflags::TRUNC) {
        needed = needed | Rights::PATH_FILESTAT_SET_SIZE;
    }
    a.ptr(8).read::<4>(memory)?;
    let parent = ctx.descriptors.get(a.u32(0)).ok_or(Errno::Badf)?;
    let directory = parent.directory(needed)?;
    let how = Open {
        follow,
        create: has(oflags::CREAT),
        exclusive: has(oflags::EXCL),
        truncate: has(oflags::TRUNC),
        directory: has(oflags::DIRECTORY),
        read: base.contains(Rights::FD_READ),
        write: base.contains(Rights::FD_WRITE),
    };
    // Other rights that the parent does not pass on are left out; asking for these means to use them.
    if !parent.inheriting.contains(base & (Rights::FD_READ | Rights::FD_WRITE)) {
        return Err(refuse(Reason::NoRight).into());
    }
    if !ctx.descriptors.has_room() {
        return Err(refuse(Reason::Handles).into());
    }
    let opened = directory.open(text(memory, a, 2)?.path()?, how)?;
    let (base, inheriting) = (base & parent.inheriting, inheriting & parent.inheriting);
    let grant = parent.grant.clone();
    let descriptor = Descriptor { grant, ..Descriptor::opened(opened, base, inheriting, flags) };
    let number = ctx.descriptors.insert(descriptor).map_err(|_| refuse(Reason::Handles))?;
    Ok(a.ptr(8).write_u32(memory, number)?)
}

pub(crate) fn path_readlink(ctx: &mut WasiCtx, memory: &mut View<'_>, a: &Args<'_>) -> Outcome {
    let directory = directory(ctx, a.u32(0), Rights::PATH_READLINK)?;
    // The path may lie in the buffer, so it is taken out first.
    let name = Text(Cow::Owned(text(memory, a, 1)?.0.into_owned()));
    let path = name.path()?;
    let count = a
        .slice(3)
        .fill(memory, limits::PATH_BYTES_MAX, |buffer| directory.read_link(path, buffer))?;
    Ok(a.ptr(5).write_count(memory, count)?)
}

pub(crate) fn path_remove_directory(
    ctx: &mut WasiCtx,
    memory: &mut View<'_>,
    a: &Args<'_>,
) -> Outcome {
    let directory = directory(ctx, a.u32(0), Rights::PATH_REMOVE_DIRECTORY)?;
    Ok(directory.remove_directory(text(memory, a, 1)?.path()?)?)
}

pub(crate) fn path_rename(ctx: &mut WasiCtx, memory: &mut View<'_>, a: &Args<'_>) -> Outcome {
    let from = directory(ctx, a.u32(0), Rights::PATH_RENAME_SOURCE)?;
    let to = directory(ctx, a.u32(3), Rights::PATH_RENAME_TARGET)?;
    Ok(from.rename(text(memory, a, 1)?.path()?, to, text(memory, a, 4)?.path()?)?)
}

pub(crate) fn path_symlink(ctx: &mut WasiCtx, memory: &mut View<'_>, a: &Args<'_>) -> Outcome {
    let directory = directory(ctx, a.u32(2), Rights::PATH_SYMLINK)?;
    let target = text(memory, a, 0)?;
    Ok(directory.symlink(&target.0, text(memory, a, 3)?.path()?)?)
}

pub(crate) fn path_unlink_file(ctx: &mut WasiCtx, memory: &mut View<'_>, a: &Args<'_>) -> Outcome {
    let directory = directory(ctx, a.u32(0), Rights::PATH_UNLINK_FILE)?;
    Ok(directory.unlink_file(text(memory, a, 1)?.path()?)?)
}
