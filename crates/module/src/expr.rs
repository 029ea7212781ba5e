//! Constant expressions: the values that globals, tables and segments start with.
//!
//! Not here: references to live functions, which only an instance can make. Invariant: arithmetic whose
//! operands are known is done while decoding, so [`ConstExpr::Extended`] always reads some global.
//! Read next: [`crate::facts`], which knows the globals whose value never changes.

use crate::error::{Invalid, at_most};
use crate::limits::Limits;
use crate::wasm::Types;
use alloc::boxed::Box;
use alloc::vec::Vec;
use holm_spec::types::HeapType;
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
    /// Null, below this heap type.
    RefNull(HeapType),
    /// A reference to a function.
    RefFunc(u32),
    /// Integer arithmetic on globals, or objects to be made, for a stack; only with the features
    /// `extended-const` and `gc`.
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
    /// Pushes the bits of a 32-bit float.
    F32(u32),
    /// Pushes the bits of a 64-bit float.
    F64(u64),
    /// Pushes a vector.
    V128(u128),
    /// Pushes null.
    RefNull(HeapType),
    /// Pushes a reference to a function.
    RefFunc(u32),
    /// Makes a small integer of the integer on top.
    RefI31,
    /// Makes a structure of this type of the values on top, one per field.
    StructNew(u32),
    /// Makes a structure of this type, zero and null.
    StructNewDefault(u32),
    /// Makes an array of this type of the value below the top, as many times as the top says.
    ArrayNew(u32),
    /// Makes an array of this type, zero and null, of the length on top.
    ArrayNewDefault(u32),
    /// Makes an array of this type of so many values on top.
    ArrayNewFixed(u32, u32),
    /// Takes a reference of the host's inside.
    AnyConvertExtern,
    /// Hands a reference out.
    ExternConvertAny,
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

    /// The functions that the expression refers to.
    pub fn functions(&self) -> impl Iterator<Item = u32> {
        let (one, many): (Option<u32>, &[ConstOp]) = match self {
            Self::RefFunc(function) => (Some(*function), &[]),
            Self::Extended(operators) => (None, operators),
            _ => (None, &[]),
        };
        one.into_iter().chain(many.iter().filter_map(|operator| match operator {
            ConstOp::RefFunc(function) => Some(*function),
            _ => None,
        }))
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
            ConstOp::I32Add
            | ConstOp::I32Sub
            | ConstOp::I32Mul
            | ConstOp::I64Add
            | ConstOp::I64Sub
            | ConstOp::I64Mul => {
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
            _ => return None,
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
    types: Types<'_>,
    known: impl Fn(u32) -> Option<ConstExpr>,
) -> Result<ConstExpr, Invalid> {
    if let Some(value) = plain_i32(expr) {
        return Ok(ConstExpr::I32(value));
    }
    let mut reader = expr.get_operators_reader();
    let offset = reader.original_position();
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
        operators.push(stack_operator(&operator, types).ok_or_else(|| unsupported(at))?);
    }
    match &operators[..] {
        [] => Err(unsupported(offset)),
        [ConstOp::GlobalGet(index)] => Ok(known(*index).unwrap_or(ConstExpr::GlobalGet(*index))),
        [ConstOp::F32(bits)] => Ok(ConstExpr::F32(*bits)),
        [ConstOp::F64(bits)] => Ok(ConstExpr::F64(*bits)),
        [ConstOp::V128(bits)] => Ok(ConstExpr::V128(*bits)),
        [ConstOp::RefNull(heap)] => Ok(ConstExpr::RefNull(*heap)),
        [ConstOp::RefFunc(function)] => Ok(ConstExpr::RefFunc(*function)),
        _ => {
            let integer = |index| known(index).and_then(|value| value.integer(|_| None));
            Ok(match evaluate(&operators, integer) {
                Some(ConstInteger::I32(value)) => ConstExpr::I32(value),
                Some(ConstInteger::I64(value)) => ConstExpr::I64(value),
                None => ConstExpr::Extended(operators.into()),
            })
        }
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

fn stack_operator(operator: &Operator<'_>, types: Types<'_>) -> Option<ConstOp> {
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
        Operator::F32Const { value } => ConstOp::F32(value.bits()),
        Operator::F64Const { value } => ConstOp::F64(value.bits()),
        Operator::V128Const { value } => ConstOp::V128(u128::from_le_bytes(*value.bytes())),
        Operator::RefNull { hty } => ConstOp::RefNull(types.heap(*hty)?),
        Operator::RefFunc { function_index } => ConstOp::RefFunc(*function_index),
        Operator::RefI31 => ConstOp::RefI31,
        Operator::StructNew { struct_type_index } => ConstOp::StructNew(*struct_type_index),
        Operator::StructNewDefault { struct_type_index } => {
            ConstOp::StructNewDefault(*struct_type_index)
        }
        Operator::ArrayNew { array_type_index } => ConstOp::ArrayNew(*array_type_index),
        Operator::ArrayNewDefault { array_type_index } => {
            ConstOp::ArrayNewDefault(*array_type_index)
        }
        Operator::ArrayNewFixed { array_type_index, array_size } => {
            ConstOp::ArrayNewFixed(*array_type_index, *array_size)
        }
        Operator::AnyConvertExtern => ConstOp::AnyConvertExtern,
        Operator::ExternConvertAny => ConstOp::ExternConvertAny,
        _ => return None,
    })
}

#[cfg(test)]
mod tests;
