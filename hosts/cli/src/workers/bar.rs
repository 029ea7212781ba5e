//! The bar that shows how far compiling has come.
//!
//! Invariant: it is drawn only after a second, and gone once cleared.

use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

/// Work that takes less than this is not worth a bar.
const QUIET: Duration = Duration::from_secs(1);

#[derive(Default)]
pub(super) struct Bar {
    /// When the work began; nothing while there is none or nobody looks.
    begin: Option<Instant>,
    drawn: Option<ProgressBar>,
    /// Jobs may report out of order; a bar does not go back.
    done: usize,
}

impl Bar {
    /// Somebody looks at work that begins.
    pub(super) fn begin(&mut self) {
        self.begin = Some(Instant::now());
    }

    /// So much of it is done.
    pub(super) fn draw(&mut self, done: usize, total: usize) {
        if done < self.done || self.begin.is_none_or(|begin| begin.elapsed() < QUIET) {
            return;
        }
        self.done = done;
        let drawn = self.drawn.get_or_insert_with(|| {
            let text = "compiling {bar:30} {pos} of {len} functions, {eta} left";
            let style = ProgressStyle::with_template(text);
            let bar = ProgressBar::new(total as u64);
            bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
            bar
        });
        drawn.set_position(done as u64);
    }

    /// The work is over, however it ended.
    pub(super) fn clear(&mut self) {
        if let Some(drawn) = std::mem::take(self).drawn {
            drawn.finish_and_clear();
        }
    }
}
