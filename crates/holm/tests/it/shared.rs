//! Memories that threads share: everybody sees what others write, waiting ends, growing reaches all.

use crate::support::*;
use holm::{
    Config, Engine, ErrorKind, Features, Linker, Memory, MemoryStrategy, MemoryType, Module,
    Result, SharedMemory, Store, TrapReason,
};
use std::thread;

const GUEST: &str = r#"
(module
  (import "host" "memory" (memory 1 4 shared))
  (func (export "count") (param $n i32)
    (loop $again
      (drop (i32.atomic.rmw.add (i32.const 8) (i32.const 1)))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
  (func (export "wait") (param $timeout i64) (result i32)
    (memory.atomic.wait32 (i32.const 16) (i32.const 0) (local.get $timeout)))
  (func (export "wake") (result i32)
    (memory.atomic.notify (i32.const 16) (i32.const 1)))
  (func (export "size") (result i32) (memory.size))
  (func (export "grow") (result i32) (memory.grow (i32.const 1)))
  (func (export "poke") (param i32) (i32.store (local.get 0) (i32.const 7)))
  (func (export "fill") (memory.fill (i32.const 100) (i32.const 5) (i32.const 50000))))
"#;

fn setups() -> Result<Vec<(Engine, Module, SharedMemory)>> {
    let mut setups = Vec::new();
    for strategy in [None, Some(MemoryStrategy::Checked)] {
        let mut config = Config::new();
        config.features(Features::default().with(Features::THREADS));
        let engine = Engine::new(config.memory_strategy(strategy))?;
        let module = Module::new(&engine, GUEST)?;
        let ty = MemoryType { shared: true, ..MemoryType::new(1, Some(4)) };
        let memory = SharedMemory::new(&engine, ty)?;
        setups.push((engine, module, memory));
    }
    Ok(setups)
}

/// A store of its own with an instance that uses the memory.
fn instance(
    engine: &Engine,
    module: &Module,
    memory: &SharedMemory,
) -> Result<(Store<()>, holm::Instance)> {
    let mut store = Store::new(engine, ());
    let mut linker = Linker::new(engine);
    linker.define_shared("host", "memory", memory)?;
    let instance = linker.instantiate(&mut store, module)?;
    Ok((store, instance))
}

#[test]
fn threads_count_together() -> Result<()> {
    for (engine, module, memory) in setups()? {
        thread::scope(|scope| -> Result<()> {
            let count = || -> Result<()> {
                let (mut store, instance) = instance(&engine, &module, &memory)?;
                instance.get_typed_func::<i32, ()>(&mut store, "count")?.call(&mut store, 20_000)
            };
            let threads: Vec<_> = (0..4).map(|_| scope.spawn(count)).collect();
            threads.into_iter().try_for_each(|thread| thread.join().expect("no panic"))
        })?;
        let mut bytes = [0; 4];
        memory.read(8, &mut bytes)?;
        assert_eq!(u32::from_le_bytes(bytes), 80_000);
    }
    Ok(())
}

#[test]
fn a_waiter_is_woken_or_gives_up() -> Result<()> {
    for (engine, module, memory) in setups()? {
        let (mut store, own) = instance(&engine, &module, &memory)?;
        let wait = own.get_typed_func::<i64, i32>(&mut store, "wait")?;
        assert_eq!(wait.call(&mut store, 1_000)?, 2, "nobody wakes it");
        memory.write(16, &[1])?;
        assert_eq!(wait.call(&mut store, -1)?, 1, "the value is another one");
        memory.write(16, &[0])?;
        thread::scope(|scope| -> Result<()> {
            let waiter = scope.spawn(|| -> Result<i32> {
                let (mut store, own) = instance(&engine, &module, &memory)?;
                own.get_typed_func::<i64, i32>(&mut store, "wait")?.call(&mut store, -1)
            });
            let wake = own.get_typed_func::<(), i32>(&mut store, "wake")?;
            while wake.call(&mut store, ())? == 0 {
                thread::yield_now();
            }
            assert_eq!(waiter.join().expect("no panic")?, 0);
            Ok(())
        })?;
    }
    Ok(())
}

#[test]
fn an_interruption_ends_a_wait() -> Result<()> {
    for (engine, module, memory) in setups()? {
        let (mut store, own) = instance(&engine, &module, &memory)?;
        let handle = store.interrupt_handle();
        let wait = own.get_typed_func::<i64, i32>(&mut store, "wait")?;
        let error = thread::scope(|scope| {
            scope.spawn(|| handle.interrupt());
            wait.call(&mut store, -1).expect_err("it never returns by itself")
        });
        assert_eq!(error.trap_reason(), Some(TrapReason::Interrupted));
    }
    Ok(())
}

#[test]
fn growing_reaches_every_store() -> Result<()> {
    for (engine, module, memory) in setups()? {
        let (mut one, first) = instance(&engine, &module, &memory)?;
        let (mut two, second) = instance(&engine, &module, &memory)?;
        let poke = second.get_typed_func::<i32, ()>(&mut two, "poke")?;
        let error = poke.call(&mut two, 65_536).expect_err("it is too small yet");
        assert_eq!(error.trap_reason(), Some(TrapReason::OutOfBoundsMemory));
        assert_eq!(first.get_typed_func::<(), i32>(&mut one, "grow")?.call(&mut one, ())?, 1);
        assert_eq!(second.get_typed_func::<(), i32>(&mut two, "size")?.call(&mut two, ())?, 2);
        poke.call(&mut two, 65_536)?;
        // A store that is gone is not told.
        drop((one, first));
        assert_eq!(memory.grow(2)?, 2);
        assert_eq!(second.get_typed_func::<(), i32>(&mut two, "size")?.call(&mut two, ())?, 4);
        assert_eq!(memory.grow(1).expect_err("its maximum is 4").kind(), ErrorKind::Exhausted);
        second.get_typed_func::<(), ()>(&mut two, "fill")?.call(&mut two, ())?;
        let mut bytes = [0; 2];
        memory.read(50_098, &mut bytes)?;
        assert_eq!(bytes, [5, 5]);
        memory.read(50_100, &mut bytes)?;
        assert_eq!(bytes, [0, 0]);
    }
    Ok(())
}

#[test]
fn a_module_can_define_what_others_share() -> Result<()> {
    for (engine, module, _) in setups()? {
        let mut store = Store::new(&engine, ());
        let source = "(module (memory (export \"memory\") 1 4 shared))";
        let owner = holm::Instance::new(&mut store, &Module::new(&engine, source)?, &[])?;
        let memory = owner.get_memory(&mut store, "memory").expect("it is exported");
        let shared = memory.as_shared(&store).expect("it is shared");
        let (mut other, user) = instance(&engine, &module, &shared)?;
        user.get_typed_func::<i32, ()>(&mut other, "poke")?.call(&mut other, 300)?;
        let mut bytes = [0; 1];
        memory.read(&store, 300, &mut bytes)?;
        assert_eq!(bytes, [7]);
        let unshared = MemoryType::new(1, Some(2));
        assert!(text(SharedMemory::new(&engine, unshared)).contains("has to be shared"));
        assert!(Memory::new(&mut store, unshared)?.as_shared(&store).is_none());
    }
    Ok(())
}
