//! Sockets: accepting, receiving, sending, shutting down.
//!
//! Read next: `capability/socket.rs`.

use super::args::Args;
use super::descriptor::{Descriptor, fdflags};
use super::rights::Rights;
use crate::capability::Object;
use crate::capability::socket::{Receive, Socket};
use crate::memory::View;
use crate::refusal::{Reason, refuse};
use crate::{Errno, Fault, WasiCtx};

type Outcome = Result<(), Fault>;

/// The connection, if it is one and the right is there.
fn connection(descriptor: &Descriptor, right: Rights) -> Result<&Socket, Errno> {
    match &descriptor.object {
        Object::Socket(socket) => {
            descriptor.need(right)?;
            Ok(socket)
        }
        Object::Listener(_) => Err(Errno::Notconn),
        Object::Directory(_) | Object::File(_) | Object::Stream(_) => Err(Errno::Notsock),
    }
}

pub(crate) fn sock_accept(ctx: &mut WasiCtx, memory: &mut View<'_>, a: &Args<'_>) -> Outcome {
    let flags = a.flags(1, u32::from(fdflags::NONBLOCK))?;
    let flags = u16::try_from(flags).map_err(|_| Errno::Inval)?;
    a.ptr(2).read::<4>(memory)?;
    let has_room = ctx.descriptors.has_room();
    let (descriptor, waiting) = ctx.descriptor(a.u32(0))?;
    let listener = match &descriptor.object {
        Object::Listener(listener) => listener,
        Object::Socket(_) => return Err(Errno::Inval.into()),
        _ => return Err(Errno::Notsock.into()),
    };
    descriptor.need(Rights::SOCK_ACCEPT)?;
    if !has_room {
        return Err(refuse(Reason::Handles).into());
    }
    let socket = listener.accept(waiting)?;
    let accepted = Descriptor::socket(socket, descriptor.inheriting, flags);
    let number = ctx.descriptors.insert(accepted).map_err(|_| refuse(Reason::Handles))?;
    Ok(a.ptr(2).write_u32(memory, number)?)
}

pub(crate) fn sock_recv(ctx: &mut WasiCtx, memory: &mut View<'_>, a: &Args<'_>) -> Outcome {
    let flags = a.flags(3, 3)?;
    let how = Receive { peek: flags & 1 != 0, all: flags & 2 != 0 };
    let (count_at, flags_at) = (a.ptr(4), a.ptr(5));
    count_at.read::<4>(memory)?;
    flags_at.read::<2>(memory)?;
    let (descriptor, waiting) = ctx.descriptor(a.u32(0))?;
    let socket = connection(descriptor, Rights::FD_READ)?;
    let mut truncated = false;
    let count = a.vectors(1).read_into(memory, false, |slices| {
        let (count, cut) = socket.receive(slices, how, waiting)?;
        truncated = cut;
        Ok::<usize, Fault>(count)
    })?;
    ctx.usage.bytes_read += count as u64;
    flags_at.write(memory, &u16::from(truncated).to_le_bytes())?;
    Ok(count_at.write_count(memory, count)?)
}

pub(crate) fn sock_send(ctx: &mut WasiCtx, memory: &mut View<'_>, a: &Args<'_>) -> Outcome {
    a.flags(3, 0)?;
    let count_at = a.ptr(4);
    count_at.read::<4>(memory)?;
    let (descriptor, waiting) = ctx.descriptor(a.u32(0))?;
    let socket = connection(descriptor, Rights::FD_WRITE)?;
    let count = a.vectors(1).write_from(memory, |slices| socket.send(slices, waiting))?;
    ctx.usage.bytes_written += count as u64;
    Ok(count_at.write_count(memory, count)?)
}

pub(crate) fn sock_shutdown(ctx: &mut WasiCtx, _: &mut View<'_>, a: &Args<'_>) -> Outcome {
    let how = a.flags(1, 3)?;
    let (descriptor, _) = ctx.descriptor(a.u32(0))?;
    let socket = connection(descriptor, Rights::SOCK_SHUTDOWN)?;
    Ok(socket.shut_down(how & 1 != 0, how & 2 != 0)?)
}
