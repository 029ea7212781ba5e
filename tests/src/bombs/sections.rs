//! Many of everything a module declares: types, imports, functions, exports, globals, tables, memories, custom sections, names.

use std::borrow::Cow;

use wasm_encoder::{
    ConstExpr, CustomSection, EntityType, ExportKind, ExportSection, NameMap, NameSection, ValType,
};

use super::build::{Build, memory_type, table_type};
use super::{Bomb, Expect};

pub(super) const BOMBS: &[Bomb] = &[
    Bomb::run("types_1m_equal", || types(1_000_000, |_| arity(0, 0)), Expect::Refused("types_max")),
    Bomb::run("types_900k_distinct", || types(900_000, distinct), Expect::Refused("types_max")),
    Bomb::run("types_1000_of_1000_params", || types(1000, |i| arity(1000 - i % 10, 0)), Expect::Ok),
    Bomb::run("types_1000_of_1000_results", || types(1000, |i| arity(i % 10, 1000)), Expect::Ok),
    Bomb::run(
        "types_of_100k_params",
        || types(10, |_| arity(100_000, 0)),
        Expect::Refused("function params size is out of bounds"),
    ),
    Bomb::compile("imports_100k_functions", || imports(100_000), Expect::Ok),
    Bomb::compile("imports_2m_functions", || imports(2_000_000), Expect::Refused("imports_max")),
    Bomb::compile("imports_names_of_50kb", imports_long_names, Expect::Ok),
    Bomb::run("imports_unknown_names_of_50kb", imports_long_names, Expect::Refused("imports")),
    Bomb::run("imports_unknown_100k", || imports(100_000), Expect::Refused("imports")),
    Bomb::compile("imports_100k_memories", imports_memories, Expect::Refused("memories_max")),
    Bomb::run("functions_900k_empty", || functions(900_000, 0), Expect::OkOrLimit),
    Bomb::run("functions_100k_small", || functions(100_000, 4), Expect::OkOrLimit),
    Bomb::run("functions_2m", || functions(2_000_000, 0), Expect::Refused("functions_max")),
    Bomb::run("exports_100k", || exports(100_000, 8), Expect::Ok),
    Bomb::run("exports_2m", || exports(2_000_000, 8), Expect::Refused("exports_max")),
    Bomb::run("exports_300_names_of_90kb", || exports(300, 90_000), Expect::Ok),
    Bomb::run("globals_1m", || globals(1_000_000), Expect::Refused("globals_max")),
    Bomb::run("globals_2m", || globals(2_000_000), Expect::Refused("globals_max")),
    Bomb::run(
        "global_init_1m_operators",
        global_init_long,
        Expect::Refused("const_expr_operators_max"),
    ),
    Bomb::run(
        "tables_100_of_10m",
        || tables(100, 10_000_000),
        Expect::Refused("table_elements_max"),
    ),
    Bomb::run("tables_100k_empty", || tables(100_000, 0), Expect::Refused("tables_max")),
    Bomb::run("table_of_4g", || tables(1, 0xffff_ffff), Expect::Refused("table_elements_max")),
    Bomb::run("table_of_10m", || tables(1, 10_000_000), Expect::Refused("limit on table entries")),
    Bomb::run("memory_of_4_gib", || memories(1, 65_536), Expect::Ok),
    Bomb::run(
        "memory_over_4_gib",
        || memories(1, 65_537),
        Expect::Refused("memory size must be at most"),
    ),
    Bomb::run("memories_100_of_4_gib", || memories(100, 65_536), Expect::Refused("memory bytes")),
    Bomb::run("custom_1m_sections", custom_many, Expect::Refused("custom_sections_max")),
    Bomb::run("custom_of_64_mib", custom_huge, Expect::Ok),
    Bomb::run("names_900k_functions", names_functions, Expect::OkOrLimit),
    Bomb::run("names_of_no_functions", names_of_nothing, Expect::Ok),
    Bomb::run("name_of_10_mb", name_long, Expect::Ok),
    Bomb::run("dwarf_of_16_mib_of_noise", dwarf_noise, Expect::Stopped(134, "unreachable")),
];

/// A module with an empty `_start` and whatever else is added.
fn with(add: impl FnOnce(&mut Build)) -> Vec<u8> {
    let mut build = Build::new();
    build.start(&[], |_| {});
    add(&mut build);
    build.finish()
}

/// The parameters and results of a type.
type Lists = (Vec<ValType>, Vec<ValType>);

fn types(count: usize, lists: impl Fn(usize) -> Lists) -> Vec<u8> {
    with(|build| {
        for i in 0..count - 1 {
            let (params, results) = lists(i);
            build.ty(&params, &results);
        }
    })
}

fn arity(params: usize, results: usize) -> Lists {
    (vec![ValType::I32; params], vec![ValType::I32; results])
}

/// Ten parameters that count in base four: no two types are equal.
fn distinct(i: usize) -> Lists {
    let digits = [ValType::I32, ValType::I64, ValType::F32, ValType::F64];
    ((0..10).map(|digit| digits[(i >> (2 * digit)) % 4]).collect(), Vec::new())
}

fn imports(count: usize) -> Vec<u8> {
    with(|build| {
        for i in 0..count {
            build.imports.import("m", &format!("{i}"), EntityType::Function(0));
        }
        build.exports = ExportSection::new();
    })
}

fn imports_long_names() -> Vec<u8> {
    with(|build| {
        let name = "n".repeat(50_000);
        for _ in 0..500 {
            build.imports.import(&name, &name, EntityType::Function(0));
        }
        build.exports = ExportSection::new();
    })
}

fn imports_memories() -> Vec<u8> {
    with(|build| {
        for _ in 0..100_000 {
            build.imports.import("m", "m", EntityType::Memory(memory_type(1)));
        }
    })
}

fn functions(count: usize, adds: usize) -> Vec<u8> {
    with(|build| {
        for i in 0..count - 1 {
            build.function(0, &[], |f| {
                for _ in 0..adds {
                    let value = i32::try_from(i).unwrap_or(0);
                    f.i32_const(value).i32_const(7).i32_add().drop();
                }
            });
        }
    })
}

fn exports(count: usize, name_bytes: usize) -> Vec<u8> {
    with(|build| {
        for i in 0..count {
            let name = format!("{i:08}{}", "x".repeat(name_bytes - 8));
            build.exports.export(&name, ExportKind::Func, 0);
        }
    })
}

fn globals(count: usize) -> Vec<u8> {
    with(|build| {
        for _ in 0..count {
            build.global(ValType::I64, &ConstExpr::i64_const(-1));
        }
    })
}

fn global_init_long() -> Vec<u8> {
    with(|build| {
        // `i32.const 0`, then `i32.const 1 i32.add` again and again.
        let mut init = vec![0x41, 0];
        for _ in 0..1_000_000 {
            init.extend([0x41, 1, 0x6a]);
        }
        build.global(ValType::I32, &ConstExpr::raw(init));
    })
}

fn tables(count: usize, minimum: u64) -> Vec<u8> {
    with(|build| {
        for _ in 0..count {
            build.tables.table(table_type(minimum));
        }
    })
}

fn memories(count: usize, minimum: u64) -> Vec<u8> {
    with(|build| {
        for _ in 0..count {
            build.memory(minimum);
        }
    })
}

/// An empty program, then what is added behind it.
fn followed_by(add: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let mut bytes = with(|_| {});
    add(&mut bytes);
    bytes
}

fn custom_many() -> Vec<u8> {
    followed_by(|bytes| {
        for _ in 0..1_000_000 {
            bytes.extend([0, 2, 1, b'x']);
        }
    })
}

fn section(bytes: &mut Vec<u8>, section: &impl wasm_encoder::Section) {
    section.append_to(bytes);
}

fn custom_huge() -> Vec<u8> {
    followed_by(|bytes| {
        let data = Cow::Owned(vec![0x55; 64 << 20]);
        section(bytes, &CustomSection { name: "x".into(), data });
    })
}

/// A name for every one of many functions.
fn names_functions() -> Vec<u8> {
    let mut bytes = functions(900_000, 0);
    let mut names = NameSection::new();
    names.functions(&name_map(900_000));
    section(&mut bytes, &names);
    bytes
}

/// Names for functions, locals and everything else that is not there.
fn names_of_nothing() -> Vec<u8> {
    followed_by(|bytes| {
        let mut names = NameSection::new();
        let map = name_map(1_000_000);
        names.functions(&map);
        names.types(&map);
        names.globals(&map);
        section(bytes, &names);
    })
}

fn name_map(count: u32) -> NameMap {
    let mut names = NameMap::new();
    for i in 0..count {
        names.append(i, &format!("f{i}"));
    }
    names
}

fn name_long() -> Vec<u8> {
    followed_by(|bytes| {
        let mut names = NameSection::new();
        names.module(&"m".repeat(10_000_000));
        let mut map = NameMap::new();
        map.append(0, &"f".repeat(10_000_000));
        names.functions(&map);
        section(bytes, &names);
    })
}

/// Debugging information that is none, under a trap that asks for it.
fn dwarf_noise() -> Vec<u8> {
    let mut bytes = super::build::one(&[], |f| {
        f.unreachable();
    });
    let noise: Vec<u8> =
        (0..1_u32 << 20).flat_map(|i| i.wrapping_mul(0x9e37_79b1).to_le_bytes()).collect();
    for name in [".debug_info", ".debug_line", ".debug_abbrev", ".debug_str"] {
        section(&mut bytes, &CustomSection { name: name.into(), data: Cow::Borrowed(&noise) });
    }
    bytes
}
