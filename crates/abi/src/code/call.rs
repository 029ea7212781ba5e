//! Calls from one place of a text to another, and how machine code says the distance.
//!
//! Not here: calls through memory, which name no place. Invariant: a text is smaller than 2³¹ bytes, so that an
//! offset leaves a bit for the form. Read next: [`super::merge`].

use crate::container::ArtifactError;
use alloc::format;

/// A call inside a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Call {
    /// Where the instruction has the distance.
    pub at: u32,
    /// Where what it calls starts.
    pub target: u32,
    /// How the distance is encoded.
    pub form: CallForm,
}

/// How a call encodes its distance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum CallForm {
    /// x86-64: 32 bits, from the end of the field.
    Relative32,
    /// aarch64: the low 26 bits of the instruction, in units of 4 bytes.
    Branch26,
}

impl Call {
    /// Marks the target of a [`CallForm::Branch26`].
    const BRANCH_26: u32 = 1 << 31;

    pub(super) fn to_pair(self) -> (u32, u32) {
        let form = match self.form {
            CallForm::Relative32 => 0,
            CallForm::Branch26 => Self::BRANCH_26,
        };
        (self.at, self.target | form)
    }

    pub(super) fn from_pair((at, target): (u32, u32)) -> Self {
        let form = match target & Self::BRANCH_26 {
            0 => CallForm::Relative32,
            _ => CallForm::Branch26,
        };
        Self { at, target: target & !Self::BRANCH_26, form }
    }
}

/// Fills in the distance of a call.
///
/// # Errors
/// The call lies outside of the text, or is too far from its target.
pub fn resolve_call(text: &mut [u8], call: Call) -> Result<(), ArtifactError> {
    let Call { at, target, form } = call;
    let field = text.get_mut(at as usize..).and_then(|field| field.first_chunk_mut::<4>());
    let Some(field) = field else {
        return Err(ArtifactError(format!("call at {at} lies outside of the text")));
    };
    let distance = i64::from(target) - i64::from(at);
    let resolved = match form {
        CallForm::Relative32 => i32::try_from(distance - 4).ok().map(i32::cast_unsigned),
        CallForm::Branch26 => {
            let words = i32::try_from(distance / 4).ok();
            let words = words.filter(|words| (-(1 << 25)..1 << 25).contains(words));
            let opcode = u32::from_le_bytes(*field) & 0xfc00_0000;
            words.map(|words| opcode | words.cast_unsigned() & 0x03ff_ffff)
        }
    };
    let resolved = resolved.ok_or_else(|| {
        ArtifactError(format!("call at {at} cannot reach {target}, {distance} bytes away"))
    })?;
    *field = resolved.to_le_bytes();
    Ok(())
}
