//! The collector against a model: random graphs of objects, changed at random, compared after collections.
//!
//! Every object carries a number that the model knows it by, so that walking both at the same time finds each
//! difference. Before a collection every reference from the old space to the nursery must lie on a marked card, written as
//! compiled code would have marked it; afterwards the heap must be in order.

#![expect(clippy::cast_possible_truncation, reason = "tests use small numbers")]

mod limits;
mod model;

use super::*;
use crate::limits::OLD_PHASE_BYTES_MAX;
use crate::{NoRelations, Pool, PoolConfig, Store};
use model::World;

/// A store whose heap behaves like this.
fn store(config: HeapConfig, strategy: Option<MemoryStrategy>, limits: StoreLimits) -> Store<()> {
    let config = PoolConfig { heap: config, strategy, ..PoolConfig::default() };
    Store::new(&Pool::new(config, NoRelations).unwrap(), limits, ()).unwrap()
}

/// Runs random steps, looking at everything now and then.
fn explore(seed: u64, steps: u32, config: HeapConfig, strategy: Option<MemoryStrategy>) {
    let mut world = World::new(seed, store(config, strategy, StoreLimits::default()));
    for step in 0..steps {
        world.step();
        if step % 64 == 0 {
            world.compare();
        }
    }
    world.collect(true);
    world.compare();
    world.end();
}

#[test]
fn graphs_survive_as_they_are() {
    for seed in 1..=12 {
        explore(seed, 1500, HeapConfig::default(), None);
    }
}

#[test]
fn graphs_survive_under_stress() {
    for seed in 100..=104 {
        explore(seed, 400, HeapConfig { stress: true, ..HeapConfig::default() }, None);
    }
}

#[test]
fn graphs_survive_in_a_small_reservation() {
    for seed in 200..=203 {
        explore(seed, 800, HeapConfig::default(), Some(MemoryStrategy::Checked));
    }
}

/// Most of what is made survives, so that new objects go to the old space and the old spaces take turns in huge pages.
#[test]
fn large_graphs_survive() {
    let mut world = World::new(7, store(HeapConfig::default(), None, StoreLimits::default()));
    world.grow_chain(300_000);
    assert!(world.makes_old(), "all survives");
    world.compare();
    world.collect(false);
    world.compare();
    world.collect(true);
    world.compare();
    world.grow_chain(1000);
    world.collect(true);
    world.compare();
    world.end();
}

/// A phase in which new objects go to the old space ends when it is long, and all that it made is found again.
#[test]
fn long_phases_end() {
    let mut world = World::new(9, store(HeapConfig::default(), None, StoreLimits::default()));
    world.grow_chain(300_000);
    assert!(world.makes_old(), "all survives");
    for step in 0..3000 {
        world.step();
        if step % 512 == 0 {
            world.compare();
        }
    }
    world.grow_garbage(OLD_PHASE_BYTES_MAX + (8 << 20));
    assert!(!world.makes_old(), "little survives");
    for step in 0..1000 {
        world.step();
        if step % 64 == 0 {
            world.compare();
        }
    }
    world.collect(false);
    world.compare();
    world.end();
}
