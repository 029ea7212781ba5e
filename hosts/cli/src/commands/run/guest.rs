//! A guest that is ready to run: a program with a store of its own, or one that makes threads.
//!
//! Not here: options (see `commands/run.rs`), what threads are (see `holm-wasi`). Invariant: nothing runs of a guest once
//! `run` has returned. Read next: `stats.rs`.

use std::process::ExitCode;

use holm::{Engine, ExternType, HeapStats, Instance, Linker, Module, Store, StoreLimits};
use holm_wasi::{SPAWN, Stopper, ThreadLimits, Threads, WasiCtx, WasiThread};

use super::invoke::Call;
use super::stats::{Bill, Stats};
use super::{INITIALIZE, START, no_watchdog};
use crate::failure::Failure;
use crate::grants::{Denied, Saves};
use crate::limits::Limits;
use crate::{explain, terminal};

/// A guest that is ready to run.
pub(super) struct Guest {
    pub(super) kind: Kind,
    /// Ends its waiting when the time is up.
    pub(super) stopper: Option<Stopper>,
    /// The function to call, if it is not a program.
    pub(super) call: Option<Call>,
    /// What it was refused.
    pub(super) denied: Denied,
    /// What is to be kept of what it wrote.
    pub(super) saves: Saves,
    /// Whether there is an instance, so that what goes wrong is the guest's doing.
    pub(super) began: bool,
}

/// What a guest runs in.
#[expect(clippy::large_enum_variant, reason = "there is only ever one")]
pub(super) enum Kind {
    Alone { store: Store<WasiCtx>, linker: Linker<WasiCtx> },
    Threads { threads: Threads, store: Store<WasiThread>, linker: Linker<WasiThread> },
}

/// Whether a module makes threads, or shares a memory with any.
pub(super) fn needs_threads(module: &Module) -> bool {
    module.imports().any(|import| {
        let shared = matches!(import.ty(), ExternType::Memory(ty) if ty.shared);
        shared || (import.module(), import.name()) == SPAWN
    })
}

fn store_limits(limits: &Limits) -> StoreLimits {
    StoreLimits {
        memory_bytes_max: limits.max_memory,
        table_entries_max: limits.max_table_entries,
        heap_bytes_max: limits.max_heap,
        ..StoreLimits::default()
    }
}

impl Kind {
    /// A guest with a store of its own.
    pub(super) fn alone(
        engine: &Engine,
        context: WasiCtx,
        limits: &Limits,
    ) -> Result<Self, Failure> {
        let failed = |error: holm::Error| explain::engine(&error);
        let store = Store::try_new(engine, store_limits(limits), context).map_err(failed)?;
        let mut linker = Linker::new(engine);
        holm_wasi::add_to_linker(&mut linker, |context: &mut WasiCtx| context).map_err(failed)?;
        Ok(Self::Alone { store, linker })
    }

    /// A guest that makes threads.
    pub(super) fn threads(
        engine: &Engine,
        context: WasiCtx,
        limits: &Limits,
    ) -> Result<Self, Failure> {
        let failed = |error: holm::Error| explain::engine(&error);
        let (threads_max, store) = (limits.max_threads, store_limits(limits));
        let threads = Threads::new(context, ThreadLimits { threads_max, store, fuel: None });
        let threads = threads.map_err(|error| no_watchdog(&error))?;
        let store = threads.store(engine).map_err(failed)?;
        let mut linker = Linker::new(engine);
        Threads::add_to_linker(&mut linker).map_err(failed)?;
        Ok(Self::Threads { threads, store, linker })
    }
}

impl Guest {
    /// Runs the guest from its first instruction to its end.
    pub(super) fn run(&mut self, module: &Module, stats: &mut Stats) -> holm::Result<()> {
        let Self { kind, call, began, .. } = self;
        match kind {
            Kind::Alone { store, linker } => {
                let instance = linker.instantiate(&mut *store, module)?;
                stats.instantiated();
                *began = true;
                perform(store, &instance, call)
            }
            Kind::Threads { threads, store, linker } => {
                let instance = threads.instantiate(store, linker, module);
                stats.instantiated();
                *began = instance.is_ok();
                let result = instance.and_then(|instance| perform(store, &instance, call));
                threads.end(result)
            }
        }
    }

    pub(super) fn set_fuel(&mut self, fuel: u64) -> holm::Result<()> {
        match &mut self.kind {
            Kind::Alone { store, .. } => store.set_fuel(fuel),
            Kind::Threads { store, .. } => store.set_fuel(fuel),
        }
    }

    /// What stops its code, whatever runs of it.
    pub(super) fn interrupter(&self) -> Box<dyn FnOnce() + Send> {
        match &self.kind {
            Kind::Alone { store, .. } => {
                let code = store.interrupt_handle();
                Box::new(move || code.end())
            }
            Kind::Threads { threads, .. } => {
                let threads = threads.clone();
                Box::new(move || threads.interrupt())
            }
        }
    }

    pub(super) fn has_threads(&self) -> bool {
        matches!(self.kind, Kind::Threads { .. })
    }

    pub(super) fn heap_stats(&self) -> HeapStats {
        match &self.kind {
            Kind::Alone { store, .. } => store.heap_stats(),
            Kind::Threads { store, .. } => store.heap_stats(),
        }
    }

    pub(super) fn memory_bytes(&self) -> u64 {
        match &self.kind {
            Kind::Alone { store, .. } => store.memory_bytes(),
            Kind::Threads { store, .. } => store.memory_bytes(),
        }
    }

    pub(super) fn bill(&self, limits: &Limits) -> Bill {
        match &self.kind {
            Kind::Alone { store, .. } => {
                Bill::of(&store.usage(), &store.data().usage(), None, limits)
            }
            Kind::Threads { threads, store, .. } => {
                let all = threads.usage();
                let mut sum = store.usage();
                sum.memory_bytes += all.ended.memory_bytes;
                sum.table_entries += all.ended.table_entries;
                sum.heap_bytes += all.ended.heap_bytes;
                let of_all = |time: u64| time + all.ended.processor_ns.unwrap_or(0);
                sum.processor_ns = sum.processor_ns.map(of_all);
                let left = store.fuel_left().map(|left| left + all.fuel_left);
                sum.fuel_used = left.zip(limits.fuel).map(|(left, fuel)| fuel.saturating_sub(left));
                Bill::of(&sum, &threads.wasi_usage(), Some(&all), limits)
            }
        }
    }

    /// Adds which limits a program met that failed: it was told, but its own message may not say.
    pub(super) fn note_limits(
        &self,
        outcome: Result<ExitCode, Failure>,
        limits: &Limits,
    ) -> Result<ExitCode, Failure> {
        let met = self.denied.limits_met(limits);
        match outcome {
            Ok(code) if code != ExitCode::SUCCESS => {
                met.iter().for_each(|line| terminal::print_error(&format!("note: {line}\n")));
                Ok(code)
            }
            Err(failure) => Err(met.into_iter().fold(failure, Failure::detail)),
            other => other,
        }
    }

    /// Prints what the function returned.
    pub(super) fn results(&self) -> Result<ExitCode, Failure> {
        if let Some(call) = &self.call {
            terminal::print(&call.results_as_text())?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// Calls what an instance begins with, and then the function that was asked for.
fn perform<T: 'static>(
    store: &mut Store<T>,
    instance: &Instance,
    call: &mut Option<Call>,
) -> holm::Result<()> {
    let first = if call.is_some() { INITIALIZE } else { START };
    if let Some(function) = instance.get_func(&mut *store, first) {
        function.call(&mut *store, &[], &mut [])?;
    }
    match call {
        Some(call) => call.perform(store, instance),
        None => Ok(()),
    }
}
