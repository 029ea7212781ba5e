//! Much initial content: data segments, element segments, and the expressions that place them.

use std::borrow::Cow;

use wasm_encoder::{ConstExpr, Elements, HeapType, RefType};

use super::build::Build;
use super::{Bomb, Expect};

pub(super) const BOMBS: &[Bomb] = &[
    Bomb::run("data_of_100_mib", data_huge, Expect::Ok),
    Bomb::run("data_100k_segments", || data_many(100_000, 8, |i| i * 16), Expect::Ok),
    Bomb::run(
        "data_2m_segments",
        || data_many(2_000_000, 0, |_| 0),
        Expect::Refused("data_segments_max"),
    ),
    Bomb::run("data_20k_segments_in_one_place", || data_many(20_000, 1024, |_| 0), Expect::Ok),
    Bomb::run("data_60k_segments_one_a_page", || data_many(60_000, 1, |i| i << 16), Expect::Ok),
    Bomb::run("data_at_the_end_of_4_gib", data_far, Expect::Ok),
    Bomb::run("data_passive_100k", data_passive, Expect::Ok),
    Bomb::run("elements_of_9m", || elements(1, 9_000_000), Expect::Refused("element_items_max")),
    Bomb::run(
        "elements_100k_segments",
        || elements(100_000, 10),
        Expect::Refused("limit on table entries"),
    ),
    Bomb::run(
        "elements_1000_segments_in_one_place",
        || elements(1000, 10_000),
        Expect::Refused("element_items_max"),
    ),
    Bomb::run(
        "elements_2m_segments",
        || elements(2_000_000, 0),
        Expect::Refused("element_segments_max"),
    ),
    Bomb::run("elements_3m_expressions", element_expressions, Expect::Ok),
    Bomb::run("elements_passive_and_declared", elements_passive, Expect::Ok),
];

fn with(add: impl FnOnce(&mut Build)) -> Vec<u8> {
    let mut build = Build::new();
    build.start(&[], |_| {});
    add(&mut build);
    build.finish()
}

fn data_huge() -> Vec<u8> {
    with(|build| {
        build.memory(1600);
        build.data.active(0, &ConstExpr::i32_const(0), vec![0x55; 100 << 20]);
    })
}

fn data_many(count: u32, bytes: usize, place: impl Fn(u32) -> u32) -> Vec<u8> {
    with(|build| {
        build.memory(65_536);
        for i in 0..count {
            let offset = ConstExpr::i32_const(place(i).cast_signed());
            build.data.active(0, &offset, vec![0x55; bytes]);
        }
    })
}

fn data_far() -> Vec<u8> {
    with(|build| {
        build.memory(65_536);
        build.data.active(0, &ConstExpr::i32_const(0), [1]);
        build.data.active(0, &ConstExpr::i32_const(-1), [1]);
    })
}

fn data_passive() -> Vec<u8> {
    with(|build| {
        build.memory(1);
        for _ in 0..100_000 {
            build.data.passive(*b"passive");
        }
    })
}

fn elements(segments: u32, functions: usize) -> Vec<u8> {
    with(|build| {
        build.table(10_000_000);
        let functions = vec![0_u32; functions];
        for _ in 0..segments {
            let offset = ConstExpr::i32_const(0);
            build.elements.active(None, &offset, Elements::Functions(Cow::Borrowed(&functions)));
        }
    })
}

fn element_expressions() -> Vec<u8> {
    with(|build| {
        build.table(3_000_000);
        let expressions: Vec<ConstExpr> = (0..3_000_000)
            .map(|i| match i % 2 {
                0 => ConstExpr::ref_func(0),
                _ => ConstExpr::ref_null(HeapType::FUNC),
            })
            .collect();
        let offset = ConstExpr::i32_const(0);
        let elements = Elements::Expressions(RefType::FUNCREF, Cow::Owned(expressions));
        build.elements.active(Some(0), &offset, elements);
    })
}

fn elements_passive() -> Vec<u8> {
    with(|build| {
        let functions = [0_u32; 100];
        for _ in 0..20_000 {
            build.elements.passive(Elements::Functions(Cow::Borrowed(&functions)));
            build.elements.declared(Elements::Functions(Cow::Borrowed(&functions)));
        }
    })
}
