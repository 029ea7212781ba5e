//! Calls: many, wide, in chains that an inliner could multiply, and through tables.

use std::borrow::Cow;

use wasm_encoder::{BlockType, ConstExpr, Elements, EntityType, ValType};

use super::build::Build;
use super::{Bomb, Expect};

pub(super) const BOMBS: &[Bomb] = &[
    Bomb::run("call_200k", calls, Expect::OkOrLimit),
    Bomb::run("call_1000_of_1000_params", || wide_params(1000, 1000), Expect::OkOrLimit),
    Bomb::run("call_5000_of_200_params", || wide_params(5000, 200), Expect::OkOrLimit),
    Bomb::run("multivalue_call_1000", || wide_results(1000, 1000), Expect::OkOrLimit),
    Bomb::run("multivalue_call_20k_of_20", || wide_results(20_000, 20), Expect::OkOrLimit),
    Bomb::run("call_wide_functions_1000", wide_functions, Expect::OkOrLimit),
    Bomb::run("call_indirect_50k", indirect, Expect::Ok),
    Bomb::run("call_indirect_of_10k_types", indirect_types, Expect::Ok),
    Bomb::compile("call_doubling_30_levels", || doubling(30, 2), Expect::Ok),
    Bomb::compile("call_tenfold_8_levels", || doubling(8, 10), Expect::Ok),
    Bomb::compile("call_each_of_600_functions_from_each", complete_graph, Expect::OkOrLimit),
    Bomb::compile("call_imports_60k_of_distinct_types", foreign, Expect::OkOrLimit),
    Bomb::run("call_with_100_vectors", vectors, Expect::Ok),
];

fn calls() -> Vec<u8> {
    let mut build = Build::new();
    let ty = build.ty(&[], &[]);
    let callee = build.function(ty, &[], |f| {
        f.nop();
    });
    build.start(&[], |f| {
        for _ in 0..200_000 {
            f.call(callee);
        }
    });
    build.finish()
}

/// Calls with more arguments than there are registers.
fn wide_params(count: usize, values: usize) -> Vec<u8> {
    let mut build = Build::new();
    let ty = build.ty(&vec![ValType::I64; values], &[]);
    let callee = build.function(ty, &[], |_| {});
    build.start(&[], |f| {
        for _ in 0..count {
            for _ in 0..values {
                f.i64_const(3);
            }
            f.call(callee);
        }
    });
    build.finish()
}

/// Calls whose results are the next call's arguments: 9 kB that cost Cranelift half a minute.
fn wide_results(count: usize, values: usize) -> Vec<u8> {
    let mut build = Build::new();
    let list = vec![ValType::I32; values];
    let ty = build.ty(&list, &list);
    let all = u32::try_from(values).unwrap_or(0);
    let callee = build.function(ty, &[], |f| {
        for i in 0..all {
            f.local_get(all - 1 - i);
        }
    });
    build.start(&[], |f| {
        for _ in 0..values {
            f.i32_const(1);
        }
        for _ in 0..count {
            f.call(callee);
        }
        for _ in 0..values {
            f.drop();
        }
    });
    build.finish()
}

/// Many small functions of a wide type: each has to move a thousand values.
fn wide_functions() -> Vec<u8> {
    let mut build = Build::new();
    let list = vec![ValType::I32; 1000];
    let ty = build.ty(&list, &list);
    for _ in 0..1000 {
        build.function(ty, &[], |f| {
            for i in (0..1000).rev() {
                f.local_get(i);
            }
        });
    }
    build.start(&[], |_| {});
    build.finish()
}

fn indirect() -> Vec<u8> {
    let mut build = Build::new();
    let ty = build.ty(&[], &[]);
    build.table(1);
    let callee = build.function(ty, &[], |_| {});
    let functions = [callee];
    let elements = Elements::Functions(Cow::Borrowed(&functions));
    build.elements.active(None, &ConstExpr::i32_const(0), elements);
    build.start(&[], |f| {
        for _ in 0..50_000 {
            f.i32_const(0).call_indirect(0, ty);
        }
    });
    build.finish()
}

/// Every call has a type of its own.
fn indirect_types() -> Vec<u8> {
    let mut build = Build::new();
    build.table(1);
    let all = [ValType::I32, ValType::I64, ValType::F32, ValType::F64];
    let lists: Vec<Vec<ValType>> = (0..10_000_usize)
        .map(|i| (0..7).map(|digit| all[(i >> (2 * digit)) % 4]).collect())
        .collect();
    let types: Vec<u32> = lists.iter().map(|list| build.ty(list, &[])).collect();
    build.start(&[(1, ValType::I32)], |f| {
        f.local_get(0).if_(BlockType::Empty);
        for (list, ty) in lists.iter().zip(&types) {
            for value in list {
                match value {
                    ValType::I32 => f.i32_const(0),
                    ValType::I64 => f.i64_const(0),
                    ValType::F32 => f.f32_const(0.0.into()),
                    _ => f.f64_const(0.0.into()),
                };
            }
            f.i32_const(0).call_indirect(0, *ty);
        }
        f.end();
    });
    build.finish()
}

/// Each function calls the next several times: inlined without end, the first would be `fan` to the power of `levels`.
fn doubling(levels: u32, fan: usize) -> Vec<u8> {
    let mut build = Build::new();
    build.start(&[], |f| {
        f.call(1);
    });
    for level in 1..=levels {
        build.function(0, &[(1, ValType::I32)], |f| {
            for _ in 0..fan {
                f.local_get(0).i32_const(1).i32_add().local_set(0);
                if level < levels {
                    f.call(level + 1);
                }
            }
        });
    }
    build.finish()
}

fn complete_graph() -> Vec<u8> {
    let mut build = Build::new();
    build.start(&[], |_| {});
    for _ in 0..600 {
        build.function(0, &[], |f| {
            for callee in 0..600 {
                f.call(callee);
            }
        });
    }
    build.finish()
}

/// A thunk for each type that is imported.
fn foreign() -> Vec<u8> {
    let mut build = Build::new();
    let all = [ValType::I32, ValType::I64, ValType::F32, ValType::F64];
    for i in 0..60_000_usize {
        let list: Vec<ValType> = (0..9).map(|digit| all[(i >> (2 * digit)) % 4]).collect();
        let ty = build.ty(&list, &list[..1]);
        build.imports.import("m", "f", EntityType::Function(ty));
    }
    build.imported_functions = 60_000;
    build.start(&[], |_| {});
    build.finish()
}

fn vectors() -> Vec<u8> {
    let mut build = Build::new();
    let list = [ValType::V128; 100];
    let ty = build.ty(&list, &list);
    let callee = build.function(ty, &[], |f| {
        for i in (0..100).rev() {
            f.local_get(i);
        }
    });
    build.start(&[], |f| {
        for i in 0..100 {
            f.v128_const(i);
        }
        for _ in 0..200 {
            f.call(callee);
        }
        for _ in 0..100 {
            f.drop();
        }
    });
    build.finish()
}
