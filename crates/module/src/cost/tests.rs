//! Modules that are made to exhaust a compiler: each has a cost that stops it or sends it to cheap settings.

use crate::{Features, InvalidKind, Limits, Module};
use std::format;
use std::vec;
use std::vec::Vec;

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

/// A name, a module, and the limit that refuses it, or nothing if it is only to be compiled cheaply.
type Bomb = (&'static str, Vec<u8>, Option<&'static str>);

/// Values that cross many boundaries at once.
fn wide() -> Vec<Bomb> {
    let thousand = CONST_0.repeat(1000);
    let ifs = [CONST_0, &[4, 1, 5, 0x0b]].concat().repeat(3000);
    let ifs = [&thousand[..], &ifs, &[0x1a].repeat(1000)].concat();
    let calls = [&thousand[..], &[0x10, 0].repeat(1000)].concat();
    let table = [CONST_0, &[0x0e], &leb(65_000), &[0].repeat(65_001)].concat();
    let tables = [&[2, 1], &thousand[..], &table, &[0x0b]].concat().repeat(20);
    let tables = [&thousand[..], &tables].concat();
    let waiting = [CONST_0.repeat(10_000), [2, 0x40, 0x0b].repeat(10_000), vec![0]].concat();
    let wide = [ty(1000, 1000)];
    vec![
        ("wide ifs", function(0, &ifs), Some("function_cost_max")),
        ("wide calls", functions(&wide, 0, 1, 0, &calls), Some("module_cost_base")),
        ("wide functions", functions(&wide, 0, 100_000, 0, &[0]), Some("module_cost_base")),
        ("wide br_tables", function(0, &tables), Some("function_cost_max")),
        ("waiting operands", function(0, &waiting), Some("function_cost_max")),
    ]
}

/// Very many of something.
fn many() -> Vec<Bomb> {
    let small = [ty(0, 0)];
    let targets = [CONST_0, &[0x0e], &leb(1_000_000), &[0].repeat(1_000_001)].concat();
    let types = vec![ty(0, 0); 1_000_000];
    vec![
        ("locals", functions(&small, 0, 100_000, 50_000, &[]), Some("module_cost_base")),
        ("one local too many", function(50_001, &[]), Some("locals_max")),
        ("types", functions(&types, 0, 0, 0, &[]), Some("types_max")),
        ("targets", function(0, &targets), Some("br_table_targets_max")),
        ("operators", function(0, &[0x41, 0, 0x1a].repeat(2_500_000)), None),
        ("functions", functions(&small, 0, 1_000_001, 0, &[]), Some("functions_max")),
        ("empty functions", functions(&small, 0, 500_000, 0, &[]), Some("module_cost_base")),
    ]
}

/// Blocks in blocks, and locals in use across them.
fn deep() -> Vec<Bomb> {
    let nested = |count: usize, open: &[u8], inner: &[u8], close: &[u8]| {
        [open.repeat(count), inner.to_vec(), close.repeat(count)].concat()
    };
    let again = [&local(GET, 0)[..], &[0x0d, 0, 0x0b]].concat();
    let loops = |count| nested(count, &[3, 0x40], &use_locals(count), &again);
    let block = |i| [&[2, 0x40], CONST_0, &[0x0d, 0], CONST_0, &local(SET, i), &[0x0b]].concat();
    let blocks: Vec<u8> = (0..50_000).flat_map(block).collect();
    let table =
        [&local(GET, 0)[..], &[0x0e], &leb(39_999), &(0..40_000).flat_map(leb).collect::<Vec<_>>()]
            .concat();
    let case = [&[0x0b], &local(GET, 0)[..], &local(SET, 0)].concat();
    let switch = [[2, 0x40].repeat(40_000), table, case.repeat(40_000)].concat();
    vec![
        ("deep", function(0, &nested(100_000, &[2, 0x40], &[], &[0x0b])), Some("nesting_max")),
        (
            "loops in loops",
            function(1, &nested(49_000, &[3, 0x40], &[], &again)),
            Some("module_cost_base"),
        ),
        ("locals in loops", function(1500, &loops(1500)), Some("function_cost_max")),
        ("locals in fewer loops", function(200, &loops(200)), None),
        ("locals set in blocks", function(50_000, &blocks), Some("function_cost_max")),
        ("cases that fall through", function(1, &switch), Some("module_cost_base")),
    ]
}

fn check((name, bytes, refused_by): Bomb) {
    let limits = Limits::default();
    let result = Module::new(&bytes, &limits, Features::WASM2);
    match (result, refused_by) {
        (Err(error), Some(expected)) => match error.kind() {
            InvalidKind::Limit { name: limit, value, max } => {
                assert_eq!(limit, expected, "{name}: {error}");
                assert!(value > max, "{name}: {error}");
            }
            _ => panic!("{name}: {error}"),
        },
        (Ok(module), None) => {
            let body = module.bodies.iter().max_by_key(|body| body.cost).unwrap();
            assert!(!limits.is_worth_optimizing(body), "{name}: {body:?}");
        }
        (result, _) => panic!("{name}: {result:?}, expected {refused_by:?}"),
    }
}

#[test]
fn bombs_are_stopped_or_compiled_cheaply() {
    [wide(), many(), deep()].into_iter().flatten().for_each(check);
}

/// An index that nothing has must not take memory before it is refused.
#[test]
fn indices_out_of_range_are_only_refused() {
    let huge = leb(u32::MAX as usize);
    let cases: [&[&[u8]]; 3] = [
        &[&[0xd2], &huge, &[0x1a]],
        &[CONST_0, &[0x24], &huge],
        &[CONST_0, &[0xd0, 0x70, 0x26], &huge],
    ];
    for code in cases {
        let bytes = function(0, &code.concat());
        let error = Module::new(&bytes, &Limits::default(), Features::WASM2).unwrap_err();
        assert_eq!(error.kind(), InvalidKind::Invalid, "{error}");
    }
}

/// Cost per operator of code as compilers write it stays near one or two.
#[test]
fn plain_code_costs_about_its_operators() {
    let step =
        "(local.set 0 (i32.add (i32.load (local.get 0)) (i32.mul (local.get 1) (i32.const 3))))
        (br_if 0 (i32.lt_u (local.get 0) (local.get 1)))";
    let text = format!("(module (memory 1) (func (param i32 i32) (loop {})))", step.repeat(500));
    let bytes = wat::parse_str(text).unwrap();
    let module = Module::new(&bytes, &Limits::default(), Features::WASM2).unwrap();
    let (cost, operators) = (module.cost(), module.operators());
    assert!(operators < cost && cost < 2 * operators, "cost {cost}, operators {operators}");
}

/// How many block parameters locals need, for small functions of two parameters and a local.
#[test]
fn block_parameters() {
    let set = "(local.set 0 (i32.const 1))";
    let read = "(drop (local.get 0))";
    let cases = [
        (format!("{set} {read}"), 0),
        (format!("(block {set}) {read}"), 0),
        (format!("(block (br_if 0 (local.get 1)) {set}) {read}"), 1),
        (format!("(block (br_if 0 (local.get 1)) {set}) {read} {read}"), 1),
        (format!("(block (br_if 0 (local.get 1)) {set} {read})"), 0),
        (format!("(block (br_if 0 (local.get 1)) {set} (return)) {read}"), 0),
        (format!("(block (br_if 0 (local.get 1)) {set} (unreachable)) {read}"), 0),
        (format!("{set} (block (br_if 0 (local.get 1)) {read}) {read}"), 0),
        (format!("(if (local.get 1) (then {set})) {read}"), 1),
        (format!("(if (local.get 1) (then {set}) (else {set})) {read}"), 1),
        (format!("(if (local.get 1) (then {set} (return)) (else)) {read}"), 0),
        (format!("(block (if (local.get 1) (then {set})) (br_if 0 (local.get 1))) {read}"), 2),
        (format!("(loop {set} {read} (br_if 0 (local.get 1)))"), 0),
        (format!("(loop {read} {set} (br_if 0 (local.get 1)))"), 1),
        (format!("(loop (loop {read} {set} (br_if 0 (local.get 1))) (br_if 0 (local.get 1)))"), 2),
        (format!("(loop (if (local.get 1) (then {set})) {read} (br_if 0 (local.get 1)))"), 2),
        (format!("(block (block (br_table 0 1 1 (local.get 1))) {set}) {read}"), 1),
        (format!("(block (block (br_table 0 0 (local.get 1))) {set} (br 0)) {read}"), 0),
    ];
    for (code, parameters) in cases {
        // The function before leaves nothing behind.
        let before = "(func (local i32) (block (block (block (local.set 0 (i32.const 1))))))";
        let text = format!("(module {before} (func (param i32 i32) {code}))");
        let bytes = wat::parse_str(text).unwrap();
        let module = Module::new(&bytes, &Limits::default(), Features::WASM2).unwrap();
        assert_eq!(module.bodies[1].block_parameters, parameters, "{code}");
    }
}
