//! Randomness: from the kernel, or from a seed for guests whose runs must be alike.
//!
//! Invariant: what comes from the kernel is the kernel's and nothing else; what comes from a seed is not secret. A request is served in bounded pieces, between which a stop is noticed.
//!
//! Read next: `preview1/process.rs`.

use super::wait::Waiting;
use crate::{Fault, limits};
use rustix::io::Errno as Kernel;
use rustix::rand::{GetRandomFlags, getrandom};

/// Where a context's randomness comes from.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Random {
    Kernel,
    /// The state of a generator.
    Seeded(u64),
}

impl Random {
    /// Fills `bytes` with random ones.
    pub(crate) fn fill(&mut self, bytes: &mut [u8], waiting: Waiting<'_>) -> Result<(), Fault> {
        for chunk in bytes.chunks_mut(limits::RANDOM_CHUNK_BYTES) {
            waiting.check()?;
            match self {
                Random::Kernel => fill_from_kernel(chunk, waiting)?,
                Random::Seeded(state) => {
                    for word in chunk.chunks_mut(8) {
                        word.copy_from_slice(&split_mix(state).to_le_bytes()[..word.len()]);
                    }
                }
            }
        }
        Ok(())
    }
}

fn fill_from_kernel(chunk: &mut [u8], waiting: Waiting<'_>) -> Result<(), Fault> {
    let mut done = 0;
    while done < chunk.len() {
        match getrandom(&mut chunk[done..], GetRandomFlags::empty()) {
            Ok(count) => done += count,
            Err(Kernel::INTR) => waiting.check()?,
            Err(errno) => return Err(errno.into()),
        }
    }
    Ok(())
}

/// The next number of the generator SplitMix64.
fn split_mix(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut word = *state;
    word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    word ^ (word >> 31)
}
