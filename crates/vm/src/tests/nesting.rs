//! Machine code in the interpreter in machine code: traps, backtraces, exceptions, the ends of stacks.

use super::fake::{Fake, Running, Stop, promote};
use super::tiered::{call, framed, program, promote_one, publish_program, run, ty};
use super::{Machine, UNREACHABLE, abi, code, instantiate};
use crate::*;
use holm_abi::layout::{ContextLayout, ContextShape, EXCEPTION_VALUES};
use holm_abi::{AnchorAt, Builtin, Handler};
use holm_spec::trap::TrapReason;
use holm_spec::types::ValType;
use std::sync::Arc;
use std::sync::atomic::Ordering;

type Body = fn(&Running<'_>) -> Result<(), Stop>;

const UNUSED: Body = |_| Err(Stop::Trap(TrapReason::Bug));

fn functions_of(exit: &Exit) -> Vec<u32> {
    exit.backtrace.iter().map(|frame| frame.function).collect()
}

/// 0 and 2 are machine code, 1 and 3 are interpreted; each calls the next. The last, 4, is machine code that traps.
fn tower(last: Body) -> (Arc<PublishedCode>, Machine) {
    let one = ty(&[ValType::I64], &[ValType::I64]);
    let odd: Body = |r| r.call(2, 0);
    let types = [UNUSED, odd, UNUSED, last, UNUSED].map(|body| (one.clone(), body));
    let code_of = program(&types);
    promote_one(&code_of, 0, &framed(&call(1)));
    promote_one(&code_of, 2, &framed(&call(3)));
    promote(&code_of, code(&[(UNREACHABLE, &[(4, TrapReason::Unreachable)])], &[4]));
    let machine = instantiate(&code_of, 5, &[]);
    (code_of, machine)
}

#[test]
fn backtraces_show_every_stay() {
    let (code_of, mut machine) = tower(|_| Err(Stop::Trap(TrapReason::IntegerOverflow)));
    for _ in 0..2 {
        let exit = run(&mut machine, 0, &[5]).unwrap_err();
        assert!(matches!(exit.cause, ExitCause::Trap(TrapReason::IntegerOverflow)), "{exit:?}");
        assert_eq!(functions_of(&exit), [3, 2, 1, 0]);
        assert!(exit.backtrace.iter().all(|frame| frame.code.belongs_to(&code_of)));
        let interpreted = exit.backtrace.iter().map(|frame| frame.code.interpreted().is_some());
        assert_eq!(interpreted.collect::<Vec<_>>(), [true, false, true, false]);
        assert_eq!((exit.backtrace[0].offset, exit.backtrace[2].offset), (1003, 1001));
    }
    let (_, mut machine) = tower(|r| r.call(4, 0));
    let exit = run(&mut machine, 0, &[5]).unwrap_err();
    assert!(matches!(exit.cause, ExitCause::Trap(TrapReason::Unreachable)), "{exit:?}");
    assert_eq!(functions_of(&exit), [4, 3, 2, 1, 0]);
    // From the interpreter at the bottom, too.
    let exit = run(&mut machine, 1, &[5]).unwrap_err();
    assert_eq!(functions_of(&exit), [4, 3, 2, 1]);
    assert!(
        machine.store.call(machine.first.offset(4), &mut CallFrame::new(&abi(&[], &[]))).is_err()
    );
}

/// A host function that calls a function of the store that it is called from, by the number in the host's data.
fn caller() -> HostFunction<u32> {
    let one = abi(&[ValType::I64], &[ValType::I64]);
    let signature = one.clone();
    HostFunction::new(&one, move |store, _, frame| {
        let argument = frame.int(0);
        match *store.data() {
            1 => return Err(Box::new("no") as HostFailure),
            2 => panic!("oh"),
            _ => {}
        }
        let id = FunctionId::from_funcref(*store.data()).expect("set by the test");
        let mut inner = CallFrame::new(&signature);
        inner.set_int(0, argument);
        let called = store.call(id, &mut inner);
        frame.set_int(0, inner.int(0) + 1);
        called.map_err(|exit| Box::new(exit) as HostFailure)
    })
}

/// 0 is machine code that calls 1; that calls the host; 2 is machine code that calls 3, which is interpreted.
fn with_host(last: Body) -> Machine {
    let one = ty(&[ValType::I64], &[ValType::I64]);
    let import: Body = |r| {
        let shape = ContextShape {
            imported_functions: 1,
            defined_memories: 1,
            tags: 1,
            ..ContextShape::default()
        };
        r.call_import(ContextLayout::new(shape).imported_function(0), 0, 0)
    };
    let bodies = [UNUSED, import, UNUSED, last];
    let functions = bodies.map(|body| (one.clone(), Box::new(body) as _));
    let code_of = publish_program(Fake::new(std::slice::from_ref(&one), functions.into()));
    promote_one(&code_of, 0, &framed(&call(1)));
    promote_one(&code_of, 2, &framed(&call(3)));
    instantiate(&code_of, 4, &[caller()])
}

#[test]
fn the_host_may_be_in_between() {
    let mut machine = with_host(|r| {
        r.set(0, 10 * r.slot(0));
        Ok(())
    });
    *machine.store.data_mut() = machine.first.offset(2).funcref();
    assert_eq!(run(&mut machine, 0, &[5]).unwrap(), 51);
    let mut machine = with_host(|_| Err(Stop::Trap(TrapReason::IntegerOverflow)));
    *machine.store.data_mut() = machine.first.offset(2).funcref();
    let exit = run(&mut machine, 0, &[5]).unwrap_err();
    assert_eq!(functions_of(&exit), [1, 0]);
    let ExitCause::Host(inner) = exit.cause else { panic!("{exit:?}") };
    let inner = inner.downcast::<Box<Exit>>().unwrap();
    assert!(matches!(inner.cause, ExitCause::Trap(TrapReason::IntegerOverflow)));
    assert_eq!(functions_of(&inner), [3, 2, 1, 0]);
}

#[test]
fn failures_and_panics_of_the_host_leave_every_stay() {
    let mut machine = with_host(UNUSED);
    *machine.store.data_mut() = 1;
    let exit = run(&mut machine, 0, &[5]).unwrap_err();
    assert!(matches!(&exit.cause, ExitCause::Host(_)), "{exit:?}");
    assert_eq!(functions_of(&exit), [1, 0]);
    *machine.store.data_mut() = 2;
    let exit = run(&mut machine, 0, &[5]).unwrap_err();
    assert!(matches!(&exit.cause, ExitCause::Panic(text) if text == "oh"), "{exit:?}");
    assert!(machine.store.is_poisoned());
}

/// What the interpreter itself panics with is caught where machine code called it.
#[test]
fn a_panic_of_the_interpreter_poisons_the_store() {
    let (_, mut machine) = tower(|_| panic!("ah"));
    let exit = run(&mut machine, 0, &[5]).unwrap_err();
    assert!(matches!(&exit.cause, ExitCause::Panic(text) if text == "ah"), "{exit:?}");
    assert!(machine.store.is_poisoned());
}

/// Machine code that calls function `callee` in a try: what it throws is caught and its value given.
fn catching(code_of: &Arc<PublishedCode>, defined: u32, callee: u32) {
    // sub rsp, 16; mov [rsp], r15; the call; jmp over; mov rax, [rax + value]
    let before = [&[0x48, 0x83, 0xec, 0x10, 0x4c, 0x89, 0x3c, 0x24][..], &call(callee)].concat();
    let value = u8::try_from(EXCEPTION_VALUES).unwrap();
    let body = [&before[..], &[0xeb, 0x04, 0x48, 0x8b, 0x40, value]].concat();
    let mut parts = code(&[(&framed(&body), &[])], &[defined]);
    let return_address = 4 + before.len() as u32;
    let entry = return_address + 2;
    let anchor = AnchorAt::Stack(0);
    parts.handlers.push(Handler { return_address, entry, frame_bytes: 16, anchor });
    promote(code_of, parts);
}

/// Throws its argument.
const THROW: Body = |r| {
    let values = r.slots().expose_provenance() as u64;
    r.set(1, 0);
    r.builtin(Builtin::Throw, [0, values, 0, 0]).map(drop)
};

#[test]
fn exceptions_cross_every_stay() {
    let one = ty(&[ValType::I64], &[ValType::I64]);
    let catch: Body = |r| match r.call(2, 0) {
        Err(Stop::Outside) if r.slot(7) == 0 => {
            let thrown = r.catch();
            let (_, values) = r.objects(|objects| objects.exception(thrown)).expect("caught");
            r.set(0, u64::try_from(values[0]).unwrap() + 1000);
            Ok(())
        }
        other => other,
    };
    let pass: Body = |r| r.call(2, 0);
    // 0: machine code that catches; 1: interpreted; 2: machine code; 3: throws.
    for (middle, expected) in [(pass, 77), (catch, 1077)] {
        let bodies = [UNUSED, middle, UNUSED, THROW].map(|body| (one.clone(), body));
        let code_of = program(&bodies);
        let mut machine = instantiate(&code_of, 4, &[]);
        catching(&code_of, 0, 1);
        promote_one(&code_of, 2, &framed(&call(3)));
        for _ in 0..5000 {
            assert_eq!(run(&mut machine, 0, &[77]).unwrap(), expected);
        }
        // Nobody catches: it arrives at the host.
        promote_one(&code_of, 0, &framed(&call(3)));
        let exit = run(&mut machine, 0, &[78]).unwrap_err();
        let ExitCause::Exception(thrown) = exit.cause else { panic!("{exit:?}") };
        assert_eq!(machine.store.objects().exception(thrown).unwrap().1, [78]);
        assert_eq!(functions_of(&exit), [3, 0]);
        let exit = run(&mut machine, 2, &[79]).unwrap_err();
        assert_eq!(functions_of(&exit), [3, 2]);
        let stale = machine
            .store
            .call(machine.first.offset(3), &mut CallFrame::new(&abi(&[ValType::I64], &[])));
        assert_eq!(functions_of(&stale.unwrap_err()), [3]);
    }
}

#[test]
fn exceptions_that_nobody_handles_show_where_they_were_thrown() {
    let (_, mut machine) = tower(THROW);
    for _ in 0..2 {
        let exit = run(&mut machine, 0, &[5]).unwrap_err();
        assert!(matches!(exit.cause, ExitCause::Exception(_)), "{exit:?}");
        assert_eq!(functions_of(&exit), [3, 2, 1, 0]);
        let exit = run(&mut machine, 1, &[5]).unwrap_err();
        assert!(matches!(exit.cause, ExitCause::Exception(_)), "{exit:?}");
        assert_eq!(functions_of(&exit), [3, 2, 1]);
    }
}

/// `n` down to 0 and up again: machine code that calls `callee` with one less.
fn count(callee: u32) -> Vec<u8> {
    // test rdi, rdi; jz to the end; dec rdi; the call; inc rax; leave; ret; xor eax, eax
    let call = call(callee);
    let over = u8::try_from(3 + call.len() + 3 + 2).unwrap();
    let head = [0x48, 0x85, 0xff, 0x74, over, 0x48, 0xff, 0xcf];
    let tail = [0x48, 0xff, 0xc0, 0xc9, 0xc3, 0x31, 0xc0];
    framed(&[&head[..], &call, &tail].concat())
}

/// Machine code (0) and the interpreter (1) call each other.
fn ping_pong() -> (Arc<Fake>, Arc<PublishedCode>, Machine) {
    let one = ty(&[ValType::I64], &[ValType::I64]);
    let pong: Body = |r| {
        if r.slot(0) == 0 {
            return Ok(());
        }
        r.set(0, r.slot(0) - 1);
        r.call(0, 0)?;
        r.set(0, r.slot(0) + 1);
        Ok(())
    };
    let functions = [UNUSED, pong].map(|body| (one.clone(), Box::new(body) as _));
    let fake = Arc::new(Fake::new(&[], functions.into()));
    let functions = Arc::clone(&fake) as Arc<dyn holm_abi::Interpreted>;
    let code_of = PublishedCode::tiered(functions, super::tiered::CODE_BYTES).unwrap();
    promote_one(&code_of, 0, &count(1));
    let machine = instantiate(&code_of, 2, &[]);
    (fake, code_of, machine)
}

#[test]
fn deep_nesting_is_compiled_instead() {
    let (fake, code_of, mut machine) = ping_pong();
    assert_eq!(run(&mut machine, 0, &[20]).unwrap(), 20);
    assert_eq!(fake.forces.load(Ordering::Relaxed), 0);
    let image = publish_into(&code_of, super::verified(code(&[(&count(0), &[])], &[1]))).unwrap();
    fake.forced[1].set(image.members().next().unwrap().1).unwrap();
    assert_eq!(run(&mut machine, 0, &[20_000]).unwrap(), 20_000);
    assert_eq!(fake.forces.load(Ordering::Relaxed), 1);
    assert_eq!(run(&mut machine, 0, &[20_000]).unwrap(), 20_000);
    assert_eq!(fake.forces.load(Ordering::Relaxed), 1);
}

#[test]
fn deep_nesting_ends_in_a_trap_where_nothing_compiles() {
    let (fake, _, mut machine) = ping_pong();
    for _ in 0..2 {
        let exit = run(&mut machine, 0, &[u64::MAX]).unwrap_err();
        assert!(matches!(exit.cause, ExitCause::Trap(TrapReason::StackOverflow)), "{exit:?}");
        assert_eq!(functions_of(&exit)[..4], [0, 1, 0, 1]);
        assert!(fake.forces.load(Ordering::Relaxed) > 10);
    }
    assert_eq!(run(&mut machine, 1, &[20]).unwrap(), 20);
}

/// The guest's stack may end in the bridge.
#[test]
fn the_guests_stack_may_end_anywhere() {
    let one = ty(&[ValType::I64], &[ValType::I64]);
    let leaf: Body = |_| Ok(());
    let code_of = program(&[(one.clone(), UNUSED), (one, leaf)]);
    let mut machine = instantiate(&code_of, 2, &[]);
    // Calls the leaf, then itself.
    let body = [call(1), call(0)].concat();
    promote_one(&code_of, 0, &framed(&body));
    for extra in [0x10, 0x20, 0x30, 0x40, 0x50] {
        // sub rsp, extra
        promote_one(&code_of, 0, &framed(&[&[0x48, 0x83, 0xec, extra][..], &body].concat()));
        let exit = run(&mut machine, 0, &[1]).unwrap_err();
        assert!(matches!(exit.cause, ExitCause::Trap(TrapReason::StackOverflow)), "{exit:?}");
        assert_eq!(exit.backtrace.len(), 100);
    }
}
