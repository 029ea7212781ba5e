//! One function body → one Cranelift function.
//!
//! The [`Translator`] walks the operators once, with the operand stack and the open blocks beside it; each
//! operator is a small method in the file of its family. A family answers whether an operator was its own.
//! Invariant: what is on the operand stack has the type that validation proved, in the form of
//! [`clif_type`], except that vectors keep their lane type until they meet a join, a local or a call.
//! Read next: [`control`], then [`memory`], then [`call`].

mod access;
mod array;
mod atomic;
mod bulk;
mod call;
mod cast;
mod control;
mod conversion;
mod exception;
pub(crate) mod flags;
mod float;
mod frames;
mod fuel;
mod global;
mod heap;
mod hint;
mod indirect;
mod inline;
mod integer;
mod legacy;
mod local;
mod memory;
mod object;
mod place;
mod poll;
mod reference;
mod reference_call;
mod resume;
mod table;
mod tail;
pub(crate) mod trap;
mod unroll;
mod vector_access;
mod vector_conversion;
mod vector_float;
mod vector_integer;
mod vector_lanes;
mod vector_relaxed;
mod wide;

use crate::environment::{Environment, clif_type};
use crate::error::Failure;
use crate::isa::Effort;
use cranelift_codegen::entity::{EntitySet, SecondaryMap};
use cranelift_codegen::ir::{
    self, FuncRef, Function, InstBuilder, SigRef, StackSlot, UserFuncName, Value, types,
};
use cranelift_frontend::{FunctionBuilder, FunctionBuilderContext};
use flags::Regions;
use frames::Frame;
use holm_abi::{Entry, Part};
use holm_module::wasm::{Operator, OperatorsReader};
use holm_spec::types::RefType;
use local::Local;
pub(crate) use place::Places;
use std::collections::BTreeMap;

pub(crate) use crate::environment;

/// The translation of one body in progress.
pub(crate) struct Translator<'a, 'f> {
    env: &'a Environment<'a>,
    b: FunctionBuilder<'f>,
    /// The operand stack.
    stack: Vec<Value>,
    /// The open blocks, the function's own first.
    frames: Vec<Frame<'a>>,
    /// The open tries, the outermost first.
    tries: Vec<exception::Try>,
    /// Parameters and locals of the function being translated.
    locals: Vec<Local>,
    /// The frame of the body being translated: the function's own, or that of an inlined call.
    body_frame: usize,
    inlining: inline::Inlining,
    /// Whether code may grow to become faster.
    expands: bool,
    /// Operators that copies of loops may still add.
    loop_growth: u32,
    /// Whether the place can be reached. If not, operators only open and close blocks.
    reachable: bool,
    /// Whether the place is seldom reached.
    is_cold: bool,
    /// The value of the pinned register: the same in the whole function.
    anchor: Value,
    /// Where results go that do not fit into registers, if the function's own do not.
    result_buffer: Option<Value>,
    /// Space for results of callees that do not fit into registers.
    result_slot: Option<StackSlot>,
    regions: Regions,
    signatures: BTreeMap<u32, SigRef>,
    thunk_signatures: BTreeMap<u32, SigRef>,
    functions: BTreeMap<(u32, u32), FuncRef>,
    /// Signatures of calls in a try, if they have to be others.
    keeping: BTreeMap<SigRef, Option<SigRef>>,
    /// The types that references had where they came into being.
    born_as: SecondaryMap<Value, Option<RefType>>,
    /// The values that the collector follows.
    collected: EntitySet<Value>,
    /// The loop that the function is to begin at, if not at its start.
    resume: Option<resume::Resume>,
    polls: u32,
    /// Whether the code calls any function.
    calls: bool,
    segment: Option<fuel::Segment>,
    places: Places,
}

/// What translation says about an operator: whether a family has handled it.
type Handled = Result<bool, Failure>;

/// Fills `func` with the translation of a defined function from one of its entries on.
pub(crate) fn function(
    env: &Environment<'_>,
    part: Part,
    effort: Effort,
    func: &mut Function,
    scratch: &mut FunctionBuilderContext,
) -> Result<Places, Failure> {
    let Part { defined, entry: begin } = part;
    let settings = env.settings;
    let expands = effort == Effort::Full && settings.optimize && !settings.fuel;
    let ty = env.function_type_index(env.module.function_index(defined));
    func.name = UserFuncName::user(environment::NAMESPACE_FUNCTION, defined);
    func.signature = env.signature(ty).clone();
    if let Entry::Loop { .. } = begin {
        let buffer = usize::from(env.has_result_buffer(ty));
        func.signature.params.truncate(buffer);
        func.signature.params.push(ir::AbiParam::new(types::I64));
    }
    let mut b = FunctionBuilder::new(func, scratch);
    let entry = b.create_block();
    b.append_block_params_for_function_params(entry);
    b.switch_to_block(entry);
    b.seal_block(entry);
    let anchor = b.ins().get_pinned_reg(types::I64);
    let mut translator = Translator {
        env,
        b,
        stack: Vec::new(),
        frames: Vec::new(),
        tries: Vec::new(),
        locals: Vec::new(),
        body_frame: 0,
        inlining: inline::Inlining::new(env, defined, expands),
        expands,
        loop_growth: env.known.body(defined).map_or(0, Translator::loop_growth),
        reachable: true,
        is_cold: false,
        anchor,
        result_buffer: None,
        result_slot: None,
        regions: Regions::default(),
        signatures: BTreeMap::new(),
        thunk_signatures: BTreeMap::new(),
        functions: BTreeMap::new(),
        keeping: BTreeMap::new(),
        born_as: SecondaryMap::new(),
        collected: EntitySet::new(),
        resume: None,
        polls: 0,
        calls: false,
        segment: None,
        places: Places::default(),
    };
    translator.separate_frame_slots();
    translator.body(part, ty, entry)?;
    translator.b.finalize(env.frontend);
    Ok(translator.places)
}

impl Translator<'_, '_> {
    /// Translates the whole body into the blocks after `entry`.
    fn body(&mut self, part: Part, ty: u32, entry: ir::Block) -> Result<(), Failure> {
        let Part { defined, entry: begin } = part;
        let env = self.env;
        let mut params = self.b.block_params(entry).to_vec();
        if env.has_result_buffer(ty) {
            self.result_buffer = Some(params.remove(0));
        }
        let mut reader = env.known.read(defined)?;
        let types = env.ty(ty).params();
        let mut poll = None;
        if let Entry::Loop { offset, locals_at } = begin {
            self.begin_at_loop((offset, locals_at), types, params[0], &reader)?;
        } else {
            self.declare_locals(types, &params, &reader.locals);
            self.follow_all(&params, types);
            self.locate(env.known.body(defined).map_or(0, |body| body.range.start));
            let calls = env.known.body(defined).is_some_and(|body| body.calls > 0);
            poll = if calls { self.poll() } else { None };
        }
        self.open_function(env.ty(ty).results());
        self.begin_segment();
        self.operators(&mut reader.operators)?;
        if let Some(poll) = poll
            && !self.calls
        {
            // All calls turned out to be of functions that are inlined.
            self.b.func.layout.remove_inst(poll);
        }
        match &self.resume {
            Some(resume) if !resume.is_entered() => {
                Err(Failure::Limit("the loop that it is to begin at cannot be reached".to_owned()))
            }
            _ => Ok(()),
        }
    }

    /// Translates operators up to the end of their body.
    fn operators(&mut self, operators: &mut OperatorsReader<'_>) -> Result<(), Failure> {
        while !operators.eof() {
            self.step(operators)?;
        }
        Ok(())
    }

    /// Translates the next operator, or the next loop if it is one to be unrolled.
    fn step(&mut self, operators: &mut OperatorsReader<'_>) -> Result<(), Failure> {
        let (operator, offset) = operators.read_with_offset()?;
        self.locate(offset);
        if self.reachable && self.resume.is_some() {
            self.keep_operands(&operator);
        }
        if let Operator::Loop { blockty } = operator
            && self.reachable
        {
            let copies = self.loop_copies(operators)?;
            if copies > 1 {
                return self.unrolled_loop(blockty, operators, copies);
            }
        }
        self.operator(&operator)
    }

    /// Says which place in the file the next instructions stem from.
    fn locate(&mut self, offset: u64) {
        let offset = u32::try_from(offset).unwrap_or(u32::MAX);
        let location = self.places.location(offset);
        self.b.set_srcloc(location);
    }

    fn operator(&mut self, operator: &Operator<'_>) -> Result<(), Failure> {
        if !self.reachable {
            return self.unreachable_operator(operator);
        }
        self.count_operator();
        let handled = self.local_operator(operator)?
            || self.integer_operator(operator)?
            || self.memory_operator(operator)?
            || self.control_operator(operator)?
            || self.call_operator(operator)?
            || self.global_operator(operator)?
            || self.float_operator(operator)?
            || self.conversion_operator(operator)?
            || self.bulk_operator(operator)?
            || self.table_operator(operator)?
            || self.reference_operator(operator)?
            || self.struct_operator(operator)?
            || self.array_operator(operator)?
            || self.cast_operator(operator)?
            || self.reference_call_operator(operator)?
            || self.tail_call_operator(operator)?
            || self.exception_operator(operator)?
            || self.vector_operator(operator)?
            || self.wide_operator(operator)?
            || self.atomic_operator(operator)?;
        if handled {
            // An operator may have made blocks of its own.
            self.set_cold(self.is_cold);
            Ok(())
        } else {
            Err(Failure::Bug(format!("operator {operator:?} has no translation")))
        }
    }

    fn vector_operator(&mut self, operator: &Operator<'_>) -> Handled {
        Ok(self.vector_access_operator(operator)?
            || self.vector_integer_operator(operator)?
            || self.vector_float_operator(operator)?
            || self.vector_lane_operator(operator)?
            || self.vector_conversion_operator(operator)?
            || self.vector_relaxed_operator(operator)?)
    }

    fn push(&mut self, value: Value) {
        self.stack.push(value);
    }

    fn pop(&mut self) -> Value {
        self.stack.pop().expect("validation proved the operand")
    }

    fn pop2(&mut self) -> (Value, Value) {
        let second = self.pop();
        (self.pop(), second)
    }

    fn pop3(&mut self) -> (Value, Value, Value) {
        let third = self.pop();
        let (first, second) = self.pop2();
        (first, second, third)
    }

    /// The top `count` operands, lowest first, in the form that joins and calls want.
    fn peek_canonical(&mut self, count: usize) -> Vec<Value> {
        let start = self.stack.len() - count;
        (start..self.stack.len()).map(|at| self.canonical(self.stack[at])).collect()
    }

    /// The same for operands that are taken off the stack.
    fn pop_canonical(&mut self, count: usize) -> Vec<Value> {
        let values = self.peek_canonical(count);
        self.stack.truncate(self.stack.len() - count);
        values
    }

    /// The value with a vector's lanes seen as bytes.
    fn canonical(&mut self, value: Value) -> Value {
        let ty = self.b.func.dfg.value_type(value);
        if ty.is_vector() { self.as_lanes(value, types::I8X16) } else { value }
    }

    /// The vector seen with other lanes.
    fn as_lanes(&mut self, value: Value, ty: ir::Type) -> Value {
        if self.b.func.dfg.value_type(value) == ty {
            return value;
        }
        let flags = ir::MemFlagsData::new().with_endianness(ir::Endianness::Little);
        self.b.ins().bitcast(ty, flags, value)
    }

    /// Zero of a type.
    fn zero(&mut self, ty: ir::Type) -> Value {
        if ty == types::F32 {
            self.b.ins().f32const(0.0)
        } else if ty == types::F64 {
            self.b.ins().f64const(0.0)
        } else if ty.is_vector() {
            let zeros = self.b.func.dfg.constants.insert([0; 16].as_slice().into());
            self.b.ins().vconst(ty, zeros)
        } else {
            self.b.ins().iconst(ty, 0)
        }
    }

    /// The 32-bit integer that a condition stands for.
    fn push_condition(&mut self, condition: Value) {
        let value = self.b.ins().uextend(types::I32, condition);
        self.push(value);
    }

    /// The Cranelift signature of a type, for calls.
    fn signature(&mut self, ty: u32) -> SigRef {
        if let Some(known) = self.signatures.get(&ty) {
            return *known;
        }
        let signature = self.b.import_signature(self.env.signature(ty).clone());
        self.signatures.insert(ty, signature);
        signature
    }

    /// The signature of the foreign-call thunk of a type, and of the ways to imports of it.
    fn thunk_signature(&mut self, ty: u32) -> SigRef {
        if let Some(known) = self.thunk_signatures.get(&ty) {
            return *known;
        }
        let signature = crate::thunk::signature(self.env.signature(ty));
        let signature = self.b.import_signature(signature);
        self.thunk_signatures.insert(ty, signature);
        signature
    }

    /// Loads a field of the context that nobody changes while the instance lives.
    fn context_constant(&mut self, ty: ir::Type, offset: i32) -> Value {
        self.b.ins().load(ty, Self::constant_flags(), self.anchor, offset)
    }
}

/// The type of the operand stack's values for a type of the standard.
const fn value_type(ty: holm_spec::types::ValType) -> ir::Type {
    clif_type(ty)
}
