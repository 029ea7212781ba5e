//! Modules by number.
//!
//! Not here: running them. Invariant: the same number gives the same module; every module ends by itself, waits
//! for nobody, and makes only canonical NaNs, so that two engines have no reason to differ.
//! Read next: `adjust.rs`, then `outcome.rs`.

use arbitrary::Unstructured;
use wasm_smith::{Config, Module};

use crate::{adjust, provide};

/// Bytes of noise that a module is made of.
const NOISE_BYTES: usize = 10_000;
/// Steps after which a call ends itself.
pub(crate) const STEPS: i32 = 5_000;

/// A module, and what a host must know to run it.
pub(crate) struct Generated {
    pub(crate) wasm: Vec<u8>,
    /// Whether every memory says how far it grows, so that no limit of an engine has to.
    pub(crate) has_bounds: bool,
    /// Another module that offers what this one imports; without it the host does.
    pub(crate) provider: Option<Vec<u8>>,
}

/// The module with this number, unless the noise does not make one.
pub(crate) fn module(number: u64) -> Option<Generated> {
    let mut random = SplitMix::new(number);
    let mut noise = vec![0; NOISE_BYTES];
    for chunk in noise.chunks_mut(8) {
        chunk.copy_from_slice(&random.next().to_le_bytes()[..chunk.len()]);
    }
    let config = config(number, &mut random);
    let has_provider = random.next().is_multiple_of(2);
    let has_bounds = config.memory_max_size_required;
    let mut module = Module::new(config, &mut Unstructured::new(&noise)).ok()?;
    let steps = module.ensure_termination(STEPS.cast_unsigned()).ok()?;
    let wasm = adjust::adjusted(&module.to_bytes(), steps);
    let wasm = wasm.expect("what the generator makes can be read");
    let provider = if has_provider { provide::provider(&wasm) } else { Ok(None) };
    let provider = provider.expect("what the generator makes can be read");
    Some(Generated { wasm, has_bounds, provider })
}

/// A generator of noise that is the same on every machine.
struct SplitMix(u64);

impl SplitMix {
    fn new(number: u64) -> Self {
        Self(number.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x0048_6f6c_6d00)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut word = self.0;
        word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        word ^ (word >> 31)
    }
}

/// Every proposal on in modules with an even number; in the others about half of them, so that each one gets
/// room beside the others.
fn config(number: u64, random: &mut SplitMix) -> Config {
    let choice = random.next();
    let on = |bit: u32| number.is_multiple_of(2) || choice >> bit & 1 == 1;
    let (gc, threads, exceptions) = (on(0), on(1), on(7));
    Config {
        max_imports: if choice >> 16 & 1 == 1 { 4 } else { 0 },
        min_funcs: 4,
        max_funcs: 12,
        max_instructions: 300,
        max_memories: if on(2) { 3 } else { 1 },
        max_memory32_bytes: 10 << 16,
        max_memory64_bytes: 10 << 16,
        max_tables: 3,
        max_table_elements: 1_000,
        max_tags: 4,
        max_types: 24,
        export_everything: true,
        canonicalize_nans: true,
        disallow_traps: choice >> 17 & 3 == 0,
        allow_start_export: choice >> 23 & 7 == 0,
        generate_custom_sections: choice >> 20 & 7 == 0,
        bulk_memory_enabled: true,
        reference_types_enabled: true,
        simd_enabled: true,
        relaxed_simd_enabled: on(3),
        multi_value_enabled: true,
        saturating_float_to_int_enabled: true,
        sign_extension_ops_enabled: true,
        memory64_enabled: on(4),
        tail_call_enabled: on(5),
        extended_const_enabled: true,
        limit_arrays_in_const_exprs: true,
        wide_arithmetic_enabled: on(6),
        threads_enabled: threads,
        exceptions_enabled: exceptions,
        gc_enabled: gc,
        custom_page_sizes_enabled: on(8),
        // The reference has no imports in groups, and its objects count as memory.
        compact_imports_enabled: false,
        memory_max_size_required: gc || threads || exceptions,
        ..Config::default()
    }
}
