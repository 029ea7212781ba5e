;; Calls that leave an instance and come back to it, several deep, through imports and through tables.

(module $a
  (type $step (func (param i64) (result i64)))
  (table $t (export "t") 4 funcref)
  (global $seen (mut i64) (i64.const 0))
  (func $own (type $step)
    (global.set $seen (i64.add (global.get $seen) (i64.const 1)))
    (if (result i64) (i64.eqz (local.get 0))
      (then (global.get $seen))
      (else (call_indirect (type $step) (i64.sub (local.get 0) (i64.const 1)) (i32.const 1)))))
  (elem (i32.const 0) $own)
  (func (export "start") (param i64) (result i64) (call $own (local.get 0)))
  (func (export "seen") (result i64) (global.get $seen)))
(register "a" $a)
(register "ring" $a)

(module $b
  (type $step (func (param i64) (result i64)))
  (table (import "a" "t") 4 funcref)
  (global $seen (mut i64) (i64.const 1000))
  (func $own (type $step)
    (global.set $seen (i64.add (global.get $seen) (i64.const 1)))
    (if (result i64) (i64.eqz (local.get 0))
      (then (global.get $seen))
      (else (call_indirect (type $step) (i64.sub (local.get 0) (i64.const 1)) (i32.const 0)))))
  (elem (i32.const 1) $own)
  (func (export "seen") (result i64) (global.get $seen)))

(assert_return (invoke $a "start" (i64.const 0)) (i64.const 1))
(assert_return (invoke $a "start" (i64.const 1)) (i64.const 1001))
(assert_return (invoke $a "start" (i64.const 400)) (i64.const 203))
(assert_return (invoke $a "seen") (i64.const 203))
(assert_return (invoke $b "seen") (i64.const 1201))

;; Without an end the ring exhausts the stack, and everything works afterwards.
(assert_exhaustion (invoke $a "start" (i64.const -1)) "call stack exhausted")
(module $probe
  (func $start (import "ring" "start") (param i64) (result i64))
  (func $seen (import "ring" "seen") (result i64))
  (func (export "advances") (result i32)
    (local $before i64)
    (local.set $before (call $seen))
    (i64.eq (call $start (i64.const 2)) (i64.add (local.get $before) (i64.const 2)))))
(assert_return (invoke $probe "advances") (i32.const 1))
