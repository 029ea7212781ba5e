//! Calls through references, and the operators that tell null from the rest: `call_ref`, `ref.as_non_null`,
//! `br_on_null`, `br_on_non_null`.
//!
//! A reference to a function is the index of its record in the store. The record says whose anchor the code
//! expects: with the own one it is called at once, with another through the foreign-call thunk. Where only a few functions
//! of the module can be meant, the reference is compared with theirs first, and each is a direct call.
//! Read next: [`super::indirect`].

use super::flags::Region;
use super::frames::block_args;
use super::{Handled, Translator, trap};
use crate::error::Failure;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{Block, InstBuilder, Value, types};
use holm_abi::layout;
use holm_module::wasm::Operator;
use holm_spec::trap::TrapReason;

/// A function that has passed its checks and can be called.
#[derive(Clone, Copy)]
pub(super) struct Found {
    /// The entry of a table, or the record of the function.
    pub(super) at: Value,
    pub(super) is_entry: bool,
    /// Not zero when the code expects another anchor than this one.
    pub(super) away: Value,
}

/// The most functions that a reference is compared with, if at least one of them stays a call.
const GUESSES_MAX: usize = 4;

impl<'a> Translator<'a, '_> {
    pub(super) fn reference_call_operator(&mut self, operator: &Operator<'_>) -> Handled {
        match operator {
            Operator::CallRef { type_index } => self.call_ref(*type_index)?,
            Operator::RefAsNonNull => {
                let reference = self.pop();
                self.b.ins().trapz(reference, trap::code(TrapReason::NullReference));
                self.push(reference);
            }
            Operator::BrOnNull { relative_depth } => self.branch_on_null(*relative_depth),
            Operator::BrOnNonNull { relative_depth } => self.branch_on_non_null(*relative_depth),
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn call_ref(&mut self, ty: u32) -> Result<(), Failure> {
        let reference = self.pop();
        let args = self.pop_canonical(self.env.ty(ty).params().len());
        let base = self.stack.len();
        let joined = self.block_with_params(self.env.ty(ty).results());
        let guesses = self.guesses(ty);
        for function in guesses {
            self.call_if(reference, *function, &args, joined)?;
        }
        let likely = self.likely_callee(ty).filter(|function| !guesses.contains(function));
        if let Some(function) = likely {
            self.call_if(reference, function, &args, joined)?;
        }
        let found = self.checked_reference(reference);
        let (near, far) = (self.b.create_block(), self.b.create_block());
        self.b.set_cold_block(far);
        self.b.ins().brif(found.away, far, &[], near, &[]);
        self.switch_to_only(far);
        let results = self.call_foreign(ty, found.at, args.clone());
        self.jump(joined, &results);
        self.switch_to_only(near);
        let code = self.code_of(found);
        let signature = self.signature(ty);
        let call = |t: &mut Self, args: &[Value]| t.emit_call_indirect(signature, code, args);
        let results = self.with_results(ty, args, call);
        self.jump(joined, &results);
        self.b.seal_block(joined);
        self.enter(joined, base);
        Ok(())
    }

    /// The functions with which it is worth comparing a reference of a type before it is called.
    fn guesses(&self, ty: u32) -> &'a [u32] {
        let functions = self.env.named(ty);
        let is_small = |function: &u32| {
            let defined = self.env.module.defined_index(*function);
            defined.is_some_and(|defined| self.wants_inlined(defined))
        };
        let few = functions.len() <= GUESSES_MAX || functions.iter().all(is_small);
        if self.expands && few { functions } else { &[] }
    }

    /// The function that the indirect call at hand, of a type, called nearly every time while it was interpreted.
    pub(super) fn likely_callee(&self, ty: u32) -> Option<u32> {
        let function = self.env.profile.callee(self.inlining.current()?, self.places.here())?;
        // Whoever says it may be wrong: of another type, or nobody has a reference to it.
        let found = self.env.module.functions.get(function as usize)?.0;
        self.env.known.rank_if_escaped(function).ok().flatten()?;
        (self.env.settings.optimize && found == ty).then_some(function)
    }

    /// Calls a function, or has it inlined, and goes on in `joined`, if a reference is to it.
    pub(super) fn call_if(
        &mut self,
        reference: Value,
        function: u32,
        args: &[Value],
        joined: Block,
    ) -> Result<(), Failure> {
        // Nobody has a reference to the others.
        let Some(rank) = self.env.known.rank_if_escaped(function)? else { return Ok(()) };
        let base = self.stack.len();
        let first = self.context_constant(types::I32, layout::FUNCTIONS_FIRST);
        let itself = self.b.ins().iadd_imm_s(first, rank);
        let same = self.b.ins().icmp(IntCC::Equal, reference, itself);
        let (chosen, other) = (self.b.create_block(), self.b.create_block());
        self.b.ins().brif(same, chosen, &[], other, &[]);
        self.switch_to_only(chosen);
        self.stack.extend_from_slice(args);
        self.call(function)?;
        if self.reachable {
            let values = self.peek_canonical(self.stack.len() - base);
            self.jump(joined, &values);
        }
        self.stack.truncate(base);
        self.reachable = true;
        self.switch_to_only(other);
        Ok(())
    }

    /// The function that a reference refers to; traps when it is null.
    pub(super) fn checked_reference(&mut self, reference: Value) -> Found {
        self.b.ins().trapz(reference, trap::code(TrapReason::NullFunctionReference));
        let at = self.record_at(reference);
        let flags = self.flags(Region::Tables);
        let anchor = self.b.ins().load(types::I64, flags, at, layout::CALLEE_ANCHOR);
        let away = self.b.ins().icmp(IntCC::NotEqual, anchor, self.anchor);
        Found { at, is_entry: false, away }
    }

    /// The address of the record that a reference is the index of.
    pub(super) fn record_at(&mut self, reference: Value) -> Value {
        let reference = self.b.ins().uextend(types::I64, reference);
        let store = self.context_constant(types::I64, layout::STORE);
        let flags = self.flags(Region::Context);
        let records = self.b.ins().load(types::I64, flags, store, layout::STORE_FUNCTIONS);
        let offset = self.b.ins().imul_imm_u(reference, i64::from(layout::RECORD_BYTES));
        self.b.ins().iadd(records, offset)
    }

    /// The address of the record of what was found.
    pub(super) fn record_of(&mut self, found: Found) -> Value {
        if !found.is_entry {
            return found.at;
        }
        let flags = self.flags(Region::Tables);
        let reference = self.b.ins().load(types::I32, flags, found.at, layout::ENTRY_REFERENCE);
        self.record_at(reference)
    }

    /// The code of what was found; entries and records both start with it.
    pub(super) fn code_of(&mut self, found: Found) -> Value {
        const { assert!(layout::ENTRY_CODE == layout::CALLEE_CODE) };
        let flags = self.flags(Region::Tables);
        self.b.ins().load(types::I64, flags, found.at, layout::ENTRY_CODE)
    }

    fn branch_on_null(&mut self, depth: u32) {
        self.end_segment();
        let reference = self.pop();
        let frame = self.target(depth);
        let values = self.peek_canonical(self.target_arity(frame));
        let block = self.target_block(frame);
        let next = self.b.create_block();
        let args = block_args(&values);
        self.b.ins().brif(reference, next, &[], block, &args);
        self.switch_to_only(next);
        self.push(reference);
        self.begin_segment();
    }

    fn branch_on_non_null(&mut self, depth: u32) {
        self.end_segment();
        let frame = self.target(depth);
        let values = self.peek_canonical(self.target_arity(frame));
        let reference = self.pop();
        let block = self.target_block(frame);
        let next = self.b.create_block();
        let args = block_args(&values);
        self.b.ins().brif(reference, block, &args, next, &[]);
        self.switch_to_only(next);
        self.begin_segment();
    }
}
