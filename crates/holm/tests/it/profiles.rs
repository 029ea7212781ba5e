//! What was seen of a module while it ran, and what compiling it again makes of that.

use crate::support::*;
use holm::{Engine, ErrorKind, Linker, Module, Profile, Store, Tiering};

/// A table that changes, so that nothing is known of it before; many of the calls go to one function.
const GUEST: &str = r#"(module
    (type $f (func (param i32) (result i32)))
    (table 4 funcref)
    (elem (i32.const 0) func $one $two)
    (func $one (type $f) (i32.add (local.get 0) (i32.const 1)))
    (func $two (type $f) (i32.add (local.get 0) (i32.const 2)))
    (func (export "change") (table.set (i32.const 0) (table.get (i32.const 1))))
    (func (export "spin") (param $times i32) (result i32) (local $sum i32)
        (loop $again
            (local.set $sum (call_indirect (type $f) (local.get $sum) (i32.const 0)))
            (br_if $again (local.tee $times (i32.sub (local.get $times) (i32.const 1)))))
        (local.get $sum)))"#;

/// Runs the loop with one target and then with another.
fn spin(module: &Module) {
    let mut store = Store::new(module.engine(), ());
    let instance = Linker::new(module.engine()).instantiate(&mut store, module).unwrap();
    let spin = instance.get_typed_func::<i32, i32>(&mut store, "spin").unwrap();
    assert_eq!(spin.call(&mut store, 200).unwrap(), 200);
    let change = instance.get_typed_func::<(), ()>(&mut store, "change").unwrap();
    change.call(&mut store, ()).unwrap();
    assert_eq!(spin.call(&mut store, 10).unwrap(), 20);
}

fn tiered() -> Engine {
    let late = Tiering { calls: 1000, rounds: 200, ..Tiering::EAGER };
    engine(|config| config.tier(Some("auto")).tiering(Some(late)))
}

fn seen() -> Profile {
    let module = module(&tiered(), GUEST);
    assert!(module.profile().unwrap().is_empty());
    spin(&module);
    module.profile().unwrap()
}

#[test]
fn the_usual_target_is_seen() {
    let text = seen().to_text();
    let lines: Vec<&str> = text.lines().collect();
    let [_, _, call, branch] = lines[..] else { panic!("one call and one branch: {text}") };
    assert!(call.starts_with("callee 3 ") && call.ends_with(" 0"), "{text}");
    // It is watched for a quarter of the rounds that it may make, then the loop goes over.
    assert!(branch.starts_with("branch 3 ") && branch.ends_with(" 51 51"), "{text}");
    assert_eq!(module(&ENGINE, GUEST).profile(), None);
}

#[test]
fn code_with_a_profile_does_the_same() {
    let profile = seen();
    let with = ENGINE.precompile_with(GUEST, &profile).unwrap();
    assert_eq!(with, ENGINE.precompile_with(GUEST, &profile).unwrap());
    assert_ne!(with, ENGINE.precompile(GUEST).unwrap());
    spin(&Module::from_trusted_artifact(&ENGINE, with).unwrap());
}

#[test]
fn a_wrong_profile_makes_no_wrong_code() {
    let text = seen().to_text();
    let (text, _) = text.trim_end().rsplit_once('\n').unwrap();
    let (head, line) = text.rsplit_once('\n').unwrap();
    let call = line.rsplit_once(' ').unwrap().0;
    // The other function, those of other types, none at all.
    for callee in ["1", "2", "3", "4", "4294967295"] {
        let wrong = Profile::from_text(&format!("{head}\n{call} {callee}\n")).unwrap();
        let artifact = ENGINE.precompile_with(GUEST, &wrong).unwrap();
        spin(&Module::from_trusted_artifact(&ENGINE, artifact).unwrap());
    }
}

#[test]
fn the_profile_of_another_module_is_refused() {
    let other = GUEST.replace("(i32.const 2)", "(i32.const 3)");
    let error = error(ENGINE.precompile_with(other, &seen()));
    assert_eq!(error.kind(), ErrorKind::Invalid);
    assert!(error.to_string().starts_with("profile is of another module"), "{error}");
}
