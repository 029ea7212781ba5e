(module
  (type $binary (func (param i32 i32) (result i32)))
  (elem declare func $add $sub)
  (func $add (type $binary) (i32.add (local.get 0) (local.get 1)))
  (func $sub (type $binary) (i32.sub (local.get 0) (local.get 1)))
  (func (param (ref $binary)) (result i32)
    (drop (ref.func $add))
    (drop (ref.func $sub))
    (call_ref $binary (i32.const 7) (i32.const 5) (local.get 0))))
