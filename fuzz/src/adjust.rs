//! What is changed in a generated module before two engines run it.
//!
//! Atomic waits end at once: nobody would ever wake them, because each engine runs a module on one thread. So the
//! timeout of each wait keeps only its lowest bits, which leaves every other way through the operator as it
//! is. And the global that counts the steps left is exported, so that each call gets its own.
//! Invariant: nothing else in the module changes. Read next: `generate.rs`.

use wasm_encoder::{CodeSection, Encode as _, ExportKind, Instruction, Module, RawSection};
use wasmparser::{BinaryReader, BinaryReaderError, FunctionBody, Operator, Parser, Payload};

use crate::provide::slice;

/// What of a timeout is kept: at most this many nanoseconds, and never the sign, which means for ever.
const TIMEOUT_MASK: i64 = 0xff;

/// The name under which the global is exported that counts the steps left.
pub(crate) const STEPS_LEFT: &str = "steps left";

/// The same module with waits that end, and with global `steps` exported.
pub(crate) fn adjusted(wasm: &[u8], steps: u32) -> Result<Vec<u8>, BinaryReaderError> {
    let mut module = Module::new();
    let (mut code, mut functions) = (CodeSection::new(), 0);
    for payload in Parser::new(0).parse_all(wasm) {
        match payload? {
            Payload::CodeSectionStart { count, .. } => functions = count,
            Payload::CodeSectionEntry(body) => {
                code.raw(&waiting_shortly(wasm, &body)?);
                if code.len() == functions {
                    module.section(&code);
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

/// A body whose waits end.
fn waiting_shortly(wasm: &[u8], body: &FunctionBody<'_>) -> Result<Vec<u8>, BinaryReaderError> {
    let mut operators = body.get_operators_reader()?;
    let mut bytes = Vec::new();
    let mut copied = body.range().start;
    while !operators.eof() {
        let (operator, offset) = operators.read_with_offset()?;
        if let Operator::MemoryAtomicWait32 { .. } | Operator::MemoryAtomicWait64 { .. } = operator
        {
            bytes.extend_from_slice(slice(wasm, copied, offset));
            Instruction::I64Const(TIMEOUT_MASK).encode(&mut bytes);
            Instruction::I64And.encode(&mut bytes);
            copied = offset;
        }
    }
    bytes.extend_from_slice(slice(wasm, copied, body.range().end));
    Ok(bytes)
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
