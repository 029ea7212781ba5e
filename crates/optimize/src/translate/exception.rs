//! Exceptions: `try_table`, `throw`, `throw_ref`, and which calls have a handler.
//!
//! A call inside a try ends its block and names one handler, which is the same for all calls in that try: the
//! handler compares the exception's tag with each clause and passes on what no clause wants, to the try
//! around it or out of the function. An exception arrives as the address of its record (see
//! [`holm_abi::layout`]). A throw whose catch is in the same function is a branch.
//! Not here: how a handler is found (see `holm-vm`), the earlier form of exceptions ([`super::legacy`]).
//! Invariant: a record is read before anything else runs, and never kept. Read next: [`super::legacy`].

use super::flags::Region;
use super::frames::Kind;
use super::{Handled, Translator, trap};
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{
    self, AbiParam, Block, BlockArg, ExceptionTable, ExceptionTableData, ExceptionTableItem,
    ExtFuncData, FuncRef, InstBuilder, SigRef, Value, types,
};
use cranelift_codegen::isa::CallConv;
use holm_abi::signature::RESULT_BYTES;
use holm_abi::{Architecture, Builtin, layout};
use holm_module::TypeIndex;
use holm_module::wasm::{Catch, Operator, TryTable};
use holm_spec::trap::TrapReason;

/// An open try.
pub(super) struct Try {
    /// Its frame.
    pub(super) frame: usize,
    /// Where exceptions from its body arrive, if something in there can throw.
    pub(super) handler: Option<Block>,
    pub(super) clauses: Clauses,
}

/// What a try catches.
pub(super) enum Clauses {
    /// The list of a `try_table`.
    Table(Vec<Clause>),
    /// Not known before the end of the body: the earlier form.
    Unknown,
    /// The body is over: one of the clauses of the earlier form is being translated.
    Caught(super::legacy::Caught),
}

/// One clause of a `try_table`.
#[derive(Clone, Copy)]
pub(super) struct Clause {
    /// What it catches; nothing means everything.
    tag: Option<u32>,
    /// Whether it wants a reference.
    reference: bool,
    /// The frame that its label names.
    target: usize,
}

/// What can be said beforehand of the catch of a throw.
enum Outlook {
    /// This clause, which wants no reference.
    Clause(Clause),
    Unknown,
}

impl Translator<'_, '_> {
    pub(super) fn exception_operator(&mut self, operator: &Operator<'_>) -> Handled {
        match operator {
            Operator::TryTable { try_table } => self.open_try(try_table),
            Operator::Throw { tag_index } => self.throw(*tag_index),
            Operator::ThrowRef => {
                let reference = self.pop();
                self.throw_reference(reference);
            }
            _ => return self.legacy_operator(operator),
        }
        Ok(true)
    }

    fn open_try(&mut self, table: &TryTable) {
        let clause = |catch: &Catch| {
            let (tag, reference, label) = match *catch {
                Catch::One { tag, label } => (Some(tag), false, label),
                Catch::OneRef { tag, label } => (Some(tag), true, label),
                Catch::All { label } => (None, false, label),
                Catch::AllRef { label } => (None, true, label),
            };
            Clause { tag, reference, target: self.target(label) }
        };
        let clauses = Clauses::Table(table.catches.iter().map(clause).collect());
        self.open(Kind::Try, table.ty);
        self.tries.push(Try { frame: self.frames.len() - 1, handler: None, clauses });
    }

    /// The end of a `try_table`'s body: its handler follows, if something needs it.
    pub(super) fn close_try(&mut self) {
        let Some(Try { frame, handler: Some(handler), clauses }) = self.tries.pop() else { return };
        if self.reachable {
            self.fall_through(frame);
        }
        self.switch_to_only(handler);
        let record = self.b.block_params(handler)[0];
        let Clauses::Table(clauses) = clauses else { return };
        for clause in clauses {
            let other = clause.tag.map(|tag| self.compare_tag(record, tag));
            let target = self.target_block(clause.target);
            let mut values = match clause.tag {
                Some(tag) => self.values_of(record, tag),
                None => Vec::new(),
            };
            if clause.reference {
                values.push(self.reference_to(record));
            } else {
                self.mark(record, layout::EXCEPTION_CAUGHT);
            }
            self.jump(target, &values);
            match other {
                Some(other) => self.switch_to_only(other),
                None => return,
            }
        }
        self.pass_on(record, self.active_try());
    }

    /// Goes on in a new block if the exception has this tag. Gives the block for the other case.
    pub(super) fn compare_tag(&mut self, record: Value, tag: u32) -> Block {
        let flags = self.flags(Region::Context);
        // Not as a constant, which would be loaded before the loop around and take a register in it.
        let wanted = self.b.ins().load(types::I32, flags, self.anchor, self.env.layout.tag(tag));
        let found = self.b.ins().load(types::I32, flags, record, layout::EXCEPTION_TAG);
        let same = self.b.ins().icmp(IntCC::Equal, found, wanted);
        let (yes, no) = (self.b.create_block(), self.b.create_block());
        [yes, no].into_iter().for_each(|block| self.b.set_cold_block(block));
        self.b.ins().brif(same, yes, &[], no, &[]);
        self.switch_to_only(yes);
        no
    }

    /// The values of an exception that has this tag.
    pub(super) fn values_of(&mut self, record: Value, tag: u32) -> Vec<Value> {
        let flags = self.flags(Region::Context);
        let params = self.env.ty(self.tag_type(tag)).params();
        let offsets = (layout::EXCEPTION_VALUES..).step_by(RESULT_BYTES as usize);
        let load = |(ty, offset): (&_, i32)| {
            let value = self.b.ins().load(super::value_type(*ty), flags, record, offset);
            self.follow(value, *ty);
            value
        };
        params.iter().zip(offsets).map(load).collect()
    }

    /// A reference to an exception, which may be kept from here on.
    pub(super) fn reference_to(&mut self, record: Value) -> Value {
        self.mark(record, layout::EXCEPTION_ESCAPED);
        let flags = self.flags(Region::Context);
        self.b.ins().load(types::I32, flags, record, layout::EXCEPTION_REFERENCE)
    }

    /// Adds a bit to an exception's state.
    fn mark(&mut self, record: Value, bit: u32) {
        let flags = self.flags(Region::Context);
        let state = self.b.ins().load(types::I32, flags, record, layout::EXCEPTION_STATE);
        let state = self.b.ins().bor_imm_u(state, i64::from(bit));
        self.b.ins().store(flags, state, record, layout::EXCEPTION_STATE);
    }

    /// The innermost try whose body this place is in.
    pub(super) fn active_try(&self) -> Option<usize> {
        self.active_try_within(usize::MAX)
    }

    /// The same for the place of a frame.
    pub(super) fn active_try_within(&self, frame: usize) -> Option<usize> {
        let is_active =
            |open: &Try| !matches!(open.clauses, Clauses::Caught(_)) && open.frame <= frame;
        self.tries.iter().rposition(is_active)
    }

    /// Hands an exception to a try of this function, or else out of the function.
    pub(super) fn pass_on(&mut self, record: Value, to: Option<usize>) {
        match to {
            Some(index) => {
                let handler = self.handler(index);
                self.jump(handler, &[record]);
            }
            None => {
                let flags = self.flags(Region::Context);
                let reference = self.b.ins().uload32(flags, record, layout::EXCEPTION_REFERENCE);
                self.leave_by(Builtin::ThrowRef, &[reference]);
            }
        }
    }

    /// Where exceptions in the body of a try arrive.
    fn handler(&mut self, index: usize) -> Block {
        if let Some(handler) = self.tries[index].handler {
            return handler;
        }
        let handler = self.b.create_block();
        self.b.append_block_param(handler, types::I64);
        self.b.set_cold_block(handler);
        self.tries[index].handler = Some(handler);
        handler
    }

    /// Calls a builtin that never returns.
    fn leave_by(&mut self, builtin: Builtin, args: &[Value]) {
        self.builtin(builtin, args);
        self.b.ins().trap(trap::code(TrapReason::Bug));
    }

    fn tag_type(&self, tag: u32) -> u32 {
        let TypeIndex(ty) = self.env.module.tags[tag as usize];
        ty
    }

    fn throw(&mut self, tag: u32) {
        self.end_segment();
        let params = self.env.ty(self.tag_type(tag)).params();
        let values = self.pop_canonical(params.len());
        if let Outlook::Clause(clause) = self.outlook(tag) {
            let target = self.target_block(clause.target);
            let values = if clause.tag.is_some() { &values[..] } else { &[] };
            self.jump(target, values);
            return self.leave();
        }
        let bytes = u32::try_from(values.len()).map_or(u32::MAX, |n| n * RESULT_BYTES);
        let address = if values.is_empty() {
            self.b.ins().iconst(types::I64, 0)
        } else {
            let address = self.result_slot(bytes);
            self.store_results(address, &values);
            address
        };
        let tag = self.b.ins().iconst(types::I64, i64::from(tag));
        match self.active_try() {
            None => self.leave_by(Builtin::Throw, &[tag, address]),
            to => {
                let record = self.builtin(Builtin::ExceptionNew, &[tag, address]);
                self.pass_on(record, to);
            }
        }
        self.leave();
    }

    /// Which clause catches an exception of this tag that is thrown here.
    fn outlook(&self, tag: u32) -> Outlook {
        let imported = self.env.module.imported_tags;
        for open in self.tries.iter().rev() {
            let clauses = match &open.clauses {
                Clauses::Caught(_) => continue,
                Clauses::Unknown => return Outlook::Unknown,
                Clauses::Table(clauses) => clauses,
            };
            for clause in clauses {
                match clause.tag {
                    // Tags that are imported can be the same under different numbers.
                    Some(other) if other != tag && other.max(tag) >= imported => {}
                    Some(other) if other != tag => return Outlook::Unknown,
                    _ if clause.reference => return Outlook::Unknown,
                    _ => return Outlook::Clause(*clause),
                }
            }
        }
        Outlook::Unknown
    }

    /// Throws an exception again.
    pub(super) fn throw_reference(&mut self, reference: Value) {
        self.end_segment();
        self.b.ins().trapz(reference, trap::code(TrapReason::NullReference));
        let reference = self.b.ins().uextend(types::I64, reference);
        match self.active_try() {
            None => self.leave_by(Builtin::ThrowRef, &[reference]),
            to => {
                let record = self.builtin(Builtin::ExceptionRecord, &[reference]);
                self.pass_on(record, to);
            }
        }
        self.leave();
    }

    /// Calls a function, with a handler if this place is in a try; gives the results in registers.
    pub(super) fn emit_call(&mut self, callee: FuncRef, args: &[Value]) -> Vec<Value> {
        let Some(index) = self.active_try() else {
            let call = self.b.ins().call(callee, args);
            return self.b.inst_results(call).to_vec();
        };
        let (table, next, callee) = self.with_kept_registers(callee, index);
        self.b.ins().try_call(callee, args, table);
        self.switch_to_only(next);
        self.b.block_params(next).to_vec()
    }

    /// The same for a function whose address is a value.
    pub(super) fn emit_call_indirect(
        &mut self,
        signature: SigRef,
        code: Value,
        args: &[Value],
    ) -> Vec<Value> {
        let Some(index) = self.active_try() else {
            let call = self.b.ins().call_indirect(signature, code, args);
            return self.b.inst_results(call).to_vec();
        };
        let signature = self.keeping_registers(signature).unwrap_or(signature);
        let (table, next) = self.exception_table(signature, index);
        self.b.ins().try_call_indirect(code, args, table);
        self.switch_to_only(next);
        self.b.block_params(next).to_vec()
    }

    /// The exception table of a direct call, the block after it, and the callee as the call names it.
    fn with_kept_registers(
        &mut self,
        callee: FuncRef,
        index: usize,
    ) -> (ExceptionTable, Block, FuncRef) {
        let data = &self.b.func.dfg.ext_funcs[callee];
        let (signature, name) = (data.signature, data.name.clone());
        let Some(keeping) = self.keeping_registers(signature) else {
            let (table, next) = self.exception_table(signature, index);
            return (table, next, callee);
        };
        let data = ExtFuncData { name, signature: keeping, colocated: true, patchable: false };
        let (table, next) = self.exception_table(keeping, index);
        (table, next, self.b.import_function(data))
    }

    /// The signature of a call over which registers are kept also when it throws, if values are passed alike.
    ///
    /// To Cranelift a call in the tail convention that throws destroys every register, so that nothing can stay
    /// in one over a call in a try. One in the C convention does not. Where the two pass values in the same
    /// places, the same function can be called either way; whoever finds the handler restores the registers.
    fn keeping_registers(&mut self, signature: SigRef) -> Option<SigRef> {
        if self.env.settings.architecture != Architecture::X86_64 {
            return None;
        }
        if let Some(known) = self.keeping.get(&signature) {
            return *known;
        }
        let of = &self.b.func.dfg.signatures[signature];
        let count = |values: &[AbiParam], vectors: bool| {
            let is_vector = |ty: ir::Type| ty.is_float() || ty.is_vector();
            values.iter().filter(|value| is_vector(value.value_type) == vectors).count()
        };
        let registers = &self.env.registers;
        let alike = count(&of.params, false) <= registers.int_arguments as usize
            && count(&of.params, true) <= registers.vector_arguments as usize
            && count(&of.returns, false) <= 1
            && count(&of.returns, true) <= 1;
        let mut keeping = of.clone();
        keeping.call_conv = CallConv::SystemV;
        let keeping = alike.then(|| self.b.import_signature(keeping));
        self.keeping.insert(signature, keeping);
        keeping
    }

    /// What a call in a try names: the block after it, which takes its results, and the try's handler. The
    /// table also says where this frame keeps its anchor, for whoever resumes it.
    fn exception_table(&mut self, signature: SigRef, index: usize) -> (ExceptionTable, Block) {
        let next = self.b.create_block();
        let returns = self.b.func.dfg.signatures[signature].returns.clone();
        for value in &returns {
            self.b.append_block_param(next, value.value_type);
        }
        let results: Vec<BlockArg> = (0..).map(BlockArg::TryCallRet).take(returns.len()).collect();
        let handler = self.handler(index);
        let dfg = &mut self.b.func.dfg;
        let normal = dfg.block_call(next, &results);
        let caught = dfg.block_call(handler, &[BlockArg::TryCallExn(0)]);
        let items = [ExceptionTableItem::Context(self.anchor), ExceptionTableItem::Default(caught)];
        let table = ExceptionTableData::new(signature, normal, items);
        (dfg.exception_tables.push(table), next)
    }
}
