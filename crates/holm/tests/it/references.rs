//! References to functions and host objects, in and out of guests.

use crate::support::*;
use holm::{Caller, ExternRef, Func, Linker, Result, Store, Val};

const GUEST: &str = r#"(module
    (import "h" "see" (func $see (param externref) (result externref)))
    (table $objects (export "objects") 4 externref)
    (table $functions (export "functions") 4 funcref)
    (func $five (export "five") (result i32) (i32.const 5))
    (func (export "pass") (param externref) (result externref) (local.get 0))
    (func (export "through") (param externref) (result externref) (call $see (local.get 0)))
    (func (export "keep") (param i32 externref) (table.set $objects (local.get 0) (local.get 1)))
    (func (export "is_null") (param externref) (result i32) (ref.is_null (local.get 0)))
    (func (export "give") (result funcref) (ref.func $five))
    (func (export "take") (param funcref) (result i32)
      (table.set $functions (i32.const 0) (local.get 0))
      (call_indirect $functions (result i32) (i32.const 0))))"#;

fn linker(engine: &holm::Engine) -> Linker<Vec<String>> {
    let mut linker = Linker::new(engine);
    linker
        .func_wrap(
            "h",
            "see",
            |mut caller: Caller<'_, Vec<String>>,
             object: Option<ExternRef>|
             -> Result<Option<ExternRef>> {
                let text = match object {
                    Some(object) => {
                        object.data(&caller)?.downcast_ref::<&str>().unwrap().to_string()
                    }
                    None => "null".to_owned(),
                };
                let seen = ExternRef::new(&mut caller, "seen")?;
                caller.data_mut().push(text);
                Ok(Some(seen))
            },
        )
        .unwrap();
    linker
}

#[test]
fn host_objects_pass_through_guests() -> Result<()> {
    for engine in &*ENGINES {
        let (mut store, instance) = start_with(&linker(engine), vec![], GUEST);
        let object = ExternRef::new(&mut store, "thing")?;
        let pass =
            instance.get_typed_func::<Option<ExternRef>, Option<ExternRef>>(&mut store, "pass")?;
        assert_eq!(pass.call(&mut store, Some(object))?, Some(object));
        assert_eq!(pass.call(&mut store, None)?, None);

        let through = instance
            .get_typed_func::<Option<ExternRef>, Option<ExternRef>>(&mut store, "through")?;
        let seen = through.call(&mut store, Some(object))?.unwrap();
        assert_eq!(seen.data(&store)?.downcast_ref::<&str>(), Some(&"seen"));
        through.call(&mut store, None)?;
        assert_eq!(store.data(), &["thing", "null"]);

        let keep = instance.get_typed_func::<(i32, Option<ExternRef>), ()>(&mut store, "keep")?;
        keep.call(&mut store, (2, Some(object)))?;
        let objects = instance.get_table(&store, "objects").unwrap();
        assert_eq!(objects.get(&store, 2).unwrap().externref().unwrap(), Some(&object));
        objects.set(&mut store, 3, Val::from(seen))?;

        let is_null = instance.get_typed_func::<Option<ExternRef>, i32>(&mut store, "is_null")?;
        assert_eq!(is_null.call(&mut store, None)?, 1);
        assert_eq!(is_null.call(&mut store, Some(object))?, 0);
    }
    Ok(())
}

#[test]
fn functions_pass_through_guests() -> Result<()> {
    for engine in &*ENGINES {
        let (mut store, instance) = start_with(&linker(engine), vec![], GUEST);
        let give = instance.get_typed_func::<(), Option<Func>>(&mut store, "give")?;
        let five = give.call(&mut store, ())?.unwrap();
        assert_eq!(five.typed::<(), i32>(&store)?.call(&mut store, ())?, 5);
        assert_eq!(Some(five), instance.get_func(&store, "five"));
        let take = instance.get_typed_func::<Option<Func>, i32>(&mut store, "take")?;
        assert_eq!(take.call(&mut store, Some(five))?, 5);
        let closure = Func::wrap(&mut store, || 12)?;
        assert_eq!(take.call(&mut store, Some(closure))?, 12);
        assert_eq!(text(take.call(&mut store, None)), "uninitialized element");
        let wrong = Func::wrap(&mut store, || 12_i64)?;
        assert_eq!(text(take.call(&mut store, Some(wrong))), "indirect call type mismatch");
        // Another instance's function keeps its own instance.
        let other = start_other(&mut store, engine)?;
        let seven = other.get_func(&store, "seven").unwrap();
        assert_eq!(take.call(&mut store, Some(seven))?, 7);
    }
    Ok(())
}

fn start_other(store: &mut Store<Vec<String>>, engine: &holm::Engine) -> Result<holm::Instance> {
    let other = module(
        engine,
        r#"(module (global $g (mut i32) (i32.const 7)) (func (export "seven") (result i32) (global.get $g)))"#,
    );
    Linker::new(engine).instantiate(store, &other)
}

#[test]
fn references_of_another_store_are_refused() -> Result<()> {
    let (mut store, instance) = start_with(&linker(&ENGINE), vec![], GUEST);
    let mut other = Store::new(&ENGINE, ());
    let object = ExternRef::new(&mut other, 1)?;
    let function = Func::wrap(&mut other, || 1)?;
    let pass =
        instance.get_typed_func::<Option<ExternRef>, Option<ExternRef>>(&mut store, "pass")?;
    let take = instance.get_typed_func::<Option<Func>, i32>(&mut store, "take")?;
    assert_eq!(text(pass.call(&mut store, Some(object))), "externref belongs to another store");
    assert_eq!(text(take.call(&mut store, Some(function))), "function belongs to another store");
    assert_eq!(text(object.data(&store).map(drop)), "externref belongs to another store");
    let table = instance.get_table(&store, "functions").unwrap();
    assert_eq!(
        text(table.set(&mut store, 0, function.into())),
        "function belongs to another store"
    );
    Ok(())
}
