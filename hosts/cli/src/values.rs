//! WebAssembly values as text: arguments of `--invoke` are read, results are written.
//!
//! What is written can be read back, except for references, which mean nothing outside the guest. Not
//! here: the store's values (see `commands/run/invoke.rs`). Invariant: a number that does not fit its
//! type is refused, never cut. Read next: `commands/run/invoke.rs`.

use holm::Hierarchy;
use std::fmt;

/// The type of an argument or result.
pub(crate) use holm::ValType;

/// A value that text can stand for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Value {
    /// 32 bits.
    I32(i32),
    /// 64 bits.
    I64(i64),
    /// The bits of a 32-bit float.
    F32(u32),
    /// The bits of a 64-bit float.
    F64(u64),
    /// 128 bits.
    V128(u128),
    /// The null reference of a hierarchy.
    Null(Hierarchy),
}

/// Reads one argument of type `ty`.
///
/// # Errors
/// With what was expected, in words that follow "… is not one:".
pub(crate) fn parse(text: &str, ty: ValType) -> Result<Value, String> {
    match ty {
        ValType::I32 => parse_integer(text, 32).map(|bits| Value::I32(low_i32(bits))),
        ValType::I64 => parse_integer(text, 64).map(|bits| Value::I64(bits.cast_signed())),
        ValType::F32 => parse_f32(text).map(Value::F32),
        ValType::F64 => parse_f64(text).map(Value::F64),
        ValType::V128 => parse_vector(text).map(Value::V128),
        ValType::Ref(ty) if ty.nullable && text == "null" => Ok(Value::Null(ty.heap.hierarchy())),
        ValType::Ref(_) => Err("the only reference that can be written is null".to_owned()),
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::I32(value) => write!(f, "{value}"),
            Self::I64(value) => write!(f, "{value}"),
            Self::F32(bits) => {
                let value = f32::from_bits(bits);
                write_float(f, value.is_nan(), FloatBits { bits: bits.into(), of: F32 }, &value)
            }
            Self::F64(bits) => {
                let value = f64::from_bits(bits);
                write_float(f, value.is_nan(), FloatBits { bits, of: F64 }, &value)
            }
            Self::V128(bits) => {
                let lane = |index: u32| low_i32(((bits >> (32 * index)) & 0xffff_ffff) as u64);
                write!(f, "i32x4:{},{},{},{}", lane(0), lane(1), lane(2), lane(3))
            }
            Self::Null(_) => f.write_str("null"),
        }
    }
}

/// Reads an integer of `width` bits: signed or unsigned, decimal or hexadecimal. Returns the bits.
fn parse_integer(text: &str, width: u32) -> Result<u64, String> {
    let (negative, digits) = match text.as_bytes().first() {
        Some(b'-') => (true, &text[1..]),
        Some(b'+') => (false, &text[1..]),
        _ => (false, text),
    };
    let (radix, digits) = match digits.strip_prefix("0x").or_else(|| digits.strip_prefix("0X")) {
        Some(digits) => (16, digits),
        None => (10, digits),
    };
    let digits = digits.replace('_', "");
    let range = || {
        let low = -(1_i128 << (width - 1));
        format!("expected a whole number from {low} to {}", (1_i128 << width) - 1)
    };
    if digits.is_empty() || !digits.chars().all(|c| c.is_digit(radix)) {
        return Err(range());
    }
    let magnitude = u64::from_str_radix(&digits, radix).map_err(|_| range())?;
    let largest = if negative { 1 << (width - 1) } else { u64::MAX >> (64 - width) };
    if magnitude > largest {
        return Err(range());
    }
    let bits = if negative { magnitude.wrapping_neg() } else { magnitude };
    Ok(bits & (u64::MAX >> (64 - width)))
}

/// The low half of `bits` as a signed number.
fn low_i32(bits: u64) -> i32 {
    u32::try_from(bits & 0xffff_ffff).unwrap_or_default().cast_signed()
}

/// The parts of a float format that NaN needs.
#[derive(Clone, Copy)]
struct FloatFormat {
    sign: u64,
    exponent: u64,
    fraction: u64,
    quiet: u64,
}

const F32: FloatFormat =
    FloatFormat { sign: 1 << 31, exponent: 0xff << 23, fraction: (1 << 23) - 1, quiet: 1 << 22 };
const F64: FloatFormat =
    FloatFormat { sign: 1 << 63, exponent: 0x7ff << 52, fraction: (1 << 52) - 1, quiet: 1 << 51 };

/// The bits of a float and how to take them apart.
struct FloatBits {
    bits: u64,
    of: FloatFormat,
}

/// Writes a number so that it reads back the same; NaN as `nan`, or with what it carries.
fn write_float(
    f: &mut fmt::Formatter<'_>,
    is_nan: bool,
    parts: FloatBits,
    value: &dyn fmt::Display,
) -> fmt::Result {
    if !is_nan {
        return write!(f, "{value}");
    }
    let FloatBits { bits, of } = parts;
    f.write_str(if bits & of.sign == 0 { "nan" } else { "-nan" })?;
    match bits & of.fraction {
        fraction if fraction == of.quiet => Ok(()),
        fraction => write!(f, ":0x{fraction:x}"),
    }
}

/// Reads `nan`, `-nan`, `nan:0x7f`; nothing if it is no NaN at all.
fn parse_nan(text: &str, of: FloatFormat) -> Option<Result<u64, String>> {
    let (sign, rest) = match text.strip_prefix('-') {
        Some(rest) => (of.sign, rest),
        None => (0, text),
    };
    if rest.eq_ignore_ascii_case("nan") {
        return Some(Ok(sign | of.exponent | of.quiet));
    }
    let payload = rest.strip_prefix("nan:0x")?;
    Some(match u64::from_str_radix(payload, 16) {
        Ok(bits) if bits != 0 && bits <= of.fraction => Ok(sign | of.exponent | bits),
        _ => Err(format!("what a NaN carries is from 0x1 to 0x{:x}", of.fraction)),
    })
}

const FLOAT: &str = "expected a number like 1.5, 1e-3, inf or nan";

fn parse_f32(text: &str) -> Result<u32, String> {
    match parse_nan(text, F32) {
        Some(bits) => bits.map(|bits| low_i32(bits).cast_unsigned()),
        None => text.parse::<f32>().map(f32::to_bits).map_err(|_| FLOAT.to_owned()),
    }
}

fn parse_f64(text: &str) -> Result<u64, String> {
    match parse_nan(text, F64) {
        Some(bits) => bits,
        None => text.parse::<f64>().map(f64::to_bits).map_err(|_| FLOAT.to_owned()),
    }
}

/// Reads one lane's bits.
type ReadLane = fn(&str) -> Result<u64, String>;

/// Reads `i32x4:1,2,3,4` and its like, or 128 bits as one hexadecimal number.
fn parse_vector(text: &str) -> Result<u128, String> {
    const SAY: &str =
        "expected lanes like i32x4:1,2,3,4 or f64x2:1.5,nan (also i8x16, i16x8, i64x2, f32x4)";
    let Some((shape, lanes)) = text.split_once(':') else {
        let bits = text.strip_prefix("0x").map(|digits| u128::from_str_radix(digits, 16));
        return bits.and_then(Result::ok).ok_or_else(|| SAY.to_owned());
    };
    let (width, read): (u32, ReadLane) = match shape {
        "i8x16" => (8, |lane| parse_integer(lane, 8)),
        "i16x8" => (16, |lane| parse_integer(lane, 16)),
        "i32x4" => (32, |lane| parse_integer(lane, 32)),
        "i64x2" => (64, |lane| parse_integer(lane, 64)),
        "f32x4" => (32, |lane| parse_f32(lane).map(u64::from)),
        "f64x2" => (64, parse_f64),
        _ => return Err(SAY.to_owned()),
    };
    let lanes: Vec<&str> = lanes.split(',').map(str::trim).collect();
    let count = 128 / width;
    if lanes.len() != count as usize {
        return Err(format!("{shape} has {count} lanes, found {}", lanes.len()));
    }
    let mut bits = 0;
    for (lane, shift) in lanes.iter().zip((0..128).step_by(width as usize)) {
        let value = read(lane).map_err(|why| format!("lane \"{lane}\": {why}"))?;
        bits |= u128::from(value) << shift;
    }
    Ok(bits)
}

#[cfg(test)]
mod tests;
