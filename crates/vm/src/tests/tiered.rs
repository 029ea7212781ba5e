//! Functions that are interpreted until they have machine code: calls in both directions, images, their limits.

use super::fake::{Fake, Running, Stop, promote};
use super::{ADD, LOAD, Machine, UNREACHABLE, abi, code, instantiate, verified};
use crate::*;
use holm_abi::layout::{ENTRIES, FUNCTION_ENTRY_BYTES, FUNCTION_ENTRY_MACHINE, POLL};
use holm_abi::{CodeParts, Interpreted};
use holm_spec::trap::TrapReason;
use holm_spec::types::{FuncType, ValType};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

pub(super) const CODE_BYTES: usize = 64 << 10;

/// `mov r11, [r15 + ENTRIES]`, then `call` or `jmp [r11 + entry]`.
fn through_entry(defined: u32, how: u8) -> Vec<u8> {
    let entry = defined * FUNCTION_ENTRY_BYTES + FUNCTION_ENTRY_MACHINE.cast_unsigned();
    let parts = [&[0x4d, 0x8b, 0x9f][..], &ENTRIES.to_le_bytes(), &[0x41, 0xff, how]];
    [&parts.concat()[..], &entry.to_le_bytes()].concat()
}

/// Calls a defined function the way code does.
pub(super) fn call(defined: u32) -> Vec<u8> {
    through_entry(defined, 0x93)
}

/// Goes on in a defined function, as a tail call does.
fn jump(defined: u32) -> Vec<u8> {
    through_entry(defined, 0xa3)
}

/// Something between `push rbp; mov rbp, rsp` and `leave; ret`.
pub(super) fn framed(body: &[u8]) -> Vec<u8> {
    [&[0x55, 0x48, 0x89, 0xe5], body, &[0xc9, 0xc3]].concat()
}

pub(super) fn ty(params: &[ValType], results: &[ValType]) -> FuncType {
    FuncType::new(params.to_vec(), results.to_vec())
}

type Body = fn(&Running<'_>) -> Result<(), Stop>;

/// A program of these functions.
pub(super) fn program(functions: &[(FuncType, Body)]) -> Arc<PublishedCode> {
    let functions = functions.iter().map(|(ty, body)| (ty.clone(), Box::new(*body) as _));
    publish_program(Fake::new(&[], functions.collect()))
}

pub(super) fn publish_program(program: Fake) -> Arc<PublishedCode> {
    PublishedCode::tiered(Arc::new(program), CODE_BYTES).unwrap()
}

/// Promotes one function.
pub(super) fn promote_one(code_of: &Arc<PublishedCode>, defined: u32, bytes: &[u8]) -> u64 {
    promote(code_of, code(&[(bytes, &[])], &[defined]))[0]
}

/// Calls a function with integers; the first integer of the results.
pub(super) fn run(machine: &mut Machine, function: u32, args: &[u64]) -> Result<u64, Box<Exit>> {
    let params = vec![ValType::I64; args.len()];
    let mut frame = CallFrame::new(&abi(&params, &[ValType::I64]));
    for (n, arg) in (0..).zip(args) {
        frame.set_int(n, *arg);
    }
    machine.store.call(machine.first.offset(function), &mut frame).map(|()| frame.int(0))
}

#[test]
fn interpreted_functions_are_called_by_the_host_until_they_are_promoted() {
    let two = ty(&[ValType::I64; 2], &[ValType::I64]);
    let body: Body = |r| {
        r.set(0, r.slot(0) * 100 + r.slot(1));
        Ok(())
    };
    let code_of = program(&[(two, body)]);
    let mut machine = instantiate(&code_of, 1, &[]);
    assert_eq!(run(&mut machine, 0, &[3, 4]).unwrap(), 304);
    let arguments = |frame: &CallFrame| frame.arguments(2, 0);
    let mut frame = CallFrame::in_registers(true);
    frame.set_int(0, 5);
    frame.set_int(1, 6);
    let call = |machine: &mut Machine| {
        machine.store.call_registers(machine.first, arguments(&frame)).unwrap().0
    };
    assert_eq!(call(&mut machine), 506);
    promote_one(&code_of, 0, ADD);
    assert_eq!(run(&mut machine, 0, &[3, 4]).unwrap(), 7);
    assert_eq!(call(&mut machine), 11);
}

#[test]
fn machine_code_calls_interpreted_functions_and_they_call_it() {
    let two = ty(&[ValType::I64; 2], &[ValType::I64]);
    let unused: Body = |_| Err(Stop::Trap(TrapReason::Bug));
    // 0: machine code that calls 1; 1: calls 2, twice; 2: machine code that adds.
    let middle: Body = |r| {
        let (a, b) = (r.slot(0), r.slot(1));
        r.call(2, 0)?;
        r.set(1, r.slot(0));
        r.set(2, a * b);
        r.call(2, 1)?;
        r.set(0, r.slot(1));
        Ok(())
    };
    let code_of = program(&[(two.clone(), unused), (two.clone(), middle), (two, unused)]);
    let mut machine = instantiate(&code_of, 3, &[]);
    promote_one(&code_of, 2, ADD);
    promote_one(&code_of, 0, &framed(&call(1)));
    for n in 0..100 {
        assert_eq!(run(&mut machine, 0, &[n, 7]).unwrap(), n + 7 + n * 7);
    }
}

/// Code numbers are addresses that can be jumped to, whatever stands behind them.
#[test]
fn code_numbers_can_be_called() {
    let one = ty(&[ValType::I64], &[ValType::I64]);
    let unused: Body = |_| Err(Stop::Trap(TrapReason::Bug));
    let double: Body = |r| {
        r.set(0, 2 * r.slot(0));
        Ok(())
    };
    let code_of = program(&[(one.clone(), unused), (one, double)]);
    let mut machine = instantiate(&code_of, 2, &[]);
    // call rdi
    promote_one(&code_of, 0, &framed(&[0xff, 0xd7]));
    let number = code_of.interpreted().unwrap().entry(1).unwrap();
    assert_eq!(run(&mut machine, 0, &[number]).unwrap(), 2 * number);
    // lea rax, [rdi + 1]; ret
    promote_one(&code_of, 1, &[0x48, 0x8d, 0x47, 0x01, 0xc3]);
    assert_eq!(run(&mut machine, 0, &[number]).unwrap(), number + 1);
}

/// Registers and stack of both classes, vectors; results in registers of both classes, and in a buffer.
#[test]
fn every_kind_of_value_crosses_the_bridge() {
    use ValType::{F32, F64, I32, I64, V128};
    let params = [I32, F32, V128, I64, F64].repeat(5);
    let results = [
        vec![I32, F64, V128, I64, F32],
        [I64, F32].repeat(8),
        [V128, I32, F64, I64].repeat(4),
        vec![V128],
        vec![F32],
        Vec::new(),
    ];
    for results in results {
        let list = ty(&params, &results);
        let slots = |types: &[ValType]| -> Vec<bool> {
            types.iter().flat_map(|ty| vec![*ty == V128; 1 + usize::from(*ty == V128)]).collect()
        };
        let (inputs, outputs) = (slots(&params).len(), slots(&results).len());
        let body = move |r: &Running<'_>| {
            let sum: u64 = (0..inputs).map(|slot| r.slot(slot) * (slot as u64 + 1)).sum();
            (0..outputs).for_each(|slot| r.set(slot, sum % 1000 + slot as u64));
            Ok(())
        };
        let unused = |_: &Running<'_>| Err(Stop::Trap(TrapReason::Bug));
        let functions = vec![(list.clone(), Box::new(unused) as _), (list, Box::new(body) as _)];
        let code_of = publish_program(Fake::new(&[], functions));
        let mut machine = instantiate(&code_of, 2, &[]);
        let abi = abi(&params, &results);
        let mut call = |function: u32| {
            let mut frame = CallFrame::new(&abi);
            let values = (1u128..).zip(params.iter().zip(&abi.params));
            values.for_each(|(n, (ty, at))| frame.set_param(*at, n | n << 70, *ty == V128));
            machine.store.call(machine.first.offset(function), &mut frame).unwrap();
            let value = |(ty, at): (&ValType, _)| match ty {
                V128 => frame.result(at),
                I64 | F64 => frame.result(at) & u128::from(u64::MAX),
                _ => frame.result(at) & u128::from(u32::MAX),
            };
            results.iter().zip(abi.results.iter().copied()).map(value).collect::<Vec<_>>()
        };
        let expected = call(1);
        // Arguments on the stack stay where they are when a tail call arrives.
        promote_one(&code_of, 0, &jump(1));
        assert_eq!(call(0), expected, "{results:?}");
    }
}

#[test]
fn stack_arguments_are_removed_by_what_was_called() {
    let many = ty(&[ValType::I64; 9], &[ValType::I64]);
    let none = ty(&[], &[ValType::I64]);
    let unused: Body = |_| Err(Stop::Trap(TrapReason::Bug));
    let last: Body = |r| {
        r.set(0, r.slot(8));
        Ok(())
    };
    let code_of = program(&[(none, unused), (many, last)]);
    let mut machine = instantiate(&code_of, 2, &[]);
    // push 0; push 42; push 0; push 0; the call; rax += 1000 × what is left of them on the stack
    let before = [0x6a, 0x00, 0x6a, 0x2a, 0x6a, 0x00, 0x6a, 0x00];
    let after =
        [0x48, 0x89, 0xe9, 0x48, 0x29, 0xe1, 0x48, 0x69, 0xc9, 0xe8, 0x03, 0, 0, 0x48, 0x01, 0xc8];
    let body = [&before[..], &call(1), &after].concat();
    promote_one(&code_of, 0, &framed(&body));
    assert_eq!(run(&mut machine, 0, &[]).unwrap(), 42);
}

#[test]
fn an_interruption_reaches_both_kinds_of_code() {
    let none = ty(&[], &[ValType::I64]);
    let body: Body = |r| {
        r.set(0, r.field::<u32>(holm_abi::layout::INTERRUPTED).into());
        Ok(())
    };
    let code_of = program(&[(none.clone(), body), (none, body)]);
    let mut machine = instantiate(&code_of, 2, &[]);
    // mov eax, [r15 + POLL]; jmp to itself
    let poll = [&[0x41, 0x8b, 0x87][..], &POLL.to_le_bytes(), &[0xeb, 0xf7]].concat();
    let traps = [(4, TrapReason::Interrupted)];
    promote(&code_of, code(&[(&framed(&poll), &traps)], &[1]));
    let handle = machine.store.interrupt_handle();
    assert_eq!(run(&mut machine, 0, &[]).unwrap(), 0);
    std::thread::scope(|scope| {
        let handle = handle.clone();
        scope.spawn(move || handle.interrupt());
        let exit = run(&mut machine, 1, &[]).unwrap_err();
        assert!(matches!(exit.cause, ExitCause::Trap(TrapReason::Interrupted)), "{exit:?}");
        assert_eq!(exit.backtrace.iter().map(|frame| frame.function).collect::<Vec<_>>(), [1]);
    });
    assert_eq!(run(&mut machine, 0, &[]).unwrap(), 1);
    handle.clear();
    assert_eq!(run(&mut machine, 0, &[]).unwrap(), 0);
}

#[test]
fn a_full_range_refuses_more() {
    let body: Body = |_| Ok(());
    let code_of = program(&[(ty(&[], &[]), body)]);
    let large = vec![0xc3; CODE_BYTES - 8192];
    promote_one(&code_of, 0, &large);
    promote_one(&code_of, 0, &[0xc3]);
    let publish = |bytes: &[u8]| publish_into(&code_of, verified(code(&[(bytes, &[])], &[0])));
    // Each begins a line further on in its page than the last one did, which ended in its first line.
    let error = publish(&[0xc3; 4096 - 63]).unwrap_err();
    assert_eq!(error.to_string(), "code memory exhausted: 69632 wanted, 65536 allowed");
    // What is smaller still fits.
    publish(&[0xc3; 4096 - 64]).unwrap();
    let error = publish(&[0xc3]).unwrap_err();
    assert_eq!(error.to_string(), "code memory exhausted: 69632 wanted, 65536 allowed");
    let full = CodeMemory { images: 3, bytes: 65536, bytes_max: 65536 };
    assert_eq!(code_of.code_memory(), Some(full));
}

/// No two of a row of small images are on a page, and their starts are spread over the lines of pages.
#[test]
fn images_begin_in_different_lines() {
    let body: Body = |_| Ok(());
    let code_of = program(&[(ty(&[], &[]), body)]);
    let lengths = [1, 64, 100, 4000, 1, 1];
    let starts = lengths.map(|bytes| promote_one(&code_of, 0, &vec![0xc3; bytes]));
    let places = starts.map(|start| (start - starts[0]).div_euclid(4096));
    assert_eq!(places, [0, 1, 2, 3, 5, 6]);
    assert_eq!(starts.map(|start| start % 4096), [0, 64, 128, 256, 192, 256]);
}

/// Ranges are reserved when they are needed; code in all of them is found.
#[test]
fn there_are_as_many_ranges_as_it_takes() {
    let body: Body = |_| Ok(());
    let fake = Fake::new(&[], vec![(ty(&[], &[]), Box::new(body) as _)]);
    let code_of = PublishedCode::tiered(Arc::new(fake), 64 << 20).unwrap();
    let mut machine = instantiate(&code_of, 1, &[]);
    let mut starts = Vec::new();
    // The last one is larger than the range that would come next.
    for megabytes in [1, 3, 1, 7, 2, 40] {
        let mut text = vec![0xc3; megabytes << 20];
        text[..UNREACHABLE.len()].copy_from_slice(UNREACHABLE);
        let traps = [(4, TrapReason::Unreachable)];
        starts.extend(promote(&code_of, code(&[(&text, &traps)], &[0])));
        let exit = run(&mut machine, 0, &[]).unwrap_err();
        assert!(matches!(exit.cause, ExitCause::Trap(TrapReason::Unreachable)), "{exit:?}");
        assert_eq!(exit.backtrace[0].function, 0);
    }
    let full = CodeMemory { images: 6, bytes: 54 << 20, bytes_max: 64 << 20 };
    assert_eq!(code_of.code_memory(), Some(full));
    for start in starts {
        let (image, offset) = code_of.find(start + 4).unwrap();
        assert_eq!((image.members().next().unwrap().1, offset), (start, 4));
        assert!(
            code_of.find(start - 1).is_none_or(|(image, _)| !image.addresses().contains(&start))
        );
    }
}

/// Files that are mapped into this process, by their numbers and whether they can be executed or written.
fn mapped() -> Vec<(u64, bool, bool)> {
    let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
    let parse = |line: &str| {
        let fields: Vec<&str> = line.split_ascii_whitespace().collect();
        let code = fields.get(5).is_some_and(|name| name.contains("holm-code"));
        let (access, file) = (fields[1], fields[4].parse().unwrap());
        code.then_some((file, access.contains('x'), access.contains('w')))
    };
    maps.lines().filter_map(parse).collect()
}

#[test]
fn images_are_never_writable_and_go_with_their_module() {
    let body: Body = |_| Ok(());
    let code_of = program(&[(ty(&[], &[]), body)]);
    // Other tests map and unmap at the same time.
    let address = promote_one(&code_of, 0, &[0xc3]);
    let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
    let line = maps.lines().find(|line| line.starts_with(&format!("{address:x}-"))).unwrap();
    let file: u64 = line.split_ascii_whitespace().nth(4).unwrap().parse().unwrap();
    let of_image = || mapped().into_iter().filter(|(found, ..)| *found == file).collect::<Vec<_>>();
    assert_eq!(of_image(), [(file, true, false)]);
    let machine = instantiate(&code_of, 1, &[]);
    drop(code_of);
    assert_eq!(of_image(), [(file, true, false)]);
    drop(machine);
    assert_eq!(of_image(), []);
    assert!(mapped().iter().all(|(_, executable, writable)| *executable && !writable));
}

/// Threads run instances of one module while its functions get new machine code again and again; every result is that
/// of some code that there was, and a trap in an image that was published a moment ago is found.
#[test]
fn code_changes_while_threads_run_it() {
    let one = ty(&[ValType::I64], &[ValType::I64]);
    let body: Body = |r| {
        r.set(0, r.slot(0) + 1);
        Ok(())
    };
    let code_of = program(&[(one.clone(), body), (one.clone(), body), (one, body)]);
    let versions = 13;
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                let mut machine = instantiate(&code_of, 3, &[]);
                let memory = 1 << 20;
                let mut rounds = 0_u64;
                while !done.load(Ordering::Relaxed) || rounds < 100 {
                    rounds += 1;
                    // 0 calls 1, which adds the number of its version.
                    let value = run(&mut machine, 0, &[100]).unwrap();
                    assert!((101..=101 + versions).contains(&value), "{value}");
                    if let Err(exit) = run(&mut machine, 2, &[memory]) {
                        let cause = &exit.cause;
                        let expected = ExitCause::Trap(TrapReason::OutOfBoundsMemory);
                        assert_eq!(format!("{cause:?}"), format!("{expected:?}"));
                        assert_eq!(exit.backtrace[0].function, 2);
                        assert!(exit.backtrace[0].code.belongs_to(&code_of));
                    }
                }
            });
        }
        promote_one(&code_of, 0, &framed(&call(1)));
        for version in 1..=versions {
            // lea rax, [rdi + version]; ret
            let add = [0x48, 0x8d, 0x47, u8::try_from(version).unwrap(), 0xc3];
            let traps = [(4, TrapReason::OutOfBoundsMemory)];
            let functions: [super::Function<'_>; 2] = [(&add, &[]), (LOAD, &traps)];
            promote(&code_of, code(&functions, &[1, 2]));
            std::thread::yield_now();
        }
        done.store(true, Ordering::Relaxed);
    });
    assert_eq!(code_of.code_memory().unwrap().images, versions + 1);
}

/// A module whose functions were made for other stubs is a mistake that is found at once.
#[test]
#[should_panic(expected = "functions that were made for the stubs")]
fn foreign_code_numbers_are_refused() {
    #[derive(Debug)]
    struct Elsewhere(Fake);
    impl Interpreted for Elsewhere {
        fn entry(&self, defined: u32) -> Option<u64> {
            self.0.entry(defined).map(|number| number + 32)
        }
        fn entries(&self) -> u64 {
            self.0.entries()
        }
        fn signature(&self, function: u32) -> Option<&holm_abi::SlotSignature> {
            self.0.signature(function)
        }
        fn executor(&self) -> holm_abi::Executor {
            self.0.executor()
        }
        fn print(&self, defined: u32) -> Result<String, holm_abi::CompileError> {
            self.0.print(defined)
        }
        fn translated_bytes(&self) -> (u64, u64) {
            (0, 0)
        }
    }
    let body: Body = |_| Ok(());
    let fake = Fake::new(&[], vec![(ty(&[], &[]), Box::new(body) as _)]);
    drop(PublishedCode::tiered(Arc::new(Elsewhere(fake)), CODE_BYTES));
}

#[test]
fn images_may_be_empty() {
    let body: Body = |_| Ok(());
    let code_of = program(&[(ty(&[], &[]), body)]);
    let image = publish_into(&code_of, verified(CodeParts::default())).unwrap();
    assert_eq!(image.members().count(), 0);
    assert!(!program(&[]).belongs_to(&code_of));
}
