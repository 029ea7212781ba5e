//! Telling the embedder what was refused.
//!
//! Not here: what counts as a refusal (`refusal.rs`).
//!
//! Invariant: nothing here changes what the guest is told.
//!
//! Read next: `refusal.rs`.

use super::args::Args;
use crate::capability::{Access, Object};
use crate::memory::View;
use crate::refusal::{self, Reason, Refusal};
use crate::{Errno, WasiCtx, limits};

/// Where a function has a descriptor and a path that is looked up in it.
fn places(function: &str) -> &'static [(usize, usize)] {
    match function {
        "path_create_directory"
        | "path_readlink"
        | "path_remove_directory"
        | "path_unlink_file" => &[(0, 1)],
        "path_filestat_get" | "path_filestat_set_times" | "path_open" => &[(0, 2)],
        "path_link" => &[(0, 2), (4, 5)],
        "path_rename" => &[(0, 1), (3, 4)],
        "path_symlink" => &[(2, 3)],
        _ => &[],
    }
}

/// Tells the log of a context about a call that failed, if it was refused.
#[cold]
pub(crate) fn tell(
    ctx: &mut WasiCtx,
    memory: &View<'_>,
    function: &'static str,
    args: &Args<'_>,
    errno: Errno,
) {
    let Some(reason) = refusal::take().filter(|reason| reason.errno() == errno) else { return };
    let mut refusal = Refusal { function, reason, errno, grant: None, path: None };
    for (number, path) in places(function) {
        let Some(descriptor) = ctx.descriptors.get(args.u32(*number)) else { continue };
        let is_read_only = matches!(&descriptor.object,
            Object::Directory(directory) if directory.access() == Access::ReadOnly);
        // Of two directories, the one that is in the way.
        if refusal.grant.is_some() && (reason != Reason::ReadOnly || !is_read_only) {
            continue;
        }
        refusal.grant = descriptor.grant.as_deref().map(str::to_owned);
        let path = args.slice(*path).get(memory, limits::PATH_BYTES_MAX).ok();
        refusal.path = path.map(|path| String::from_utf8_lossy(&path).into_owned());
        if is_read_only {
            break;
        }
    }
    if places(function).is_empty() && function.starts_with("fd_") {
        let descriptor = ctx.descriptors.get(args.u32(0));
        let grant = descriptor.and_then(|descriptor| descriptor.grant.as_deref());
        refusal.grant = grant.map(str::to_owned);
    }
    ctx.usage.refusals += 1;
    if let Some(log) = &mut ctx.refusals {
        (log.0)(&refusal);
    }
}
