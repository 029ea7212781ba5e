//! The functions of preview 1 as data: name, types, and what runs.
//!
//! `SNAPSHOT_1` is `wasi_snapshot_preview1`; `SNAPSHOT_0` is `wasi_unstable` before it, which has the same functions but
//! one, four of them with other numbers or layouts. A linker, a test and a fuzzer all read these rows.
//!
//! Invariant: the types of a row are the standard's, and its function reads no other parameters than those.
//!
//! Read next: the module named in a row.

use super::args::{Args, PARAMS_MAX, Word};
use super::{arguments, clock, fd, io, log, path, poll, process, readdir, socket};
use crate::memory::View;
use crate::{Errno, Fault, Trap, WasiCtx, refusal};
use holm::SharedMemory;

/// One function of the standard.
#[derive(Clone, Copy, Debug)]
pub struct Function {
    /// Its name in the module.
    pub name: &'static str,
    /// The types of its parameters.
    pub params: &'static [Word],
    /// The types of its results: the error number, or none.
    pub results: &'static [Word],
    handler: Handler,
}

type Handler = fn(&mut WasiCtx, &mut View<'_>, &Args<'_>) -> Result<(), Fault>;

/// The end of a guest inside a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// It asked to end with this code.
    Exit(u32),
    /// It is ended.
    Trap(Trap),
}

/// Why a call gives no number to the guest.
pub(crate) enum Left {
    End(End),
    /// It has to wait for what it has put down in the context, and is to be made again.
    Wait,
}

impl Function {
    /// Calls the function with parameters that lie in `slots` from the first on, each in 64 bits, and gives the
    /// error number for the guest (0 for success).
    ///
    /// # Errors
    /// When the guest ends here.
    #[inline]
    pub fn call(
        &self,
        ctx: &mut WasiCtx,
        memory: &mut [u8],
        slots: &[u64; PARAMS_MAX],
    ) -> Result<u32, End> {
        ctx.usage.calls += 1;
        self.attempt(ctx, &mut View::Own(memory), slots).or_else(Left::here)
    }

    /// The same for a memory that threads share, by a context that they do not.
    ///
    /// # Errors
    /// When the guest ends here.
    pub fn call_shared(
        &self,
        ctx: &mut WasiCtx,
        memory: &SharedMemory,
        slots: &[u64; PARAMS_MAX],
    ) -> Result<u32, End> {
        ctx.usage.calls += 1;
        self.attempt(ctx, &mut View::Shared(memory), slots).or_else(Left::here)
    }

    /// Calls the function once, without counting it.
    #[inline]
    pub(crate) fn attempt(
        &self,
        ctx: &mut WasiCtx,
        memory: &mut View<'_>,
        slots: &[u64; PARAMS_MAX],
    ) -> Result<u32, Left> {
        let args = Args { slots, types: self.params };
        if ctx.refusals.is_some() {
            // What an earlier call noted and got over.
            let _ = refusal::take();
        }
        match (self.handler)(ctx, memory, &args) {
            Ok(()) => Ok(0),
            Err(Fault::Errno(errno)) => {
                if ctx.refusals.is_some() {
                    log::tell(ctx, memory, self.name, &args, errno);
                }
                Ok(errno as u32)
            }
            Err(Fault::Exit(code)) => Err(Left::End(End::Exit(code))),
            Err(Fault::Trap(trap)) => Err(Left::End(End::Trap(trap))),
            Err(Fault::Wait) => Err(Left::Wait),
        }
    }
}

impl Left {
    /// In a context that waits by itself.
    #[cold]
    fn here(self) -> Result<u32, End> {
        match self {
            Left::End(end) => Err(end),
            Left::Wait => Ok(Errno::Again as u32),
        }
    }
}

const I: Word = Word::I32;
const L: Word = Word::I64;
const ERRNO: &[Word] = &[I];

const fn row(
    name: &'static str,
    params: &'static [Word],
    results: &'static [Word],
    handler: Handler,
) -> Function {
    assert!(params.len() <= PARAMS_MAX);
    Function { name, params, results, handler }
}

/// The functions of the module `wasi_snapshot_preview1`.
pub static SNAPSHOT_1: [Function; 46] = [
    row("args_get", &[I, I], ERRNO, arguments::args_get),
    row("args_sizes_get", &[I, I], ERRNO, arguments::args_sizes_get),
    row("environ_get", &[I, I], ERRNO, arguments::environ_get),
    row("environ_sizes_get", &[I, I], ERRNO, arguments::environ_sizes_get),
    row("clock_res_get", &[I, I], ERRNO, clock::clock_res_get),
    row("clock_time_get", &[I, L, I], ERRNO, clock::clock_time_get),
    row("fd_advise", &[I, L, L, I], ERRNO, fd::fd_advise),
    row("fd_allocate", &[I, L, L], ERRNO, fd::fd_allocate),
    row("fd_close", &[I], ERRNO, fd::fd_close),
    row("fd_datasync", &[I], ERRNO, fd::fd_datasync),
    row("fd_fdstat_get", &[I, I], ERRNO, fd::fd_fdstat_get),
    row("fd_fdstat_set_flags", &[I, I], ERRNO, fd::fd_fdstat_set_flags),
    row("fd_fdstat_set_rights", &[I, L, L], ERRNO, fd::fd_fdstat_set_rights),
    row("fd_filestat_get", &[I, I], ERRNO, fd::fd_filestat_get),
    row("fd_filestat_set_size", &[I, L], ERRNO, fd::fd_filestat_set_size),
    row("fd_filestat_set_times", &[I, L, L, I], ERRNO, fd::fd_filestat_set_times),
    row("fd_pread", &[I, I, I, L, I], ERRNO, io::fd_pread),
    row("fd_prestat_get", &[I, I], ERRNO, fd::fd_prestat_get),
    row("fd_prestat_dir_name", &[I, I, I], ERRNO, fd::fd_prestat_dir_name),
    row("fd_pwrite", &[I, I, I, L, I], ERRNO, io::fd_pwrite),
    row("fd_read", &[I, I, I, I], ERRNO, io::fd_read),
    row("fd_readdir", &[I, I, I, L, I], ERRNO, readdir::fd_readdir),
    row("fd_renumber", &[I, I], ERRNO, fd::fd_renumber),
    row("fd_seek", &[I, L, I, I], ERRNO, io::fd_seek),
    row("fd_sync", &[I], ERRNO, fd::fd_sync),
    row("fd_tell", &[I, I], ERRNO, io::fd_tell),
    row("fd_write", &[I, I, I, I], ERRNO, io::fd_write),
    row("path_create_directory", &[I, I, I], ERRNO, path::path_create_directory),
    row("path_filestat_get", &[I, I, I, I, I], ERRNO, path::path_filestat_get),
    row("path_filestat_set_times", &[I, I, I, I, L, L, I], ERRNO, path::path_filestat_set_times),
    row("path_link", &[I, I, I, I, I, I, I], ERRNO, path::path_link),
    row("path_open", &[I, I, I, I, I, L, L, I, I], ERRNO, path::path_open),
    row("path_readlink", &[I, I, I, I, I, I], ERRNO, path::path_readlink),
    row("path_remove_directory", &[I, I, I], ERRNO, path::path_remove_directory),
    row("path_rename", &[I, I, I, I, I, I], ERRNO, path::path_rename),
    row("path_symlink", &[I, I, I, I, I], ERRNO, path::path_symlink),
    row("path_unlink_file", &[I, I, I], ERRNO, path::path_unlink_file),
    row("poll_oneoff", &[I, I, I, I], ERRNO, poll::poll_oneoff),
    row("proc_exit", &[I], &[], process::proc_exit),
    row("proc_raise", &[I], ERRNO, process::proc_raise),
    row("sched_yield", &[], ERRNO, process::sched_yield),
    row("random_get", &[I, I], ERRNO, process::random_get),
    row("sock_accept", &[I, I, I], ERRNO, socket::sock_accept),
    row("sock_recv", &[I, I, I, I, I, I], ERRNO, socket::sock_recv),
    row("sock_send", &[I, I, I, I, I], ERRNO, socket::sock_send),
    row("sock_shutdown", &[I, I], ERRNO, socket::sock_shutdown),
];

/// The functions of the module `wasi_unstable`.
pub static SNAPSHOT_0: [Function; 45] = [
    row("args_get", &[I, I], ERRNO, arguments::args_get),
    row("args_sizes_get", &[I, I], ERRNO, arguments::args_sizes_get),
    row("environ_get", &[I, I], ERRNO, arguments::environ_get),
    row("environ_sizes_get", &[I, I], ERRNO, arguments::environ_sizes_get),
    row("clock_res_get", &[I, I], ERRNO, clock::clock_res_get),
    row("clock_time_get", &[I, L, I], ERRNO, clock::clock_time_get),
    row("fd_advise", &[I, L, L, I], ERRNO, fd::fd_advise),
    row("fd_allocate", &[I, L, L], ERRNO, fd::fd_allocate),
    row("fd_close", &[I], ERRNO, fd::fd_close),
    row("fd_datasync", &[I], ERRNO, fd::fd_datasync),
    row("fd_fdstat_get", &[I, I], ERRNO, fd::fd_fdstat_get),
    row("fd_fdstat_set_flags", &[I, I], ERRNO, fd::fd_fdstat_set_flags),
    row("fd_fdstat_set_rights", &[I, L, L], ERRNO, fd::fd_fdstat_set_rights),
    row("fd_filestat_get", &[I, I], ERRNO, fd::fd_filestat_get_0),
    row("fd_filestat_set_size", &[I, L], ERRNO, fd::fd_filestat_set_size),
    row("fd_filestat_set_times", &[I, L, L, I], ERRNO, fd::fd_filestat_set_times),
    row("fd_pread", &[I, I, I, L, I], ERRNO, io::fd_pread),
    row("fd_prestat_get", &[I, I], ERRNO, fd::fd_prestat_get),
    row("fd_prestat_dir_name", &[I, I, I], ERRNO, fd::fd_prestat_dir_name),
    row("fd_pwrite", &[I, I, I, L, I], ERRNO, io::fd_pwrite),
    row("fd_read", &[I, I, I, I], ERRNO, io::fd_read),
    row("fd_readdir", &[I, I, I, L, I], ERRNO, readdir::fd_readdir),
    row("fd_renumber", &[I, I], ERRNO, fd::fd_renumber),
    row("fd_seek", &[I, L, I, I], ERRNO, io::fd_seek_0),
    row("fd_sync", &[I], ERRNO, fd::fd_sync),
    row("fd_tell", &[I, I], ERRNO, io::fd_tell),
    row("fd_write", &[I, I, I, I], ERRNO, io::fd_write),
    row("path_create_directory", &[I, I, I], ERRNO, path::path_create_directory),
    row("path_filestat_get", &[I, I, I, I, I], ERRNO, path::path_filestat_get_0),
    row("path_filestat_set_times", &[I, I, I, I, L, L, I], ERRNO, path::path_filestat_set_times),
    row("path_link", &[I, I, I, I, I, I, I], ERRNO, path::path_link),
    row("path_open", &[I, I, I, I, I, L, L, I, I], ERRNO, path::path_open),
    row("path_readlink", &[I, I, I, I, I, I], ERRNO, path::path_readlink),
    row("path_remove_directory", &[I, I, I], ERRNO, path::path_remove_directory),
    row("path_rename", &[I, I, I, I, I, I], ERRNO, path::path_rename),
    row("path_symlink", &[I, I, I, I, I], ERRNO, path::path_symlink),
    row("path_unlink_file", &[I, I, I], ERRNO, path::path_unlink_file),
    row("poll_oneoff", &[I, I, I, I], ERRNO, poll::poll_oneoff_0),
    row("proc_exit", &[I], &[], process::proc_exit),
    row("proc_raise", &[I], ERRNO, process::proc_raise),
    row("sched_yield", &[], ERRNO, process::sched_yield),
    row("random_get", &[I, I], ERRNO, process::random_get),
    row("sock_recv", &[I, I, I, I, I, I], ERRNO, socket::sock_recv),
    row("sock_send", &[I, I, I, I, I], ERRNO, socket::sock_send),
    row("sock_shutdown", &[I, I], ERRNO, socket::sock_shutdown),
];
