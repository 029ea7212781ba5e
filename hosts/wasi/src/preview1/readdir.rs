//! Listing a directory into guest memory.
//!
//! Invariant: the buffer is filled to its end, in the middle of an entry if need be, unless the listing ends before:
//! that is how guests tell the two apart.
//!
//! Read next: `capability/listing.rs`.

use super::args::Args;
use super::layout;
use super::rights::Rights;
use crate::capability::Object;
use crate::capability::wait::Waiting;
use crate::memory::View;
use crate::{Errno, Fault, WasiCtx, limits};

pub(crate) fn fd_readdir(
    ctx: &mut WasiCtx,
    memory: &mut View<'_>,
    a: &Args<'_>,
) -> Result<(), Fault> {
    let cookie = a.u64(3);
    let descriptor = ctx.descriptors.get_mut(a.u32(0)).ok_or(Errno::Badf)?;
    let rights = descriptor.need(Rights::FD_READDIR);
    let Object::Directory(directory) = &mut descriptor.object else {
        return Err(Errno::Notdir.into());
    };
    rights?;
    a.ptr(4).write_u32(memory, 0)?;
    let (buffer, mut used) = (a.slice(1), 0);
    buffer.check(memory)?;
    let mut put = |bytes: &[u8]| {
        let count = bytes.len().min(buffer.len as usize - used);
        memory.write(buffer.start as usize + used, &bytes[..count])?;
        used += count;
        Ok::<bool, Errno>(count == bytes.len())
    };
    let waiting = Waiting { stopper: ctx.stopper.as_ref(), ..Waiting::never() };
    let mut stopped = waiting.check();
    let mut visited = 0_u32;
    directory.visit_entries(cookie, |mut entry| {
        visited += 1;
        if visited.is_multiple_of(limits::ENTRIES_BETWEEN_CHECKS) {
            stopped = waiting.check();
        }
        if stopped.is_err() {
            return Ok(false);
        }
        if let Some(veil) = &mut ctx.veil {
            // The device is the same for all of a directory but for what is mounted there.
            entry.inode = veil.inode(0, entry.inode);
        }
        Ok(put(&layout::dirent(&entry))? && put(entry.name)?)
    })?;
    stopped?;
    Ok(a.ptr(4).write_count(memory, used)?)
}
