//! Big functions, one for each family of operators, and operand stacks deeper than any compiler writes them.
//!
//! Every family is repeated until the body has the wanted number of operators. What it computes does not matter; that it is
//! not folded away does: values come from a parameter that the compiler does not know, and end in memory.

use wasm_encoder::{BlockType, HeapType, InstructionSink, ValType};

use super::build::{Build, at, one};
use super::{Bomb, Expect};

pub(super) const BOMBS: &[Bomb] = &[
    Bomb::run("ops_i32", || family(i32_arithmetic), Expect::Ok),
    Bomb::run("ops_i64", || family(i64_arithmetic), Expect::Ok),
    Bomb::run("ops_divisions", || family(divisions), Expect::Ok),
    Bomb::run("ops_comparisons", || family(comparisons), Expect::Ok),
    Bomb::run("ops_floats", || family(floats), Expect::Ok),
    Bomb::run("ops_conversions", || family(conversions), Expect::Ok),
    Bomb::run("ops_saturating_conversions", || family(saturating), Expect::Ok),
    Bomb::run("ops_loads", || family(loads), Expect::Ok),
    Bomb::run("ops_stores", || family(stores), Expect::Ok),
    Bomb::run("ops_selects", || family(selects), Expect::Ok),
    Bomb::run("ops_globals", || family(globals), Expect::Ok),
    Bomb::run("ops_bulk_memory", || family(bulk_memory), Expect::Ok),
    Bomb::run("ops_memory_size_and_grow", || family(memory_size), Expect::Ok),
    Bomb::run("ops_tables", || family(tables), Expect::Ok),
    Bomb::run("ops_references", || family(references), Expect::Ok),
    Bomb::run("ops_simd_integers", || family(simd_integers), Expect::Ok),
    Bomb::run("ops_simd_floats", || family(simd_floats), Expect::Ok),
    Bomb::run("ops_simd_shuffles", || family(simd_shuffles), Expect::Ok),
    Bomb::run("ops_simd_lanes", || family(simd_lanes), Expect::Ok),
    Bomb::run("ops_simd_multiplications", || family(simd_multiplications), Expect::Ok),
    Bomb::run("ops_constants", || family(constants), Expect::Ok),
    Bomb::run("body_of_8_mb_of_nops", || body_nops(8_000_000), Expect::Refused("body_bytes_max")),
    Bomb::run("body_of_7_mb_of_nops", || body_nops(7_000_000), Expect::OkOrLimit),
    Bomb::run("operands_500k_deep", || operands(500_000), Expect::OkOrLimit),
    Bomb::run("operands_3000_deep_100_times", operands_repeated, Expect::OkOrLimit),
    Bomb::run("operands_right_leaning_tree", tree_right, Expect::Ok),
    Bomb::run("operands_left_leaning_tree", tree_left, Expect::Ok),
    Bomb::run("expression_shared_to_the_power", shared_expression, Expect::Ok),
    Bomb::run("loop_of_50k_loads", loop_of_loads, Expect::Ok),
    Bomb::run("vector_constants_50k_distinct", vector_constants, Expect::Ok),
];

/// Operators in a big function.
const OPERATORS: usize = 200_000;

/// A function with two of every kind of local, which repeats `step` (given the round) until it has enough operators.
fn family(step: fn(&mut InstructionSink<'_>, u32) -> usize) -> Vec<u8> {
    let mut build = Build::new();
    build.memory(1);
    build.table(10);
    build.tables.table(wasm_encoder::TableType {
        element_type: wasm_encoder::RefType::EXTERNREF,
        ..super::build::table_type(10)
    });
    build.global(ValType::I32, &wasm_encoder::ConstExpr::i32_const(1));
    build.global(ValType::V128, &wasm_encoder::ConstExpr::v128_const(1));
    build.global(ValType::EXTERNREF, &wasm_encoder::ConstExpr::ref_null(HeapType::EXTERN));
    build.data.passive(*b"passive");
    // Never called with anything but nothing: it is compiled, and left at once.
    let ty = build.ty(
        &[ValType::I32, ValType::I64, ValType::F32, ValType::F64, ValType::V128, ValType::FUNCREF],
        &[],
    );
    let big = build.function(ty, &[], |f| {
        f.local_get(0).i32_eqz().if_(BlockType::Empty).return_().end();
        let mut operators = 0;
        let mut round = 0;
        while operators < OPERATORS {
            operators += step(f, round);
            round += 1;
        }
        f.i32_const(0).local_get(0).i32_store(at(0, 2));
        f.i32_const(0).local_get(1).i64_store(at(0, 3));
        f.i32_const(0).local_get(2).f32_store(at(0, 2));
        f.i32_const(0).local_get(3).f64_store(at(0, 3));
        f.i32_const(0).local_get(4).v128_store(at(0, 4));
    });
    build.elements.declared(wasm_encoder::Elements::Functions((&[big][..]).into()));
    build.start(&[], |f| {
        f.i32_const(0).i64_const(0).f32_const(0.0.into()).f64_const(0.0.into());
        f.v128_const(0).ref_null(HeapType::FUNC).call(big);
    });
    build.finish()
}

fn i32_arithmetic(f: &mut InstructionSink<'_>, round: u32) -> usize {
    f.local_get(0).i32_const(round.cast_signed()).i32_add();
    f.local_get(0).i32_xor().i32_const(3).i32_shl().local_get(0).i32_mul().i32_popcnt();
    f.local_get(0).i32_rotl().i32_clz().i32_extend8_s().local_set(0);
    15
}

fn i64_arithmetic(f: &mut InstructionSink<'_>, round: u32) -> usize {
    f.local_get(1).i64_const(i64::from(round) << 20).i64_sub();
    f.local_get(1).i64_or().i64_const(3).i64_shr_s().local_get(1).i64_mul().i64_ctz();
    f.local_get(1).i64_rotr().i64_popcnt().i64_extend32_s().local_set(1);
    15
}

fn divisions(f: &mut InstructionSink<'_>, _: u32) -> usize {
    f.local_get(0).local_get(0).i32_div_s().local_get(0).i32_rem_u().local_set(0);
    f.local_get(1).local_get(1).i64_div_u().local_get(1).i64_rem_s().local_set(1);
    12
}

fn comparisons(f: &mut InstructionSink<'_>, _: u32) -> usize {
    f.local_get(0).local_get(0).i32_const(7).i32_lt_s().i32_ge_u();
    f.local_get(1).i64_eqz().i32_eq();
    f.local_get(2).local_get(2).f32_lt().i32_and();
    f.local_get(3).local_get(3).f64_ge().i32_or().local_set(0);
    17
}

fn floats(f: &mut InstructionSink<'_>, _: u32) -> usize {
    f.local_get(2).local_get(2).f32_add().f32_sqrt().local_get(2).f32_min().f32_nearest();
    f.local_get(2).f32_copysign().local_set(2);
    f.local_get(3).local_get(3).f64_div().f64_floor().local_get(3).f64_max().f64_abs();
    f.local_get(3).f64_mul().local_set(3);
    20
}

fn conversions(f: &mut InstructionSink<'_>, _: u32) -> usize {
    f.local_get(2).i32_trunc_f32_s().f64_convert_i32_u().i64_trunc_f64_u().local_set(1);
    f.local_get(1).f32_convert_i64_u().f64_promote_f32().i32_trunc_f64_u().local_set(0);
    f.local_get(0).f32_reinterpret_i32().local_set(2);
    13
}

fn saturating(f: &mut InstructionSink<'_>, _: u32) -> usize {
    f.local_get(2).i32_trunc_sat_f32_s().f64_convert_i32_s().i64_trunc_sat_f64_u().local_set(1);
    f.local_get(1).f32_convert_i64_s().i64_trunc_sat_f32_u().f64_reinterpret_i64();
    f.i32_trunc_sat_f64_u().local_set(0);
    11
}

fn loads(f: &mut InstructionSink<'_>, round: u32) -> usize {
    f.local_get(0).i32_load(at(u64::from(round) * 8, 2)).local_set(0);
    f.local_get(0).i64_load16_s(at(u64::from(round), 1)).local_set(1);
    f.local_get(0).f64_load(at(0xffff_fff0, 3)).local_set(3);
    f.local_get(0).v128_load8x8_s(at(0x7fff_ffff, 3)).local_set(4);
    12
}

fn stores(f: &mut InstructionSink<'_>, round: u32) -> usize {
    f.local_get(0).local_get(1).i64_store(at(u64::from(round) * 8, 3));
    f.local_get(0).local_get(0).i32_store8(at(u64::from(round), 0));
    f.local_get(0).local_get(2).f32_store(at(0xffff_fff0, 2));
    f.local_get(0).local_get(4).v128_store(at(0x7fff_ffff, 4));
    12
}

fn selects(f: &mut InstructionSink<'_>, _: u32) -> usize {
    f.local_get(1).i64_const(5).local_get(0).select().local_set(1);
    f.local_get(4).local_get(4).local_get(0).select().local_set(4);
    f.local_get(5).local_get(5).local_get(0).typed_select(ValType::FUNCREF).local_set(5);
    15
}

fn globals(f: &mut InstructionSink<'_>, _: u32) -> usize {
    f.global_get(0).local_get(0).i32_add().global_set(0);
    f.global_get(1).v128_not().global_set(1);
    f.global_get(2).global_set(2);
    9
}

fn bulk_memory(f: &mut InstructionSink<'_>, _: u32) -> usize {
    f.local_get(0).local_get(0).local_get(0).memory_copy(0, 0);
    f.local_get(0).local_get(0).local_get(0).memory_fill(0);
    f.local_get(0).i32_const(0).i32_const(0).memory_init(0, 0).data_drop(0);
    13
}

fn memory_size(f: &mut InstructionSink<'_>, _: u32) -> usize {
    f.memory_size(0).memory_grow(0).local_set(0);
    3
}

fn tables(f: &mut InstructionSink<'_>, _: u32) -> usize {
    f.local_get(0).local_get(0).table_get(0).table_set(0);
    f.local_get(0).local_get(0).local_get(0).table_copy(0, 0);
    f.local_get(0).local_get(5).local_get(0).table_fill(0);
    f.ref_null(HeapType::EXTERN).local_get(0).table_grow(1).table_size(1).i32_add().local_set(0);
    18
}

fn references(f: &mut InstructionSink<'_>, round: u32) -> usize {
    f.ref_func(0).local_tee(5).ref_is_null().local_set(0);
    f.ref_null(HeapType::EXTERN).ref_is_null().local_get(0).i32_add().local_set(0);
    9 + usize::from(round == u32::MAX)
}

fn simd_integers(f: &mut InstructionSink<'_>, _: u32) -> usize {
    f.local_get(4).local_get(4).i8x16_add_sat_s().local_get(4).i16x8_mul().i32x4_abs();
    f.local_get(4).i64x2_sub().local_get(0).i8x16_shr_s().local_get(4).i8x16_avgr_u();
    f.i8x16_popcnt().local_get(4).i64x2_gt_s().local_set(4);
    17
}

fn simd_floats(f: &mut InstructionSink<'_>, _: u32) -> usize {
    f.local_get(4).local_get(4).f32x4_mul().local_get(4).f64x2_max().f32x4_sqrt();
    f.local_get(4).f64x2_pmin().i32x4_trunc_sat_f32x4_u().f64x2_convert_low_i32x4_u();
    f.f64x2_nearest().local_get(4).f32x4_ne().local_set(4);
    15
}

fn simd_shuffles(f: &mut InstructionSink<'_>, round: u32) -> usize {
    let lanes: [u8; 16] = std::array::from_fn(|lane| {
        let mixed = (round as usize).wrapping_mul(7).wrapping_add(lane * 11) % 32;
        u8::try_from(mixed).unwrap_or(0)
    });
    f.local_get(4).local_get(4).i8x16_shuffle(lanes).local_get(4).i8x16_swizzle();
    f.i8x16_bitmask().i16x8_splat().local_set(4);
    8
}

fn simd_lanes(f: &mut InstructionSink<'_>, _: u32) -> usize {
    f.local_get(4).local_get(0).i8x16_replace_lane(15).local_tee(4);
    f.i16x8_extract_lane_s(7).local_set(0);
    f.local_get(0).local_get(4).v128_load32_lane(at(0, 2), 3).local_set(4);
    f.local_get(4).f64x2_extract_lane(1).f64x2_splat().local_set(4);
    14
}

fn simd_multiplications(f: &mut InstructionSink<'_>, _: u32) -> usize {
    f.local_get(4).local_get(4).i64x2_mul().local_get(4).i16x8_extmul_high_i8x16_u();
    f.local_get(4).i32x4_dot_i16x8_s().i32x4_extadd_pairwise_i16x8_s();
    f.local_get(4).i16x8_q15mulr_sat_s().local_get(4).local_get(4).v128_bitselect().local_set(4);
    14
}

fn constants(f: &mut InstructionSink<'_>, round: u32) -> usize {
    f.i64_const(i64::from(round).wrapping_mul(0x1e37_79b9_7f4a_7c15)).local_set(1);
    f.f64_const((f64::from(round) + 0.1).into()).local_set(3);
    4
}

fn body_nops(count: usize) -> Vec<u8> {
    one(&[], |f| {
        for _ in 0..count {
            f.nop();
        }
    })
}

/// A function of one local whose value is stored when all is done, so that nothing of it is dead.
fn stored(ty: ValType, body: impl FnOnce(&mut InstructionSink<'_>)) -> Vec<u8> {
    let mut build = Build::new();
    build.memory(1);
    build.start(&[(1, ty)], |f| {
        // From memory: its value is not known.
        match ty {
            ValType::F64 => f.i32_const(0).f64_load(at(8, 3)).local_set(0),
            ValType::I64 => f.i32_const(0).i64_load(at(8, 3)).local_set(0),
            _ => f.i32_const(0).i32_load(at(8, 2)).local_set(0),
        };
        body(f);
        match ty {
            ValType::F64 => f.i32_const(0).local_get(0).f64_store(at(0, 3)),
            ValType::I64 => f.i32_const(0).local_get(0).i64_store(at(0, 3)),
            _ => f.i32_const(0).local_get(0).i32_store(at(0, 2)),
        };
    });
    build.finish()
}

/// All values first, then all additions.
fn operands(depth: usize) -> Vec<u8> {
    stored(ValType::I32, |f| {
        for _ in 0..=depth {
            f.local_get(0);
        }
        for _ in 0..depth {
            f.i32_add();
        }
        f.local_set(0);
    })
}

/// Loads, so that every operand really is alive at once.
fn operands_repeated() -> Vec<u8> {
    stored(ValType::I32, |f| {
        for _ in 0..100 {
            for i in 0..3000 {
                f.local_get(0).i32_load(at(i * 4, 2));
            }
            for _ in 0..2999 {
                f.i32_xor();
            }
            f.local_set(0);
        }
    })
}

fn tree_right() -> Vec<u8> {
    stored(ValType::F64, |f| {
        for _ in 0..100_000 {
            f.local_get(0).f64_neg();
        }
        for _ in 1..100_000 {
            f.f64_sub();
        }
        f.local_set(0);
    })
}

fn tree_left() -> Vec<u8> {
    stored(ValType::I64, |f| {
        f.local_get(0);
        for i in 0..150_000 {
            f.i64_const(i).i64_add();
        }
        f.local_set(0);
    })
}

/// `x = x + x` over and over: a tree of 2ⁿ nodes to whoever forgets that it is a graph.
fn shared_expression() -> Vec<u8> {
    stored(ValType::I64, |f| {
        for _ in 0..100_000 {
            f.local_get(0).local_get(0).i64_add().local_set(0);
        }
    })
}

/// Loads in a loop that do not change: each could move out of it, and all are then alive.
fn loop_of_loads() -> Vec<u8> {
    let mut build = Build::new();
    build.memory(1);
    build.start(&[(2, ValType::I32)], |f| {
        f.loop_(BlockType::Empty);
        for i in 0..50_000 {
            f.local_get(0).i32_load(at(i % 60_000, 2)).local_get(1).i32_add().local_set(1);
        }
        f.local_get(1).br_if(0).end();
    });
    build.finish()
}

fn vector_constants() -> Vec<u8> {
    let mut build = Build::new();
    build.memory(1);
    build.start(&[], |f| {
        for i in 0..50_000_i128 {
            f.i32_const(0).v128_const(i * 0x1_0000_0001_0000_0001).v128_store(at(0, 4));
        }
    });
    build.finish()
}
