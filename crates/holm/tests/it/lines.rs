//! Lines of source code in backtraces, from DWARF that the tests write themselves.

use crate::support::*;
use gimli::write::{
    Address, AttributeValue, DwarfUnit, EndianVec, FileId, LineProgram, LineString, Range,
    RangeList, Sections, UnitEntryId,
};
use gimli::{Encoding, Format, LineEncoding, LittleEndian};
use holm::{Linker, Module, Result, Store, Symbol};

const GUEST: &str = r#"(module
    (func $divide (export "divide") (param i32) (result i32)
      (i32.div_u (i32.const 100) (local.get 0))))"#;

/// Where the content of the code section starts and ends.
fn code_section(wasm: &[u8]) -> std::ops::Range<u64> {
    let mut at = 8;
    while wasm[at] != 10 {
        assert!(wasm[at + 1] < 128, "sections of the guest are small");
        at += 2 + usize::from(wasm[at + 1]);
    }
    let start = at as u64 + 2;
    start..start + u64::from(wasm[at + 1])
}

fn append_section(wasm: &mut Vec<u8>, name: &str, content: &[u8]) {
    let length = 1 + name.len() + content.len();
    let low = u8::try_from(length % 128).unwrap();
    wasm.extend([0, low | 128, u8::try_from(length / 128).unwrap()]);
    wasm.push(u8::try_from(name.len()).unwrap());
    wasm.extend(name.as_bytes());
    wasm.extend(content);
}

/// Lines of `math.c` that begin at these offsets in the code section.
fn lines(encoding: Encoding, rows: &[(u64, u64)], code_bytes: u64) -> (LineProgram, FileId) {
    let text = |text: &str| LineString::String(text.as_bytes().to_vec());
    let mut program =
        LineProgram::new(encoding, LineEncoding::default(), text(""), None, text("math.c"), None);
    let file: FileId = program.add_file(text("math.c"), program.default_directory(), None);
    program.begin_sequence(Some(Address::Constant(0)));
    for (offset, line) in rows {
        program.row().address_offset = *offset;
        program.row().file = file;
        program.row().line = *line;
        program.row().column = 15;
        program.generate_row();
    }
    program.end_sequence(code_bytes);
    (program, file)
}

/// DWARF that says: everything is in `checked_division`, inlined at line 12 of `divide`.
fn dwarf(rows: &[(u64, u64)], code_bytes: u64) -> Vec<(&'static str, Vec<u8>)> {
    let encoding = Encoding { format: Format::Dwarf32, version: 4, address_size: 4 };
    let mut dwarf = DwarfUnit::new(encoding);
    let (program, file) = lines(encoding, rows, code_bytes);
    dwarf.unit.line_program = program;

    let all = Range::StartEnd { begin: Address::Constant(0), end: Address::Constant(code_bytes) };
    let ranges = dwarf.unit.ranges.add(RangeList(vec![all]));
    let root = dwarf.unit.root();
    let set = |dwarf: &mut DwarfUnit, entry: UnitEntryId, name, value| {
        dwarf.unit.get_mut(entry).set(name, value);
    };
    let name = |name: &str| AttributeValue::String(name.as_bytes().to_vec());
    set(&mut dwarf, root, gimli::DW_AT_ranges, AttributeValue::RangeListRef(ranges));
    set(&mut dwarf, root, gimli::DW_AT_low_pc, AttributeValue::Address(Address::Constant(0)));
    set(&mut dwarf, root, gimli::DW_AT_name, name("math.c"));
    let inner = dwarf.unit.add(root, gimli::DW_TAG_subprogram);
    set(&mut dwarf, inner, gimli::DW_AT_name, name("checked_division"));
    let outer = dwarf.unit.add(root, gimli::DW_TAG_subprogram);
    set(&mut dwarf, outer, gimli::DW_AT_name, name("divide"));
    let call = dwarf.unit.add(outer, gimli::DW_TAG_inlined_subroutine);
    set(&mut dwarf, call, gimli::DW_AT_abstract_origin, AttributeValue::UnitRef(inner));
    set(&mut dwarf, call, gimli::DW_AT_call_file, AttributeValue::FileIndex(Some(file)));
    set(&mut dwarf, call, gimli::DW_AT_call_line, AttributeValue::Udata(12));
    for entry in [outer, call] {
        set(&mut dwarf, entry, gimli::DW_AT_low_pc, AttributeValue::Address(Address::Constant(0)));
        set(&mut dwarf, entry, gimli::DW_AT_high_pc, AttributeValue::Udata(code_bytes));
    }
    let mut sections = Sections::new(EndianVec::new(LittleEndian));
    dwarf.write(&mut sections).unwrap();
    let mut out = Vec::new();
    let keep = |id: gimli::SectionId, data: &EndianVec<LittleEndian>| -> gimli::write::Result<()> {
        if !data.slice().is_empty() {
            out.push((id.name(), data.slice().to_vec()));
        }
        Ok(())
    };
    sections.for_each(keep).unwrap();
    out
}

#[test]
fn backtraces_have_files_and_lines() -> Result<()> {
    let mut wasm = wat::parse_str(GUEST).unwrap();
    let code = code_section(&wasm);
    for (name, content) in dwarf(&[(0, 7)], code.end - code.start) {
        append_section(&mut wasm, name, &content);
    }
    let compiled = Module::new(&ENGINE, &wasm)?;
    let loaded = Module::from_trusted_artifact(&ENGINE, compiled.artifact()?)?;
    for module in [compiled, loaded] {
        let mut store = Store::new(&ENGINE, ());
        let instance = Linker::new(&ENGINE).instantiate(&mut store, &module)?;
        let divide = instance.get_typed_func::<i32, i32>(&mut store, "divide")?;
        let error = error(divide.call(&mut store, 0));
        let backtrace = error.backtrace().unwrap();
        let frame = &backtrace.frames()[0];
        let symbol = |function: &str, line, column| Symbol {
            function: Some(function.to_owned()),
            file: Some("math.c".to_owned()),
            line: Some(line),
            column,
        };
        assert_eq!(
            frame.symbols(),
            [symbol("checked_division", 7, Some(15)), symbol("divide", 12, None)]
        );
        let offset = frame.wasm_offset().unwrap();
        assert_eq!(
            backtrace.to_string(),
            format!(
                "   0: {offset:#x} - divide\n        at math.c:7:15 (inlined checked_division)\n        \
                 at math.c:12"
            )
        );
    }
    Ok(())
}

/// Calls that Holm itself replaces by what they call have lines of their own.
#[test]
fn inlined_calls_have_their_lines() -> Result<()> {
    let guest = r#"(module
        (func $divide (param i32) (result i32) (i32.div_u (i32.const 1) (local.get 0)))
        (func $calls (export "calls") (param i32) (result i32)
          (i32.add (call $divide (local.get 0)) (i32.const 1))))"#;
    let mut wasm = wat::parse_str(guest).unwrap();
    let code = code_section(&wasm);
    // After the number of bodies, and the size of the first in one byte.
    let second = 2 + u64::from(wasm[usize::try_from(code.start).unwrap() + 1]);
    let rows = [(0, 7), (second, 20)];
    for (name, content) in dwarf(&rows, code.end - code.start) {
        append_section(&mut wasm, name, &content);
    }
    let mut store = Store::new(&ENGINE, ());
    let module = Module::new(&ENGINE, &wasm)?;
    let instance = Linker::new(&ENGINE).instantiate(&mut store, &module)?;
    let calls = instance.get_typed_func::<i32, i32>(&mut store, "calls")?;
    let error = error(calls.call(&mut store, 0));
    let frames = error.backtrace().unwrap().frames();
    let known = frames.iter().map(|frame| (frame.function_name(), frame.symbols()[0].line));
    assert_eq!(known.collect::<Vec<_>>(), [(Some("divide"), Some(7)), (Some("calls"), Some(20))]);
    Ok(())
}

/// A prologue that overflows the stack is its own function's.
#[test]
fn an_overflow_is_where_it_is() -> Result<()> {
    let guest = r#"(module
        (func $before (export "before") (result i32) (i32.const 1))
        (func $deep (export "deep") (param i64) (result i64) (local i64)
          (local.set 1 (i64.add (call $deep (i64.add (local.get 0) (i64.const 1))) (local.get 0)))
          (i64.add (call $deep (local.get 1)) (local.get 1))))"#;
    let mut store = Store::new(&ENGINE, ());
    let instance = Linker::new(&ENGINE).instantiate(&mut store, &Module::new(&ENGINE, guest)?)?;
    let deep = instance.get_typed_func::<i64, i64>(&mut store, "deep")?;
    let error = error(deep.call(&mut store, 0));
    let frames = error.backtrace().unwrap().frames();
    assert!(frames.iter().all(|f| f.function_name() == Some("deep") && f.wasm_offset().is_some()));
    Ok(())
}
