//! What can go wrong in here, before it becomes a [`CompileError`] with the function's name.

use cranelift_codegen::CodegenError;
use holm_abi::CompileError;
use holm_module::Invalid;
use holm_module::wasm;

/// Why a function could not be compiled.
#[derive(Debug)]
pub(crate) enum Failure {
    /// It needs more than the compiler can give.
    Limit(String),
    /// The compiler is at fault.
    Bug(String),
    /// Something has not arrived yet: the body of this function, or something that is known in the end.
    Early(Option<u32>),
}

impl Failure {
    /// The error to report, for the function with this index.
    pub(crate) fn for_function(self, function: u32) -> CompileError {
        match self {
            Self::Limit(text) => CompileError::Limit(format!("function {function}: {text}")),
            Self::Bug(text) => CompileError::Bug(format!("function {function}: {text}")),
            Self::Early(_) => {
                CompileError::Bug(format!("function {function}: it was compiled too early"))
            }
        }
    }
}

impl From<CodegenError> for Failure {
    fn from(error: CodegenError) -> Self {
        match error {
            CodegenError::ImplLimitExceeded | CodegenError::CodeTooLarge => {
                Self::Limit("its machine code would exceed what the compiler can hold".into())
            }
            CodegenError::Unsupported(what) => Self::Limit(format!("not supported: {what}")),
            CodegenError::Verifier(errors) => {
                Self::Bug(format!("its intermediate code is wrong: {errors}"))
            }
            other => Self::Bug(format!("the code generator refuses it: {other}")),
        }
    }
}

impl From<Invalid> for Failure {
    fn from(error: Invalid) -> Self {
        Self::Bug(format!("its body is not what was validated: {error}"))
    }
}

impl From<wasm::Error> for Failure {
    fn from(error: wasm::Error) -> Self {
        Self::Bug(format!("its body is not what was validated: {error}"))
    }
}
