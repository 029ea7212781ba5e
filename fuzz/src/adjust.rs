//! What is changed in a generated module before two engines run it.
//!
//! Atomic waits end at once: nobody would ever wake them, because each engine runs a module on one thread. So the
//! timeout of each wait keeps only its lowest bits, which leaves every other way through the operator as it
//! is. The global that counts the steps left is exported, so that each call gets its own. And two of three branches
//! get a hint, true or not, which must not change what the module does.
//! Invariant: nothing else in the module changes. Read next: `generate.rs`.

use wasm_encoder::{
    BranchHint, BranchHints, CodeSection, Encode as _, ExportKind, Instruction, Module, RawSection,
};
use wasmparser::{BinaryReader, BinaryReaderError, FunctionBody, Operator, Parser, Payload};

use crate::provide::{imported_functions, slice};

/// What of a timeout is kept: at most this many nanoseconds, and never the sign, which means for ever.
const TIMEOUT_MASK: i64 = 0xff;

/// The name under which the global is exported that counts the steps left.
pub(crate) const STEPS_LEFT: &str = "steps left";

/// The same module with waits that end, and with global `steps` exported.
pub(crate) fn adjusted(wasm: &[u8], steps: u32) -> Result<Vec<u8>, BinaryReaderError> {
    let mut module = Module::new();
    let (mut code, mut hints, mut functions) = (CodeSection::new(), BranchHints::new(), 0);
    let imported = imported_functions(wasm)?;
    for payload in Parser::new(0).parse_all(wasm) {
        match payload? {
            Payload::CodeSectionStart { count, .. } => functions = count,
            Payload::CodeSectionEntry(body) => {
                let function = imported + code.len();
                let (body, branches) = waiting_shortly(wasm, &body)?;
                code.raw(&body);
                let hinted = branches.into_iter().filter_map(|offset| hint(function, offset));
                hints.function_hints(function, hinted.collect::<Vec<_>>());
                if code.len() == functions {
                    module.section(&hints).section(&code);
                }
            }
            other => {
                let Some((id, range)) = other.as_section() else { continue };
                let content = slice(wasm, range.start, range.end);
                let data = match other {
                    Payload::ExportSection(_) => &exporting(content, steps)?,
                    _ => content,
                };
                module.section(&RawSection { id, data });
            }
        }
    }
    Ok(module.finish())
}

/// What is said of a branch, if anything.
fn hint(function: u32, offset: u32) -> Option<BranchHint> {
    let branch_hint_value = match (function + offset) % 3 {
        value @ (0 | 1) => value,
        _ => return None,
    };
    Some(BranchHint { branch_func_offset: offset, branch_hint_value })
}

/// A body whose waits end, and where in it the branches are that can have hints.
fn waiting_shortly(
    wasm: &[u8],
    body: &FunctionBody<'_>,
) -> Result<(Vec<u8>, Vec<u32>), BinaryReaderError> {
    let mut operators = body.get_operators_reader()?;
    let (mut bytes, mut branches) = (Vec::new(), Vec::new());
    let mut copied = body.range().start;
    while !operators.eof() {
        let (operator, offset) = operators.read_with_offset()?;
        match operator {
            Operator::MemoryAtomicWait32 { .. } | Operator::MemoryAtomicWait64 { .. } => {
                bytes.extend_from_slice(slice(wasm, copied, offset));
                Instruction::I64Const(TIMEOUT_MASK).encode(&mut bytes);
                Instruction::I64And.encode(&mut bytes);
                copied = offset;
            }
            Operator::If { .. } | Operator::BrIf { .. } => {
                let at = bytes.len() as u64 + (offset - copied);
                branches.push(u32::try_from(at).expect("a body is not that large"));
            }
            _ => {}
        }
    }
    bytes.extend_from_slice(slice(wasm, copied, body.range().end));
    Ok((bytes, branches))
}

/// The content of an export section with one more entry.
fn exporting(content: &[u8], global: u32) -> Result<Vec<u8>, BinaryReaderError> {
    let mut reader = BinaryReader::new(content, 0);
    let count = reader.read_var_u32()?;
    let mut bytes = Vec::new();
    (count + 1).encode(&mut bytes);
    bytes.extend_from_slice(slice(content, reader.original_position(), content.len() as u64));
    STEPS_LEFT.encode(&mut bytes);
    ExportKind::Global.encode(&mut bytes);
    global.encode(&mut bytes);
    Ok(bytes)
}
