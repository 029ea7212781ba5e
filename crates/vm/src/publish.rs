//! The publication gate: the only way from bytes to executable pages.
//!
//! Code is written into an anonymous file, the file is sealed against every change, and only then mapped
//! readable and executable. Its pages are never writable and executable at once, and never change.

use crate::VmError;
use crate::sys::map::Mapping;
use holm_abi::Code;
use rustix::fs::{MemfdFlags, SealFlags};
use std::ops::Range;
use std::sync::Arc;

/// Code that may be published.
///
/// The machine-code verifier will be what makes this type. Until it exists, [`VerifiedCode::trust`] is the
/// one marked place where code is believed instead.
#[derive(Debug)]
pub struct VerifiedCode(Code);

impl VerifiedCode {
    /// Believes that `code` keeps the contract of machine code. To be replaced by the verifier.
    #[must_use]
    pub fn trust(code: Code) -> Self {
        Self(code)
    }
}

/// Code at an address where it can run.
#[derive(Debug)]
pub struct PublishedCode {
    code: Code,
    mapping: Mapping,
}

impl PublishedCode {
    /// The code and its tables.
    #[must_use]
    pub fn code(&self) -> &Code {
        &self.code
    }

    /// The addresses of its text.
    pub(crate) fn addresses(&self) -> Range<u64> {
        let start = self.mapping.base().as_ptr().expose_provenance() as u64;
        start..start + self.code.text().len() as u64
    }

    /// The address of the entry of defined function `index`.
    pub(crate) fn function(&self, index: u32) -> Option<u64> {
        Some(self.addresses().start + u64::from(self.code.function(index)?.offset))
    }

    /// The address of the foreign-call thunk of a type.
    pub(crate) fn thunk(&self, ty: u32) -> Option<u64> {
        Some(self.addresses().start + u64::from(self.code.thunk(ty)?))
    }
}

/// Maps code so that it can run.
///
/// # Errors
/// When the operating system refuses an anonymous file, its seals, or an executable mapping of it.
pub fn publish(code: VerifiedCode) -> Result<Arc<PublishedCode>, VmError> {
    let code = code.0;
    let failed = |error| VmError::os("publishing code", error);
    let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
    let file = rustix::fs::memfd_create("holm-code", flags).map_err(failed)?;
    let file = std::fs::File::from(file);
    let text = code.text();
    std::io::Write::write_all(&mut &file, text)
        .map_err(|error| VmError::os("writing code", error))?;
    if text.is_empty() {
        rustix::fs::ftruncate(&file, 1).map_err(failed)?;
    }
    let seals = SealFlags::WRITE | SealFlags::GROW | SealFlags::SHRINK | SealFlags::SEAL;
    rustix::fs::fcntl_add_seals(&file, seals).map_err(failed)?;
    let mapping = Mapping::executable(&file, text.len())?;
    Ok(Arc::new(PublishedCode { code, mapping }))
}
