//! Register code as text, by the table of operators.
//!
//! Not here: what an instruction does. Invariant: every unit of a function is printed as part of exactly one
//! instruction; the same walk checks that lengths are right. Read next: [`crate::ops`].

use crate::executor::Description;
use crate::ops::{Field, function_of_field, units};
use crate::translate::Translated;
use alloc::string::String;
use core::fmt::Write;

/// One instruction per line: place, operator, fields, and the offset of the operator in the wasm bytes.
pub(crate) fn listing(code: &Translated) -> String {
    let mut out = String::new();
    let mut at = 0;
    let mut source = 0;
    while at < code.units.len() {
        let start = out.len();
        let length = instruction(code, at, &mut out);
        while code.sources.get(source + 1).is_some_and(|next| next.0 as usize <= at) {
            source += 1;
        }
        if let Some((_, offset)) = code.sources.get(source) {
            let width = out[start..].chars().count();
            let _ = write!(out, "{:pad$} ;; {offset:#x}", "", pad = 48_usize.saturating_sub(width));
        }
        out.push('\n');
        at += length;
    }
    out
}

/// Whether all that is to be watched are instructions, with the numbers that it says.
pub(crate) fn are_starts(code: &Translated) -> bool {
    let mut watched = code.watched.iter().peekable();
    let mut out = String::new();
    let mut at = 0;
    while at < code.units.len() {
        if watched
            .next_if(|it| it.unit as usize == at)
            .is_some_and(|it| it.number != code.units[at])
        {
            return false;
        }
        out.clear();
        at += instruction(code, at, &mut out);
    }
    watched.next().is_none()
}

/// Writes one instruction; its length in units.
fn instruction(code: &Translated, at: usize, out: &mut String) -> usize {
    let unit = |at: usize| code.units.get(at).copied().unwrap_or_default();
    let wide = |at: usize| u32::from(unit(at)) | u32::from(unit(at + 1)) << 16;
    let long = |at: usize| u64::from(wide(at)) | u64::from(wide(at + 2)) << 32;
    let target = |field: usize| at.wrapping_add_signed(wide(field).cast_signed() as isize);
    let Some(operator) = Description::of(unit(at)) else {
        let _ = write!(out, "{at:>6}  ?");
        return 1;
    };
    let _ = write!(out, "{at:>6}  {}", operator.name());
    let mut place = at + 1;
    let mut branches = 0;
    for field in operator.fields() {
        let _ = match field {
            Field::None => Ok(()),
            Field::Slot => write!(out, " s{}", unit(place)),
            Field::To => write!(out, " → s{}", unit(place)),
            Field::FarSlot => write!(out, " s{}", wide(place)),
            Field::FarTo => write!(out, " → s{}", wide(place)),
            Field::I32 | Field::S32 => write!(out, " {}", wide(place).cast_signed()),
            Field::I64 => write!(out, " {:#x}", long(place)),
            Field::F32 => write!(out, " {:?}", f32::from_bits(wide(place))),
            Field::F64 => write!(out, " {:?}", f64::from_bits(long(place))),
            Field::Offset => write!(out, " +{:#x}", wide(place)),
            Field::Branch => write!(out, " ⇒ {}", target(place)),
            Field::Branches => {
                branches = wide(place) as usize;
                Ok(())
            }
            Field::Context => write!(out, " [{}]", wide(place).cast_signed()),
            Field::Function => write!(out, " {}", function_of_field(wide(place))),
            Field::Count => write!(out, " {}", wide(place)),
            Field::Small => write!(out, " {}", unit(place)),
        };
        place += field.units();
    }
    for branch in 0..branches {
        let _ = write!(out, " {}", target(place + 2 * branch));
    }
    1 + units(operator.fields()) + 2 * branches
}
