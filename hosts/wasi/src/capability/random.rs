//! Randomness, from the kernel and nowhere else.
//!
//! Invariant: a request is served in bounded pieces, between which a stop is noticed.
//!
//! Read next: `preview1/process.rs`.

use super::wait::Waiting;
use crate::{Fault, limits};
use rustix::io::Errno as Kernel;
use rustix::rand::{GetRandomFlags, getrandom};

/// Fills `bytes` with random ones.
pub(crate) fn fill(bytes: &mut [u8], waiting: Waiting<'_>) -> Result<(), Fault> {
    for chunk in bytes.chunks_mut(limits::RANDOM_CHUNK_BYTES) {
        waiting.check()?;
        let mut done = 0;
        while done < chunk.len() {
            match getrandom(&mut chunk[done..], GetRandomFlags::empty()) {
                Ok(count) => done += count,
                Err(Kernel::INTR) => waiting.check()?,
                Err(errno) => return Err(errno.into()),
            }
        }
    }
    Ok(())
}
