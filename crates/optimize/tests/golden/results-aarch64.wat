;;! architecture = aarch64
(module
  (func $many (param i32) (result i32 i32 i32 i32 i32 i32 i32 i32 i32)
    (local.get 0) (local.get 0) (local.get 0) (local.get 0) (local.get 0)
    (local.get 0) (local.get 0) (local.get 0) (i32.const 9))
  (func (param i32) (result i32)
    (call $many (local.get 0))
    (drop) (drop) (drop) (drop) (drop) (drop) (drop) (drop))
  (func (param i32 i64 f32 f64 v128) (result v128 f64 f32 i64 i32)
    (local.get 4) (local.get 3) (local.get 2) (local.get 1) (local.get 0)))

