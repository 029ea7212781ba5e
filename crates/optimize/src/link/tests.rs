//! Linking: distances, alignment, what does not fit.

use super::*;

fn unit(code: &[u8], calls: Vec<CallSite>) -> Compiled {
    Compiled { code: code.to_vec(), alignment: 16, calls, ..Compiled::default() }
}

#[test]
fn calls_are_relative_to_the_end_of_their_field() {
    let call = |target| CallSite { offset: 1, target, form: CallForm::Relative32 };
    let mut functions = [
        unit(&[0xe8, 0, 0, 0, 0], vec![call(Unit::Function(1))]),
        unit(&[0xe8, 0, 0, 0, 0], vec![call(Unit::Thunk(2))]),
    ];
    let mut thunks = [(2, unit(&[0xc3], Vec::new()))].into();
    let parts = link(&mut functions, &mut thunks, 3).unwrap();
    assert_eq!(parts.functions[1], FunctionRange { offset: 16, bytes: 5 });
    assert_eq!(parts.thunks, [None, None, Some(32)]);
    assert_eq!(parts.text[..6], [0xe8, 11, 0, 0, 0, FILLER]);
    assert_eq!(parts.text[16..21], [0xe8, 11, 0, 0, 0]);
}

#[test]
fn aarch64_calls_count_words() {
    let call = CallSite { offset: 0, target: Unit::Function(0), form: CallForm::Branch26 };
    let mut functions =
        [unit(&[0; 4], Vec::new()), unit(&0x9400_0000_u32.to_le_bytes(), vec![call])];
    let parts = link(&mut functions, &mut BTreeMap::new(), 0).unwrap();
    assert_eq!(parts.text[16..20], 0x97ff_fffc_u32.to_le_bytes());
}

#[test]
fn a_call_of_nothing_is_a_bug() {
    let call = CallSite { offset: 0, target: Unit::Thunk(0), form: CallForm::Relative32 };
    let mut functions = [unit(&[0; 8], vec![call])];
    assert!(matches!(link(&mut functions, &mut BTreeMap::new(), 1), Err(CompileError::Bug(_))));
}
