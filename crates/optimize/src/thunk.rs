//! Foreign-call thunks: one per function type that the module calls across instances.
//!
//! `thunk(target, arguments…)` changes the pinned register to the target's anchor, calls the target's code
//! and changes it back; before that it notes in the store who called. Thunks hold the only instructions
//! of an image that write the pinned register. Read next: [`holm_abi::layout::Callee`].

use crate::environment::{self, Environment};
use cranelift_codegen::ir::{
    AbiParam, Function, InstBuilder, MemFlagsData, Signature, UserFuncName, types,
};
use cranelift_frontend::{FunctionBuilder, FunctionBuilderContext};
use holm_abi::layout;

/// The signature of the thunk for functions of a signature.
pub(crate) fn signature(of: &Signature) -> Signature {
    let mut signature = of.clone();
    signature.params.insert(0, AbiParam::new(types::I64));
    signature
}

/// Fills `func` with the thunk of a type.
pub(crate) fn build(
    env: &Environment<'_>,
    ty: u32,
    func: &mut Function,
    scratch: &mut FunctionBuilderContext,
) {
    func.name = UserFuncName::user(environment::NAMESPACE_THUNK, ty);
    func.signature = signature(env.signature(ty));
    let mut b = FunctionBuilder::new(func, scratch);
    let entry = b.create_block();
    b.append_block_params_for_function_params(entry);
    b.switch_to_block(entry);
    b.seal_block(entry);
    let params = b.block_params(entry).to_vec();
    let flags = MemFlagsData::trusted();
    let own = b.ins().get_pinned_reg(types::I64);
    let store = b.ins().load(types::I64, flags, own, layout::STORE);
    b.ins().store(flags, own, store, layout::STORE_CALLER);
    let code = b.ins().load(types::I64, flags, params[0], layout::CALLEE_CODE);
    let anchor = b.ins().load(types::I64, flags, params[0], layout::CALLEE_ANCHOR);
    b.ins().set_pinned_reg(anchor);
    let callee = b.import_signature(env.signature(ty).clone());
    let call = b.ins().call_indirect(callee, code, &params[1..]);
    b.ins().set_pinned_reg(own);
    let results = b.inst_results(call).to_vec();
    b.ins().return_(&results);
    b.finalize(env.frontend);
}
