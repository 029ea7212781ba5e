//! Modules by number.
//!
//! Not here: running them. Invariant: the same number gives the same module; every module ends by itself, has
//! no import, and makes only canonical NaNs, so that two engines have no reason to differ.
//! Read next: `outcome.rs`.

use arbitrary::Unstructured;
use wasm_smith::{Config, Module};

/// Bytes of noise that a module is made of.
const NOISE_BYTES: usize = 3_000;
/// Steps after which a module ends itself.
const STEPS: u32 = 5_000;

/// The module with this number, unless the noise does not make one.
pub(crate) fn module(number: u64) -> Option<Vec<u8>> {
    let mut noise = vec![0; NOISE_BYTES];
    let mut state = number.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x0048_6f6c_6d00;
    for chunk in noise.chunks_mut(8) {
        // splitmix64
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut word = state;
        word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        word ^= word >> 31;
        chunk.copy_from_slice(&word.to_le_bytes()[..chunk.len()]);
    }
    let mut module = Module::new(config(number), &mut Unstructured::new(&noise)).ok()?;
    module.ensure_termination(STEPS).ok()?;
    Some(module.to_bytes())
}

fn config(number: u64) -> Config {
    Config {
        max_imports: 0,
        min_funcs: 1,
        max_funcs: 12,
        max_instructions: 300,
        max_memories: if number.is_multiple_of(3) { 3 } else { 1 },
        max_memory32_bytes: 10 << 16,
        max_memory64_bytes: 10 << 16,
        max_tables: 3,
        max_table_elements: 1_000,
        export_everything: true,
        canonicalize_nans: true,
        disallow_traps: false,
        allow_start_export: true,
        bulk_memory_enabled: true,
        reference_types_enabled: true,
        simd_enabled: true,
        relaxed_simd_enabled: false,
        multi_value_enabled: true,
        saturating_float_to_int_enabled: true,
        sign_extension_ops_enabled: true,
        memory64_enabled: number.is_multiple_of(4),
        tail_call_enabled: true,
        extended_const_enabled: true,
        wide_arithmetic_enabled: number.is_multiple_of(2),
        threads_enabled: false,
        exceptions_enabled: false,
        gc_enabled: false,
        custom_page_sizes_enabled: false,
        memory_max_size_required: false,
        ..Config::default()
    }
}
