//! Operators on vectors.
use super::{Failure, Translator};
use holm_module::wasm::Operator;
impl Translator<'_> {
    pub(super) fn vector_operator(&mut self, _operator: &Operator<'_>) -> Result<bool, Failure> {
        Ok(false)
    }
}
