//! What assertions expect: results with their patterns, traps, and the ways a module can be refused.
//!
//! Not here: where the answers come from (`script.rs`). Invariant: a mismatch names both sides, floats with
//! their bits.
//! Read next: `values.rs`.

use std::fmt;

use holm::{Error, ErrorKind, ExternRef, HeapType, Store, TrapReason, Val};
use wast::WastRet;
use wast::core::{NanPattern, V128Pattern, WastRetCore};
use wast::token::{F32, F64};

use super::values::{Shown, hierarchy, lanes};

/// Why a module did not come to be.
pub(super) enum Refused {
    /// The text could not be read.
    Text(String),
    /// The engine refused the bytes.
    Binary(Error),
    /// Something that no directive here can be about.
    Unsupported(&'static str),
}

impl fmt::Display for Refused {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(message) => write!(out, "the text is malformed: {message}"),
            Self::Binary(error) => write!(out, "the module is refused: {error}"),
            Self::Unsupported(what) => write!(out, "not supported: {what}"),
        }
    }
}

/// The module must be refused as malformed: by the text parser, or as bytes that are no module.
///
/// The validator reads and validates in one pass and may meet a broken rule before the broken encoding;
/// either way the bytes are refused as invalid.
pub(super) fn malformed<T>(compiled: Result<T, Refused>, message: &str) -> Result<(), String> {
    match compiled {
        Ok(_) => Err(format!("expected malformed ({message}), found a module")),
        Err(Refused::Text(_)) => Ok(()),
        Err(Refused::Binary(error)) if error.kind() == ErrorKind::Invalid => Ok(()),
        Err(other) => Err(format!("expected malformed ({message}), found: {other}")),
    }
}

/// The module must be refused by validation. Where the rule is one of the text format too (an unknown
/// name, a constant out of range), the text parser may be first.
pub(super) fn invalid<T>(compiled: Result<T, Refused>, message: &str) -> Result<(), String> {
    match compiled {
        Ok(_) => Err(format!("expected invalid ({message}), found a module")),
        Err(Refused::Text(_)) => Ok(()),
        Err(Refused::Binary(error))
            if matches!(error.kind(), ErrorKind::Invalid | ErrorKind::Exhausted) =>
        {
            Ok(())
        }
        Err(other) => Err(format!("expected invalid ({message}), found: {other}")),
    }
}

/// The guest must have trapped for this reason. The suite sometimes adds an index to the words, and
/// sometimes leaves words out at the end.
pub(super) fn trap<T>(answer: Result<T, Error>, message: &str) -> Result<(), String> {
    let error = match answer {
        Ok(_) => return Err(format!("expected a trap ({message}), found results")),
        Err(error) => error,
    };
    let Some(reason) = error.trap_reason() else {
        return Err(format!("expected a trap ({message}), found: {error}"));
    };
    let reason = reason.to_string();
    if reason.starts_with(message) || message.starts_with(&reason) {
        return Ok(());
    }
    Err(format!("expected a trap ({message}), found a trap ({reason})"))
}

/// An exception must have left the guest.
pub(super) fn exception<T>(answer: Result<T, Error>) -> Result<(), String> {
    match answer {
        Err(error) if error.kind() == ErrorKind::Exception => Ok(()),
        Err(error) => Err(format!("expected an exception, found: {error}")),
        Ok(_) => Err("expected an exception, found results".to_owned()),
    }
}

/// The guest must have run out of stack, the one resource that scripts ask about.
pub(super) fn exhaustion<T>(answer: Result<T, Error>, message: &str) -> Result<(), String> {
    match answer {
        Err(error) if error.trap_reason() == Some(TrapReason::StackOverflow) => Ok(()),
        Err(error) => Err(format!("expected exhaustion ({message}), found: {error}")),
        Ok(_) => Err(format!("expected exhaustion ({message}), found results")),
    }
}

/// A link error must be of the kind that the suite means: an import that nobody offers, or one that does not
/// fit. Ours names both types in place of the suite's words.
pub(super) fn link_text(error: &Error, message: &str) -> Result<(), String> {
    let text = error.to_string();
    let is_unknown = text.contains("unknown import");
    let fits = match message {
        "unknown import" => is_unknown,
        "incompatible import type" => {
            !is_unknown && text.contains("expected") && text.contains("found")
        }
        other => text.contains(other),
    };
    if fits { Ok(()) } else { Err(format!("expected not to link ({message}), found: {text}")) }
}

/// The values must match the patterns, one by one.
pub(super) fn results(
    store: &Store<()>,
    found: &[Val],
    expected: &[WastRet<'_>],
) -> Result<(), String> {
    if found.len() != expected.len() {
        return Err(format!("expected {} results, found {}", expected.len(), found.len()));
    }
    for (index, (found, expected)) in found.iter().zip(expected).enumerate() {
        let WastRet::Core(expected) = expected else {
            return Err("not supported: a value of the component model".to_owned());
        };
        if !matches(store, found, expected) {
            let found = Shown { store, value: found };
            return Err(format!("result {index}: expected {expected:?}, found {found}"));
        }
    }
    Ok(())
}

fn matches(store: &Store<()>, found: &Val, expected: &WastRetCore<'_>) -> bool {
    match (expected, found) {
        (WastRetCore::Either(choices), _) => {
            choices.iter().any(|choice| matches(store, found, choice))
        }
        (WastRetCore::I32(expected), Val::I32(found)) => expected == found,
        (WastRetCore::I64(expected), Val::I64(found)) => expected == found,
        (WastRetCore::F32(expected), Val::F32(found)) => f32_matches(*found, expected),
        (WastRetCore::F64(expected), Val::F64(found)) => f64_matches(*found, expected),
        (WastRetCore::V128(expected), Val::V128(found)) => v128_matches(*found, expected),
        (
            WastRetCore::RefNull(heap),
            Val::FuncRef(None) | Val::ExternRef(None) | Val::AnyRef(None) | Val::ExnRef(None),
        ) => {
            let found = found.ty().as_reference().map(|ty| ty.heap.hierarchy());
            heap.as_ref().is_none_or(|heap| hierarchy(heap) == found)
        }
        (WastRetCore::RefI31 | WastRetCore::RefI31Shared, Val::AnyRef(Some(found))) => {
            found.i31().is_some()
        }
        (WastRetCore::RefAny, Val::AnyRef(Some(_))) => true,
        (pattern, Val::AnyRef(Some(found))) => found.ty(store).is_ok_and(|ty| match pattern {
            WastRetCore::RefEq => ty != HeapType::Any,
            WastRetCore::RefStruct => matches!(ty, HeapType::ConcreteStruct(_)),
            WastRetCore::RefArray => matches!(ty, HeapType::ConcreteArray(_)),
            WastRetCore::RefHost(expected) => {
                let outside = ExternRef::from_any(store, found);
                outside.is_ok_and(|outside| host_number(store, &outside) == Some(*expected))
            }
            _ => false,
        }),
        (WastRetCore::RefExtern(expected), Val::ExternRef(Some(found))) => {
            // Without a number it may also be something internal that was handed out.
            expected.is_none_or(|expected| host_number(store, found) == Some(expected))
        }
        (WastRetCore::RefFunc(None), Val::FuncRef(Some(_))) => true,
        _ => false,
    }
}

/// The number of a thing that a script mentioned.
fn host_number(store: &Store<()>, found: &ExternRef) -> Option<u32> {
    found.data(store).ok()?.downcast_ref::<u32>().copied()
}

/// A canonical NaN has only the first bit of its payload set, an arithmetic one at least that.
fn f32_matches(bits: u32, expected: &NanPattern<F32>) -> bool {
    match expected {
        NanPattern::CanonicalNan => bits & 0x7fff_ffff == 0x7fc0_0000,
        NanPattern::ArithmeticNan => bits & 0x7fc0_0000 == 0x7fc0_0000,
        NanPattern::Value(value) => bits == value.bits,
    }
}

fn f64_matches(bits: u64, expected: &NanPattern<F64>) -> bool {
    match expected {
        NanPattern::CanonicalNan => bits & 0x7fff_ffff_ffff_ffff == 0x7ff8_0000_0000_0000,
        NanPattern::ArithmeticNan => bits & 0x7ff8_0000_0000_0000 == 0x7ff8_0000_0000_0000,
        NanPattern::Value(value) => bits == value.bits,
    }
}

fn v128_matches(bits: u128, expected: &V128Pattern) -> bool {
    match expected {
        V128Pattern::I8x16(lane) => lanes(bits).eq(lane.iter().map(|lane| lane.to_le_bytes())),
        V128Pattern::I16x8(lane) => lanes(bits).eq(lane.iter().map(|lane| lane.to_le_bytes())),
        V128Pattern::I32x4(lane) => lanes(bits).eq(lane.iter().map(|lane| lane.to_le_bytes())),
        V128Pattern::I64x2(lane) => lanes(bits).eq(lane.iter().map(|lane| lane.to_le_bytes())),
        V128Pattern::F32x4(lane) => lanes(bits)
            .zip(lane)
            .all(|(found, expected)| f32_matches(u32::from_le_bytes(found), expected)),
        V128Pattern::F64x2(lane) => lanes(bits)
            .zip(lane)
            .all(|(found, expected)| f64_matches(u64::from_le_bytes(found), expected)),
    }
}

#[cfg(test)]
mod tests;
