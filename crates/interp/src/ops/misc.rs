//! Loads and stores as rows, and the list of all operators that come in no regular set of forms.
//!
//! Not here: what they do (see `executor`). Invariant: as everywhere, a number is a place in a list, and a form with a
//! result in a slot comes right after the one with the result in the accumulator alone.
//! Read next: [`super::vector`].

use super::scalar::Class;

/// A load of a scalar.
pub(crate) trait Load<const N: usize> {
    type Value;
    const NAME: &'static str;
    fn value(bytes: [u8; N]) -> Self::Value;
}

/// A store of a scalar.
pub(crate) trait Store<const N: usize> {
    type Value;
    const NAME: &'static str;
    fn bytes(value: Self::Value) -> [u8; N];
}

/// Hands the rows of loads to a macro: name, text, type of the value, bytes, how they become the value.
macro_rules! loads {
    ($then:ident) => {
        $then! {
            I32Load "i32.load" i32 Int 4 i32::from_le_bytes;
            I32Load8S "i32.load8_s" i32 Int 1 |b| i32::from(i8::from_le_bytes(b));
            I32Load8U "i32.load8_u" i32 Int 1 |b| i32::from(u8::from_le_bytes(b));
            I32Load16S "i32.load16_s" i32 Int 2 |b| i32::from(i16::from_le_bytes(b));
            I32Load16U "i32.load16_u" i32 Int 2 |b| i32::from(u16::from_le_bytes(b));
            I64Load "i64.load" i64 Int 8 i64::from_le_bytes;
            I64Load8S "i64.load8_s" i64 Int 1 |b| i64::from(i8::from_le_bytes(b));
            I64Load16S "i64.load16_s" i64 Int 2 |b| i64::from(i16::from_le_bytes(b));
            I64Load32S "i64.load32_s" i64 Int 4 |b| i64::from(i32::from_le_bytes(b));
            F32Load "f32.load" f32 F32 4 f32::from_le_bytes;
            F64Load "f64.load" f64 F64 8 f64::from_le_bytes;
        }
    };
}
pub(crate) use loads;

/// Hands the rows of stores to a macro: name, text, type of the value, bytes, how the value becomes them.
macro_rules! stores {
    ($then:ident) => {
        $then! {
            I32Store8 "i32.store8" i32 Int 1 |v| [v.to_le_bytes()[0]];
            I32Store16 "i32.store16" i32 Int 2 |v| [v.to_le_bytes()[0], v.to_le_bytes()[1]];
            I32Store "i32.store" i32 Int 4 i32::to_le_bytes;
            I64Store "i64.store" i64 Int 8 i64::to_le_bytes;
            F32Store "f32.store" f32 F32 4 f32::to_le_bytes;
            F64Store "f64.store" f64 F64 8 f64::to_le_bytes;
        }
    };
}
pub(crate) use stores;

macro_rules! define_loads {
    ($($name:ident $text:literal $value:ident $class:ident $bytes:literal $from:expr;)*) => {
        /// The loads.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[repr(u16)]
        pub(crate) enum LoadNumber { $($name),* }

        /// How many loads there are.
        pub(crate) const LOADS: usize = [$($text),*].len();

        impl LoadNumber {
            /// Where the value is accumulated.
            pub(crate) const fn class(self) -> Class {
                match self { $(Self::$name => Class::$class),* }
            }

            /// How many bytes it reads.
            pub(crate) const fn bytes(self) -> u64 {
                match self { $(Self::$name => $bytes),* }
            }
        }

        pub(crate) mod load {
            $(
                pub(crate) struct $name;
                impl super::Load<$bytes> for $name {
                    type Value = $value;
                    const NAME: &'static str = $text;
                    #[inline(always)]
                    fn value(bytes: [u8; $bytes]) -> $value {
                        let from: fn([u8; $bytes]) -> $value = $from;
                        from(bytes)
                    }
                }
            )*
        }
    };
}
loads!(define_loads);

macro_rules! define_stores {
    ($($name:ident $text:literal $value:ident $class:ident $bytes:literal $to:expr;)*) => {
        /// The stores.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[repr(u16)]
        pub(crate) enum StoreNumber { $($name),* }

        /// How many stores there are.
        pub(crate) const STORES: usize = [$($text),*].len();

        impl StoreNumber {
            /// Where the value is accumulated.
            pub(crate) const fn class(self) -> Class {
                match self { $(Self::$name => Class::$class),* }
            }

            /// How many bytes it writes.
            pub(crate) const fn bytes(self) -> u64 {
                match self { $(Self::$name => $bytes),* }
            }

            /// Whether the value has 64 bits.
            pub(crate) const fn is_64(self) -> bool {
                matches!(self, Self::I64Store | Self::F64Store)
            }
        }

        pub(crate) mod store {
            $(
                pub(crate) struct $name;
                impl super::Store<$bytes> for $name {
                    type Value = $value;
                    const NAME: &'static str = $text;
                    #[inline(always)]
                    fn bytes(value: $value) -> [u8; $bytes] {
                        let to: fn($value) -> [u8; $bytes] = $to;
                        to(value)
                    }
                }
            )*
        }
    };
}
stores!(define_stores);

/// Hands the list of other operators to a macro: name, and the body in `executor`.
macro_rules! miscs {
    ($then:ident) => {
        $then! {
            // Constants and copies, without the accumulators.
            PutU32: moves::Put<i32>;
            PutS32: moves::Put<i64>;
            PutI64: moves::Put64;
            Copy: moves::Copy;
            Copy2: moves::Copy2;
            Put2: joined::Put2;
            CopyV: moves::CopyV;
            CopyFar: moves::CopyFar;
            MoveSlots: moves::MoveSlots;
            // Accumulators into slots.
            SpillInt: moves::Spill<i64>;
            SpillF32: moves::Spill<f32>;
            SpillF64: moves::Spill<f64>;
            // A sum and one more; a global and a difference or a sum.
            Add2: joined::Add2;
            Reserve: joined::Reserve<false>;
            ReserveSet: joined::Reserve<true>;
            SetSum: joined::SetSum;
            // NaNs of one form.
            CanonicalF32: moves::Canonical<f32, ToA>;
            CanonicalF32To: moves::Canonical<f32, ToS>;
            CanonicalF64: moves::Canonical<f64, ToA>;
            CanonicalF64To: moves::Canonical<f64, ToS>;
            CanonicalF32x4: vector::Canonical<32>;
            CanonicalF64x2: vector::Canonical<64>;
            // Choices.
            SelectS: moves::Select<S, ToA>;
            SelectSTo: moves::Select<S, ToS>;
            SelectA: moves::Select<A, ToA>;
            SelectATo: moves::Select<A, ToS>;
            SelectV: moves::SelectV;
            // Globals.
            GlobalGetInt: global::Get<i64, ToA, false>;
            GlobalGetIntTo: global::Get<i64, ToS, false>;
            GlobalGetF32: global::Get<f32, ToA, false>;
            GlobalGetF32To: global::Get<f32, ToS, false>;
            GlobalGetF64: global::Get<f64, ToA, false>;
            GlobalGetF64To: global::Get<f64, ToS, false>;
            GlobalGetV: global::GetV<false>;
            GlobalSetIntS: global::Set<i64, S, false>;
            GlobalSetIntA: global::Set<i64, A, false>;
            GlobalSetF32A: global::Set<f32, A, false>;
            GlobalSetF64A: global::Set<f64, A, false>;
            GlobalSetV: global::SetV<false>;
            ImportedGetInt: global::Get<i64, ToA, true>;
            ImportedGetIntTo: global::Get<i64, ToS, true>;
            ImportedGetF32: global::Get<f32, ToA, true>;
            ImportedGetF32To: global::Get<f32, ToS, true>;
            ImportedGetF64: global::Get<f64, ToA, true>;
            ImportedGetF64To: global::Get<f64, ToS, true>;
            ImportedGetV: global::GetV<true>;
            ImportedSetIntS: global::Set<i64, S, true>;
            ImportedSetIntA: global::Set<i64, A, true>;
            ImportedSetF32A: global::Set<f32, A, true>;
            ImportedSetF64A: global::Set<f64, A, true>;
            ImportedSetV: global::SetV<true>;
            // Control.
            Branch: control::Branch;
            BranchIfS: control::BranchIf<S, true>;
            BranchUnlessS: control::BranchIf<S, false>;
            BranchIfA: control::BranchIf<A, true>;
            BranchUnlessA: control::BranchIf<A, false>;
            BranchTableS: control::BranchTable<S>;
            BranchTableA: control::BranchTable<A>;
            Unreachable: control::Unreachable;
            Fuel: control::Fuel;
            Enter: control::Enter;
            EnterPolled: control::EnterPolled;
            Return: control::Return;
            ReturnIntS: control::ReturnOne<i64, S>;
            ReturnIntA: control::ReturnOne<i64, A>;
            ReturnIntI: control::ReturnOne<i64, I>;
            ReturnF32S: control::ReturnOne<f32, S>;
            ReturnF32A: control::ReturnOne<f32, A>;
            ReturnF64S: control::ReturnOne<f64, S>;
            ReturnF64A: control::ReturnOne<f64, A>;
            ReturnMany: control::ReturnMany;
            Exit: control::Exit;
            // Calls.
            Call: call::Call;
            CallImport: call::CallImport;
            CallIndirectS: call::CallIndirect<S, false>;
            CallIndirectA: call::CallIndirect<A, false>;
            CallImportedTableS: call::CallIndirect<S, true>;
            CallImportedTableA: call::CallIndirect<A, true>;
            CallChecked: call::CallChecked;
            CallRef: call::CallRef;
            ReturnCall: call::ReturnCall;
            ReturnCallImport: call::ReturnCallImport;
            ReturnCallIndirect: call::ReturnCallIndirect<false>;
            ReturnCallImportedTable: call::ReturnCallIndirect<true>;
            ReturnCallRef: call::ReturnCallRef;
            ReturnLinked: call::ReturnLinked;
            Translate: call::Translate;
            // What runs often, and its machine code.
            Count: tiering::Count;
            CountCall: tiering::CountCall;
            CountLoop: tiering::CountLoop;
            CallMachine: tiering::CallMachine;
            NoteEntryS: profile::NoteEntry<S, false>;
            NoteEntryA: profile::NoteEntry<A, false>;
            NoteImportedS: profile::NoteEntry<S, true>;
            NoteImportedA: profile::NoteEntry<A, true>;
            NoteReference: profile::NoteReference;
            WatchBranch: watch::Branch;
            WatchEnter: watch::Enter;
            WatchCall: watch::Call;
            // Memories, tables, references.
            MemorySize: outside::MemorySize<ToA>;
            MemorySizeTo: outside::MemorySize<ToS>;
            TableSize: outside::TableSize<ToA, false>;
            TableSizeTo: outside::TableSize<ToS, false>;
            ImportedTableSize: outside::TableSize<ToA, true>;
            ImportedTableSizeTo: outside::TableSize<ToS, true>;
            TableGet: outside::TableGet<ToA, false>;
            TableGetTo: outside::TableGet<ToS, false>;
            ImportedTableGet: outside::TableGet<ToA, true>;
            ImportedTableGetTo: outside::TableGet<ToS, true>;
            RefFunc: outside::RefFunc<ToA>;
            RefFuncTo: outside::RefFunc<ToS>;
            Builtin: outside::Builtin;
            Grow: outside::Grow<ToA>;
            GrowTo: outside::Grow<ToS>;
            Ask: outside::Ask<ToA>;
            AskTo: outside::Ask<ToS>;
            NonNull: outside::NonNull;
            // Exceptions.
            Throw: exception::Throw;
            ThrowRef: exception::ThrowRef;
            Rethrow: exception::Rethrow;
            Catch: exception::Catch;
            CatchUnless: exception::CatchUnless;
            CatchValue: exception::CatchValue;
            CatchVector: exception::CatchVector;
            CatchRef: exception::CatchRef;
            CatchDone: exception::CatchDone;
            // Objects.
            ObjectNew: object::New<false>;
            ObjectNewZero: object::New<true>;
            StructGetS8: object::Get<object::S8, ToA, 1>;
            StructGetS8To: object::Get<object::S8, ToS, 1>;
            ArrayGetS8: object::ArrayGet<object::S8, ToA, 1>;
            ArrayGetS8To: object::ArrayGet<object::S8, ToS, 1>;
            StructGetU8: object::Get<object::U8, ToA, 1>;
            StructGetU8To: object::Get<object::U8, ToS, 1>;
            ArrayGetU8: object::ArrayGet<object::U8, ToA, 1>;
            ArrayGetU8To: object::ArrayGet<object::U8, ToS, 1>;
            StructGetS16: object::Get<object::S16, ToA, 2>;
            StructGetS16To: object::Get<object::S16, ToS, 2>;
            ArrayGetS16: object::ArrayGet<object::S16, ToA, 2>;
            ArrayGetS16To: object::ArrayGet<object::S16, ToS, 2>;
            StructGetU16: object::Get<object::U16, ToA, 2>;
            StructGetU16To: object::Get<object::U16, ToS, 2>;
            ArrayGetU16: object::ArrayGet<object::U16, ToA, 2>;
            ArrayGetU16To: object::ArrayGet<object::U16, ToS, 2>;
            StructGetW32: object::Get<object::W32, ToA, 4>;
            StructGetW32To: object::Get<object::W32, ToS, 4>;
            ArrayGetW32: object::ArrayGet<object::W32, ToA, 4>;
            ArrayGetW32To: object::ArrayGet<object::W32, ToS, 4>;
            StructGetW64: object::Get<object::W64, ToA, 8>;
            StructGetW64To: object::Get<object::W64, ToS, 8>;
            ArrayGetW64: object::ArrayGet<object::W64, ToA, 8>;
            ArrayGetW64To: object::ArrayGet<object::W64, ToS, 8>;
            StructSetU8: object::Set<object::U8, 1>;
            StructSetU16: object::Set<object::U16, 2>;
            StructSetW32: object::Set<object::W32, 4>;
            StructSetW64: object::Set<object::W64, 8>;
            StructSetRef: object::Set<object::Ref, 4>;
            ArraySetU8: object::ArraySet<object::U8, 1>;
            ArraySetU16: object::ArraySet<object::U16, 2>;
            ArraySetW32: object::ArraySet<object::W32, 4>;
            ArraySetW64: object::ArraySet<object::W64, 8>;
            ArraySetRef: object::ArraySet<object::Ref, 4>;
            StructGetV: object::GetV;
            StructSetV: object::SetV;
            ArrayGetV: object::ArrayGetV;
            ArraySetV: object::ArraySetV;
            ArrayLength: object::ArrayLength<ToA>;
            ArrayLengthTo: object::ArrayLength<ToS>;
            Word: object::Word;
            Pair: object::Pair;
            Ask4: object::Ask4;
            RefSmall: object::Small<ToA>;
            RefSmallTo: object::Small<ToS>;
            SmallGetS: object::SmallGet<ToA, true>;
            SmallGetSTo: object::SmallGet<ToS, true>;
            SmallGetU: object::SmallGet<ToA, false>;
            SmallGetUTo: object::SmallGet<ToS, false>;
            RefTest: object::Test<ToA>;
            RefTestTo: object::Test<ToS>;
            RefCast: object::Cast;
            // Memories that are not plain memory 0, 64-bit indices.
            Window: outside::Window<false>;
            WindowImported: outside::Window<true>;
            Reload: outside::Reload;
            OtherMemorySize: outside::OtherMemorySize<ToA, false>;
            OtherMemorySizeTo: outside::OtherMemorySize<ToS, false>;
            ImportedMemorySize: outside::OtherMemorySize<ToA, true>;
            ImportedMemorySizeTo: outside::OtherMemorySize<ToS, true>;
            Narrow: outside::Narrow<ToA>;
            NarrowTo: outside::Narrow<ToS>;
            Effective: outside::Effective<ToA>;
            EffectiveTo: outside::Effective<ToS>;
            // Atomic operators, behind a window.
            AtomicLoad8: atomic::Load<AtomicU8, ToA>;
            AtomicLoad8To: atomic::Load<AtomicU8, ToS>;
            AtomicStore8: atomic::Store<AtomicU8>;
            AtomicModify8: atomic::Modify<AtomicU8, ToA>;
            AtomicModify8To: atomic::Modify<AtomicU8, ToS>;
            AtomicExchange8: atomic::Exchange<AtomicU8, ToA>;
            AtomicExchange8To: atomic::Exchange<AtomicU8, ToS>;
            AtomicLoad16: atomic::Load<AtomicU16, ToA>;
            AtomicLoad16To: atomic::Load<AtomicU16, ToS>;
            AtomicStore16: atomic::Store<AtomicU16>;
            AtomicModify16: atomic::Modify<AtomicU16, ToA>;
            AtomicModify16To: atomic::Modify<AtomicU16, ToS>;
            AtomicExchange16: atomic::Exchange<AtomicU16, ToA>;
            AtomicExchange16To: atomic::Exchange<AtomicU16, ToS>;
            AtomicLoad32: atomic::Load<AtomicU32, ToA>;
            AtomicLoad32To: atomic::Load<AtomicU32, ToS>;
            AtomicStore32: atomic::Store<AtomicU32>;
            AtomicModify32: atomic::Modify<AtomicU32, ToA>;
            AtomicModify32To: atomic::Modify<AtomicU32, ToS>;
            AtomicExchange32: atomic::Exchange<AtomicU32, ToA>;
            AtomicExchange32To: atomic::Exchange<AtomicU32, ToS>;
            AtomicLoad64: atomic::Load<AtomicU64, ToA>;
            AtomicLoad64To: atomic::Load<AtomicU64, ToS>;
            AtomicStore64: atomic::Store<AtomicU64>;
            AtomicModify64: atomic::Modify<AtomicU64, ToA>;
            AtomicModify64To: atomic::Modify<AtomicU64, ToS>;
            AtomicExchange64: atomic::Exchange<AtomicU64, ToA>;
            AtomicExchange64To: atomic::Exchange<AtomicU64, ToS>;
            Fence: atomic::Fence;
            // 128-bit integers.
            Add128: numeric::Wide<{ numeric::ADD }>;
            Sub128: numeric::Wide<{ numeric::SUB }>;
            MulWideS: numeric::Wide<{ numeric::MUL_S }>;
            MulWideU: numeric::Wide<{ numeric::MUL_U }>;
            // Vectors by threes.
            MaddF32: vector::Ternary<relaxed::MaddF32>;
            NmaddF32: vector::Ternary<relaxed::NmaddF32>;
            MaddF64: vector::Ternary<relaxed::MaddF64>;
            NmaddF64: vector::Ternary<relaxed::NmaddF64>;
            DotAdd: vector::Ternary<relaxed::DotAdd>;
        }
    };
}
pub(crate) use miscs;

macro_rules! define_miscs {
    ($($name:ident: $body:ty;)*) => {
        /// The operators without regular forms.
        #[expect(dead_code, reason = "forms with a result in a slot are numbers after others")]
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[repr(u16)]
        pub(crate) enum Misc { $($name),* }

        /// How many of them there are.
        pub(crate) const MISCS: usize = [$(stringify!($name)),*].len();
    };
}
miscs!(define_miscs);

impl Misc {
    /// The operator's number.
    pub(crate) const fn number(self) -> u16 {
        super::MISC + self as u16
    }
}
