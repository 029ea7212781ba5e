//! Entering and leaving machine code that was assembled by hand, without any compiler.

#![expect(clippy::cast_possible_truncation, reason = "tests use small numbers")]

use crate::*;
use holm_abi::layout::{ContextLayout, ContextShape};
use holm_abi::{
    Architecture, Code, CodeParts, FunctionRange, MemoryStrategy, RegisterFile, Settings,
    SignatureAbi,
};
use holm_spec::trap::TrapReason;
use holm_spec::types::{FuncType, Limits, MemoryType, ValType};
use std::sync::Arc;

mod collecting;
mod fake;
mod nesting;
mod tiered;

fn settings() -> Settings {
    Settings {
        architecture: Architecture::X86_64,
        cpu_features: String::new(),
        memory: MemoryStrategy::Reserved,
        fuel: false,
        polls: true,
        canonical_nans: false,
        optimize: true,
    }
}

fn abi(params: &[ValType], results: &[ValType]) -> SignatureAbi {
    SignatureAbi::new(&FuncType::new(params.to_vec(), results.to_vec()), &RegisterFile::X86_64)
}

/// One instance of a module whose functions are the given machine code.
struct Machine {
    store: Store<u32>,
    first: FunctionId,
    id: InstanceId,
}

/// Machine code and the instructions in it that may trap.
type Function<'a> = (&'a [u8], &'a [(u32, TrapReason)]);

/// Code of functions that are machine code; `members` are their defined indices if they are not all.
fn code(functions: &[Function<'_>], members: &[u32]) -> CodeParts {
    let mut parts = CodeParts::default();
    for (bytes, traps) in functions {
        let offset = parts.text.len() as u32;
        parts.functions.push(FunctionRange { offset, bytes: bytes.len() as u32 });
        parts.traps.extend(traps.iter().map(|(at, reason)| (offset + at, *reason)));
        parts.text.extend_from_slice(bytes);
        parts.text.resize(parts.text.len().next_multiple_of(16), 0xcc);
    }
    parts.members = members.iter().map(|defined| (*defined, 0)).collect();
    parts
}

fn verified(parts: CodeParts) -> VerifiedCode {
    VerifiedCode::trust(Code::from_parts(parts, &settings()))
}

fn machine(functions: &[Function<'_>], imports: &[HostFunction<u32>]) -> Machine {
    let code = publish(verified(code(functions, &[]))).unwrap();
    instantiate(&code, functions.len(), imports)
}

/// An instance of code with so many defined functions, in a store of its own; it defines a memory and a tag.
fn instantiate(
    code: &Arc<PublishedCode>,
    functions: usize,
    imports: &[HostFunction<u32>],
) -> Machine {
    let pool = Pool::new(PoolConfig::default(), NoRelations).unwrap();
    let mut store = Store::new(&pool, StoreLimits::default(), 7u32).unwrap();
    let imported: Vec<FunctionId> =
        imports.iter().map(|f| store.host_function_new(f, 1).unwrap()).collect();
    let layout = ContextLayout::new(ContextShape {
        imported_functions: imported.len() as u32,
        defined_memories: 1,
        tags: 1,
        ..ContextShape::default()
    });
    let memory = MemoryType {
        limits: Limits { min: 1, max: None },
        is_64: false,
        shared: false,
        page_bytes_log2: 16,
    };
    let escaped: Vec<Escaped> = (0..functions)
        .map(|n| Escaped { function: (imported.len() + n) as u32, type_id: 1 })
        .collect();
    let id = store
        .instance_new(InstanceRequest {
            code,
            layout: &layout,
            type_headers: &[],
            object_types: &[],
            needs_heap: false,
            functions: &imported,
            function_types: &vec![0; imported.len()],
            memories: &[],
            tables: &[],
            globals: &[],
            tags: &[],
            defined_tags: &[TagType { type_id: 1, ty: FuncType::new([ValType::I64], []) }],
            defined_memories: &[memory],
            defined_tables: &[],
            defined_globals: &[],
            escaped: &escaped,
            data: Vec::new(),
        })
        .unwrap();
    let first = store.objects().instance(id).functions_first();
    Machine { store, first, id }
}

const ADD: &[u8] = &[0x8d, 0x04, 0x37, 0xc3]; // lea eax, [rdi + rsi]; ret
const UNREACHABLE: &[u8] = &[0x55, 0x48, 0x89, 0xe5, 0x0f, 0x0b]; // push rbp; mov rbp, rsp; ud2
const LOAD: &[u8] = &[0x55, 0x48, 0x89, 0xe5, 0x41, 0x8b, 0x04, 0x3f, 0x5d, 0xc3]; // mov eax, [r15 + rdi]
const RECURSE: &[u8] = &[0x55, 0x48, 0x89, 0xe5, 0xe8, 0xf7, 0xff, 0xff, 0xff, 0x5d, 0xc3]; // call self

#[test]
fn a_call_returns_its_result() {
    let Machine { mut store, first, .. } = machine(&[(ADD, &[])], &[]);
    let mut frame = CallFrame::new(&abi(&[ValType::I32, ValType::I32], &[ValType::I32]));
    frame.set_int(0, 40);
    frame.set_int(1, 2);
    store.call(first, &mut frame).unwrap();
    assert_eq!(frame.int(0), 42);
}

#[test]
fn traps_leave_with_reason_and_backtrace() {
    let traps = [(4, TrapReason::Unreachable)];
    let Machine { mut store, first, .. } = machine(&[(ADD, &[]), (UNREACHABLE, &traps)], &[]);
    let exit = store.call(first.offset(1), &mut CallFrame::new(&abi(&[], &[]))).unwrap_err();
    assert!(matches!(exit.cause, ExitCause::Trap(TrapReason::Unreachable)));
    assert_eq!(exit.backtrace.iter().map(|frame| frame.function).collect::<Vec<_>>(), [1]);
}

#[test]
fn memory_is_bounded_by_its_guard() {
    let traps = [(4, TrapReason::OutOfBoundsMemory)];
    let Machine { mut store, first, id } = machine(&[(LOAD, &traps)], &[]);
    let memory = store.objects().instance(id).memories()[0];
    let load = |store: &mut Store<u32>, at: u64| {
        let mut frame = CallFrame::new(&abi(&[ValType::I32], &[ValType::I32]));
        frame.set_int(0, at);
        store.call(first, &mut frame).map(|()| frame.int(0)).map_err(|exit| exit.cause)
    };
    store.objects_mut().memory_bytes_mut(memory)[65532] = 9;
    assert_eq!(load(&mut store, 65532).unwrap(), 9);
    for at in [65536, 65533, u64::from(u32::MAX)] {
        let cause = load(&mut store, at).unwrap_err();
        assert!(matches!(cause, ExitCause::Trap(TrapReason::OutOfBoundsMemory)), "{at}: {cause:?}");
    }
    assert_eq!(store.objects_mut().memory_grow(memory, 1), Ok(Some(1)));
    assert_eq!(load(&mut store, 65536).unwrap(), 0);
}

#[test]
fn recursion_ends_in_a_trap() {
    let Machine { mut store, first, .. } = machine(&[(RECURSE, &[])], &[]);
    for _ in 0..3 {
        let exit = store.call(first, &mut CallFrame::new(&abi(&[], &[]))).unwrap_err();
        assert!(matches!(exit.cause, ExitCause::Trap(TrapReason::StackOverflow)));
        assert_eq!(exit.backtrace.len(), 100);
    }
}

#[test]
fn host_functions_get_arguments_results_and_the_store() {
    let types = (vec![ValType::I32; 8], vec![ValType::I64; 9]);
    let wide = abi(&types.0, &types.1);
    let layout = wide.clone();
    let function = HostFunction::<u32>::new(&wide, move |store, caller, frame| {
        assert_eq!(caller, None);
        *store.data_mut() += 1;
        let sum: u128 = layout.params.iter().map(|param| frame.param(*param, false)).sum();
        for (n, result) in layout.results.iter().enumerate() {
            frame.set_result(*result, sum + n as u128);
        }
        Ok(())
    });
    let Machine { mut store, .. } = machine(&[], &[]);
    let id = store.host_function_new(&function, 1).unwrap();
    let mut frame = CallFrame::new(&wide);
    for (n, param) in wide.params.iter().enumerate() {
        frame.set_param(*param, 1 << n, false);
    }
    store.call(id, &mut frame).unwrap();
    let results: Vec<u128> = wide.results.iter().map(|result| frame.result(*result)).collect();
    assert_eq!(results, (255..264).collect::<Vec<u128>>());
    assert_eq!(*store.data(), 8);
}

#[test]
fn host_failures_and_panics_leave_the_guest() {
    let none = abi(&[], &[]);
    let Machine { mut store, .. } = machine(&[], &[]);
    let fail = HostFunction::new(&none, |_, _, _| Err(Box::new("no") as HostFailure));
    let panic = HostFunction::new(&none, |_, _, _| panic!("oh"));
    let fail = store.host_function_new(&fail, 1).unwrap();
    let panic = store.host_function_new(&panic, 1).unwrap();
    let exit = store.call(fail, &mut CallFrame::new(&none)).unwrap_err();
    assert!(
        matches!(exit.cause, ExitCause::Host(failure) if failure.downcast_ref() == Some(&"no"))
    );
    let exit = store.call(panic, &mut CallFrame::new(&none)).unwrap_err();
    assert!(matches!(exit.cause, ExitCause::Panic(text) if text == "oh"));
    assert!(store.is_poisoned());
    let exit = store.call(fail, &mut CallFrame::new(&none)).unwrap_err();
    assert!(matches!(exit.cause, ExitCause::Panic(_)));
}

#[test]
fn nested_calls_end_in_a_trap_too() {
    let none = abi(&[], &[]);
    let signature = none.clone();
    let function = HostFunction::<u32>::new(&none, move |store, _, _| {
        let id = FunctionId::from_funcref(*store.data()).expect("set below");
        let called = store.call(id, &mut CallFrame::new(&signature));
        called.map_err(|exit| Box::new(exit) as HostFailure)
    });
    let Machine { mut store, .. } = machine(&[], &[]);
    let id = store.host_function_new(&function, 1).unwrap();
    *store.data_mut() = id.funcref();
    let mut exit = store.call(id, &mut CallFrame::new(&none)).unwrap_err();
    while let ExitCause::Host(inner) = exit.cause {
        exit = *inner.downcast::<Box<Exit>>().unwrap();
    }
    assert!(matches!(exit.cause, ExitCause::Trap(TrapReason::StackOverflow)));
}

#[test]
fn slots_come_back_clean() {
    let pool = Pool::new(PoolConfig::default(), NoRelations).unwrap();
    let kind = crate::slot::SlotKind { context_bytes: 8192, reservation: true };
    let mut slot = pool.take_slot(kind, 0).unwrap();
    slot.set_accessible(1 << 20).unwrap();
    let memory = slot.anchor().as_ptr();
    for page in [0usize, 17, 200] {
        // SAFETY: inside the accessible part.
        let byte = unsafe { memory.add(page * 4096 + 5) };
        // SAFETY: as above.
        unsafe { byte.write(1) };
    }
    pool.give_slot(slot);
    let slot = pool.take_slot(kind, 1 << 20).unwrap();
    assert_eq!(slot.anchor().as_ptr(), memory);
    // SAFETY: inside the accessible part.
    let bytes = unsafe { std::slice::from_raw_parts(memory, 1 << 20) };
    assert!(bytes.iter().all(|byte| *byte == 0));
}

#[test]
fn stores_can_be_sent() {
    fn assert_send<T: Send>() {}
    assert_send::<Store<u32>>();
    assert_send::<Arc<PublishedCode>>();
    assert_send::<InterruptHandle>();
}
