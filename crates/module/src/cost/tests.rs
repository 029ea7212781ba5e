//! Modules that are made to exhaust a compiler: each has a cost that stops it or sends it to cheap settings.

use crate::{Features, InvalidKind, Limits, Module};

/// Writes the binary format, without checking anything.
#[derive(Default)]
struct Binary {
    bytes: Vec<u8>,
}

fn leb(mut value: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let low = u8::try_from(value & 0x7f).unwrap();
        value >>= 7;
        if value == 0 {
            bytes.push(low);
            return bytes;
        }
        bytes.push(low | 0x80);
    }
}

fn counted(items: &[Vec<u8>]) -> Vec<u8> {
    [leb(items.len()), items.concat()].concat()
}

impl Binary {
    fn section(mut self, id: u8, content: &[u8]) -> Self {
        if self.bytes.is_empty() {
            self.bytes = b"\0asm\x01\0\0\0".to_vec();
        }
        self.bytes.push(id);
        self.bytes.extend(leb(content.len()));
        self.bytes.extend(content);
        self
    }
}

const I32: u8 = 0x7f;

/// A type that takes and gives so many 32-bit integers.
fn ty(params: usize, results: usize) -> Vec<u8> {
    let list = |count| [leb(count), vec![I32; count]].concat();
    [vec![0x60], list(params), list(results)].concat()
}

/// A module with these types, whose functions all have the same type and body.
fn functions(types: &[Vec<u8>], of: usize, count: usize, locals: usize, code: &[u8]) -> Vec<u8> {
    let locals = if locals == 0 { vec![0] } else { [vec![1], leb(locals), vec![I32]].concat() };
    let body = [&locals[..], code, &[0x0b]].concat();
    let body = [leb(body.len()), body].concat();
    Binary::default()
        .section(1, &counted(types))
        .section(3, &counted(&vec![leb(of); count]))
        .section(10, &counted(&vec![body; count]))
        .bytes
}

/// A module of one function without parameters and results.
fn function(locals: usize, code: &[u8]) -> Vec<u8> {
    functions(&[ty(0, 0), ty(1000, 1000)], 0, 1, locals, code)
}

fn local(opcode: u8, index: usize) -> Vec<u8> {
    [vec![opcode], leb(index)].concat()
}

const GET: u8 = 0x20;
const SET: u8 = 0x21;
const CONST_0: &[u8] = &[0x41, 0];

/// `local = local + 1` for every local.
fn use_locals(count: usize) -> Vec<u8> {
    (0..count).flat_map(|i| [local(GET, i), vec![0x41, 1, 0x6a], local(SET, i)].concat()).collect()
}

/// Every bomb with the limit that refuses it, or nothing if it is only to be compiled cheaply.
fn bombs() -> Vec<(&'static str, Vec<u8>, Option<&'static str>)> {
    let nested = |count: usize, open: &[u8], inner: &[u8], close: &[u8]| {
        [open.repeat(count), inner.to_vec(), close.repeat(count)].concat()
    };
    let blocks: Vec<u8> = (0..50_000)
        .flat_map(|i| [&[2, 0x40], CONST_0, &[0x0d, 0], CONST_0, &local(SET, i), &[0x0b]].concat())
        .collect();
    let wide_if = [CONST_0, &[4, 1, 5, 0x0b]].concat();
    let thousand = CONST_0.repeat(1000);
    let drops = [0x1a].repeat(1000);
    let wide_table = [&thousand[..], CONST_0, &[0x0e], &leb(65_000), &[0].repeat(65_001)].concat();
    let wide_tables = [&[2, 1], &wide_table[..], &[0x0b]].concat();
    vec![
        ("locals", functions(&[ty(0, 0)], 0, 100_000, 50_000, &[]), Some("module_cost_base")),
        ("one local too many", function(50_001, &[]), Some("locals_max")),
        ("types", functions(&vec![ty(0, 0); 1_000_000], 0, 0, 0, &[]), Some("types_max")),
        (
            "wide if",
            function(0, &[&thousand[..], &wide_if.repeat(3000), &drops].concat()),
            Some("function_cost_max"),
        ),
        (
            "wide calls",
            functions(
                &[ty(1000, 1000)],
                0,
                1,
                0,
                &[&thousand[..], &[0x10, 0].repeat(1000)].concat(),
            ),
            Some("module_cost_base"),
        ),
        (
            "wide functions",
            functions(&[ty(1000, 1000)], 0, 100_000, 0, &[0]),
            Some("module_cost_base"),
        ),
        (
            "wide br_tables",
            function(0, &[&thousand[..], &wide_tables.repeat(20)].concat()),
            Some("function_cost_max"),
        ),
        (
            "locals in nested loops",
            function(1500, &nested(1500, &[3, 0x40], &use_locals(1500), &[0x0b])),
            Some("module_cost_base"),
        ),
        (
            "locals in fewer loops",
            function(1000, &nested(1000, &[3, 0x40], &use_locals(1000), &[0x0b])),
            None,
        ),
        ("locals set in blocks", function(50_000, &blocks), Some("module_cost_base")),
        (
            "long br_table",
            function(0, &[CONST_0, &[0x0e], &leb(1_000_000), &[0].repeat(1_000_001)].concat()),
            Some("br_table_targets_max"),
        ),
        ("deep", function(0, &nested(100_000, &[2, 0x40], &[], &[0x0b])), Some("nesting_max")),
        ("less deep", function(0, &nested(20_000, &[2, 0x40], &[], &[0x0b])), None),
        (
            "waiting operands",
            function(
                0,
                &[CONST_0.repeat(10_000), [2, 0x40, 0x0b].repeat(10_000), vec![0]].concat(),
            ),
            Some("function_cost_max"),
        ),
        ("operators", function(0, &[0x41, 0, 0x1a].repeat(2_500_000)), None),
        ("functions", functions(&[ty(0, 0)], 0, 1_000_000, 0, &[]), Some("functions_max")),
        ("empty functions", functions(&[ty(0, 0)], 0, 500_000, 0, &[]), Some("module_cost_base")),
    ]
}

#[test]
fn bombs_are_stopped_or_compiled_cheaply() {
    let limits = Limits::default();
    for (name, bytes, refused_by) in bombs() {
        let result = Module::new(&bytes, &limits, Features::WASM2);
        match (result, refused_by) {
            (Err(error), Some(expected)) => match error.kind() {
                InvalidKind::Limit { name: limit, value, max } => {
                    assert_eq!(limit, expected, "{name}: {error}");
                    assert!(value > max, "{name}: {error}");
                    assert!(error.message().contains(limit), "{name}: {error}");
                }
                _ => panic!("{name}: {error}"),
            },
            (Ok(module), None) => {
                let most = module.bodies.iter().map(|body| body.cost).max();
                assert!(most > Some(limits.function_cost_optimize_max), "{name}: {most:?}");
            }
            (result, _) => panic!("{name}: {result:?}, expected {refused_by:?}"),
        }
    }
}
