;; Stack exhaustion, every way to get there, and that an instance is as good as new afterwards.

(module
  (type $v (func))
  (table 2 funcref)
  (elem (i32.const 0) $indirect $big)
  (global $depth (mut i32) (i32.const 0))
  (memory 1)

  (func $plain (export "plain") (call $plain))
  (func $counted (export "counted")
    (global.set $depth (i32.add (global.get $depth) (i32.const 1)))
    (call $counted))
  (func (export "depth") (result i32) (i32.gt_u (global.get $depth) (i32.const 1000)))

  (func $even (export "even") (param i64) (result i32)
    (if (result i32) (i64.eqz (local.get 0))
      (then (i32.const 1)) (else (call $odd (i64.sub (local.get 0) (i64.const 1))))))
  (func $odd (param i64) (result i32)
    (if (result i32) (i64.eqz (local.get 0))
      (then (i32.const 0)) (else (call $even (i64.sub (local.get 0) (i64.const 1))))))

  (func $indirect (export "indirect") (call_indirect (type $v) (i32.const 0)))

  ;; A frame of many live values around the call.
  (func $wide (export "wide") (param f64 f64 f64 f64 f64 f64 f64 f64) (result f64)
    (f64.add (local.get 0) (f64.add (local.get 1) (f64.add (local.get 2) (f64.add (local.get 3)
      (f64.add (local.get 4) (f64.add (local.get 5) (f64.add (local.get 6) (f64.add (local.get 7)
        (call $wide (local.get 7) (local.get 0) (local.get 1) (local.get 2)
          (local.get 3) (local.get 4) (local.get 5) (local.get 6)))))))))))

  ;; Recursion whose answer needs every frame.
  (func $sum (export "sum") (param i64) (result i64)
    (if (result i64) (i64.eqz (local.get 0))
      (then (i64.const 0))
      (else (i64.add (local.get 0) (call $sum (i64.sub (local.get 0) (i64.const 1)))))))

  (func $big (drop (call $big_body (i32.const 1))))
  (func $big_body (export "big") (param i32) (result i32)
    (i32.add (call $big_body (i32.add (local.get 0) (i32.const 1))) (local.get 0)))
)

(assert_return (invoke "sum" (i64.const 1000)) (i64.const 500500))
(assert_exhaustion (invoke "plain") "call stack exhausted")
(assert_exhaustion (invoke "counted") "call stack exhausted")
(assert_return (invoke "depth") (i32.const 1))
(assert_exhaustion (invoke "even" (i64.const -1)) "call stack exhausted")
(assert_return (invoke "even" (i64.const 1001)) (i32.const 0))
(assert_exhaustion (invoke "indirect") "call stack exhausted")
(assert_exhaustion (invoke "wide" (f64.const 1) (f64.const 2) (f64.const 3) (f64.const 4)
  (f64.const 5) (f64.const 6) (f64.const 7) (f64.const 8)) "call stack exhausted")
(assert_exhaustion (invoke "big" (i32.const 0)) "call stack exhausted")
(assert_exhaustion (invoke "sum" (i64.const 100000000)) "call stack exhausted")
(assert_return (invoke "sum" (i64.const 2000)) (i64.const 2001000))

;; Recursion through an import: the callee is the caller's own export, in another instance.
(module $first
  (table $t (export "table") 1 funcref)
  (type $v (func))
  (func (export "enter") (call_indirect (type $v) (i32.const 0)))
  (func (export "ok") (result i32) (i32.const 1)))
(register "first" $first)
(module $second
  (table (import "first" "table") 1 funcref)
  (func $enter (import "first" "enter"))
  (elem (i32.const 0) $again)
  (func $again (export "again") (call $enter)))
(assert_exhaustion (invoke $second "again") "call stack exhausted")
(assert_exhaustion (invoke $first "enter") "call stack exhausted")
(assert_return (invoke $first "ok") (i32.const 1))
