//! The `producers` section: which languages and tools made a module.
//!
//! Format: a count of fields, each a name and a count of pairs of name and version; every count and length
//! is LEB128. Nobody validates this section, so it is read as far as it makes sense. Invariant: broken bytes
//! give a shorter list, never a panic.

/// One field, e.g. `language`, and what it says, e.g. `Rust 1.95`.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Field {
    pub(crate) name: String,
    pub(crate) values: Vec<String>,
}

/// Reads a section's content.
pub(crate) fn read(mut bytes: &[u8]) -> Vec<Field> {
    let mut fields = Vec::new();
    let count = number(&mut bytes).unwrap_or_default();
    for _ in 0..count {
        let Some(field) = field(&mut bytes) else { break };
        fields.push(field);
    }
    fields
}

fn field(bytes: &mut &[u8]) -> Option<Field> {
    let name = text(bytes)?;
    let count = number(bytes)?;
    let mut values = Vec::new();
    for _ in 0..count {
        let (tool, version) = (text(bytes)?, text(bytes)?);
        values.push(format!("{tool} {version}").trim_end().to_owned());
    }
    Some(Field { name, values })
}

fn text(bytes: &mut &[u8]) -> Option<String> {
    let length = number(bytes)? as usize;
    let (text, rest) = bytes.split_at_checked(length)?;
    *bytes = rest;
    Some(String::from_utf8_lossy(text).into_owned())
}

/// An unsigned 32-bit LEB128 number.
fn number(bytes: &mut &[u8]) -> Option<u32> {
    let mut value = 0_u64;
    for shift in [0, 7, 14, 21, 28] {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return u32::try_from(value).ok();
        }
    }
    None
}
