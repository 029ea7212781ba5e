//! Images put together: calls still reach what they meant, and everything said of code moves along.

use super::super::{AnchorAt, CallForm};
use super::*;
use crate::settings::{Architecture, MemoryStrategy};
use crate::{Container, ContainerWriter, Settings};
use alloc::string::String;
use alloc::string::ToString as _;
use alloc::vec;

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

fn low(number: u32) -> u8 {
    number.to_le_bytes()[0]
}

/// An image of functions of 16 bytes, each of which calls one place and says something of each kind of itself, and
/// the thunk of type 2 behind them.
fn image(members: &[(u32, u32)], targets: &[u32]) -> Code {
    let mut parts = CodeParts { members: members.to_vec(), ..CodeParts::default() };
    for ((defined, _), (start, target)) in members.iter().zip((0..).step_by(16).zip(targets)) {
        let call = Call { at: start + 1, target: *target, form: CallForm::Relative32 };
        parts.text.extend([0xe8, 0, 0, 0, 0].into_iter().chain([low(*defined); 11]));
        parts.functions.push(FunctionRange { offset: start, bytes: 14 });
        parts.calls.push(call);
        parts.traps.push((start + 6, TrapReason::Unreachable));
        parts.sources.push((start, 100 * defined));
        parts.sites.push((1_000 + defined, 0));
        let site = u32::try_from(parts.sites.len()).unwrap();
        parts.inlined.extend([(start, 0), (start + 8, site)]);
        parts.frames.push((start + 5, u32::try_from(parts.frame_slots.len()).unwrap()));
        parts.frame_slots.extend([1, 8 * defined]);
        parts.handlers.push(Handler {
            return_address: start + 5,
            entry: start + 9,
            frame_bytes: 64,
            anchor: AnchorAt::Stack(0),
        });
        parts.saved.push((start, [low(*defined), 0, 0, 0]));
    }
    let thunk = u32::try_from(parts.text.len()).unwrap();
    parts.thunks = vec![None, None, Some(thunk)];
    parts.inlined.push((thunk, 0));
    parts.saved.push((thunk, [0; 4]));
    parts.text.extend([0xc3; 4]);
    for call in &parts.calls {
        resolve_call(&mut parts.text, *call).unwrap();
    }
    Code::from_parts(parts, &settings())
}

/// Where the call in function `defined` goes.
fn target(code: &Code, defined: u32) -> u32 {
    let at = code.function(defined).unwrap().offset as usize + 1;
    let distance = read_u32(code.text(), at).unwrap();
    u32::try_from(at + 4).unwrap().wrapping_add(distance)
}

#[test]
fn functions_are_found_by_what_they_are() {
    let code = image(&[(7, 0), (3, 51), (3, 0)], &[16, 0, 0]);
    assert!(code.is_of_parts() && code.settings().ends_with(" parts"));
    assert_eq!(code.function(3), Some(FunctionRange { offset: 32, bytes: 14 }));
    assert_eq!(code.function(0), None);
    assert_eq!(
        (code.function_at(0), code.function_at(13), code.function_at(14)),
        (Some(7), Some(7), None)
    );
    assert_eq!(code.function_at(20), Some(3));
    assert_eq!(code.member_at(20).unwrap().loop_offset, Some(50));
    let members: Vec<_> = code.members().map(|m| (m.defined, m.loop_offset)).collect();
    assert_eq!(members, [(7, None), (3, Some(50)), (3, None)]);
}

#[test]
fn merged_images_say_the_same_of_every_function() {
    // 1 calls 2; a loop of 1 calls 1; 2 calls the thunk. Then again 2, which 4 calls.
    let first = image(&[(1, 0), (1, 71), (2, 0)], &[32, 0, 48]);
    let second = image(&[(4, 0), (2, 0)], &[16, 32]);
    let merged = Code::merge(&[&first, &second]).unwrap();
    let members: Vec<_> = merged.members().map(|m| (m.defined, m.loop_offset)).collect();
    assert_eq!(members, [(1, None), (2, None), (4, None)]);
    let start = |defined| merged.function(defined).unwrap().offset;
    // Each keeps its place in a line.
    assert_eq!([1, 2, 4].map(|defined| start(defined) % 64), [0, 32, 0]);
    assert_eq!(merged.thunk(2).unwrap() % 64, 48);
    assert_eq!(target(&merged, 1), start(2));
    assert_eq!(target(&merged, 4), start(2));
    assert_eq!(target(&merged, 2), merged.thunk(2).unwrap());
    assert_eq!(merged.thunk(0), None);
    for defined in [1, 2, 4] {
        let at = start(defined);
        let all: Vec<u8> = merged.text()[at as usize + 5..at as usize + 14].to_vec();
        assert_eq!(all, [low(defined); 9]);
        assert_eq!(merged.trap_at(at + 6), Some(TrapReason::Unreachable));
        assert_eq!(merged.sources_at(at).collect::<Vec<_>>(), [100 * defined]);
        assert_eq!(merged.sources_at(at + 8).collect::<Vec<_>>(), [100 * defined, 1_000 + defined]);
        assert_eq!(merged.frame_slots_at(at + 5).collect::<Vec<_>>(), [8 * defined]);
        assert_eq!(merged.handler_at(at + 5).unwrap().entry, at + 9);
        assert_eq!(merged.saved_at(at + 3), [low(defined), 0, 0, 0]);
    }
    assert_eq!(merged.saved_at(merged.thunk(2).unwrap()), [0; 4]);
    // Once more, through a file.
    let mut writer = ContainerWriter::new();
    merged.append(&mut writer);
    let read = Code::read(&Container::read(writer.finish().into()).unwrap()).unwrap();
    let again = Code::merge(&[&read]).unwrap();
    assert_eq!(again.text(), merged.text());
    assert_eq!(again.settings(), merged.settings());
}

#[test]
fn what_does_not_belong_together_is_refused() {
    let text = |images: &[&Code]| Code::merge(images).unwrap_err().to_string();
    let loops = image(&[(1, 71)], &[16]);
    assert_eq!(text(&[&loops]), "there are no functions to merge");
    assert_eq!(text(&[]), "there are no functions to merge");
    let whole = Code::from_parts(CodeParts::default(), &settings());
    assert_eq!(text(&[&loops, &whole]), "an image of a whole module is not merged");
    // Somebody calls into the middle of a function.
    let wrong = image(&[(1, 0)], &[5]);
    assert_eq!(text(&[&wrong]), "artifact's call table is damaged");
}

/// Whatever the bytes say, it is an error or an image.
#[test]
fn damaged_images_do_no_harm() {
    let code = image(&[(1, 0), (1, 71), (2, 0)], &[32, 0, 48]);
    let mut writer = ContainerWriter::new();
    code.append(&mut writer);
    let bytes = writer.finish();
    let mut merged = 0;
    for at in 0..bytes.len() - code.text().len() {
        let mut damaged = bytes.clone();
        damaged[at] ^= 1 << (at % 8);
        let container = Container::read(damaged.into());
        let Some(code) = container.ok().and_then(|container| Code::read(&container).ok()) else {
            continue;
        };
        merged += u32::from(Code::merge(&[&code]).is_ok());
    }
    assert!(merged > 0, "every flip was noticed");
}
