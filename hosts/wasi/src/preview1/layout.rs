//! Structures of preview 1 as bytes, and the two that `wasi_unstable` has otherwise.
//!
//! Invariant: sizes and offsets are the standard's; padding is zero, so that no host memory shows in it.
//!
//! Read next: the functions that write them, `fd.rs` and `poll.rs`.

use crate::Errno;
use crate::capability::listing::Entry;
use crate::capability::stat::{Kind, Stat};
use crate::preview1::rights::Rights;

/// Bytes of a structure, zero where nothing is put.
struct Bytes<const N: usize>([u8; N]);

impl<const N: usize> Bytes<N> {
    fn put<const M: usize>(mut self, at: usize, bytes: [u8; M]) -> Bytes<N> {
        self.0[at..at + M].copy_from_slice(&bytes);
        self
    }

    fn put_u64(self, at: usize, value: u64) -> Bytes<N> {
        self.put(at, value.to_le_bytes())
    }
}

/// The state of a descriptor.
pub(crate) fn fdstat(kind: Kind, flags: u16, base: Rights, inheriting: Rights) -> [u8; 24] {
    Bytes([0; 24])
        .put(0, [kind as u8])
        .put(2, flags.to_le_bytes())
        .put_u64(8, base.bits())
        .put_u64(16, inheriting.bits())
        .0
}

/// The state of a file.
pub(crate) fn filestat(stat: &Stat) -> [u8; 64] {
    Bytes([0; 64])
        .put_u64(0, stat.device)
        .put_u64(8, stat.inode)
        .put(16, [stat.kind as u8])
        .put_u64(24, stat.links)
        .put_u64(32, stat.size)
        .put_u64(40, stat.accessed)
        .put_u64(48, stat.modified)
        .put_u64(56, stat.changed)
        .0
}

/// The state of a file, before the count of links became wider.
pub(crate) fn filestat_0(stat: &Stat) -> [u8; 56] {
    let links = u32::try_from(stat.links).unwrap_or(u32::MAX);
    Bytes([0; 56])
        .put_u64(0, stat.device)
        .put_u64(8, stat.inode)
        .put(16, [stat.kind as u8])
        .put(20, links.to_le_bytes())
        .put_u64(24, stat.size)
        .put_u64(32, stat.accessed)
        .put_u64(40, stat.modified)
        .put_u64(48, stat.changed)
        .0
}

/// The description of a granted directory.
pub(crate) fn prestat(name_len: u32) -> [u8; 8] {
    Bytes([0; 8]).put(4, name_len.to_le_bytes()).0
}

/// What stands before a name in a listing.
pub(crate) fn dirent(entry: &Entry<'_>) -> [u8; 24] {
    let name_len = u32::try_from(entry.name.len()).unwrap_or(u32::MAX);
    Bytes([0; 24])
        .put_u64(0, entry.next)
        .put_u64(8, entry.inode)
        .put(16, name_len.to_le_bytes())
        .put(20, [entry.kind as u8])
        .0
}

/// Something that happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Event {
    pub(crate) userdata: u64,
    pub(crate) error: Option<Errno>,
    /// The number of the kind of event.
    pub(crate) tag: u8,
    pub(crate) bytes: u64,
    pub(crate) hangup: bool,
}

/// Size of an event.
pub(crate) const EVENT_BYTES: u32 = 32;

pub(crate) fn event(event: &Event) -> [u8; 32] {
    Bytes([0; 32])
        .put_u64(0, event.userdata)
        .put(8, event.error.map_or(0, |errno| errno as u16).to_le_bytes())
        .put(10, [event.tag])
        .put_u64(16, event.bytes)
        .put(24, u16::from(event.hangup).to_le_bytes())
        .0
}

/// Where the parts of a subscription lie.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SubscriptionLayout {
    pub(crate) bytes: u32,
    pub(crate) clock_id: usize,
    pub(crate) clock_timeout: usize,
    pub(crate) clock_flags: usize,
}

pub(crate) const SUBSCRIPTION: SubscriptionLayout =
    SubscriptionLayout { bytes: 48, clock_id: 16, clock_timeout: 24, clock_flags: 40 };

/// Before the identifier of a clock subscription was dropped.
pub(crate) const SUBSCRIPTION_0: SubscriptionLayout =
    SubscriptionLayout { bytes: 56, clock_id: 24, clock_timeout: 32, clock_flags: 48 };
