//! Many locals: cheap to declare (a count and a type), dear to whoever keeps a list of them.

use wasm_encoder::{BlockType, ValType};

use super::build::{Build, one};
use super::{Bomb, Expect};

pub(super) const BOMBS: &[Bomb] = &[
    Bomb::run("locals_50k", || one(&[(50_000, ValType::I64)], |_| {}), Expect::Ok),
    Bomb::run(
        "locals_51k",
        || one(&[(51_000, ValType::I64)], |_| {}),
        Expect::Refused("locals_max"),
    ),
    Bomb::run(
        "locals_4g",
        || one(&[(u32::MAX, ValType::I32); 2], |_| {}),
        Expect::Refused("too many locals"),
    ),
    Bomb::run("locals_50k_in_20k_functions", || locals_everywhere(20_000), Expect::OkOrLimit),
    Bomb::run("locals_50k_of_changing_types", locals_alternating, Expect::Ok),
    Bomb::run("locals_1m_empty_groups", locals_empty_groups, Expect::Ok),
    Bomb::run("locals_40k_vectors_alive", locals_vectors, Expect::Ok),
    Bomb::run("locals_20k_summed_at_the_end", locals_alive, Expect::Ok),
    Bomb::run("locals_1000_through_1000_loops", || phi_chain(1000, 1000), Expect::OkOrLimit),
    Bomb::run("locals_1500_in_1500_nested_loops", || phi_nest(1500, 1500, 1), Expect::OkOrLimit),
    Bomb::run("locals_5000_in_200_nested_loops", || phi_nest(200, 5000, 1), Expect::OkOrLimit),
    Bomb::run("locals_50k_in_50_nested_loops", || phi_nest(50, 50_000, 100), Expect::OkOrLimit),
    Bomb::run("locals_200_set_in_5000_ifs", || phi_ifs(5000, 200), Expect::OkOrLimit),
    Bomb::run("locals_tee_500k", locals_tee, Expect::Ok),
    Bomb::run("locals_swapped_in_a_loop", locals_rotated, Expect::Ok),
];

fn locals_everywhere(functions: usize) -> Vec<u8> {
    let mut build = Build::new();
    build.start(&[], |_| {});
    for _ in 0..functions {
        build.function(0, &[(50_000, ValType::I64)], |_| {});
    }
    build.finish()
}

fn locals_alternating() -> Vec<u8> {
    let groups: Vec<(u32, ValType)> = (0..50_000)
        .map(|i| match i % 5 {
            0 => (1, ValType::I32),
            1 => (1, ValType::F64),
            2 => (1, ValType::V128),
            3 => (1, ValType::FUNCREF),
            _ => (1, ValType::EXTERNREF),
        })
        .collect();
    one(&groups, |_| {})
}

fn locals_empty_groups() -> Vec<u8> {
    one(&vec![(0, ValType::I32); 1_000_000], |_| {})
}

/// Every local is a vector that is needed after the last was made: a frame of 640 kB.
fn locals_vectors() -> Vec<u8> {
    const COUNT: u32 = 40_000;
    let mut build = Build::new();
    build.memory(1);
    build.start(&[(COUNT, ValType::V128)], |f| {
        for i in 0..COUNT {
            f.i32_const(i.cast_signed()).i32x4_splat().local_set(i);
        }
        for i in (0..COUNT).rev() {
            f.i32_const(0).local_get(i).v128_store(super::build::at(0, 4));
        }
    });
    build.finish()
}

fn locals_alive() -> Vec<u8> {
    const COUNT: u32 = 20_000;
    let mut build = Build::new();
    build.memory(1);
    build.start(&[(COUNT, ValType::I32)], |f| {
        for i in 0..COUNT {
            f.i32_const(0).i32_load(super::build::at(u64::from(i), 2)).local_set(i);
        }
        f.i32_const(0).i32_const(0);
        for i in 0..COUNT {
            f.local_get(i).i32_add();
        }
        f.i32_store(super::build::at(0, 2));
    });
    build.finish()
}

/// One loop after another; each changes every local.
fn phi_chain(loops: u32, locals: u32) -> Vec<u8> {
    one(&[(locals, ValType::I32)], |f| {
        for i in 0..loops {
            f.loop_(BlockType::Empty);
            for step in 0..locals.min(20) {
                let local = (i * 20 + step) % locals;
                f.local_get(local).i32_const(1).i32_add().local_set(local);
            }
            f.local_get(0).i32_const(-1).i32_eq().br_if(0).end();
        }
    })
}

/// Loops in loops; every local is changed in the innermost, so that each header needs a phi for each.
fn phi_nest(depth: u32, locals: u32, stride: usize) -> Vec<u8> {
    one(&[(locals, ValType::I32)], |f| {
        for _ in 0..depth {
            f.loop_(BlockType::Empty);
        }
        for local in (0..locals).step_by(stride) {
            f.local_get(local).i32_const(1).i32_add().local_set(local);
        }
        for level in 0..depth {
            f.local_get(level % locals).i32_const(-1).i32_eq().br_if(0).end();
        }
    })
}

/// Diamonds; each sets many locals on one side.
fn phi_ifs(count: u32, locals: u32) -> Vec<u8> {
    one(&[(locals, ValType::I32)], |f| {
        for i in 0..count {
            f.local_get(i % locals).if_(BlockType::Empty);
            for local in 0..locals {
                f.local_get((local + 1) % locals).local_set(local);
            }
            f.end();
        }
    })
}

fn locals_tee() -> Vec<u8> {
    one(&[(1000, ValType::I64)], |f| {
        f.i64_const(1);
        for i in 0..500_000 {
            f.local_tee(i % 1000);
        }
        f.i64_eqz().if_(BlockType::Empty).unreachable().end();
    })
}

/// A loop that moves every local to its neighbour: one cycle of parallel moves.
fn locals_rotated() -> Vec<u8> {
    const COUNT: u32 = 3000;
    one(&[(COUNT, ValType::I64)], |f| {
        f.loop_(BlockType::Empty);
        for i in 0..COUNT {
            f.local_get(i);
        }
        for i in 0..COUNT {
            f.local_set((i + 1) % COUNT);
        }
        f.local_get(0).i64_const(-1).i64_eq().br_if(0).end();
    })
}
