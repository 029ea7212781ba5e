//! Values on their way from a script into a guest, and back into words.
//!
//! Not here: patterns (`expect.rs`). Invariant: the same number after `ref.extern` is the same reference
//! for the whole script.

use std::collections::BTreeMap;
use std::fmt;

use holm::{ExternRef, Hierarchy, Store, Val};
use wast::WastArg;
use wast::core::{AbstractHeapType, HeapType, WastArgCore};

/// The host's things that a script has mentioned, by their number.
pub(super) type References = BTreeMap<u32, ExternRef>;

/// An argument as the engine takes it.
pub(super) fn argument(
    argument: &WastArg<'_>,
    store: &mut Store<()>,
    references: &mut References,
) -> Result<Val, String> {
    let WastArg::Core(core) = argument else {
        return Err("not supported: a value of the component model".to_owned());
    };
    Ok(match core {
        WastArgCore::I32(value) => Val::I32(*value),
        WastArgCore::I64(value) => Val::I64(*value),
        WastArgCore::F32(value) => Val::F32(value.bits),
        WastArgCore::F64(value) => Val::F64(value.bits),
        WastArgCore::V128(value) => Val::V128(u128::from_le_bytes(value.to_le_bytes())),
        WastArgCore::RefNull(heap) => null(heap)?,
        WastArgCore::RefExtern(number) => {
            Val::ExternRef(Some(reference(*number, store, references)?))
        }
        // The host's things, already taken inside.
        WastArgCore::RefHost(number) => {
            let outside = reference(*number, store, references)?;
            let inside = outside.to_any(&*store).map_err(|error| error.to_string())?;
            Val::AnyRef(Some(inside))
        }
    })
}

fn null(heap: &HeapType<'_>) -> Result<Val, String> {
    let hierarchy = hierarchy(heap);
    let hierarchy = hierarchy.ok_or_else(|| format!("not supported: ref.null {heap:?}"))?;
    Ok(Val::null(hierarchy.top()))
}

/// The hierarchy of an abstract heap type.
pub(super) fn hierarchy(heap: &HeapType<'_>) -> Option<Hierarchy> {
    use AbstractHeapType as Type;
    let HeapType::Abstract { ty, .. } = heap else { return None };
    Some(match ty {
        Type::Func | Type::NoFunc => Hierarchy::Func,
        Type::Extern | Type::NoExtern => Hierarchy::Extern,
        Type::Exn | Type::NoExn => Hierarchy::Exn,
        Type::Any | Type::Eq | Type::Struct | Type::Array | Type::I31 | Type::None => {
            Hierarchy::Any
        }
        _ => return None,
    })
}

fn reference(
    number: u32,
    store: &mut Store<()>,
    references: &mut References,
) -> Result<ExternRef, String> {
    if let Some(known) = references.get(&number) {
        return Ok(*known);
    }
    let new = ExternRef::new(&mut *store, number).map_err(|error| error.to_string())?;
    references.insert(number, new);
    Ok(new)
}

/// The bytes of a vector's lanes, the first lane first.
pub(super) fn lanes<const BYTES: usize>(bits: u128) -> impl Iterator<Item = [u8; BYTES]> {
    let bytes = bits.to_le_bytes();
    (0..16 / BYTES).map(move |lane| std::array::from_fn(|at| bytes[lane * BYTES + at]))
}

/// A value in words, floats with their bits.
pub(super) struct Shown<'a> {
    pub(super) store: &'a Store<()>,
    pub(super) value: &'a Val,
}

impl fmt::Display for Shown<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.value {
            Val::I32(value) => write!(out, "i32 {value} ({value:#x})"),
            Val::I64(value) => write!(out, "i64 {value} ({value:#x})"),
            Val::F32(bits) => write!(out, "f32 {} ({bits:#010x})", f32::from_bits(*bits)),
            Val::F64(bits) => write!(out, "f64 {} ({bits:#018x})", f64::from_bits(*bits)),
            Val::V128(bits) => {
                write!(out, "v128")?;
                lanes::<4>(*bits).try_for_each(|lane| {
                    let bits = u32::from_le_bytes(lane);
                    write!(out, " {bits:#010x}")
                })
            }
            Val::FuncRef(None) | Val::ExternRef(None) | Val::AnyRef(None) | Val::ExnRef(None) => {
                write!(out, "a null {}", self.value.ty())
            }
            Val::AnyRef(Some(reference)) => match (reference.i31(), reference.ty(self.store)) {
                (Some(small), _) => write!(out, "i31 {small}"),
                (None, Ok(ty)) => write!(out, "a reference to {ty}"),
                (None, Err(error)) => write!(out, "anyref ({error})"),
            },
            Val::ExnRef(Some(_)) => write!(out, "an exnref"),
            Val::FuncRef(Some(_)) => write!(out, "a funcref"),
            Val::ExternRef(Some(object)) => match object.data(self.store) {
                Ok(object) => write!(out, "externref {:?}", object.downcast_ref::<u32>()),
                Err(error) => write!(out, "externref ({error})"),
            },
        }
    }
}
