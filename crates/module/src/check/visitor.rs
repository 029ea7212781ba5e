//! The visitor that sees each operator before the validator does.
//!
//! Which operator means what for cost, flags and effects is one list here, by visiting method and by the
//! arity that `wasmparser` lists for it. Not here: what is done with it (see [`super::Notes`]).
//! Invariant: every operator reaches the validator, unless the function is already over its limit.
//! Read next: [`crate::cost`].

use super::Notes;
use crate::body::BodyFlags;
use crate::cost::Kind;
use alloc::vec::Vec;
use wasmparser::{FrameKind, FrameStack, Operator, VisitOperator, VisitSimdOperator};

/// Sees each operator before the validator does.
pub(super) struct Visitor<'n, 'a, V> {
    /// The validator.
    pub(super) inner: V,
    /// What is noted before.
    pub(super) notes: &'n mut Notes<'a>,
}

impl<V: FrameStack> FrameStack for Visitor<'_, '_, V> {
    fn current_frame(&self) -> Option<FrameKind> {
        self.inner.current_frame()
    }
}

const NONE: BodyFlags = BodyFlags::NONE;
const LOADS: BodyFlags = BodyFlags::LOADS;
const STORES: BodyFlags = BodyFlags::STORES;
const TABLES: BodyFlags = BodyFlags::TABLES;
const TAIL: BodyFlags = BodyFlags::TAIL_CALLS;

/// Ends the visit before the validator sees the operator, when the function is over its limit.
macro_rules! heavy {
    ($is_over:expr) => {
        if $is_over {
            return Ok(());
        }
    };
}

/// Notes one operator: its visiting method, its immediates, then its arity as `wasmparser` lists it.
macro_rules! note {
    ($v:tt visit_block ($ty:ident) $($arity:tt)*) => {
        heavy!($v.notes.block($ty, Kind::Block))
    };
    ($v:tt visit_loop ($ty:ident) $($arity:tt)*) => {
        heavy!($v.notes.block($ty, Kind::Loop))
    };
    ($v:tt visit_if ($ty:ident) $($arity:tt)*) => {
        heavy!($v.notes.block($ty, Kind::If))
    };
    ($v:tt visit_try ($ty:ident) $($arity:tt)*) => {
        heavy!($v.notes.block($ty, Kind::Block))
    };
    ($v:tt visit_try_table ($table:ident) $($arity:tt)*) => {
        heavy!($v.notes.try_table(&$table))
    };
    ($v:tt visit_else () $($arity:tt)*) => {
        heavy!($v.notes.other_half())
    };
    ($v:tt visit_end () $($arity:tt)*) => {
        heavy!($v.notes.end())
    };
    ($v:tt visit_delegate ($depth:ident) $($arity:tt)*) => {
        heavy!($v.notes.end())
    };
    ($v:tt visit_br ($depth:ident) $($arity:tt)*) => {
        heavy!($v.notes.jump($depth))
    };
    ($v:tt visit_br_if ($depth:ident) $($arity:tt)*) => {
        heavy!($v.notes.branch($depth))
    };
    ($v:tt visit_br_on_null ($depth:ident) $($arity:tt)*) => {
        heavy!($v.notes.branch($depth))
    };
    ($v:tt visit_br_on_non_null ($depth:ident) $($arity:tt)*) => {
        heavy!($v.notes.branch($depth))
    };
    ($v:tt visit_br_on_cast ($depth:ident $from:ident $to:ident) $($arity:tt)*) => {
        heavy!($v.notes.branch($depth))
    };
    ($v:tt visit_br_on_cast_fail ($depth:ident $from:ident $to:ident) $($arity:tt)*) => {
        heavy!($v.notes.branch($depth))
    };
    ($v:tt visit_br_table ($table:ident) $($arity:tt)*) => {
        heavy!($v.notes.branch_table(&$table))
    };
    ($v:tt visit_return () $($arity:tt)*) => {
        heavy!($v.notes.leave())
    };
    ($v:tt visit_call ($function:ident) $($arity:tt)*) => {
        heavy!($v.notes.call($function, NONE))
    };
    ($v:tt visit_return_call ($function:ident) $($arity:tt)*) => {
        heavy!($v.notes.call($function, TAIL))
    };
    ($v:tt visit_call_indirect ($ty:ident $table:ident) $($arity:tt)*) => {
        heavy!($v.notes.call_type($ty, BodyFlags::INDIRECT_CALLS))
    };
    ($v:tt visit_return_call_indirect ($ty:ident $table:ident) $($arity:tt)*) => {
        heavy!($v.notes.call_type($ty, BodyFlags::INDIRECT_CALLS | TAIL))
    };
    ($v:tt visit_call_ref ($ty:ident) $($arity:tt)*) => {
        heavy!($v.notes.call_type($ty, BodyFlags::INDIRECT_CALLS))
    };
    ($v:tt visit_return_call_ref ($ty:ident) $($arity:tt)*) => {
        heavy!($v.notes.call_type($ty, BodyFlags::INDIRECT_CALLS | TAIL))
    };
    ($v:tt visit_unreachable () $($arity:tt)*) => {
        $v.notes.meter.stop()
    };
    ($v:tt visit_throw ($tag:ident) $($arity:tt)*) => {
        $v.notes.meter.stop()
    };
    ($v:tt visit_throw_ref () $($arity:tt)*) => {
        $v.notes.meter.stop()
    };
    ($v:tt visit_rethrow ($depth:ident) $($arity:tt)*) => {
        $v.notes.meter.stop()
    };
    ($v:tt visit_local_get ($local:ident) $($arity:tt)*) => {
        $v.notes.meter.local_get($local)
    };
    ($v:tt visit_local_set ($local:ident) $($arity:tt)*) => {
        $v.notes.meter.local_set($local)
    };
    ($v:tt visit_local_tee ($local:ident) $($arity:tt)*) => {
        $v.notes.meter.local_set($local)
    };
    ($v:tt visit_global_set ($global:ident) $($arity:tt)*) => {{
        $v.notes.effects.globals_written.insert($global);
        $v.notes.body.flags |= BodyFlags::GLOBAL_SETS;
    }};
    ($v:tt visit_ref_func ($function:ident) $($arity:tt)*) => {
        $v.notes.effects.functions_referenced.insert($function)
    };
    ($v:tt visit_memory_grow ($memory:ident) $($arity:tt)*) => {{
        $v.notes.effects.memories_grown.insert($memory);
        $v.notes.body.flags |= BodyFlags::MEMORY_GROW;
    }};
    ($v:tt visit_memory_init ($data:ident $memory:ident) $($arity:tt)*) => {
        $v.notes.bulk(STORES)
    };
    ($v:tt visit_memory_fill ($memory:ident) $($arity:tt)*) => {
        $v.notes.bulk(STORES)
    };
    ($v:tt visit_memory_copy ($to:ident $from:ident) $($arity:tt)*) => {
        $v.notes.bulk(LOADS | STORES)
    };
    ($v:tt visit_table_init ($elements:ident $table:ident) $($arity:tt)*) => {{
        $v.notes.effects.tables_written.insert($table);
        $v.notes.bulk(TABLES);
    }};
    ($v:tt visit_table_fill ($table:ident) $($arity:tt)*) => {{
        $v.notes.effects.tables_written.insert($table);
        $v.notes.bulk(TABLES);
    }};
    ($v:tt visit_table_copy ($to:ident $from:ident) $($arity:tt)*) => {{
        $v.notes.effects.tables_written.insert($to);
        $v.notes.bulk(TABLES);
    }};
    ($v:tt visit_table_set ($table:ident) $($arity:tt)*) => {{
        $v.notes.effects.tables_written.insert($table);
        $v.notes.body.flags |= TABLES;
    }};
    ($v:tt visit_table_grow ($table:ident) $($arity:tt)*) => {{
        $v.notes.effects.tables_written.insert($table);
        $v.notes.body.flags |= TABLES;
    }};
    ($v:tt visit_table_get ($table:ident) $($arity:tt)*) => {
        $v.notes.body.flags |= TABLES
    };
    ($v:tt visit_table_size ($table:ident) $($arity:tt)*) => {
        $v.notes.body.flags |= TABLES
    };
    ($v:tt $visit:ident ($memarg:ident $($lane:ident)?) arity memarg $in:literal -> 0) => {
        $v.notes.access($memarg, STORES)
    };
    ($v:tt $visit:ident ($memarg:ident $($lane:ident)?) arity memarg 1 -> 1) => {
        $v.notes.access($memarg, LOADS)
    };
    ($v:tt $visit:ident ($memarg:ident $lane:ident) arity memarg 2 -> 1) => {
        $v.notes.access($memarg, LOADS)
    };
    ($v:tt $visit:ident ($memarg:ident) arity memarg $in:literal -> 1) => {
        $v.notes.access($memarg, LOADS | STORES)
    };
    ($v:tt $visit:ident ($($immediate:ident)*) $($arity:tt)*) => {};
}

/// Notes what only the proposal of an operator says.
macro_rules! note_proposal {
    ($v:tt threads) => {
        $v.notes.body.flags |= BodyFlags::ATOMICS | LOADS | STORES
    };
    ($v:tt exceptions) => {
        $v.notes.body.flags |= BodyFlags::EXCEPTIONS
    };
    ($v:tt legacy_exceptions) => {
        $v.notes.body.flags |= BodyFlags::EXCEPTIONS
    };
    ($v:tt gc) => {
        $v.notes.body.flags |= BodyFlags::OBJECTS
    };
    ($v:tt simd) => {
        $v.notes.body.flags |= BodyFlags::SIMD
    };
    ($v:tt relaxed_simd) => {
        $v.notes.body.flags |= BodyFlags::SIMD
    };
    ($v:tt stack_switching) => {
        $v.notes.is_unsupported = true
    };
    ($v:tt $other:ident) => {};
}

macro_rules! visit_all {
    ($(@$proposal:ident $op:ident $({ $($arg:ident: $argty:ty),* })? => $visit:ident ($($arity:tt)*))*) => {
        $(
            #[inline]
            fn $visit(&mut self $($(,$arg: $argty)*)?) -> Self::Output {
                note_proposal!(self $proposal);
                note!(self $visit ($($($arg)*)?) $($arity)*);
                self.inner.$visit($($($arg),*)?)
            }
        )*
    };
}

impl<'a, V> VisitOperator<'a> for Visitor<'_, '_, V>
where
    V: VisitOperator<'a, Output = wasmparser::Result<()>>,
{
    type Output = wasmparser::Result<()>;

    fn simd_visitor(&mut self) -> Option<&mut dyn VisitSimdOperator<'a, Output = Self::Output>> {
        // Without the inner one the reader refuses the operator by itself.
        self.inner.simd_visitor().is_some().then_some(self as _)
    }

    // What it does by default would be kept because tables of methods have it, and is a fifth of this file's machine code.
    fn visit_operator(&mut self, _: &Operator<'a>) -> Self::Output {
        unreachable!("operators are read, never handed over")
    }

    wasmparser::for_each_visit_operator!(visit_all);
}

macro_rules! visit_all_simd {
    ($(@$proposal:ident $op:ident $({ $($arg:ident: $argty:ty),* })? => $visit:ident ($($arity:tt)*))*) => {
        $(
            fn $visit(&mut self $($(,$arg: $argty)*)?) -> Self::Output {
                note_proposal!(self $proposal);
                note!(self $visit ($($($arg)*)?) $($arity)*);
                match self.inner.simd_visitor() {
                    Some(inner) => inner.$visit($($($arg),*)?),
                    None => Ok(()),
                }
            }
        )*
    };
}

impl<'a, V> VisitSimdOperator<'a> for Visitor<'_, '_, V>
where
    V: VisitOperator<'a, Output = wasmparser::Result<()>>,
{
    wasmparser::for_each_visit_simd_operator!(visit_all_simd);
}
