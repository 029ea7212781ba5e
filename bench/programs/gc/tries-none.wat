;; What `tries` does, without its try.
(global $warm i32 (i32.const 5))
(global $rounds i32 (i32.const 20))

(tag $never (param i32))

(func $fib (param $n i32) (result i32)
  (if (i32.lt_u (local.get $n) (i32.const 2)) (then (return (local.get $n))))
  (if (i32.eq (local.get $n) (i32.const 1000)) (then (throw $never (local.get $n))))
  (i32.add
    (call $fib (i32.sub (local.get $n) (i32.const 1)))
    (call $fib (i32.sub (local.get $n) (i32.const 2)))))

(func $round (result i64) (i64.extend_i32_u (call $fib (i32.const 30))))
