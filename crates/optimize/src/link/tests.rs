//! Linking: distances, alignment, what does not fit.

use super::*;
use crate::worker::CallSite;
use holm_abi::code::CallForm;

fn unit(code: &[u8], calls: Vec<CallSite>) -> Compiled {
    Compiled { code: code.to_vec(), alignment: 16, calls, ..Compiled::default() }
}

#[test]
fn calls_are_relative_to_the_end_of_their_field() {
    let call = |target| CallSite { offset: 1, target, form: CallForm::Relative32 };
    let mut functions = [
        unit(&[0xe8, 0, 0, 0, 0], vec![call(Unit::function(1))]),
        unit(&[0xe8, 0, 0, 0, 0], vec![call(Unit::Thunk(2))]),
    ];
    let mut thunks = [(2, unit(&[0xc3], Vec::new()))].into();
    let parts = link(&mut functions, &mut thunks, 3).unwrap();
    assert_eq!(parts.functions[1], FunctionRange { offset: 32, bytes: 5 });
    assert_eq!(parts.thunks, [None, None, Some(64)]);
    assert_eq!(parts.text[..6], [0xe8, 27, 0, 0, 0, FILLER]);
    assert_eq!(parts.text[32..37], [0xe8, 27, 0, 0, 0]);
}

#[test]
fn aarch64_calls_count_words() {
    let call = CallSite { offset: 0, target: Unit::function(0), form: CallForm::Branch26 };
    let mut functions =
        [unit(&[0; 4], Vec::new()), unit(&0x9400_0000_u32.to_le_bytes(), vec![call])];
    let parts = link(&mut functions, &mut BTreeMap::new(), 0).unwrap();
    assert_eq!(parts.text[32..36], 0x97ff_fff8_u32.to_le_bytes());
}

#[test]
fn a_call_of_nothing_is_a_bug() {
    let call = CallSite { offset: 0, target: Unit::Thunk(0), form: CallForm::Relative32 };
    let mut functions = [unit(&[0; 8], vec![call])];
    assert!(matches!(link(&mut functions, &mut BTreeMap::new(), 1), Err(CompileError::Bug(_))));
}

#[test]
fn parts_call_each_other_by_their_starts() {
    let call = |defined| CallSite {
        offset: 1,
        target: Unit::function(defined),
        form: CallForm::Relative32,
    };
    let entry = Entry::Loop { offset: 9, locals_at: 2 };
    let batch = [Part { defined: 5, entry }, Part { defined: 5, entry: Entry::Start }];
    let code = [0xe8, 0, 0, 0, 0];
    let mut functions = [unit(&code, vec![call(5)]), unit(&code, vec![call(5)])];
    let parts = link_parts(&batch, &mut functions, &mut BTreeMap::new()).unwrap();
    assert_eq!(parts.members, [(5, 10), (5, 0)]);
    let calls: Vec<_> = parts.calls.iter().map(|call| (call.at, call.target)).collect();
    assert_eq!(calls, [(1, 32), (33, 32)]);
    assert_eq!(parts.text[32..37], [0xe8, 0xfb, 0xff, 0xff, 0xff]);
    let mut functions = [unit(&code, vec![call(4)])];
    let missing = link_parts(&batch[1..], &mut functions, &mut BTreeMap::new());
    assert!(matches!(missing, Err(CompileError::Bug(_))));
}
