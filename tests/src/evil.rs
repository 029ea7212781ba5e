//! Guests that want more than their share: of time, which a deadline ends, and of everything else, which limits end.
//!
//! Not here: modules that hurt while they are compiled (`bombs.rs`). Read next: `evil/guests.rs`, then `evil/deadlines.rs`
//! and `evil/greedy.rs` for what is done with them.

mod deadlines;
mod greedy;
mod guests;

pub use deadlines::{Delays, deadlines};
pub use greedy::{Greed, greedy};
pub use guests::{EVIL, Guest, World};
