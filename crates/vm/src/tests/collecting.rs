//! A collection while machine code is in the interpreter in machine code: references in frames and in slots.

use super::fake::{Fake, Running, Stop, promote};
use super::tiered::{call, framed, publish_program, run, ty};
use super::{Function, code, instantiate};
use crate::*;
use holm_abi::object::{ObjectLayout, StructLayout};
use holm_spec::trap::TrapReason;
use holm_spec::types::{FieldType, StorageType, ValType};
use std::sync::Arc;

/// The type of objects with a number in them.
const NODE: u32 = 1;

type Body = fn(&Running<'_>) -> Result<(), Stop>;

fn make(r: &Running<'_>, value: u64) -> u64 {
    r.objects(|objects| {
        let made = objects.struct_new_zeroed(NODE).unwrap();
        objects.object_write(made, 4, 4, value.into());
        made.into()
    })
}

fn read(r: &Running<'_>, slot: usize) -> u64 {
    let reference = r.slot(slot) as u32;
    r.objects(|objects| objects.object_read(reference, 4, 4)) as u64
}

/// 4 → 0 → 1 → 2 → 3, each with a reference; 0 and 2 are to be machine code, the others have theirs in their first slot.
/// 5 gives the number in an object.
fn bodies() -> [Body; 6] {
    let unused: Body = |_| Err(Stop::Trap(TrapReason::Bug));
    let middle: Body = |r| {
        r.set(2, make(r, 10 * read(r, 0)));
        r.call(2, 2)?;
        r.set(0, r.slot(2) + read(r, 0));
        Ok(())
    };
    let last: Body = |r| {
        for _ in 0..3 {
            make(r, 12345);
            r.objects(|objects| objects.collect(true)).unwrap();
        }
        r.set(0, read(r, 0));
        Ok(())
    };
    let first: Body = |r| {
        r.set(0, make(r, 3));
        r.set(2, r.slot(0));
        r.call(0, 2)?;
        r.set(0, r.slot(2) + 10_000 * read(r, 0));
        Ok(())
    };
    let number: Body = |r| {
        r.set(0, read(r, 0));
        Ok(())
    };
    [unused, middle, unused, last, first, number]
}

/// Machine code that keeps its argument below its frame pointer while it calls another function with it, and adds the
/// number in it to the result.
fn promote_keeper(code_of: &Arc<PublishedCode>, defined: u32, callee: u32) {
    // sub rsp, 16; mov [rbp - 8], edi; the call
    let before = [&[0x48, 0x83, 0xec, 0x10, 0x89, 0x7d, 0xf8][..], &call(callee)].concat();
    // mov [rbp - 16], rax; mov edi, [rbp - 8]; the call; add rax, [rbp - 16]
    let after = [&[0x48, 0x89, 0x45, 0xf0, 0x8b, 0x7d, 0xf8][..], &call(5)].concat();
    let bytes = framed(&[&before[..], &after, &[0x48, 0x03, 0x45, 0xf0]].concat());
    let functions: [Function<'_>; 1] = [(&bytes, &[])];
    let mut parts = code(&functions, &[defined]);
    parts.frames.push((4 + before.len() as u32, 0));
    parts.frame_slots.extend([1, 8]);
    promote(code_of, parts);
}

#[test]
fn the_collector_finds_references_in_every_stay() {
    let one = ty(&[ValType::ANYREF], &[ValType::I64]);
    let functions = bodies().map(|body| (one.clone(), Box::new(body) as _));
    let mut fake = Fake::new(&[], functions.into());
    fake.references = vec![false, true, false, true, true, false];
    let code_of = publish_program(fake);
    let mut machine = instantiate(&code_of, 6, &[]);
    let field = FieldType { storage: StorageType::Val(ValType::I32), mutable: true };
    let node = ObjectLayout::Struct(StructLayout::new(&[field]));
    machine.store.objects_mut().need_type(NODE, &node).unwrap();
    promote_keeper(&code_of, 0, 1);
    promote_keeper(&code_of, 2, 3);
    for _ in 0..10 {
        // 30 in what 2 and 3 were given, 3 in what 0, 1 and 4 have.
        assert_eq!(run(&mut machine, 4, &[0]).unwrap(), 30 + 30 + 3 + 3 + 30_000);
    }
}
