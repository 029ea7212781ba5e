//! The machines that code is made for: Cranelift's targets with Holm's settings.
//!
//! Processor features have names of their own in [`Settings::cpu_features`], because they are part of the
//! artifact format; the table below maps them to Cranelift's. x86-64 needs at least the level that is known
//! as v2: below it rounding and counting bits would be calls of library functions.

use cranelift_codegen::isa::{self, OwnedTargetIsa};
use cranelift_codegen::settings::{self, Configurable};
use holm_abi::settings::Architecture;
use holm_abi::{CompileError, Settings};

/// Features of x86-64 that code makes use of: Holm's name, Cranelift's name, whether there has to be one.
const X86_FEATURES: &[(&str, &str, bool)] = &[
    ("sse3", "has_sse3", true),
    ("ssse3", "has_ssse3", true),
    ("sse4.1", "has_sse41", true),
    ("sse4.2", "has_sse42", true),
    ("popcnt", "has_popcnt", true),
    ("lzcnt", "has_lzcnt", false),
    ("bmi1", "has_bmi1", false),
    ("bmi2", "has_bmi2", false),
    ("avx", "has_avx", false),
    ("avx2", "has_avx2", false),
    ("fma", "has_fma", false),
    ("avx512f", "has_avx512f", false),
    ("avx512vl", "has_avx512vl", false),
    ("avx512dq", "has_avx512dq", false),
    ("avx512vbmi", "has_avx512vbmi", false),
    ("avx512bitalg", "has_avx512bitalg", false),
];

/// How much effort goes into a function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Effort {
    /// Everything the optimizer has.
    Full,
    /// Bounded time and memory, for functions that would cost the optimizer too much.
    Bounded,
}

/// The names of those features of x86-64 that `has` confirms, in the form of
/// [`Settings::cpu_features`].
pub fn x86_features(has: impl Fn(&str) -> bool) -> String {
    let names = X86_FEATURES.iter().map(|(name, _, _)| *name).filter(|name| has(name));
    names.collect::<Vec<_>>().join(",")
}

/// The features of the processor that this program runs on, in the form of [`Settings::cpu_features`].
#[must_use]
pub fn host_features() -> String {
    #[cfg(target_arch = "x86_64")]
    {
        x86_features(|name| match name {
            "sse3" => is_x86_feature_detected!("sse3"),
            "ssse3" => is_x86_feature_detected!("ssse3"),
            "sse4.1" => is_x86_feature_detected!("sse4.1"),
            "sse4.2" => is_x86_feature_detected!("sse4.2"),
            "popcnt" => is_x86_feature_detected!("popcnt"),
            "lzcnt" => is_x86_feature_detected!("lzcnt"),
            "bmi1" => is_x86_feature_detected!("bmi1"),
            "bmi2" => is_x86_feature_detected!("bmi2"),
            "avx" => is_x86_feature_detected!("avx"),
            "avx2" => is_x86_feature_detected!("avx2"),
            "fma" => is_x86_feature_detected!("fma"),
            "avx512f" => is_x86_feature_detected!("avx512f"),
            "avx512vl" => is_x86_feature_detected!("avx512vl"),
            "avx512dq" => is_x86_feature_detected!("avx512dq"),
            "avx512vbmi" => is_x86_feature_detected!("avx512vbmi"),
            "avx512bitalg" => is_x86_feature_detected!("avx512bitalg"),
            _ => false,
        })
    }
    #[cfg(not(target_arch = "x86_64"))]
    {
        String::new()
    }
}

/// The target for some settings.
///
/// # Errors
/// When the processor lacks a feature that code cannot do without, or a feature is unknown.
pub(crate) fn target(settings: &Settings, effort: Effort) -> Result<OwnedTargetIsa, CompileError> {
    let bug = |error: &dyn std::fmt::Display| CompileError::Bug(format!("code generator: {error}"));
    let flags = flags(settings, effort).map_err(|error| bug(&error))?;
    let name = match settings.architecture {
        Architecture::X86_64 => "x86_64-unknown-linux-gnu",
        Architecture::Aarch64 => "aarch64-unknown-linux-gnu",
    };
    let mut builder = isa::lookup_by_name(name).map_err(|error| bug(&error))?;
    if settings.architecture == Architecture::X86_64 {
        let features: Vec<&str> =
            settings.cpu_features.split(',').filter(|f| !f.is_empty()).collect();
        for (name, flag, needed) in X86_FEATURES {
            if features.contains(name) {
                builder.enable(flag).map_err(|error| bug(&error))?;
            } else if *needed {
                let text = format!("the processor lacks {name}, which compiled code needs");
                return Err(CompileError::Limit(text));
            }
        }
        let known = |feature: &&str| X86_FEATURES.iter().any(|(name, _, _)| name == feature);
        if let Some(unknown) = features.iter().find(|feature| !known(feature)) {
            return Err(CompileError::Bug(format!("unknown processor feature {unknown}")));
        }
    }
    builder.finish(flags).map_err(|error| bug(&error))
}

fn flags(settings: &Settings, effort: Effort) -> settings::SetResult<settings::Flags> {
    let full = effort == Effort::Full && settings.optimize;
    let mut flags = settings::builder();
    flags.set("opt_level", if full { "speed" } else { "none" })?;
    let bounded = effort == Effort::Bounded;
    flags.set("regalloc_algorithm", if bounded { "single_pass" } else { "backtracking" })?;
    flags.enable("enable_pinned_reg")?;
    flags.enable("preserve_frame_pointers")?;
    flags.enable("enable_probestack")?;
    flags.set("probestack_strategy", "inline")?;
    flags.set("probestack_size_log2", "16")?;
    // Says where prologues save registers. On aarch64 nobody asks.
    let unwind = settings.architecture == Architecture::X86_64;
    flags.set("unwind_info", if unwind { "true" } else { "false" })?;
    flags.set("enable_verifier", if cfg!(debug_assertions) { "true" } else { "false" })?;
    flags.enable("enable_heap_access_spectre_mitigation")?;
    flags.enable("enable_table_access_spectre_mitigation")?;
    let canonical = if settings.canonical_nans { "true" } else { "false" };
    flags.set("enable_nan_canonicalization", canonical)?;
    Ok(settings::Flags::new(flags))
}
