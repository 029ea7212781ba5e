//! Reasons for traps as Cranelift's trap codes, and back.
//!
//! Cranelift has codes of its own for what its instructions check; every other reason is a user code with
//! the reason's number. Invariant: [`reason`] is the inverse of [`code`].

use cranelift_codegen::ir::TrapCode;
use holm_spec::trap::TrapReason;

/// The trap code of a reason.
pub(crate) fn code(reason: TrapReason) -> TrapCode {
    match reason {
        TrapReason::OutOfBoundsMemory => TrapCode::HEAP_OUT_OF_BOUNDS,
        TrapReason::IntegerOverflow => TrapCode::INTEGER_OVERFLOW,
        TrapReason::IntegerDivideByZero => TrapCode::INTEGER_DIVISION_BY_ZERO,
        TrapReason::InvalidConversionToInteger => TrapCode::BAD_CONVERSION_TO_INTEGER,
        TrapReason::StackOverflow => TrapCode::STACK_OVERFLOW,
        other => TrapCode::unwrap_user(other as u8),
    }
}

/// The reason that a trap code stands for.
pub(crate) fn reason(code: TrapCode) -> Option<TrapReason> {
    match code {
        TrapCode::HEAP_OUT_OF_BOUNDS => Some(TrapReason::OutOfBoundsMemory),
        TrapCode::INTEGER_OVERFLOW => Some(TrapReason::IntegerOverflow),
        TrapCode::INTEGER_DIVISION_BY_ZERO => Some(TrapReason::IntegerDivideByZero),
        TrapCode::BAD_CONVERSION_TO_INTEGER => Some(TrapReason::InvalidConversionToInteger),
        TrapCode::STACK_OVERFLOW => Some(TrapReason::StackOverflow),
        user => TrapReason::from_u8(user.as_raw().get()),
    }
}
