;; Small functions that an optimizer puts into their callers: early returns, branches out of nested blocks,
;; several results, traps, locals that must start at zero at every entry, arguments with effects, recursion
;; among inlined ones, and functions that are called through a table as well.

(module
  (memory 1)
  (global $log (mut i64) (i64.const 0))
  (func $note (param i64) (result i64)
    (global.set $log (i64.add (i64.mul (global.get $log) (i64.const 10)) (local.get 0)))
    (local.get 0))
  (func (export "log") (result i64) (global.get $log) (global.set $log (i64.const 0)))

  ;; Arguments are evaluated from left to right, whatever the callee does with them.
  (func $second (param i64 i64 i64) (result i64) (local.get 1))
  (func (export "order") (result i64)
    (call $second (call $note (i64.const 1)) (call $note (i64.const 2)) (call $note (i64.const 3))))

  (func $early (param i32) (result i32)
    (if (i32.lt_s (local.get 0) (i32.const 0)) (then (return (i32.const -1))))
    (block $out (result i32)
      (block
        (block
          (br_table 0 1 (local.get 0)))
        (br $out (i32.const 10)))
      (i32.const 20)))
  (func (export "early") (param i32) (result i32)
    (i32.add (call $early (local.get 0)) (i32.mul (call $early (i32.sub (local.get 0) (i32.const 1))) (i32.const 100))))

  (func $split (param i64) (result i32 i32)
    (i32.wrap_i64 (i64.shr_u (local.get 0) (i64.const 32))) (i32.wrap_i64 (local.get 0)))
  (func (export "split") (param i64) (result i32 i32) (call $split (local.get 0)))
  (func (export "mirror") (param i64) (result i64)
    (local $high i32)
    (call $split (local.get 0))
    (local.set $high)
    (drop)
    (i64.or (i64.shl (i64.extend_i32_u (local.get $high)) (i64.const 32)) (i64.extend_i32_u (local.get $high))))

  ;; A local of an inlined callee must be zero again in the second round of a loop.
  (func $first_time (param i32) (result i32)
    (local $seen i32)
    (if (local.get $seen) (then (return (i32.const 999))))
    (local.set $seen (i32.const 1))
    (i32.add (local.get 0) (local.get $seen)))
  (func (export "fresh_locals") (param $n i32) (result i32)
    (local $sum i32)
    (loop $next
      (local.set $sum (i32.add (local.get $sum) (call $first_time (local.get $n))))
      (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $sum))

  (func $checked (param i32) (result i32)
    (if (i32.eqz (local.get 0)) (then (unreachable)))
    (i32.div_u (i32.const 100) (i32.sub (local.get 0) (i32.const 7))))
  (func (export "checked") (param i32) (result i32)
    (drop (call $note (i64.const 5)))
    (call $checked (local.get 0)))

  ;; Callee changes its parameter; the caller's variable stays.
  (func $clobber (param i32) (result i32) (local.set 0 (i32.mul (local.get 0) (i32.const 3))) (local.get 0))
  (func (export "kept") (param i32) (result i32) (i32.sub (call $clobber (local.get 0)) (local.get 0)))

  ;; A callee with a loop, an infinite one when its argument is odd, never called so.
  (func $halves (param i32) (result i32)
    (local $count i32)
    (loop $next
      (if (i32.eqz (i32.and (local.get 0) (i32.const 1)))
        (then
          (local.set 0 (i32.shr_u (local.get 0) (i32.const 1)))
          (local.set $count (i32.add (local.get $count) (i32.const 1)))
          (br $next))))
    (local.get $count))
  (func (export "halves") (param i32) (result i32)
    (i32.add (call $halves (local.get 0)) (call $halves (i32.shl (local.get 0) (i32.const 4)))))

  ;; Mutual recursion of tiny functions.
  (func $down (param i32) (result i32)
    (if (result i32) (local.get 0) (then (call $up (i32.sub (local.get 0) (i32.const 1)))) (else (i32.const 1))))
  (func $up (param i32) (result i32)
    (if (result i32) (local.get 0)
      (then (i32.add (i32.const 2) (call $down (i32.sub (local.get 0) (i32.const 1))))) (else (i32.const 0))))
  (func (export "mutual") (param i32) (result i32) (call $down (local.get 0)))

  ;; Only calls, nine deep.
  (func $c0 (param i32) (result i32) (i32.add (local.get 0) (i32.const 1)))
  (func $c1 (param i32) (result i32) (call $c0 (call $c0 (local.get 0))))
  (func $c2 (param i32) (result i32) (call $c1 (call $c1 (local.get 0))))
  (func $c3 (param i32) (result i32) (call $c2 (call $c2 (local.get 0))))
  (func $c4 (param i32) (result i32) (call $c3 (call $c3 (local.get 0))))
  (func $c5 (param i32) (result i32) (call $c4 (call $c4 (local.get 0))))
  (func $c6 (param i32) (result i32) (call $c5 (call $c5 (local.get 0))))
  (func $c7 (param i32) (result i32) (call $c6 (call $c6 (local.get 0))))
  (func (export "doubling") (param i32) (result i32) (call $c7 (call $c7 (local.get 0))))

  ;; A trap inside an inlined store: the bytes stored before it stay.
  (func $put (param i32 i32) (i32.store8 (local.get 0) (local.get 1)))
  (func (export "put_two") (param i32)
    (call $put (local.get 0) (i32.const 1))
    (call $put (i32.add (local.get 0) (i32.const 1)) (i32.const 2)))
  (func (export "byte") (param i32) (result i32) (i32.load8_u (local.get 0)))

  (type $unary (func (param i32) (result i32)))
  (table 2 2 funcref)
  (elem (i32.const 0) $c0 $clobber)
  (func (export "both_ways") (param i32 i32) (result i32)
    (i32.add (call $c0 (local.get 1)) (call_indirect (type $unary) (local.get 1) (local.get 0)))))

(assert_return (invoke "order") (i64.const 2))
(assert_return (invoke "log") (i64.const 123))
(assert_return (invoke "early" (i32.const -5)) (i32.const -101))
(assert_return (invoke "early" (i32.const 0)) (i32.const -90))
(assert_return (invoke "early" (i32.const 1)) (i32.const 1020))
(assert_return (invoke "early" (i32.const 2)) (i32.const 2020))
(assert_return (invoke "split" (i64.const 0x100000002)) (i32.const 1) (i32.const 2))
(assert_return (invoke "mirror" (i64.const 0x100000002)) (i64.const 0x200000002))
(assert_return (invoke "fresh_locals" (i32.const 4)) (i32.const 14))
(assert_return (invoke "checked" (i32.const 17)) (i32.const 10))
(assert_trap (invoke "checked" (i32.const 0)) "unreachable")
(assert_trap (invoke "checked" (i32.const 7)) "integer divide by zero")
(assert_return (invoke "log") (i64.const 555))
(assert_return (invoke "kept" (i32.const 21)) (i32.const 42))
(assert_return (invoke "halves" (i32.const 24)) (i32.const 10))
(assert_return (invoke "mutual" (i32.const 10)) (i32.const 11))
(assert_return (invoke "mutual" (i32.const 9)) (i32.const 8))
(assert_return (invoke "doubling" (i32.const 0)) (i32.const 256))
(assert_trap (invoke "put_two" (i32.const 65535)) "out of bounds memory access")
(assert_return (invoke "byte" (i32.const 65535)) (i32.const 1))
(assert_return (invoke "both_ways" (i32.const 0) (i32.const 5)) (i32.const 12))
(assert_return (invoke "both_ways" (i32.const 1) (i32.const 5)) (i32.const 21))
