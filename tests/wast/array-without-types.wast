;; A module that can have no array: it has no type of one, and nothing that could hold one of another module's.

(module
  (func (export "length") (result i32) (array.len (ref.null array)))
  (func (export "length, of a number") (result i32)
    (block $no (result (ref null any))
      (br_on_cast_fail $no (ref null any) (ref null array) (ref.i31 (i32.const 1)))
      (return (array.len)))
    (drop)
    (i32.const -1)))

(assert_trap (invoke "length") "null array reference")
(assert_return (invoke "length, of a number") (i32.const -1))
