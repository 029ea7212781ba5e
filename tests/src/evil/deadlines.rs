//! How long guests go on after their deadline.
//!
//! Each guest is run again and again. When its time is up, what the command line does is done: its code is interrupted and
//! its waiting stopped. From then to its end is the delay.
//!
//! Invariant: a guest that ends in any other way than by its deadline is an error.

use std::error::Error;
use std::fmt;
use std::sync::mpsc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use holm::{Config, Engine, Features, Linker, Module, Store, StoreLimits, TrapReason};
use holm_wasi::{Stopper, ThreadLimits, Threads, WasiCtx};

use super::{EVIL, Guest, World};

/// Delays of all runs.
#[derive(Debug, Default)]
pub struct Delays {
    /// The delays of each guest, sorted.
    pub guests: Vec<(&'static str, Vec<Duration>)>,
}

impl Delays {
    /// The guests that took longer than this in more than one of a thousand runs.
    #[must_use]
    pub fn later_than(&self, limit: Duration) -> Vec<&'static str> {
        let is_late = |delays: &[Duration]| {
            delays.get(delays.len() * 999 / 1000).is_some_and(|delay| *delay > limit)
        };
        self.guests.iter().filter(|(_, all)| is_late(all)).map(|(name, _)| *name).collect()
    }

    /// All delays, sorted.
    #[must_use]
    pub fn all(&self) -> Vec<Duration> {
        let mut all: Vec<_> = self.guests.iter().flat_map(|(_, delays)| delays).copied().collect();
        all.sort_unstable();
        all
    }
}

impl fmt::Display for Delays {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let milliseconds =
            |time: Option<&Duration>| time.map_or(0.0, |time| time.as_secs_f64() * 1e3);
        for (name, delays) in &self.guests {
            let (middle, last) = (delays.get(delays.len() / 2), delays.last());
            let (middle, last) = (milliseconds(middle), milliseconds(last));
            writeln!(f, "{name:44} {middle:8.3} ms in the middle {last:8.3} ms at most")?;
        }
        let all = self.all();
        let part = |part: usize| milliseconds(all.get(all.len() * part / 1000));
        let (count, runs) = (self.guests.len(), all.len());
        write!(
            f,
            "{count} guests, {runs} runs: {:.3} ms in the middle, {:.3} ms at 99 %, {:.3} ms at 99.9 %, {:.3} ms at most",
            part(500),
            part(990),
            part(999),
            milliseconds(all.last())
        )
    }
}

/// Runs every guest that has `name` in its name so many times, each until `time` has passed.
///
/// # Errors
/// When a guest ends otherwise, or cannot be run.
pub fn deadlines(rounds: u32, time: Duration, name: &str) -> Result<Delays, Box<dyn Error>> {
    let mut config = Config::new();
    config.features(Features::default().with(Features::THREADS));
    let engine = Engine::new(&config)?;
    let mut world = World::new()?;
    let mut delays = Delays::default();
    for guest in EVIL.iter().filter(|guest| guest.name.contains(name)) {
        let module = Module::new(&engine, guest.module()?)?;
        let mut own = Vec::new();
        for _ in 0..rounds {
            own.push(run(&engine, &module, guest, &mut world, time)?);
        }
        own.sort_unstable();
        delays.guests.push((guest.name, own));
    }
    Ok(delays)
}

fn run(
    engine: &Engine,
    module: &Module,
    guest: &Guest,
    world: &mut World,
    time: Duration,
) -> Result<Duration, Box<dyn Error>> {
    let stopper = Stopper::new()?;
    let limits = StoreLimits { table_entries_max: 8 << 20, ..StoreLimits::default() };
    let context = world.context(Some(&stopper))?;
    let (result, end, deadline) = if guest.has_threads() {
        let threads =
            Threads::new(context, ThreadLimits { store: limits, ..ThreadLimits::default() })?;
        let mut store = threads.store(engine)?;
        let mut linker = Linker::new(engine);
        Threads::add_to_linker(&mut linker)?;
        let instance = threads.instantiate(&mut store, &linker, module)?;
        let start = instance.get_typed_func::<(), ()>(&mut store, "_start")?;
        let handle = threads.clone();
        let watchdog = watchdog(time, move || handle.interrupt());
        let result = threads.end(start.call(&mut store, ()));
        (result, Instant::now(), watchdog.join())
    } else {
        let mut store = Store::try_new(engine, limits, context)?;
        let mut linker = Linker::new(engine);
        holm_wasi::add_to_linker(&mut linker, |context: &mut WasiCtx| context)?;
        let instance = linker.instantiate(&mut store, module)?;
        let start = instance.get_typed_func::<(), ()>(&mut store, "_start")?;
        let code = store.interrupt_handle();
        let watchdog = watchdog(time, move || {
            code.end();
            stopper.stop();
        });
        let result = start.call(&mut store, ());
        (result, Instant::now(), watchdog.join())
    };
    let deadline = deadline.map_err(|_| "the watchdog panicked")?;
    let name = guest.name;
    match result {
        Err(error) if error.trap_reason() == Some(TrapReason::Interrupted) => {}
        Err(error) => return Err(format!("{name} ended otherwise: {error}").into()),
        Ok(()) => return Err(format!("{name} returned").into()),
    }
    Ok(end.saturating_duration_since(deadline))
}

/// A thread that stops a guest after so long, and says when that was.
fn watchdog(time: Duration, stop: impl FnOnce() + Send + 'static) -> JoinHandle<Instant> {
    let (begun, begin) = mpsc::channel();
    let watchdog = thread::spawn(move || {
        // The sender is there until the guest has begun.
        let _ = begin.recv();
        thread::sleep(time);
        let now = Instant::now();
        stop();
        now
    });
    let _ = begun.send(());
    watchdog
}
