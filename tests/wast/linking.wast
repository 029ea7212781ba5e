;; Three instances that share one memory, one table and one counter, and call each other in a ring.

(module $base
  (memory (export "memory") 1 4)
  (table (export "table") 8 funcref)
  (global $counter (export "counter") (mut i32) (i32.const 0))
  (func (export "bump") (result i32)
    (global.set $counter (i32.add (global.get $counter) (i32.const 1)))
    (global.get $counter))
  (func (export "peek") (param i32) (result i32) (i32.load (local.get 0)))
  (func (export "pages") (result i32) (memory.size)))
(register "base" $base)

(module $middle
  (memory (import "base" "memory") 1)
  (table (import "base" "table") 8 funcref)
  (global $counter (import "base" "counter") (mut i32))
  (func $bump (import "base" "bump") (result i32))
  (type $unary (func (param i32) (result i32)))
  (func $double (type $unary) (i32.mul (local.get 0) (i32.const 2)))
  (func $add_counter (type $unary) (i32.add (local.get 0) (global.get $counter)))
  (elem (i32.const 2) $double $add_counter)
  (func (export "poke") (param i32 i32) (i32.store (local.get 0) (local.get 1)))
  (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
  (func (export "twice") (result i32) (drop (call $bump)) (call $bump))
  (func (export "set") (param i32) (global.set $counter (local.get 0))))
(register "middle" $middle)

(module $top
  (memory (import "base" "memory") 1)
  (table (import "base" "table") 0 funcref)
  (type $unary (func (param i32) (result i32)))
  (func (export "through_table") (param i32 i32) (result i32)
    (call_indirect (type $unary) (local.get 1) (local.get 0)))
  (func (export "sum") (param $at i32) (param $count i32) (result i32)
    (local $total i32)
    (block $done
      (loop $next
        (br_if $done (i32.eqz (local.get $count)))
        (local.set $total (i32.add (local.get $total) (i32.load (local.get $at))))
        (local.set $at (i32.add (local.get $at) (i32.const 4)))
        (local.set $count (i32.sub (local.get $count) (i32.const 1)))
        (br $next)))
    (local.get $total)))

;; Memory: a store in one instance is a load in the others.
(invoke $middle "poke" (i32.const 16) (i32.const 40))
(invoke $middle "poke" (i32.const 20) (i32.const 2))
(assert_return (invoke $base "peek" (i32.const 16)) (i32.const 40))
(assert_return (invoke $top "sum" (i32.const 16) (i32.const 2)) (i32.const 42))

;; Growth in one instance is seen by the owner and by the other guest.
(assert_trap (invoke $base "peek" (i32.const 65536)) "out of bounds memory access")
(assert_return (invoke $middle "grow" (i32.const 1)) (i32.const 1))
(assert_return (invoke $base "pages") (i32.const 2))
(assert_return (invoke $base "peek" (i32.const 131068)) (i32.const 0))
(assert_trap (invoke $base "peek" (i32.const 131069)) "out of bounds memory access")
(assert_return (invoke $middle "grow" (i32.const 3)) (i32.const -1))
(assert_return (invoke $top "sum" (i32.const 131068) (i32.const 1)) (i32.const 0))
(assert_trap (invoke $top "sum" (i32.const 131068) (i32.const 2)) "out of bounds memory access")

;; Globals: one cell.
(assert_return (invoke $base "bump") (i32.const 1))
(assert_return (invoke $middle "twice") (i32.const 3))
(assert_return (get $base "counter") (i32.const 3))
(invoke $middle "set" (i32.const 100))
(assert_return (invoke $base "bump") (i32.const 101))

;; Table: a function of the second instance, found by the third, reads the first one's counter.
(assert_return (invoke $top "through_table" (i32.const 2) (i32.const 21)) (i32.const 42))
(assert_return (invoke $top "through_table" (i32.const 3) (i32.const 1)) (i32.const 102))
(assert_trap (invoke $top "through_table" (i32.const 1) (i32.const 1)) "uninitialized element")
(assert_trap (invoke $top "through_table" (i32.const 8) (i32.const 1)) "undefined element")
(assert_trap (invoke $top "through_table" (i32.const -1) (i32.const 1)) "undefined element")

;; What an import must be.
(assert_unlinkable (module (import "base" "nothing" (func))) "unknown import")
(assert_unlinkable (module (import "nobody" "memory" (memory 1))) "unknown import")
(assert_unlinkable (module (import "base" "memory" (func))) "incompatible import type")
(assert_unlinkable (module (import "base" "bump" (func))) "incompatible import type")
(assert_unlinkable (module (import "base" "bump" (func (param i32) (result i32)))) "incompatible import type")
(assert_unlinkable (module (import "base" "counter" (global i32))) "incompatible import type")
(assert_unlinkable (module (import "base" "counter" (global (mut i64)))) "incompatible import type")
(assert_unlinkable (module (import "base" "memory" (memory 3))) "incompatible import type")
(assert_unlinkable (module (import "base" "memory" (memory 1 3))) "incompatible import type")
(assert_unlinkable (module (import "base" "table" (table 9 funcref))) "incompatible import type")
(assert_unlinkable (module (import "base" "table" (table 8 8 funcref))) "incompatible import type")
(assert_unlinkable (module (import "base" "table" (table 8 externref))) "incompatible import type")
;; The memory has grown to two pages, so that an import may now ask for two.
(module (import "base" "memory" (memory 2 4)) (func (export "size") (result i32) (memory.size)))
(assert_return (invoke "size") (i32.const 2))
