//! Calls in both directions, with every kind of parameter and result.

use crate::support::*;

#[test]
fn a_typed_call() {
    for engine in &*ENGINES {
        let (mut store, instance) = start(
            engine,
            r#"(module (func (export "add") (param i32 i32) (result i32)
                 (i32.add (local.get 0) (local.get 1))))"#,
        );
        let add = instance.get_typed_func::<(i32, i32), i32>(&mut store, "add").unwrap();
        assert_eq!(add.call(&mut store, (40, 2)).unwrap(), 42);
    }
}
