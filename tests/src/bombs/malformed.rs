//! Bytes and text that promise more than they hold, or nest deeper than a reader recurses.

use super::{Bomb, Expect};

pub(super) const BOMBS: &[Bomb] = &[
    Bomb::run("empty_file", Vec::new, Expect::Refused("is empty")),
    Bomb::run("magic_only", || b"\0asm\x01\0\0\0".to_vec(), Expect::Refused("no function _start")),
    Bomb::run("noise_of_1_mb", noise, Expect::Refused("malformed section id")),
    Bomb::run("component_header", || b"\0asm\x0d\0\x01\0".to_vec(), Expect::Refused("component")),
    Bomb::run("claims_4g_types", || claims(1, &[]), Expect::Refused("types_max")),
    Bomb::run("claims_4g_params", || claims(1, &[1, 0x60]), Expect::Refused("offset")),
    Bomb::run("claims_4g_imports", || claims(2, &[]), Expect::Refused("imports_max")),
    Bomb::run("claims_4g_functions", || claims(3, &[]), Expect::Refused("functions_max")),
    Bomb::run("claims_4g_tables", || claims(4, &[]), Expect::Refused("tables_max")),
    Bomb::run("claims_4g_exports", || claims(7, &[]), Expect::Refused("exports_max")),
    Bomb::run("claims_4g_elements", || claims(9, &[1, 1, 0]), Expect::Refused("offset")),
    Bomb::run("claims_4g_bodies", || claims(10, &[]), Expect::Refused("offset")),
    Bomb::run("claims_4g_data", || claims(11, &[]), Expect::Refused("data_segments_max")),
    Bomb::run("claims_section_of_4_gib", section_huge, Expect::Refused("offset")),
    Bomb::run("claims_4g_branch_targets", branch_targets, Expect::Refused("offset")),
    Bomb::run(
        "text_nested_1m_deep",
        || text_nested("(", ")", 1_000_000),
        Expect::Refused("expected valid module field"),
    ),
    Bomb::run("text_blocks_100k_deep", text_blocks, Expect::Refused("nesting_max")),
    Bomb::run("text_folded_100k_deep", text_folded, Expect::Ok),
    Bomb::run(
        "text_comments_1m_deep",
        || text_nested("(;", ";)", 1_000_000),
        Expect::Refused("no function _start"),
    ),
    Bomb::run("text_unknown_name_of_1_mb", text_name, Expect::Refused("unknown func")),
    Bomb::run("text_string_of_20_mb", text_string, Expect::Ok),
    Bomb::run("artifact_header_only", || b"\x7fHOLM".to_vec(), Expect::Refused("not WebAssembly")),
];

const HEADER: &[u8] = b"\0asm\x01\0\0\0";
/// 4,294,967,295 as a LEB128.
const COUNT: &[u8] = &[0xff, 0xff, 0xff, 0xff, 0x0f];

/// A section that says a vector in it has four thousand million items, and ends.
fn claims(id: u8, before: &[u8]) -> Vec<u8> {
    let mut bytes = HEADER.to_vec();
    let size = before.len() + COUNT.len();
    bytes.extend([id, u8::try_from(size).unwrap_or(0)]);
    bytes.extend(before);
    bytes.extend(COUNT);
    bytes
}

fn section_huge() -> Vec<u8> {
    [HEADER, &[0], COUNT, b"\x01x"].concat()
}

/// A function whose `br_table` has more targets than the file has bytes.
fn branch_targets() -> Vec<u8> {
    let mut bytes = HEADER.to_vec();
    bytes.extend([1, 4, 1, 0x60, 0, 0]);
    bytes.extend([3, 2, 1, 0]);
    let body = [&[0, 0x41, 0, 0x0e][..], COUNT, &[0x0b]].concat();
    let size = u8::try_from(body.len()).unwrap_or(0);
    bytes.extend([10, size + 2, 1, size]);
    bytes.extend(body);
    bytes
}

fn noise() -> Vec<u8> {
    let mut state = 1_u32;
    let mut bytes = HEADER.to_vec();
    bytes.extend((0..1 << 20).map(|_| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state.to_be_bytes()[0]
    }));
    bytes
}

fn text_nested(open: &str, close: &str, depth: usize) -> Vec<u8> {
    format!("(module {}{})", open.repeat(depth), close.repeat(depth)).into_bytes()
}

fn text_blocks() -> Vec<u8> {
    let (open, close) = ("(block ".repeat(100_000), ")".repeat(100_000));
    format!("(module (func (export \"_start\") {open}{close}))").into_bytes()
}

fn text_folded() -> Vec<u8> {
    let (open, close) = ("(i32.eqz ".repeat(100_000), ")".repeat(100_000));
    format!("(module (func (export \"_start\") (drop {open}(i32.const 0){close})))").into_bytes()
}

fn text_string() -> Vec<u8> {
    let data = "\\00".repeat(7_000_000);
    format!("(module (memory 1000) (data (i32.const 0) \"{data}\") (func (export \"_start\")))")
        .into_bytes()
}

fn text_name() -> Vec<u8> {
    format!("(module (func (call ${})))", "n".repeat(1 << 20)).into_bytes()
}
