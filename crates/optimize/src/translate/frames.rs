//! The open blocks of a body, and where a branch to each of them goes.
//!
//! Not here: the operators that open, close and leave blocks, see [`super::control`].
//! Invariant: a frame's exit block exists only once something branches to it.

use super::{Translator, value_type};
use cranelift_codegen::ir::{Block, BlockArg, Inst, InstBuilder, Value};
use holm_module::wasm::BlockType;
use holm_spec::types::ValType;

/// An open block.
pub(super) struct Frame<'a> {
    pub(super) kind: Kind,
    /// Height of the operand stack below the block's parameters.
    pub(super) base: usize,
    pub(super) params: Types<'a>,
    pub(super) results: Types<'a>,
    /// Where the block ends, if anything branches there.
    pub(super) exit: Option<Block>,
    /// Whether the end is reached from a place that is not cold.
    pub(super) is_warm: bool,
    /// The parameters of an `if`, for its second arm.
    pub(super) if_params: Vec<Value>,
    /// Whether the second arm of an `if` is cold.
    pub(super) is_otherwise_cold: bool,
}

impl<'a> Frame<'a> {
    /// A block that nothing has branched to.
    pub(super) fn new(kind: Kind, base: usize, params: Types<'a>, results: Types<'a>) -> Self {
        Self {
            kind,
            base,
            params,
            results,
            exit: None,
            is_warm: false,
            if_params: Vec::new(),
            is_otherwise_cold: false,
        }
    }
}

/// The types of a block's parameters or results.
#[derive(Clone, Copy, Debug)]
pub(super) enum Types<'a> {
    List(&'a [ValType]),
    One([ValType; 1]),
}

impl std::ops::Deref for Types<'_> {
    type Target = [ValType];

    fn deref(&self) -> &[ValType] {
        match self {
            Self::List(types) => types,
            Self::One(ty) => ty,
        }
    }
}

/// What an open block is.
#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
    /// The body.
    Function,
    /// The body of a function that is translated in place of a call.
    Inlined,
    Block,
    /// A loop with its header.
    Loop(Block),
    /// One of several copies of a loop, with the header of the next.
    LoopCopy(Block),
    /// A `try_table`; what it catches is in the translator's list of tries.
    Try,
    /// A `try`; as above.
    LegacyTry,
    /// The first arm of an `if`: how to get to the second.
    If(Otherwise),
    /// The second arm of an `if`.
    Else,
}

/// Where an `if` goes when its condition is zero, before it is known whether there is an `else`.
#[derive(Clone, Copy, Debug)]
pub(super) enum Otherwise {
    /// To a block of its own.
    Block(Block),
    /// To the exit (parameters and results are the same), by this branch. An `else` redirects it.
    Exit(Inst),
    /// The `if` cannot be reached.
    Nowhere,
}

impl<'a> Translator<'a, '_> {
    /// What a block takes and gives.
    pub(super) fn block_type(&self, ty: BlockType) -> (Types<'a>, Types<'a>) {
        match ty {
            BlockType::Empty => (Types::List(&[]), Types::List(&[])),
            BlockType::Type(ty) => {
                let ty = self.env.module.val_type(ty);
                (Types::List(&[]), ty.map_or(Types::List(&[]), |ty| Types::One([ty])))
            }
            BlockType::FuncType(index) => {
                let ty = self.env.ty(index);
                (Types::List(ty.params()), Types::List(ty.results()))
            }
        }
    }

    /// Opens a block whose parameters are on the stack already (if it can be reached).
    pub(super) fn open(&mut self, kind: Kind, ty: BlockType) {
        let (params, results) = self.block_type(ty);
        // Unreachable code pushes nothing, so there are no parameters to take.
        let taken = if self.reachable { params.len() } else { 0 };
        let base = self.stack.len() - taken;
        self.frames.push(Frame::new(kind, base, params, results));
    }

    /// Opens the frame of the body itself.
    pub(super) fn open_function(&mut self, results: &'a [ValType]) {
        let (params, results) = (Types::List(&[]), Types::List(results));
        self.frames.push(Frame::new(Kind::Function, 0, params, results));
    }

    /// The index of the frame that `depth` labels.
    pub(super) fn target(&self, depth: u32) -> usize {
        self.frames.len() - 1 - depth as usize
    }

    /// Number of operands that a branch to a frame takes along.
    pub(super) fn target_arity(&self, frame: usize) -> usize {
        let frame = &self.frames[frame];
        if let Kind::Loop(_) | Kind::LoopCopy(_) = frame.kind {
            frame.params.len()
        } else {
            frame.results.len()
        }
    }

    /// The Cranelift block that a branch to a frame goes to.
    pub(super) fn target_block(&mut self, frame: usize) -> Block {
        match self.frames[frame].kind {
            Kind::Loop(header) | Kind::LoopCopy(header) => header,
            _ => self.exit_block(frame),
        }
    }

    /// The block where a frame ends, to go there from here; made when first asked for.
    pub(super) fn exit_block(&mut self, frame: usize) -> Block {
        self.frames[frame].is_warm |= !self.is_cold;
        if let Some(exit) = self.frames[frame].exit {
            return exit;
        }
        let exit = self.block_with_params(&{ self.frames[frame].results });
        self.frames[frame].exit = Some(exit);
        exit
    }

    /// A new block with parameters of these types.
    pub(super) fn block_with_params(&mut self, types: &[ValType]) -> Block {
        let block = self.b.create_block();
        for ty in types {
            let value = self.b.append_block_param(block, value_type(*ty));
            self.follow(value, *ty);
        }
        block
    }

    /// Ends the current block with a jump.
    pub(super) fn jump(&mut self, block: Block, values: &[Value]) {
        let args = block_args(values);
        self.b.ins().jump(block, &args);
    }

    /// Continues in `block`, whose parameters become the top of the stack above `base`.
    pub(super) fn enter(&mut self, block: Block, base: usize) {
        self.b.switch_to_block(block);
        self.stack.truncate(base);
        self.stack.extend_from_slice(self.b.block_params(block));
        self.reachable = true;
    }
}

/// Values as arguments of a branch.
pub(super) fn block_args(values: &[Value]) -> Vec<BlockArg> {
    values.iter().map(|value| BlockArg::Value(*value)).collect()
}
