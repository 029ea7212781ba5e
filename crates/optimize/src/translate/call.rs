//! Direct calls, calls of imported functions, calls of builtins.
//!
//! A defined function is called by a direct call inside the image, or, if it is not there, by way of its entry. An imported function lives in another
//! instance or in the host: the call takes the way that the instance was given for it, which is the
//! foreign-call thunk of its type (it changes the anchor and changes it back) or a stub that leads straight
//! to the host. Read next: [`super::indirect`], [`crate::thunk`].

use super::flags::Region;
use super::{Handled, Translator, environment};
use crate::environment::Calls;
use crate::error::Failure;
use cranelift_codegen::ir::{
    AbiParam, Block, ExtFuncData, ExternalName, FuncRef, InstBuilder, SigRef, Signature,
    StackSlotData, StackSlotKind, UserExternalName, Value, types,
};
use cranelift_codegen::isa::CallConv;
use holm_abi::signature::RESULT_BYTES;
use holm_abi::{Builtin, layout};
use holm_module::wasm::Operator;

/// How a function of the module is called.
#[derive(Clone, Copy)]
pub(super) enum Callee {
    /// Directly: it is in the image.
    Here(FuncRef),
    /// By way of its entry, which has the address of its code.
    Elsewhere { signature: SigRef, code: Value },
    /// By the way that the instance was given, or, if it was given none and there is a thunk, by that. Both take the
    /// address of what is called in front of the function's own arguments.
    Import { signature: SigRef, code: Value, thunk: Option<FuncRef>, target: Value },
}

impl Translator<'_, '_> {
    pub(super) fn call_operator(&mut self, operator: &Operator<'_>) -> Handled {
        match operator {
            Operator::Call { function_index } => self.call(*function_index)?,
            Operator::CallIndirect { type_index, table_index } => {
                self.call_indirect(*type_index, *table_index)?;
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    pub(super) fn call(&mut self, function: u32) -> Result<(), Failure> {
        let ty = self.env.function_type_index(function);
        if let Some(defined) = self.env.module.defined_index(function)
            && self.wants_inlined(defined)
        {
            return self.inline_call(defined, ty);
        }
        let args = self.pop_canonical(self.env.ty(ty).params().len());
        let callee = self.callee(function, ty);
        let results = self.with_results(ty, args, |t, args| t.emit_call_of(callee, args));
        self.stack.extend(results);
        Ok(())
    }

    /// How a function of the module is called.
    pub(super) fn callee(&mut self, function: u32, ty: u32) -> Callee {
        let Some(defined) = self.env.module.defined_index(function) else {
            let offset = self.env.layout.imported_function(function);
            let target = self.b.ins().iadd_imm_s(self.anchor, i64::from(offset));
            let code = self.context_constant(types::I64, offset + layout::IMPORT_VIA);
            let thunk = match self.env.calls {
                Calls::Image => None,
                Calls::Entries(_) => Some(self.function(environment::NAMESPACE_THUNK, ty, ty)),
            };
            return Callee::Import { signature: self.thunk_signature(ty), code, thunk, target };
        };
        if self.env.is_in_image(defined) {
            return Callee::Here(self.function(environment::NAMESPACE_FUNCTION, defined, ty));
        }
        let entries = self.context_constant(types::I64, layout::ENTRIES);
        let offset = u64::from(defined) * u64::from(layout::FUNCTION_ENTRY_BYTES);
        let offset = i32::try_from(offset)
            .unwrap_or(i32::MAX)
            .saturating_add(layout::FUNCTION_ENTRY_MACHINE);
        // May be an older one than the latest: whatever once stood there stays good.
        let flags = self.flags(Region::Entries);
        let code = self.b.ins().load(types::I64, flags, entries, offset);
        Callee::Elsewhere { signature: self.signature(ty), code }
    }

    fn emit_call_of(&mut self, callee: Callee, args: &[Value]) -> Vec<Value> {
        match callee {
            Callee::Here(function) => self.emit_call(function, args),
            Callee::Elsewhere { signature, code } => self.emit_call_indirect(signature, code, args),
            Callee::Import { signature, code, thunk, target } => {
                let args = [&[target], args].concat();
                let Some(thunk) = thunk else {
                    return self.emit_call_indirect(signature, code, &args);
                };
                let (special, plain) = self.fork(code);
                let joined = self.b.create_block();
                let returns = self.b.func.dfg.signatures[signature].returns.clone();
                for value in returns {
                    self.b.append_block_param(joined, value.value_type);
                }
                self.switch_to_only(special);
                let results = self.emit_call_indirect(signature, code, &args);
                self.jump(joined, &results);
                self.switch_to_only(plain);
                let results = self.emit_call(thunk, &args);
                self.jump(joined, &results);
                self.switch_to_only(joined);
                self.b.block_params(joined).to_vec()
            }
        }
    }

    /// Ends the block: goes to the first of two new ones if a value is not zero, else to the second.
    pub(super) fn fork(&mut self, value: Value) -> (Block, Block) {
        let (yes, no) = (self.b.create_block(), self.b.create_block());
        self.b.ins().brif(value, yes, &[], no, &[]);
        (yes, no)
    }

    /// Calls what `target` (the address of a `Callee`) says, with its own anchor.
    pub(super) fn call_foreign(&mut self, ty: u32, target: Value, args: Vec<Value>) -> Vec<Value> {
        let thunk = self.function(environment::NAMESPACE_THUNK, ty, ty);
        self.with_results(ty, args, |t, args| {
            let args: Vec<Value> = [&[target], args].concat();
            t.emit_call(thunk, &args)
        })
    }

    /// Makes a call, with a buffer for its results if they need one, and gives its results.
    pub(super) fn with_results(
        &mut self,
        ty: u32,
        mut args: Vec<Value>,
        call: impl FnOnce(&mut Self, &[Value]) -> Vec<Value>,
    ) -> Vec<Value> {
        self.calls = true;
        if !self.env.has_result_buffer(ty) {
            let values = call(self, &args);
            self.follow_all(&values, self.env.ty(ty).results());
            return values;
        }
        let results = self.env.ty(ty).results();
        let bytes =
            u32::try_from(results.len()).map_or(u32::MAX, |n| n.saturating_mul(RESULT_BYTES));
        let buffer = self.result_slot(bytes);
        args.insert(0, buffer);
        call(self, &args);
        let flags = self.flags(Region::Results);
        let places = results.iter().zip((0_i32..).step_by(RESULT_BYTES as usize));
        let load = |(ty, offset): (&_, i32)| {
            let value = self.b.ins().load(super::value_type(*ty), flags, buffer, offset);
            self.follow(value, *ty);
            value
        };
        places.map(load).collect()
    }

    /// Writes results into the caller's buffer.
    pub(super) fn store_results(&mut self, buffer: Value, values: &[Value]) {
        let flags = self.flags(Region::Results);
        for (value, offset) in values.iter().zip((0_i32..).step_by(RESULT_BYTES as usize)) {
            self.b.ins().store(flags, *value, buffer, offset);
        }
    }

    /// The address of at least `bytes` bytes for results; the same place for every call.
    pub(super) fn result_slot(&mut self, bytes: u32) -> Value {
        let slot = match self.result_slot {
            Some(slot) => slot,
            None => {
                let data = StackSlotData::new(StackSlotKind::ExplicitSlot, 0, 4);
                *self.result_slot.insert(self.b.create_sized_stack_slot(data))
            }
        };
        let size = &mut self.b.func.sized_stack_slots[slot].size;
        *size = bytes.max(*size);
        self.b.ins().stack_addr(types::I64, slot, 0)
    }

    /// A function of the image, for calls.
    pub(super) fn function(&mut self, namespace: u32, index: u32, ty: u32) -> FuncRef {
        if let Some(known) = self.functions.get(&(namespace, index)) {
            return *known;
        }
        let signature = match namespace {
            environment::NAMESPACE_THUNK => self.thunk_signature(ty),
            _ => self.signature(ty),
        };
        let name = UserExternalName { namespace, index };
        let name = ExternalName::user(self.b.func.declare_imported_user_function(name));
        let data = ExtFuncData { name, signature, colocated: true, patchable: false };
        let function = self.b.import_function(data);
        self.functions.insert((namespace, index), function);
        function
    }

    /// Calls a builtin and gives its result, which is meaningless for some.
    pub(super) fn builtin(&mut self, builtin: Builtin, args: &[Value]) -> Value {
        let signature = self.builtin_signature(builtin);
        let code = self.context_constant(types::I64, layout::builtin_offset(builtin));
        let call = self.b.ins().call_indirect(signature, code, args);
        self.b.inst_results(call)[0]
    }

    fn builtin_signature(&mut self, builtin: Builtin) -> SigRef {
        let mut signature = Signature::new(CallConv::SystemV);
        let params = (0..builtin.arguments()).map(|_| AbiParam::new(types::I64));
        signature.params.extend(params);
        signature.returns.push(AbiParam::new(types::I64));
        self.b.import_signature(signature)
    }
}
