//! The operators on scalars as data: one row each, with the function of `holm-spec` that says what it means.
//!
//! A row makes a type that stands for the operator. Its name is that of the decoder's operator, so that the rows
//! also say what is translated to what. Not here: how operands are fetched (see `executor`).
//! Invariant: an operator's number is its place in its list. Read next: [`super`].

use super::raw;
use core::fmt::Debug;
use holm_module::wasm::Operator;
use holm_spec::trap::TrapReason;

/// What an operator gives: a value, or a value unless it traps.
pub(crate) trait Outcome {
    type Value;
    fn outcome(self) -> Result<Self::Value, TrapReason>;
}

macro_rules! outcomes {
    ($($ty:ty),*) => {
        $(impl Outcome for $ty {
            type Value = $ty;
            #[inline(always)]
            fn outcome(self) -> Result<$ty, TrapReason> {
                Ok(self)
            }
        })*
    };
}
outcomes!(i32, i64, f32, f64, u128);

impl<T> Outcome for Result<T, TrapReason> {
    type Value = T;
    #[inline(always)]
    fn outcome(self) -> Self {
        self
    }
}

/// An operator with two operands of the same type.
pub(crate) trait Binary {
    type Operand;
    type Value;
    const NAME: &'static str;
    fn eval(a: Self::Operand, b: Self::Operand) -> Result<Self::Value, TrapReason>;
}

/// An operator with one operand.
pub(crate) trait Unary {
    type Operand;
    type Value;
    const NAME: &'static str;
    fn eval(a: Self::Operand) -> Result<Self::Value, TrapReason>;
}

/// Which of the accumulators holds values of a type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Class {
    Int,
    F32,
    F64,
    /// Vectors have none.
    Vector,
}

macro_rules! class {
    (i32) => {
        Class::Int
    };
    (i64) => {
        Class::Int
    };
    (f32) => {
        Class::F32
    };
    (f64) => {
        Class::F64
    };
}

/// Hands the rows of operators with two operands to a macro.
macro_rules! binaries {
    ($then:ident) => {
        $then! {
            // Comparisons come first: they can be fused with a branch.
            I32Eq "i32.eq" i32 i32 i32_eq;
            I32Ne "i32.ne" i32 i32 i32_ne;
            I32LtS "i32.lt_s" i32 i32 i32_lt_s;
            I32LtU "i32.lt_u" i32 i32 i32_lt_u;
            I32GtS "i32.gt_s" i32 i32 i32_gt_s;
            I32GtU "i32.gt_u" i32 i32 i32_gt_u;
            I32LeS "i32.le_s" i32 i32 i32_le_s;
            I32LeU "i32.le_u" i32 i32 i32_le_u;
            I32GeS "i32.ge_s" i32 i32 i32_ge_s;
            I32GeU "i32.ge_u" i32 i32 i32_ge_u;
            I64Eq "i64.eq" i64 i32 i64_eq;
            I64Ne "i64.ne" i64 i32 i64_ne;
            I64LtS "i64.lt_s" i64 i32 i64_lt_s;
            I64LtU "i64.lt_u" i64 i32 i64_lt_u;
            I64GtS "i64.gt_s" i64 i32 i64_gt_s;
            I64GtU "i64.gt_u" i64 i32 i64_gt_u;
            I64LeS "i64.le_s" i64 i32 i64_le_s;
            I64LeU "i64.le_u" i64 i32 i64_le_u;
            I64GeS "i64.ge_s" i64 i32 i64_ge_s;
            I64GeU "i64.ge_u" i64 i32 i64_ge_u;
            F32Eq "f32.eq" f32 i32 f32_eq;
            F32Ne "f32.ne" f32 i32 f32_ne;
            F32Lt "f32.lt" f32 i32 f32_lt;
            F32Gt "f32.gt" f32 i32 f32_gt;
            F32Le "f32.le" f32 i32 f32_le;
            F32Ge "f32.ge" f32 i32 f32_ge;
            F64Eq "f64.eq" f64 i32 f64_eq;
            F64Ne "f64.ne" f64 i32 f64_ne;
            F64Lt "f64.lt" f64 i32 f64_lt;
            F64Gt "f64.gt" f64 i32 f64_gt;
            F64Le "f64.le" f64 i32 f64_le;
            F64Ge "f64.ge" f64 i32 f64_ge;
            // So can a test of bits.
            I32And "i32.and" i32 i32 i32_and;
            I32Add "i32.add" i32 i32 i32_add;
            I32Sub "i32.sub" i32 i32 i32_sub;
            I32Mul "i32.mul" i32 i32 i32_mul;
            I32DivS "i32.div_s" i32 i32 i32_div_s;
            I32DivU "i32.div_u" i32 i32 i32_div_u;
            I32RemS "i32.rem_s" i32 i32 i32_rem_s;
            I32RemU "i32.rem_u" i32 i32 i32_rem_u;
            I32Or "i32.or" i32 i32 i32_or;
            I32Xor "i32.xor" i32 i32 i32_xor;
            I32Shl "i32.shl" i32 i32 i32_shl;
            I32ShrS "i32.shr_s" i32 i32 i32_shr_s;
            I32ShrU "i32.shr_u" i32 i32 i32_shr_u;
            I32Rotl "i32.rotl" i32 i32 i32_rotl;
            I32Rotr "i32.rotr" i32 i32 i32_rotr;
            I64Add "i64.add" i64 i64 i64_add;
            I64Sub "i64.sub" i64 i64 i64_sub;
            I64Mul "i64.mul" i64 i64 i64_mul;
            I64DivS "i64.div_s" i64 i64 i64_div_s;
            I64DivU "i64.div_u" i64 i64 i64_div_u;
            I64RemS "i64.rem_s" i64 i64 i64_rem_s;
            I64RemU "i64.rem_u" i64 i64 i64_rem_u;
            I64And "i64.and" i64 i64 i64_and;
            I64Or "i64.or" i64 i64 i64_or;
            I64Xor "i64.xor" i64 i64 i64_xor;
            I64Shl "i64.shl" i64 i64 i64_shl;
            I64ShrS "i64.shr_s" i64 i64 i64_shr_s;
            I64ShrU "i64.shr_u" i64 i64 i64_shr_u;
            I64Rotl "i64.rotl" i64 i64 i64_rotl;
            I64Rotr "i64.rotr" i64 i64 i64_rotr;
            F32Add "f32.add" f32 f32 raw_f32_add;
            F32Sub "f32.sub" f32 f32 raw_f32_sub;
            F32Mul "f32.mul" f32 f32 raw_f32_mul;
            F32Div "f32.div" f32 f32 raw_f32_div;
            F32Min "f32.min" f32 f32 raw_f32_min;
            F32Max "f32.max" f32 f32 raw_f32_max;
            F32Copysign "f32.copysign" f32 f32 f32_copysign;
            F64Add "f64.add" f64 f64 raw_f64_add;
            F64Sub "f64.sub" f64 f64 raw_f64_sub;
            F64Mul "f64.mul" f64 f64 raw_f64_mul;
            F64Div "f64.div" f64 f64 raw_f64_div;
            F64Min "f64.min" f64 f64 raw_f64_min;
            F64Max "f64.max" f64 f64 raw_f64_max;
            F64Copysign "f64.copysign" f64 f64 f64_copysign;
        }
    };
}
pub(crate) use binaries;

/// Hands the operators that can be fused with a branch to a macro.
macro_rules! fuseds {
    ($then:ident) => {
        $then! {
            I32Eq I32Ne I32LtS I32LtU I32GtS I32GtU I32LeS I32LeU I32GeS I32GeU
            I64Eq I64Ne I64LtS I64LtU I64GtS I64GtU I64LeS I64LeU I64GeS I64GeU
            F32Eq F32Ne F32Lt F32Gt F32Le F32Ge F64Eq F64Ne F64Lt F64Gt F64Le F64Ge I32And
        }
    };
}
pub(crate) use fuseds;

/// How many of the operators with two operands, from the first on, can be fused with a branch.
pub(crate) const FUSED: u16 = 33;

/// The place of `i32.add`.
pub(crate) const I32_ADD: u16 = FUSED;

/// The place of `i32.sub`.
pub(crate) const I32_SUB: u16 = BinaryNumber::I32Sub as u16;

/// The places of the first operators on floats that are worth loading an operand for.
pub(crate) const F32_ADD: u16 = BinaryNumber::F32Add as u16;
/// As above.
pub(crate) const F64_ADD: u16 = BinaryNumber::F64Add as u16;

/// Hands the rows of operators with one operand to a macro.
macro_rules! unaries {
    ($then:ident) => {
        $then! {
            I32Eqz "i32.eqz" i32 i32 i32_eqz;
            I64Eqz "i64.eqz" i64 i32 i64_eqz;
            I32Clz "i32.clz" i32 i32 i32_clz;
            I32Ctz "i32.ctz" i32 i32 i32_ctz;
            I32Popcnt "i32.popcnt" i32 i32 i32_popcnt;
            I64Clz "i64.clz" i64 i64 i64_clz;
            I64Ctz "i64.ctz" i64 i64 i64_ctz;
            I64Popcnt "i64.popcnt" i64 i64 i64_popcnt;
            I32Extend8S "i32.extend8_s" i32 i32 i32_extend8_s;
            I32Extend16S "i32.extend16_s" i32 i32 i32_extend16_s;
            I64Extend8S "i64.extend8_s" i64 i64 i64_extend8_s;
            I64Extend16S "i64.extend16_s" i64 i64 i64_extend16_s;
            I64Extend32S "i64.extend32_s" i64 i64 i64_extend32_s;
            I32WrapI64 "i32.wrap_i64" i64 i32 i32_wrap_i64;
            I64ExtendI32S "i64.extend_i32_s" i32 i64 i64_extend_i32_s;
            I64ExtendI32U "i64.extend_i32_u" i32 i64 i64_extend_i32_u;
            F32Abs "f32.abs" f32 f32 f32_abs;
            F32Neg "f32.neg" f32 f32 f32_neg;
            F32Ceil "f32.ceil" f32 f32 raw_f32_ceil;
            F32Floor "f32.floor" f32 f32 raw_f32_floor;
            F32Trunc "f32.trunc" f32 f32 raw_f32_trunc;
            F32Nearest "f32.nearest" f32 f32 raw_f32_nearest;
            F32Sqrt "f32.sqrt" f32 f32 raw_f32_sqrt;
            F64Abs "f64.abs" f64 f64 f64_abs;
            F64Neg "f64.neg" f64 f64 f64_neg;
            F64Ceil "f64.ceil" f64 f64 raw_f64_ceil;
            F64Floor "f64.floor" f64 f64 raw_f64_floor;
            F64Trunc "f64.trunc" f64 f64 raw_f64_trunc;
            F64Nearest "f64.nearest" f64 f64 raw_f64_nearest;
            F64Sqrt "f64.sqrt" f64 f64 raw_f64_sqrt;
            I32TruncF32S "i32.trunc_f32_s" f32 i32 i32_trunc_f32_s;
            I32TruncF32U "i32.trunc_f32_u" f32 i32 i32_trunc_f32_u;
            I32TruncF64S "i32.trunc_f64_s" f64 i32 i32_trunc_f64_s;
            I32TruncF64U "i32.trunc_f64_u" f64 i32 i32_trunc_f64_u;
            I64TruncF32S "i64.trunc_f32_s" f32 i64 i64_trunc_f32_s;
            I64TruncF32U "i64.trunc_f32_u" f32 i64 i64_trunc_f32_u;
            I64TruncF64S "i64.trunc_f64_s" f64 i64 i64_trunc_f64_s;
            I64TruncF64U "i64.trunc_f64_u" f64 i64 i64_trunc_f64_u;
            I32TruncSatF32S "i32.trunc_sat_f32_s" f32 i32 i32_trunc_sat_f32_s;
            I32TruncSatF32U "i32.trunc_sat_f32_u" f32 i32 i32_trunc_sat_f32_u;
            I32TruncSatF64S "i32.trunc_sat_f64_s" f64 i32 i32_trunc_sat_f64_s;
            I32TruncSatF64U "i32.trunc_sat_f64_u" f64 i32 i32_trunc_sat_f64_u;
            I64TruncSatF32S "i64.trunc_sat_f32_s" f32 i64 i64_trunc_sat_f32_s;
            I64TruncSatF32U "i64.trunc_sat_f32_u" f32 i64 i64_trunc_sat_f32_u;
            I64TruncSatF64S "i64.trunc_sat_f64_s" f64 i64 i64_trunc_sat_f64_s;
            I64TruncSatF64U "i64.trunc_sat_f64_u" f64 i64 i64_trunc_sat_f64_u;
            F32ConvertI32S "f32.convert_i32_s" i32 f32 raw_f32_convert_i32_s;
            F32ConvertI32U "f32.convert_i32_u" i32 f32 raw_f32_convert_i32_u;
            F32ConvertI64S "f32.convert_i64_s" i64 f32 raw_f32_convert_i64_s;
            F32ConvertI64U "f32.convert_i64_u" i64 f32 f32_convert_i64_u;
            F64ConvertI32S "f64.convert_i32_s" i32 f64 raw_f64_convert_i32_s;
            F64ConvertI32U "f64.convert_i32_u" i32 f64 raw_f64_convert_i32_u;
            F64ConvertI64S "f64.convert_i64_s" i64 f64 raw_f64_convert_i64_s;
            F64ConvertI64U "f64.convert_i64_u" i64 f64 f64_convert_i64_u;
            F32DemoteF64 "f32.demote_f64" f64 f32 raw_f32_demote_f64;
            F64PromoteF32 "f64.promote_f32" f32 f64 raw_f64_promote_f32;
            I32ReinterpretF32 "i32.reinterpret_f32" f32 i32 i32_reinterpret_f32;
            I64ReinterpretF64 "i64.reinterpret_f64" f64 i64 i64_reinterpret_f64;
            F32ReinterpretI32 "f32.reinterpret_i32" i32 f32 f32_reinterpret_i32;
            F64ReinterpretI64 "f64.reinterpret_i64" i64 f64 f64_reinterpret_i64;
        }
    };
}
pub(crate) use unaries;

/// What translation knows of a row.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Row {
    /// Its place in the list.
    pub(crate) number: u16,
    /// Where its operands are accumulated.
    pub(crate) operand: Class,
    /// Where its value is accumulated.
    pub(crate) value: Class,
    /// Whether its operands have 64 bits.
    pub(crate) is_64: bool,
}

macro_rules! is_64 {
    (i64) => {
        true
    };
    (f64) => {
        true
    };
    ($other:ident) => {
        false
    };
}

macro_rules! define_binaries {
    ($($name:ident $text:literal $operand:ident $value:ident $function:ident;)*) => {
        #[derive(Clone, Copy, Debug)]
        #[repr(u16)]
        enum BinaryNumber { $($name),* }

        /// How many operators with two operands there are.
        pub(crate) const BINARIES: usize = [$($text),*].len();

        /// The row of an operator, if it is one with two operands.
        pub(crate) fn binary(operator: &Operator<'_>) -> Option<Row> {
            match operator {
                $(Operator::$name => Some(Row {
                    number: BinaryNumber::$name as u16,
                    operand: class!($operand),
                    value: class!($value),
                    is_64: is_64!($operand),
                }),)*
                _ => None,
            }
        }

        $(
            #[derive(Debug)]
            pub(crate) struct $name;
            impl Binary for $name {
                type Operand = $operand;
                type Value = $value;
                const NAME: &'static str = $text;
                #[inline(always)]
                fn eval(a: $operand, b: $operand) -> Result<$value, TrapReason> {
                    raw::$function(a, b).outcome()
                }
            }
        )*
    };
}
binaries!(define_binaries);

macro_rules! define_unaries {
    ($($name:ident $text:literal $operand:ident $value:ident $function:ident;)*) => {
        #[derive(Clone, Copy, Debug)]
        #[repr(u16)]
        enum UnaryNumber { $($name),* }

        /// How many operators with one operand there are.
        pub(crate) const UNARIES: usize = [$($text),*].len();

        /// The row of an operator, if it is one with one operand.
        pub(crate) fn unary(operator: &Operator<'_>) -> Option<Row> {
            match operator {
                $(Operator::$name => Some(Row {
                    number: UnaryNumber::$name as u16,
                    operand: class!($operand),
                    value: class!($value),
                    is_64: is_64!($operand),
                }),)*
                _ => None,
            }
        }

        $(
            #[derive(Debug)]
            pub(crate) struct $name;
            impl Unary for $name {
                type Operand = $operand;
                type Value = $value;
                const NAME: &'static str = $text;
                #[inline(always)]
                fn eval(a: $operand) -> Result<$value, TrapReason> {
                    raw::$function(a).outcome()
                }
            }
        )*
    };
}
unaries!(define_unaries);
