//! Batches: what they call how, what is refused, that they can be put together.

use crate::golden::{self, settings};
use crate::loops::{compiler, loops};
use holm_abi::{Code, CompileError, Entry, NoProfile, Part, Profile, Share};
use holm_spec::trap::TrapReason;

/// Functions with branch tables, because those are not inlined.
const SOURCE: &str = r#"(module
  (type $t (func (param i32) (result i32)))
  (import "host" "f" (func $host (type $t)))
  (func $a (type $t) (block (br_table 0 0 (local.get 0)))
    (i32.const 1) (local.get 0) (call $b) (call $host) (i32.div_u))
  (func $b (type $t) (local i64) (block (br_table 0 0 (local.get 0)))
    (loop $again (local.set 0 (call $a (local.get 0))) (br_if $again (local.get 0)))
    (loop (br_if 0 (i32.eqz (call $a (local.get 0))))) (local.get 0))
  (func $c (type $t) (block (br_table 0 0 (local.get 0)))
    (return_call $host (call $a (local.get 0)))))"#;

fn part(defined: u32) -> Part {
    golden::part(&defined)
}

/// Where the calls of a member of an image go: the starts of other members, by ordinal.
fn targets(code: &Code, ordinal: u32) -> Vec<u32> {
    let range = code.member(ordinal).unwrap().range;
    let calls =
        code.calls().filter(|call| (range.offset..range.offset + range.bytes).contains(&call.at));
    let starts: Vec<u32> = code.members().map(|member| member.range.offset).collect();
    let of = |target: u32| starts.iter().position(|start| *start == target);
    calls.filter_map(|call| of(call.target)).map(|at| u32::try_from(at).unwrap()).collect()
}

#[test]
fn members_call_each_other_directly() {
    let wasm = wat::parse_str(SOURCE).unwrap();
    let (module, parts) = compiler(&wasm, settings());
    let [first, second] = loops(&module, &wasm)[..] else { panic!("two loops") };
    let batch = [part(2), second, part(0), first];
    let code = parts.compile(&batch, &NoProfile).unwrap();
    let members: Vec<_> = code.members().map(|m| (m.defined, m.loop_offset)).collect();
    let offset = |part: Part| match part.entry {
        Entry::Loop { offset, .. } => Some(offset),
        Entry::Start => None,
    };
    assert_eq!(members, [(2, None), (1, offset(second)), (0, None), (1, offset(first))]);
    assert_eq!(targets(&code, 0), [2]);
    assert_eq!(targets(&code, 1), [2]);
    assert_eq!(targets(&code, 2), [], "function 1 is here from its loops on only");
    assert_eq!(targets(&code, 3), [2, 2], "what follows the loop is reached from it");
    assert!(code.thunk(0).is_some(), "calls of imports have a thunk to go to");
    assert!(code.settings().ends_with(" parts"));
    let again = parts.compile(&batch, &NoProfile).unwrap();
    assert_eq!(again.text(), code.text());
    for member in code.members() {
        let places = member.range.offset..member.range.offset + member.range.bytes;
        let body = &module.bodies[member.defined as usize].range;
        for at in places {
            assert_eq!(code.function_at(at), Some(member.defined));
            let outermost = code.sources_at(at).last().unwrap();
            assert!(body.contains(&u64::from(outermost)), "{at:#x} of {member:?}: {outermost:#x}");
        }
    }
}

#[test]
fn batches_become_one_image() {
    let wasm = wat::parse_str(SOURCE).unwrap();
    let (module, parts) = compiler(&wasm, settings());
    let loops = loops(&module, &wasm);
    let one = parts.compile(&[part(0), loops[0]], &NoProfile).unwrap();
    let other = parts.compile(&[part(2), part(0), part(1)], &NoProfile).unwrap();
    let merged = Code::merge(&[&one, &other]).unwrap();
    let members: Vec<_> = merged.members().map(|member| member.defined).collect();
    assert_eq!(members, [0, 2, 1]);
    assert_eq!(targets(&merged, 0), [], "it was compiled without the others");
    assert_eq!(targets(&merged, 1), [0]);
    let range = merged.function(0).unwrap();
    let mut places = range.offset..range.offset + range.bytes;
    assert!(places.any(|at| merged.trap_at(at) == Some(TrapReason::IntegerDivideByZero)));
}

#[test]
fn what_is_not_there_is_refused() {
    let wasm = wat::parse_str(SOURCE).unwrap();
    let (_, parts) = compiler(&wasm, settings());
    let refused = |batch: &[Part]| match parts.compile(batch, &NoProfile) {
        Err(CompileError::Bug(text)) => text,
        other => panic!("{batch:?}: {other:?}"),
    };
    assert_eq!(refused(&[]), "a batch of no functions is to be compiled");
    assert_eq!(refused(&[part(3)]), "function body 3 is to be compiled, of 3");
    assert_eq!(refused(&[part(1), part(1)]), "function body 1 is to be compiled twice");
    for offset in [0, 1_000_000] {
        let entry = Entry::Loop { offset, locals_at: 3 };
        let text = refused(&[Part { defined: 1, entry }]);
        assert_eq!(text, format!("function 2: there is no loop at {offset:#x}"));
    }
    // An operator, but no loop.
    let body = wasm.iter().rposition(|byte| *byte == 0x10).unwrap();
    let entry = Entry::Loop { offset: body.try_into().unwrap(), locals_at: 3 };
    let text = refused(&[Part { defined: 2, entry }]);
    assert!(text.contains("there is no loop at"), "{text}");
}

/// Every indirect call calls this function, it says.
struct Always(u32);

impl Profile for Always {
    fn callee(&self, _: u32, _: u32) -> Option<u32> {
        Some(self.0)
    }
}

#[test]
fn the_usual_target_of_an_indirect_call_is_called_directly() {
    let source = r#"(module
      (type $t (func (param i32) (result i32)))
      (table 2 funcref) (elem (i32.const 0) func $b $c)
      (func $a (type $t) (table.set (i32.const 1) (ref.null func))
        (call_indirect (type $t) (local.get 0) (i32.const 0)))
      (func $b (type $t) (block (br_table 0 0 (local.get 0))) (i32.const 1))
      (func $c (result i32) (i32.const 2)))"#;
    let (_, parts) = compiler(&wat::parse_str(source).unwrap(), settings());
    let batch = [part(0), part(1)];
    let direct = |profile: &dyn Profile| targets(&parts.compile(&batch, profile).unwrap(), 0);
    assert!(!direct(&NoProfile).contains(&1));
    assert!(direct(&Always(1)).contains(&1));
    // Itself, which no reference is to; one of another type; none.
    for wrong in [0, 2, 3] {
        let code = parts.compile(&batch, &Always(wrong)).unwrap();
        assert_eq!(code.text(), parts.compile(&batch, &NoProfile).unwrap().text(), "{wrong}");
    }
}

/// Every call is made so often.
struct Made(Share);

impl Profile for Made {
    fn calls(&self, _: u32, _: u32) -> Option<Share> {
        Some(self.0)
    }
}

#[test]
fn what_is_called_often_is_inlined_though_it_is_larger() {
    // Of 60 operators and 200 operators, and one that is smaller than its call.
    let body = |operators: usize| {
        "(local.set 0 (i32.mul (local.get 0) (local.get 0)))".repeat(operators / 4)
    };
    let source = format!(
        r#"(module
          (type $t (func (param i32) (result i32)))
          (func $a (type $t)
            (i32.add (i32.add (call $b (local.get 0)) (call $c (local.get 0)))
              (i32.add (call $d (local.get 0)) (call $e (local.get 0)))))
          (func $b (type $t) (i32.const 1))
          (func $c (type $t) {} (local.get 0))
          (func $d (type $t) {} (local.get 0))
          (func $e (type $t) {} (local.get 0)))"#,
        body(20),
        body(60),
        body(400)
    );
    let (_, parts) = compiler(&wat::parse_str(source).unwrap(), settings());
    let batch = [0, 1, 2, 3, 4].map(part);
    let called = |times, of| {
        let profile = Made(Share { times, of });
        targets(&parts.compile(&batch, &profile).unwrap(), 0)
    };
    assert_eq!(targets(&parts.compile(&batch, &NoProfile).unwrap(), 0), [3, 4]);
    assert_eq!(called(200, 255), [4], "often");
    assert_eq!(called(255, 1), [4], "in a loop");
    assert_eq!(called(40, 255), [3, 4], "now and then");
    assert_eq!(called(31, 31), [3, 4], "too early to say");
    assert_eq!(called(2, 255), [2, 3, 4], "seldom");
}
