//! Deep and wide control: nesting, branch tables, branches that carry many values.

use wasm_encoder::{BlockType, InstructionSink, ValType};

use super::build::{Build, block, one};
use super::{Bomb, Expect};

pub(super) const BOMBS: &[Bomb] = &[
    Bomb::run("nest_100k_blocks", || nest(100_000, open_block), Expect::Refused("nesting_max")),
    Bomb::run("nest_3m_blocks", || nest(3_000_000, open_block), Expect::Refused("body_bytes_max")),
    Bomb::run("nest_50k_loops", || nest(50_000, open_loop), Expect::OkOrLimit),
    Bomb::run("nest_50k_ifs", || nest(50_000, condition), Expect::OkOrLimit),
    Bomb::run("nest_20k_ifs_and_elses", || nest(20_000, condition_else), Expect::OkOrLimit),
    Bomb::run("nest_20k_blocks_with_exits", nest_exits, Expect::OkOrLimit),
    Bomb::run("blocks_60k_with_a_set", blocks_set, Expect::OkOrLimit),
    Bomb::run("blocks_1m_empty", blocks_empty, Expect::OkOrLimit),
    Bomb::run("br_if_500k", br_ifs, Expect::OkOrLimit),
    Bomb::run("br_if_20k_out_of_20k", br_ifs_far, Expect::OkOrLimit),
    Bomb::run("br_table_of_65k", || br_table(65_000, 1), Expect::Ok),
    Bomb::run("br_table_of_1m", || br_table(1_000_000, 1), Expect::Refused("br_table_targets_max")),
    Bomb::run("br_table_1000_of_1000", || br_tables(1000, 1000), Expect::Ok),
    Bomb::run("br_table_20_of_60k", || br_tables(20, 60_000), Expect::Ok),
    Bomb::run("br_table_of_1000_with_1000_values", || br_table_wide(1000, 1000), Expect::Ok),
    Bomb::run("br_table_of_60k_with_100_values", || br_table_wide(60_000, 100), Expect::Ok),
    Bomb::run("interpreter_loop_of_1000_cases", interpreter_loop, Expect::Ok),
    Bomb::run("multivalue_block_1000_deep_100", || wide_nest(100, 1000), Expect::OkOrLimit),
    Bomb::run("multivalue_loop_1000_deep_1000", wide_loops, Expect::OkOrLimit),
    Bomb::run("multivalue_if_3000", || wide_ifs(3000, 1000), Expect::OkOrLimit),
    Bomb::run("multivalue_if_20k_of_16", || wide_ifs(20_000, 16), Expect::OkOrLimit),
    Bomb::run("multivalue_br_if_2000", wide_br_ifs, Expect::OkOrLimit),
    Bomb::run("multivalue_return_2000", wide_returns, Expect::OkOrLimit),
    Bomb::run("unreachable_code_5_mb", unreachable_code, Expect::Ok),
    Bomb::run("unreachable_blocks_500k", unreachable_blocks, Expect::OkOrLimit),
];

fn condition(f: &mut InstructionSink<'_>) {
    f.i32_const(1).if_(BlockType::Empty);
}

fn condition_else(f: &mut InstructionSink<'_>) {
    f.local_get(0).if_(BlockType::Empty).else_();
}

fn open_block(f: &mut InstructionSink<'_>) {
    f.block(BlockType::Empty);
}

fn open_loop(f: &mut InstructionSink<'_>) {
    f.loop_(BlockType::Empty);
}

fn nest(depth: usize, mut open: impl FnMut(&mut InstructionSink<'_>)) -> Vec<u8> {
    one(&[(1, ValType::I32)], |f| {
        for _ in 0..depth {
            open(f);
        }
        for _ in 0..depth {
            f.end();
        }
    })
}

/// Each block can leave any number of the others.
fn nest_exits() -> Vec<u8> {
    const DEPTH: u32 = 20_000;
    one(&[(1, ValType::I32)], |f| {
        for depth in 0..DEPTH {
            f.block(BlockType::Empty).local_get(0).br_if(depth / 2);
        }
        for _ in 0..DEPTH {
            f.end();
        }
    })
}

/// Quadratic in some versions of Cranelift (wasmtime issue 4923).
fn blocks_set() -> Vec<u8> {
    one(&[(2, ValType::I32)], |f| {
        for _ in 0..60_000 {
            f.block(BlockType::Empty).local_get(0).br_if(0);
            f.local_get(1).i32_const(1).i32_add().local_set(1).end();
        }
    })
}

fn blocks_empty() -> Vec<u8> {
    one(&[], |f| {
        for _ in 0..1_000_000 {
            f.block(BlockType::Empty).end();
        }
    })
}

fn br_ifs() -> Vec<u8> {
    one(&[(1, ValType::I32)], |f| {
        f.block(BlockType::Empty);
        for _ in 0..500_000 {
            f.local_get(0).br_if(0);
        }
        f.end();
    })
}

fn br_ifs_far() -> Vec<u8> {
    const DEPTH: u32 = 20_000;
    one(&[(1, ValType::I32)], |f| {
        for _ in 0..DEPTH {
            f.block(BlockType::Empty);
        }
        for level in 0..DEPTH {
            f.local_get(0).br_if(DEPTH - 1 - level);
        }
        for _ in 0..DEPTH {
            f.end();
        }
    })
}

fn br_table(targets: usize, blocks: u32) -> Vec<u8> {
    one(&[(1, ValType::I32)], |f| {
        for _ in 0..blocks {
            f.block(BlockType::Empty);
        }
        f.local_get(0).br_table(vec![0; targets], 0);
        for _ in 0..blocks {
            f.end();
        }
    })
}

fn br_tables(count: usize, targets: u32) -> Vec<u8> {
    one(&[(1, ValType::I32)], |f| {
        for _ in 0..100 {
            f.block(BlockType::Empty);
        }
        for _ in 0..count {
            f.block(BlockType::Empty);
            f.local_get(0).br_table((0..targets).map(|i| i % 101), 0).end();
        }
        for _ in 0..100 {
            f.end();
        }
    })
}

/// A table of branches that each carry many values.
fn br_table_wide(targets: usize, values: usize) -> Vec<u8> {
    let mut build = Build::new();
    let results = vec![ValType::I32; values];
    let ty = build.ty(&[], &results);
    build.start(&[(1, ValType::I32)], |f| {
        f.block(block(ty)).block(block(ty));
        for i in 0..values {
            f.i32_const(i32::try_from(i).unwrap_or(0));
        }
        f.local_get(0).br_table((0..targets).map(|i| u32::from(i % 2 == 1)), 0);
        f.end().end();
        for _ in 0..values {
            f.drop();
        }
    });
    build.finish()
}

/// A loop around a branch table whose cases each change some of a hundred locals: a bytecode interpreter.
fn interpreter_loop() -> Vec<u8> {
    const CASES: u32 = 1000;
    one(&[(100, ValType::I64), (1, ValType::I32)], |f| {
        f.block(BlockType::Empty).loop_(BlockType::Empty);
        for _ in 0..CASES {
            f.block(BlockType::Empty);
        }
        f.local_get(100).br_table(0..CASES, CASES + 1);
        for case in 0..CASES {
            f.end();
            for step in 0..10 {
                f.local_get((case + step) % 100).local_get((case * 7 + step) % 100);
                f.i64_add().local_set((case * 3 + step) % 100);
            }
            f.i32_const(-1).local_set(100).br(CASES - 1 - case);
        }
        f.end().end();
    })
}

/// Blocks in blocks that pass a thousand values in and out.
fn wide_nest(depth: usize, values: usize) -> Vec<u8> {
    let mut build = Build::new();
    let list = vec![ValType::I32; values];
    let ty = build.ty(&list, &list);
    build.start(&[], |f| {
        for _ in 0..values {
            f.i32_const(1);
        }
        for _ in 0..depth {
            f.block(block(ty));
        }
        for _ in 0..depth {
            f.end();
        }
        for _ in 0..values {
            f.drop();
        }
    });
    build.finish()
}

fn wide_loops() -> Vec<u8> {
    let mut build = Build::new();
    let list = vec![ValType::I64; 1000];
    let ty = build.ty(&list, &list);
    build.start(&[(1, ValType::I32)], |f| {
        for _ in 0..1000 {
            f.i64_const(1);
        }
        for _ in 0..1000 {
            f.loop_(block(ty));
        }
        for _ in 0..1000 {
            f.local_get(0).br_if(0).end();
        }
        for _ in 0..1000 {
            f.drop();
        }
    });
    build.finish()
}

/// One `if` after another, each with many parameters and results: 22 kB that cost Cranelift 8 GiB.
fn wide_ifs(count: usize, values: usize) -> Vec<u8> {
    let mut build = Build::new();
    let list = vec![ValType::I32; values];
    let ty = build.ty(&list, &list);
    build.start(&[(1, ValType::I32)], |f| {
        for _ in 0..values {
            f.i32_const(1);
        }
        for _ in 0..count {
            f.local_get(0).if_(block(ty)).else_().end();
        }
        for _ in 0..values {
            f.drop();
        }
    });
    build.finish()
}

fn wide_br_ifs() -> Vec<u8> {
    let mut build = Build::new();
    let ty = build.ty(&[], &[ValType::I32; 1000]);
    build.start(&[(1, ValType::I32)], |f| {
        f.block(block(ty));
        for _ in 0..1000 {
            f.i32_const(1);
        }
        for _ in 0..2000 {
            f.local_get(0).br_if(0);
        }
        f.end();
        for _ in 0..1000 {
            f.drop();
        }
    });
    build.finish()
}

fn wide_returns() -> Vec<u8> {
    let mut build = Build::new();
    let results = [ValType::I32; 1000];
    let ty = build.ty(&[], &results);
    let wide = build.function(ty, &[(1, ValType::I32)], |f| {
        for _ in 0..1000 {
            f.i32_const(1);
        }
        for _ in 0..2000 {
            f.local_get(0).if_(BlockType::Empty);
            for _ in 0..1000 {
                f.i32_const(2);
            }
            f.return_().end();
        }
    });
    build.start(&[], |f| {
        f.call(wide);
        for _ in 0..1000 {
            f.drop();
        }
    });
    build.finish()
}

fn unreachable_code() -> Vec<u8> {
    one(&[], |f| {
        f.return_();
        for _ in 0..1_600_000 {
            f.i32_add();
        }
        f.drop();
        for i in 0..800_000 {
            f.i32_const(i).drop();
        }
    })
}

fn unreachable_blocks() -> Vec<u8> {
    one(&[], |f| {
        f.return_();
        for _ in 0..500_000 {
            f.loop_(BlockType::Empty).br(1).end();
        }
    })
}
