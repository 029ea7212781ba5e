//! Constant expressions: the values that globals, tables and segments start with.
//!
//! Not here: references to live functions, which only an instance can make. Invariant: arithmetic whose
//! operands are known is done while decoding, so [`ConstExpr::Extended`] always reads some global.
//! Read next: [`crate::facts`], which knows the globals whose value never changes.

use crate::error::{Invalid, at_most};
use crate::limits::Limits;
use crate::wasm;
use holm_spec::types::ValType;
use serde::{Deserialize, Serialize};
use wasmparser::Operator;

/// A value that is known when an instance is made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum ConstExpr {
    /// A 32-bit integer.
    I32(i32),
    /// A 64-bit integer.
    I64(i64),
    /// The bits of a 32-bit float.
    F32(u32),
    /// The bits of a 64-bit float.
    F64(u64),
    /// A vector, its first byte lowest.
    V128(u128),
    /// The value of an earlier or imported global.
    GlobalGet(u32),
    /// Null of this type.
    RefNull(ValType),
    /// A reference to a function.
    RefFunc(u32),
    /// Integer arithmetic on globals, for a stack; only with the feature `extended-const`.
    Extended(Box<[ConstOp]>),
}

/// An operator of [`ConstExpr::Extended`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ConstOp {
    /// Pushes a 32-bit integer.
    I32(i32),
    /// Pushes a 64-bit integer.
    I64(i64),
    /// Pushes the value of a global.
    GlobalGet(u32),
    /// Adds the two values on top.
    I32Add,
    /// Subtracts the value on top from the one below.
    I32Sub,
    /// Multiplies the two values on top.
    I32Mul,
    /// Adds the two values on top.
    I64Add,
    /// Subtracts the value on top from the one below.
    I64Sub,
    /// Multiplies the two values on top.
    I64Mul,
}

/// The value of an integer expression.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConstInteger {
    /// A 32-bit integer.
    I32(i32),
    /// A 64-bit integer.
    I64(i64),
}

impl ConstInteger {
    /// The value as an unsigned offset into a memory or table.
    #[must_use]
    pub const fn as_offset(self) -> u64 {
        match self {
            Self::I32(value) => value.cast_unsigned() as u64,
            Self::I64(value) => value.cast_unsigned(),
        }
    }
}

impl ConstExpr {
    /// The value of an expression that is an integer, given the value of each global that it reads.
    /// Nothing when it is no integer or a global is not known.
    #[must_use]
    pub fn integer(&self, global: impl Fn(u32) -> Option<ConstInteger>) -> Option<ConstInteger> {
        match self {
            Self::I32(value) => Some(ConstInteger::I32(*value)),
            Self::I64(value) => Some(ConstInteger::I64(*value)),
            Self::GlobalGet(index) => global(*index),
            Self::Extended(operators) => evaluate(operators, global),
            Self::F32(_) | Self::F64(_) | Self::V128(_) | Self::RefNull(_) | Self::RefFunc(_) => {
                None
            }
        }
    }

    /// Whether the value needs nothing but the module: no global, no function.
    #[must_use]
    pub const fn is_number(&self) -> bool {
        matches!(self, Self::I32(_) | Self::I64(_) | Self::F32(_) | Self::F64(_) | Self::V128(_))
    }

    /// The globals that the expression reads.
    pub fn globals(&self) -> impl Iterator<Item = u32> {
        let (one, many): (Option<u32>, &[ConstOp]) = match self {
            Self::GlobalGet(index) => (Some(*index), &[]),
            Self::Extended(operators) => (None, operators),
            _ => (None, &[]),
        };
        one.into_iter().chain(many.iter().filter_map(|operator| match operator {
            ConstOp::GlobalGet(index) => Some(*index),
            _ => None,
        }))
    }
}

fn evaluate(
    operators: &[ConstOp],
    global: impl Fn(u32) -> Option<ConstInteger>,
) -> Option<ConstInteger> {
    use ConstInteger::{I32, I64};
    let mut stack = Vec::new();
    for operator in operators {
        let value = match operator {
            ConstOp::I32(value) => I32(*value),
            ConstOp::I64(value) => I64(*value),
            ConstOp::GlobalGet(index) => global(*index)?,
            _ => {
                let right = stack.pop()?;
                match (operator, stack.pop()?, right) {
                    (ConstOp::I32Add, I32(a), I32(b)) => I32(a.wrapping_add(b)),
                    (ConstOp::I32Sub, I32(a), I32(b)) => I32(a.wrapping_sub(b)),
                    (ConstOp::I32Mul, I32(a), I32(b)) => I32(a.wrapping_mul(b)),
                    (ConstOp::I64Add, I64(a), I64(b)) => I64(a.wrapping_add(b)),
                    (ConstOp::I64Sub, I64(a), I64(b)) => I64(a.wrapping_sub(b)),
                    (ConstOp::I64Mul, I64(a), I64(b)) => I64(a.wrapping_mul(b)),
                    _ => return None,
                }
            }
        };
        stack.push(value);
    }
    let value = stack.pop()?;
    stack.is_empty().then_some(value)
}

/// Reads an expression that the validator accepts. `known` gives the number in a global that is defined
/// here and cannot change.
pub(crate) fn read(
    expr: &wasmparser::ConstExpr<'_>,
    limits: &Limits,
    known: impl Fn(u32) -> Option<ConstExpr>,
) -> Result<ConstExpr, Invalid> {
    if let Some(value) = plain_i32(expr) {
        return Ok(ConstExpr::I32(value));
    }
    let mut reader = expr.get_operators_reader();
    let offset = reader.original_position();
    let mut single = None;
    let mut operators = Vec::new();
    let mut count = 0_u64;
    loop {
        let at = reader.original_position();
        let operator = reader.read().map_err(|error| Invalid::from_reader(&error))?;
        count += 1;
        at_most(
            "operators in a constant expression",
            ("const_expr_operators_max", limits.const_expr_operators_max),
            count,
            at,
        )?;
        if let Operator::End = operator {
            break;
        }
        match lone_value(&operator) {
            Some(value) => single = Some(value),
            None => operators.push(stack_operator(&operator).ok_or_else(|| unsupported(at))?),
        }
    }
    match (single, &operators[..]) {
        (Some(value), []) => Ok(value),
        (None, [ConstOp::GlobalGet(index)]) => {
            Ok(known(*index).unwrap_or(ConstExpr::GlobalGet(*index)))
        }
        (None, [_, ..]) => {
            let integer = |index| known(index).and_then(|value| value.integer(|_| None));
            Ok(match evaluate(&operators, integer) {
                Some(ConstInteger::I32(value)) => ConstExpr::I32(value),
                Some(ConstInteger::I64(value)) => ConstExpr::I64(value),
                None => ConstExpr::Extended(operators.into()),
            })
        }
        _ => Err(unsupported(offset)),
    }
}

/// The most frequent expression by far, in modules with ten thousands of segments.
fn plain_i32(expr: &wasmparser::ConstExpr<'_>) -> Option<i32> {
    let mut reader = expr.get_binary_reader();
    let is_const = reader.read_u8().ok()? == 0x41;
    let value = if is_const { reader.read_var_i32().ok()? } else { return None };
    let is_all = reader.read_u8().ok()? == 0x0b && reader.eof();
    is_all.then_some(value)
}

fn unsupported(offset: u64) -> Invalid {
    let message = "constant expression uses an operator that is not supported by this version";
    Invalid::unsupported(message, offset)
}

/// The operators that are a whole expression by themselves.
fn lone_value(operator: &Operator<'_>) -> Option<ConstExpr> {
    Some(match operator {
        Operator::F32Const { value } => ConstExpr::F32(value.bits()),
        Operator::F64Const { value } => ConstExpr::F64(value.bits()),
        Operator::V128Const { value } => ConstExpr::V128(u128::from_le_bytes(*value.bytes())),
        Operator::RefNull { hty } => ConstExpr::RefNull(wasm::heap_type(*hty)?),
        Operator::RefFunc { function_index } => ConstExpr::RefFunc(*function_index),
        _ => return None,
    })
}

fn stack_operator(operator: &Operator<'_>) -> Option<ConstOp> {
    Some(match operator {
        Operator::I32Const { value } => ConstOp::I32(*value),
        Operator::I64Const { value } => ConstOp::I64(*value),
        Operator::GlobalGet { global_index } => ConstOp::GlobalGet(*global_index),
        Operator::I32Add => ConstOp::I32Add,
        Operator::I32Sub => ConstOp::I32Sub,
        Operator::I32Mul => ConstOp::I32Mul,
        Operator::I64Add => ConstOp::I64Add,
        Operator::I64Sub => ConstOp::I64Sub,
        Operator::I64Mul => ConstOp::I64Mul,
        _ => return None,
    })
}

#[cfg(test)]
mod tests;
