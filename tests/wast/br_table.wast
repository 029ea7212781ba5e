;; Edges of br_table: no target but the default, the same target twice, an index that is negative or huge,
;; targets at many depths with values on the stack, and a table long enough to need a jump table.

(module
  (func (export "only_default") (param i32) (result i32)
    (block (result i32)
      (br_table 0 (i32.const 7) (local.get 0))))

  (func (export "same_target") (param i32) (result i32)
    (block $a (block $b (br_table $a $a $b $a (local.get 0))) (return (i32.const 1)))
    (i32.const 0))

  (func (export "with_value") (param i32 i64) (result i64)
    (block $outer (result i64)
      (i64.add (i64.const 100)
        (block $middle (result i64)
          (i64.add (i64.const 10)
            (block $inner (result i64)
              (i64.add (i64.const 1)
                (br_table $inner $middle $outer (local.get 1) (local.get 0)))))))))

  (func (export "two_values") (param i32) (result i32)
    (block $b (result i32 i64)
      (block $a (result i32 i64)
        (br_table $a $b (i32.const 5) (i64.const 6) (local.get 0)))
      (i64.add (i64.const 1)))
    (i32.add (i32.wrap_i64)))

  ;; A loop as a target: counts down by the number the index selects.
  (func (export "loop_target") (param $n i32) (result i32)
    (local $steps i32)
    (loop $again
      (local.set $steps (i32.add (local.get $steps) (i32.const 1)))
      (block $done
        (block $two
          (block $one
            (br_table $done $one $two (i32.and (local.get $n) (i32.const 3))))
          (local.set $n (i32.sub (local.get $n) (i32.const 1)))
          (br $again))
        (local.set $n (i32.sub (local.get $n) (i32.const 2)))
        (br $again)))
    (local.get $steps))

  (func (export "return_target") (param i32) (result i32)
    (br_table 0 (i32.const 9) (local.get 0))
    (unreachable))

  (func (export "after_unreachable") (result i32)
    (block (result i32) (unreachable) (br_table 0 0 0))))

(assert_return (invoke "only_default" (i32.const 0)) (i32.const 7))
(assert_return (invoke "only_default" (i32.const -1)) (i32.const 7))
(assert_return (invoke "same_target" (i32.const 0)) (i32.const 0))
(assert_return (invoke "same_target" (i32.const 1)) (i32.const 0))
(assert_return (invoke "same_target" (i32.const 2)) (i32.const 1))
(assert_return (invoke "same_target" (i32.const 3)) (i32.const 0))
(assert_return (invoke "same_target" (i32.const 0x80000000)) (i32.const 0))
(assert_return (invoke "with_value" (i32.const 0) (i64.const 5)) (i64.const 115))
(assert_return (invoke "with_value" (i32.const 1) (i64.const 5)) (i64.const 105))
(assert_return (invoke "with_value" (i32.const 2) (i64.const 5)) (i64.const 5))
(assert_return (invoke "with_value" (i32.const 0xffffffff) (i64.const 5)) (i64.const 5))
(assert_return (invoke "two_values" (i32.const 0)) (i32.const 12))
(assert_return (invoke "two_values" (i32.const 1)) (i32.const 11))
(assert_return (invoke "two_values" (i32.const 2)) (i32.const 11))
(assert_return (invoke "loop_target" (i32.const 0)) (i32.const 1))
(assert_return (invoke "loop_target" (i32.const 1)) (i32.const 2))
(assert_return (invoke "loop_target" (i32.const 7)) (i32.const 3))
(assert_return (invoke "return_target" (i32.const 3)) (i32.const 9))
(assert_trap (invoke "after_unreachable") "unreachable")

;; 3,000 targets: entry k leads to one of five places, so the answer is known for every index.
(module
  (func (export "long") (param i32) (result i32)
    (block $e (block $d (block $c (block $b (block $a
      (br_table
        $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d
        $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d
        $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d
        $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d
        $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d
        $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d
        $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d
        $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d
        $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d
        $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d
        $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d
        $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d
        $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d
        $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d
        $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d
        $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d
        $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d
        $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d
        $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d
        $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d
        $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d
        $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d
        $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d
        $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d
        $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d
        $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d
        $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d
        $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d
        $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d
        $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d
        $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d
        $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d
        $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d
        $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d
        $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d
        $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d
        $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d
        $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d
        $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d
        $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d
        $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d
        $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d
        $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d
        $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d
        $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d
        $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d
        $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d
        $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d
        $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d
        $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d
        $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d
        $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d
        $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d
        $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d
        $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d
        $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d
        $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d
        $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d
        $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d
        $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d
        $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d
        $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d
        $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d
        $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d
        $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d
        $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d
        $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d
        $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d
        $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d
        $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d
        $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d
        $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d
        $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d
        $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d
        $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d $a $e $a $d $d
        $e (local.get 0)))
      (return (i32.const 1))) (return (i32.const 2))) (return (i32.const 3))) (return (i32.const 4)))
    (i32.const 5))
  ;; Sums the answers for every index below the bound.
  (func (export "sum") (param $bound i32) (result i32)
    (local $at i32) (local $sum i32)
    (loop $next
      (local.set $sum (i32.add (i32.mul (local.get $sum) (i32.const 31)) (call 0 (local.get $at))))
      (br_if $next (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 1))) (local.get $bound))))
    (local.get $sum)))
(assert_return (invoke "long" (i32.const 0)) (i32.const 1))
(assert_return (invoke "long" (i32.const 1)) (i32.const 5))
(assert_return (invoke "long" (i32.const 2)) (i32.const 1))
(assert_return (invoke "long" (i32.const 1499)) (i32.const 4))
(assert_return (invoke "long" (i32.const 2999)) (i32.const 4))
(assert_return (invoke "long" (i32.const 3000)) (i32.const 5))
(assert_return (invoke "long" (i32.const -1)) (i32.const 5))
(assert_return (invoke "long" (i32.const 0x80000000)) (i32.const 5))
(assert_return (invoke "sum" (i32.const 3100)) (i32.const 138527936))
