//! Modules that are small and sound, and hurt while they run: they never end, recurse for ever, or ask for all there is.

use wasm_encoder::{BlockType, ConstExpr, Elements, HeapType, ValType};

use super::build::{Build, one};
use super::{Bomb, Expect};

pub(super) const BOMBS: &[Bomb] = &[
    Bomb::run("run_for_ever", for_ever, Expect::Stopped(124, "its time of 300 ms was up"))
        .with_flags(&["--timeout", "300ms"]),
    Bomb::run("run_for_ever_without_fuel", for_ever, Expect::Stopped(137, "fuel"))
        .with_flags(&["--fuel", "1000000"]),
    Bomb::run("recurse_for_ever", recursion, Expect::Stopped(134, "call stack exhausted")),
    Bomb::run(
        "recurse_with_big_frames",
        recursion_big,
        Expect::Stopped(134, "call stack exhausted"),
    ),
    Bomb::run(
        "recurse_through_a_table",
        recursion_table,
        Expect::Stopped(134, "call stack exhausted"),
    ),
    Bomb::run("memory_grow_to_the_end", || memory_grow(false), Expect::Ok),
    Bomb::run("memory_grow_and_touch_under_a_limit", || memory_grow(true), Expect::Ok)
        .with_flags(&["--max-memory", "64MiB"]),
    Bomb::run("memory_over_the_limit", || memory_of(2000), Expect::Refused("memory"))
        .with_flags(&["--max-memory", "64MiB"]),
    Bomb::run("table_grow_to_the_end", table_grow, Expect::Ok),
    Bomb::run(
        "start_function_for_ever",
        start_for_ever,
        Expect::Stopped(124, "its time of 300 ms was up"),
    )
    .with_flags(&["--timeout", "300ms"]),
    Bomb::run(
        "memory_fill_for_ever",
        fill_for_ever,
        Expect::Stopped(124, "its time of 300 ms was up"),
    )
    .with_flags(&["--timeout", "300ms"]),
    Bomb::run(
        "table_fill_for_ever",
        table_fill_for_ever,
        Expect::Stopped(124, "its time of 300 ms was up"),
    )
    .with_flags(&["--timeout", "300ms"]),
];

fn for_ever() -> Vec<u8> {
    one(&[], |f| {
        f.loop_(BlockType::Empty).br(0).end();
    })
}

fn start_for_ever() -> Vec<u8> {
    let mut build = Build::new();
    build.start(&[], |f| {
        f.loop_(BlockType::Empty).br(0).end();
    });
    build.start_section = Some(0);
    build.finish()
}

fn recursion() -> Vec<u8> {
    one(&[], |f| {
        f.call(0);
    })
}

/// A frame of 160 kB, larger than any guard page.
fn recursion_big() -> Vec<u8> {
    const COUNT: u32 = 10_000;
    let mut build = Build::new();
    build.memory(1);
    build.start(&[(COUNT, ValType::V128)], |f| {
        for i in 0..COUNT {
            f.i32_const(i.cast_signed()).i32x4_splat().local_set(i);
        }
        f.call(0);
        for i in 0..COUNT {
            f.i32_const(0).local_get(i).v128_store(super::build::at(0, 4));
        }
    });
    build.finish()
}

fn recursion_table() -> Vec<u8> {
    let mut build = Build::new();
    build.table(1);
    build.elements.active(None, &ConstExpr::i32_const(0), Elements::Functions((&[0][..]).into()));
    build.start(&[], |f| {
        f.i32_const(0).call_indirect(0, 0);
    });
    build.finish()
}

fn memory_of(pages: u64) -> Vec<u8> {
    let mut build = Build::new();
    build.memory(pages);
    build.start(&[], |_| {});
    build.finish()
}

/// Grows page by page until it is refused; with `touch` it writes to each new page.
fn memory_grow(touch: bool) -> Vec<u8> {
    let mut build = Build::new();
    build.memory(0);
    build.start(&[(1, ValType::I32)], |f| {
        f.block(BlockType::Empty).loop_(BlockType::Empty);
        f.i32_const(1).memory_grow(0).local_tee(0).i32_const(-1).i32_eq().br_if(1);
        if touch {
            f.local_get(0).i32_const(16).i32_shl().i32_const(1);
            f.i32_store8(super::build::at(0, 0));
        }
        f.br(0).end().end();
    });
    build.finish()
}

fn table_grow() -> Vec<u8> {
    let mut build = Build::new();
    build.table(0);
    build.start(&[], |f| {
        f.block(BlockType::Empty).loop_(BlockType::Empty);
        f.ref_null(HeapType::FUNC).i32_const(1000).table_grow(0).i32_const(-1).i32_eq().br_if(1);
        f.br(0).end().end();
    });
    build.finish()
}

fn fill_for_ever() -> Vec<u8> {
    let mut build = Build::new();
    build.memory(1000);
    build.start(&[], |f| {
        f.loop_(BlockType::Empty);
        f.i32_const(0).i32_const(7).i32_const(1000 << 16).memory_fill(0).br(0).end();
    });
    build.finish()
}

fn table_fill_for_ever() -> Vec<u8> {
    let mut build = Build::new();
    build.table(1_000_000);
    build.start(&[], |f| {
        f.loop_(BlockType::Empty);
        f.i32_const(0).ref_null(HeapType::FUNC).i32_const(1_000_000).table_fill(0).br(0).end();
    });
    build.finish()
}
