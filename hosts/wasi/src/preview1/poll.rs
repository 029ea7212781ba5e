//! Waiting for times and descriptors.
//!
//! Invariant: every subscription is answered on its own; a bad one gets an event with an error, at once.
//!
//! Read next: `capability/wait.rs`.

use super::args::Args;
use super::clock::clock_of;
use super::layout::{self, EVENT_BYTES, Event, SubscriptionLayout};
use super::rights::Rights;
use crate::capability::wait::wait_until;
use crate::memory::View;
use crate::{Errno, Fault, WasiCtx, limits};
use rustix::event::{PollFd, PollFlags};

type Outcome = Result<(), Fault>;

/// Kinds of events, by the numbers of the standard.
mod tag {
    pub(super) const CLOCK: u8 = 0;
    pub(super) const READ: u8 = 1;
    pub(super) const WRITE: u8 = 2;
}

/// What a call has found out before it is made again.
#[derive(Debug)]
pub(crate) enum Resumed {
    Poll(Vec<Subscription>),
    /// The others have had their turn.
    Yielded,
}

/// What one subscription waits for.
#[derive(Debug)]
pub(crate) struct Subscription {
    userdata: u64,
    tag: u8,
    target: Target,
}

#[derive(Debug)]
enum Target {
    /// A point of the clock that waits go by.
    Time(u64),
    Descriptor(u32),
    /// Nothing: there is an error to be told.
    Error(Errno),
}

pub(crate) fn poll_oneoff(ctx: &mut WasiCtx, memory: &mut View<'_>, a: &Args<'_>) -> Outcome {
    poll(ctx, memory, a, layout::SUBSCRIPTION)
}

/// `poll_oneoff` of `wasi_unstable`.
pub(crate) fn poll_oneoff_0(ctx: &mut WasiCtx, memory: &mut View<'_>, a: &Args<'_>) -> Outcome {
    poll(ctx, memory, a, layout::SUBSCRIPTION_0)
}

fn poll(
    ctx: &mut WasiCtx,
    memory: &mut View<'_>,
    a: &Args<'_>,
    layout: SubscriptionLayout,
) -> Outcome {
    let (events_at, count, count_at) = (a.ptr(1), a.u32(2), a.ptr(3));
    if count == 0 || count > limits::SUBSCRIPTIONS_MAX {
        return Err(Errno::Inval.into());
    }
    events_at.slice(count * EVENT_BYTES).check(memory)?;
    count_at.read::<4>(memory)?;
    let list = a.ptr(0).slice(count * layout.bytes);
    let list = list.get(memory, list.len as usize)?;
    let subscriptions = match ctx.resumed.take() {
        // What the guest wrote was looked at, and its times counted, when the call was first made.
        Some(Resumed::Poll(subscriptions)) => subscriptions,
        _ => list
            .chunks_exact(layout.bytes as usize)
            .map(|bytes| parse(ctx, bytes, layout))
            .collect::<Result<Vec<_>, _>>()?,
    };
    let events = match wait(ctx, &subscriptions) {
        Err(Fault::Wait) => {
            ctx.resumed = Some(Resumed::Poll(subscriptions));
            return Err(Fault::Wait);
        }
        other => other?,
    };
    let mut place = events_at;
    for (index, event) in events.iter().enumerate() {
        if index > 0 {
            place = place.offset(EVENT_BYTES)?;
        }
        place.write(memory, &layout::event(event))?;
    }
    Ok(count_at.write_count(memory, events.len())?)
}

/// Reads one subscription. Only a kind that does not exist spoils the whole call.
fn parse(ctx: &WasiCtx, bytes: &[u8], layout: SubscriptionLayout) -> Result<Subscription, Errno> {
    let word = |at: usize| bytes[at..].first_chunk().map_or(0, |b| u32::from_le_bytes(*b));
    let long = |at: usize| bytes[at..].first_chunk().map_or(0, |b| u64::from_le_bytes(*b));
    let userdata = long(0);
    let tag = bytes[8];
    let target = match tag {
        tag::CLOCK => {
            let absolute = match word(layout.clock_flags) & 0xffff {
                0 => Ok(false),
                1 => Ok(true),
                _ => Err(Errno::Inval),
            };
            let timeout = long(layout.clock_timeout);
            let clock = clock_of(word(layout.clock_id));
            let deadline =
                absolute.and_then(|absolute| ctx.clocks.deadline(clock?, timeout, absolute));
            deadline.map_or_else(Target::Error, Target::Time)
        }
        tag::READ | tag::WRITE => Target::Descriptor(word(16)),
        _ => return Err(Errno::Inval),
    };
    Ok(Subscription { userdata, tag, target })
}

/// Waits until at least one subscription has an event, and gives all that have one.
fn wait(ctx: &WasiCtx, subscriptions: &[Subscription]) -> Result<Vec<Event>, Fault> {
    let mut events = Vec::new();
    let mut until: Option<u64> = None;
    let mut asked = Vec::new();
    let mut asked_for = Vec::new();
    for subscription in subscriptions {
        match subscription.target {
            Target::Error(errno) => events.push(subscription.event(Some(errno))),
            Target::Time(time) => until = Some(until.map_or(time, |until| until.min(time))),
            Target::Descriptor(number) => match subscription.ready(ctx, number) {
                Ready::Now(event) => events.push(event),
                Ready::Ask(fd) => {
                    asked.push(fd);
                    asked_for.push((subscription, number));
                }
            },
        }
    }
    let waiting = ctx.waiting();
    let first = until;
    if !events.is_empty() || (ctx.clocks.are_imagined() && until.is_some()) {
        until = Some(0);
    }
    asked.extend(waiting.wake_up());
    let look = if waiting.elsewhere.is_some() { Some(0) } else { until };
    loop {
        let ready = wait_until(&mut asked, look, waiting)?;
        if let (false, true, Some(first)) = (ready, events.is_empty(), first) {
            ctx.clocks.pass_to(first);
        }
        for (fd, (subscription, number)) in asked.iter().zip(&asked_for) {
            if !fd.revents().is_empty() {
                events.push(subscription.happened(ctx, *number, fd.revents()));
            }
        }
        let now = ctx.clocks.reference();
        for subscription in subscriptions {
            if matches!(subscription.target, Target::Time(time) if time <= now) {
                events.push(subscription.event(None));
            }
        }
        if !events.is_empty() {
            return Ok(events);
        }
        if waiting.elsewhere.is_some() {
            let fds = asked_for.iter().filter_map(|(subscription, number)| {
                ctx.descriptors.get(*number)?.wait(subscription.tag == tag::READ)
            });
            return Err(waiting.leave(fds, until));
        }
    }
}

/// Whether the kernel has to be asked about a descriptor.
enum Ready<'a> {
    Now(Event),
    Ask(PollFd<'a>),
}

impl Subscription {
    fn event(&self, error: Option<Errno>) -> Event {
        Event { userdata: self.userdata, error, tag: self.tag, bytes: 0, hangup: false }
    }

    fn ready<'a>(&self, ctx: &'a WasiCtx, number: u32) -> Ready<'a> {
        let Some(descriptor) = ctx.descriptors.get(number) else {
            return Ready::Now(self.event(Some(Errno::Badf)));
        };
        let to_read = self.tag == tag::READ;
        let right = if to_read { Rights::FD_READ } else { Rights::FD_WRITE };
        if let Err(errno) = descriptor.need(Rights::POLL_FD_READWRITE | right) {
            return Ready::Now(self.event(Some(errno)));
        }
        match descriptor.wait(to_read) {
            Some((fd, flags)) => Ready::Ask(PollFd::from_borrowed_fd(fd, flags)),
            None => Ready::Now(self.happened(ctx, number, PollFlags::empty())),
        }
    }

    /// The event for a descriptor that is ready, or at its end.
    fn happened(&self, ctx: &WasiCtx, number: u32, flags: PollFlags) -> Event {
        let mut event = self.event(None);
        event.hangup = flags.intersects(PollFlags::HUP | PollFlags::RDHUP);
        event.bytes = match ctx.descriptors.get(number) {
            Some(descriptor) if self.tag == tag::READ => {
                event.hangup |= descriptor.is_hung_up();
                descriptor.available()
            }
            _ => 1,
        };
        if flags.contains(PollFlags::NVAL) {
            event.error = Some(Errno::Badf);
        }
        event
    }
}
