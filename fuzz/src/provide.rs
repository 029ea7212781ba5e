//! A module that offers what another one imports, of the very types that it asks for.
//!
//! It begins with the same types, so that types in groups, open ones and those below others meet across two modules. Functions
//! return zeros and nulls, or trap where a type has neither. Not here: what a host offers by itself (see the engines).
//! Invariant: export number n is for import number n. Read next: `generate.rs`.

use wasm_encoder::{
    AbstractHeapType, CodeSection, Encode as _, ExportKind, ExportSection, Function, HeapType,
    Instruction, Module, RawSection, SectionId,
};
use wasmparser::{
    BinaryReader, BinaryReaderError, CompositeInnerType, Parser, Payload, RefType, TypeRef,
    UnpackedIndex, ValType,
};

/// What a module asks of another one.
#[derive(Default)]
struct Wanted<'a> {
    types: &'a [u8],
    /// The results of each type, if it is one of functions.
    results: Vec<Vec<ValType>>,
    imports: Vec<(TypeRef, &'a [u8])>,
}

/// The module that offers what `wasm` imports; nothing if it imports nothing, or what only a host can offer.
pub(crate) fn provider(wasm: &[u8]) -> Result<Option<Vec<u8>>, BinaryReaderError> {
    let wanted = wanted(wasm)?;
    Ok(if wanted.imports.is_empty() { None } else { offer(&wanted) })
}

/// How many functions a module imports.
pub(crate) fn imported_functions(wasm: &[u8]) -> Result<u32, BinaryReaderError> {
    let is_function = |ty: &TypeRef| matches!(ty, TypeRef::Func(_) | TypeRef::FuncExact(_));
    let count = wanted(wasm)?.imports.iter().filter(|(ty, _)| is_function(ty)).count();
    Ok(u32::try_from(count).expect("a module imports not that much"))
}

fn wanted(wasm: &[u8]) -> Result<Wanted<'_>, BinaryReaderError> {
    let mut wanted = Wanted::default();
    for payload in Parser::new(0).parse_all(wasm) {
        match payload? {
            Payload::TypeSection(section) => {
                wanted.types = slice(wasm, section.range().start, section.range().end);
                for group in section {
                    for ty in group?.into_types() {
                        wanted.results.push(match ty.composite_type.inner {
                            CompositeInnerType::Func(ty) => ty.results().to_vec(),
                            _ => Vec::new(),
                        });
                    }
                }
            }
            Payload::ImportSection(section) => {
                let content = slice(wasm, section.range().start, section.range().end);
                let mut reader = BinaryReader::new(content, 0);
                for _ in 0..reader.read_var_u32()? {
                    reader.read_string()?;
                    reader.read_string()?;
                    // Behind the kind, a type is written as in its own section.
                    let start = reader.original_position() + 1;
                    let ty = reader.read::<TypeRef>()?;
                    let bytes = slice(content, start, reader.original_position());
                    wanted.imports.push((ty, bytes));
                }
            }
            _ => {}
        }
    }
    Ok(wanted)
}

/// Entries of one section.
#[derive(Default)]
struct Entries {
    count: u32,
    bytes: Vec<u8>,
}

impl Entries {
    /// Adds an entry; its index.
    fn push(&mut self, parts: &[&[u8]]) -> u32 {
        parts.iter().for_each(|part| self.bytes.extend_from_slice(part));
        self.count += 1;
        self.count - 1
    }

    fn put_into(&self, module: &mut Module, id: SectionId) {
        let mut data = Vec::new();
        self.count.encode(&mut data);
        data.extend_from_slice(&self.bytes);
        module.section(&RawSection { id: id.into(), data: &data });
    }
}

fn offer(wanted: &Wanted<'_>) -> Option<Vec<u8>> {
    let [mut functions, mut tables, mut memories, mut tags, mut globals] =
        [const { Entries { count: 0, bytes: Vec::new() } }; 5];
    let (mut exports, mut code) = (ExportSection::new(), CodeSection::new());
    for (number, (ty, bytes)) in wanted.imports.iter().enumerate() {
        let (kind, index) = match ty {
            TypeRef::Func(ty) | TypeRef::FuncExact(ty) => {
                let results = wanted.results.get(usize::try_from(*ty).ok()?)?;
                let mut body = vec![];
                match results.iter().map(|ty| zero(*ty)).collect::<Option<Vec<_>>>() {
                    Some(zeros) => body.extend(zeros.concat()),
                    None => Instruction::Unreachable.encode(&mut body),
                }
                let mut function = Function::new([]);
                function.raw(body).instruction(&Instruction::End);
                code.function(&function);
                (ExportKind::Func, functions.push(&[bytes]))
            }
            TypeRef::Table(ty) if ty.element_type.is_nullable() => {
                (ExportKind::Table, tables.push(&[bytes]))
            }
            TypeRef::Table(_) => return None,
            // The reference does not expect a fault in a memory that two of its instances share.
            TypeRef::Memory(ty) if ty.shared => return None,
            TypeRef::Memory(_) => (ExportKind::Memory, memories.push(&[bytes])),
            TypeRef::Tag(_) => (ExportKind::Tag, tags.push(&[bytes])),
            TypeRef::Global(ty) => {
                let mut end = Vec::new();
                Instruction::End.encode(&mut end);
                let initial = zero(ty.content_type)?;
                (ExportKind::Global, globals.push(&[bytes, &initial, &end]))
            }
        };
        exports.export(&number.to_string(), kind, index);
    }
    let mut module = Module::new();
    if !wanted.types.is_empty() {
        module.section(&RawSection { id: SectionId::Type.into(), data: wanted.types });
    }
    functions.put_into(&mut module, SectionId::Function);
    tables.put_into(&mut module, SectionId::Table);
    memories.put_into(&mut module, SectionId::Memory);
    tags.put_into(&mut module, SectionId::Tag);
    globals.put_into(&mut module, SectionId::Global);
    module.section(&exports).section(&code);
    Some(module.finish())
}

/// The operator that makes zero or null of a type, if it has either.
fn zero(ty: ValType) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let operator = match ty {
        ValType::I32 => Instruction::I32Const(0),
        ValType::I64 => Instruction::I64Const(0),
        ValType::F32 => Instruction::F32Const(0.0.into()),
        ValType::F64 => Instruction::F64Const(0.0.into()),
        ValType::V128 => Instruction::V128Const(0),
        ValType::Ref(ty) if ty.is_nullable() => Instruction::RefNull(heap_type(ty)?),
        ValType::Ref(_) => return None,
    };
    operator.encode(&mut bytes);
    Some(bytes)
}

fn heap_type(ty: RefType) -> Option<HeapType> {
    use wasmparser::AbstractHeapType as From;
    Some(match ty.heap_type() {
        wasmparser::HeapType::Concrete(UnpackedIndex::Module(index)) => HeapType::Concrete(index),
        wasmparser::HeapType::Abstract { shared, ty } => HeapType::Abstract {
            shared,
            ty: match ty {
                From::Func => AbstractHeapType::Func,
                From::Extern => AbstractHeapType::Extern,
                From::Any => AbstractHeapType::Any,
                From::None => AbstractHeapType::None,
                From::NoExtern => AbstractHeapType::NoExtern,
                From::NoFunc => AbstractHeapType::NoFunc,
                From::Eq => AbstractHeapType::Eq,
                From::Struct => AbstractHeapType::Struct,
                From::Array => AbstractHeapType::Array,
                From::I31 => AbstractHeapType::I31,
                From::Exn => AbstractHeapType::Exn,
                From::NoExn => AbstractHeapType::NoExn,
                From::Cont | From::NoCont => return None,
            },
        },
        _ => return None,
    })
}

/// A part of a file that is in memory.
pub(crate) fn slice(bytes: &[u8], start: u64, end: u64) -> &[u8] {
    let position = |offset| usize::try_from(offset).expect("a file that is in memory");
    &bytes[position(start)..position(end)]
}
