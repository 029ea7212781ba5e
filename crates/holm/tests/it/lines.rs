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

/// DWARF that says: everything is line 7 of `math.c`, in `checked_division`, inlined at line 12 of `divide`.
fn dwarf(code_bytes: u64) -> Vec<(&'static str, Vec<u8>)> {
    let encoding = Encoding { format: Format::Dwarf32, version: 4, address_size: 4 };
    let mut dwarf = DwarfUnit::new(encoding);
    let text = |text: &str| LineString::String(text.as_bytes().to_vec());
    let mut program =
        LineProgram::new(encoding, LineEncoding::default(), text(""), None, text("math.c"), None);
    let file: FileId = program.add_file(text("math.c"), program.default_directory(), None);
    program.begin_sequence(Some(Address::Constant(0)));
    program.row().file = file;
    program.row().line = 7;
    program.row().column = 15;
    program.generate_row();
    program.end_sequence(code_bytes);
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
    for (name, content) in dwarf(code.end - code.start) {
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
