//! Rust types for parameters and results, and the registers they travel in.
//!
//! Not here: the calls themselves (see [`crate::func`]). Invariant: where a value travels is computed at
//! compile time by the same rules as `holm_abi::SignatureAbi`; a test compares the two.
//! Read next: [`crate::func`].

use crate::anyref::AnyRef;
use crate::context::Owner;
use crate::error::{Error, Result};
use crate::externref::ExternRef;
use crate::func::Func;
use crate::registry::REGISTERS;
use crate::value::{low32, low64};
use holm_abi::Location;
use holm_abi::object::is_collected;
use holm_abi::signature::{RESULT_BYTES, is_vector_class};
use holm_spec::types::{StorageType, ValType};
use holm_vm::{CallFrame, HostFrame};

/// A Rust type that a value of WebAssembly has on the host's side: `i32`, `u32`, `i64`, `u64`, `f32`, `f64`,
/// `u128` for v128, `Option<Func>`, `Option<ExternRef>` and `Option<AnyRef>`.
pub trait WasmTy: bits::Bits + Send {}

mod bits {
    use super::{Owner, Result, ValType};

    /// How a value becomes bits and comes back.
    pub trait Bits: Sized {
        /// The value's type.
        const TYPE: ValType;
        /// The bits, if the value belongs to the store.
        fn to_bits(self, store: Owner<'_>) -> Result<u128>;
        /// The value; what lies above the type's width is ignored.
        fn from_bits(bits: u128, store: Owner<'_>) -> Self;
    }
}
pub(crate) use bits::Bits;

macro_rules! number {
    ($($rust:ty, $ty:ident, $value:ident, $to:expr, $bits:ident, $from:expr;)*) => {
        $(impl WasmTy for $rust {}

        impl Bits for $rust {
            const TYPE: ValType = ValType::$ty;

            #[inline]
            fn to_bits(self, _store: Owner<'_>) -> Result<u128> {
                let $value = self;
                Ok(u128::from($to))
            }

            #[inline]
            fn from_bits($bits: u128, _store: Owner<'_>) -> Self {
                $from
            }
        })*
    };
}

number! {
    i32, I32, value, value.cast_unsigned(), bits, low32(bits).cast_signed();
    u32, I32, value, value, bits, low32(bits);
    i64, I64, value, value.cast_unsigned(), bits, low64(bits).cast_signed();
    u64, I64, value, value, bits, low64(bits);
    f32, F32, value, value.to_bits(), bits, Self::from_bits(low32(bits));
    f64, F64, value, value.to_bits(), bits, Self::from_bits(low64(bits));
    u128, V128, value, value, bits, bits;
}

impl WasmTy for Option<Func> {}

impl Bits for Option<Func> {
    const TYPE: ValType = ValType::FUNCREF;

    #[inline]
    fn to_bits(self, store: Owner<'_>) -> Result<u128> {
        Func::to_reference(self, store.id).map(u128::from)
    }

    #[inline]
    fn from_bits(bits: u128, store: Owner<'_>) -> Self {
        Func::from_reference(low32(bits), store.id)
    }
}

impl WasmTy for Option<ExternRef> {}

impl Bits for Option<ExternRef> {
    const TYPE: ValType = ValType::EXTERNREF;

    #[inline]
    fn to_bits(self, store: Owner<'_>) -> Result<u128> {
        ExternRef::to_reference(self, store).map(u128::from)
    }

    #[inline]
    fn from_bits(bits: u128, store: Owner<'_>) -> Self {
        ExternRef::from_reference(low32(bits), store)
    }
}

impl WasmTy for Option<AnyRef> {}

impl Bits for Option<AnyRef> {
    const TYPE: ValType = ValType::ANYREF;

    #[inline]
    fn to_bits(self, store: Owner<'_>) -> Result<u128> {
        AnyRef::to_reference(self, store).map(u128::from)
    }

    #[inline]
    fn from_bits(bits: u128, store: Owner<'_>) -> Self {
        AnyRef::from_reference(low32(bits), store)
    }
}

/// Whether values of these types become handles when the host takes them.
pub(crate) const fn takes_handles(types: &[ValType]) -> bool {
    let mut at = 0;
    while at < types.len() {
        if is_collected(StorageType::Val(types[at])) {
            return true;
        }
        at += 1;
    }
    false
}

/// How many of the types travel in vector registers.
pub(crate) const fn vectors(types: &[ValType]) -> usize {
    let (mut vectors, mut at) = (0, 0);
    while at < types.len() {
        vectors += is_vector_class(types[at]) as usize;
        at += 1;
    }
    vectors
}

/// Where parameter `index` of a type travels.
pub(crate) const fn param_location(types: &[ValType], index: usize, buffer: bool) -> Location {
    let mut ints = buffer as u32;
    let mut vectors = 0;
    let mut stack = 0_u32;
    let mut at = 0;
    loop {
        let vector = is_vector_class(types[at]);
        let location = if vector && vectors < REGISTERS.vector_arguments {
            vectors += 1;
            Location::Vector(vectors - 1)
        } else if !vector && ints < REGISTERS.int_arguments {
            ints += 1;
            Location::Int(ints - 1)
        } else {
            let bytes: u32 = if matches!(types[at], ValType::V128) { 16 } else { 8 };
            let offset = stack.next_multiple_of(bytes);
            stack = offset + bytes;
            Location::Stack(offset)
        };
        if at == index {
            return location;
        }
        at += 1;
    }
}

/// Whether results of these types need a buffer.
pub(crate) const fn needs_buffer(types: &[ValType]) -> bool {
    let (mut ints, mut vectors, mut at) = (0, 0, 0);
    while at < types.len() {
        if is_vector_class(types[at]) {
            vectors += 1
        } else {
            ints += 1
        }
        at += 1;
    }
    ints > REGISTERS.int_results || vectors > REGISTERS.vector_results
}

/// Where result `index` travels.
pub(crate) const fn result_location(types: &[ValType], index: usize) -> Location {
    if needs_buffer(types) {
        let mut offset = 0;
        let mut at = 0;
        while at < index {
            offset += RESULT_BYTES;
            at += 1;
        }
        return Location::Buffer(offset);
    }
    let (mut ints, mut vectors, mut at) = (0, 0, 0);
    while at < index {
        if is_vector_class(types[at]) {
            vectors += 1
        } else {
            ints += 1
        }
        at += 1;
    }
    if is_vector_class(types[index]) { Location::Vector(vectors) } else { Location::Int(ints) }
}

/// Whether all values of a call travel in registers.
pub(crate) const fn in_registers(params: &[ValType], results: &[ValType]) -> bool {
    if needs_buffer(results) {
        return false;
    }
    let mut at = 0;
    while at < params.len() {
        if let Location::Stack(_) = param_location(params, at, false) {
            return false;
        }
        at += 1;
    }
    true
}

/// Whether all values of a call travel in registers, none of them is a vector of 128 bits, and there is at
/// most one result.
pub(crate) const fn is_plain(params: &[ValType], results: &[ValType]) -> bool {
    let mut at = 0;
    while at < params.len() {
        if matches!(params[at], ValType::V128) {
            return false;
        }
        at += 1;
    }
    in_registers(params, results)
        && (results.is_empty() || (results.len() == 1 && !matches!(results[0], ValType::V128)))
}

/// Whether a call has no vectors and at most one result.
pub(crate) const fn is_int_only(params: &[ValType], results: &[ValType]) -> bool {
    let mut at = 0;
    while at < params.len() {
        if is_vector_class(params[at]) {
            return false;
        }
        at += 1;
    }
    results.is_empty() || (results.len() == 1 && !is_vector_class(results[0]))
}

/// Parameters of a typed function: one [`WasmTy`], or a tuple of up to 16.
pub trait WasmParams: params::Params {}

/// Results of a typed function: nothing, one [`WasmTy`], or a tuple of up to 16.
pub trait WasmResults: results::Results {}

mod params {
    use super::{CallFrame, HostFrame, Owner, Result, ValType};

    /// How parameters travel.
    pub trait Params: Sized {
        /// Their types.
        const TYPES: &'static [ValType];
        /// Puts them where a guest looks; `buffer` says whether the results need a buffer.
        fn write_params(self, frame: &mut CallFrame, buffer: bool, store: Owner<'_>) -> Result<()>;
        /// Takes them from where a guest put them.
        fn read_params(frame: &HostFrame<'_>, buffer: bool, store: Owner<'_>) -> Self;
    }
}

mod results {
    use super::{CallFrame, HostFrame, Owner, Result, ValType};

    /// How results travel.
    pub trait Results: Sized {
        /// Their types.
        const TYPES: &'static [ValType];
        /// Takes them from where a guest put them.
        fn read_results(frame: &CallFrame, store: Owner<'_>) -> Self;
        /// Puts them where a guest looks.
        fn write_results(self, frame: &mut HostFrame<'_>, store: Owner<'_>) -> Result<()>;
    }
}
pub(crate) use params::Params;
pub(crate) use results::Results;

/// What a host function may return: results, or a `Result` of them whose error becomes an [`Error`].
pub trait WasmRet: ret::Ret {}

mod ret {
    use super::Result;

    /// How a return value becomes results.
    pub trait Ret {
        /// The results without the error.
        type Results: super::WasmResults;
        /// The results, or the error.
        fn into_results(self) -> Result<Self::Results>;
    }
}
pub(crate) use ret::Ret;

impl<R: WasmResults> WasmRet for R {}

impl<R: WasmResults> Ret for R {
    type Results = R;

    #[inline]
    fn into_results(self) -> Result<R> {
        Ok(self)
    }
}

impl<R: WasmResults, E: Into<Error>> WasmRet for Result<R, E> {}

impl<R: WasmResults, E: Into<Error>> Ret for Result<R, E> {
    type Results = R;

    #[inline]
    fn into_results(self) -> Result<R> {
        self.map_err(Into::into)
    }
}

/// Puts a parameter in its place.
#[inline]
fn write_param<A: WasmTy>(
    frame: &mut CallFrame,
    location: Location,
    value: A,
    store: Owner<'_>,
) -> Result<()> {
    frame.set_param(location, value.to_bits(store)?, matches!(A::TYPE, ValType::V128));
    Ok(())
}

#[inline]
fn read_param<A: WasmTy>(frame: &HostFrame<'_>, location: Location, store: Owner<'_>) -> A {
    A::from_bits(frame.param(location, matches!(A::TYPE, ValType::V128)), store)
}

/// A location for either answer to "do the results need a buffer", chosen where that is a constant.
#[inline]
const fn choose(buffer: bool, with: Location, without: Location) -> Location {
    if buffer { with } else { without }
}

macro_rules! one {
    ($name:ident) => {
        impl<$name: WasmTy> WasmParams for $name {}

        impl<$name: WasmTy> Params for $name {
            const TYPES: &'static [ValType] = <($name,) as Params>::TYPES;

            #[inline]
            fn write_params(
                self,
                frame: &mut CallFrame,
                buffer: bool,
                store: Owner<'_>,
            ) -> Result<()> {
                (self,).write_params(frame, buffer, store)
            }

            #[inline]
            fn read_params(frame: &HostFrame<'_>, buffer: bool, store: Owner<'_>) -> Self {
                <($name,) as Params>::read_params(frame, buffer, store).0
            }
        }

        impl<$name: WasmTy> WasmResults for $name {}

        impl<$name: WasmTy> Results for $name {
            const TYPES: &'static [ValType] = <($name,) as Results>::TYPES;

            #[inline]
            fn read_results(frame: &CallFrame, store: Owner<'_>) -> Self {
                <($name,) as Results>::read_results(frame, store).0
            }

            #[inline]
            fn write_results(self, frame: &mut HostFrame<'_>, store: Owner<'_>) -> Result<()> {
                (self,).write_results(frame, store)
            }
        }
    };
}
one!(A);

macro_rules! tuple {
    ($($name:ident $index:tt),*) => {
        impl<$($name: WasmTy),*> WasmParams for ($($name,)*) {}

        #[allow(unused_variables, clippy::unused_unit, reason = "the empty tuple uses nothing")]
        impl<$($name: WasmTy),*> Params for ($($name,)*) {
            const TYPES: &'static [ValType] = &[$($name::TYPE),*];

            #[inline]
            fn write_params(self, frame: &mut CallFrame, buffer: bool, store: Owner<'_>) -> Result<()> {
                $(
                    let with = const { param_location(<Self as Params>::TYPES, $index, true) };
                    let without = const { param_location(<Self as Params>::TYPES, $index, false) };
                    write_param(frame, choose(buffer, with, without), self.$index, store)?;
                )*
                Ok(())
            }

            #[inline]
            fn read_params(frame: &HostFrame<'_>, buffer: bool, store: Owner<'_>) -> Self {
                ($({
                    let with = const { param_location(<Self as Params>::TYPES, $index, true) };
                    let without = const { param_location(<Self as Params>::TYPES, $index, false) };
                    read_param(frame, choose(buffer, with, without), store)
                },)*)
            }
        }

        impl<$($name: WasmTy),*> WasmResults for ($($name,)*) {}

        #[allow(unused_variables, clippy::unused_unit, reason = "the empty tuple uses nothing")]
        impl<$($name: WasmTy),*> Results for ($($name,)*) {
            const TYPES: &'static [ValType] = &[$($name::TYPE),*];

            #[inline]
            fn read_results(frame: &CallFrame, store: Owner<'_>) -> Self {
                ($({
                    let location = const { result_location(<Self as Results>::TYPES, $index) };
                    $name::from_bits(frame.result(location), store)
                },)*)
            }

            #[inline]
            fn write_results(self, frame: &mut HostFrame<'_>, store: Owner<'_>) -> Result<()> {
                $(
                    let location = const { result_location(<Self as Results>::TYPES, $index) };
                    frame.set_result(location, self.$index.to_bits(store)?);
                )*
                Ok(())
            }
        }
    };
}

/// Calls a macro for every number of elements that a tuple may have, up to 16.
macro_rules! for_each_tuple {
    ($macro:ident) => {
        $macro!();
        $macro!(A0 0);
        $macro!(A0 0, A1 1);
        $macro!(A0 0, A1 1, A2 2);
        $macro!(A0 0, A1 1, A2 2, A3 3);
        $macro!(A0 0, A1 1, A2 2, A3 3, A4 4);
        $macro!(A0 0, A1 1, A2 2, A3 3, A4 4, A5 5);
        $macro!(A0 0, A1 1, A2 2, A3 3, A4 4, A5 5, A6 6);
        $macro!(A0 0, A1 1, A2 2, A3 3, A4 4, A5 5, A6 6, A7 7);
        $macro!(A0 0, A1 1, A2 2, A3 3, A4 4, A5 5, A6 6, A7 7, A8 8);
        $macro!(A0 0, A1 1, A2 2, A3 3, A4 4, A5 5, A6 6, A7 7, A8 8, A9 9);
        $macro!(A0 0, A1 1, A2 2, A3 3, A4 4, A5 5, A6 6, A7 7, A8 8, A9 9, A10 10);
        $macro!(A0 0, A1 1, A2 2, A3 3, A4 4, A5 5, A6 6, A7 7, A8 8, A9 9, A10 10, A11 11);
        $macro!(
            A0 0, A1 1, A2 2, A3 3, A4 4, A5 5, A6 6, A7 7, A8 8, A9 9, A10 10, A11 11, A12 12
        );
        $macro!(
            A0 0, A1 1, A2 2, A3 3, A4 4, A5 5, A6 6, A7 7, A8 8, A9 9, A10 10, A11 11, A12 12,
            A13 13
        );
        $macro!(
            A0 0, A1 1, A2 2, A3 3, A4 4, A5 5, A6 6, A7 7, A8 8, A9 9, A10 10, A11 11, A12 12,
            A13 13, A14 14
        );
        $macro!(
            A0 0, A1 1, A2 2, A3 3, A4 4, A5 5, A6 6, A7 7, A8 8, A9 9, A10 10, A11 11, A12 12,
            A13 13, A14 14, A15 15
        );
    };
}
pub(crate) use for_each_tuple;
for_each_tuple!(tuple);

#[cfg(test)]
mod tests;
