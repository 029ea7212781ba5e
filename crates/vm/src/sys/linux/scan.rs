//! Which pages of a range are resident, through the kernel's `PAGEMAP_SCAN` (Linux 6.7).
//!
//! Used to reset a slot by touching only what the guest touched. Where the kernel cannot tell, the answer
//! is `None` and the caller resets everything. Asking takes about a microsecond; asking whether the process
//! had a page fault at all takes a third of that.

use std::ops::Range;
use std::os::fd::{AsRawFd, OwnedFd};
use std::sync::OnceLock;

/// The kernel's `struct pm_scan_arg`.
#[repr(C)]
#[derive(Default)]
struct ScanArguments {
    size: u64,
    flags: u64,
    start: u64,
    end: u64,
    walk_end: u64,
    regions: u64,
    regions_count: u64,
    pages_max: u64,
    category_inverted: u64,
    category_mask: u64,
    category_any_of: u64,
    return_mask: u64,
}

/// The kernel's `struct page_region`.
#[repr(C)]
#[derive(Clone, Copy, Default)]
struct Region {
    start: u64,
    end: u64,
    categories: u64,
}

const PAGEMAP_SCAN: libc::c_ulong = 0xC060_6610;
const PRESENT: u64 = 1 << 3;
const SWAPPED: u64 = 1 << 4;
const _: () = assert!(size_of::<ScanArguments>() == 0x60);

/// How many separate regions one scan can report; more means "too scattered".
const REGIONS_MAX: usize = 32;

fn pagemap() -> Option<&'static OwnedFd> {
    static FILE: OnceLock<Option<OwnedFd>> = OnceLock::new();
    let open = || {
        use rustix::fs::{Mode, OFlags};
        rustix::fs::open("/proc/self/pagemap", OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty()).ok()
    };
    FILE.get_or_init(open).as_ref()
}

/// The resident parts of `range` (page aligned addresses), at most `pages_max` pages; `None` when there
/// are more, or when the kernel cannot tell.
pub(crate) fn resident(range: Range<usize>, pages_max: usize) -> Option<Vec<Range<usize>>> {
    let file = pagemap()?;
    let mut regions = [Region::default(); REGIONS_MAX];
    let mut arguments = ScanArguments {
        size: size_of::<ScanArguments>() as u64,
        start: range.start as u64,
        end: range.end as u64,
        regions: regions.as_mut_ptr().expose_provenance() as u64,
        regions_count: REGIONS_MAX as u64,
        pages_max: pages_max as u64 + 1,
        category_any_of: PRESENT | SWAPPED,
        return_mask: PRESENT | SWAPPED,
        ..ScanArguments::default()
    };
    // SAFETY: the arguments have the kernel's layout and name a buffer of `REGIONS_MAX` regions, which the
    // kernel fills; scanning reads page tables only.
    let found = unsafe { libc::ioctl(file.as_raw_fd(), PAGEMAP_SCAN, &raw mut arguments) };
    let found = usize::try_from(found).ok()?;
    if arguments.walk_end < range.end as u64 {
        return None;
    }
    let regions = regions.get(..found)?;
    let pages: u64 = regions.iter().map(|r| (r.end - r.start) / super::map::PAGE as u64).sum();
    if pages > pages_max as u64 {
        return None;
    }
    let address = |address: u64| usize::try_from(address).ok();
    regions.iter().map(|region| Some(address(region.start)?..address(region.end)?)).collect()
}

/// How many page faults the process has had, on all its threads. While the number stays the same, no page
/// that was not resident has been touched.
pub(crate) fn faults() -> Option<u64> {
    let mut usage = std::mem::MaybeUninit::<libc::rusage>::uninit();
    // SAFETY: the kernel fills the structure, which is as large as it expects.
    let failed = unsafe { libc::getrusage(libc::RUSAGE_SELF, usage.as_mut_ptr()) } != 0;
    if failed {
        return None;
    }
    // SAFETY: the call succeeded.
    let usage = unsafe { usage.assume_init() };
    u64::try_from(usage.ru_minflt.checked_add(usage.ru_majflt)?).ok()
}
