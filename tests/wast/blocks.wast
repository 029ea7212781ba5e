;; Blocks, loops and branches that carry several values of several types, and code that cannot be reached.

(module
  (func (export "block_params") (param i32 i64) (result i64 i32)
    (local.get 0) (local.get 1)
    (block (param i32 i64) (result i64 i32)
      (i64.extend_i32_s (i32.const -3)) (i64.mul)
      (local.set 1)
      (i32.const 1) (i32.add)
      (local.set 0)
      (local.get 1) (local.get 0)))

  ;; A loop with parameters as a machine for the greatest common divisor.
  (func (export "gcd") (param i64 i64) (result i64)
    (local $a i64) (local $b i64)
    (local.get 0) (local.get 1)
    (loop $again (param i64 i64) (result i64)
      (local.set $b) (local.set $a)
      (if (result i64) (i64.eqz (local.get $b))
        (then (local.get $a))
        (else
          (local.get $b)
          (i64.rem_u (local.get $a) (local.get $b))
          (br $again)))))

  ;; Values rotate through the parameters of a loop.
  (func (export "rotate") (param $n i32) (result i32 f32 i64 f64)
    (local $i i32) (local $f f32) (local $l i64) (local $d f64)
    (i32.const 1) (f32.const 2) (i64.const 3) (f64.const 4)
    (loop $again (param i32 f32 i64 f64) (result i32 f32 i64 f64)
      (local.set $d) (local.set $l) (local.set $f) (local.set $i)
      (i32.trunc_f64_s (local.get $d))
      (f32.convert_i32_s (local.get $i))
      (i64.trunc_f32_s (local.get $f))
      (f64.convert_i64_s (local.get $l))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))

  (func (export "if_params") (param i32 i32 i32) (result i32 i32)
    (local.get 0) (local.get 1)
    (if (param i32 i32) (result i32 i32) (local.get 2)
      (then (i32.sub) (i32.const 7))
      (else (drop) (i32.const 1) (i32.add) (i32.const 8))))

  ;; An if without an else passes its parameters on.
  (func (export "if_alone") (param i32 i32) (result i32)
    (local.get 0)
    (if (param i32) (result i32) (local.get 1) (then (i32.const 10) (i32.mul))))

  ;; br_if keeps the values when it does not branch.
  (func (export "maybe") (param i32) (result i64)
    (block $out (result i64 i32)
      (i64.const 1) (i32.const 2)
      (br_if $out (i32.eq (local.get 0) (i32.const 0)))
      (i32.const 3) (i32.add)
      (br_if $out (i32.eq (local.get 0) (i32.const 1)))
      (drop) (drop)
      (i64.const 100) (i32.const 200))
    (i64.extend_i32_s) (i64.add))

  ;; A branch out of many blocks leaves what is below it on the stack behind.
  (func (export "leave_behind") (param i32) (result i32)
    (i32.const 1000)
    (block $out (result i32)
      (i32.const 5) (i32.const 6)
      (block
        (loop
          (i32.const 7) (i64.const 8)
          (br_if 2 (i32.const 9) (local.get 0))
          (drop) (drop) (drop)))
      (i32.add))
    (i32.add))

  (func (export "dead_code") (param i32) (result i32)
    (block $out (result i32)
      (br $out (i32.const 1))
      (i32.add (i32.const 2) (br 0 (i32.const 3)))
      (drop) (f32.add) (drop) (unreachable) (i64.eqz)
      (if (result i32) (then (i32.const 4)) (else (unreachable) (call 0) (return))))
    (return (i32.add (local.get 0)))
    (select) (drop) (drop)
    (loop (br 0))
    (i32.const 5))

  ;; Code behind an infinite loop, and a loop that is left by return only.
  (func (export "by_return") (param i32) (result i32)
    (loop $again (result i32)
      (if (i32.gt_s (local.get 0) (i32.const 99)) (then (return (local.get 0))))
      (local.set 0 (i32.add (local.get 0) (i32.const 7)))
      (br $again)))

  ;; Two hundred blocks deep, out of all at once.
  (func (export "deep") (param i32) (result i32)
    (block (block (block (block (block (block (block (block (block (block (block (block (block (block (block (block (block (block (block (block
    (block (block (block (block (block (block (block (block (block (block (block (block (block (block (block (block (block (block (block (block
    (block (block (block (block (block (block (block (block (block (block (block (block (block (block (block (block (block (block (block (block
    (block (block (block (block (block (block (block (block (block (block (block (block (block (block (block (block (block (block (block (block
    (block (block (block (block (block (block (block (block (block (block (block (block (block (block (block (block (block (block (block (block
    (block (block (block (block (block (block (block (block (block (block (block (block (block (block (block (block (block (block (block (block
    (block (block (block (block (block (block (block (block (block (block (block (block (block (block (block (block (block (block (block (block
    (block (block (block (block (block (block (block (block (block (block (block (block (block (block (block (block (block (block (block (block
    (block (block (block (block (block (block (block (block (block (block (block (block (block (block (block (block (block (block (block (block
    (block (block (block (block (block (block (block (block (block (block (block (block (block (block (block (block (block (block (block (block
      (br_if 199 (local.get 0)) (br_if 99 (i32.eqz (local.get 0)))
    ))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))
      (return (i32.const 1))
    ))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))
    (i32.const 2)
  )

  (func (export "nested_loops") (param $n i32) (result i32)
    (local $i i32) (local $j i32) (local $k i32) (local $sum i32)
    (loop $a
      (local.set $j (i32.const 0))
      (loop $b
        (local.set $k (i32.const 0))
        (loop $c
          (local.set $sum (i32.add (local.get $sum) (i32.xor (local.get $i) (i32.xor (local.get $j) (local.get $k)))))
          (br_if $c (i32.lt_u (local.tee $k (i32.add (local.get $k) (i32.const 1))) (local.get $n))))
        (br_if $b (i32.lt_u (local.tee $j (i32.add (local.get $j) (i32.const 1))) (local.get $n))))
      (br_if $a (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $n))))
    (local.get $sum)))

(assert_return (invoke "block_params" (i32.const 1) (i64.const 5)) (i64.const -15) (i32.const 2))
(assert_return (invoke "gcd" (i64.const 1071) (i64.const 462)) (i64.const 21))
(assert_return (invoke "gcd" (i64.const 5) (i64.const 0)) (i64.const 5))
(assert_return (invoke "rotate" (i32.const 1)) (i32.const 4) (f32.const 1) (i64.const 2) (f64.const 3))
(assert_return (invoke "rotate" (i32.const 2)) (i32.const 3) (f32.const 4) (i64.const 1) (f64.const 2))
(assert_return (invoke "rotate" (i32.const 400)) (i32.const 1) (f32.const 2) (i64.const 3) (f64.const 4))
(assert_return (invoke "if_params" (i32.const 9) (i32.const 4) (i32.const 1)) (i32.const 5) (i32.const 7))
(assert_return (invoke "if_params" (i32.const 9) (i32.const 4) (i32.const 0)) (i32.const 10) (i32.const 8))
(assert_return (invoke "if_alone" (i32.const 4) (i32.const 0)) (i32.const 4))
(assert_return (invoke "if_alone" (i32.const 4) (i32.const 5)) (i32.const 40))
(assert_return (invoke "maybe" (i32.const 0)) (i64.const 3))
(assert_return (invoke "maybe" (i32.const 1)) (i64.const 6))
(assert_return (invoke "maybe" (i32.const 2)) (i64.const 300))
(assert_return (invoke "leave_behind" (i32.const 1)) (i32.const 1009))
(assert_return (invoke "leave_behind" (i32.const 0)) (i32.const 1011))
(assert_return (invoke "dead_code" (i32.const 41)) (i32.const 42))
(assert_return (invoke "by_return" (i32.const 2)) (i32.const 100))
(assert_return (invoke "deep" (i32.const 1)) (i32.const 2))
(assert_return (invoke "deep" (i32.const 0)) (i32.const 1))
(assert_return (invoke "nested_loops" (i32.const 9)) (i32.const 4092))
