//! Modules that nobody wrote: generated, mutated, cut short, corrupted, each a function of its number alone.
//!
//! What it is: `module(n)` makes the n-th; `mutants/engine.rs` runs it in process through the public API; `mutants/driver.rs`
//! does that in child processes, so that even an abort is a finding with a number. What it is not: an oracle of results
//! (the spec suite is). Here a module may do anything but panic, abort, be reported as a bug, or take too long.
//! Invariant: the n-th module is the same on every machine, as long as the versions of the generators are pinned.

pub mod driver;
pub mod engine;

use arbitrary::Unstructured;
use std::panic::{AssertUnwindSafe, catch_unwind};
use wasm_mutate::WasmMutate;
use wasm_smith::{Config, Module};

use crate::bombs::{self, Bomb};
use crate::random::Random;

/// How a module was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Generated: valid, and nothing that Holm does not accept.
    Generated,
    /// Generated with every later proposal.
    Later,
    /// Generated with bodies of noise.
    InvalidBodies,
    /// A valid one that was rewritten a few times.
    Mutated,
    /// A valid one without its end.
    Truncated,
    /// A valid one with some bytes changed, doubled, moved or removed.
    Corrupted,
}

/// The n-th module and how it was made.
#[must_use]
pub fn module(n: u64) -> (Kind, Vec<u8>) {
    let mut random = Random::new(n);
    let kind = match n % 8 {
        0 | 1 => Kind::Generated,
        2 => Kind::Later,
        3 => Kind::InvalidBodies,
        4 | 5 => Kind::Mutated,
        6 => Kind::Truncated,
        _ => Kind::Corrupted,
    };
    let bytes = match kind {
        Kind::Generated => generate(&mut random, config_now),
        Kind::Later => generate(&mut random, config_later),
        Kind::InvalidBodies => generate(&mut random, config_invalid_bodies),
        Kind::Mutated => mutate(&mut random),
        Kind::Truncated => truncate(&mut random),
        Kind::Corrupted => corrupt(&mut random),
    };
    (kind, bytes)
}

/// The n-th generated module of WebAssembly 3.0 and a little more, whatever the n-th mutant is.
#[must_use]
pub fn generated(n: u64) -> Vec<u8> {
    let mut random = Random::new(n);
    // Where there is little noise, modules are empty.
    for _ in 0..100 {
        let mut noise = random.bytes_up_to(1 << 12);
        noise.extend((0..1 << 8).flat_map(|_| random.next().to_le_bytes()));
        let config = config_many(&mut random);
        if let Ok(module) = Module::new(config, &mut Unstructured::new(&noise)) {
            return module.to_bytes();
        }
    }
    b"\0asm\x01\0\0\0".to_vec()
}

fn generate(random: &mut Random, config: fn(&mut Random) -> Config) -> Vec<u8> {
    // Noise can be too short for the generator's minimum; the next is another.
    for _ in 0..100 {
        let noise = random.bytes_up_to(1 << 14);
        let config = config(random);
        if let Ok(module) = Module::new(config, &mut Unstructured::new(&noise)) {
            return module.to_bytes();
        }
    }
    b"\0asm\x01\0\0\0".to_vec()
}

/// What Holm accepts: WebAssembly 2.0 with SIMD, and exceptions.
fn config_now(random: &mut Random) -> Config {
    Config {
        acquire_release_atomics_enabled: false,
        compact_imports_enabled: false,
        custom_descriptors_enabled: false,
        custom_page_sizes_enabled: false,
        extended_const_enabled: false,
        gc_enabled: false,
        max_memories: 1,
        memory64_enabled: false,
        multibyte_array_access_enabled: false,
        relaxed_simd_enabled: false,
        shared_everything_threads_enabled: false,
        tail_call_enabled: false,
        threads_enabled: false,
        wide_arithmetic_enabled: false,
        ..config_later(random)
    }
}

/// Everything the generator knows, in sizes that vary.
fn config_later(random: &mut Random) -> Config {
    Config {
        // Imports can be given by a stranger only if they are functions, tables, memories and globals; all are.
        export_everything: random.below(4) != 0,
        generate_custom_sections: random.below(2) == 0,
        max_exports: 1000,
        max_funcs: random.choose(&[5, 20, 100]),
        max_imports: random.choose(&[0, 0, 5, 50]),
        max_instructions: random.choose(&[20, 100, 1000, 5000]),
        max_nesting_depth: random.choose(&[3, 10, 200]),
        max_table_elements: random.choose(&[10, 1000, 1_000_000]),
        max_tables: random.choose(&[1, 4, 50]),
        max_values: random.choose(&[3, 10, 200]),
        min_funcs: random.choose(&[0, 1, 5]),
        min_memories: random.choose(&[0, 1]),
        min_uleb_size: random.choose(&[1, 1, 1, 5]),
        ..Config::default()
    }
}

/// The most that memories of [`generated`] modules start with.
const MEMORY_BYTES_MAX: u64 = 1 << 20;

/// The same with many functions, all of which can be called from outside.
fn config_many(random: &mut Random) -> Config {
    Config {
        export_everything: true,
        // Without a type of functions there would be none.
        min_types: 10,
        min_funcs: 8,
        max_funcs: random.choose(&[10, 40]),
        max_instructions: random.choose(&[20, 100, 400]),
        custom_page_sizes_enabled: true,
        extended_const_enabled: true,
        gc_enabled: true,
        max_memories: random.choose(&[1, 1, 3]),
        // Filling one is a single operator, and nothing larger can be given.
        max_memory32_bytes: MEMORY_BYTES_MAX,
        max_memory64_bytes: MEMORY_BYTES_MAX.into(),
        max_table_elements: random.choose(&[10, 1000]),
        memory64_enabled: random.below(4) == 0,
        relaxed_simd_enabled: true,
        tail_call_enabled: true,
        wide_arithmetic_enabled: true,
        ..config_now(random)
    }
}

fn config_invalid_bodies(random: &mut Random) -> Config {
    Config { allow_invalid_funcs: true, ..config_now(random) }
}

/// A module to change: a generated one, or now and then a small bomb.
fn seed_module(random: &mut Random) -> Vec<u8> {
    let small: Vec<Bomb> =
        bombs::all().into_iter().filter(|bomb| SMALL_BOMBS.contains(&bomb.name)).collect();
    match random.below(16) {
        0 => (random.choose(&small).make)(),
        _ => generate(random, config_now),
    }
}

/// Bombs of a few kilobytes: what is changed in them is worth another look.
const SMALL_BOMBS: [&str; 8] = [
    "br_table_of_1000_with_1000_values",
    "call_doubling_30_levels",
    "call_with_100_vectors",
    "data_at_the_end_of_4_gib",
    "locals_50k_in_50_nested_loops",
    "memory_grow_to_the_end",
    "multivalue_block_1000_deep_100",
    "multivalue_call_1000",
];

fn mutate(random: &mut Random) -> Vec<u8> {
    let mut bytes = seed_module(random);
    for _ in 0..random.below(4) + 1 {
        let mut mutator = WasmMutate::default();
        mutator.seed(random.next()).fuel(200).preserve_semantics(random.below(4) == 0);
        // Not every mutation applies to every module, and some panic over exported tags.
        let mutant = catch_unwind(AssertUnwindSafe(|| mutator.run(&bytes).ok()?.next()?.ok()));
        if let Ok(Some(mutant)) = mutant {
            bytes = mutant;
        }
    }
    bytes
}

fn truncate(random: &mut Random) -> Vec<u8> {
    let mut bytes = seed_module(random);
    bytes.truncate(random.index(bytes.len() + 1));
    bytes
}

fn corrupt(random: &mut Random) -> Vec<u8> {
    let mut bytes = seed_module(random);
    for _ in 0..=random.below(8) {
        if bytes.is_empty() {
            break;
        }
        let at = random.index(bytes.len());
        let end = (at + 1 + random.index(16)).min(bytes.len());
        match random.below(6) {
            0 => bytes[at] ^= 1 << random.below(8),
            1 => bytes[at] = random.choose(&[0, 1, 0x7f, 0x80, 0xff, 0x0b, 0x40, 0xfd, 0xfc]),
            2 => bytes.insert(at, random.byte()),
            3 => drop(bytes.drain(at..end)),
            4 => {
                let piece = bytes[at..end].to_vec();
                let to = random.index(bytes.len());
                bytes.splice(to..to, piece);
            }
            // A length or an index that is far too large.
            _ => drop(bytes.splice(at..=at, [0xff, 0xff, 0xff, 0xff, 0x0f])),
        }
    }
    bytes
}
