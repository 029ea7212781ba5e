//! What is done with a mutant: everything an embedder could do with a module from a stranger.
//!
//! Compile it, give it whatever it imports, instantiate it, call each export with zeros and with noise, look at what else it
//! exports. Errors are fine as long as they are the guest's or a limit's. Not fine: a panic, and an error that says
//! that Holm itself is at fault. Invariant: which engine is used depends on the module's number alone.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use holm::{
    Config, Engine, Error, ErrorKind, Extern, ExternType, Func, Global, Instance, InterruptHandle,
    Memory, MemoryStrategy, Module, Store, StoreLimits, Table, Tag, Val, ValType,
};

use crate::random::Random;

/// Operators that one call may run.
const FUEL: u64 = 200_000;
/// Exports that are called; a module may have any number.
const CALLS_MAX: usize = 60;
/// A guest is interrupted after so long, since a single bulk operation may move much for little fuel.
const DEADLINE: Duration = Duration::from_millis(500);
/// Bytes of linear memory that a guest may have: touched, they count as Holm's.
const MEMORY_BYTES_MAX: u64 = 64 << 20;
/// Every so many modules the compiled code is also written out, cut, and read again.
const ARTIFACT_EVERY: u64 = 16;

/// How far a module came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was not accepted.
    Refused,
    /// It was compiled, and could not be instantiated within the limits.
    NotInstantiated,
    /// It was instantiated and its exports were called.
    Ran,
}

/// Engines of every kind, made once.
#[derive(Debug)]
pub struct Engines {
    engines: Vec<Engine>,
}

impl Default for Engines {
    fn default() -> Self {
        Self::new()
    }
}

impl Engines {
    /// One engine for each way of bounding memories, with and without the optimizer, and interpreting.
    ///
    /// # Panics
    /// When the machine does not have the address space for guarded memories.
    #[must_use]
    pub fn new() -> Self {
        let strategies = [MemoryStrategy::Reserved, MemoryStrategy::Checked];
        let kinds = strategies
            .into_iter()
            .flat_map(|s| [(s, "optimize", true), (s, "optimize", false), (s, "interp", false)]);
        let engines = kinds
            .map(|(strategy, tier, optimize)| {
                let mut config = Config::new();
                config.memory_strategy(Some(strategy)).optimize(optimize).fuel(true);
                config.tier(Some(tier));
                Engine::new(&config).expect("an engine with fuel")
            })
            .collect();
        Self { engines }
    }

    /// Runs the n-th module.
    ///
    /// # Errors
    /// With what it did that no module may do.
    pub fn run(&self, n: u64, bytes: &[u8]) -> Result<Outcome, String> {
        let mut random = Random::new(n ^ 0xe461_5e00);
        let engine = &self.engines[random.index(self.engines.len())];
        catch_unwind(AssertUnwindSafe(|| run(engine, n, bytes, &mut random)))
            .unwrap_or_else(|panic| Err(format!("panicked: {}", message(&*panic))))
    }
}

/// What a panic said.
fn message(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("(nothing)")
}

fn run(engine: &Engine, n: u64, bytes: &[u8], random: &mut Random) -> Result<Outcome, String> {
    let module = match Module::new(engine, bytes) {
        Ok(module) => module,
        Err(error) => {
            let blames_us = !matches!(error.kind(), ErrorKind::Invalid | ErrorKind::Exhausted);
            let finding = || Err(format!("refused with {:?}: {error}", error.kind()));
            return if blames_us { finding() } else { Ok(Outcome::Refused) };
        }
    };
    if n.is_multiple_of(ARTIFACT_EVERY) && engine.tier_name() != "interp" {
        reload(engine, &module, random)?;
    }
    let limits = StoreLimits { memory_bytes_max: MEMORY_BYTES_MAX, ..StoreLimits::default() };
    let mut store = Store::try_new(engine, limits, ()).map_err(|e| format!("no store: {e}"))?;
    let _watchdog = Watchdog::start(store.interrupt_handle());
    store.set_fuel(FUEL).map_err(|e| format!("no fuel: {e}"))?;
    let imports: Result<Vec<Extern>, Error> =
        module.imports().map(|import| provide(&mut store, import.ty())).collect();
    let instance = match imports.and_then(|imports| Instance::new(&mut store, &module, &imports)) {
        Ok(instance) => instance,
        Err(error) => return blame(&error).map(|()| Outcome::NotInstantiated),
    };
    let exports: Vec<Extern> = module
        .exports()
        .take(CALLS_MAX)
        .filter_map(|export| instance.get_export(&store, export.name()))
        .collect();
    for export in exports {
        use_export(&mut store, export, random)?;
    }
    Ok(Outcome::Ran)
}

/// An error after compilation: the guest's fault or a limit's.
fn blame(error: &Error) -> Result<(), String> {
    // The text is made in any case: making it must not fail either.
    let text = error.to_string();
    let trace = error.backtrace().map(ToString::to_string);
    match error.kind() {
        ErrorKind::Trap | ErrorKind::Exhausted | ErrorKind::Exception => Ok(()),
        // A module asks for more than a stranger can know: a global of a function, say.
        ErrorKind::Link => Ok(()),
        kind => Err(format!("{kind:?}: {text} {}", trace.unwrap_or_default())),
    }
}

/// Compiled code is written and read again; cut anywhere, it is refused.
fn reload(engine: &Engine, module: &Module, random: &mut Random) -> Result<(), String> {
    let artifact = module.artifact().map_err(|e| format!("no artifact: {e}"))?;
    let cut = artifact[..random.index(artifact.len())].to_vec();
    match Module::from_trusted_artifact(engine, artifact) {
        Ok(again) if again.exports().eq(module.exports()) => {}
        Ok(_) => return Err("an artifact has other exports than its module".into()),
        Err(error) => return Err(format!("an artifact was refused: {error}")),
    }
    match Module::from_trusted_artifact(engine, cut) {
        Ok(_) => Err("an artifact without its end was accepted".into()),
        Err(error) if error.kind() == ErrorKind::Bug => Err(format!("a cut artifact: {error}")),
        Err(_) => Ok(()),
    }
}

/// Something of the type that is asked for.
pub(crate) fn provide(store: &mut Store<()>, ty: &ExternType) -> Result<Extern, Error> {
    Ok(match ty.clone() {
        ExternType::Func(ty) => {
            let results: Vec<Val> = ty.results().iter().copied().map(Val::default_of).collect();
            Extern::Func(Func::new(store, ty, move |_, _, slots| {
                slots.copy_from_slice(&results);
                Ok(())
            })?)
        }
        ExternType::Memory(ty) => Extern::Memory(Memory::new(store, ty)?),
        ExternType::Table(ty) => {
            let init = Val::null(ty.element.heap);
            Extern::Table(Table::new(store, ty, init)?)
        }
        ExternType::Global(ty) => {
            let value = Val::default_of(ty.value);
            Extern::Global(Global::new(store, ty, value)?)
        }
        ExternType::Tag(ty) => Extern::Tag(Tag::new(store, ty)?),
    })
}

fn use_export(store: &mut Store<()>, export: Extern, random: &mut Random) -> Result<(), String> {
    match export {
        Extern::Func(func) => {
            let ty = func.ty(&*store);
            let mut results: Vec<Val> = ty.results().iter().copied().map(Val::default_of).collect();
            for noise in [false, true] {
                let params: Vec<Val> =
                    ty.params().iter().map(|ty| value(*ty, noise, random)).collect();
                store.set_fuel(FUEL).map_err(|e| format!("no fuel: {e}"))?;
                if let Err(error) = func.call(&mut *store, &params, &mut results) {
                    blame(&error)?;
                }
            }
        }
        Extern::Memory(memory) => {
            let size = memory.data_size(&*store);
            let mut bytes = [0; 16];
            if memory.read(&*store, size, &mut bytes).is_ok() {
                return Err("a read beyond the end of a memory succeeded".into());
            }
            memory.grow(&mut *store, 1).or_else(|e| blame(&e).map(|()| 0))?;
        }
        Extern::Table(table) => {
            let size = table.size(&*store);
            if table.get(&*store, size).is_some() {
                return Err("a table has an element beyond its end".into());
            }
            let _ = table.get(&*store, size.saturating_sub(1));
        }
        Extern::Global(global) => {
            let value = global.get(&*store);
            if global.ty(&*store).mutable {
                global.set(&mut *store, value).or_else(|e| blame(&e))?;
            }
        }
        Extern::Tag(tag) => drop(tag.ty(&*store)),
    }
    Ok(())
}

/// Zero, or anything.
pub(crate) fn value(ty: ValType, noise: bool, random: &mut Random) -> Val {
    if !noise {
        return Val::default_of(ty);
    }
    let bits = random.next();
    let low = u32::try_from(bits >> 32).unwrap_or(0);
    match ty {
        ValType::I32 => Val::I32(low.cast_signed()),
        ValType::I64 => Val::I64(bits.cast_signed()),
        ValType::F32 => Val::F32(low),
        ValType::F64 => Val::F64(bits),
        ValType::V128 => Val::V128(u128::from(bits) * 0x1_0000_0000_0000_0003),
        reference => Val::default_of(reference),
    }
}

/// Interrupts a store's guests after the deadline, unless it is dropped before.
struct Watchdog {
    /// Dropped to say that there is nothing left to watch.
    done: Option<mpsc::Sender<()>>,
    thread: Option<thread::JoinHandle<()>>,
}

impl Watchdog {
    fn start(handle: InterruptHandle) -> Self {
        let (done, dropped) = mpsc::channel();
        let thread = thread::spawn(move || {
            if dropped.recv_timeout(DEADLINE) == Err(RecvTimeoutError::Timeout) {
                handle.interrupt();
            }
        });
        Self { done: Some(done), thread: Some(thread) }
    }
}

impl Drop for Watchdog {
    fn drop(&mut self) {
        drop(self.done.take());
        if let Some(thread) = self.thread.take() {
            // It does nothing that could panic.
            let _ = thread.join();
        }
    }
}
